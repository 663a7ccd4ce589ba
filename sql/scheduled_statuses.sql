-- name: counts(account_id, scheduled_at)^
-- How many statuses an account has scheduled, in all and for one day (UTC).
select count(*) as total,
       count(*) filter (where (scheduled_at at time zone 'UTC')::date = (:scheduled_at::timestamptz at time zone 'UTC')::date) as that_day
from scheduled_statuses
where account_id = :account_id;

-- name: create(account_id, request, media_ids, scheduled_at)$
-- Keeps a request for a status and its media, with the job that posts it.
with made as (
       insert into scheduled_statuses as s (account_id, request, media_ids, scheduled_at)
       values (:account_id, :request::jsonb, :media_ids, :scheduled_at)
       returning s.id, s.scheduled_at, scheduled_status_json(s) as entity
     )
select entity, defer_job('upkeep', 'post_scheduled_status', jsonb_build_object('scheduled_id', id), scheduled_at) from made;

-- name: page(viewer_id, max_id, since_id, min_id, limit)$
-- An account's scheduled statuses, newest first.
with page as (
       (select s.id from scheduled_statuses s
        where s.account_id = :viewer_id and s.id < :max_id and s.id > :since_id and :min_id = 0
        order by s.id desc
        limit :limit)
       union all
       (select s.id from scheduled_statuses s
        where s.account_id = :viewer_id and s.id < :max_id and s.id > :min_id and :min_id > 0
        order by s.id
        limit :limit)
     )
select concat('[', string_agg(scheduled_status_json(s), ',' order by s.id desc), ']'), max(s.id), min(s.id)
from page
join scheduled_statuses s on s.id = page.id;

-- name: show(viewer_id, scheduled_id)$
-- One of an account's scheduled statuses.
select scheduled_status_json(s) from scheduled_statuses s where s.id = :scheduled_id and s.account_id = :viewer_id;

-- name: postpone(viewer_id, scheduled_id, scheduled_at)$
-- Sets another time, with a job for it; the job of the old time finds it not due.
with moved as (
       update scheduled_statuses as s set scheduled_at = :scheduled_at
       where s.id = :scheduled_id and s.account_id = :viewer_id
       returning s.id, s.scheduled_at, scheduled_status_json(s) as entity
     )
select entity, defer_job('upkeep', 'post_scheduled_status', jsonb_build_object('scheduled_id', id), scheduled_at) from moved;

-- name: cancel(viewer_id, scheduled_id)$
-- Takes a scheduled status away.
delete from scheduled_statuses as s
where s.id = :scheduled_id and s.account_id = :viewer_id
returning scheduled_status_json(s);

-- name: take_due(scheduled_id)^
-- Takes a scheduled status that is due, so that it is posted once; nothing when it is gone or was postponed.
delete from scheduled_statuses
where id = :scheduled_id and scheduled_at <= now()
returning account_id, request;
