-- The schema. docs/model.md says what the tables mean and which index serves which list.

create extension if not exists pg_trgm;
create extension if not exists unaccent;

-- Which functions.sql was executed last.
create table schema_functions (
  digest text not null
);

create sequence id_sequence;

-- Ids of statuses and accounts: milliseconds since 1970, shifted left by 16 bits, plus a sequence.
create function next_id() returns bigint language sql volatile
return ((extract(epoch from clock_timestamp()) * 1000)::bigint << 16) | (nextval('id_sequence') & 65535);

-- Stable and not immutable, so that PostgreSQL inlines them: what they call is no more than that.
-- A JSON string; the raw U+0001 that stands for the base address stays raw. It takes the place of U+FFFF on the
-- way, which no stored text holds, because a text may hold the six characters of its escape.
create function json_text(value text) returns text language sql stable
return replace(to_json(replace(value, chr(1), chr(65535)))::text, chr(65535), chr(1));

-- A JSON time in UTC with milliseconds; null stays null.
create function json_time(value timestamptz) returns text language sql stable
return to_char(value at time zone 'UTC', '"\""YYYY-MM-DD"T"HH24:MI:SS.MS"Z\""');

create table settings (
  name text collate "C" primary key,
  value jsonb not null,
  updated_at timestamptz not null default now()
);

-- The values in the environment of the settings that statements read by themselves. Those in settings win.
create table configured_settings (
  name text collate "C" primary key,
  value jsonb not null
);

create table accounts (
  id bigint primary key default next_id(),
  nickname text collate "C" not null,
  domain text collate "C",
  uri text collate "C",
  display_name text not null default '',
  note text not null default '',
  note_source text not null default '',
  fields jsonb not null default '[]',
  avatar text collate "C",
  header text collate "C",
  background text collate "C",
  emoji_codes text[] not null default '{}',
  tags text[] not null default '{}',
  locked boolean not null default false,
  bot boolean not null default false,
  discoverable boolean not null default false,
  hide_followers boolean not null default false,
  hide_follows boolean not null default false,
  hide_followers_count boolean not null default false,
  hide_follows_count boolean not null default false,
  hide_favorites boolean not null default false,
  show_role boolean not null default true,
  skip_thread_containment boolean not null default false,
  no_rich_text boolean not null default false,
  disclose_client boolean not null default true,
  sensitive boolean not null default false,
  is_admin boolean not null default false,
  is_moderator boolean not null default false,
  active boolean not null default true,
  confirmed boolean not null default true,
  present boolean not null default true,
  confirmation_pending boolean not null default false,
  login_version integer not null default 0,
  created_at timestamptz not null default now(),
  last_status_at timestamptz,
  followers_count integer not null default 0,
  following_count integer not null default 0,
  statuses_count integer not null default 0,
  fragment text not null default '',
  pleroma_fragment text not null default ''
);
create unique index accounts_address on accounts (lower(nickname), coalesce(domain, ''));
create index accounts_nickname_words on accounts using gin (lower(nickname) gin_trgm_ops);
create index accounts_display_name_words on accounts using gin (lower(display_name) gin_trgm_ops);
create index accounts_tags on accounts using gin (tags);
create index accounts_staff on accounts (id) where is_admin or is_moderator;
create index accounts_inactive on accounts (id) where not active;
create index accounts_unconfirmed on accounts (id) where not confirmed;

-- Whether only confirmed accounts are there.
create function confirmation_required() returns boolean language sql stable
return coalesce((
  select value = 'true'
  from (
    select value, 1 as place from settings where name = 'account_activation_required'
    union all
    select value, 2 from configured_settings where name = 'account_activation_required'
  ) said
  order by place
  limit 1), false);

-- Whether an account is there, for anybody, in any list, and for its own logins: it is active and, where that is
-- required, confirmed. This is the only rule; everything else asks for present. It is stored and not computed, because
-- every list asks it of the author of every row, and because the counters of others change with it.
create function write_presence() returns trigger language plpgsql as $$
begin
  if new.active and not new.confirmed then
    -- A change of the setting that is under way is waited for, because it does not see this row.
    perform pg_advisory_xact_lock_shared(7276034);
  end if;
  new.present := new.active and (new.confirmed or not confirmation_required());
  return new;
end
$$;
create trigger write_presence before insert or update of active, confirmed, present
on accounts for each row execute function write_presence();

create table users (
  account_id bigint primary key references accounts on delete cascade,
  email text collate "C" not null,
  password_hash text not null,
  password_reset_required boolean not null default false,
  privacy text not null default 'public',
  language text,
  settings_store jsonb not null default '{}',
  web_settings jsonb not null default '{}',
  notify_followers boolean not null default true,
  notify_follows boolean not null default true,
  notify_non_followers boolean not null default true,
  notify_non_follows boolean not null default true,
  notify_local boolean not null default true,
  notify_remote boolean not null default true,
  mascot_id bigint,
  created_at timestamptz not null default now()
);
create unique index users_email on users (lower(email));

-- Every way to log in as an account (reset links, codes, tokens, sessions) has the login_version that the
-- account had when that somebody proved who they are, and counts only while the account still has it.
create table password_resets (
  token_hash bytea primary key,
  account_id bigint not null references accounts on delete cascade,
  login_version integer not null default 0,
  created_at timestamptz not null default now()
);
create index password_resets_account on password_resets (account_id);

create table invites (
  id bigint generated always as identity primary key,
  token text collate "C" not null unique,
  used boolean not null default false,
  uses integer not null default 0,
  max_use integer,
  expires_at date,
  created_at timestamptz not null default now()
);

create table captchas (
  token_hash bytea primary key,
  kind text not null,
  answer_hash bytea not null,
  used boolean not null default false,
  created_at timestamptz not null default now()
);
create index captchas_created_at on captchas (created_at);

create unlogged table rate_limits (
  key text collate "C" primary key,
  hits integer not null,
  ends_at timestamptz not null
);
create index rate_limits_ends_at on rate_limits (ends_at);

