-- name: there()^
-- Whether the embedded server has the application's role and database.
select exists (select from pg_roles where rolname = 'pleroma') as role,
       exists (select from pg_database where datname = 'pleroma') as database;

-- name: create_role()!
-- The application's role: it owns its database and is no superuser.
create role pleroma login;

-- name: create_database()!
-- The application's database.
create database pleroma owner pleroma template template0;
