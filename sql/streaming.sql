-- name: admit(token_hash, list_id)
-- Whom a token speaks for, whether strangers may read here, and whether a list is that account's. token_id is null
-- without a good token.
select b.token_id, b.account_id, b.scopes, b.stale, setting('public') = 'true' as is_public,
       exists (select from lists l where l.id = :list_id and l.account_id = b.account_id) as has_list
from (select) nothing
left join bearer(:token_hash) b on true;

-- name: good_tokens(token_ids)
-- Those of some tokens that still let somebody in.
select t.id
from tokens t
left join accounts a on a.id = t.account_id
where t.id = any (:token_ids::bigint[]) and t.last_used_at > now() - interval '1 year'
  and (t.account_id is null or a.login_version = t.login_version and a.present);

-- name: snapshot()
-- What the database shows now.
select pg_current_snapshot()::text as snapshot;

-- name: register(process_id, is_awake)!
-- Notes that a process reads events; the row is gone when a crash of PostgreSQL has emptied the tables.
insert into stream_processes (id, is_awake) values (:process_id, :is_awake)
on conflict (id) do update set is_awake = excluded.is_awake, seen_at = now();

-- name: events(previous, process_id)
-- What was written since a snapshot, in order, with the snapshot of now; is_whole is false when events were lost. What
-- a restored backup holds of another server's future is not there.
select pg_current_snapshot()::text as snapshot,
       exists (select from stream_processes p where p.id = :process_id::uuid) as is_whole,
       coalesce((
         select json_agg(json_build_object('kind', e.kind, 'status_id', e.status_id, 'account_id', e.account_id,
           'about', e.about, 'age', extract(epoch from clock_timestamp() - e.created_at)) order by e.id)
         from stream_events e
         where e.written >= pg_snapshot_xmin(:previous::pg_snapshot)
           and not pg_visible_in_snapshot(e.written, :previous::pg_snapshot)
           and pg_visible_in_snapshot(e.written, pg_current_snapshot())), '[]') as events;

-- name: update(status_id, accounts, streams, arguments, edited)
-- The text of a status, new or edited, for each group of those who see the same, and their places in the arrays.
with shown as materialized (
       select p.place, seen.viewer
       from stream_places(:status_id, :accounts::bigint[], :streams::text[], :arguments::text[], :edited) p
       cross join lateral stream_viewer(:status_id, p.account_id) seen
     ), grouped as (
       select viewer, array_agg(place) as places from shown group by viewer
     )
select e.entity, g.places
from grouped g
cross join lateral status_entities(g.viewer, array[:status_id::bigint]) e;

-- name: conversations(status_id, accounts)
-- The conversation of each of some accounts that a direct status has moved.
select p.account_id, e.entity
from statuses s
join participations p on p.thread_id = s.thread_id and p.account_id = any (:accounts::bigint[])
  and p.account_id = any (s.involved)
cross join lateral conversation_entities(p.account_id, array[p.id]) e
where s.id = :status_id and s.visibility = 'direct'
  and exists (select from wanted_statuses(p.account_id, false) w where w.id = s.id);

-- name: deleted(about, accounts, streams, arguments)
-- Which of the streams that accounts follow showed what is deleted: about holds one object for the status and for
-- each of its reblogs.
select gone.id, array_agg(asked.place) as places
from jsonb_to_recordset(:about::jsonb) as gone (
  id text, account_id bigint, visibility text, involved bigint[], thread_id bigint, list_id bigint, local boolean,
  is_reblog boolean, has_media boolean, tags text[])
cross join unnest(:accounts::bigint[], :streams::text[], :arguments::text[])
  with ordinality as asked (account_id, stream, argument, place)
cross join lateral stream_fits(
  asked.stream, asked.argument, asked.account_id, gone.account_id, gone.visibility, gone.is_reblog, gone.has_media,
  gone.local, gone.involved, gone.tags) fitting
where (gone.visibility in ('public', 'unlisted') or asked.account_id = any (gone.involved)
    or gone.visibility = 'private' and (
      select true from follows f where f.follower_id = asked.account_id and f.followed_id = gone.account_id)
    or gone.visibility = 'list' and (
      select true from list_members m where m.list_id = gone.list_id and m.account_id = asked.account_id))
  and (asked.account_id = gone.account_id
    or not gone.involved && array(select h.account_id from hidden_accounts(asked.account_id, false) h)
    and (
      select true from thread_mutes t where t.account_id = asked.account_id and t.thread_id = gone.thread_id) is null)
group by gone.id;

-- name: notification(account_id, notification_id)
-- A notification as its receiver sees it, if the list of notifications would show it.
select e.entity
from shown_notifications(:account_id, false) n
cross join lateral notification_entities(:account_id, array[n.id]) e
where n.id = :notification_id;

-- name: announcement(announcement_id, accounts)
-- An announcement that is for now, and those of some accounts who have not dismissed it.
select concat(announcement_json(a, false), '}') as entity,
       array(
         select reader from unnest(:accounts::bigint[]) as reader
         where not exists (
           select from announcement_dismissals d where d.announcement_id = a.id and d.account_id = reader)) as readers
from announcements a
where a.id = :announcement_id and is_current(a);

-- name: remove_old()!
-- Removes events that every process has read, and processes that are gone.
with gone as (
       delete from stream_processes where seen_at < now() - interval '1 day'
     )
delete from stream_events where created_at < now() - interval '10 minutes';
