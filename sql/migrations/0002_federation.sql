-- Federation: what there is of accounts and statuses elsewhere, what comes in, and what goes out (docs/model.md).

alter table accounts
  add column url text collate "C",
  add column is_group boolean not null default false,
  add column moved_to_id bigint references accounts on delete set null;
create unique index accounts_uri on accounts (uri) where uri is not null;
create index accounts_url on accounts (url) where url is not null;
create index accounts_moved_to on accounts (moved_to_id) where moved_to_id is not null;

-- What of an account's JSON depends on nobody who reads it. It ends inside source.pleroma, so that the
-- owner's own keys can follow; pleroma_fragment is the open end of the pleroma object. Of who has moved it lacks whereto.
create or replace function write_account_fragments() returns trigger language plpgsql as $$
declare
  avatar text := json_text(file_url(new.avatar, '/images/avi.png'));
  header text := json_text(file_url(new.header, '/images/banner.png'));
begin
  new.fragment := concat(
    '"id":"', new.id, '","username":', json_text(new.nickname),
    ',"acct":', json_text(concat_ws('@', new.nickname, new.domain)),
    ',"display_name":', json_text(coalesce(nullif(new.display_name, ''), new.nickname)),
    ',"note":', json_text(new.note),
    ',"url":', json_text(coalesce(new.url, new.uri, chr(1) || '/users/' || new.nickname)),
    ',"avatar":', avatar, ',"avatar_static":', avatar, ',"header":', header, ',"header_static":', header,
    ',"locked":', new.locked::text, ',"bot":', new.bot::text, ',"discoverable":', new.discoverable::text,
    ',"group":', new.is_group::text, case when new.moved_to_id is null then ',"moved":null' end, ',"created_at":', json_time(new.created_at),
    ',"fields":[', (
      select string_agg(concat(
        '{"name":', json_text(field ->> 'name'), ',"value":', json_text(field ->> 'value'), ',"verified_at":null}'), ',')
      from jsonb_array_elements(new.fields) as field), ']',
    ',"source":{"note":', json_text(new.note_source),
    ',"fields":', (select coalesce(json_agg(field -> 'source')::text, '[]') from jsonb_array_elements(new.fields) as field),
    ',"sensitive":', new.sensitive::text,
    ',"pleroma":{"discoverable":', new.discoverable::text, ',"actor_type":', case when new.bot then '"Service"' else '"Person"' end);
  new.pleroma_fragment := concat(
    '"confirmation_pending":', new.confirmation_pending::text, ',"tags":', to_json(new.tags)::text,
    ',"hide_followers":', new.hide_followers::text, ',"hide_follows":', new.hide_follows::text,
    ',"hide_followers_count":', new.hide_followers_count::text, ',"hide_follows_count":', new.hide_follows_count::text,
    ',"hide_favorites":', new.hide_favorites::text, ',"skip_thread_containment":', new.skip_thread_containment::text,
    ',"background_image":', coalesce(json_text(file_url(new.background, null)), 'null'),
    case when new.show_role then concat(',"is_admin":', new.is_admin::text, ',"is_moderator":', new.is_moderator::text) end);
  return new;
end
$$;

drop trigger write_account_fragments on accounts;
create trigger write_account_fragments before insert or update of
  nickname, domain, uri, url, is_group, moved_to_id, display_name, note, note_source, fields, avatar, header, background, tags, locked, bot,
  discoverable, hide_followers, hide_follows, hide_followers_count, hide_follows_count, hide_favorites, show_role,
  skip_thread_containment, sensitive, is_admin, is_moderator, confirmation_pending, created_at
on accounts for each row execute function write_account_fragments();

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
-- What people copy from their browser.
create index statuses_url on statuses (uuid_of(url)) where url <> uri;
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

-- Threads join when what stood between them comes.
create index thread_mutes_thread on thread_mutes (thread_id);

-- An upload of another server has no file here.
alter table media
  alter column file drop not null,
  add column remote_url text collate "C";

-- What another server counted; what was voted from here since is in it.
alter table polls
  add column remote_counts integer[],
  add column remote_voters integer,
  alter column expires_at drop not null;

-- The ids of the activities that asked.
alter table follows add column uri text collate "C";
alter table follow_requests add column uri text collate "C";

-- The account that somebody has moved to.
alter table notifications add column target_id bigint references accounts on delete cascade;
create index notifications_target on notifications (target_id) where target_id is not null;

