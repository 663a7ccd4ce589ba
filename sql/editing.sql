-- name: lock(account_id, status_id)^
-- An own original, locked, so that edits come one after the other.
select s.id
from statuses s
where s.id = :status_id and s.account_id = :account_id and s.reblog_of_id is null and is_current(s)
for no key update;

-- name: read(account_id, status_id)^
-- What an edit of a status starts from.
select s.source, s.spoiler_text, s.content_type, s.sensitive, s.language, s.visibility, s.list_id, s.in_reply_to_id, s.involved,
       (select coalesce(jsonb_agg(
          jsonb_build_object('id', m.id, 'description', m.description, 'focus', m.meta -> 'focus') order by sm.position), '[]')
        from status_media sm join media m on m.id = sm.media_id
        where sm.status_id = s.id) as media,
       (select jsonb_build_object(
          'options', p.options, 'multiple', p.multiple, 'hide_totals', p.hide_totals, 'ended', p.expires_at <= now())
        from polls p
        where p.status_id = s.id) as poll,
       (select count(*) from status_edits e where e.status_id = s.id) as versions
from statuses s
where s.id = :status_id and s.account_id = :account_id;

-- name: has_foreign_media(status_id, media_ids)^
-- Whether some media are those of another status.
select exists (
  select from status_media m where m.media_id = any (:media_ids::bigint[]) and m.status_id <> :status_id) as is_used;

-- name: keep_version(status_id)!
-- Keeps a status as it is now as its next version.
insert into status_edits (
  status_id, number, created_at, content, spoiler_text, sensitive, media, poll_options, emoji_codes)
select :status_id, (select count(*) from status_edits e where e.status_id = :status_id), now_so.*
from statuses s
cross join lateral current_version(s) now_so
where s.id = :status_id;

-- name: store(status_id, source, spoiler_text, sensitive, language, content_type, body, addressed, emoji_codes, has_media, has_poll)!
-- Writes what was changed. Who was addressed once stays so, and so it is with the status's reblogs.
with edited as (
       update statuses
       set source = :source, spoiler_text = :spoiler_text, sensitive = :sensitive, language = :language,
           content_type = :content_type, body = :body, emoji_codes = :emoji_codes::text[], has_media = :has_media,
           has_poll = :has_poll, edited_at = clock_timestamp(),
           involved = involved || array(
             select added.id from unnest(:addressed::bigint[]) as added (id) where not added.id = any (involved))
       where id = :status_id
       returning id, account_id, involved
     ), streamed as (
       insert into stream_events (kind, status_id, account_id) select 'edit', id, account_id from edited
     )
update statuses r
set has_media = :has_media, involved = array[r.account_id] || edited.involved
from edited
where r.reblog_of_id = edited.id
  and (r.has_media, r.involved) is distinct from (:has_media, array[r.account_id] || edited.involved);

-- name: remove_tags(status_id, hashtags)!
-- Removes the tags that a status has no more; the feeds of those who follow them are built again.
with removed as (
       delete from status_tags where status_id = :status_id and not tag = any (:hashtags::text[]) returning tag
     )
delete from feeds where account_id in (
  select f.account_id from followed_tags f where f.tag in (select tag from removed));

-- name: add_tags(status_id, hashtags)!
-- Adds the tags that it has now.
insert into status_tags (tag, status_id) select tag, :status_id from unnest(:hashtags::text[]) as tag on conflict do nothing;

-- name: remove_media(status_id)!
-- Takes all attachments off a status.
delete from status_media where status_id = :status_id;

-- name: add_media(status_id, media_ids)!
-- Attaches media, in this order.
insert into status_media (status_id, position, media_id)
select :status_id, place, media_id from unnest(:media_ids::bigint[]) with ordinality as added (media_id, place);

-- name: notify_mentioned(status_id, account_ids)!
-- Notifies those who are mentioned in a status since it was edited.
insert into notifications (account_id, from_account_id, status_id, thread_id, type)
select mentioned.id, s.account_id, s.id, s.thread_id, 'mention'
from statuses s
cross join lateral (select id from unnest(:account_ids::bigint[]) as id order by id) mentioned
where s.id = :status_id and wants_notification(mentioned.id, s.account_id)
on conflict do nothing;

-- name: remove_notifications(status_id)!
-- Takes back what was notified of an earlier edit.
delete from notifications where status_id = :status_id and type = 'update';

-- name: notify(status_id)!
-- Notifies those of an edit who reblogged the status or voted, if they may still see it.
insert into notifications (account_id, from_account_id, status_id, thread_id, type)
select reader.id, s.account_id, s.id, s.thread_id, 'update'
from statuses s
cross join lateral (
  select r.account_id as id from statuses r where r.reblog_of_id = s.id
  union
  select v.account_id from poll_votes v where v.status_id = s.id
  order by id
) reader
where s.id = :status_id and wants_notification(reader.id, s.account_id)
  and exists (select from visible_statuses(reader.id) v where v.id = s.id)
on conflict do nothing;

-- name: prolong_poll(status_id, expires_in, hide_totals)!
-- Sets when a poll ends, with a job for it; the job of the old time finds it not ended.
with moved as (
       update polls set expires_at = now() + make_interval(secs => :expires_in::double precision), hide_totals = :hide_totals
       where status_id = :status_id
       returning status_id, expires_at
     )
select defer_job('upkeep', 'end_poll', jsonb_build_object('status_id', status_id), expires_at) from moved;

-- name: remove_poll(status_id)!
-- Takes the poll off a status, with its votes.
delete from polls where status_id = :status_id;

-- name: start_poll(status_id, poll)!
-- Puts a poll on a status, unless it has one.
with asked as (
       insert into polls (status_id, options, multiple, hide_totals, expires_at)
       values (:status_id, array(select jsonb_array_elements_text(:poll::jsonb -> 'options')),
         (:poll::jsonb ->> 'multiple')::boolean, (:poll::jsonb ->> 'hide_totals')::boolean,
         now() + make_interval(secs => (:poll::jsonb ->> 'expires_in')::double precision))
       on conflict do nothing
       returning status_id, expires_at
     )
select defer_job('upkeep', 'end_poll', jsonb_build_object('status_id', status_id), expires_at) from asked;

-- name: history(viewer_id, status_id)$
-- The versions of a status that viewer may see, oldest first; the status itself when it was never edited.
with original as materialized (
       select coalesce(s.reblog_of_id, s.id) as id from visible_statuses(:viewer_id) s where s.id = :status_id
     ), versions as materialized (
       select e.number, e.created_at, e.content, e.spoiler_text, e.sensitive, e.media, e.poll_options, e.emoji_codes
       from status_edits e
       where e.status_id = (select id from original)
     ), shown as (
       select * from versions
       union all
       select 0, now_so.*
       from original
       join statuses s on s.id = original.id
       cross join lateral current_version(s) now_so
       where not exists (select from versions)
     )
select concat('[', string_agg(version_json(
    (v.created_at, v.content, v.spoiler_text, v.sensitive, v.media, v.poll_options, v.emoji_codes)::status_version,
    account_json(a, :viewer_id)), ',' order by v.number), ']')
from original
join statuses s on s.id = original.id
join accounts a on a.id = s.account_id
cross join shown v
group by original.id;
