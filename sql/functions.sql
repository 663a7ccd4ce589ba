-- Functions that build entities and decide who may see what. Replaced at each migration; nothing that is
-- stored (an index, a fragment) may depend on them.

-- Ends a statement with an HTTP status: errors.py turns SQLSTATE PLnnn into that response.
create or replace function refuse(status integer, message text) returns boolean language plpgsql as $$
begin
  raise exception using errcode = 'PL' || status, message = message;
end
$$;

-- A setting in force, as text: what an administrator stored at run time, else what the environment says.
create or replace function setting(setting_name text) returns text language sql stable
return coalesce(
  (select value #>> '{}' from settings where name = setting_name),
  (select value #>> '{}' from configured_settings where name = setting_name));

-- An error in place of a value that is not there, so that nothing is stored of what the transaction did.
create or replace function nothing_found() returns text language plpgsql volatile as $$
begin
  raise no_data_found;
end
$$;

-- Ends all that lets somebody in as accounts: reset links, codes, logins that wait, tokens and sessions. What is being made
-- of an older proof meanwhile has the older login_version. With keep_logins tokens and sessions stay.
create or replace function end_ways_in(of_account_ids bigint[], keep_logins boolean default false)
returns void language sql volatile begin atomic
update accounts set login_version = login_version + 1
where id in (select a.id from accounts a where a.id = any (of_account_ids) order by a.id for no key update);
delete from password_resets where account_id = any (of_account_ids);
delete from authorization_codes where account_id = any (of_account_ids);
delete from waiting_logins where account_id = any (of_account_ids);
delete from tokens where account_id = any (of_account_ids) and not keep_logins;
delete from sessions where account_id = any (of_account_ids) and not keep_logins;
update tokens t set login_version = a.login_version
from accounts a
where t.account_id = any (of_account_ids) and a.id = t.account_id and t.login_version = a.login_version - 1;
update sessions s set login_version = a.login_version
from accounts a
where s.account_id = any (of_account_ids) and a.id = s.account_id and s.login_version = a.login_version - 1;
end;

-- The scopes to grant of those that were asked for: all that are offered when none was. Null when one goes beyond
-- them: a scope is covered by itself and by its first part.
create or replace function granted_scopes(asked text[], offered text[]) returns text[] language sql immutable
return case
  when cardinality(asked) = 0 then offered
  when not exists (
    select from unnest(asked) as scope
    where not scope = any (offered) and not split_part(scope, ':', 1) = any (offered)) then asked
end;

-- Stores a job of a queue; it goes with the caller's transaction.
create or replace function defer_job(queue text, task text, arguments jsonb, due timestamptz default null)
returns bigint language sql volatile as $$
  select (procrastinate_defer_jobs_v1(array[
    row(queue, task, 0, null, null, arguments, due)::procrastinate_job_to_defer_v1]))[1]
$$;

-- Stores the job that sends a mail: a template, whom it goes to, and the values of the template.
create or replace function defer_mail(template text, recipient text, recipient_name text, template_values jsonb)
returns bigint language sql volatile
return defer_job('mailer', 'send_mail', jsonb_build_object(
  'template', template, 'to', recipient, 'to_name', recipient_name, 'values', template_values));

-- An installed emoji as the Mastodon API shows it.
create or replace function emoji_json(e emojis) returns text language sql stable
return concat(
  '{"shortcode":', json_text(e.shortcode), ',"url":', json_text(chr(1) || e.path),
  ',"static_url":', json_text(chr(1) || e.path), ',"visible_in_picker":true,"tags":', to_json(e.tags),
  ',"category":', json_text(array_to_string(array_remove(e.tags, 'Custom'), ',')), '}');

-- The JSON array of the installed emoji among some shortcodes.
create or replace function emojis_json(codes text[]) returns text language sql stable
return (
  select concat('[', string_agg(emoji_json(e), ',' order by e.shortcode), ']')
  from emojis e
  where e.shortcode = any (codes)
);

create or replace function attachment_json(m media) returns text language sql stable
return concat(
  '{"id":"', m.id, '","type":"', m.kind, '","url":', json_text(coalesce(file_url(m.file, null), m.remote_url)),
  ',"preview_url":', json_text(coalesce(file_url(coalesce(m.preview, m.file), null), m.remote_url)),
  ',"remote_url":', coalesce(json_text(m.remote_url), 'null'),
  ',"text_url":', json_text(coalesce(file_url(m.file, null), m.remote_url)),
  ',"description":', coalesce(json_text(m.description), 'null'), ',"blurhash":', coalesce(json_text(m.blurhash), 'null'),
  ',"meta":', m.meta, ',"pleroma":{"mime_type":', json_text(m.mime_type), '}}');

create or replace function attachments_json(of_status_id bigint) returns text language sql stable
return (
  select concat('[', string_agg(attachment_json(m), ',' order by sm.position), ']')
  from status_media sm
  join media m on m.id = sm.media_id
  where sm.status_id = of_status_id
);

create or replace function account_numbers_json(a accounts, viewer bigint) returns text language sql stable
return concat(
  '"followers_count":', case when a.hide_followers_count and a.id <> viewer then 0 else a.followers_count end,
  ',"following_count":', case when a.hide_follows_count and a.id <> viewer then 0 else a.following_count end,
  ',"statuses_count":', a.statuses_count,
  ',"last_status_at":', case when a.last_status_at is null then 'null'
    else to_json((a.last_status_at at time zone 'UTC')::date)::text end,
  ',"emojis":', case when a.emoji_codes = '{}' then '[]' else emojis_json(a.emoji_codes) end);

-- Poll of a status as viewer sees it. Its author counts as having voted; totals may be hidden until it ends. One elsewhere is
-- counted there.
create or replace function poll_json(of_status_id bigint, viewer bigint) returns text language sql stable
return (
  select concat('{"id":"', p.status_id, '","expires_at":', coalesce(json_time(p.expires_at), 'null'), ',"expired":', ended.yes::text,
    ',"multiple":', p.multiple::text, ',"votes_count":', counted.votes, ',"voters_count":', counted.voters,
    ',"options":[', (
      select string_agg(concat('{"title":', json_text(option.title), ',"votes_count":',
        case when p.hide_totals and not ended.yes then 'null'
          when p.remote_counts is not null then p.remote_counts[option.place]::text
          else (
            select count(*)::text from poll_votes v where v.status_id = p.status_id and v.choice = option.place - 1) end, '}'),
        ',' order by option.place)
      from unnest(p.options) with ordinality as option (title, place)),
    '],"emojis":[],"voted":', (s.account_id = viewer or cardinality(own.choices) > 0)::text,
    ',"own_votes":', to_json(own.choices), '}')
  from polls p
  join statuses s on s.id = p.status_id
  cross join lateral (select coalesce(p.expires_at <= now(), false) as yes) ended
  cross join lateral (
    select (select sum(number) from unnest(p.remote_counts) as number) as votes, p.remote_voters as voters
    where p.remote_counts is not null
    union all
    select count(*), count(distinct v.account_id)
    from poll_votes v
    where v.status_id = p.status_id and p.remote_counts is null
    having p.remote_counts is null
  ) counted
  cross join lateral (
    select array(
      select v.choice from poll_votes v where v.status_id = p.status_id and v.account_id = viewer order by v.choice
    ) as choices
  ) own
  where p.status_id = of_status_id
);

-- The key `moved` of an account that has moved.
create or replace function moved_json(to_account_id bigint, viewer bigint) returns text language sql stable
return (
  select concat(',"moved":{', account_numbers_json(a, viewer), ',', a.fragment, '}},"pleroma":{', a.pleroma_fragment,
    ',"relationship":{}}', case when a.moved_to_id is not null then ',"moved":null' end, '}')
  from accounts a
  where a.id = to_account_id
);

-- Account of the Mastodon API as viewer sees it; in lists its pleroma.relationship is empty.
create or replace function account_json(a accounts, viewer bigint, relationship text default '{}')
returns text language sql stable
return concat('{', account_numbers_json(a, viewer), ',', a.fragment, '}},"pleroma":{', a.pleroma_fragment,
  ',"relationship":', relationship, '}', case when a.moved_to_id is not null then moved_json(a.moved_to_id, viewer) end, '}');

-- The account as its owner sees it, with what only the owner may see.
create or replace function credentials_json(a accounts, u users) returns text language sql stable
return (
  select concat('{', account_numbers_json(a, a.id), ',"follow_requests_count":', waiting.number, ',', a.fragment,
    ',"show_role":', a.show_role::text, ',"no_rich_text":', a.no_rich_text::text,
    '},"privacy":', to_json(u.privacy), ',"language":', coalesce(to_json(u.language)::text, 'null'),
    ',"follow_requests_count":', waiting.number, '},"pleroma":{', a.pleroma_fragment,
    case when not a.show_role then concat(',"is_admin":', a.is_admin::text, ',"is_moderator":', a.is_moderator::text) end,
    ',"settings_store":', u.settings_store, ',"notification_settings":', json_build_object(
      'followers', u.notify_followers, 'follows', u.notify_follows, 'remote', u.notify_remote, 'local', u.notify_local,
      'non_follows', u.notify_non_follows, 'non_followers', u.notify_non_followers),
    ',"relationship":{}}}')
  from (select count(*) as number from follow_requests r where r.followed_id = a.id) waiting
);

-- Accounts whose statuses, and statuses about whom, are kept from viewer's lists: the blocked, and
-- unless the reader asks for them the muted ones.
create or replace function hidden_accounts(viewer bigint, with_muted boolean)
returns table (account_id bigint) language sql stable begin atomic
select b.target_id from blocks b where b.account_id = viewer
union all
select m.target_id
from mutes m
where m.account_id = viewer and not with_muted and (m.expires_at is null or m.expires_at > now());
end;

-- Whether an emoji is a character, and no shortcode.
create or replace function is_character(emoji text) returns boolean language sql immutable
return emoji ~ '[^ -~]';

-- The reactions to a status as viewer sees them: without those of hidden accounts, and of emoji that are not installed
-- any more. The array of objects, in the order of first use.
create or replace function reactions_json(of_status_id bigint, viewer bigint) returns text language sql stable
return (
  select concat('[', string_agg(concat(
    '{"name":', json_text(used.emoji), ',"count":', used.number, ',"me":', used.me::text,
    ',"url":', coalesce(json_text(chr(1) || e.path), 'null'), ',"account_ids":', used.account_ids, '}'), ',' order by used.first_id), ']')
  from (
    select r.emoji, min(r.id) as first_id, count(*) as number, bool_or(r.account_id = viewer) as me,
           to_json((array_agg(r.account_id::text order by r.id desc))[1 : 20]) as account_ids
    from status_reactions r
    join accounts a on a.id = r.account_id and a.present
    where r.status_id = of_status_id
      and not r.account_id = any (array(select h.account_id from hidden_accounts(viewer, false) h))
    group by r.emoji
  ) used
  left join emojis e on e.shortcode = used.emoji
  where e.shortcode is not null or is_character(used.emoji)
);

-- What filters search of a status that few have: the options of its poll, the descriptions of its media.
create or replace function status_extras(of_status_id bigint) returns text language sql stable
return concat_ws(chr(10),
  (select array_to_string(p.options, chr(10)) from polls p where p.status_id = of_status_id),
  (select string_agg(m.description, chr(10))
   from status_media sm join media m on m.id = sm.media_id
   where sm.status_id = of_status_id));

-- What filters search of a status. What was typed as plain text is its own plain text.
create or replace function status_words(c statuses) returns text language sql stable
return concat_ws(chr(10), c.spoiler_text,
  case when c.content_type = 'text/plain' then c.source
    else ('{' || replace(c.body, chr(1), '') || '}}')::json #>> '{pleroma,content,text/plain}' end,
  case when c.has_poll or c.has_media then status_extras(c.id) end);

-- A Tag as viewer sees it.
create or replace function tag_json(tag text, followed boolean) returns text language sql stable
return concat('{"name":', json_text(tag), ',"url":', json_text(concat(chr(1), '/tag/', tag)), ',"history":[],"following":',
  followed::text, '}');

-- A Filter without its keywords and statuses, as it stands in results: open at the end.
create or replace function filter_head(f filters) returns text language sql stable
return concat('{"id":"', f.id, '","title":', json_text(f.title), ',"context":', to_json(f.context),
  ',"expires_at":', coalesce(json_time(f.expires_at), 'null'), ',"filter_action":"', f.action, '"');

-- The FilterResults of all filters of viewer that match a status with those words, as an array.
create or replace function filter_results(viewer bigint, of_status_id bigint, words text) returns text language sql stable
return (
  select concat('[', string_agg(concat('{"filter":', filter_head(f), '},"keyword_matches":',
    case when found.keywords = '{}' then 'null' else to_json(found.keywords)::text end,
    ',"status_matches":', case when named.id is null then 'null' else concat('["', of_status_id, '"]') end, '}'),
    ',' order by f.id), ']')
  from filters f
  left join filter_statuses named on named.filter_id = f.id and named.status_id = of_status_id
  cross join (select lower(words) as plain, marked(words) as marked offset 0) searched
  cross join lateral (
    select array(
      select k.keyword
      from filter_keywords k
      where k.filter_id = f.id
        and strpos(case when k.whole_word then searched.marked else searched.plain end, k.sought) > 0
      order by k.id
    ) as keywords
  ) found
  where f.account_id = viewer and (f.expires_at is null or f.expires_at > now())
    and (named.id is not null or found.keywords <> '{}')
);

-- The key `filtered` of a status: nobody has it, and one's own statuses never match. patterns and status_ids are those of
-- viewer's row of filter_sieves, null without one.
create or replace function filtered_json(viewer bigint, patterns text[], status_ids bigint[], c statuses)
returns text language sql stable
return case
  when viewer = 0 then ''
  when patterns is null or c.account_id = viewer then ',"filtered":[]'
  when c.id = any (status_ids) or status_words(c) ~* any (patterns)
    then concat(',"filtered":', filter_results(viewer, c.id, status_words(c)))
  else ',"filtered":[]' end;

-- The app that a status was posted with; web for none. An author who does not disclose it still sees it; to others it is not said.
create or replace function application_json(c statuses, disclosed boolean, viewer bigint) returns text language sql stable
return case
  when c.local and (disclosed or c.account_id = viewer) then coalesce(c.application, '{"name":"Web","website":null}')
  else 'null' end;

-- Status of the Mastodon API. A reblog s takes its content from c, the original; else c is s itself. application and
-- filtered are as application_json and filtered_json make them.
create or replace function status_json(
  s statuses, c statuses, author text, marks interactions, viewer bigint,
  muted boolean, direct_conversation_id bigint, reblog text, application text, filtered text
) returns text language sql stable
return concat(
  s.head, c.frame, ',"application":', application, ',"card":null', filtered,
  ',"poll":', case when c.has_poll then poll_json(c.id, viewer) else 'null' end,
  ',"replies_count":', s.replies_count, ',"reblogs_count":', s.reblogs_count, ',"favourites_count":', s.favourites_count,
  ',"favourited":', (marks.favourite_id is not null)::text, ',"reblogged":', (marks.reblog_id is not null)::text,
  ',"bookmarked":', (marks.bookmark_id is not null)::text, ',"muted":', muted::text,
  ',"pinned":', (s.pinned_at is not null)::text,
  ',"emojis":', case when c.emoji_codes is null then '[]' else emojis_json(c.emoji_codes) end,
  ',"media_attachments":', case when c.has_media then attachments_json(c.id) else '[]' end,
  ',"account":', author, ',"reblog":', reblog, ',', c.body,
  ',"local":', s.local::text, ',"conversation_id":', s.thread_id,
  ',"direct_conversation_id":', coalesce(direct_conversation_id::text, 'null'),
  ',"spoiler_text":{"text/plain":', case when c.spoiler_text = '' then '""' else json_text(c.spoiler_text) end,
  '},"expires_at":', case when s.expires_at is not null and s.account_id = viewer then json_time(s.expires_at) else 'null' end,
  ',"thread_muted":', muted::text, ',"emoji_reactions":', case when c.has_reactions then reactions_json(c.id, viewer) else '[]' end, '}}');

-- Who a bearer token speaks for: account_id is null for an app alone. stale: its use was last noted over a day ago.
create or replace function bearer(of_token_hash bytea)
returns table (token_id bigint, app_id bigint, scopes text[], account_id bigint, is_admin boolean, is_moderator boolean, stale boolean)
language sql stable begin atomic
select t.id, t.app_id, t.scopes, a.id, a.is_admin, a.is_moderator, t.last_used_at < now() - interval '1 day'
from tokens t
left join accounts a on a.id = t.account_id
where t.token_hash = of_token_hash
  and t.last_used_at > now() - interval '1 year'
  and (t.account_id is null or a.login_version = t.login_version and a.present);
end;

-- What viewer did to one status. The limit keeps it a look-up for each status of a page: joined at large, all that
-- viewer ever did would be read.
create or replace function marks_of(viewer bigint, of_status_id bigint)
returns setof interactions language sql stable begin atomic
select i.* from interactions i where i.account_id = viewer and i.status_id = of_status_id limit 1;
end;

-- What the statuses of a page ask about viewer, read once (the offset sees to that): the muted threads, and viewer's row of
-- filter_sieves.
create or replace function reader_of(viewer bigint)
returns table (muted_threads bigint[], patterns text[], status_ids bigint[]) language sql stable begin atomic
select array(select t.thread_id from thread_mutes t where t.account_id = viewer), f.patterns, f.status_ids
from (select) nothing
left join filter_sieves f on f.account_id = viewer
offset 0;
end;

-- The HTML of a status, taken out of its stored fragment. U+FFFF, which no stored text holds, takes the place of U+0001 on the
-- way.
create or replace function content_of(s statuses) returns text language sql stable
return replace(('{' || replace(s.body, chr(1), chr(65535)) || '}}')::json ->> 'content', chr(65535), chr(1));

-- A status as it is now, as its history keeps it.
create or replace function current_version(s statuses) returns setof status_version language sql stable begin atomic
select coalesce(s.edited_at, s.created_at),
       content_of(s), s.spoiler_text, s.sensitive,
       (select coalesce(jsonb_agg(
          jsonb_build_object('id', m.id, 'description', m.description, 'meta', m.meta) order by sm.position), '[]')
        from status_media sm join media m on m.id = sm.media_id
        where sm.status_id = s.id),
       (select p.options from polls p where p.status_id = s.id),
       s.emoji_codes;
end;

-- A StatusEdit. Media whose file is gone are left out.
create or replace function version_json(v status_version, author text) returns text language sql stable
return concat('{"content":', json_text(v.content), ',"spoiler_text":', json_text(v.spoiler_text),
  ',"sensitive":', v.sensitive::text, ',"created_at":', json_time(v.created_at), ',"account":', author,
  ',"media_attachments":[', (
    select string_agg(attachment_json(jsonb_populate_record(m, kept.media - 'id')), ',' order by kept.place)
    from jsonb_array_elements(v.media) with ordinality as kept (media, place)
    join media m on m.id = (kept.media ->> 'id')::bigint),
  '],"emojis":', case when v.emoji_codes is null then '[]' else emojis_json(v.emoji_codes) end,
  case when v.poll_options is not null then concat(',"poll":{"options":[', (
    select string_agg(concat('{"title":', json_text(option.title), '}'), ',' order by option.place)
    from unnest(v.poll_options) with ordinality as option (title, place)), ']}') end, '}');

-- The Status entities of ids, each with its place in ids. Ids that are not there are left out; whether
-- viewer may see them was decided when the ids were chosen.
create or replace function status_entities(viewer bigint, ids bigint[])
returns table (place bigint, status_id bigint, entity text) language sql stable begin atomic
select chosen.place, s.id,
       status_json(s, coalesce(o, s), account_json(a, viewer), marks, viewer, s.thread_id = any (reader.muted_threads),
         case when s.visibility = 'direct'
           then (select p.id from participations p where p.account_id = viewer and p.thread_id = s.thread_id) end,
         case when s.reblog_of_id is null then 'null'
           else status_json(o, o, account_json(oa, viewer), marks, viewer, s.thread_id = any (reader.muted_threads), null,
             'null', application_json(o, oa.disclose_client, viewer),
             filtered_json(viewer, reader.patterns, reader.status_ids, o)) end,
         application_json(coalesce(o, s), coalesce(oa.disclose_client, a.disclose_client), viewer),
         filtered_json(viewer, reader.patterns, reader.status_ids, coalesce(o, s)))
from unnest(ids) with ordinality as chosen (id, place)
join statuses s on s.id = chosen.id
join accounts a on a.id = s.account_id
left join statuses o on o.id = s.reblog_of_id
left join accounts oa on oa.id = o.account_id
left join lateral marks_of(viewer, coalesce(s.reblog_of_id, s.id)) marks on true
cross join reader_of(viewer) reader;
end;

-- A page of statuses as one JSON array, with its first and last id for the Link header.
create or replace function status_page(viewer bigint, ids bigint[])
returns table (body text, newest bigint, oldest bigint) language sql stable begin atomic
select concat('[', string_agg(e.entity, ',' order by e.place), ']'), ids[1], ids[cardinality(ids)]
from status_entities(viewer, ids) e;
end;

-- A page of accounts as one JSON array, in the order of account_ids, with its first and last id for the Link header.
create or replace function account_page(viewer bigint, account_ids bigint[], page_ids bigint[])
returns table (body text, newest bigint, oldest bigint) language sql stable begin atomic
select concat('[', string_agg(account_json(a, viewer), ',' order by shown.place), ']'),
       page_ids[1], page_ids[cardinality(page_ids)]
from unnest(account_ids) with ordinality as shown (id, place)
join accounts a on a.id = shown.id;
end;

-- Whether a status is still within its time; the job that deletes it may come later.
create or replace function is_current(s statuses) returns boolean language sql stable
return s.expires_at is null or s.expires_at > now();

-- Who may see a status: every list and every action chooses from this.
create or replace function visible_statuses(viewer bigint)
returns setof statuses language sql stable begin atomic
select s.*
from statuses s
where (s.visibility in ('public', 'unlisted')
    or viewer = any (s.involved)
    or s.visibility = 'private'
      and (select true from follows f where f.follower_id = viewer and f.followed_id = s.account_id)
    or s.visibility = 'list' and (
      select true
      from list_members m
      where m.list_id = s.list_id and m.account_id = viewer
        and not exists (select from blocks b where b.account_id = s.account_id and b.target_id = viewer)))
  and is_current(s)
  and (select a.present from accounts a where a.id = s.account_id)
  and (s.reblog_of_id is null or (
    select (o.visibility in ('public', 'unlisted')
        or viewer = any (o.involved)
        or o.visibility = 'private'
          and (select true from follows f where f.follower_id = viewer and f.followed_id = o.account_id))
      and is_current(o)
      and (select a.present from accounts a where a.id = o.account_id)
    from statuses o
    where o.id = s.reblog_of_id));
end;

-- What a deletion of statuses must leave behind for the streams that showed them: one object for each.
create or replace function stream_about(of_status_ids bigint[]) returns jsonb language sql stable
return (
  select jsonb_agg(jsonb_build_object(
    'id', s.id::text, 'account_id', s.account_id, 'visibility', s.visibility, 'involved', s.involved,
    'thread_id', s.thread_id, 'list_id', s.list_id, 'local', s.local, 'is_reblog', s.reblog_of_id is not null,
    'has_media', s.has_media,
    'tags', (select coalesce(jsonb_agg(t.tag), '[]') from status_tags t where t.status_id = s.id)) order by s.id)
  from statuses s
  where s.id = any (of_status_ids)
);

-- Takes an account's reblog of a status away, with its count and notification; says whether there was one.
create or replace function remove_reblog(by_account_id bigint, of_status_id bigint)
returns boolean language sql volatile begin atomic
with removed as (
       delete from statuses where reblog_of_id = of_status_id and account_id = by_account_id returning id, reblog_of_id
     ), streamed as (
       insert into stream_events (kind, status_id, account_id, about)
       select 'delete', id, by_account_id, stream_about(array[id]) from removed
     ), unmarked as (
       update interactions set reblog_id = null
       where account_id = by_account_id and status_id in (select reblog_of_id from removed)
     ), counted as (
       update statuses set reblogs_count = reblogs_count - 1 where id in (select reblog_of_id from removed)
     ), untold as (
       delete from notifications
       where status_id in (select reblog_of_id from removed) and from_account_id = by_account_id and type = 'reblog'
     )
select exists (select from removed);
end;

-- What a timeline of viewer may show: visible, and not by, about or to somebody hidden, nor in a muted thread.
create or replace function wanted_statuses(viewer bigint, with_muted boolean)
returns setof statuses language sql stable begin atomic
select s.*
from visible_statuses(viewer) s
where s.account_id = viewer
   or not s.involved && array(select h.account_id from hidden_accounts(viewer, with_muted) h)
  and (with_muted or not s.thread_id = any (array(select t.thread_id from thread_mutes t where t.account_id = viewer)));
end;

-- Public originals of accounts that viewer has not hidden, as far as the index alone knows: each is still to be
-- looked at.
create or replace function public_statuses(viewer bigint, with_muted boolean)
returns table (id bigint) language sql stable begin atomic
select s.id
from statuses s
where s.visibility = 'public' and s.reblog_of_id is null
  and not s.account_id = any (array(select h.account_id from hidden_accounts(viewer, with_muted) h));
end;

-- The same of this server alone, which may be few among all.
create or replace function local_statuses(viewer bigint, with_muted boolean)
returns table (id bigint) language sql stable begin atomic
select s.id
from statuses s
where s.visibility = 'public' and s.reblog_of_id is null and s.local
  and not s.account_id = any (array(select h.account_id from hidden_accounts(viewer, with_muted) h));
end;

-- What a public timeline of viewer may show: wanted, and of the kinds that were asked for.
create or replace function narrowed_statuses(
  viewer bigint, with_muted boolean, only_media boolean, only_local boolean, only_remote boolean
) returns setof statuses language sql stable begin atomic
select s.*
from wanted_statuses(viewer, with_muted) s
where (not only_media or s.has_media) and (not only_local or s.local) and (not only_remote or not s.local);
end;

-- What threads, conversations and favourites show of statuses: visible, and not by, about or to somebody blocked.
create or replace function unblocked_statuses(viewer bigint)
returns setof statuses language sql stable begin atomic
select s.*
from visible_statuses(viewer) s
where not s.involved && array(select h.account_id from hidden_accounts(viewer, true) h);
end;

-- Home of a viewer who follows many: the last statuses of all are walked (in the index alone, until one is theirs).
create or replace function home_walked(
  viewer bigint, with_muted boolean, only_media boolean, max_id bigint, since_id bigint, wanted bigint,
  follows_many boolean
) returns table (id bigint) language sql stable begin atomic
select s.id
from (
  select w.id, w.account_id from statuses w where w.id < max_id and w.id > since_id order by w.id desc limit 2000
) walked
cross join lateral (
  select v.id
  from wanted_statuses(viewer, with_muted) v
  where v.id = walked.id and (not only_media or v.has_media)
    and (v.reblog_of_id is null or v.account_id = viewer or (
      select f.show_reblogs from follows f where f.follower_id = viewer and f.followed_id = v.account_id))
) s
where case
  when walked.account_id = viewer then true
  when follows_many
    then (select true from follows f where f.follower_id = viewer and f.followed_id = walked.account_id)
  else walked.account_id in (select f.followed_id from follows f where f.follower_id = viewer)
end
order by walked.id desc
limit wanted;
end;

-- Whose statuses are on viewer's home: those of the followed accounts, and viewer's own.
create or replace function home_authors(viewer bigint)
returns table (account_id bigint, show_reblogs boolean) language sql stable begin atomic
select f.followed_id, f.show_reblogs from follows f where f.follower_id = viewer
union all
select viewer, true;
end;

-- Home of a viewer who follows few: the newest of each, a few more than wanted, are merged in the index alone; then
-- those are left out that viewer shall not see.
create or replace function home_newest(
  viewer bigint, with_muted boolean, only_media boolean, max_id bigint, since_id bigint, wanted bigint
) returns table (id bigint) language sql stable begin atomic
select s.id
from (
  select w.id, author.show_reblogs
  from home_authors(viewer) author
  cross join lateral (
    select x.id from statuses x
    where x.account_id = author.account_id and x.id < max_id and x.id > since_id
    order by x.id desc
    limit wanted + 10
  ) w
  order by w.id desc
  limit wanted + 10
) newest
cross join lateral (
  select v.id
  from wanted_statuses(viewer, with_muted) v
  where v.id = newest.id and (newest.show_reblogs or v.reblog_of_id is null) and (not only_media or v.has_media)
) s
order by newest.id desc
limit wanted;
end;

-- Home in any case: what viewer shall see of each followed account is merged.
create or replace function home_merged(
  viewer bigint, with_muted boolean, only_media boolean, max_id bigint, since_id bigint, wanted bigint
) returns table (id bigint) language sql stable begin atomic
select s.id
from home_authors(viewer) author
cross join lateral (
  select v.id
  from wanted_statuses(viewer, with_muted) v
  where v.account_id = author.account_id and v.id < max_id and v.id > since_id
    and (author.show_reblogs or v.reblog_of_id is null) and (not only_media or v.has_media)
  order by v.id desc
  limit wanted
) s
order by s.id desc
limit wanted;
end;

-- The newest public statuses with a tag that viewer follows.
create or replace function home_tagged(
  viewer bigint, with_muted boolean, only_media boolean, max_id bigint, since_id bigint, wanted bigint
) returns table (id bigint) language sql stable begin atomic
select distinct s.id
from followed_tags f
cross join lateral (
  select t.status_id as id
  from status_tags t
  cross join lateral (
    select v.id
    from wanted_statuses(viewer, with_muted) v
    where v.id = t.status_id and v.visibility = 'public' and (not only_media or v.has_media)
  ) w
  where t.tag = f.tag and t.status_id < max_id and t.status_id > since_id
  order by t.status_id desc
  limit wanted
) s
where f.account_id = viewer
order by s.id desc
limit wanted;
end;

-- The same from since_id on upwards.
create or replace function home_tagged_after(
  viewer bigint, with_muted boolean, only_media boolean, max_id bigint, since_id bigint, wanted bigint
) returns table (id bigint) language sql stable begin atomic
select distinct s.id
from followed_tags f
cross join lateral (
  select t.status_id as id
  from status_tags t
  cross join lateral (
    select v.id
    from wanted_statuses(viewer, with_muted) v
    where v.id = t.status_id and v.visibility = 'public' and (not only_media or v.has_media)
  ) w
  where t.tag = f.tag and t.status_id < max_id and t.status_id > since_id
  order by t.status_id
  limit wanted
) s
where f.account_id = viewer
order by s.id
limit wanted;
end;

-- Home of a viewer who has a feed, newest first.
create or replace function home_fed(
  viewer bigint, with_muted boolean, only_media boolean, max_id bigint, since_id bigint, wanted bigint
) returns table (id bigint) language sql stable begin atomic
select s.id
from (
  select f.status_id from feed_statuses f
  where f.account_id = viewer and f.status_id < max_id and f.status_id > since_id
  order by f.status_id desc
  offset 0
) fed
cross join lateral (
  select v.id from wanted_statuses(viewer, with_muted) v where v.id = fed.status_id and (not only_media or v.has_media)
) s
order by fed.status_id desc
limit wanted;
end;

-- The page of home, newest first: from the feed, as far as that is complete; else in the cheap way that fits the
-- viewer, and in the sure one when that gave too few. has_feed: it need not be built today.
-- plpgsql, because a statement makes ready for running all of its parts, also those it skips.
create or replace function home_page(
  viewer bigint, with_muted boolean, only_media boolean, max_id bigint, since_id bigint, wanted bigint
) returns table (body text, newest bigint, oldest bigint, has_feed boolean) language plpgsql stable as $$
declare
  complete_after bigint;
  follows integer;
  ids bigint[];
begin
  select f.complete_after, f.built_at > now() - interval '1 day',
         array(select h.id from home_fed(viewer, with_muted, only_media, max_id, since_id, wanted) h)
  into complete_after, has_feed, ids
  from feeds f
  where f.account_id = viewer;
  has_feed := coalesce(has_feed, false);
  if ids is null or cardinality(ids) < wanted and since_id < complete_after then
    follows := (select following_count from accounts where id = viewer);
    if follows <= 40 then
      ids := array(select h.id from home_newest(viewer, with_muted, only_media, max_id, since_id, wanted) h);
    else
      ids := array(
        select h.id from home_walked(viewer, with_muted, only_media, max_id, since_id, wanted, follows > 600) h);
    end if;
    if cardinality(ids) < wanted then
      ids := array(select h.id from home_merged(viewer, with_muted, only_media, max_id, since_id, wanted) h);
    end if;
    if exists (select from followed_tags f where f.account_id = viewer) then
      ids := array(
        select id from unnest(ids) as id
        union
        select h.id from home_tagged(viewer, with_muted, only_media, max_id, since_id, wanted) h
        order by id desc
        limit wanted);
    end if;
  end if;
  if ids = '{}' then
    body := '[]';
  else
    select page.* into body, newest, oldest from status_page(viewer, ids) page;
  end if;
  return next;
end
$$;

-- The same from min_id on upwards.
create or replace function home_page_after(
  viewer bigint, with_muted boolean, only_media boolean, max_id bigint, min_id bigint, wanted bigint
) returns table (body text, newest bigint, oldest bigint, has_feed boolean) language plpgsql stable as $$
declare
  feed feeds;
  ids bigint[];
begin
  select * into feed from feeds f where f.account_id = viewer;
  has_feed := coalesce(feed.built_at > now() - interval '1 day', false);
  if min_id >= feed.complete_after then
    ids := array(
      select s.id
      from (
        select f.status_id from feed_statuses f
        where f.account_id = viewer and f.status_id < max_id and f.status_id > min_id
        order by f.status_id
        offset 0
      ) fed
      cross join lateral (
        select v.id from wanted_statuses(viewer, with_muted) v
        where v.id = fed.status_id and (not only_media or v.has_media)
      ) s
      order by fed.status_id
      limit wanted);
  else
    ids := array(
      select s.id
      from home_authors(viewer) author
      cross join lateral (
        select v.id
        from wanted_statuses(viewer, with_muted) v
        where v.account_id = author.account_id and v.id < max_id and v.id > min_id
          and (author.show_reblogs or v.reblog_of_id is null) and (not only_media or v.has_media)
        order by v.id
        limit wanted
      ) s
      order by s.id
      limit wanted);
    if exists (select from followed_tags f where f.account_id = viewer) then
      ids := array(
        select id from unnest(ids) as id
        union
        select h.id from home_tagged_after(viewer, with_muted, only_media, max_id, min_id, wanted) h
        order by id
        limit wanted);
    end if;
  end if;
  if ids = '{}' then
    body := '[]';
  else
    select page.* into body, newest, oldest
    from status_page(viewer, array(select id from unnest(ids) as id order by id desc)) page;
  end if;
  return next;
end
$$;

-- Builds the feed of an account: of each author so many of the newest statuses that some 8,000 are looked at in all
-- (and 20 at least), and of these as many as are complete. Left to another time while somebody posts or follows.
create or replace function build_feed(of_account_id bigint) returns void language plpgsql volatile as $$
declare
  of_each integer;
begin
  if not pg_try_advisory_xact_lock(7276035) then
    return;
  end if;
  delete from feeds where account_id = of_account_id;
  -- What posts wrote while another feed was ended, and nothing else removes at once.
  delete from feed_statuses where account_id = of_account_id;
  of_each := (
    select greatest(20, least(800, 8000 / (a.following_count + 1 + (
      select count(*) from followed_tags f where f.account_id = of_account_id))))
    from accounts a
    where a.id = of_account_id);
  with newest as materialized (
         select s.id, s.place, author.show_reblogs
         from home_authors(of_account_id) author
         cross join lateral (
           select x.id, row_number() over (order by x.id desc) as place
           from statuses x
           where x.account_id = author.account_id
           order by x.id desc
           limit of_each
         ) s
         union all
         select s.id, s.place, true
         from followed_tags f
         cross join lateral (
           select t.status_id as id, row_number() over (order by t.status_id desc) as place
           from status_tags t
           where t.tag = f.tag and (select p.visibility = 'public' from statuses p where p.id = t.status_id)
           order by t.status_id desc
           limit of_each
         ) s
         where f.account_id = of_account_id
       ), kept as materialized (
         select n.id, bool_or(n.show_reblogs) as show_reblogs
         from newest n
         where n.id >= coalesce((select max(last.id) from newest last where last.place = of_each), 0)
         group by n.id
         order by n.id desc
         limit 800
       ), feed as (
         insert into feeds (account_id, complete_after)
         select of_account_id, case
           when count(*) <= 800 and count(*) filter (where place = of_each) = 0 then 0
           else (select min(id) - 1 from kept) end
         from newest
       )
  insert into feed_statuses (account_id, status_id)
  select of_account_id, k.id
  from kept k
  where k.show_reblogs or (select s.reblog_of_id is null from statuses s where s.id = k.id);
end
$$;

-- Statuses of one account that viewer may see, on wish without reblogs and without replies to others.
create or replace function account_statuses(viewer bigint, author bigint, exclude_replies boolean, exclude_reblogs boolean)
returns setof statuses language sql stable begin atomic
select s.*
from visible_statuses(viewer) s
where s.account_id = author
  and (not exclude_reblogs or s.reblog_of_id is null)
  and (not exclude_replies or s.in_reply_to_account_id is null or s.in_reply_to_account_id = s.account_id);
end;

-- The statuses with all words of a query. Of more than some 20,000 they are any so many, so that nobody waits for a word that
-- was in everybody's mouth a year ago.
create or replace function statuses_with_words(query text, max_id bigint, min_id bigint)
returns table (id bigint) language sql stable set gin_fuzzy_search_limit = 20000 set enable_seqscan = off as $$
  select s.id
  from statuses s
  where s.reblog_of_id is null and to_tsvector('simple', s.source) @@ plainto_tsquery('simple', query)
    and s.id < max_id and s.id > min_id
$$;

-- How close a nickname and a display name are to a search for a name or words, both escaped for like: 0 when the
-- nickname begins so, 1 when the display name holds the words, 2 when the nickname holds the name, 3 for no fit.
create or replace function closeness(nickname text, display_name text, name text, words text)
returns integer language sql immutable
return case
  when lower(nickname) like name || '%' then 0
  when lower(display_name) like '%' || words || '%' then 1
  when lower(nickname) like '%' || name || '%' then 2
  else 3 end;

-- Whether recipient is notified of something that sender did: not when blocked, and by the recipient's settings.
-- What is muted is stored all the same and left out when listing, so that with_muted can show it.
create or replace function wants_notification(recipient bigint, sender bigint) returns boolean language sql stable
return recipient <> sender
  and not exists (select from blocks b where b.account_id = recipient and b.target_id = sender)
  and exists (
    select
    from users u
    cross join lateral (
      select exists (select from follows f where f.follower_id = sender and f.followed_id = recipient) as follower,
             exists (select from follows f where f.follower_id = recipient and f.followed_id = sender) as followed,
             (select a.domain is null from accounts a where a.id = sender) as local
    ) of_sender
    where u.account_id = recipient
      and case when of_sender.follower then u.notify_followers else u.notify_non_followers end
      and case when of_sender.followed then u.notify_follows else u.notify_non_follows end
      and case when of_sender.local then u.notify_local else u.notify_remote end);

-- Relationships of viewer to accounts, each with its place in ids.
create or replace function relationships(viewer bigint, ids bigint[])
returns table (place bigint, entity text) language sql stable begin atomic
select chosen.place,
  concat('{"id":"', a.id, '","following":', (f.follower_id is not null)::text,
    ',"followed_by":', exists (select from follows b where b.follower_id = a.id and b.followed_id = viewer)::text,
    ',"blocking":', exists (select from blocks b where b.account_id = viewer and b.target_id = a.id)::text,
    ',"blocked_by":', exists (select from blocks b where b.account_id = a.id and b.target_id = viewer)::text,
    ',"muting":', (m.account_id is not null)::text, ',"muting_notifications":', coalesce(m.notifications, false)::text,
    ',"subscribing":', (n.account_id is not null)::text, ',"notifying":', (n.account_id is not null)::text,
    ',"requested":', exists (select from follow_requests r where r.follower_id = viewer and r.followed_id = a.id)::text,
    ',"domain_blocking":', exists (select from domain_blocks d where d.account_id = viewer and d.domain = a.domain)::text,
    ',"showing_reblogs":', coalesce(f.show_reblogs, true)::text,
    ',"endorsed":', exists (select from endorsements e where e.account_id = viewer and e.target_id = a.id)::text,
    ',"note":', coalesce(json_text(c.comment), '""'), ',"languages":null}')
from unnest(ids) with ordinality as chosen (id, place)
join accounts a on a.id = chosen.id
left join follows f on f.follower_id = viewer and f.followed_id = a.id
left join mutes m on m.account_id = viewer and m.target_id = a.id and (m.expires_at is null or m.expires_at > now())
left join subscriptions n on n.account_id = viewer and n.target_id = a.id
left join account_notes c on c.account_id = viewer and c.target_id = a.id;
end;

-- Notifications that viewer is shown: from accounts that are there and neither blocked nor, unless asked for,
-- muted, not about muted threads, and with a status that viewer may see.
create or replace function shown_notifications(viewer bigint, with_muted boolean)
returns setof notifications language sql stable begin atomic
select n.*
from notifications n
where n.account_id = viewer
  and not n.from_account_id = any (array(select b.target_id from blocks b where b.account_id = viewer))
  and (with_muted
    or not n.from_account_id = any (array(
        select m.target_id from mutes m
        where m.account_id = viewer and m.notifications and (m.expires_at is null or m.expires_at > now())))
      and (n.thread_id is null
        or not n.thread_id = any (array(select t.thread_id from thread_mutes t where t.account_id = viewer))))
  and (select a.present from accounts a where a.id = n.from_account_id)
  and (n.status_id is null or (select true from visible_statuses(viewer) s where s.id = n.status_id));
end;

-- Notification entities of ids, each with its place in ids.
create or replace function notification_entities(viewer bigint, ids bigint[])
returns table (place bigint, notification_id bigint, entity text) language sql stable begin atomic
select chosen.place, n.id,
       concat('{"id":"', n.id, '","type":"', n.type, '","created_at":', json_time(n.created_at),
         ',"account":', account_json(sender, viewer),
         case when s.id is not null then concat(',"status":',
           status_json(s, s, account_json(a, viewer), marks, viewer, s.thread_id = any (reader.muted_threads),
             case when s.visibility = 'direct'
               then (select p.id from participations p where p.account_id = viewer and p.thread_id = s.thread_id) end,
             'null', application_json(s, a.disclose_client, viewer),
             filtered_json(viewer, reader.patterns, reader.status_ids, s))) end,
         case when n.emoji is not null then concat(',"emoji":', json_text(n.emoji), ',"emoji_url":', coalesce((
           select json_text(chr(1) || e.path) from emojis e where e.shortcode = n.emoji), 'null')) end,
         case when n.target_id is not null then (
           select concat(',"target":', account_json(t, viewer)) from accounts t where t.id = n.target_id) end,
         ',"pleroma":{"is_seen":', n.is_seen::text, '}}')
from unnest(ids) with ordinality as chosen (id, place)
join notifications n on n.id = chosen.id
join accounts sender on sender.id = n.from_account_id
left join statuses s on s.id = n.status_id
left join accounts a on a.id = s.account_id
left join lateral marks_of(viewer, s.id) marks on true
cross join reader_of(viewer) reader;
end;

create or replace function notification_page(viewer bigint, ids bigint[])
returns table (body text, newest bigint, oldest bigint) language sql stable begin atomic
select concat('[', string_agg(e.entity, ',' order by e.place), ']'), ids[1], ids[cardinality(ids)]
from notification_entities(viewer, ids) e;
end;

-- The place in a list of accounts that a bound of a page means: itself when it is the id of a row, and of an account, which
-- is far above those, its place, also when it has left the list; unknown when the list never held it.
create or replace function place_in_list(of_list text, owner bigint, asked bigint, unknown bigint)
returns bigint language plpgsql stable as $$
begin
  if asked < 1::bigint << 48 or asked = 9223372036854775807 then
    return asked;
  end if;
  return coalesce(
    case of_list
      when 'followers' then (select f.id from follows f where f.followed_id = owner and f.follower_id = asked)
      when 'following' then (select f.id from follows f where f.follower_id = owner and f.followed_id = asked)
      when 'follow_requests' then (select r.id from follow_requests r where r.followed_id = owner and r.follower_id = asked)
      when 'blocks' then (select b.id from blocks b where b.account_id = owner and b.target_id = asked)
      when 'mutes' then (select m.id from mutes m where m.account_id = owner and m.target_id = asked)
      when 'endorsements' then (select e.id from endorsements e where e.account_id = owner and e.target_id = asked)
      when 'members' then (select m.id from list_members m where m.list_id = owner and m.account_id = asked)
      when 'favourited_by' then (select i.favourite_id from interactions i where i.status_id = owner and i.account_id = asked)
      when 'reblogged_by' then (select s.id from statuses s where s.reblog_of_id = owner and s.account_id = asked)
    end,
    (select p.place from former_places p where p.owner_id = owner and p.list = of_list and p.account_id = asked),
    -- The rows of this list are statuses, whose ids are as high as those of accounts.
    case when of_list = 'reblogged_by' and not exists (select from accounts a where a.id = asked) then asked end,
    unknown);
end
$$;

-- The bounds of a page of accounts; where one is an account that was never there, the page is empty.
create or replace function list_bounds(of_list text, owner bigint, asked_max bigint, asked_since bigint, asked_min bigint)
returns table (max_id bigint, since_id bigint, min_id bigint) language sql stable begin atomic
select place_in_list(of_list, owner, asked_max, 0), place_in_list(of_list, owner, asked_since, 9223372036854775807),
       place_in_list(of_list, owner, asked_min, 9223372036854775807);
end;

create or replace function list_json(l lists) returns text language sql stable
return concat('{"id":"', l.id, '","title":', json_text(l.title), ',"replies_policy":', json_text(l.replies_policy),
  ',"exclusive":', l.exclusive::text, '}');

-- How many unread notifications viewer is shown, counted up to a hundred.
create or replace function unread_notifications(viewer bigint) returns bigint language sql stable
return (select count(*) from (select from shown_notifications(viewer, false) n where not n.is_seen limit 100) unread);

-- A Marker; that of the notifications holds how many are unread.
create or replace function marker_json(m markers) returns text language sql stable
return concat('{"last_read_id":', json_text(m.last_read_id), ',"version":', m.version,
  ',"updated_at":', json_time(m.updated_at), ',"pleroma":{"unread_count":',
  case when m.timeline = 'notifications' then unread_notifications(m.account_id) else 0 end, '}}');

-- Lets each conversation of threads end with the last direct status that is left. They are locked first, so that a status
-- that comes at the same time is seen, in the order in which statuses.deliver_direct locks them.
create or replace function settle_conversations(thread_ids bigint[]) returns void language plpgsql as $$
begin
  perform p.id from participations p where p.thread_id = any (thread_ids) order by p.account_id, p.id for update;
  update participations p
  set last_status_id = (
    select max(s.id)
    from statuses s
    where s.thread_id = p.thread_id and s.visibility = 'direct' and p.account_id = any (s.involved))
  where p.thread_id = any (thread_ids);
end
$$;

-- Brings threads into another one, with what is kept of each: who reads them as a conversation, and who has muted them.
create or replace function join_threads(thread_ids bigint[], into_id bigint) returns void language plpgsql as $$
begin
  perform p.id from participations p where p.thread_id = any (thread_ids || into_id) order by p.account_id, p.id for update;
  update notifications n set thread_id = into_id
  from statuses s where s.thread_id = any (thread_ids) and n.status_id = s.id and n.thread_id is not null;
  update statuses set thread_id = into_id where thread_id = any (thread_ids);
  insert into thread_mutes (account_id, thread_id)
  select distinct m.account_id, into_id from thread_mutes m where m.thread_id = any (thread_ids)
  on conflict do nothing;
  delete from thread_mutes where thread_id = any (thread_ids);
  with kept as (
         select distinct on (p.account_id) p.id, p.account_id
         from participations p
         where p.thread_id = any (thread_ids || into_id)
         order by p.account_id, p.thread_id <> into_id, p.id
       ), addressed as (
         insert into participation_recipients (participation_id, account_id)
         select distinct k.id, r.account_id
         from kept k
         join participations p on p.account_id = k.account_id and p.thread_id = any (thread_ids) and p.id <> k.id
         join participation_recipients r on r.participation_id = p.id
         on conflict do nothing
       )
  update participations p
  set last_status_id = of_account.newest, unread = of_account.unread, hidden = of_account.hidden
  from kept k
  cross join lateral (
    select max(o.last_status_id) as newest, bool_or(o.unread) as unread, bool_and(o.hidden) as hidden
    from participations o
    where o.account_id = k.account_id and o.thread_id = any (thread_ids || into_id)
  ) of_account
  where p.id = k.id;
  delete from participations p
  using participations other
  where p.thread_id = any (thread_ids) and other.account_id = p.account_id and other.id <> p.id
    and (other.thread_id = into_id or other.thread_id = any (thread_ids) and other.id < p.id);
  update participations set thread_id = into_id where thread_id = any (thread_ids);
end
$$;

-- Hangs the answers on a status that came before it and know it only by its name.
create or replace function adopt_answers(of_status_id bigint, named text) returns void language plpgsql as $$
declare
  threads bigint[];
begin
  with parent as materialized (
         select s.id, s.account_id, s.thread_id, json_text(concat_ws('@', a.nickname, a.domain)) as acct
         from statuses s
         join accounts a on a.id = s.account_id
         where s.id = of_status_id
       ), hung as (
         update statuses answer
         set in_reply_to_id = parent.id, in_reply_to_account_id = parent.account_id,
             body = case when answer.body like '%"in_reply_to_account_acct":null' then left(answer.body, -4) || parent.acct
               else answer.body end
         from parent
         where answer.in_reply_to_uri = named and answer.in_reply_to_id is null and answer.id > parent.id
         returning answer.thread_id, answer.visibility
       ), counted as (
         update statuses s
         set replies_count = s.replies_count + found.number
         from (select count(*) as number from hung where visibility in ('public', 'unlisted')) found
         where s.id = of_status_id and found.number > 0
       )
  select array_agg(distinct h.thread_id) into threads from hung h;
  if threads is not null then
    perform join_threads(threads, (select s.thread_id from statuses s where s.id = of_status_id));
  end if;
end
$$;

-- The newest direct status of a thread, up to the newest that viewer was sent, that viewer's conversation shows.
create or replace function last_of_conversation(viewer bigint, of_thread_id bigint, newest bigint)
returns table (id bigint) language sql stable begin atomic
select s.id
from unblocked_statuses(viewer) s
where s.thread_id = of_thread_id and s.id <= newest and s.visibility = 'direct'
order by s.id desc
limit 1;
end;

-- Conversation entities of participations, each with its place in ids. accounts leaves out viewer,
-- pleroma.recipients does not (docs/api/pleroma.md 17).
create or replace function conversation_entities(viewer bigint, ids bigint[])
returns table (place bigint, conversation_id bigint, entity text) language sql stable begin atomic
select chosen.place, p.id,
       concat('{"id":"', p.id, '","unread":', p.unread::text,
         ',"accounts":[', (
           select string_agg(account_json(a, viewer), ',' order by a.id)
           from participation_recipients r join accounts a on a.id = r.account_id
           where r.participation_id = p.id and r.account_id <> viewer and a.present),
         '],"last_status":', coalesce((
           select status_json(s, s, account_json(a, viewer), marks, viewer, s.thread_id = any (reader.muted_threads), p.id,
             'null', application_json(s, a.disclose_client, viewer),
             filtered_json(viewer, reader.patterns, reader.status_ids, s))
           from last_of_conversation(viewer, p.thread_id, p.last_status_id) last_one
           join statuses s on s.id = last_one.id
           join accounts a on a.id = s.account_id
           left join lateral marks_of(viewer, s.id) marks on true
           cross join reader_of(viewer) reader), 'null'),
         ',"pleroma":{"recipients":[', (
           select string_agg(account_json(a, viewer), ',' order by a.id)
           from participation_recipients r join accounts a on a.id = r.account_id
           where r.participation_id = p.id and a.present), ']}}')
from unnest(ids) with ordinality as chosen (id, place)
join participations p on p.id = chosen.id;
end;

-- A scrobble of an account (docs/api/pleroma.md 18).
create or replace function scrobble_json(s scrobbles, account text) returns text language sql stable
return concat('{"id":"', s.id, '","account":', account, ',"title":', json_text(s.title),
  ',"artist":', coalesce(json_text(s.artist), 'null'), ',"album":', coalesce(json_text(s.album), 'null'),
  ',"length":', coalesce(s.length::text, 'null'), ',"created_at":', json_time(s.created_at), '}');

-- Who may see a scrobble.
create or replace function visible_scrobbles(viewer bigint)
returns setof scrobbles language sql stable begin atomic
select s.*
from scrobbles s
where (s.visibility in ('public', 'unlisted') or s.account_id = viewer or s.visibility = 'private' and exists (
    select from follows f where f.follower_id = viewer and f.followed_id = s.account_id))
  and (select a.present from accounts a where a.id = s.account_id);
end;

-- The keys of a User of the admin API that an Account lacks.
create or replace function user_keys(a accounts) returns text language sql stable
return concat('"nickname":', json_text(concat_ws('@', a.nickname, a.domain)), ',"local":', (a.domain is null)::text,
  ',"deactivated":', (not a.active)::text, ',"confirmation_pending":', a.confirmation_pending::text,
  ',"roles":{"admin":', a.is_admin::text, ',"moderator":', a.is_moderator::text, '},"tags":', to_json(a.tags));

create or replace function user_json(a accounts) returns text language sql stable
return concat('{"id":"', a.id, '","display_name":', json_text(coalesce(nullif(a.display_name, ''), a.nickname)),
  ',"avatar":', json_text(file_url(a.avatar, '/images/avi.png')), ',', user_keys(a), '}');

-- An account in a report: an Account of the Mastodon API and a User in one object.
create or replace function reported_json(a accounts, viewer bigint) returns text language sql stable
return concat(left(account_json(a, viewer), -1), ',', user_keys(a), '}');

create or replace function invite_json(i invites) returns text language sql stable
return concat('{"id":', i.id, ',"token":', json_text(i.token), ',"used":', i.used::text, ',"uses":', i.uses,
  ',"max_use":', coalesce(i.max_use::text, 'null'), ',"expires_at":', coalesce(to_json(i.expires_at)::text, 'null'),
  ',"invite_type":"', case when i.max_use is null then case when i.expires_at is null then 'one_time' else 'date_limited' end
    else case when i.expires_at is null then 'reusable' else 'reusable_date_limited' end end, '"}');

-- Reports of ids for the admin API, each with its place in ids. Gone accounts are {}, gone statuses left out.
create or replace function report_entities(viewer bigint, ids bigint[])
returns table (place bigint, report_id bigint, entity text) language sql stable begin atomic
select chosen.place, r.id,
       concat('{"id":"', r.id, '","state":"', r.state, '","content":', coalesce(json_text(r.content), 'null'),
         ',"created_at":', json_time(r.created_at),
         ',"account":', case when target.id is null then '{}' else reported_json(target, viewer) end,
         ',"actor":', case when actor.id is null then '{}' else reported_json(actor, viewer) end,
         ',"statuses":[', (
           select string_agg(status_json(s, coalesce(o, s), account_json(a, 0), null, 0, false, null, 'null',
             application_json(coalesce(o, s), a.disclose_client, 0), ',"filtered":[]'), ',' order by s.id)
           from report_statuses rs
           join statuses s on s.id = rs.status_id
           join accounts a on a.id = s.account_id
           left join statuses o on o.id = s.reblog_of_id
           where rs.report_id = r.id and is_current(s) and (o.id is null or is_current(o))), ']}')
from unnest(ids) with ordinality as chosen (id, place)
join reports r on r.id = chosen.id
left join accounts target on target.id = r.target_id
left join accounts actor on actor.id = r.account_id;
end;

create or replace function filter_keyword_json(k filter_keywords) returns text language sql stable
return concat('{"id":"', k.id, '","keyword":', json_text(k.keyword), ',"whole_word":', k.whole_word::text, '}');

create or replace function filter_status_json(s filter_statuses) returns text language sql stable
return concat('{"id":"', s.id, '","status_id":"', s.status_id, '"}');

create or replace function filter_json(f filters) returns text language sql stable
return concat(filter_head(f),
  ',"keywords":[', (
    select string_agg(filter_keyword_json(k), ',' order by k.id) from filter_keywords k where k.filter_id = f.id),
  '],"statuses":[', (
    select string_agg(filter_status_json(s), ',' order by s.id) from filter_statuses s where s.filter_id = f.id), ']}');

-- A Filter of the first version of the API: a keyword, with what its filter says.
create or replace function old_filter_json(k filter_keywords, f filters) returns text language sql stable
return concat('{"id":"', k.id, '","phrase":', json_text(k.keyword), ',"context":', to_json(f.context),
  ',"whole_word":', k.whole_word::text, ',"irreversible":', (f.action = 'hide')::text,
  ',"expires_at":', coalesce(json_time(f.expires_at), 'null'), '}');

-- Whether an announcement is for now.
create or replace function is_current(a announcements) returns boolean language sql stable
return (a.starts_at is null or a.starts_at <= now()) and (a.ends_at is null or a.ends_at > now());

-- An Announcement, open at the end.
create or replace function announcement_json(a announcements, is_read boolean) returns text language sql stable
return concat('{"id":"', a.id, '","content":', json_text(a.content),
  ',"starts_at":', coalesce(json_time(a.starts_at), 'null'), ',"ends_at":', coalesce(json_time(a.ends_at), 'null'),
  ',"all_day":', a.all_day::text, ',"published_at":', json_time(a.published_at), ',"updated_at":', json_time(a.updated_at),
  ',"read":', is_read::text, ',"mentions":[],"statuses":[],"tags":[],"emojis":[],"reactions":[]');

-- The same for administrators, with what was typed.
create or replace function admin_announcement_json(a announcements) returns text language sql stable
return concat(announcement_json(a, false), ',"pleroma":{"raw_content":', json_text(a.text), '}}');

-- A ScheduledStatus: what was asked, and the media that wait with it.
create or replace function scheduled_status_json(s scheduled_statuses) returns text language sql stable
return (
  select concat('{"id":"', s.id, '","scheduled_at":', json_time(s.scheduled_at), ',"params":', s.request -> 'params',
    ',"media_attachments":[',
    string_agg(attachment_json(m), ',' order by wanted.place) filter (where m.id is not null), ']}')
  from (select) nothing
  left join unnest(s.media_ids) with ordinality as wanted (id, place) on true
  left join media m on m.id = wanted.id
);

-- A PushSubscription; alert_names are those that a client reads.
create or replace function push_subscription_json(p push_subscriptions, alert_names text[], server_key text)
returns text language sql stable
return concat('{"id":', p.id, ',"endpoint":', json_text(p.endpoint), ',"standard":', p.standard::text,
  ',"policy":', json_text(p.policy), ',"server_key":', json_text(server_key), ',"alerts":{', (
    select string_agg(concat(json_text(alert.name), ':', (alert.name = any (p.alerts))::text), ',' order by alert.place)
    from unnest(alert_names) with ordinality as alert (name, place)), '}}');

-- A FeaturedTag, with how many public and unlisted statuses of the account have it.
create or replace function featured_tag_json(f featured_tags) returns text language sql stable
return (
  select concat('{"id":"', f.id, '","name":', json_text(f.tag),
    ',"url":', json_text(concat(chr(1), '/users/', a.nickname, '?tagged=', f.tag)),
    ',"statuses_count":"', used.number, '","last_status_at":', coalesce(to_json(used.newest)::text, 'null'), '}')
  from accounts a
  cross join lateral (
    select count(*) as number, (max(s.created_at) at time zone 'UTC')::date as newest
    from statuses s
    join status_tags t on t.status_id = s.id and t.tag = f.tag
    where s.account_id = a.id and s.visibility in ('public', 'unlisted') and is_current(s)
  ) used
  where a.id = f.account_id
);

-- Live streams.

-- A row when a stream that reader follows (0: nobody) is about statuses such as this: as the timeline of its name, but
-- for whether reader may and wants to see it. argument is the tag or the list of the stream.
create or replace function stream_fits(
  stream text, argument text, reader bigint, author bigint, visibility text, is_reblog boolean, has_media boolean,
  is_local boolean, involved bigint[], tags text[]
) returns table (fits boolean) language sql stable begin atomic
select true
where case
    when stream = 'user' then author = reader or (
      select true from follows f
      where f.follower_id = reader and f.followed_id = author and (f.show_reblogs or not is_reblog)
    ) or visibility = 'public' and not is_reblog and (
      select true from followed_tags t where t.account_id = reader and t.tag = any (tags) limit 1)
    when stream = 'direct' then visibility = 'direct' and reader = any (involved)
    when stream = 'list' then not is_reblog and (
      select true
      from lists l
      join list_members m on m.list_id = l.id and m.account_id = author
      join follows f on f.follower_id = reader and f.followed_id = author
      where l.id = argument::bigint and l.account_id = reader)
    when visibility <> 'public' or is_reblog or reader = 0 and setting('public') <> 'true' then false
    when stream like 'public%' then (has_media or stream not like '%:media')
      and (is_local or stream not like 'public:local%') and (not is_local or stream not like 'public:remote%')
    when stream like 'hashtag%' then argument = any (tags) and (is_local or stream = 'hashtag')
  end;
end;

-- Whether an account has a status from elsewhere than its home: it was addressed, reblogged or voted.
create or replace function has_elsewhere(reader bigint, s statuses) returns boolean language sql stable
return reader = any (s.involved)
  or exists (select from interactions i where i.account_id = reader and i.status_id = s.id and i.reblog_id is not null)
  or s.has_poll and exists (select from poll_votes v where v.account_id = reader and v.status_id = s.id);

-- Which of the streams that accounts follow show a status now: the place of each in the arrays, which are as long as
-- each other. A stream shows what the timeline of its name would list, asked by the same account. The change of a status
-- (edited) is also for the home of those who have it from elsewhere.
create or replace function stream_places(
  of_status_id bigint, accounts bigint[], streams text[], arguments text[], edited boolean)
returns table (place bigint, account_id bigint) language sql stable begin atomic
select asked.place, asked.account_id
from statuses s
cross join lateral (select array(select t.tag from status_tags t where t.status_id = s.id) as tags offset 0) tagged
cross join unnest(accounts, streams, arguments) with ordinality as asked (account_id, stream, argument, place)
left join lateral stream_fits(
  asked.stream, asked.argument, asked.account_id, s.account_id, s.visibility, s.reblog_of_id is not null, s.has_media,
  s.local, s.involved, tagged.tags) fitting on true
where s.id = of_status_id
  and (fitting.fits or edited and asked.stream = 'user' and has_elsewhere(asked.account_id, s))
  and (select true from wanted_statuses(asked.account_id, false) w where w.id = s.id);
end;

-- As whom reader sees a status: as itself where that differs from what others see (the authors, those who have done something
-- to it, filter it or have hidden somebody, and everybody who has a direct one), else as account -1, which stands for anybody who is logged in, or 0
-- for strangers.
create or replace function stream_viewer(of_status_id bigint, reader bigint)
returns table (viewer bigint) language sql stable begin atomic
select case
    when reader = 0 then 0
    when reader = s.account_id or reader = o.account_id or s.visibility = 'direct' then reader
    when (
      select true from interactions i where i.account_id = reader and i.status_id = coalesce(s.reblog_of_id, s.id)) then reader
    when o.has_poll and (
      select true from poll_votes v where v.account_id = reader and v.status_id = o.id limit 1) then reader
    when (
      select true from filter_sieves f
      where f.account_id = reader and (o.id = any (f.status_ids) or status_words(o) ~* any (f.patterns))) then reader
    when o.has_reactions and exists (select from hidden_accounts(reader, false)) then reader
    else -1
  end
from statuses s
join statuses o on o.id = coalesce(s.reblog_of_id, s.id)
where s.id = of_status_id;
end;

-- What an account takes with it: bookmarks, and in ActivityStreams what it wrote.

-- A page of what viewer bookmarked, oldest first, with no UUID for what viewer may not see any more.
create or replace function bookmark_page(viewer bigint, after bigint, wanted bigint)
returns table (place bigint, uuid uuid) language sql stable begin atomic
select page.bookmark_id, s.uuid
from (
  select i.bookmark_id, i.status_id
  from interactions i
  where i.account_id = viewer and i.bookmark_id > after
  order by i.bookmark_id
  limit wanted
) page
left join lateral (select v.uuid from visible_statuses(viewer) v where v.id = page.status_id) s on true;
end;

-- The address of an account's actor, as JSON.
create or replace function actor_address(a accounts) returns text language sql stable
return json_text(coalesce(a.uri, chr(1) || '/users/' || a.nickname));

-- The address of a status, as JSON.
create or replace function object_address(uuid uuid) returns text language sql immutable
return concat('"', chr(1), '/objects/', uuid, '"');

-- The address of a status, as JSON: what others know it by.
create or replace function status_address(s statuses) returns text language sql stable
return coalesce(json_text(s.uri), object_address(s.uuid));

-- The installed emoji among some shortcodes, with commas between.
create or replace function emoji_tags(codes text[]) returns text language sql stable
return (
  select string_agg(concat('{"type":"Emoji","name":', json_text(concat(':', e.shortcode, ':')),
    ',"icon":{"type":"Image","url":', json_text(chr(1) || e.path), '}}'), ',' order by e.shortcode)
  from emojis e
  where e.shortcode = any (codes)
);

-- The uploads of a status, by where they lie in the archive.
create or replace function document_tags(of_status_id bigint) returns text language sql stable
return (
  select string_agg(concat('{"type":"Document","mediaType":', json_text(m.mime_type),
    ',"url":', json_text('media_attachments/' || m.file), ',"name":', coalesce(json_text(m.description), 'null'),
    ',"blurhash":', coalesce(json_text(m.blurhash), 'null'), '}'), ',' order by used.position)
  from status_media used
  join media m on m.id = used.media_id
  where used.status_id = of_status_id
);

-- What makes a question of a note: the choices of its poll, with the votes unless they are hidden until it ends.
create or replace function question_keys(of_status_id bigint) returns text language sql stable
return (
  select concat(',"endTime":', json_time(p.expires_at), case when p.multiple then ',"anyOf":[' else ',"oneOf":[' end,
    string_agg(concat('{"type":"Note","name":', json_text(option.title),
      case when not p.hide_totals or p.expires_at <= now() then concat(
        ',"replies":{"type":"Collection","totalItems":', (
          select count(*) from poll_votes v where v.status_id = p.status_id and v.choice = option.place - 1), '}') end, '}'),
      ',' order by option.place), ']')
  from polls p
  cross join unnest(p.options) with ordinality as option (title, place)
  where p.status_id = of_status_id
  group by p.status_id
);

-- A status as the object of an activity.
create or replace function note_json(s statuses, author text, answered text, audience text, tags text)
returns text language sql stable
return concat(
  '{"id":', object_address(s.uuid), ',"type":"', case when s.has_poll then 'Question' else 'Note' end,
  '","url":"', chr(1), '/notice/', s.id, '","attributedTo":', author, ',"published":', json_time(s.created_at),
  ',"updated":', coalesce(json_time(s.edited_at), 'null'),
  ',"summary":', case when s.spoiler_text = '' then 'null' else json_text(s.spoiler_text) end,
  ',"content":', coalesce(json_text(content_of(s)), '""'),
  ',"source":{"content":', coalesce(json_text(s.source), '""'),
  ',"mediaType":', json_text(coalesce(s.content_type, 'text/plain')),
  '},"inReplyTo":', coalesce(answered, 'null'), audience,
  ',"sensitive":', s.sensitive::text,
  ',"tag":[', concat_ws(',', tags, case when s.emoji_codes is not null then emoji_tags(s.emoji_codes) end),
  '],"attachment":[', case when s.has_media then document_tags(s.id) end, ']',
  case when s.has_poll then question_keys(s.id) end, '}');

-- Statuses as the activities that published them, as far as they are there; a reblog has nothing of its original but the
-- address. Whom one names is its mentions, of a reblog the author of the original.
create or replace function activities(ids bigint[])
returns table (status_id bigint, entity text) language sql stable begin atomic
select s.id,
       concat('{"id":"', chr(1), '/activities/', s.uuid, '","type":"', case when o.id is null then 'Create' else 'Announce' end,
         '","actor":', actor_address(a), ',"published":', json_time(s.created_at), audience.keys, ',"object":',
         case when o.id is null
           then note_json(s, actor_address(a), case when parent.id is not null then status_address(parent) end, audience.keys,
             concat_ws(',', hashtags.tags, people.tags))
           else status_address(o) end, '}')
from unnest(ids) as chosen (id)
join statuses s on s.id = chosen.id and is_current(s)
join accounts a on a.id = s.account_id
left join statuses o on o.id = s.reblog_of_id
left join statuses parent on parent.id = s.in_reply_to_id
cross join lateral (
  select string_agg(concat('{"type":"Hashtag","href":', json_text(concat(chr(1), '/tag/', t.tag)),
           ',"name":', json_text('#' || t.tag), '}'), ',' order by t.tag) as tags
  from status_tags t
  where t.status_id = s.id
) hashtags
cross join lateral (
  select string_agg(actor_address(m), ',' order by person.place) as addresses,
         string_agg(concat('{"type":"Mention","href":', actor_address(m),
           ',"name":', json_text(concat_ws('@', '', m.nickname, m.domain)), '}'), ',' order by person.place) as tags
  from unnest(s.involved) with ordinality as person (id, place)
  join accounts m on m.id = person.id
  where person.id <> s.account_id and (o.id is null or person.id = o.account_id)
) people
cross join lateral (
  select '"https://www.w3.org/ns/activitystreams#Public"' as everybody,
         json_text(concat(coalesce(a.uri, chr(1) || '/users/' || a.nickname), '/followers')) as followers,
         json_text(concat(coalesce(a.uri, chr(1) || '/users/' || a.nickname), '/lists/', s.list_id)) as list
) circle
cross join lateral (
  select concat(
    ',"to":[', concat_ws(',', case
        when s.visibility = 'public' and o.id is null then circle.everybody
        when s.visibility in ('public', 'unlisted', 'private') then circle.followers
        when s.list_id is not null then circle.list end, people.addresses),
    '],"cc":[', case
        when s.visibility = 'public' and o.id is null then circle.followers
        when s.visibility in ('public', 'unlisted') then circle.everybody end, ']') as keys
  -- Made once, and not where it is used.
  offset 0
) audience;
end;

-- What other servers read of this one, in ActivityStreams.

-- The meaning of the keys beyond ActivityStreams.
create or replace function activity_context() returns text language sql immutable
return '"@context":["https://www.w3.org/ns/activitystreams","https://w3id.org/security/v1",{"Hashtag":"as:Hashtag",'
  '"sensitive":"as:sensitive","manuallyApprovesFollowers":"as:manuallyApprovesFollowers",'
  '"alsoKnownAs":{"@id":"as:alsoKnownAs","@type":"@id"},"movedTo":{"@id":"as:movedTo","@type":"@id"},'
  '"toot":"http://joinmastodon.org/ns#","Emoji":"toot:Emoji","featured":{"@id":"toot:featured","@type":"@id"},'
  '"discoverable":"toot:discoverable","indexable":"toot:indexable","blurhash":"toot:blurhash","votersCount":"toot:votersCount",'
  '"schema":"http://schema.org#","PropertyValue":"schema:PropertyValue","value":"schema:value",'
  '"litepub":"http://litepub.social/ns#","EmojiReact":"litepub:EmojiReact","directMessage":"litepub:directMessage",'
  '"ostatus":"http://ostatus.org#","conversation":"ostatus:conversation","webfinger":"https://purl.archive.org/socialweb/webfinger#webfinger"}]';

-- The path of a local account's actor.
create or replace function actor_path(a accounts) returns text language sql stable
return '/users/' || a.nickname;

-- A picture as ActivityStreams know it.
create or replace function image_object(path text) returns text language sql stable
return concat('{"type":"Image","mediaType":"', case lower(substring(path from '[^.]*$'))
    when 'jpg' then 'image/jpeg' when 'jpeg' then 'image/jpeg' when 'gif' then 'image/gif' when 'webp' then 'image/webp'
    when 'avif' then 'image/avif' else 'image/png' end, '","url":', json_text(chr(1) || path), '}');

-- The installed emoji among some shortcodes as tags, with commas between. Those who process JSON-LD take no null as an id.
create or replace function emoji_objects(codes text[]) returns text language sql stable
return (
  select string_agg(concat('{"type":"Emoji","id":', json_text(chr(1) || e.path),
    ',"name":', json_text(concat(':', e.shortcode, ':')),
    ',"icon":', image_object(e.path), '}'), ',' order by e.shortcode)
  from emojis e
  where e.shortcode = any (codes)
);

-- A local account as an actor, without its context.
create or replace function actor_object(a accounts, host text, public_key text) returns text language sql stable
return concat(
  '"id":', actor_address(a), ',"type":"', case when a.bot then 'Service' else 'Person' end,
  '","preferredUsername":', json_text(a.nickname), ',"name":', json_text(coalesce(nullif(a.display_name, ''), a.nickname)),
  ',"summary":', json_text(a.note), ',"url":', actor_address(a),
  ',"inbox":', json_text(chr(1) || actor_path(a) || '/inbox'), ',"outbox":', json_text(chr(1) || actor_path(a) || '/outbox'),
  ',"followers":', json_text(chr(1) || actor_path(a) || '/followers'),
  ',"following":', json_text(chr(1) || actor_path(a) || '/following'),
  ',"featured":', json_text(chr(1) || actor_path(a) || '/collections/featured'),
  ',"endpoints":{"sharedInbox":"', chr(1), '/inbox"},"manuallyApprovesFollowers":', a.locked::text,
  ',"discoverable":', a.discoverable::text, ',"indexable":false,"published":', json_time(a.created_at),
  ',"webfinger":', json_text(concat(a.nickname, '@', host)), ',"alsoKnownAs":[],"attachment":[', (
    select string_agg(concat('{"type":"PropertyValue","name":', json_text(field ->> 'name'),
      ',"value":', json_text(field ->> 'value'), '}'), ',')
    from jsonb_array_elements(a.fields) as field),
  '],"tag":[', emoji_objects(a.emoji_codes), ']',
  case when a.avatar is not null then concat(',"icon":', image_object('/media/' || a.avatar)) end,
  case when a.header is not null then concat(',"image":', image_object('/media/' || a.header)) end,
  ',"publicKey":{"id":', json_text(chr(1) || actor_path(a) || '#main-key'), ',"owner":', actor_address(a),
  ',"publicKeyPem":', json_text(public_key), '}');

-- Whom a local status is for, as the keys `to` and `cc`.
create or replace function note_audience(s statuses, a accounts) returns text language sql stable
return (
  select concat(',"to":[', concat_ws(',',
      case when s.visibility = 'public' then everybody end,
      case when s.visibility in ('unlisted', 'private') then followers end,
      case when s.visibility = 'direct' then addressed end),
    '],"cc":[', concat_ws(',',
      case when s.visibility = 'unlisted' then everybody end,
      case when s.visibility = 'public' then followers end,
      case when s.visibility <> 'direct' then addressed end), ']')
  from (
    select '"https://www.w3.org/ns/activitystreams#Public"' as everybody,
           json_text(chr(1) || actor_path(a) || '/followers') as followers,
           (select string_agg(actor_address(m), ',' order by person.place)
            from unnest(s.involved) with ordinality as person (id, place)
            join accounts m on m.id = person.id
            where m.id <> s.account_id) as addressed
  ) parts
);

-- The uploads of a status as others fetch them.
create or replace function document_objects(of_status_id bigint) returns text language sql stable
return (
  select string_agg(concat('{"type":"Document","mediaType":', json_text(m.mime_type), ',"url":', json_text(file_url(m.file, null)),
    ',"name":', coalesce(json_text(m.description), 'null'),
    case when m.blurhash is not null then concat(',"blurhash":', json_text(m.blurhash)) end,
    case when m.meta #> '{original,width}' is not null
      then concat(',"width":', m.meta #> '{original,width}', ',"height":', m.meta #> '{original,height}') end,
    case when m.meta -> 'focus' is not null
      then concat(',"focalPoint":[', m.meta #> '{focus,x}', ',', m.meta #> '{focus,y}', ']') end, '}'), ',' order by used.position)
  from status_media used
  join media m on m.id = used.media_id
  where used.status_id = of_status_id
);

-- What makes a question of a note for others; votes are 0 while they are hidden.
create or replace function question_object(of_status_id bigint) returns text language sql stable
return (
  select concat(',"endTime":', json_time(p.expires_at),
    case when p.expires_at <= now() then concat(',"closed":', json_time(p.expires_at)) end,
    ',"votersCount":', (
      select count(distinct v.account_id) from poll_votes v where v.status_id = p.status_id),
    case when p.multiple then ',"anyOf":[' else ',"oneOf":[' end,
    string_agg(concat('{"type":"Note","name":', json_text(option.title), ',"replies":{"type":"Collection","totalItems":',
      case when p.hide_totals and p.expires_at > now() then 0 else (
        select count(*) from poll_votes v where v.status_id = p.status_id and v.choice = option.place - 1) end, '}}'),
      ',' order by option.place), ']')
  from polls p
  cross join unnest(p.options) with ordinality as option (title, place)
  where p.status_id = of_status_id
  group by p.status_id
);

-- A local status as a note or a question, without its context.
create or replace function note_object(s statuses, a accounts, host text) returns text language sql stable
return (
  select concat(
    '"id":', object_address(s.uuid), ',"type":"', case when s.has_poll then 'Question' else 'Note' end,
    '","attributedTo":', actor_address(a), ',"actor":', actor_address(a), ',"url":"', chr(1), '/notice/', s.id,
    '","published":', json_time(s.created_at),
    case when s.edited_at is not null then concat(',"updated":', json_time(s.edited_at)) end,
    note_audience(s, a),
    ',"inReplyTo":', coalesce((select status_address(parent) from statuses parent where parent.id = s.in_reply_to_id), 'null'),
    ',"context":"', chr(1), '/contexts/', s.thread_id, '","conversation":"', chr(1), '/contexts/', s.thread_id,
    '","content":', content.text,
    case when s.language is not null then concat(',"contentMap":{', json_text(s.language), ':', content.text, '}') end,
    ',"source":{"content":', coalesce(json_text(s.source), '""'), ',"mediaType":', json_text(coalesce(s.content_type, 'text/plain')),
    '},"summary":', case when s.spoiler_text = '' then 'null' else json_text(s.spoiler_text) end,
    ',"sensitive":', s.sensitive::text,
    case when s.visibility = 'direct' then ',"directMessage":true' end,
    ',"attachment":[', case when s.has_media then document_objects(s.id) end,
    '],"tag":[', concat_ws(',', (
        select string_agg(concat('{"type":"Mention","href":', actor_address(m),
          ',"name":', json_text(concat('@', m.nickname, '@', coalesce(m.domain, host))), '}'), ',' order by person.place)
        from unnest(s.involved) with ordinality as person (id, place)
        join accounts m on m.id = person.id
        where m.id <> s.account_id), (
        select string_agg(concat('{"type":"Hashtag","href":', json_text(concat(chr(1), '/tag/', t.tag)),
          ',"name":', json_text('#' || t.tag), '}'), ',' order by t.tag)
        from status_tags t
        where t.status_id = s.id),
      case when s.emoji_codes is not null then emoji_objects(s.emoji_codes) end),
    '],"replies":{"id":"', chr(1), '/objects/', s.uuid, '/replies","type":"Collection","first":{"type":"CollectionPage","partOf":"',
    chr(1), '/objects/', s.uuid, '/replies","items":[', (
      select string_agg(object_address(own.uuid), ',' order by own.id)
      from (
        select r.id, r.uuid
        from statuses r
        where r.in_reply_to_id = s.id and r.account_id = s.account_id and r.visibility in ('public', 'unlisted') and is_current(r)
        order by r.id
        limit 5
      ) own), ']}}',
    case when s.has_poll then question_object(s.id) end)
  from (select coalesce(json_text(content_of(s)), '""') as text) content
);

-- What a local account did with a status: the Create of its own, or the Announce of another's, without its context.
create or replace function activity_object(s statuses, a accounts, o statuses, oa accounts, host text)
returns text language sql stable
return case
  when s.reblog_of_id is null then concat(
    '"id":"', chr(1), '/objects/', s.uuid, '/activity","type":"Create","actor":', actor_address(a),
    ',"published":', json_time(s.created_at), note_audience(s, a), ',"object":{', note_object(s, a, host), '}')
  else concat(
    '"id":"', chr(1), '/activities/', s.uuid, '","type":"Announce","actor":', actor_address(a),
    ',"published":', json_time(s.created_at),
    ',"to":["https://www.w3.org/ns/activitystreams#Public"],"cc":[', json_text(chr(1) || actor_path(a) || '/followers'),
    ',', actor_address(oa), '],"object":', status_address(o)) end;

-- The id of what was published at a time: a new one, among the others of then.
create or replace function id_at(published timestamptz) returns bigint language sql volatile
return ((extract(epoch from published) * 1000)::bigint << 16) | (nextval('id_sequence') & 65535);

-- What is sent to other servers.

-- The address of one account, as JSON.
create or replace function address_of(account_id bigint) returns text language sql stable
return (select actor_address(a) from accounts a where a.id = account_id);

-- An activity of a local account, open at the end; what stands behind the account's address in its id is `name`.
create or replace function activity_of(a accounts, name text, kind text, addressed text) returns text language sql stable
return concat('"id":', json_text(concat(chr(1), actor_path(a), name)), ',"type":"', kind, '","actor":', actor_address(a),
  ',"to":[', addressed, ']');

-- The Undo of an activity, which stands in it as a whole.
create or replace function undo_of(a accounts, name text, addressed text, undone text) returns text language sql stable
return concat(activity_of(a, concat(name, '/undo'), 'Undo', addressed), ',"object":{', undone, '}');

-- A Like or an EmojiReact.
create or replace function mark_activity(o outgoing, a accounts) returns text language sql stable
return (
  select case when o.kind like 'undo%' then undo_of(a, mark.name, author.address, mark.activity) else mark.activity end
  from statuses s
  cross join lateral (select address_of(s.account_id) as address) author
  cross join lateral (
    select name,
           concat(activity_of(a, name, kind, author.address), ',"object":', status_address(s), case when kind = 'EmojiReact' then
             case when is_character(o.about ->> 'emoji') then concat(',"content":', json_text(o.about ->> 'emoji'))
               else concat(',"content":', json_text(concat(':', o.about ->> 'emoji', ':')),
                 ',"tag":[', emoji_objects(array[o.about ->> 'emoji']), ']') end end) as activity
    from (values (
      concat(case when o.kind like '%like' then '#likes/' else '#reactions/' end, o.about ->> 'id'),
      case when o.kind like '%like' then 'Like' else 'EmojiReact' end)) as called (name, kind)
  ) mark
  where s.id = o.status_id
);

-- A Follow, open at the end.
create or replace function follow_text(uri text, follower text, followed text) returns text language sql stable
return concat('"id":', json_text(uri), ',"type":"Follow","actor":', follower, ',"object":', followed);

-- Follows, answers to them, and blocks. An answer counts as long as it is so: a request that became a follow was not refused.
create or replace function relation_activity(o outgoing, a accounts) returns text language sql stable
return (
  select case o.kind
    when 'follow' then concat(follow.text, ',"to":[', other.address, ']')
    when 'undo_follow' then concat('"id":', json_text(concat(o.about ->> 'uri', '/undo')), ',"type":"Undo","actor":',
      actor_address(a), ',"to":[', other.address, '],"object":{', follow.text, '}')
    when 'accept' then (
      select concat(activity_of(a, concat('#accepts/', o.id), 'Accept', other.address),
        ',"object":{', follow_text(f.uri, other.address, actor_address(a)), '}')
      from follows f where f.follower_id = o.target_id and f.followed_id = a.id and f.uri is not null)
    when 'reject' then (
      select concat(activity_of(a, concat('#rejects/', o.id), 'Reject', other.address),
        ',"object":{', follow_text(o.about ->> 'uri', other.address, actor_address(a)), '}')
      where not exists (select from follows f where f.follower_id = o.target_id and f.followed_id = a.id))
    when 'block' then block.text
    when 'undo_block' then undo_of(a, block.name, other.address, block.text) end
  from (select address_of(o.target_id) as address) other
  cross join lateral (select follow_text(o.about ->> 'uri', actor_address(a), other.address) as text) follow
  cross join lateral (
    select name, concat(activity_of(a, name, 'Block', other.address), ',"object":', other.address) as text
    from (values (concat('#blocks/', o.about ->> 'id'))) as called (name)
  ) block
  where other.address is not null
);

-- What happened to a status of ours.
create or replace function status_activity(o outgoing, a accounts, host text) returns text language sql stable
return (
  select case
    when o.kind in ('create', 'announce') then activity_object(s, a, original, author, host)
    when o.kind in ('update', 'votes') then concat(
      '"id":', json_text(concat(chr(1), '/objects/', s.uuid, '#updates/', o.id)), ',"type":"Update","actor":', actor_address(a),
      ',"published":', json_time(now()), note_audience(s, a), ',"object":{', note_object(s, a, host), '}')
    else concat(activity_of(a, concat('#pins/', o.id), case o.kind when 'pin' then 'Add' else 'Remove' end,
        '"https://www.w3.org/ns/activitystreams#Public"'),
      ',"object":', status_address(s), ',"target":', json_text(chr(1) || actor_path(a) || '/collections/featured')) end
  from statuses s
  left join statuses original on original.id = s.reblog_of_id
  left join accounts author on author.id = original.account_id
  where s.id = o.status_id and is_current(s)
    and (o.kind <> 'announce' or original.visibility in ('public', 'unlisted'))
);

-- That a status of ours is gone, or a reblog.
create or replace function end_activity(o outgoing, a accounts) returns text language sql stable
return case o.kind
  when 'delete' then concat(
    '"id":', json_text(concat(chr(1), '/objects/', o.about ->> 'uuid', '#delete')), ',"type":"Delete","actor":', actor_address(a),
    ',"to":["https://www.w3.org/ns/activitystreams#Public"],"object":{"id":', object_address((o.about ->> 'uuid')::uuid),
    ',"type":"Tombstone","formerType":"', case when (o.about ->> 'has_poll')::boolean then 'Question' else 'Note' end, '"}')
  else (
    select concat('"id":', json_text(concat(chr(1), '/activities/', o.about ->> 'uuid', '/undo')), ',"type":"Undo","actor":',
      actor_address(a), ',"to":["https://www.w3.org/ns/activitystreams#Public"],"object":{"id":',
      json_text(concat(chr(1), '/activities/', o.about ->> 'uuid')), ',"type":"Announce","actor":', actor_address(a),
      ',"to":["https://www.w3.org/ns/activitystreams#Public"],"object":', status_address(s), '}')
    from statuses s where s.id = (o.about ->> 'reblog_of_id')::bigint) end;

-- A vote for one option of a poll elsewhere.
create or replace function vote_activity(o outgoing, a accounts) returns text language sql stable
return (
  select concat(activity_of(a, concat(name, '/activity'), 'Create', address_of(s.account_id)),
    ',"object":{"id":', json_text(concat(chr(1), actor_path(a), name)), ',"type":"Note","name":',
    json_text(p.options[(o.about ->> 'choice')::int + 1]), ',"attributedTo":', actor_address(a),
    ',"to":[', address_of(s.account_id), '],"inReplyTo":', status_address(s), '}')
  from statuses s
  join polls p on p.status_id = s.id
  cross join (values (concat('#votes/', o.id))) as called (name)
  where s.id = o.status_id
);

-- What is sent of what was done here, as a whole; null when there is nothing to say any more. host is ours.
create or replace function activity_to_send(o outgoing, host text) returns text language sql stable
return (
  select concat('{', activity_context(), ',', activity.text, '}')
  from (select) nothing
  left join accounts a on a.id = o.account_id and a.domain is null
  cross join lateral (
    select case
      when o.kind = 'delete_account' then concat(
        '"id":', json_text(concat(chr(1), o.about ->> 'path', '#delete')), ',"type":"Delete","actor":',
        json_text(chr(1) || (o.about ->> 'path')), ',"to":["https://www.w3.org/ns/activitystreams#Public"],"object":',
        json_text(chr(1) || (o.about ->> 'path')))
      when not coalesce(a.present, false) then null
      when o.kind in ('create', 'announce', 'update', 'votes', 'pin', 'unpin') then status_activity(o, a, host)
      when o.kind in ('delete', 'undo_announce') then end_activity(o, a)
      when o.kind in ('like', 'undo_like', 'react', 'undo_react') then mark_activity(o, a)
      when o.kind = 'vote' then vote_activity(o, a)
      when o.kind = 'profile' then concat(activity_of(a, concat('#updates/', o.id), 'Update',
        '"https://www.w3.org/ns/activitystreams#Public"'), ',"object":{', actor_object(a, host, (
          select k.public_key from account_keys k where k.owner = actor_path(a))), '}')
      when o.kind = 'flag' then (
        select concat('"id":', json_text(concat(chr(1), '/actor#reports/', r.id)), ',"type":"Flag","actor":"', chr(1), '/actor"',
          ',"content":', json_text(r.comment), ',"object":[', concat_ws(',', address_of(r.target_id), (
            select string_agg(status_address(s), ',' order by s.id)
            from report_statuses named join statuses s on s.id = named.status_id
            where named.report_id = r.id)), ']')
        from reports r where r.id = (o.about ->> 'report_id')::bigint)
      else relation_activity(o, a) end as text
  ) activity
  where activity.text is not null
);

-- The accounts elsewhere that something is sent to. Deletions of accounts go to every host, once.
create or replace function receivers(o outgoing) returns table (account_id bigint) language sql stable begin atomic
select o.target_id where o.target_id is not null
union
select f.follower_id
from follows f
where f.followed_id = o.account_id
  and (o.kind in ('profile', 'pin', 'unpin', 'delete', 'undo_announce') and coalesce(o.about ->> 'visibility', '') <> 'direct'
    or o.kind in ('create', 'announce', 'update', 'votes') and (
      select s.visibility <> 'direct' from statuses s where s.id = o.status_id))
union
select person.id
from statuses s
cross join lateral (
  select unnest(s.involved)
  union
  select p.account_id from statuses p where p.id = s.in_reply_to_id
  union
  select v.account_id from poll_votes v where v.status_id = s.id and o.kind in ('update', 'votes')
) person (id)
where s.id = o.status_id and o.kind in ('create', 'announce', 'update', 'votes')
union
select person.id::bigint from jsonb_array_elements_text(o.about -> 'people') as person (id)
union
select max(r.account_id) from remote_accounts r where o.kind = 'delete_account' group by r.host;
end;
