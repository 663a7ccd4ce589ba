-- name: rows()
-- What there is, by name.
select name, rows
from (values
  (1, 'accounts', (select count(*) from accounts)),
  (2, 'active in the last 30 days', (select count(*) from accounts where last_status_at > now() - interval '30 days')),
  (3, 'statuses', (select count(*) from statuses)),
  (4, 'uploads', (select count(*) from media)),
  (5, 'notifications', (select count(*) from notifications)),
  (6, 'tokens', (select count(*) from tokens)),
  (7, 'jobs waiting', (select count(*) from procrastinate_jobs where status in ('todo', 'doing'))),
  (8, 'jobs failed', (select count(*) from procrastinate_jobs where status = 'failed'))) as figures (place, name, rows)
order by place;

-- name: tables(limit)
-- The largest tables with their indexes, in bytes.
select c.relname as name, pg_total_relation_size(c.oid) as size
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'r' and n.nspname = 'public'
order by size desc
limit :limit;

-- name: database_size()^
-- The size of the database in bytes.
select pg_database_size(current_database()) as size;

-- name: state()^
-- What the check of an installation looks at: who we are, what we speak to, what went wrong lately.
select r.rolsuper as is_superuser,
       pg_encoding_to_char(d.encoding) as encoding,
       lower('Ж') = 'ж' as knows_letters,
       clock_timestamp() as clock,
       (select to_timestamp((max(id) >> 16) / 1000.0) from statuses) as newest_status,
       (select count(*)::int from procrastinate_jobs where status = 'failed') as failed_jobs,
       (select min(scheduled_at) from procrastinate_jobs where status = 'todo') as oldest_waiting
from pg_roles r
cross join pg_database d
where r.rolname = current_user and d.datname = current_database();

-- name: replication()^
-- Whether this server is a standby, and who copies from it. Without pg_monitor nobody sees how.
select pg_is_in_recovery() as is_standby,
       pg_has_role(current_user, 'pg_monitor', 'usage') as sees_standbys,
       (select count(*)::int from pg_stat_replication) as standbys,
       (select count(*)::int from pg_stat_replication where sync_state in ('sync', 'quorum')) as synchronous;

-- name: searchers()
-- The keys of searches that were counted in the last second, and how many.
select substr(key, length('search:') + 1) as who, hits from rate_limits where key like 'search:%%' and ends_at > now();