-- Other servers, by their host with the port where there is one. due_at: when the next delivery may be tried, null when none
-- waits; a courier that takes one up moves it into the future, and sees by queued_at whether more came meanwhile.
create table hosts (
  name text collate "C" primary key,
  seen_at timestamptz,
  failing_since timestamptz,
  failures integer not null default 0,
  is_dead boolean not null default false,
  due_at timestamptz,
  queued_at timestamptz not null default now(),
  priority smallint not null default 1,
  created_at timestamptz not null default now()
);
create index hosts_due on hosts (due_at) where due_at is not null;
create index hosts_failing on hosts (name, is_dead) where failures > 0;

-- What operators say of hosts: `host`, with all below it, or `*.host`.
create table host_policies (
  pattern text collate "C" not null,
  policy text collate "C" not null,
  reason text not null default '',
  created_at timestamptz not null default now(),
  primary key (pattern, policy)
);

-- Whether nothing is taken from a host, sent to it or asked of it.
create function is_refused(host text) returns boolean language sql stable
return exists (
  select
  from host_policies p
  cross join (select split_part(host, ':', 1) as name) asked
  where p.policy = 'reject' and case
    when p.pattern like '*.%' then right(asked.name, length(p.pattern) - 1) = substring(p.pattern from 2)
    else host = p.pattern or asked.name = p.pattern or right(asked.name, length(p.pattern) + 1) = '.' || p.pattern end);

-- The part of an account elsewhere that no list shows. hidden_by: why it is not active, so that only that is undone.
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
  hidden_by text collate "C",
  fetched_at timestamptz not null default now()
);
create index remote_accounts_host on remote_accounts (host);

