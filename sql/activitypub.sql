-- name: key(owner)^
-- The keys of an actor.
select public_key, private_key from account_keys where owner = :owner;

-- name: keep_key(owner, nickname, private_key, public_key)!
-- Keeps the keys of an actor, unless it has some by now.
insert into account_keys (owner, account_id, private_key, public_key)
values (:owner, (
    select a.id from accounts a where lower(a.nickname) = lower(:nickname::text) and a.domain is null
  ), :private_key, :public_key)
on conflict do nothing;

-- name: change_key(owner, private_key, public_key)^
-- Changes the keys of an actor; the one before signs what is stored until now, for two hours. Nothing while that goes on, or
-- when there are none to change.
with kept as (
       select k.owner, k.private_key
       from account_keys k
       where k.owner = :owner and (k.former_until is null or k.former_until < now())
       for update
     ), dropped as (
       delete from outgoing o using kept
       where o.kind = 'profile' and o.body is null
         and o.account_id = (select k.account_id from account_keys k where k.owner = :owner)
     )
update account_keys k
set private_key = :private_key, public_key = :public_key, former_private_key = kept.private_key,
    former_until = now() + interval '2 hours'
from kept
where k.owner = kept.owner
returning k.account_id;

-- name: announce_key(owner, account_id)!
-- Has a profile sent at once, as the last that the former key of its account signs.
with sent as (
       insert into outgoing (kind, account_id) values ('profile', :account_id)
       on conflict (kind, account_id, coalesce(status_id, 0)) where body is null and kind in ('profile', 'votes')
       do update set due_at = now()
       returning id
     )
update account_keys set former_last_id = (select id from sent) where owner = :owner;

-- name: forget_former_keys()!
-- Removes keys that sign nothing any more.
update account_keys set former_private_key = null, former_until = null, former_last_id = null where former_until < now();

-- name: known_host()^
-- The host that others know this server by.
select value #>> '{}' as host from settings where name = 'federation_host';

-- name: claim_host(host)^
-- Notes the host that others know this server by, once and for ever; gives the one that counts.
with claimed as (
       insert into settings (name, value) values ('federation_host', to_jsonb(:host::text))
       on conflict do nothing
       returning value #>> '{}' as host
     )
