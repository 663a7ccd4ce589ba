-- name: status(viewer_id, status_id)$
-- One Status, or nothing when viewer may not see it.
with chosen as materialized (
       select array[s.id] as ids from visible_statuses(:viewer_id) s where s.id = :status_id
     )
select e.entity
from chosen, status_entities(:viewer_id, chosen.ids) e;

-- name: changed(viewer_id, status_id)$
-- One Status with which a change of it ends: an error when viewer may not see it by then, so that nothing is stored.
with chosen as materialized (
       select array[s.id] as ids from visible_statuses(:viewer_id) s where s.id = :status_id
     )
select coalesce((select e.entity from chosen, status_entities(:viewer_id, chosen.ids) e), nothing_found());

-- name: statuses(viewer_id, status_ids)$
-- Those of the statuses that viewer may see, newest first.
with chosen as materialized (
       select array(
         select s.id from visible_statuses(:viewer_id) s where s.id = any (:status_ids) order by s.id desc
       ) as ids
     )
select page.body
from chosen, status_page(:viewer_id, chosen.ids) page;

-- name: context(viewer_id, status_id, before, after)$
-- The rest of a status's thread, oldest first: the last ones before it and the first ones after it.
with origin as materialized (
       select coalesce(s.reblog_of_id, s.id) as id, s.thread_id
       from visible_statuses(:viewer_id) s
       where s.id = :status_id
     ), chosen as materialized (
       select array(
         select id
         from (
           (select v.id
            from origin o
            join unblocked_statuses(:viewer_id) v on v.thread_id = o.thread_id and v.id < o.id
            where v.reblog_of_id is null
            order by v.id desc
            limit :before)
           union all
           (select v.id
            from origin o
            join unblocked_statuses(:viewer_id) v on v.thread_id = o.thread_id and v.id > o.id
            where v.reblog_of_id is null
            order by v.id
            limit :after)
         ) near
         order by id
       ) as ids
     )
select concat(
    '{"ancestors":[', string_agg(e.entity, ',' order by e.place) filter (where e.status_id < o.id),
    '],"descendants":[', string_agg(e.entity, ',' order by e.place) filter (where e.status_id > o.id), ']}')
from origin o
cross join chosen
left join lateral status_entities(:viewer_id, chosen.ids) e on true
group by o.id;

-- name: posting_context(account_id, in_reply_to_id, conversation_id, nicknames, domains, shortcodes, media_ids, list_id)^
-- What posting a status depends on: its author, what it answers, whom it can mention, its emoji and media.
select a.tags, u.privacy, u.language, setting('status_limit')::int as status_limit, a.sensitive,
       to_jsonb(parent) as parent,
       to_jsonb(conversation) as conversation,
       (select coalesce(jsonb_agg(jsonb_build_object(
          'id', m.id, 'nickname', m.nickname, 'domain', m.domain, 'url', coalesce(m.url, m.uri))), '[]')
        from unnest(:nicknames::text[], :domains::text[]) as handle (nickname, domain)
        join accounts m on lower(m.nickname) = handle.nickname and coalesce(m.domain, '') = handle.domain
        where m.present) as mentioned,
       array(select e.shortcode from emojis e where e.shortcode = any (:shortcodes::text[])) as emoji_codes,
       (select count(*) from media m
        where m.id = any (:media_ids::bigint[]) and m.account_id = a.id and m.purpose = 'attachment')::int as media_count,
       exists (select from lists l where l.id = :list_id and l.account_id = a.id) as has_list
