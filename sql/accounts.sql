-- name: account(viewer_id, account_id)$
-- One Account with viewer's relationship to it. Staff also sees the deactivated and unconfirmed;
-- administrators see who is deactivated.
with wanted as materialized (select array[:account_id::bigint] as ids)
select account_json(a, :viewer_id, concat(
    case when :viewer_id::bigint > 0 then coalesce(r.entity, '{}') else '{}' end,
    case when viewer.is_admin then concat(',"deactivated":', (not a.active)::text) end))
from wanted
cross join accounts a
left join lateral relationships(:viewer_id, wanted.ids) r on true
left join accounts viewer on viewer.id = :viewer_id
where a.id = :account_id
  and (a.present or viewer.is_admin or viewer.is_moderator);

-- name: account_at(viewer_id, nickname, domain)$
-- The same by address, in any letter case; domain is '' for this server.
with wanted as materialized (
       select array[w.id] as ids
       from accounts w
       where lower(w.nickname) = lower(:nickname) and coalesce(w.domain, '') = :domain
     )
select account_json(a, :viewer_id, case when :viewer_id::bigint > 0 then coalesce(r.entity, '{}') else '{}' end)
from wanted
join accounts a on a.id = wanted.ids[1]
left join lateral relationships(:viewer_id, wanted.ids) r on true
where a.present
   or exists (select from accounts staff where staff.id = :viewer_id and (staff.is_admin or staff.is_moderator));

-- name: accounts(viewer_id, account_ids)$
-- Those of the accounts that are there, in the order of the ids.
select concat('[', string_agg(account_json(a, :viewer_id), ',' order by wanted.place), ']')
from unnest(:account_ids::bigint[]) with ordinality as wanted (id, place)
join accounts a on a.id = wanted.id
where a.present;

-- name: id_of(nickname, domain)^
-- The id of the account with an address, in any letter case; domain is '' for this server.
select id from accounts where lower(nickname) = lower(:nickname) and coalesce(domain, '') = :domain and present;

-- name: exists(account_id)^
-- Whether there is such an account, for the lists below it.
select id, hide_followers, hide_follows, hide_favorites from accounts where id = :account_id and present;

-- name: credentials(account_id)$
-- The account as its owner sees it.
select credentials_json(a, u)
from accounts a
join users u on u.account_id = a.id
where a.id = :account_id;

-- name: relationships(viewer_id, account_ids)$
-- Relationships of viewer to those of the accounts that are there, in the order of the ids.
with wanted as materialized (
       select array(
         select a.id
         from unnest(:account_ids::bigint[]) with ordinality as asked (id, place)
         join accounts a on a.id = asked.id
         where a.present
         order by asked.place
       ) as ids
     )
select concat('[', string_agg(r.entity, ',' order by r.place), ']')
from wanted, relationships(:viewer_id, wanted.ids) r;

-- name: relationship(viewer_id, account_id)$
-- The relationship of viewer to one account.
with wanted as materialized (select array[:account_id::bigint] as ids)
select r.entity from wanted, relationships(:viewer_id, wanted.ids) r;

-- name: followers(viewer_id, account_id, max_id, since_id, min_id, limit)$
-- Who follows an account, newest first. Empty when the account hides them from viewer; nothing when it is not there.
with target as materialized (
       select a.id, a.hide_followers and a.id <> :viewer_id as is_hidden from accounts a where a.id = :account_id and a.present
     ), page as materialized (
       (select f.id as page_id, f.follower_id as account_id
        from follows f
        where f.followed_id = (select id from target where not is_hidden)
          and f.id < :max_id and f.id > :since_id and :min_id = 0
          and (select a.present from accounts a where a.id = f.follower_id)
        order by f.id desc
        limit :limit)
       union all
       (select f.id, f.follower_id
        from follows f
        where f.followed_id = (select id from target where not is_hidden)
          and f.id < :max_id and f.id > :min_id and :min_id > 0
          and (select a.present from accounts a where a.id = f.follower_id)
        order by f.id
        limit :limit)
     )
select concat('[', string_agg(account_json(a, :viewer_id), ',' order by page.page_id desc) filter (where a.id is not null), ']'),
       max(page.page_id), min(page.page_id)
from target
left join page on true
left join accounts a on a.id = page.account_id
group by target.id;

-- name: following(viewer_id, account_id, max_id, since_id, min_id, limit)$
-- Whom an account follows, newest first. Empty when the account hides them from viewer; nothing when it is not there.
with target as materialized (
       select a.id, a.hide_follows and a.id <> :viewer_id as is_hidden from accounts a where a.id = :account_id and a.present
     ), page as materialized (
       (select f.id as page_id, f.followed_id as account_id
        from follows f
        where f.follower_id = (select id from target where not is_hidden)
          and f.id < :max_id and f.id > :since_id and :min_id = 0
          and (select a.present from accounts a where a.id = f.followed_id)
        order by f.id desc
        limit :limit)
       union all
       (select f.id, f.followed_id
        from follows f
        where f.follower_id = (select id from target where not is_hidden)
          and f.id < :max_id and f.id > :min_id and :min_id > 0
          and (select a.present from accounts a where a.id = f.followed_id)
        order by f.id
        limit :limit)
     )
select concat('[', string_agg(account_json(a, :viewer_id), ',' order by page.page_id desc) filter (where a.id is not null), ']'),
       max(page.page_id), min(page.page_id)
from target
left join page on true
left join accounts a on a.id = page.account_id
group by target.id;

-- name: search(viewer_id, exact, resolve, words, nickname, domain, following, limit, offset)$
-- Accounts by nickname (exact, then prefix), then by words of the display name; followed ones first within each.
-- Blocked ones are left out, but who asks to resolve an exact name gets it: that is how one is unblocked.
select concat('[', string_agg(account_json(a, :viewer_id), ',' order by hit.place), ']')
from (
  select s.id, row_number() over (order by s.rank, not s.is_followed, s.followers_count desc, s.id) as place
  from (
    select a.id, a.followers_count,
           case when lower(a.nickname) = :exact then 0 when lower(a.nickname) like :nickname || '%%' then 1
             when lower(a.display_name) like '%%' || :words || '%%' then 2 else 3 end as rank,
           exists (select from follows f where f.follower_id = :viewer_id and f.followed_id = a.id) as is_followed
    from accounts a
    where a.present
      and (:domain::text is null or coalesce(a.domain, '') = :domain)
      and (lower(a.nickname) like '%%' || :nickname || '%%' or lower(a.display_name) like '%%' || :words || '%%')
      and (:resolve and lower(a.nickname) = :exact
        or not exists (select from blocks b where b.account_id = :viewer_id and b.target_id = a.id))
    limit 1000
  ) s
  where not :following or s.is_followed
  order by place
  limit :limit offset :offset
) hit
join accounts a on a.id = hit.id;
