-- name: tag(viewer_id, tag)$
-- A Tag as viewer sees it.
select tag_json(:tag, exists (select from followed_tags f where f.account_id = :viewer_id and f.tag = :tag));

-- name: followed(account_id, tag)^
-- How many tags an account follows beside this one.
select count(*) as others from followed_tags f where f.account_id = :account_id and f.tag <> :tag;

-- name: follow(account_id, tag)!
-- Follows a tag, once.
insert into followed_tags (account_id, tag) values (:account_id, :tag) on conflict do nothing;

-- name: unfollow(account_id, tag)!
-- Follows a tag no longer.
delete from followed_tags where account_id = :account_id and tag = :tag;

-- name: followed_page(account_id, max_id, since_id, min_id, limit)$
-- The tags that an account follows, newest first.
with page as (
       select f.id, f.tag
       from followed_tags f
       where f.account_id = :account_id and f.id < :max_id and f.id > greatest(:since_id, :min_id::bigint)
       order by f.id * case when :min_id > 0 then 1 else -1 end
       limit :limit
     )
select concat('[', string_agg(tag_json(tag, true), ',' order by id desc), ']'), max(id), min(id) from page;

-- name: features(account_id, tag)^
-- How many tags an account features beside this one.
select count(*) as others from featured_tags f where f.account_id = :account_id and f.tag <> :tag;

-- name: feature(account_id, tag)!
-- Features a tag, once.
insert into featured_tags (account_id, tag) values (:account_id, :tag) on conflict do nothing;

-- name: featured_tag(account_id, tag)$
-- One of an account's featured tags.
select featured_tag_json(f) from featured_tags f where f.account_id = :account_id and f.tag = :tag;

-- name: featured(account_id)$
-- The featured tags of an account, oldest first; none of one that is not there.
select concat('[', string_agg(featured_tag_json(f), ',' order by f.id), ']')
from featured_tags f
join accounts a on a.id = f.account_id and a.present
where f.account_id = :account_id;

-- name: unfeature(account_id, featured_tag_id)!
-- Takes one of an account's featured tags away.
delete from featured_tags where id = :featured_tag_id and account_id = :account_id;

-- name: suggestions(account_id, limit)$
-- The tags of an account's newest statuses that it uses most and does not feature.
select concat('[', string_agg(tag_json(used.tag, exists (
    select from followed_tags f where f.account_id = :account_id and f.tag = used.tag)), ',' order by used.number desc, used.tag), ']')
from (
  select t.tag, count(*) as number
  from (
    select s.id from statuses s where s.account_id = :account_id and s.reblog_of_id is null order by s.id desc limit 1000
  ) newest
  join status_tags t on t.status_id = newest.id
  where not exists (select from featured_tags f where f.account_id = :account_id and f.tag = t.tag)
  group by t.tag
  order by number desc, t.tag
  limit :limit
) used;
