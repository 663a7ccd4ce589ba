-- name: people(nicknames, uris)
-- The accounts that addresses name: nicknames of ours, and ids and pages of others.
select a.id, a.nickname, a.domain, coalesce(a.url, a.uri) as url, coalesce(a.uri, '') as uri
from unnest(:nicknames::text[]) as named (nickname)
join accounts a on lower(a.nickname) = lower(named.nickname) and a.domain is null and a.present
union
select a.id, a.nickname, a.domain, coalesce(a.url, a.uri), a.uri
from accounts a
where (a.uri = any (:uris::text[]) or a.url = any (:uris::text[]) and a.uri is not null) and a.present;

-- name: status(uuid, status_id, uri)^
-- A status by one of its names: the UUID or the id of one of ours, or the URI of another's.
select s.id, s.account_id, s.thread_id, s.visibility, s.local, s.uri, s.edited_at, s.reblog_of_id, s.has_poll, a.nickname, a.domain
from statuses s
join accounts a on a.id = s.account_id
where s.reblog_of_id is null and is_current(s) and (
    s.uuid = :uuid::uuid and s.local
    or s.id = :status_id::bigint and s.local
    or s.uuid = uuid_of(:uri::text) and s.uri = :uri);

-- name: local_statuses(uuids, ids)
-- The statuses of this server of some UUIDs and ids.
select s.id, s.account_id
from statuses s
where s.local and s.reblog_of_id is null and is_current(s) and (s.uuid = any (:uuids::uuid[]) or s.id = any (:ids::bigint[]));

-- name: relation(account_id, people, thread_id, uri)^
-- Whether what an account elsewhere wrote concerns somebody here: a follower, somebody addressed, or who wrote in the thread;
-- and whether its server has said that it is gone.
select exists (select from follows f join users u on u.account_id = f.follower_id where f.followed_id = :account_id)
    or exists (select from users u where u.account_id = any (:people::bigint[]))
    or exists (select from statuses s where s.thread_id = :thread_id::bigint and s.local) as concerns,
       exists (select from tombstones t where t.path = :uri::text) as is_buried;

-- name: bury(uri)!
-- Notes that something elsewhere is gone, so that it does not come later.
insert into tombstones (path) values (:uri) on conflict do nothing;

-- name: forget_buried()!
-- Forgets what others deleted 7 days ago.
delete from tombstones where path like 'http%%' and created_at < now() - interval '7 days';

-- name: create(uri, url, account_id, in_reply_to_id, in_reply_to_account_id, in_reply_to_uri, thread_id, visibility, sensitive, language, spoiler_text, body, involved, hashtags, has_media, has_poll, published, arrives)^
-- Stores a status elsewhere with its tags, counts the answer, and returns its id, and whether somebody subscribes to its
-- author; nothing when it is there. arrives: it is new, and so sorted by now and not by when it was published. It stands
-- above what it answers, and below the answers that came before it.
with placed as (
       select greatest(
                least(
                  case when :arrives then next_id() else id_at(:published::timestamptz) end,
                  (select min(answer.id) - 1 - nextval('id_sequence') %% 64
                   from statuses answer
                   where answer.in_reply_to_uri = :uri and answer.in_reply_to_id is null)),
                coalesce(:in_reply_to_id::bigint + 1 + nextval('id_sequence') %% 64, 0)) as id
     ), status as (
       insert into statuses (id, uri, url, uuid, local, account_id, in_reply_to_id, in_reply_to_account_id, in_reply_to_uri,
         thread_id, visibility, sensitive, language, content_type, spoiler_text, body, involved, has_media, has_poll, created_at)
       select placed.id, :uri, :url, uuid_of(:uri), false, :account_id, :in_reply_to_id, :in_reply_to_account_id, :in_reply_to_uri,
         coalesce(:thread_id, nextval('thread_sequence')), :visibility, :sensitive, :language, 'text/html', :spoiler_text, :body,
         :involved::bigint[], :has_media, :has_poll, :published::timestamptz
       from placed
       on conflict (uuid) do nothing
       returning id
     ), tagged as (
       insert into status_tags (tag, status_id)
       select tag, id from status, unnest(:hashtags::text[]) as tag
     ), answered as (
       update statuses set replies_count = replies_count + 1
       where id = :in_reply_to_id and :visibility in ('public', 'unlisted') and exists (select from status)
     ), counted as (
       update accounts
       set last_status_at = greatest(last_status_at, :published::timestamptz),
           statuses_count = statuses_count + (:arrives and :visibility in ('public', 'unlisted'))::int
       where id = :account_id and exists (select from status)
     ), streamed as (
       insert into stream_events (kind, status_id, account_id, about)
       select 'update', id, :account_id, to_jsonb(:visibility::text) from status where :arrives
     )
select id, exists (select from subscriptions where target_id = :account_id) as has_subscribers from status;

