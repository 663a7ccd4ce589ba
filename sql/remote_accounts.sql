-- name: by_handle(nickname, domain)^
-- The account of a handle elsewhere.
select a.id, a.uri, r.fetched_at
from accounts a
left join remote_accounts r on r.account_id = a.id
where lower(a.nickname) = lower(:nickname::text) and coalesce(a.domain, '') = :domain::text;

-- name: by_uri(uri)^
-- The account elsewhere of an actor's id.
select a.id, a.uri, a.nickname, a.domain, a.active, a.is_group, r.fetched_at, r.followers, r.featured
from accounts a
join remote_accounts r on r.account_id = a.id
where a.uri = :uri;

-- name: lock(name)^
-- Lets those wait for each other who store the same account, until the transaction ends.
select pg_advisory_xact_lock(hashtextextended(:name::text, 7276036)) is null as locked;

-- name: store(uri, nickname, domain, url, display_name, note, note_source, fields, locked, bot, is_group, discoverable, created_at, host, inbox, shared_inbox, outbox, followers, featured, avatar_url, header_url, also_known_as, followers_count, following_count, statuses_count)^
-- Stores an account elsewhere as its server describes it now, and returns its id. Counts that are null stay.
with account as (
       insert into accounts (uri, nickname, domain, url, display_name, note, note_source, fields, locked, bot, is_group,
         discoverable, created_at, followers_count, following_count, statuses_count)
       values (:uri, :nickname, :domain, :url, :display_name, :note, :note_source, :fields::jsonb, :locked, :bot, :is_group,
         :discoverable, :created_at, coalesce(:followers_count::int, 0), coalesce(:following_count::int, 0),
         coalesce(:statuses_count::int, 0))
       on conflict (uri) where uri is not null do update
       set nickname = excluded.nickname, domain = excluded.domain, url = excluded.url, display_name = excluded.display_name,
           note = excluded.note, note_source = excluded.note_source, fields = excluded.fields, locked = excluded.locked,
           bot = excluded.bot, is_group = excluded.is_group, discoverable = excluded.discoverable,
           followers_count = coalesce(:followers_count::int, accounts.followers_count),
           following_count = coalesce(:following_count::int, accounts.following_count),
           statuses_count = coalesce(:statuses_count::int, accounts.statuses_count)
       returning id
     ), beside as (
       insert into remote_accounts (account_id, host, inbox, shared_inbox, outbox, followers, featured, avatar_url, header_url,
         also_known_as)
       select id, :host, :inbox, :shared_inbox, :outbox, :followers, :featured, :avatar_url, :header_url, :also_known_as::text[]
       from account
       on conflict (account_id) do update
       set host = excluded.host, inbox = excluded.inbox, shared_inbox = excluded.shared_inbox, outbox = excluded.outbox,
           followers = excluded.followers, featured = excluded.featured, avatar_url = excluded.avatar_url,
           header_url = excluded.header_url, also_known_as = excluded.also_known_as, fetched_at = now()
     )
select id from account;

-- name: keep_keys(owner, ids, public_keys, is_application)!
-- Replaces the keys of an actor. is_application: it is a server's own.
with gone as (
       delete from remote_keys where owner = :owner and id <> all (:ids::text[])
     )
insert into remote_keys (id, owner, public_key, is_application)
select id, :owner, public_key, :is_application
from unnest(:ids::text[], :public_keys::text[]) as kept (id, public_key)
on conflict (id) do update
set public_key = excluded.public_key, is_application = excluded.is_application, fetched_at = now()
where remote_keys.owner = excluded.owner;

-- name: note_host(host)!
-- Notes that a host was heard of.
insert into hosts (name) values (:host) on conflict do nothing;

-- name: retire(account_id)!
-- Takes its handle from an account that is gone, and lets a job delete it.
with retired as (
       update accounts set nickname = nickname || '.' || id, uri = uri || '#' || id, active = false
       where id = :account_id
       returning id
     )
select defer_job('background', 'delete_account', jsonb_build_object('account_id', id)) from retired;
