-- name: index(viewer_id, timelines)$
-- Viewer's markers of the timelines; of all when timelines is null.
select concat('{', string_agg(concat(json_text(m.timeline), ':', marker_json(m)), ','), '}')
from markers m
where m.account_id = :viewer_id and (:timelines::text[] is null or m.timeline = any (:timelines));

-- name: set(viewer_id, timelines, last_read_ids)$
-- Moves markers, and gives those that were moved.
with moved as (
       insert into markers as m (account_id, timeline, last_read_id)
       select :viewer_id, timeline, last_read_id
       from unnest(:timelines::text[], :last_read_ids::text[]) as asked (timeline, last_read_id)
       order by timeline
       on conflict (account_id, timeline) do update
       set last_read_id = excluded.last_read_id, version = m.version + 1, updated_at = now()
       returning m.timeline, marker_json(m) as entity
     )
select concat('{', string_agg(concat(json_text(timeline), ':', entity), ','), '}') from moved;
