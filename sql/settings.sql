-- name: lock()!
-- Lets one request at a time change settings; readers do not wait.
lock table settings in share row exclusive mode;

-- name: store(name, value)!
-- Stores a setting that was changed at run time.
insert into settings (name, value) values (:name, :value::jsonb)
on conflict (name) do update set value = excluded.value, updated_at = now();

-- name: configure(configured)!
-- Notes what the environment says of settings, an object.
insert into configured_settings as c (name, value)
select key, value from jsonb_each(:configured::jsonb) order by key
on conflict (name) do update set value = excluded.value where c.value <> excluded.value;

-- name: forget(names)!
-- Removes settings, so that the environment counts again.
delete from settings where name = any (:names);

-- name: stored()
-- All settings that were changed at run time.
select name, value from settings;