-- The keys that signatures of others are checked with; owner is the actor's id. is_application: a server asks by it, for
-- any of its people.
create table remote_keys (
  id text collate "C" primary key,
  owner text collate "C" not null,
  public_key text not null,
  is_application boolean not null default false,
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
create index inbox_open on inbox (id) where body is not null;
create index inbox_waiting on inbox (waits_for) where waits_for is not null;
create index inbox_host on inbox (host) where body is not null;
create index inbox_unverified on inbox (address) where signed is not null;
create index inbox_received_at on inbox (received_at) where body is null;
create index inbox_recipient on inbox (recipient_id) where recipient_id is not null;

-- What is looked up elsewhere, for requests and for activities that wait for it: handles, keys, and whatever has a URI. With
-- due_at it is still to be done, or somebody is at it; without, it is known what came of it. asked_by: the host whose activity
-- needs it.
create table lookups (
  kind text collate "C" not null,
  name text collate "C" not null,
  host text collate "C" not null,
  due_at timestamptz default now(),
  tries integer not null default 0,
  asked_at timestamptz not null default now(),
  done_at timestamptz,
  is_found boolean not null default false,
  asked_by text collate "C",
  account_id bigint references accounts on delete cascade,
  status_id bigint references statuses on delete cascade,
  primary key (kind, name)
);
create index lookups_due on lookups (due_at) where due_at is not null;
create index lookups_asked_by on lookups (asked_by, asked_at) where asked_by is not null;
create index lookups_done_at on lookups (done_at) where done_at is not null;
create index lookups_account on lookups (account_id) where account_id is not null;
create index lookups_status on lookups (status_id) where status_id is not null;

-- Whether what came of a look-up still counts: that something is not to be had for twice as long.
create function is_fresh(l lookups) returns boolean language sql stable
return coalesce(l.done_at > now() - case when l.is_found then interval '5 minutes' else interval '10 minutes' end, false);

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

-- After a change of keys the one before still signs what was stored until then, the notice of the change included: that is
-- how others come to believe it.
alter table account_keys
  add column former_private_key text,
  add column former_until timestamptz,
  add column former_last_id bigint;

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

-- Whether what this transaction does is sent to others: not what they did themselves, nor the parts of something larger.
create function is_sent() returns boolean language sql stable
return is_federating() and coalesce(current_setting('pleroma.quiet', true), '') <> 'on';

create function is_local(of_account_id bigint) returns boolean language sql stable
return exists (select from accounts a where a.id = of_account_id and a.domain is null);

create function is_remote(of_account_id bigint) returns boolean language sql stable
return exists (select from accounts a where a.id = of_account_id and a.domain is not null);

create function send_new_statuses() returns trigger language plpgsql as $$
begin
  if exists (select from posted s where s.local and s.visibility <> 'list') and is_sent() then
    insert into outgoing (kind, account_id, status_id)
    select case when s.reblog_of_id is null then 'create' else 'announce' end, s.account_id, s.id
    from posted s
    where s.local and s.visibility <> 'list'
      and (s.visibility <> 'direct' or exists (select from unnest(s.involved) as person (id) where is_remote(person.id)))
    order by s.id;
  end if;
  return null;
end
$$;
create trigger send_new_statuses after insert on statuses
referencing new table as posted for each statement execute function send_new_statuses();

-- The audience of a status is noted before the rows that belong to it go.
create function send_deletion() returns trigger language plpgsql as $$
begin
  if is_sent() then
    insert into outgoing (kind, account_id, status_id, about)
    values (case when old.reblog_of_id is null then 'delete' else 'undo_announce' end, old.account_id, old.id, jsonb_build_object(
      'uuid', old.uuid, 'visibility', old.visibility, 'has_poll', old.has_poll, 'created_at', old.created_at,
      'reblog_of_id', old.reblog_of_id,
      'people', (
        select coalesce(jsonb_agg(distinct person.id), '[]')
        from (
          select unnest(old.involved)
          union all
          select i.account_id from interactions i
          where i.status_id = old.id and (i.favourite_id is not null or i.reblog_id is not null)
          union all
          select r.account_id from statuses r where r.in_reply_to_id = old.id
          union all
          select p.account_id from statuses p where p.id = old.in_reply_to_id
        ) person (id)
        where is_remote(person.id))));
  end if;
  return old;
end
$$;
create trigger send_deletion before delete on statuses
for each row when (old.local and old.visibility <> 'list') execute function send_deletion();

create function send_change() returns trigger language plpgsql as $$
begin
  if is_sent() then
    insert into outgoing (kind, account_id, status_id)
    select 'update', new.account_id, new.id
    where new.edited_at is distinct from old.edited_at
    union all
    select case when new.pinned_at is null then 'unpin' else 'pin' end, new.account_id, new.id
    where (new.pinned_at is null) <> (old.pinned_at is null);
  end if;
  return null;
end
$$;
create trigger send_change after update of edited_at, pinned_at on statuses
for each row when (new.local and new.visibility <> 'list'
  and (new.edited_at is distinct from old.edited_at or new.pinned_at is distinct from old.pinned_at))
execute function send_change();

create function send_favourite() returns trigger language plpgsql as $$
declare
  was bigint := case when tg_op = 'INSERT' then null else old.favourite_id end;
  becomes bigint := case when tg_op = 'DELETE' then null else new.favourite_id end;
  mark interactions := case when tg_op = 'DELETE' then old else new end;
begin
  if was is distinct from becomes and is_sent() then
    insert into outgoing (kind, account_id, status_id, target_id, about)
    select case when becomes is null then 'undo_like' else 'like' end, mark.account_id, s.id, s.account_id,
           jsonb_build_object('id', coalesce(becomes, was))
    from statuses s
    where s.id = mark.status_id and not s.local and is_local(mark.account_id);
  end if;
  return null;
end
$$;
create trigger send_favourite after insert or delete or update of favourite_id on interactions
for each row execute function send_favourite();

create function send_reaction() returns trigger language plpgsql as $$
declare
  reaction status_reactions := case when tg_op = 'DELETE' then old else new end;
begin
  if is_sent() then
    insert into outgoing (kind, account_id, status_id, target_id, about)
    select case when tg_op = 'DELETE' then 'undo_react' else 'react' end, reaction.account_id, s.id, s.account_id,
           jsonb_build_object('id', reaction.id, 'emoji', reaction.emoji)
    from statuses s
    where s.id = reaction.status_id and not s.local and is_local(reaction.account_id);
  end if;
  return null;
end
$$;
create trigger send_reaction after insert or delete on status_reactions for each row execute function send_reaction();

-- A vote in a poll elsewhere goes there; the numbers of one of ours go out after a while.
create function send_votes() returns trigger language plpgsql as $$
begin
  if is_sent() then
    insert into outgoing (kind, account_id, status_id, target_id, about)
    select 'vote', v.account_id, s.id, s.account_id, jsonb_build_object('choice', v.choice)
    from voted v
    join statuses s on s.id = v.status_id and not s.local
    where is_local(v.account_id)
    order by v.account_id, v.choice;
  end if;
  if is_federating() then
    insert into outgoing (kind, account_id, status_id, due_at)
    select distinct 'votes', s.account_id, s.id, now() + interval '3 minutes'
    from voted v
    join statuses s on s.id = v.status_id and s.local and s.visibility <> 'list'
    on conflict do nothing;
  end if;
  return null;
end
$$;
create trigger send_votes after insert on poll_votes
referencing new table as voted for each statement execute function send_votes();

-- The id of a request of ours.
create function name_request() returns trigger language plpgsql as $$
begin
  if new.uri is null and is_federating() then
    new.uri := (
      select concat(chr(1), '/users/', a.nickname, '#follows/', new.id)
      from accounts a
      where a.id = new.follower_id and a.domain is null and is_remote(new.followed_id));
  end if;
  return new;
end
$$;
create trigger name_request before insert on follow_requests for each row execute function name_request();

create function send_request() returns trigger language plpgsql as $$
begin
  if is_sent() then
    insert into outgoing (kind, account_id, target_id, about)
    select 'follow', new.follower_id, new.followed_id, jsonb_build_object('uri', new.uri)
    where is_local(new.follower_id) and is_remote(new.followed_id);
  end if;
  return null;
end
$$;
create trigger send_request after insert on follow_requests for each row execute function send_request();

-- A follow from elsewhere was accepted, by the account or because it is not locked.
create function send_acceptance() returns trigger language plpgsql as $$
begin
  if is_federating() then
    insert into outgoing (kind, account_id, target_id)
    select 'accept', new.followed_id, new.follower_id
    where is_local(new.followed_id) and is_remote(new.follower_id);
  end if;
  return null;
end
$$;
create trigger send_acceptance after insert on follows for each row execute function send_acceptance();

-- When a follow or a request ends, the follower here takes it back, or the followed here refuses it. A request that became a
-- follow has not ended.
create function send_end_of_follow() returns trigger language plpgsql as $$
begin
  if old.uri is not null and is_sent() and not exists (
      select from follows f where f.follower_id = old.follower_id and f.followed_id = old.followed_id) then
    insert into outgoing (kind, account_id, target_id, about)
    select 'undo_follow', old.follower_id, old.followed_id, jsonb_build_object('uri', old.uri)
    where is_local(old.follower_id) and is_remote(old.followed_id)
    union all
    select 'reject', old.followed_id, old.follower_id, jsonb_build_object('uri', old.uri)
    where is_local(old.followed_id) and is_remote(old.follower_id);
  end if;
  return null;
end
$$;
create trigger send_end_of_follow after delete on follows for each row execute function send_end_of_follow();
create trigger send_end_of_request after delete on follow_requests for each row execute function send_end_of_follow();

create function send_block() returns trigger language plpgsql as $$
declare
  block blocks := case when tg_op = 'DELETE' then old else new end;
begin
  if is_sent() then
    insert into outgoing (kind, account_id, target_id, about)
    select case when tg_op = 'DELETE' then 'undo_block' else 'block' end, block.account_id, block.target_id,
           jsonb_build_object('id', block.id)
    where is_local(block.account_id) and is_remote(block.target_id);
  end if;
  return null;
end
$$;
create trigger send_block after insert or delete on blocks for each row execute function send_block();

-- A profile goes out when it has rested: people change one thing after the other.
create function send_profile() returns trigger language plpgsql as $$
begin
  if is_sent() then
    insert into outgoing (kind, account_id, due_at) values ('profile', new.id, now() + interval '30 seconds')
    on conflict (kind, account_id, coalesce(status_id, 0)) where body is null and kind in ('profile', 'votes')
    do update set due_at = excluded.due_at;
  end if;
  return null;
end
$$;
create trigger send_profile after update of display_name, note, fields, avatar, header, locked, bot, discoverable on accounts
for each row when (new.domain is null
  and (new.display_name, new.note, new.fields, new.avatar, new.header, new.locked, new.bot, new.discoverable)
    is distinct from (old.display_name, old.note, old.fields, old.avatar, old.header, old.locked, old.bot, old.discoverable))
execute function send_profile();

create function send_report() returns trigger language plpgsql as $$
begin
  if is_sent() then
    insert into outgoing (kind, account_id, target_id, about)
    select 'flag', new.account_id, new.target_id, jsonb_build_object('report_id', new.id)
    where is_remote(new.target_id) and is_local(new.account_id);
  end if;
  return null;
end
$$;
create trigger send_report after insert on reports for each row when (new.forward) execute function send_report();
