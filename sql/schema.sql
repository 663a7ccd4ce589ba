-- name: lock(key)^
-- Waits until no other process migrates; the lock ends with the connection.
select pg_advisory_lock(:key);

-- name: create_log()!
-- The log of applied migrations.
create table if not exists migrations (
  name text primary key,
  applied_at timestamptz not null default now()
);

-- name: has_log()^
-- Whether the log of migrations is there.
select to_regclass('migrations') is not null as log;

-- name: applied()
-- The names of applied migrations.
select name from migrations;

-- name: record(name)!
-- Logs one migration as applied.
insert into migrations (name) values (:name);

-- name: limit_waiting()!
-- Lets a migration wait for a table for two seconds at most: other sessions that want the table meanwhile wait behind it.
set local lock_timeout = '2s';

-- name: functions()^
-- Which functions.sql was executed last, as a SHA-256.
select coalesce((select digest from schema_functions), '') as digest;

-- name: record_functions(digest)!
-- Notes which functions.sql was executed.
with older as (
       delete from schema_functions
     )
insert into schema_functions (digest) values (:digest);
