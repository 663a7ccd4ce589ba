-- name: page(viewer_id, types, exclude_types, from_account_id, with_muted, max_id, since_id, limit)$
-- Viewer's notifications, newest first. types null: all.
with chosen as materialized (
       select array(
         select n.id
         from shown_notifications(:viewer_id, :with_muted) n
         where n.id < :max_id and n.id > :since_id
           and (:types::text[] is null or n.type = any (:types)) and not n.type = any (:exclude_types::text[])
           and (:from_account_id = 0 or n.from_account_id = :from_account_id)
         order by n.id desc
         limit :limit
       ) as ids
     )
select page.* from chosen, notification_page(:viewer_id, chosen.ids) page;

-- name: page_after(viewer_id, types, exclude_types, from_account_id, with_muted, max_id, min_id, limit)$
-- The same from min_id on upwards.
with chosen as materialized (
       select array(
         select id
         from (
           select n.id
           from shown_notifications(:viewer_id, :with_muted) n
           where n.id < :max_id and n.id > :min_id
             and (:types::text[] is null or n.type = any (:types)) and not n.type = any (:exclude_types::text[])
             and (:from_account_id = 0 or n.from_account_id = :from_account_id)
           order by n.id
           limit :limit
         ) page
         order by id desc
       ) as ids
     )
select page.* from chosen, notification_page(:viewer_id, chosen.ids) page;

-- name: notification(viewer_id, notification_id)$
-- One notification that viewer is shown, muted or not.
with chosen as materialized (
       select array[n.id] as ids from shown_notifications(:viewer_id, true) n where n.id = :notification_id
     )
select e.entity from chosen, notification_entities(:viewer_id, chosen.ids) e;

-- name: unread_count(viewer_id)$
-- How many unread notifications viewer has, counted up to a hundred.
select concat('{"count":', unread_notifications(:viewer_id), '}');

-- name: clear(viewer_id)!
-- Removes all of viewer's notifications.
delete from notifications where account_id = :viewer_id;

-- name: dismiss(viewer_id, notification_ids)!
-- Removes those of the notifications that are viewer's.
delete from notifications where account_id = :viewer_id and id = any (:notification_ids);

-- name: read_one(viewer_id, notification_id)^
-- Marks one notification that viewer is shown as read.
update notifications set is_seen = true
where id = (select n.id from shown_notifications(:viewer_id, true) n where n.id = :notification_id)
returning id;

-- name: read_up_to(viewer_id, max_id)
-- Marks all up to an id as read; the ids of those that changed.
update notifications set is_seen = true
where account_id = :viewer_id and id <= :max_id and not is_seen
returning id;

-- name: entities(viewer_id, notification_ids, limit)$
-- The newest of the notifications, without those that viewer is not shown.
with chosen as materialized (
       select array(
         select n.id from shown_notifications(:viewer_id, false) n
         where n.id = any (:notification_ids)
         order by n.id desc
         limit :limit
       ) as ids
     )
select page.body from chosen, notification_page(:viewer_id, chosen.ids) page;

-- name: newest_up_to(viewer_id, max_id, limit)$
-- Viewer's newest notifications up to an id.
with chosen as materialized (
       select array(
         select n.id from shown_notifications(:viewer_id, false) n
         where n.id <= :max_id
         order by n.id desc
         limit :limit
       ) as ids
     )
select page.body from chosen, notification_page(:viewer_id, chosen.ids) page;