create table apps (
  id bigint generated always as identity primary key,
  client_id text collate "C" not null unique,
  client_secret_hash bytea not null,
  name text not null,
  website text,
  redirect_uri text not null,
  redirect_uris text[] not null,
  scopes text[] not null,
  has_had_token boolean not null default false,
  created_at timestamptz not null default now()
);

create table authorization_codes (
  code_hash bytea primary key,
  app_id bigint not null references apps on delete cascade,
  account_id bigint not null references accounts on delete cascade,
  login_version integer not null default 0,
  redirect_uri text not null,
  scopes text[] not null,
  code_challenge text,
  created_at timestamptz not null default now()
);
create index authorization_codes_app on authorization_codes (app_id);
create index authorization_codes_account on authorization_codes (account_id);

create table tokens (
  id bigint generated always as identity primary key,
  token_hash bytea not null unique,
  refresh_hash bytea unique,
  app_id bigint not null references apps on delete cascade,
  account_id bigint references accounts on delete cascade,
  login_version integer not null default 0,
  code_hash bytea,
  scopes text[] not null,
  created_at timestamptz not null default now(),
  last_used_at timestamptz not null default now()
);
create index tokens_app on tokens (app_id);
create index tokens_account on tokens (account_id);
create unique index tokens_code on tokens (code_hash) where code_hash is not null;

-- An app that ever got a token is kept for good, one that never did for a while.
create function note_token() returns trigger language plpgsql as $$
begin
  update apps set has_had_token = true where id = new.app_id and not has_had_token;
  return null;
end
$$;
create trigger note_token after insert on tokens for each row execute function note_token();

create table sessions (
  id_hash bytea primary key,
  account_id bigint not null references accounts on delete cascade,
  login_version integer not null default 0,
  created_at timestamptz not null default now(),
  last_used_at timestamptz not null default now()
);
create index sessions_account on sessions (account_id);

create table idempotency_keys (
  account_id bigint not null references accounts on delete cascade,
  key text not null,
  status_code integer,
  body bytea,
  created_at timestamptz not null default now(),
  primary key (account_id, key)
);
create index idempotency_keys_created_at on idempotency_keys (created_at);

create table follows (
  id bigint generated always as identity,
  follower_id bigint not null references accounts on delete cascade,
  followed_id bigint not null references accounts on delete cascade,
  show_reblogs boolean not null default true,
  created_at timestamptz not null default now(),
  primary key (follower_id, followed_id) include (show_reblogs)
);
create index follows_following on follows (follower_id, id);
create index follows_followers on follows (followed_id, id);

-- Counts an account in or out at those who follow it and whom it follows: their counters are those of their lists,
-- which leave out who is not there. Who changes an account has locked it with them, in the order of their ids.
create function count_presence() returns trigger language plpgsql as $$
begin
  update accounts a
  set following_count = greatest(a.following_count + case when new.present then friends.following else -friends.following end, 0),
      followers_count = greatest(a.followers_count + case when new.present then friends.followers else -friends.followers end, 0)
  from (
    select id, sum(following) as following, sum(followers) as followers
    from (
      select follower_id as id, 1 as following, 0 as followers from follows where followed_id = new.id
      union all
      select followed_id, 0, 1 from follows where follower_id = new.id
    ) counted
    group by id
  ) friends
  where a.id = friends.id;
  return null;
end
$$;
create trigger count_presence after update of active, confirmed, present
on accounts for each row when (old.present <> new.present) execute function count_presence();

-- When the setting changes, accounts that wait for confirmation come or go.
create function apply_confirmation_required() returns trigger language plpgsql as $$
begin
  if coalesce(new.name, old.name) <> 'account_activation_required' then
    return null;
  end if;
  perform id
  from accounts
  where id in (
    select id from accounts where not confirmed
    union
    select f.followed_id from follows f join accounts a on a.id = f.follower_id where not a.confirmed
    union
    select f.follower_id from follows f join accounts a on a.id = f.followed_id where not a.confirmed)
  order by id
  for no key update;
  perform pg_advisory_xact_lock(7276034);
  update accounts set present = present where not confirmed and active and present = confirmation_required();
  return null;
end
$$;
create trigger apply_confirmation_required after insert or update or delete
on settings for each row execute function apply_confirmation_required();
create trigger apply_confirmation_required after insert or update or delete
on configured_settings for each row execute function apply_confirmation_required();

create table follow_requests (
  id bigint generated always as identity,
  follower_id bigint not null references accounts on delete cascade,
  followed_id bigint not null references accounts on delete cascade,
  show_reblogs boolean not null default true,
  created_at timestamptz not null default now(),
  primary key (follower_id, followed_id)
);
create index follow_requests_waiting on follow_requests (followed_id, id);

create table subscriptions (
  account_id bigint not null references accounts on delete cascade,
  target_id bigint not null references accounts on delete cascade,
  primary key (account_id, target_id)
);
create index subscriptions_target on subscriptions (target_id);

create table blocks (
  id bigint generated always as identity,
  account_id bigint not null references accounts on delete cascade,
  target_id bigint not null references accounts on delete cascade,
  created_at timestamptz not null default now(),
  primary key (account_id, target_id)
);
create index blocks_list on blocks (account_id, id);
create index blocks_target on blocks (target_id);

create table mutes (
  id bigint generated always as identity,
  account_id bigint not null references accounts on delete cascade,
  target_id bigint not null references accounts on delete cascade,
  notifications boolean not null default true,
  expires_at timestamptz,
  created_at timestamptz not null default now(),
  primary key (account_id, target_id)
);
create index mutes_list on mutes (account_id, id);
create index mutes_target on mutes (target_id);

-- Lists that an account uploaded to follow, block, mute or bookmark: `source` as it was sent to a server of `base_url`,
-- until the job has read its addresses; position says how far it has come. options and notify are the second and third
-- column of each address.
create table imports (
  id bigint generated always as identity primary key,
  account_id bigint not null references accounts on delete cascade,
  kind text not null,
  source bytea,
  base_url text not null,
  addresses text[] not null default '{}',
  options boolean[] not null default '{}',
  notify boolean[] not null default '{}',
  position integer not null default 0,
  created_at timestamptz not null default now()
);
create index imports_account on imports (account_id);

