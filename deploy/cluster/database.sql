-- Once, on the first primary: psql -v password="'SECRET'" -f database.sql. The role is no superuser; pg_monitor lets
-- `doctor` see whether there is a synchronous standby.
create role pleroma login password :password;
grant pg_monitor to pleroma;
create database pleroma owner pleroma encoding 'UTF8' locale 'C.UTF-8' template template0;
