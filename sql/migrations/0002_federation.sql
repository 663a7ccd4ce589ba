-- Federation: what there is of accounts and statuses elsewhere, what comes in, and what goes out (docs/model.md).

alter table accounts
  add column url text collate "C",
  add column is_group boolean not null default false,
  add column moved_to_id bigint references accounts on delete set null;
create unique index accounts_uri on accounts (uri) where uri is not null;
create index accounts_moved_to on accounts (moved_to_id) where moved_to_id is not null;

-- What of a status of another server its URI is found by: the unique index of UUIDs is there already.
create function uuid_of(uri text) returns uuid language sql immutable
return encode(substring(sha256(convert_to(uri, 'UTF8')) for 16), 'hex')::uuid;

alter table statuses
  add column uri text collate "C",
  add column url text collate "C",
  add column in_reply_to_uri text collate "C",
  alter column head drop expression,
  alter column frame drop expression,
  alter column head set default '',
  alter column frame set default '';
create index statuses_answers_to_come on statuses (in_reply_to_uri)
where in_reply_to_id is null and in_reply_to_uri is not null;
create index statuses_public_local on statuses (id) include (account_id)
where visibility = 'public' and reblog_of_id is null and local;

-- The address of a status is what others know it by; of one of ours it follows from its UUID.
create function write_status_fragments() returns trigger language plpgsql as $$
begin
  new.head := status_head(new.id, new.created_at, new.visibility, new.in_reply_to_id, new.in_reply_to_account_id);
  if new.uri is null then
    new.frame := status_frame(new.id, new.uuid, new.sensitive, new.spoiler_text, new.edited_at);
  else
    new.frame := concat(',"uri":', json_text(new.uri), ',"url":', json_text(coalesce(new.url, new.uri)),
      ',"sensitive":', new.sensitive::text, ',"spoiler_text":', json_text(new.spoiler_text),
      ',"edited_at":', coalesce(json_time(new.edited_at), 'null'));
  end if;
  return new;
end
$$;
create trigger write_status_fragments before insert or update of
  id, created_at, visibility, in_reply_to_id, in_reply_to_account_id, uuid, uri, url, sensitive, spoiler_text, edited_at
on statuses for each row execute function write_status_fragments();

-- An upload of another server has no file here.
alter table media
  alter column file drop not null,
  add column remote_url text collate "C";

-- What another server counted; what was voted from here since is in it.
alter table polls
  add column remote_counts integer[],
  add column remote_voters integer;

-- The ids of the activities that asked.
alter table follows add column uri text collate "C";
alter table follow_requests add column uri text collate "C";

-- Whereto somebody has moved.
alter table notifications add column target_id bigint references accounts on delete cascade;
create index notifications_target on notifications (target_id) where target_id is not null;

-- Other servers, by their host with the port where there is one. due_at: when the next delivery may be tried, null when none
-- waits; whoever takes one up moves it into the future.
create table hosts (
  name text collate "C" primary key,
  seen_at timestamptz,
  failing_since timestamptz,
  failures integer not null default 0,
  is_dead boolean not null default false,
  due_at timestamptz,
  priority smallint not null default 1,
  created_at timestamptz not null default now()
);
create index hosts_due on hosts (due_at) where due_at is not null;

-- What operators say of hosts: `host`, with all below it, or `*.host`.
create table host_policies (
  pattern text collate "C" not null,
  policy text collate "C" not null,
  reason text not null default '',
  created_at timestamptz not null default now(),
  primary key (pattern, policy)
);

-- What of an account elsewhere no reader of a list wants.
create table remote_accounts (
  account_id bigint primary key references accounts on delete cascade,
  host text collate "C" not null,
  inbox text collate "C" not null,
  shared_inbox text collate "C",
  outbox text collate "C",
  followers text collate "C",
  featured text collate "C",
  avatar_url text collate "C",
  header_url text collate "C",
  also_known_as text[] not null default '{}',
  moved_at timestamptz,
  fetched_at timestamptz not null default now()
);
create index remote_accounts_host on remote_accounts (host);

-- The keys by which it is known who sent something; owner is the actor's id.
create table remote_keys (
  id text collate "C" primary key,
  owner text collate "C" not null,
  public_key text not null,
  fetched_at timestamptz not null default now()
);
create index remote_keys_owner on remote_keys (owner);

-- What others sent. key: so that it is worked off once. With `signed` its signature is still to be verified: what it was
-- made over, because the key is not here yet. Kept for a while without its body when it is done.
create table inbox (
  id bigint generated always as identity primary key,
  key bytea not null unique,
  host text collate "C" not null,
  address text collate "C" not null,
  recipient_id bigint references accounts on delete cascade,
  body bytea,
  signed jsonb,
  waits_for text collate "C",
  tries integer not null default 0,
  due_at timestamptz not null default now(),
  received_at timestamptz not null default now()
);
create index inbox_due on inbox (due_at, id) where body is not null;
create index inbox_waiting on inbox (waits_for) where waits_for is not null;
create index inbox_host on inbox (host) where body is not null;
create index inbox_received_at on inbox (received_at) where body is null;
create index inbox_recipient on inbox (recipient_id) where recipient_id is not null;

-- What is looked up elsewhere, for requests and for activities that wait for it: handles, keys, and whatever has a URI. With
-- due_at it is still to be done, or somebody is at it; without, it is known what came of it.
create table lookups (
  kind text collate "C" not null,
  name text collate "C" not null,
  host text collate "C" not null,
  due_at timestamptz default now(),
  tries integer not null default 0,
  asked_at timestamptz not null default now(),
  done_at timestamptz,
  account_id bigint references accounts on delete cascade,
  status_id bigint references statuses on delete cascade,
  primary key (kind, name)
);
create index lookups_due on lookups (due_at) where due_at is not null;
create index lookups_done_at on lookups (done_at) where done_at is not null;
create index lookups_account on lookups (account_id) where account_id is not null;
create index lookups_status on lookups (status_id) where status_id is not null;

-- What others did, by the SHA-256 of the activity's id: some take it back by that alone.
create table received (
  id_hash bytea primary key,
  kind text collate "C" not null,
  account_id bigint not null references accounts on delete cascade,
  status_id bigint references statuses on delete cascade,
  target_id bigint references accounts on delete cascade,
  emoji text,
  created_at timestamptz not null default now()
);
create index received_account on received (account_id);
create index received_status on received (status_id) where status_id is not null;
create index received_target on received (target_id) where target_id is not null;

-- What was done here and concerns others; the worker makes deliveries of it. `about` holds what is gone by then. No key
-- leads to accounts and statuses: a deletion must outlast what it is about.
create table outgoing (
  id bigint generated always as identity primary key,
  kind text collate "C" not null,
  account_id bigint not null,
  status_id bigint,
  target_id bigint,
  about jsonb not null default '{}',
  due_at timestamptz not null default now(),
  created_at timestamptz not null default now(),
  owner text collate "C",
  body text
);
create index outgoing_due on outgoing (due_at, id) where body is null;
create index outgoing_created_at on outgoing (created_at);
-- One at a time of what is sent after some rest.
create unique index outgoing_once on outgoing (kind, account_id, coalesce(status_id, 0))
where body is null and kind in ('profile', 'votes');

create table deliveries (
  id bigint generated always as identity,
  host text collate "C" not null references hosts on delete cascade,
  outgoing_id bigint not null references outgoing on delete cascade,
  inbox text collate "C" not null,
  priority smallint not null,
  tries smallint not null default 0,
  primary key (host, id)
);
create index deliveries_outgoing on deliveries (outgoing_id);