create table domain_blocks (
  id bigint generated always as identity,
  account_id bigint not null references accounts on delete cascade,
  domain text collate "C" not null,
  primary key (account_id, domain)
);
create index domain_blocks_list on domain_blocks (account_id, id);

create table account_notes (
  account_id bigint not null references accounts on delete cascade,
  target_id bigint not null references accounts on delete cascade,
  comment text not null,
  primary key (account_id, target_id)
);
create index account_notes_target on account_notes (target_id);

create table endorsements (
  id bigint generated always as identity,
  account_id bigint not null references accounts on delete cascade,
  target_id bigint not null references accounts on delete cascade,
  primary key (account_id, target_id)
);
create index endorsements_target on endorsements (target_id);

create table lists (
  id bigint generated always as identity primary key,
  account_id bigint not null references accounts on delete cascade,
  title text not null,
  replies_policy text not null default 'list',
  exclusive boolean not null default false
);
create index lists_account on lists (account_id, id);

create table list_members (
  id bigint generated always as identity,
  list_id bigint not null references lists on delete cascade,
  account_id bigint not null references accounts on delete cascade,
  primary key (list_id, account_id)
);
create index list_members_page on list_members (list_id, id);
create index list_members_account on list_members (account_id);

create sequence thread_sequence;

-- What a Status begins with, and what a reblog of it begins with as well: stored with the row, because making
-- them costs more than the rest of the entity.
create function status_head(
  id bigint, created_at timestamptz, visibility text, in_reply_to_id bigint, in_reply_to_account_id bigint
) returns text language sql immutable
return concat(
  '{"id":"', id, '","created_at":', json_time(created_at), ',"visibility":"', visibility,
  '","in_reply_to_id":', case when in_reply_to_id is null or in_reply_to_account_id is null
    then 'null,"in_reply_to_account_id":null'
    else concat('"', in_reply_to_id, '","in_reply_to_account_id":"', in_reply_to_account_id, '"') end);

create function status_frame(id bigint, uuid uuid, sensitive boolean, spoiler_text text, edited_at timestamptz)
returns text language sql immutable
return concat(
  ',"uri":"', chr(1), '/objects/', uuid, '","url":"', chr(1), '/notice/', id, '","sensitive":', sensitive::text,
  ',"spoiler_text":', json_text(spoiler_text), ',"edited_at":', coalesce(json_time(edited_at), 'null'));

create table statuses (
  id bigint default next_id(),
  account_id bigint not null references accounts on delete cascade,
  in_reply_to_id bigint references statuses on delete set null,
  in_reply_to_account_id bigint references accounts on delete set null,
  reblog_of_id bigint references statuses on delete cascade,
  thread_id bigint not null,
  list_id bigint references lists on delete set null,
  created_at timestamptz not null default now(),
  edited_at timestamptz,
  expires_at timestamptz,
  uuid uuid not null default gen_random_uuid(),
  local boolean not null default true,
  sensitive boolean not null default false,
  has_media boolean not null default false,
  has_poll boolean not null default false,
  has_reactions boolean not null default false,
  replies_count integer not null default 0,
  reblogs_count integer not null default 0,
  favourites_count integer not null default 0,
  visibility text collate "C" not null,
  pinned_at timestamptz,
  involved bigint[] not null,
  emoji_codes text[],
  content_type text,
  language text,
  application text,
  spoiler_text text not null default '',
  source text,
  body text,
  head text not null generated always as (
    status_head(id, created_at, visibility, in_reply_to_id, in_reply_to_account_id)) stored,
  frame text not null generated always as (
    status_frame(id, uuid, sensitive, spoiler_text, edited_at)) stored,
  primary key (id) include (account_id)
);
create unique index statuses_uuid on statuses (uuid);
create index statuses_of_account on statuses (account_id, id);
-- It holds the author, so that the public timeline skips the statuses of muted and blocked accounts in the index alone.
create index statuses_public on statuses (id) include (account_id) where visibility = 'public' and reblog_of_id is null;
create index statuses_in_thread on statuses (thread_id, id);
create index statuses_replies on statuses (in_reply_to_id) where in_reply_to_id is not null;
create index statuses_replies_to on statuses (in_reply_to_account_id) where in_reply_to_account_id is not null;
create unique index statuses_reblogs on statuses (reblog_of_id, account_id) where reblog_of_id is not null;
create index statuses_with_media on statuses (account_id, id) where has_media;
create index statuses_pinned on statuses (account_id, id) where pinned_at is not null;
create index statuses_list on statuses (list_id) where list_id is not null;
create index statuses_words on statuses using gin (to_tsvector('simple', source)) where reblog_of_id is null;

-- The homes of those who read theirs: every status of it that is newer than complete_after is in feed_statuses, and
-- others that may be gone by now. No key leads from one to the other: a post would have to wait for who changes a feed.
create table feeds (
  account_id bigint primary key references accounts on delete cascade,
  complete_after bigint not null,
  built_at timestamptz not null default now()
);
create table feed_statuses (
  account_id bigint,
  status_id bigint,
  primary key (account_id, status_id)
);

-- Who builds a feed has made sure that nobody is posting or following meanwhile (build_feed).
create function write_to_feeds() returns trigger language plpgsql as $$
declare
  followers integer := (select max(a.followers_count) from posted s join accounts a on a.id = s.account_id);
