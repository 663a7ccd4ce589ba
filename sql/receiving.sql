-- name: people(nicknames, uris)
-- The accounts that addresses name: nicknames of ours, and ids of others.
select a.id, a.nickname, a.domain, coalesce(a.url, a.uri) as url, coalesce(a.uri, '') as uri
from unnest(:nicknames::text[]) as named (nickname)
join accounts a on lower(a.nickname) = lower(named.nickname) and a.domain is null and a.present
union
select a.id, a.nickname, a.domain, coalesce(a.url, a.uri), a.uri
from accounts a
where a.uri = any (:uris::text[]) and a.present;

-- name: status(uuid, status_id, uri)^
-- A status by one of its names: the UUID or the id of one of ours, or the URI of another's.
select s.id, s.account_id, s.thread_id, s.visibility, s.local, s.uri, s.edited_at, s.reblog_of_id, s.has_poll, a.nickname, a.domain
from statuses s
join accounts a on a.id = s.account_id
where s.reblog_of_id is null and is_current(s) and (
    s.uuid = :uuid::uuid and s.local
    or s.id = :status_id::bigint and s.local
    or s.uuid = uuid_of(:uri::text) and s.uri = :uri);

-- name: reblog(uri)^
-- A reblog elsewhere by its id.
select s.id, s.account_id, s.reblog_of_id from statuses s where s.uuid = uuid_of(:uri) and s.uri = :uri and s.reblog_of_id is not null;

-- name: is_related(account_id, people, thread_id)^
-- Whether what an account elsewhere wrote concerns somebody here: a follower, somebody addressed, or who wrote in the thread.
select exists (select from follows f join users u on u.account_id = f.follower_id where f.followed_id = :account_id)
    or exists (select from users u where u.account_id = any (:people::bigint[]))
    or exists (select from statuses s where s.thread_id = :thread_id::bigint and s.local) as yes;

-- name: is_buried(uri)^
-- Whether its server has said that it is gone.
select exists (select from tombstones t where t.path = :uri) as yes;

-- name: bury(uri)!
-- Notes that something elsewhere is gone, so that it does not come later.
insert into tombstones (path) values (:uri) on conflict do nothing;

-- name: create(uri, url, account_id, in_reply_to_id, in_reply_to_account_id, in_reply_to_uri, thread_id, visibility, sensitive, language, spoiler_text, body, involved, hashtags, has_media, has_poll, published, arrives)^
-- Stores a status elsewhere with its tags, counts the answer, and returns its id, and whether somebody subscribes to its
-- author; nothing when it is there. arrives: it is new, and so sorted by now and not by when it was published.
with placed as (
       select greatest(case when :arrives then next_id() else id_at(:published::timestamptz) end,
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
       update accounts set last_status_at = greatest(last_status_at, :published::timestamptz)
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

-- name: remove_media(status_id)!
-- Removes the files of a status elsewhere.
delete from media m using status_media used where used.status_id = :status_id and m.id = used.media_id;

-- name: put_poll(status_id, options, counts, voters, multiple, expires_at)!
-- Stores the poll of a status elsewhere as its server counts it; other options start again.
with other as (
       delete from poll_votes v using polls p
       where v.status_id = :status_id and p.status_id = v.status_id and p.options <> :options::text[]
     )
insert into polls (status_id, options, multiple, hide_totals, expires_at, remote_counts, remote_voters)
values (:status_id, :options::text[], :multiple, false, :expires_at, :counts::int[], :voters)
on conflict (status_id) do update
set options = excluded.options, multiple = excluded.multiple, expires_at = excluded.expires_at,
    remote_counts = excluded.remote_counts, remote_voters = excluded.remote_voters;

-- name: adopt(status_id, uri)!
-- Hangs the answers that came before a status on it.
update statuses answer
set in_reply_to_id = s.id, in_reply_to_account_id = s.account_id
from statuses s
where s.id = :status_id and answer.in_reply_to_uri = :uri and answer.in_reply_to_id is null and answer.id > s.id;

-- name: change(status_id, sensitive, language, spoiler_text, body, involved, has_media, has_poll, edited_at)!
-- Changes a status elsewhere as its author did.
update statuses s
set sensitive = :sensitive, language = :language, spoiler_text = :spoiler_text, body = :body,
    involved = array(select distinct unnest(s.involved || :involved::bigint[])), has_media = :has_media, has_poll = :has_poll,
    edited_at = :edited_at
where s.id = :status_id;

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

-- name: request_of(uri, account_id, target_id)^
-- An open request, or a follow, of an account here to one elsewhere.
select exists (select from follow_requests r where r.follower_id = :account_id and r.followed_id = :target_id) as is_waiting,
       exists (select from follows f where f.follower_id = :account_id and f.followed_id = :target_id) as is_following
where :uri::text is not null;

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
where p.status_id = :status_id and p.expires_at > now()
for update of p;

-- name: people_of_ids(ids)
-- The accounts of ids.
select a.id, a.nickname, a.domain, coalesce(a.url, a.uri) as url, coalesce(a.uri, '') as uri
from accounts a
where a.id = any (:ids::bigint[]) and a.present;
