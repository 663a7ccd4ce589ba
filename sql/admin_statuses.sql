-- name: find(status_id)^
-- A status or reblog by id, as its deletion needs it; locked, so that one of several deletes it.
select s.id, s.account_id, s.visibility, s.thread_id, s.reblog_of_id
from statuses s
where s.id = :status_id and is_current(s)
for update;

-- name: update(status_id, sensitive, visibility)!
-- Changes what everybody sees of a status, and the counters that count only public and unlisted ones.
with before as materialized (
       select id, account_id, in_reply_to_id, visibility in ('public', 'unlisted') as counts
       from statuses
       where id = :status_id
       for update
     ), change as materialized (
       select account_id, in_reply_to_id,
              (coalesce(:visibility in ('public', 'unlisted'), counts))::int - counts::int as difference
       from before
     ), counted as (
       update accounts a set statuses_count = greatest(a.statuses_count + change.difference, 0)
       from change
       where a.id = change.account_id and change.difference <> 0
     ), answered as (
       update statuses p set replies_count = greatest(p.replies_count + change.difference, 0)
       from change
       where p.id = change.in_reply_to_id and change.difference <> 0
     )
update statuses s
set sensitive = coalesce(:sensitive::boolean, s.sensitive), visibility = coalesce(:visibility, s.visibility)
from before
where s.id = before.id;

-- name: status(status_id)$
-- One Status as nobody in particular sees it.
with chosen as materialized (select array[:status_id::bigint] as ids)
select e.entity from chosen, status_entities(-1, chosen.ids) e;