-- name: add_media(status_id, account_id, media)!
-- Adds the files of a status elsewhere, which stay there.
with files as (
       select row_number() over () as place, file
       from jsonb_array_elements(:media::jsonb) as file
     ), stored as (
       insert into media (id, account_id, kind, mime_type, remote_url, description, blurhash, meta, unused_since)
       select next_id() + place, :account_id, file ->> 'kind', file ->> 'mime_type', file ->> 'url', file ->> 'description',
              file ->> 'blurhash', file -> 'meta', null
       from files
       returning id
     )
insert into status_media (status_id, position, media_id)
select :status_id, row_number() over (order by id), id from stored;

-- name: put_poll(status_id, options, counts, voters, multiple, expires_at)!
-- Stores the poll of a status elsewhere as its server counts it; other options start again. Those who voted hear of its
-- end also when that is another than it was.
with other as (
       delete from poll_votes v using polls p
       where v.status_id = :status_id and p.status_id = v.status_id and p.options <> :options::text[]
     ), ending as (
       select defer_job('upkeep', 'end_poll', jsonb_build_object('status_id', p.status_id), :expires_at::timestamptz)
       from polls p
       where p.status_id = :status_id and p.expires_at is distinct from :expires_at::timestamptz
         and :expires_at::timestamptz is not null and exists (select from poll_votes v where v.status_id = p.status_id)
     ), deferred as materialized (select count(*) from ending)
insert into polls (status_id, options, multiple, hide_totals, expires_at, remote_counts, remote_voters)
select :status_id, :options::text[], :multiple, false, :expires_at::timestamptz, :counts::int[], :voters from deferred
on conflict (status_id) do update
set options = excluded.options, multiple = excluded.multiple, expires_at = excluded.expires_at,
    remote_counts = excluded.remote_counts, remote_voters = excluded.remote_voters;

-- name: adopt(status_id, uri)!
-- Hangs the answers that came before a status on it, and brings their threads into its own.
select adopt_answers(:status_id, :uri);

-- name: compare(status_id, sensitive, language, spoiler_text, body, has_poll, media, involved)^
-- What a status elsewhere has to become, beside what it is: whether it is other, its versions, and who was not addressed.
select (s.sensitive, s.language, s.spoiler_text, s.body, s.has_poll)
         is distinct from (:sensitive::boolean, :language::text, :spoiler_text::text, :body::text, :has_poll::boolean) as is_other,
       (select coalesce(jsonb_agg(jsonb_build_array(m.remote_url, m.description) order by used.position), '[]')
        from status_media used join media m on m.id = used.media_id
        where used.status_id = s.id)
         <> (select coalesce(jsonb_agg(jsonb_build_array(file -> 'url', file -> 'description') order by place), '[]')
             from jsonb_array_elements(:media::jsonb) with ordinality as file (file, place)) as has_other_media,
       (select count(*) from status_edits e where e.status_id = s.id) as versions,
       array(select added.id from unnest(:involved::bigint[]) as added (id) where not added.id = any (s.involved)) as added
from statuses s
where s.id = :status_id;