from accounts a
join users u on u.account_id = a.id
left join lateral (
  select p.id, p.account_id, p.thread_id, p.visibility, p.list_id, pa.nickname, pa.domain, coalesce(pa.url, pa.uri) as url
  from visible_statuses(a.id) s
  join statuses p on p.id = coalesce(s.reblog_of_id, s.id)
  join accounts pa on pa.id = p.account_id
  where s.id = :in_reply_to_id
) parent on true
left join lateral (
  select p.thread_id, p.last_status_id,
         (select jsonb_agg(jsonb_build_object(
           'id', r.account_id, 'nickname', ra.nickname, 'domain', ra.domain, 'url', coalesce(ra.url, ra.uri)) order by r.account_id)
          from participation_recipients r
          join accounts ra on ra.id = r.account_id
          where r.participation_id = p.id and ra.present) as recipients
  from participations p
  where p.id = :conversation_id and p.account_id = a.id
) conversation on true
where a.id = :account_id;

-- name: create(account_id, app_id, in_reply_to_id, in_reply_to_account_id, thread_id, visibility, list_id, sensitive, expires_in, language, content_type, source, spoiler_text, body, involved, hashtags, emoji_codes, has_media, has_poll)^
-- Stores a status with its tags, counts it, and returns its id, and whether somebody subscribes to its author.
with status as (
       insert into statuses (account_id, in_reply_to_id, in_reply_to_account_id, thread_id, visibility, list_id, sensitive,
         expires_at, language, application, content_type, source, spoiler_text, body, involved, emoji_codes, has_media, has_poll)
       values (:account_id, :in_reply_to_id, :in_reply_to_account_id, coalesce(:thread_id, nextval('thread_sequence')),
         :visibility, :list_id, :sensitive, now() + make_interval(secs => :expires_in::double precision), :language,
         (select concat('{"name":', json_text(app.name), ',"website":', coalesce(json_text(app.website), 'null'), '}')
          from apps app where app.id = :app_id::bigint),
         :content_type, :source, :spoiler_text, :body, :involved, :emoji_codes, :has_media, :has_poll)
       returning id
     ), tagged as (
       insert into status_tags (tag, status_id)
       select tag, id from status, unnest(:hashtags::text[]) as tag
     ), answered as (
       update statuses set replies_count = replies_count + 1
       where id = :in_reply_to_id and :visibility in ('public', 'unlisted')
     ), counted as (
       update accounts
       set statuses_count = statuses_count + (:visibility in ('public', 'unlisted'))::int,
           last_status_at = greatest(last_status_at, now())
       where id = :account_id
     ), streamed as (
       insert into stream_events (kind, status_id, account_id, about)
       select 'update', id, :account_id, to_jsonb(:visibility::text) from status
     )
select id, exists (select from subscriptions where target_id = :account_id) as has_subscribers from status;

-- name: complete(status_id, media_ids, poll)^
-- Stores what few statuses have: media, a poll, and the jobs that end the poll and the status itself.
-- A statement of its own, because PostgreSQL prepares for running every part of a statement.
with attached as (
       insert into status_media (status_id, position, media_id)
       select :status_id, place, media_id
       from unnest(:media_ids::bigint[]) with ordinality as media (media_id, place)
     ), asked as (
       insert into polls (status_id, options, multiple, hide_totals, expires_at)
       select :status_id, array(select jsonb_array_elements_text(:poll::jsonb -> 'options')),
              (:poll::jsonb ->> 'multiple')::boolean, (:poll::jsonb ->> 'hide_totals')::boolean,
              now() + make_interval(secs => (:poll::jsonb ->> 'expires_in')::double precision)
       where :poll::jsonb is not null
       returning status_id, expires_at
     ), expiring as (
       select defer_job('upkeep', 'expire_status', jsonb_build_object('status_id', id), expires_at) as job
       from statuses
       where id = :status_id and expires_at is not null
       union all
       select defer_job('upkeep', 'end_poll', jsonb_build_object('status_id', status_id), expires_at) from asked
     )
select count(job) as jobs from expiring;

