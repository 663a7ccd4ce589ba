-- name: hit(keys, seconds)
-- Counts one request in each bucket and returns their hits and ends; no rows when limits are switched off.
insert into rate_limits as bucket (key, hits, ends_at)
select key, 1, now() + make_interval(secs => period)
from unnest(:keys::text[], :seconds::int[]) as asked (key, period)
where setting('rate_limits') = 'true'
on conflict (key) do update
set hits = case when bucket.ends_at <= now() then 1 else bucket.hits + 1 end,
    ends_at = case when bucket.ends_at <= now() then excluded.ends_at else bucket.ends_at end
returning key, hits, ends_at;

-- name: take_back(keys)!
-- Uncounts one request in each bucket.
update rate_limits set hits = hits - 1 where key = any (:keys) and hits > 0;