begin
  perform pg_advisory_xact_lock_shared(7276035);
  -- The followers are looked through, or the feeds when these are much fewer.
  if (select count(*) from (select from feeds limit followers / 4) few) < followers / 4 then
    insert into feed_statuses (account_id, status_id)
    select feed.account_id, s.id
    from posted s
    join feeds feed on feed.complete_after < s.id
    where feed.account_id = s.account_id or (
      select s.reblog_of_id is null or f.show_reblogs
      from follows f
      where f.follower_id = feed.account_id and f.followed_id = s.account_id)
    on conflict do nothing;
  else
    insert into feed_statuses (account_id, status_id)
    select feed.account_id, s.id
    from posted s
    cross join lateral (
      select f.follower_id as account_id
      from follows f
      where f.followed_id = s.account_id and (s.reblog_of_id is null or f.show_reblogs)
      union all
      select s.account_id
    ) reader
    join feeds feed on feed.account_id = reader.account_id and feed.complete_after < s.id
    on conflict do nothing;
  end if;
  return null;
end
$$;
create trigger write_to_feeds after insert on statuses
referencing new table as posted for each statement execute function write_to_feeds();

-- A feed of other follows is built again when its account reads it.
create function end_feeds() returns trigger language plpgsql as $$
begin
  perform pg_advisory_xact_lock_shared(7276035);
  delete from feeds where account_id in (select follower_id from changed);
  return null;
end
$$;
create trigger end_feeds_of_new after insert on follows
referencing new table as changed for each statement execute function end_feeds();
create trigger end_feeds_of_changed after update on follows
referencing new table as changed for each statement execute function end_feeds();
create trigger end_feeds_of_gone after delete on follows
referencing old table as changed for each statement execute function end_feeds();

create function remove_feed_statuses() returns trigger language plpgsql as $$
begin
  delete from feed_statuses where account_id in (select account_id from ended);
  return null;
end
$$;
create trigger remove_feed_statuses after delete on feeds
referencing old table as ended for each statement execute function remove_feed_statuses();

-- Direct statuses by everybody who wrote or received them: the direct timeline.
create table direct_statuses (
  account_id bigint not null references accounts on delete cascade,
  status_id bigint not null references statuses on delete cascade,
  primary key (account_id, status_id)
);
create index direct_statuses_status on direct_statuses (status_id);

create table status_tags (
  tag text collate "C" not null,
  status_id bigint not null references statuses on delete cascade,
  primary key (tag, status_id)
);
create index status_tags_status on status_tags (status_id);

create table followed_tags (
  id bigint generated always as identity,
  account_id bigint not null references accounts on delete cascade,
  tag text collate "C" not null,
  primary key (account_id, tag)
);
create index followed_tags_tag on followed_tags (tag);

create table featured_tags (
  id bigint generated always as identity primary key,
  account_id bigint not null references accounts on delete cascade,
  tag text collate "C" not null,
  unique (account_id, tag)
);

-- A public status with a followed tag belongs on the homes of those who follow it.
create function write_tagged_to_feeds() returns trigger language plpgsql as $$
begin
  perform pg_advisory_xact_lock_shared(7276035);
  insert into feed_statuses (account_id, status_id)
  select feed.account_id, t.status_id
  from tagged t
  join followed_tags f on f.tag = t.tag
  join feeds feed on feed.account_id = f.account_id and feed.complete_after < t.status_id
  where (select s.visibility = 'public' from statuses s where s.id = t.status_id)
  on conflict do nothing;
  return null;
end
$$;
create trigger write_tagged_to_feeds after insert on status_tags
referencing new table as tagged for each statement execute function write_tagged_to_feeds();

create function end_feed_of_tag() returns trigger language plpgsql as $$
begin
  perform pg_advisory_xact_lock_shared(7276035);
  delete from feeds where account_id = coalesce(new.account_id, old.account_id);
  return null;
end
$$;
create trigger end_feed_of_tag after insert or delete on followed_tags
for each row execute function end_feed_of_tag();

create table media (
  id bigint primary key default next_id(),
  account_id bigint not null references accounts on delete cascade,
  kind text not null,
  mime_type text not null,
  file text collate "C" not null,
  preview text collate "C",
  description text,
  blurhash text,
  meta jsonb not null default '{}',
  purpose text not null default 'attachment',
  unused_since timestamptz default now(),
  created_at timestamptz not null default now()
);
create index media_account on media (account_id, id);
create index media_unused on media (unused_since) where unused_since is not null;

create table status_media (
  status_id bigint not null references statuses on delete cascade,
  position integer not null,
  media_id bigint not null references media on delete cascade,
  primary key (status_id, position)
);
create index status_media_media on status_media (media_id);

-- Polls hang on a status and have its id; what was voted is counted when it is read, so that it is always exact.
create table polls (
  status_id bigint primary key references statuses on delete cascade,
  options text[] not null,
  multiple boolean not null,
  hide_totals boolean not null,
  expires_at timestamptz not null
);

create table poll_votes (
  status_id bigint not null references polls on delete cascade,
  account_id bigint not null references accounts on delete cascade,
  choice integer not null,
  primary key (status_id, account_id, choice)
);
create index poll_votes_account on poll_votes (account_id);

-- The versions of a status that was edited: number 0 is the original, the last one what it is now. Media are kept with
-- their descriptions of then.
create table status_edits (
  status_id bigint not null references statuses on delete cascade,
  number integer not null,
  created_at timestamptz not null,
  content text not null,
  spoiler_text text not null,
  sensitive boolean not null,
  media jsonb not null,
  poll_options text[],
  emoji_codes text[],
  primary key (status_id, number)
);

-- What of a status a version holds.
create type status_version as (
  created_at timestamptz,
  content text,
  spoiler_text text,
  sensitive boolean,
  media jsonb,
  poll_options text[],
  emoji_codes text[]
);

-- What accounts think of a status, as an emoji: a character, or the shortcode of an installed one.
create table status_reactions (
  id bigint generated always as identity,
  status_id bigint not null references statuses on delete cascade,
  account_id bigint not null references accounts on delete cascade,
  emoji text collate "C" not null,
  primary key (status_id, account_id, emoji)
);
create index status_reactions_account on status_reactions (account_id);

