-- name: profile(nickname, max_id, limit)$
-- A local account with its pinned statuses and a page of those that everybody may see.
with owner as materialized (
       select a.id
       from accounts a
       where lower(a.nickname) = lower(:nickname) and a.domain is null and a.present
     ), pinned as materialized (
       select array(
         select s.id from owner o, visible_statuses(0) s
         where s.account_id = o.id and s.pinned_at is not null
         order by s.id desc
       ) as ids
     ), recent as materialized (
       select array(
         select s.id
         from owner o
         cross join lateral (
           select v.id from visible_statuses(0) v
           where v.account_id = o.id and v.id < :max_id
           order by v.id desc
           limit :limit
         ) s
         order by s.id desc
       ) as ids
     )
select concat('{"account":', account_json(a, 0), ',"pinned":', first.body, ',"statuses":', page.body, '}')
from owner
join accounts a on a.id = owner.id
cross join pinned
cross join recent
cross join lateral status_page(0, pinned.ids) first
cross join lateral status_page(0, recent.ids) page;

-- name: thread(status_id, limit)$
-- The whole thread of a status that everybody may see, oldest first, with the id of the status itself.
with origin as materialized (
       select coalesce(s.reblog_of_id, s.id) as id, s.thread_id from visible_statuses(0) s where s.id = :status_id
     ), chosen as materialized (
       select array(
         select s.id
         from origin o
         cross join lateral (
           select v.id from visible_statuses(0) v
           where v.thread_id = o.thread_id and v.reblog_of_id is null and v.id <> o.id
           order by v.id
           limit :limit
         ) s
         union all
         select id from origin
         order by id
       ) as ids
     )
select concat('{"id":"', o.id, '","statuses":', page.body, '}')
from origin o
cross join chosen
cross join lateral status_page(0, chosen.ids) page;

-- name: object(uuid)^
-- The status behind an object's address, when everybody may see it.
select s.id from statuses o, visible_statuses(0) s where o.uuid = :uuid::uuid and s.id = o.id;
