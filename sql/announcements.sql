-- name: current(viewer_id, with_dismissed)$
-- The announcements that are for now, newest first; those that viewer dismissed only on wish.
select concat('[', string_agg(
    concat(announcement_json(a, d.account_id is not null), '}'), ',' order by a.id desc), ']')
from announcements a
left join announcement_dismissals d on d.announcement_id = a.id and d.account_id = :viewer_id
where is_current(a) and (:with_dismissed or d.account_id is null);

-- name: dismiss(viewer_id, announcement_id)^
-- Notes that viewer has read a current announcement.
with shown as (
       select a.id from announcements a where a.id = :announcement_id and is_current(a)
     ), noted as (
       insert into announcement_dismissals (announcement_id, account_id)
       select id, :viewer_id from shown
       on conflict do nothing
     )
select id from shown;

-- name: page(limit, offset)$
-- All announcements, newest first.
select concat('[', string_agg(admin_announcement_json(a), ',' order by a.id desc), ']')
from (select * from announcements order by id desc limit :limit offset :offset) a;

-- name: show(announcement_id)$
-- One announcement for administrators.
select admin_announcement_json(a) from announcements a where a.id = :announcement_id;

-- name: create(text, content, starts_at, ends_at, all_day)^
-- Makes an announcement.
insert into announcements as a (text, content, starts_at, ends_at, all_day)
values (:text, :content, :starts_at::timestamptz, :ends_at::timestamptz, :all_day)
returning a.id, is_current(a) as is_current;

-- name: lock(announcement_id)^
-- An announcement before it is changed or deleted.
select a.id, a.text, a.starts_at, a.ends_at, a.all_day, is_current(a) as is_current
from announcements a
where a.id = :announcement_id
for update;

-- name: update(announcement_id, text, content, starts_at, ends_at, all_day)^
-- Changes an announcement.
update announcements as a
set text = :text, content = :content, starts_at = :starts_at::timestamptz, ends_at = :ends_at::timestamptz, all_day = :all_day,
    updated_at = now()
where a.id = :announcement_id
returning a.id, is_current(a) as is_current;

-- name: delete(announcement_id)!
-- Deletes an announcement.
delete from announcements where id = :announcement_id;

-- name: stream(kind, announcement_id)!
-- Lets the streams know of a change.
insert into stream_events (kind, about) values (:kind, to_jsonb(:announcement_id::bigint));