-- What was asked for a status that is to be posted later; it names media as statuses do.
create table scheduled_statuses (
  id bigint generated always as identity primary key,
  account_id bigint not null references accounts on delete cascade,
  request jsonb not null,
  media_ids bigint[] not null,
  scheduled_at timestamptz not null,
  created_at timestamptz not null default now()
);
create index scheduled_statuses_account on scheduled_statuses (account_id, id);

-- Says of uploads whether anything names them. They are locked, so that two that let go of one see each other.
create function note_use(ids bigint[]) returns void language plpgsql as $$
begin
  perform id from media where id = any (ids) order by id for no key update;
  update media m
  set unused_since = case
    when exists (select from status_media used where used.media_id = m.id) then null
    when exists (select from scheduled_statuses s where s.account_id = m.account_id and m.id = any (s.media_ids)) then null
    else now() end
  where m.id = any (ids);
end
$$;
create function note_use_by_status() returns trigger language plpgsql as $$
begin
  perform note_use(array[case tg_op when 'INSERT' then new.media_id else old.media_id end]);
  return null;
end
$$;
create trigger note_use after insert or delete on status_media for each row execute function note_use_by_status();
create function note_use_by_scheduled_status() returns trigger language plpgsql as $$
begin
  perform note_use(case tg_op when 'INSERT' then new.media_ids else old.media_ids end);
  return null;
end
$$;
create trigger note_use after insert or delete on scheduled_statuses
for each row execute function note_use_by_scheduled_status();

-- Files whose row is gone and which a job still has to take from storage.
create table removed_files (
  name text collate "C" primary key,
  removed_at timestamptz not null default now()
);

-- Lets a job take files from storage as soon as this is committed; nulls stand for none.
create function remove_files(names text[]) returns void language plpgsql as $$
begin
  insert into removed_files (name) select unnest from unnest(names) where unnest is not null on conflict do nothing;
  if found then
    perform defer_job('upkeep', 'remove_files', '{}');
  end if;
end
$$;
create function remove_files_of_media() returns trigger language plpgsql as $$
begin
  perform remove_files(array(select unnest(array[file, preview]) from gone));
  return null;
end
$$;
create trigger remove_files after delete on media
referencing old table as gone for each statement execute function remove_files_of_media();
create function remove_files_of_account() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    perform remove_files(array[old.avatar, old.header, old.background]);
  else
    perform remove_files(array[
      case when old.avatar is distinct from new.avatar then old.avatar end,
      case when old.header is distinct from new.header then old.header end,
      case when old.background is distinct from new.background then old.background end]);
  end if;
  return null;
end
$$;
create trigger remove_files after update of avatar, header, background on accounts for each row
when ((old.avatar, old.header, old.background) is distinct from (new.avatar, new.header, new.background))
execute function remove_files_of_account();
create trigger remove_files_of_deleted after delete on accounts for each row execute function remove_files_of_account();

-- All that one account did to one status, in one row: one join answers every flag of a page.
create sequence interaction_sequence;
create table interactions (
  account_id bigint not null references accounts on delete cascade,
  status_id bigint not null references statuses on delete cascade,
  favourite_id bigint,
  reblog_id bigint,
  bookmark_id bigint,
  primary key (account_id, status_id)
);
create index interactions_favourites on interactions (account_id, status_id) where favourite_id is not null;
create index interactions_favourited_by on interactions (status_id, favourite_id) where favourite_id is not null;
create index interactions_bookmarks on interactions (account_id, bookmark_id) where bookmark_id is not null;
create index interactions_status on interactions (status_id);

create table thread_mutes (
  account_id bigint not null references accounts on delete cascade,
  thread_id bigint not null,
  primary key (account_id, thread_id)
);

create table notifications (
  id bigint generated always as identity primary key,
  account_id bigint not null references accounts on delete cascade,
  from_account_id bigint not null references accounts on delete cascade,
  status_id bigint references statuses on delete cascade,
  thread_id bigint,
  type text collate "C" not null,
  emoji text,
  is_seen boolean not null default false,
  created_at timestamptz not null default now()
);
create index notifications_of_account on notifications (account_id, id);
create index notifications_unread on notifications (account_id, id) where not is_seen;
create unique index notifications_once on notifications (status_id, account_id, from_account_id, type, coalesce(emoji, ''));
create unique index notifications_once_follow on notifications (account_id, from_account_id, type) where status_id is null;
create index notifications_from on notifications (from_account_id);

create table participations (
  id bigint generated always as identity primary key,
  account_id bigint not null references accounts on delete cascade,
  thread_id bigint not null,
  last_status_id bigint references statuses on delete set null,
  unread boolean not null default true,
  hidden boolean not null default false,
  unique (account_id, thread_id)
);
create index participations_list on participations (account_id, last_status_id) where last_status_id is not null and not hidden;
create index participations_thread on participations (thread_id);
create index participations_last_status on participations (last_status_id);

create table participation_recipients (
  participation_id bigint not null references participations on delete cascade,
  account_id bigint not null references accounts on delete cascade,
  primary key (participation_id, account_id)
);
create index participation_recipients_account on participation_recipients (account_id);

-- Where an account stood in a list of accounts that it has left: clients page by the last account that they got.
create table former_places (
  owner_id bigint not null,
  list text collate "C" not null,
  account_id bigint not null references accounts on delete cascade,
  place bigint not null,
  left_at timestamptz not null default now(),
  primary key (owner_id, list, account_id)
);
create index former_places_account on former_places (account_id);
create index former_places_left_at on former_places (left_at);

-- Keeps the place of a row that ends, unless the account or what the list belongs to is gone. Its arguments are the list,
-- the columns of owner, account and place, and the table of the owner.
create function keep_place() returns trigger language plpgsql as $$
declare
  gone jsonb := to_jsonb(old);
  is_wanted boolean;
begin
  execute format('select exists (select from %I where id = $1) and exists (select from accounts where id = $2)', tg_argv[4])
  into is_wanted
  using (gone ->> tg_argv[1])::bigint, (gone ->> tg_argv[2])::bigint;
  if is_wanted then
    insert into former_places (list, owner_id, account_id, place)
    values (tg_argv[0], (gone ->> tg_argv[1])::bigint, (gone ->> tg_argv[2])::bigint, (gone ->> tg_argv[3])::bigint)
    on conflict (owner_id, list, account_id) do update set place = excluded.place, left_at = now();
  end if;
  return null;
