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
