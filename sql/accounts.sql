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

-- name: changed_relationship(viewer_id, account_id)$
-- The relationship of viewer to one account, with which a change of it ends: an error when the account is not there by then, so that nothing is stored.
with wanted as materialized (select array[:account_id::bigint] as ids)
select coalesce((select r.entity from wanted, relationships(:viewer_id, wanted.ids) r), nothing_found());

-- name: followers(viewer_id, account_id, max_id, since_id, min_id, limit)$
-- Followers of an account, newest first. Empty when the account hides them from viewer; nothing when it is not there.
with target as materialized (
       select a.id, a.hide_followers and a.id <> :viewer_id as is_hidden from accounts a where a.id = :account_id and a.present
     ), bounds as materialized (
       select * from list_bounds('followers', :account_id, :max_id, :since_id, :min_id)
     ), page as materialized (
       (select f.id as page_id, f.follower_id as account_id
        from follows f
        where f.followed_id = (select id from target where not is_hidden)
          and f.id < (select max_id from bounds) and f.id > (select since_id from bounds) and :min_id = 0
          and (select a.present from accounts a where a.id = f.follower_id)
        order by f.id desc
        limit :limit)
       union all
       (select f.id, f.follower_id
        from follows f
        where f.followed_id = (select id from target where not is_hidden)
          and f.id < (select max_id from bounds) and f.id > (select min_id from bounds) and :min_id > 0
          and (select a.present from accounts a where a.id = f.follower_id)
        order by f.id
        limit :limit)
     )
select accounts_shown.*
from target
cross join account_page(
  :viewer_id,
  array(select account_id from page order by page_id desc), array(select page_id from page order by page_id desc)) accounts_shown;

-- name: following(viewer_id, account_id, max_id, since_id, min_id, limit)$
-- Accounts that an account follows, newest first. Empty when the account hides them from viewer; nothing when it is not there.
with target as materialized (
       select a.id, a.hide_follows and a.id <> :viewer_id as is_hidden from accounts a where a.id = :account_id and a.present
     ), bounds as materialized (
       select * from list_bounds('following', :account_id, :max_id, :since_id, :min_id)
     ), page as materialized (
       (select f.id as page_id, f.followed_id as account_id
        from follows f
        where f.follower_id = (select id from target where not is_hidden)
          and f.id < (select max_id from bounds) and f.id > (select since_id from bounds) and :min_id = 0
          and (select a.present from accounts a where a.id = f.followed_id)
        order by f.id desc
        limit :limit)
       union all
       (select f.id, f.followed_id
        from follows f
        where f.follower_id = (select id from target where not is_hidden)
          and f.id < (select max_id from bounds) and f.id > (select min_id from bounds) and :min_id > 0
          and (select a.present from accounts a where a.id = f.followed_id)
        order by f.id
        limit :limit)
     )
select accounts_shown.*
from target
cross join account_page(
  :viewer_id,
  array(select account_id from page order by page_id desc), array(select page_id from page order by page_id desc)) accounts_shown;

-- name: search(viewer_id, exact, resolve, words, nickname, domain, following, limit, offset)$
-- Accounts that fit a query: those with exactly the nickname, then those that viewer follows, then those whose nickname
-- begins with it, then those that have it anywhere in nickname or display name; the best known first within each.
-- Whatever their number, the first two kinds are complete; of the others, the first 1,000 by nickname are put in order,
-- and the last are looked for when there are too few before them, for a query without trigrams among the newest
-- accounts. Blocked ones are left out, but an exact name with resolve finds them: that is how one is unblocked.
with exact as (
       select a.id, 0 as kind, 0 as block, 0 as closeness, a.followers_count, a.id as place
       from accounts a
       where lower(a.nickname) = :exact and a.present and (:domain::text is null or coalesce(a.domain, '') = :domain)
         and (:resolve or not exists (select from blocks b where b.account_id = :viewer_id and b.target_id = a.id))
         and (not :following or exists (
           select from follows f where f.follower_id = :viewer_id and f.followed_id = a.id))
     ), followed as (
       select friend.id, 1, 0, friend.closeness, friend.followers_count, friend.id
       from follows f
       cross join lateral (
         select a.id, a.followers_count, closeness(a.nickname, a.display_name, :nickname, :words) as closeness
         from accounts a
         where a.id = f.followed_id and a.present and (:domain is null or coalesce(a.domain, '') = :domain)
         limit 1
       ) friend
       where f.follower_id = :viewer_id and friend.closeness < 3
     ), near as materialized (
       select id, 2 as kind, (place > 1000)::int as block, 0 as closeness,
              case when place > 1000 then 0 else followers_count end as followers_count, place
       from (
         select a.id, a.followers_count, row_number() over (order by lower(a.nickname), coalesce(a.domain, '')) as place
         from accounts a
         where not :following and lower(a.nickname) >= :exact and lower(a.nickname) < :exact || chr(1114111)
           and a.present and (:domain is null or coalesce(a.domain, '') = :domain)
           and not exists (select from blocks b where b.account_id = :viewer_id and b.target_id = a.id)
         order by lower(a.nickname), coalesce(a.domain, '')
         limit greatest(1000, :limit::bigint + :offset::bigint)
       ) begun
     ), far as (
       select id, 3, (place > 1000)::int, closeness, case when place > 1000 then 0 else followers_count end, place
       from (
         select a.id, a.followers_count, closeness(a.nickname, a.display_name, :nickname, :words) as closeness,
                row_number() over () as place
         from (
           select c.id, c.nickname, c.display_name, c.domain, c.present, c.followers_count
           from accounts c
           where length(:exact) > 2
             and (lower(c.nickname) like '%%' || :nickname || '%%' or lower(c.display_name) like '%%' || :words || '%%')
           union all
           (select c.id, c.nickname, c.display_name, c.domain, c.present, c.followers_count
            from accounts c
            where length(:exact) < 3
            order by c.id desc
            limit 20000)
         ) a
         where not :following and (select count(*) from near) < :limit::bigint + :offset::bigint
           and closeness(a.nickname, a.display_name, :nickname, :words) < 3
           and a.present and (:domain is null or coalesce(a.domain, '') = :domain)
           and not exists (select from blocks b where b.account_id = :viewer_id and b.target_id = a.id)
         limit greatest(1000, :limit::bigint + :offset::bigint)
       ) anywhere
     ), best as (
       select distinct on (id) *
       from (
         select * from exact
         union all
         select * from followed
         union all
         select * from near
         union all
         select * from far
       ) hits
       order by id, kind
     ), hit as (
       select id, row_number() over (order by kind, block, closeness, followers_count desc, place, id) as place
       from best
       order by place
       limit :limit offset :offset
     )
select concat('[', string_agg(account_json(a, :viewer_id), ',' order by hit.place), ']')
from hit
join accounts a on a.id = hit.id;