end
$$;
create trigger keep_place_among_followers after delete on follows
for each row execute function keep_place('followers', 'followed_id', 'follower_id', 'id', 'accounts');
create trigger keep_place_among_followed after delete on follows
for each row execute function keep_place('following', 'follower_id', 'followed_id', 'id', 'accounts');
create trigger keep_place after delete on follow_requests
for each row execute function keep_place('follow_requests', 'followed_id', 'follower_id', 'id', 'accounts');
create trigger keep_place after delete on blocks
for each row execute function keep_place('blocks', 'account_id', 'target_id', 'id', 'accounts');
create trigger keep_place after delete on mutes
for each row execute function keep_place('mutes', 'account_id', 'target_id', 'id', 'accounts');
create trigger keep_place after delete on endorsements
for each row execute function keep_place('endorsements', 'account_id', 'target_id', 'id', 'accounts');
create trigger keep_place after delete on list_members
for each row execute function keep_place('members', 'list_id', 'account_id', 'id', 'lists');
create trigger keep_place after delete on interactions for each row when (old.favourite_id is not null)
execute function keep_place('favourited_by', 'status_id', 'account_id', 'favourite_id', 'statuses');
create trigger keep_place_of_what_was_taken_back after update of favourite_id on interactions
for each row when (old.favourite_id is not null and new.favourite_id is null)
execute function keep_place('favourited_by', 'status_id', 'account_id', 'favourite_id', 'statuses');
create trigger keep_place after delete on statuses for each row when (old.reblog_of_id is not null)
execute function keep_place('reblogged_by', 'reblog_of_id', 'account_id', 'id', 'statuses');

-- A text in lower case with U+0002 at each boundary of a word, so that whole words can be found as texts are.
create function marked(words text) returns text language sql immutable
return regexp_replace(lower(words), '([[:alnum:]_]+)', chr(2) || '\1' || chr(2), 'g');

-- What accounts want to be warned of or spared.
create table filters (
  id bigint generated always as identity primary key,
  account_id bigint not null references accounts on delete cascade,
  title text not null,
  context text[] not null,
  action text not null default 'warn',
  expires_at timestamptz
);
create index filters_account on filters (account_id, id);

create table filter_keywords (
  id bigint generated always as identity primary key,
  filter_id bigint not null references filters on delete cascade,
  keyword text not null,
  whole_word boolean not null,
  sought text not null generated always as (case when whole_word then marked(keyword) else lower(keyword) end) stored
);
create index filter_keywords_filter on filter_keywords (filter_id, id);

create table filter_statuses (
  id bigint generated always as identity primary key,
  filter_id bigint not null references filters on delete cascade,
  status_id bigint not null references statuses on delete cascade,
  unique (filter_id, status_id)
);
create index filter_statuses_status on filter_statuses (status_id);

-- One row for each account that has filters: what none of these patterns fits, and is none of these statuses, no filter of
-- the account matches. It lets a page find that out with one look at each status. A status that is gone may still be named.
create table filter_sieves (
  account_id bigint primary key references accounts on delete cascade,
  patterns text[] not null,
  status_ids bigint[] not null
);