select coalesce((select host from claimed), (select value #>> '{}' from settings where name = 'federation_host')) as host;

-- name: found(nickname)^
-- The nickname of a local account as it is written; is_gone for one that was deleted.
select a.nickname, exists (select from tombstones t where t.path = '/users/' || lower(:nickname)) as is_gone
from (select) nothing
left join accounts a on lower(a.nickname) = lower(:nickname) and a.domain is null and a.present;

-- name: actor(nickname, host)$
-- A local account as an actor, nothing before it has a key; its nickname as it is written; whether it was deleted, and
-- whether documents are for everybody.
select case when k.owner is not null then concat('{', activity_context(), ',', actor_object(a, :host, k.public_key), '}') end,
       a.nickname, exists (select from tombstones t where t.path = '/users/' || lower(:nickname)) as is_gone,
       setting('public') = 'true' as is_public
from (select) nothing
left join accounts a on lower(a.nickname) = lower(:nickname) and a.domain is null and a.present
left join account_keys k on k.owner = actor_path(a);

-- name: is_blocked(nickname, uri)^
-- Whether a local account blocks an actor elsewhere.
select exists (
  select
  from accounts a
  join blocks b on b.account_id = a.id
  join accounts reader on reader.id = b.target_id and reader.uri = :uri
  where lower(a.nickname) = lower(:nickname) and a.domain is null) as yes;

-- name: absence(path, uuid)^
-- Why nobody is shown what has a path: it is gone for good, or a status that not everybody may see.
select exists (select from tombstones t where t.path = :path) as is_gone,
       exists (
         select from statuses s
         where s.uuid = :uuid::uuid and s.local and s.reblog_of_id is null and s.visibility in ('private', 'direct')) as is_closed;

-- name: note(uuid, host)$
-- A local status that everybody may see, and whether documents are for everybody.
select (
    select concat('{', activity_context(), ',', note_object(s, a, :host), '}')
    from visible_statuses(0) v
    join statuses s on s.id = v.id
    join accounts a on a.id = s.account_id
    where v.uuid = :uuid::uuid and v.reblog_of_id is null and v.local and v.visibility in ('public', 'unlisted')),
  setting('public') = 'true';

-- name: signer(key_id, host)^
-- What is known of who may have signed a request: the key, and whether its host is refused.
select k.owner, k.public_key, k.is_application, k.fetched_at < now() - interval '5 minutes' as is_old,
       is_refused(:host) as is_refused
from (select) nothing
left join remote_keys k on k.id = :key_id;

-- name: closed_note(uuid, host, reader, reader_host)$
-- A local status that not everybody may see, for an actor elsewhere that may: reader is its id. For a server itself reader is
-- null, and somebody of its host must be one who may.
with asked as materialized (
       select s.id, s.account_id, s.involved
       from statuses s
       where s.uuid = :uuid::uuid and s.local and s.reblog_of_id is null and s.visibility in ('private', 'direct')
     ), readers as materialized (
       select a.id
       from asked
       join accounts a on a.id = any (asked.involved) or a.id in (
         select f.follower_id from follows f where f.followed_id = asked.account_id)
       join remote_accounts r on r.account_id = a.id
       where a.present and (a.uri = :reader::text or :reader::text is null and r.host = :reader_host)
         and not exists (select from blocks b where b.account_id = asked.account_id and b.target_id = a.id)
     )
select concat('{', activity_context(), ',', note_object(s, a, :host), '}')
from asked
join statuses s on s.id = asked.id
join accounts a on a.id = s.account_id
where exists (
  select from readers cross join lateral (select v.id from visible_statuses(readers.id) v where v.id = asked.id) seen);

-- name: uuid(status_id)^
-- The UUID of a status that everybody may see, of a reblog that of its original.
select o.uuid
from visible_statuses(0) s
join statuses o on o.id = coalesce(s.reblog_of_id, s.id)
where s.id = :status_id;

-- name: activity(uuid, of_reblog, host)$
-- What made a local status, or a reblog, that everybody may see.
select concat('{', activity_context(), ',', activity_object(s, a, o, oa, :host), '}')
from visible_statuses(0) v
join statuses s on s.id = v.id
join accounts a on a.id = s.account_id
left join statuses o on o.id = s.reblog_of_id
left join accounts oa on oa.id = o.account_id
where v.uuid = :uuid::uuid and v.local and v.visibility in ('public', 'unlisted') and (v.reblog_of_id is not null) = :of_reblog;

-- name: collections(nickname)^
-- What the collections of a local account say before their first page; is_gone for one that was deleted.
select a.id, a.nickname, a.statuses_count, case when a.hide_followers_count then 0 else a.followers_count end as followers_count,
       case when a.hide_follows_count then 0 else a.following_count end as following_count, a.hide_followers, a.hide_follows,
       exists (select from tombstones t where t.path = '/users/' || lower(:nickname)) as is_gone
from (select) nothing
left join accounts a on lower(a.nickname) = lower(:nickname) and a.domain is null and a.present;

-- name: outbox(account_id, max_id, limit, host)$
-- A page of what a local account posted and reblogged for everybody, newest first; its last id, and the context.
with page as materialized (
       select v.id
       from visible_statuses(0) v
       where v.account_id = :account_id and v.id < :max_id and v.visibility in ('public', 'unlisted')
       order by v.id desc
       limit :limit
     )
select concat('[', string_agg(concat('{', activity_object(s, a, o, oa, :host), '}'), ',' order by s.id desc), ']'),
       case when count(*) = :limit then min(s.id) end, activity_context()
from page
join statuses s on s.id = page.id
join accounts a on a.id = s.account_id
left join statuses o on o.id = s.reblog_of_id
left join accounts oa on oa.id = o.account_id;

-- name: followers(account_id, max_id, limit)$
-- A page of the addresses of an account's followers, newest first; its last id.
with page as materialized (
       select f.id, f.follower_id
       from follows f
       join accounts a on a.id = f.follower_id and a.present
       where f.followed_id = :account_id and f.id < :max_id
       order by f.id desc
       limit :limit
     )
select concat('[', string_agg(actor_address(a), ',' order by page.id desc), ']'), case when count(*) = :limit then min(page.id) end
from page
join accounts a on a.id = page.follower_id;

-- name: following(account_id, max_id, limit)$
-- The same of those whom it follows.
with page as materialized (
       select f.id, f.followed_id
       from follows f
       join accounts a on a.id = f.followed_id and a.present
       where f.follower_id = :account_id and f.id < :max_id
       order by f.id desc
       limit :limit
     )
select concat('[', string_agg(actor_address(a), ',' order by page.id desc), ']'), case when count(*) = :limit then min(page.id) end
from page
join accounts a on a.id = page.followed_id;

-- name: featured(account_id, host)$
-- The statuses that a local account pinned, newest first, their number, and the context.
select concat('[', string_agg(concat('{', note_object(s, a, :host), '}'), ',' order by s.id desc), ']'), count(*), activity_context()
from visible_statuses(0) v
join statuses s on s.id = v.id
join accounts a on a.id = s.account_id
where v.account_id = :account_id and v.pinned_at is not null and v.visibility in ('public', 'unlisted');

-- name: replies(uuid, max_id, limit)$
-- A page of the addresses of the answers to a status that everybody may see, oldest first; its last id. max_id is the
-- last of the page before.
with parent as materialized (
       select v.id from visible_statuses(0) v
       where v.uuid = :uuid::uuid and v.reblog_of_id is null and v.local and v.visibility in ('public', 'unlisted')
     ), page as materialized (
       select v.id, v.uuid
       from visible_statuses(0) v
       where v.in_reply_to_id = (select id from parent) and v.id > :max_id and v.visibility in ('public', 'unlisted')
       order by v.id
       limit :limit
     )
select concat('[', string_agg(object_address(page.uuid), ',' order by page.id) filter (where page.id is not null), ']'),
       case when count(page.id) = :limit then max(page.id) end
from parent
left join page on true
group by parent.id;
