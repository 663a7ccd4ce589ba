-- name: create(account_id, seed, name_hash)^
-- Stores an archive that is to be made, and the job that makes it, one after the other; nothing when the last one of the
-- account is less than a day old.
with archive as (
       insert into archives (account_id, seed, name_hash)
       select :account_id, :seed, :name_hash
       where not exists (
         select from archives a where a.account_id = :account_id and a.created_at > now() - interval '1 day')
       returning id
     )
select (procrastinate_defer_jobs_v1(array[
    row('background', 'make_archive', 0, 'archives', null, jsonb_build_object('archive_id', id), null)::procrastinate_job_to_defer_v1
  ]))[1] as job
from archive;

-- name: seeds(account_id)
-- What the names of an account's archives are made of.
select id, seed from archives where account_id = :account_id and created_at > now() - interval '7 days';

-- name: listed(ids, names)$
-- Archives with these names, newest first.
select concat('[', string_agg(concat(
    '{"id":"', a.id, '","content_type":"application/zip","file_size":', a.file_size, ',"inserted_at":', json_time(a.created_at),
    ',"processed":', (a.state = 'complete')::text, ',"state":"', a.state,
    '","url":"', chr(1), '/media/backups/', named.name, '.zip"}'), ',' order by a.id desc), ']')
from unnest(:ids::bigint[], :names::text[]) as named (id, name)
join archives a on a.id = named.id;

-- name: file(name_hash)^
-- Whose finished archive has a name.
select a.nickname, archive.created_at
from archives archive
join accounts a on a.id = archive.account_id and a.present
where archive.name_hash = :name_hash and archive.state = 'complete' and archive.created_at > now() - interval '7 days';

-- name: begin(archive_id)^
-- Notes that a job makes an archive, unless that is over.
update archives set state = 'running', file_size = 0
where id = :archive_id and state in ('pending', 'running')
returning account_id, name_hash;

-- name: advance(archive_id, file_size)!
-- Notes how large an archive is by now.
update archives set file_size = :file_size where id = :archive_id and state = 'running';

-- name: finish(archive_id, file_size)^
-- Notes that an archive is complete, and removes the earlier ones of its account.
with finished as (
       update archives set state = 'complete', file_size = :file_size
       where id = :archive_id and state = 'running'
       returning id, account_id
     ), replaced as (
       delete from archives a using finished where a.account_id = finished.account_id and a.id < finished.id
     )
select id from finished;

-- name: fail(archive_id)!
-- Notes that an archive could not be made.
update archives set state = 'failed', file_size = 0 where id = :archive_id;

-- name: settle()!
-- Removes archives that are over their time, and notes those as failed whose job has been given up.
with over as (
       delete from archives where created_at < now() - interval '7 days'
     )
update archives a set state = 'failed', file_size = 0
where a.state in ('pending', 'running') and a.created_at > now() - interval '7 days' and not exists (
  select from procrastinate_jobs j
  where j.task_name = 'make_archive' and j.args = jsonb_build_object('archive_id', a.id) and j.status in ('todo', 'doing'));

-- name: kept()
-- The hashes after which files are called that are there, or are being written.
select encode(name_hash, 'hex') as name from archives where state <> 'failed';

-- name: actor(account_id)$
-- An account as an actor of ActivityStreams, and the files of its avatar and its header.
select concat(
    '{"@context":["https://www.w3.org/ns/activitystreams",',
    '{"schema":"http://schema.org#","PropertyValue":"schema:PropertyValue","value":"schema:value",',
    '"toot":"http://joinmastodon.org/ns#","Emoji":"toot:Emoji","discoverable":"toot:discoverable",',
    '"manuallyApprovesFollowers":"as:manuallyApprovesFollowers"}],',
    '"id":', actor_address(a), ',"type":"', case when a.bot then 'Service' else 'Person' end,
    '","preferredUsername":', json_text(a.nickname), ',"name":', json_text(coalesce(nullif(a.display_name, ''), a.nickname)),
    ',"summary":', json_text(a.note), ',"url":', actor_address(a), ',"published":', json_time(a.created_at),
    ',"followers":"', chr(1), '/users/', a.nickname, '/followers","following":"', chr(1), '/users/', a.nickname, '/following"',
    ',"outbox":"outbox.json","likes":"likes.json","bookmarks":"bookmarks.json"',
    ',"manuallyApprovesFollowers":', a.locked::text, ',"discoverable":', a.discoverable::text,
    ',"attachment":[', (
      select string_agg(concat('{"type":"PropertyValue","name":', json_text(field ->> 'name'),
        ',"value":', json_text(field ->> 'value'), '}'), ',')
      from jsonb_array_elements(a.fields) as field),
    '],"tag":[', emoji_tags(a.emoji_codes), ']',
    ',"icon":', case when a.avatar is null then 'null' else concat('{"type":"Image","url":', json_text(avatar.name), '}') end,
    ',"image":', case when a.header is null then 'null' else concat('{"type":"Image","url":', json_text(header.name), '}') end, '}'),
  a.avatar, a.header
from accounts a
cross join lateral (select 'avatar' || substring(a.avatar from '\.[0-9a-z]+$') as name) avatar
cross join lateral (select 'header' || substring(a.header from '\.[0-9a-z]+$') as name) header
where a.id = :account_id;

-- name: outbox(account_id, after, limit)$
-- A page of an account's statuses and reblogs as activities, oldest first: after which one the next begins (null: there is
-- none), how many, and the JSON of them with commas between.
with page as materialized (
       select s.id from statuses s where s.account_id = :account_id and s.id > :after order by s.id limit :limit
     )
select max(page.id), count(e.status_id), string_agg(e.entity, ',' order by e.status_id)
from page
left join activities(array(select id from page)) e on e.status_id = page.id;

-- name: likes(account_id, after, limit)$
-- The same with the addresses of the statuses that an account favourited and may still see, by their age.
with page as materialized (
       select i.status_id
       from interactions i
       where i.account_id = :account_id and i.favourite_id is not null and i.status_id > :after
       order by i.status_id
       limit :limit
     )
select max(page.status_id), count(s.id), string_agg(object_address(s.uuid), ',' order by page.status_id) filter (where s.id is not null)
from page
left join lateral (select v.id, v.uuid from visible_statuses(:account_id) v where v.id = page.status_id) s on true;

-- name: bookmarks(account_id, after, limit)$
-- The same with those that it bookmarked, by the time of the bookmark.
select max(b.place), count(b.uuid), string_agg(object_address(b.uuid), ',' order by b.place) filter (where b.uuid is not null)
from bookmark_page(:account_id, :after, :limit) b;

-- name: media(account_id, after, limit)$
-- A page of the files that an account's statuses name: after which upload the next begins (null: there is none), and the
-- names with spaces between.
with page as materialized (
       select m.id, m.file from media m where m.account_id = :account_id and m.id > :after order by m.id limit :limit
     )
select max(page.id), string_agg(page.file, ' ' order by page.id) filter (
    where exists (select from status_media used where used.media_id = page.id))
from page;
