-- name: lock_files(key)^
-- Keeps stored files from being removed until the transaction ends; waits for a removal that runs.
select pg_advisory_xact_lock(:key);

-- name: try_lock_files(key)^
-- Whether files may be removed until the transaction ends: false while a backup runs.
select pg_try_advisory_xact_lock_shared(:key) as locked;

-- name: tables()^
-- How many tables the database holds.
select count(*)::int as count
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p') and n.nspname = 'public';

-- name: version()^
-- The server's version as a number and as text.
select current_setting('server_version_num')::int as number, current_setting('server_version') as text;