-- name: change(status_id, sensitive, language, spoiler_text, body, involved, has_media, has_poll, edited_at)!
-- Changes a status elsewhere as its author did, and its reblogs with it.
with edited as (
       update statuses
       set sensitive = :sensitive, language = :language, spoiler_text = :spoiler_text, body = :body, has_media = :has_media,
           has_poll = :has_poll, edited_at = :edited_at,
           involved = involved || array(
             select added.id from unnest(:involved::bigint[]) as added (id) where not added.id = any (involved))
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

-- name: create_reblog(uri, account_id, status_id, published, arrives)^
-- Stores a reblog elsewhere of a public or unlisted status, once, counts it and notifies the author.
with original as materialized (
       select o.id, o.account_id, o.thread_id, o.involved, o.has_media, o.visibility
       from statuses o
       where o.id = :status_id and o.reblog_of_id is null and o.visibility in ('public', 'unlisted') and is_current(o)
     ), wrapper as (
       insert into statuses (id, uri, uuid, local, account_id, reblog_of_id, thread_id, visibility, involved, has_media, created_at)
       select greatest(case when :arrives then next_id() else id_at(:published::timestamptz) end,
                original.id + 1 + nextval('id_sequence') %% 64),
              :uri, uuid_of(:uri), false, :account_id, id, thread_id, visibility, array[:account_id::bigint] || involved, has_media,
              :published::timestamptz
       from original
       on conflict do nothing
       returning id, reblog_of_id
     ), streamed as (
       insert into stream_events (kind, status_id, account_id) select 'update', id, :account_id from wrapper where :arrives
     ), marked as (
       insert into interactions (account_id, status_id, reblog_id)
       select :account_id, reblog_of_id, id from wrapper
       on conflict (account_id, status_id) do update set reblog_id = excluded.reblog_id
     ), counted as (
       update statuses set reblogs_count = reblogs_count + 1 where id in (select reblog_of_id from wrapper)
     )
insert into notifications (account_id, from_account_id, status_id, thread_id, type)
select o.account_id, :account_id, o.id, o.thread_id, 'reblog'
from original o
join wrapper on wrapper.reblog_of_id = o.id
where wants_notification(o.account_id, :account_id)
on conflict do nothing
returning id;

-- name: note(id_hash, kind, account_id, status_id, target_id, emoji)!
-- Notes what an activity did, so that it can be taken back by its id.
insert into received (id_hash, kind, account_id, status_id, target_id, emoji)
values (:id_hash, :kind, :account_id, :status_id, :target_id, :emoji)
on conflict (id_hash) do nothing;

-- name: take_noted(id_hash, account_id)^
-- What an activity of an account did; it is noted no longer.
delete from received where id_hash = :id_hash and account_id = :account_id returning kind, status_id, target_id, emoji;

-- name: local_account(nickname)^
-- The local account of a nickname.
select a.id, a.nickname, a.locked, a.tags from accounts a
where lower(a.nickname) = lower(:nickname) and a.domain is null and a.present;

-- name: name_follow(uri, account_id, target_id)!
-- Notes the id of the activity that asked for a follow, or for its request.
with requested as (
       update follow_requests set uri = :uri where follower_id = :account_id and followed_id = :target_id
     )
update follows set uri = :uri where follower_id = :account_id and followed_id = :target_id;

-- name: request_of(base, uri, account_id, nickname)^
-- The request, or the follow, of an account here to one elsewhere: by the id of its activity, else by its nickname.
select f.follower_id, f.is_waiting
from (
  select r.follower_id, r.uri, true as is_waiting from follow_requests r where r.followed_id = :account_id
  union all
  select g.follower_id, g.uri, false from follows g where g.followed_id = :account_id
) f
join accounts a on a.id = f.follower_id and a.domain is null
where replace(f.uri, chr(1), :base) = :uri or lower(a.nickname) = lower(:nickname::text)
order by replace(f.uri, chr(1), :base) = :uri desc nulls last, f.is_waiting desc
limit 1;

-- name: left_behind(follower_id, account_id)
-- Whom somebody here follows who has moved to an account.
select a.id
from follows f
join accounts a on a.id = f.followed_id
where f.follower_id = :follower_id and a.moved_to_id = :account_id;

-- name: pin(account_id, uri, pinned)!
-- Pins or unpins a status of an account elsewhere.
update statuses s set pinned_at = case when :pinned then coalesce(s.pinned_at, now()) end
where s.uuid = uuid_of(:uri) and s.uri = :uri and s.account_id = :account_id and s.visibility in ('public', 'unlisted');

-- name: poll_option(status_id, account_id, name)^
-- The place of an option in an open poll of ours; is_done when the account cannot vote for it any more.
select p.status_id, array_position(p.options, :name) - 1 as choice,
       exists (
         select from poll_votes v
         where v.status_id = p.status_id and v.account_id = :account_id
           and (not p.multiple or v.choice = array_position(p.options, :name) - 1)) as is_done
from polls p
where p.expires_at > now() and p.status_id = (select v.id from visible_statuses(:account_id) v where v.id = :status_id)
for update of p;

-- name: people_of_ids(ids)
-- The accounts of ids.
select a.id, a.nickname, a.domain, coalesce(a.url, a.uri) as url, coalesce(a.uri, '') as uri
from accounts a
where a.id = any (:ids::bigint[]) and a.present;

-- name: deletable(uri)^
-- A status elsewhere by its id, or a reblog, locked.
select s.id, s.account_id, s.thread_id, s.visibility, s.reblog_of_id
from statuses s
where s.uuid = uuid_of(:uri) and s.uri = :uri
for update of s;

-- name: reports_of_host(host)^
-- How much accounts of a host have reported in a day.
select count(*) as number
from reports r
join remote_accounts reporter on reporter.account_id = r.account_id
where reporter.host = :host and r.created_at > now() - interval '1 day';

-- name: move(account_id, uri, target)^
-- Notes whereto an account elsewhere has moved, notifies its followers here, and has them follow it there. Nothing when the new
-- account is not there, does not name the old one, or one of both moved within a week.
with target as materialized (
       select a.id
       from accounts a
       join remote_accounts r on r.account_id = a.id
       where a.uri = :target and a.id <> :account_id and a.present and a.moved_to_id is null and :uri = any (r.also_known_as)
         and not coalesce(r.moved_at > now() - interval '7 days', false)
     ), beside as (
       update remote_accounts r
       set moved_at = now()
       from target
       where r.account_id in (:account_id, target.id)
         and not exists (
           select from remote_accounts old where old.account_id = :account_id and old.moved_at > now() - interval '7 days')
       returning r.account_id
     ), moved as (
       update accounts a
       set moved_to_id = target.id
       from target
       where a.id = :account_id and exists (select from beside)
       returning a.id
     ), notified as (
       insert into notifications (account_id, from_account_id, type, target_id)
       select f.follower_id, :account_id, 'move', target.id
       from target, moved, follows f
       where f.followed_id = :account_id and wants_notification(f.follower_id, :account_id)
       on conflict do nothing
     )
select target.id, defer_job('background', 'follow_moved', jsonb_build_object('account_id', :account_id::bigint))
from target, moved;