-- name: notify(status_id)!
-- Notifies everybody addressed, and the subscribers who may see it, of a new status.
insert into notifications (account_id, from_account_id, status_id, thread_id, type)
select recipient.id, s.account_id, s.id, s.thread_id, 'mention'
from statuses s
cross join lateral (
  select unnest(s.involved) as id
  union
  select n.account_id
  from subscriptions n
  where n.target_id = s.account_id
    -- Of what everybody may see they need not be asked one by one.
    and (s.visibility in ('public', 'unlisted') or exists (select from visible_statuses(n.account_id) v where v.id = s.id))
  order by id
) recipient
where s.id = :status_id and wants_notification(recipient.id, s.account_id)
on conflict do nothing;

-- name: deliver_direct(status_id, account_ids)!
-- Brings a direct status into the direct timeline and the conversations of some of those it addresses. Of several that come
-- at once the newest stays the last, and an own one that is older than that one leaves it unread.
with status as (
       select s.id, s.account_id, s.thread_id, s.involved from statuses s where s.id = :status_id
     ), people as (
       select u.account_id
       from status
       cross join unnest(:account_ids::bigint[]) as person (id)
       join users u on u.account_id = person.id
       order by u.account_id
     ), received as (
       insert into direct_statuses (account_id, status_id)
       select people.account_id, status.id from status, people
       on conflict do nothing
     ), joined as (
       insert into participations (account_id, thread_id, last_status_id, unread)
       select people.account_id, status.thread_id, status.id, people.account_id <> status.account_id
       from status, people
       on conflict (account_id, thread_id) do update
       set last_status_id = greatest(participations.last_status_id, excluded.last_status_id), hidden = false,
           unread = case
             when excluded.unread then true
             when excluded.last_status_id < participations.last_status_id then participations.unread
             else false end
       returning id, xmax = 0 as is_new
     )
insert into participation_recipients (participation_id, account_id)
select joined.id, person.id
from joined, status, unnest(status.involved) as person (id)
where joined.is_new;

-- name: deletable(status_id, viewer_id)^
-- The author of a status, for those who may see it; locked, so that one of several deletes it.
select s.id, s.account_id, s.thread_id, s.visibility, s.in_reply_to_id, s.reblog_of_id, a.nickname
from statuses s
join accounts a on a.id = s.account_id
where s.id = :status_id and is_current(s)
  and (exists (select from visible_statuses(:viewer_id) v where v.id = :status_id)
    or exists (select from accounts staff where staff.id = :viewer_id and (staff.is_admin or staff.is_moderator)))
for update of s;

-- name: deleted(viewer_id, status_id)$
-- The Status as its author gets it back when it is deleted, with its source.
with chosen as materialized (select array[:status_id::bigint] as ids)
select concat(left(e.entity, -1), ',"text":', coalesce(json_text(s.source), '""'), '}')
from chosen, status_entities(:viewer_id, chosen.ids) e
join statuses s on s.id = e.status_id;

-- name: delete(status_id)!
-- Deletes a status and what hangs on it, and uncounts it.
with status as (
       select id, account_id, in_reply_to_id, visibility in ('public', 'unlisted') and reblog_of_id is null as counts
       from statuses
       where id = :status_id
       for update
     ), answered as (
       update statuses set replies_count = greatest(replies_count - 1, 0)
       where id = (select in_reply_to_id from status where counts)
     ), counted as (
       update accounts set statuses_count = greatest(statuses_count - 1, 0)
       where id = (select account_id from status where counts)
     ), streamed as (
       insert into stream_events (kind, status_id, account_id, about)
       select 'delete', s.id, s.account_id,
              stream_about(array(select r.id from statuses r where r.reblog_of_id = s.id) || s.id)
       from status s
     )
delete from statuses where id in (select id from status);

-- name: settle_conversations(thread_ids)^
-- Lets each conversation of the threads end with the last direct status that is left.
select settle_conversations(:thread_ids) as settled;

-- name: source(viewer_id, status_id)$
-- A status of the caller's as it was typed.
select json_build_object('id', s.id::text, 'text', s.source, 'spoiler_text', s.spoiler_text, 'content_type', s.content_type)::text
from statuses s
where s.id = :status_id and s.account_id = :viewer_id and s.reblog_of_id is null and is_current(s);
