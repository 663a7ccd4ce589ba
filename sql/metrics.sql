-- name: figures()^
-- What there is now. Of accounts and statuses at most 10,000 rows are counted; more are PostgreSQL's own estimate.
with counted as (
       select (select count(*) from (select from users limit 10000) first_ones) as accounts,
              (select count(*) from (select from statuses limit 10000) first_ones) as statuses
     ), estimated as (
       select max(reltuples) filter (where oid = 'users'::regclass) as accounts,
              max(reltuples) filter (where oid = 'statuses'::regclass) as statuses
       from pg_class
       where oid in ('users'::regclass, 'statuses'::regclass)
     ), jobs as (
       select count(*) filter (where status = 'todo' and coalesce(scheduled_at <= now(), true)) as waiting,
              count(*) filter (where status = 'todo' and scheduled_at > now()) as scheduled,
              count(*) filter (where status = 'doing') as running,
              count(*) filter (where status = 'failed') as failed
       from procrastinate_jobs
       where status in ('todo', 'doing', 'failed')
     )
select case when c.accounts < 10000 then c.accounts else greatest(c.accounts, e.accounts::bigint) end as accounts,
       case when c.statuses < 10000 then c.statuses else greatest(c.statuses, e.statuses::bigint) end as statuses,
       j.waiting, j.scheduled, j.running, j.failed, pg_database_size(current_database()) as size
from counted c, estimated e, jobs j;