-- What administrators say to everybody; text as typed, content as HTML.
create table announcements (
  id bigint generated always as identity primary key,
  text text not null,
  content text not null,
  starts_at timestamptz,
  ends_at timestamptz,
  all_day boolean not null,
  published_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table announcement_dismissals (
  announcement_id bigint not null references announcements on delete cascade,
  account_id bigint not null references accounts on delete cascade,
  primary key (announcement_id, account_id)
);
create index announcement_dismissals_account on announcement_dismissals (account_id);

create table markers (
  account_id bigint not null references accounts on delete cascade,
  timeline text not null,
  last_read_id text not null,
  version integer not null default 1,
  updated_at timestamptz not null default now(),
  primary key (account_id, timeline)
);

create table reports (
  id bigint generated always as identity primary key,
  account_id bigint references accounts on delete set null,
  target_id bigint references accounts on delete set null,
  state text not null default 'open',
  content text,
  comment text not null default '',
  category text not null default 'other',
  forward boolean not null default false,
  rule_ids text[] not null default '{}',
  created_at timestamptz not null default now()
);
create index reports_state on reports (state, id);
create index reports_account on reports (account_id);
create index reports_target on reports (target_id);

create table report_statuses (
  report_id bigint not null references reports on delete cascade,
  status_id bigint not null references statuses on delete cascade,
  primary key (report_id, status_id)
);
create index report_statuses_status on report_statuses (status_id);

create table moderation_log (
  id bigint generated always as identity primary key,
  actor_id bigint not null,
  action text not null,
  message text not null,
  data jsonb not null,
  created_at timestamptz not null default now()
);
create index moderation_log_actor on moderation_log (actor_id, id);
create index moderation_log_created_at on moderation_log (created_at, id);

create table scrobbles (
  id bigint primary key default next_id(),
  account_id bigint not null references accounts on delete cascade,
  visibility text not null default 'public',
  title text not null,
  artist text,
  album text,
  length bigint,
  created_at timestamptz not null default now()
);
create index scrobbles_account on scrobbles (account_id, id);

-- What each folder of emoji/ and each list beside it holds. `position` says which comes later.
create table emoji_sources (
  source text collate "C",
  position smallint not null,
  shortcode text collate "C",
  path text collate "C" not null,
  tags text[] not null,
  primary key (source, shortcode)
);
create index emoji_sources_shortcode on emoji_sources (shortcode);

create table emojis (
  shortcode text collate "C" primary key,
  pack text collate "C",
  path text collate "C" not null,
  tags text[] not null
);

-- The address of a stored file, or that of the default picture.
create function file_url(name text, default_path text) returns text language sql immutable
return chr(1) || coalesce('/media/' || name, default_path);

-- What of an account's JSON depends on nobody who reads it. It ends inside source.pleroma, so that the
-- owner's own keys can follow; pleroma_fragment is the open end of the pleroma object.
create function write_account_fragments() returns trigger language plpgsql as $$
declare
  avatar text := json_text(file_url(new.avatar, '/images/avi.png'));
  header text := json_text(file_url(new.header, '/images/banner.png'));
begin
  new.fragment := concat(
    '"id":"', new.id, '","username":', json_text(new.nickname),
    ',"acct":', json_text(concat_ws('@', new.nickname, new.domain)),
    ',"display_name":', json_text(coalesce(nullif(new.display_name, ''), new.nickname)),
    ',"note":', json_text(new.note),
    ',"url":', json_text(coalesce(new.uri, chr(1) || '/users/' || new.nickname)),
    ',"avatar":', avatar, ',"avatar_static":', avatar, ',"header":', header, ',"header_static":', header,
    ',"locked":', new.locked::text, ',"bot":', new.bot::text, ',"discoverable":', new.discoverable::text,
    ',"group":false,"moved":null,"created_at":', json_time(new.created_at),
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

create trigger write_account_fragments before insert or update of
  nickname, domain, uri, display_name, note, note_source, fields, avatar, header, background, tags, locked, bot,
  discoverable, hide_followers, hide_follows, hide_followers_count, hide_follows_count, hide_favorites, show_role,
  skip_thread_containment, sensitive, is_admin, is_moderator, confirmation_pending, created_at
on accounts for each row execute function write_account_fragments();

-- Where notifications are pushed to, for each token that asked for it. A push carries the token, because its client knows
-- by it whose notification it is; so it lies here sealed, by a key that is not in the database.
create table push_subscriptions (
  id integer generated always as identity primary key,
  token_id bigint not null unique references tokens on delete cascade,
  account_id bigint not null references accounts on delete cascade,
  sealed_token bytea not null,
  endpoint text not null,
  p256dh bytea not null,
  auth bytea not null,
  standard boolean not null,
  alerts text[] not null,
  policy text not null,
  refusals integer not null default 0
);
create index push_subscriptions_account on push_subscriptions (account_id);

-- A job for each new notification and each subscription that may want it; the job looks at the rest. By the statement, and
-- one look-up for each receiver, so that those who have no subscription pay next to nothing.
create function defer_pushes() returns trigger language plpgsql as $$
declare
  jobs procrastinate_job_to_defer_v1[] := array(
    select row(
      'push', 'push', 0, null, null,
      jsonb_build_object('subscription_id', wanting.id, 'notification_id', n.id), null)::procrastinate_job_to_defer_v1
    from made n
    cross join lateral (
      select p.id from push_subscriptions p
      where p.account_id = n.account_id and p.policy <> 'none'
        and (n.type = any (p.alerts) or n.type = 'mention' and 'status' = any (p.alerts))
      offset 0
    ) wanting);
begin
  if jobs <> '{}' then
    perform procrastinate_defer_jobs_v1(jobs);
  end if;
  return null;
end
$$;
create trigger defer_pushes after insert on notifications
referencing new table as made for each statement execute function defer_pushes();

-- What happened, for the processes that send live streams: each reads what was committed since it last looked. Unlogged,
-- because a process that finds it emptied by a crash ends its connections, and clients read what they missed.
create unlogged table stream_events (
  id bigint generated always as identity,
  written xid8 not null default pg_current_xact_id(),
  kind text collate "C" not null,
  status_id bigint,
  account_id bigint,
  about jsonb,
  created_at timestamptz not null default now(),
  primary key (written, id)
);

-- The processes that send live streams. is_awake: somebody is connected to it, so it wants to be woken.
create unlogged table stream_processes (
  id uuid primary key,
  is_awake boolean not null,
  seen_at timestamptz not null default now()
);

-- Wakes the processes for which somebody waits; a message makes commits wait for each other. It is empty, because they
-- read what happened from the table.
create function wake_streams() returns trigger language plpgsql as $$
begin
  if exists (select from stream_processes p where p.is_awake and p.seen_at > now() - interval '5 minutes') then
    perform pg_notify('stream', '');
  end if;
  return null;
end
$$;
create trigger wake_streams after insert on stream_events for each statement execute function wake_streams();

-- Whatever makes a notification, it is an event.
create function note_notifications() returns trigger language plpgsql as $$
begin
  if exists (select from made) then
    insert into stream_events (kind, status_id, account_id, about)
    select 'notification', n.status_id, n.account_id, to_jsonb(n.id) from made n order by n.id;
  end if;
  return null;
end
$$;
create trigger note_notifications after insert on notifications
referencing new table as made for each statement execute function note_notifications();

-- However a token ends, its connections end.
create function note_ended_tokens() returns trigger language plpgsql as $$
begin
  if exists (select from gone) then
    insert into stream_events (kind, about) select 'ended', jsonb_agg(t.id) from gone t;
  end if;
  return null;
end
$$;
create trigger note_ended_tokens after delete on tokens
referencing old table as gone for each statement execute function note_ended_tokens();

-- So do those of an account that is not there any more.
create function note_ended_account() returns trigger language plpgsql as $$
begin
  insert into stream_events (kind, account_id) values ('ended', new.id);
  return null;
end
$$;
create trigger note_ended_account after update of active, confirmed, present
on accounts for each row when (old.present and not new.present) execute function note_ended_account();

-- A change of filters is one event for each transaction, however many rows it changes.
create function note_filters_of(of_account_id bigint) returns void language sql volatile begin atomic
insert into stream_events (kind, account_id)
select 'filters', of_account_id
where not exists (
  select from stream_events e
  where e.written = pg_current_xact_id() and e.kind = 'filters' and e.account_id = of_account_id);
end;

-- The beginning of a keyword as a regular expression that stands for just that. A whole word has a boundary at each end that
-- is a letter, a digit or _. Of a long one the beginning finds what may be it, much faster.
create function keyword_pattern(keyword text, whole_word boolean) returns text language sql immutable
return concat(
  case when whole_word and keyword ~ '^[[:alnum:]_]' then '(^|[^[:alnum:]_])' end,
  regexp_replace(left(keyword, 60), '([!-/:-@[-`{-~])', '\\\1', 'g'),
  case when whole_word and length(keyword) <= 60 and keyword ~ '[[:alnum:]_]$' then '([^[:alnum:]_]|$)' end);

-- Patterns as few ones, none of them so long that it takes long to compile.
create function joined_patterns(patterns text[]) returns text[] language sql immutable
return array(
  select string_agg(pattern, '|')
  from (
    select pattern, sum(length(pattern)) over (order by place) / 2000 as number
    from unnest(patterns) with ordinality as each (pattern, place)
  ) numbered
  group by number);

-- Writes what the filters of an account look for. It is locked, so that changes at the same time see each other.
create function refresh_filters(of_account_id bigint) returns void language plpgsql as $$
begin
  perform id from accounts where id = of_account_id for no key update;
  if not found then
    return;
  end if;
  insert into filter_sieves (account_id, patterns, status_ids)
  select of_account_id,
         joined_patterns(array(
           select keyword_pattern(k.keyword, k.whole_word)
           from filters f join filter_keywords k on k.filter_id = f.id
           where f.account_id = of_account_id
           order by k.id)),
         array(
           select s.status_id
           from filters f join filter_statuses s on s.filter_id = f.id
           where f.account_id = of_account_id)
  on conflict (account_id) do update set patterns = excluded.patterns, status_ids = excluded.status_ids;
  delete from filter_sieves s
  where s.account_id = of_account_id and not exists (select from filters f where f.account_id = of_account_id);
  perform note_filters_of(of_account_id);
end
$$;

create function note_parts_of_filters() returns trigger language plpgsql as $$
declare
  owner_id bigint;
begin
  for owner_id in
    select distinct f.account_id from filters f where f.id in (select c.filter_id from changed c) order by f.account_id
  loop
    perform refresh_filters(owner_id);
  end loop;
  return null;
end
$$;
create trigger note_new_keywords after insert on filter_keywords
referencing new table as changed for each statement execute function note_parts_of_filters();
create trigger note_changed_keywords after update on filter_keywords
referencing new table as changed for each statement execute function note_parts_of_filters();
create trigger note_gone_keywords after delete on filter_keywords
referencing old table as changed for each statement execute function note_parts_of_filters();
create trigger note_new_statuses after insert on filter_statuses
referencing new table as changed for each statement execute function note_parts_of_filters();

create function note_filter() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    perform refresh_filters(old.account_id);
  else
    perform note_filters_of(new.account_id);
  end if;
  return null;
end
$$;
create trigger note_filter after insert or update of title, context, action, expires_at or delete
on filters for each row execute function note_filter();

-- What logging in takes beside the password: the key that an account shares with its authenticator app, sealed by a key that
-- is not in the database, the last step of the clock whose code was taken, and hashes of recovery codes. There is a second
-- factor where `key` is set; a key that nobody has shown a code of waits in `pending_key`.
create table second_factors (
  account_id bigint primary key references accounts on delete cascade,
  key bytea,
  pending_key bytea,
  last_step bigint not null default 0,
  recovery_codes bytea[] not null default '{}'
);

-- Logins whose password was right and whose code is waited for, for an app or for our own pages.
create table waiting_logins (
  token_hash bytea primary key,
  account_id bigint not null references accounts on delete cascade,
  app_id bigint references apps on delete cascade,
  login_version integer not null,
  scopes text[] not null default '{}',
  created_at timestamptz not null default now()
);
create index waiting_logins_account on waiting_logins (account_id);
create index waiting_logins_app on waiting_logins (app_id);

-- Archives that accounts asked for. The name in an archive's address is made of its seed and a key that is not in the
-- database, which knows that name by its hash alone; the file is called after that.
create table archives (
  id bigint generated always as identity primary key,
  account_id bigint not null references accounts on delete cascade,
  seed bytea not null,
  name_hash bytea not null unique,
  state text collate "C" not null default 'pending',
  file_size bigint not null default 0,
  created_at timestamptz not null default now()
);
create index archives_account on archives (account_id, id);

-- However an archive ends, a job takes its file.
create function remove_archives() returns trigger language plpgsql as $$
begin
  if exists (select from gone) then
    perform defer_job('upkeep', 'remove_archives', '{}');
  end if;
  return null;
end
$$;
create trigger remove_archives after delete on archives
referencing old table as gone for each statement execute function remove_archives();

-- The keys that actors sign with, by the path of the actor: those of accounts, and one of the server itself.
create table account_keys (
  owner text collate "C" primary key,
  account_id bigint references accounts on delete set null,
  private_key text not null,
  public_key text not null,
  created_at timestamptz not null default now()
);
create index account_keys_account on account_keys (account_id);

-- The paths of what others may have seen and is gone for good: statuses and accounts.
create table tombstones (
  path text collate "C" primary key,
  created_at timestamptz not null default now()
);

-- Whether others see what is posted here.
create function is_federating() returns boolean language sql stable
return coalesce((select value = 'true' from configured_settings where name = 'federation'), false);

create function bury_statuses() returns trigger language plpgsql as $$
begin
  if is_federating() then
    insert into tombstones (path)
    select '/objects/' || g.uuid from gone g where g.reblog_of_id is null and g.local and g.visibility <> 'list'
    on conflict do nothing;
  end if;
  return null;
end
$$;
create trigger bury_statuses after delete on statuses
referencing old table as gone for each statement execute function bury_statuses();

create function bury_account() returns trigger language plpgsql as $$
begin
  if is_federating() then
    insert into tombstones (path) values ('/users/' || lower(old.nickname)) on conflict do nothing;
  end if;
  return null;
end
$$;
create trigger bury_account after delete on accounts for each row when (old.domain is null) execute function bury_account();
