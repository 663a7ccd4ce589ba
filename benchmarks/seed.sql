-- name: make_tables#
-- What the statements below share: sentences to write, and drafts of statuses on their way into the tables.
create temporary table seed_sentences (number integer primary key, content text not null);
create temporary table seed_drafts (
  id bigint not null,
  created_at timestamptz not null,
  account_id bigint not null,
  mentioned_id bigint,
  mentioned text,
  content text not null,
  tags text[] not null default '{}',
  picture boolean not null default false,
  visibility text not null default 'public',
  parent_id bigint,
  parent_account_id bigint,
  thread_id bigint
);

-- name: count_statuses()^
-- How many statuses there are, and when the newest was written.
select count(*) as number, max(created_at) as newest from statuses;

-- name: make_accounts(prefix, number, domain)!
-- Accounts PREFIX1, PREFIX2 and so on up to a number, as registration makes them; with a domain, remote ones.
with numbered as (
       select concat(:prefix::text, n) as nickname, n,
              now() - interval '3 years' + make_interval(secs => n) as created_at
       from generate_series(1, :number::int) n
       where not exists (
         select from accounts a
         where lower(a.nickname) = concat(:prefix::text, n) and coalesce(a.domain, '') = coalesce(:domain::text, ''))
     ), made as (
       insert into accounts (id, nickname, domain, uri, display_name, note, note_source, created_at)
       select ((extract(epoch from created_at) * 1000)::bigint << 16) | (nextval('id_sequence') & 65535),
              nickname, :domain, 'https://' || :domain || '/users/' || nickname, 'Person ' || n,
              'I am number ' || n || '.', 'I am number ' || n || '.', created_at
       from numbered
       returning id, nickname, created_at
     )
insert into users (account_id, email, password_hash, created_at)
select id, nickname || '@mail.example', '!', created_at
from made
where :domain::text is null;

-- name: account(nickname)^
-- One account that was made above.
select id from accounts where lower(nickname) = :nickname and domain is null;

-- name: make_app()^
-- The app that the tokens belong to.
insert into apps (client_id, client_secret_hash, name, redirect_uri, redirect_uris, scopes)
values (concat('seed-', gen_random_uuid()), '', 'seed', 'urn:ietf:wg:oauth:2.0:oob', array['urn:ietf:wg:oauth:2.0:oob'],
  array['read', 'write', 'follow', 'push'])
returning id;

-- name: make_token(token_hash, app_id, account_id)!
-- A token with every scope.
insert into tokens (token_hash, app_id, account_id, scopes)
values (:token_hash, :app_id, :account_id, array['read', 'write', 'follow', 'push']);

-- name: follow(followers, follower_numbers, followed, followed_numbers)!
-- Lets accounts PREFIX1 to PREFIXn follow other numbered ones, counts it and notifies the followed.
with follower as (
       select a.id from accounts a
       where lower(a.nickname) = any (
         select concat(:followers::text, n) from generate_series(1, :follower_numbers::int) n)
     ), target as (
       select a.id from accounts a
       where lower(a.nickname) = any (
         select concat(:followed::text, n) from generate_series(1, :followed_numbers::int) n)
     ), followed as (
       insert into follows (follower_id, followed_id)
       select follower.id, target.id from follower, target where follower.id <> target.id
       on conflict do nothing
       returning follower_id, followed_id
     ), changes as (
       select id, sum(following) as following, sum(followers) as followers
       from (
         select follower_id as id, 1 as following, 0 as followers from followed
         union all
         select followed_id, 0, 1 from followed
       ) change
       group by id
     ), counted as (
       update accounts a
       set following_count = a.following_count + c.following, followers_count = a.followers_count + c.followers
       from changes c
       where c.id = a.id
     )
insert into notifications (account_id, from_account_id, type)
select f.followed_id, f.follower_id, 'follow'
from followed f
join users u on u.account_id = f.followed_id
on conflict do nothing;

-- name: block(nickname, prefix, first, last)!
-- Lets an account block some of the numbered ones.
insert into blocks (account_id, target_id)
select a.id, t.id
from accounts a, generate_series(:first::int, :last::int) n
join accounts t on lower(t.nickname) = concat(:prefix::text, n)
where lower(a.nickname) = :nickname and a.id <> t.id
on conflict do nothing;

-- name: mute(nickname, prefix, first, last)!
-- Lets an account mute some of the numbered ones.
insert into mutes (account_id, target_id)
select a.id, t.id
from accounts a, generate_series(:first::int, :last::int) n
join accounts t on lower(t.nickname) = concat(:prefix::text, n)
where lower(a.nickname) = :nickname and a.id <> t.id
on conflict do nothing;

-- name: draft(number, since, until, authors, big_author_id, big_author_share, loud_authors, loud_share, unlisted_share, reader_id, big_tag, big_tag_share)!
-- Drafts of many people over a stretch of time: a quarter mentions somebody (one in 200 of them the reader), a
-- quarter has one or two tags, a tenth a picture.
with people as materialized (
       select substring(nickname, 5)::int as number, id, nickname from accounts
       where domain is null and nickname ~ '^seed[0-9]+$'
     ), loud as materialized (
       select substring(nickname, 5)::int as number, id from accounts where nickname ~ '^loud[0-9]+$'
     ), drawn as materialized (
       select n, :since::timestamptz + (:until::timestamptz - :since) * (n / (:number + 1.0)) as created_at,
              random() as who, 1 + floor(random() * :authors)::int as author_number,
              1 + floor(random() * greatest(:loud_authors, 1))::int as loud_number,
              case when random() < 0.25 then 1 + floor(random() * :authors)::int end as mentioned_number,
              random() < 0.005 as of_reader, random() as tagged, random() < :big_tag_share as big,
              1 + floor(1000 * power(random(), 2))::int as tag, random() < 0.1 as picture, random() as seen_by,
              1 + floor(random() * 5000)::int as one, 1 + floor(random() * 5000)::int as two
       from generate_series(1, :number::int) n
     )
insert into seed_drafts (id, created_at, account_id, mentioned_id, mentioned, content, tags, picture, visibility)
select ((extract(epoch from d.created_at) * 1000)::bigint << 16) | (nextval('id_sequence') & 65535), d.created_at,
       author.id, case when mentioned.id <> author.id then mentioned.id end,
       case when mentioned.id <> author.id then mentioned.nickname end, one.content || ' ' || two.content,
       case when d.tagged < 0.125 then array['seedtag' || d.tag] when d.tagged < 0.25
         then array['seedtag' || d.tag, 'seedtag' || (d.tag %% 1000 + 1)] else '{}' end
       || case when d.big then array[:big_tag::text] else '{}' end,
       d.picture, case when loud.id is not null then 'public' when d.seen_by < :unlisted_share then 'unlisted'
         when d.seen_by > 0.97 and :unlisted_share < 0.5 then 'private' else 'public' end
from drawn d
left join loud on loud.number = d.loud_number and d.who < :loud_share
join people p on p.number = d.author_number
cross join lateral (
  select case when loud.id is not null then loud.id when d.who < :loud_share + :big_author_share then :big_author_id else p.id end as id
) author
left join people m on m.number = d.mentioned_number
left join accounts mentioned on mentioned.id = case when m.id is not null and d.of_reader then :reader_id else m.id end
join seed_sentences one on one.number = d.one
join seed_sentences two on two.number = d.two;

-- name: draft_by(prefix, numbers, each, since, until)!
-- Drafts of numbered accounts, so many each.
insert into seed_drafts (id, created_at, account_id, content)
select ((extract(epoch from d.created_at) * 1000)::bigint << 16) | (nextval('id_sequence') & 65535), d.created_at,
       a.id, s.content
from generate_series(1, :numbers::int) n
join accounts a on lower(a.nickname) = concat(:prefix::text, n) and a.domain is null
cross join generate_series(1, :each::int) e
cross join lateral (
  select :since::timestamptz + (:until::timestamptz - :since) * ((e - 0.5) / :each::int) + make_interval(secs => n / 100.0) as created_at
) d
join seed_sentences s on s.number = 1 + (n * 37 + e * 101) %% 5000;

-- name: draft_thread(root_id, number, since, until, authors)!
-- Drafts of answers to a status: every third answers the answer before it.
with root as (
       select s.id, s.account_id, s.thread_id from statuses s where s.id = :root_id
     ), people as materialized (
       select substring(nickname, 5)::int as number, id, nickname from accounts where nickname ~ '^seed[0-9]+$'
     ), numbered as materialized (
       select n, p.id as account_id, p.nickname, d.created_at,
              ((extract(epoch from d.created_at) * 1000)::bigint << 16) | (nextval('id_sequence') & 65535) as id
       from generate_series(1, :number::int) n
       join people p on p.number = 1 + (n * 7) %% :authors::int
       cross join lateral (
         select :since::timestamptz + (:until::timestamptz - :since) * (n / (:number::int + 1.0)) as created_at
       ) d
     )
insert into seed_drafts (id, created_at, account_id, mentioned_id, mentioned, content, parent_id,
  parent_account_id, thread_id)
select a.id, a.created_at, a.account_id, nullif(pa.id, a.account_id),
       case when pa.id <> a.account_id then pa.nickname end, s.content, coalesce(parent.id, root.id), pa.id,
       root.thread_id
from root
cross join numbered a
left join numbered parent on parent.n = a.n - 1 and a.n %% 3 = 0
join accounts pa on pa.id = coalesce(parent.account_id, root.account_id)
join seed_sentences s on s.number = 1 + a.n %% 5000;

-- name: tag_drafts(tag, number)!
-- Gives some drafts one more tag.
update seed_drafts set tags = tags || :tag::text
where id in (select id from seed_drafts where visibility = 'public' order by id limit :number);

-- name: publish_statuses()!
-- Makes statuses of the drafts, with the fragment that pleroma/fragments.py writes.
insert into statuses (id, account_id, in_reply_to_id, in_reply_to_account_id, thread_id, created_at, has_media,
  visibility, involved, content_type, source, body)
select d.id, d.account_id, d.parent_id, d.parent_account_id, coalesce(d.thread_id, nextval('thread_sequence')), d.created_at,
       d.picture, d.visibility, array[d.account_id] || case when d.mentioned_id is not null then array[d.mentioned_id] end,
       'text/plain', typed.source,
       concat('"content":"', case when d.mentioned_id is not null then concat(
           '<span class=\"h-card\"><a data-user=\"', d.mentioned_id, '\" class=\"u-url mention\" href=\"', chr(1), '/users/',
           d.mentioned, '\" rel=\"ugc\">@<span>', d.mentioned, '</span></a></span> ') end,
         d.content, (
           select string_agg(concat(' <a class=\"hashtag\" data-tag=\"', tag, '\" href=\"', chr(1), '/tag/', tag,
             '\" rel=\"tag ugc\">#', tag, '</a>'), '' order by place)
           from unnest(d.tags) with ordinality as tagged (tag, place)),
         '","mentions":[', case when d.mentioned_id is not null then concat('{"id":"', d.mentioned_id, '","username":"',
           d.mentioned, '","acct":"', d.mentioned, '","url":"', chr(1), '/users/', d.mentioned, '"}') end,
         '],"tags":[', (
           select string_agg(concat('{"name":"', tag, '","url":"/tag/', tag, '"}'), ',' order by place)
           from unnest(d.tags) with ordinality as tagged (tag, place)),
         '],"language":null,"pleroma":{"content":{"text/plain":"', typed.source, '"},"in_reply_to_account_acct":',
         coalesce('"' || pa.nickname || '"', 'null'))
from seed_drafts d
left join accounts pa on pa.id = d.parent_account_id
cross join lateral (
  select concat('@' || d.mentioned || ' ', d.content, (
    select string_agg(' #' || tag, '' order by place) from unnest(d.tags) with ordinality as tagged (tag, place))) as source
) typed
order by d.id;

-- name: publish_tags()!
-- The tags of the drafts.
insert into status_tags (tag, status_id)
select distinct tag, d.id from seed_drafts d, unnest(d.tags) as tag;

-- name: publish_pictures()!
-- A row for each picture; the files are not there.
insert into media (id, account_id, kind, mime_type, file, preview, blurhash, meta, unused_since, created_at)
select d.id, d.account_id, 'image', 'image/jpeg', concat(left(name, 2), '/', substring(name, 3), '.jpg'),
       concat(substring(name, 3, 2), '/', reverse(left(name, 30)), '.jpg'), 'LGTI:j|cfQ|c|co1fQo1fQfQfQfQ',
       '{"small": {"size": "584x438", "width": 584, "aspect": 1.333333, "height": 438},
         "original": {"size": "640x480", "width": 640, "aspect": 1.333333, "height": 480}}', null, d.created_at
from seed_drafts d
cross join lateral md5(d.id::text) as name
where d.picture;

-- name: publish_attachments()!
-- The pictures at their statuses.
insert into status_media (status_id, position, media_id) select id, 1, id from seed_drafts where picture;

-- name: publish_notifications()!
-- Notifies everybody who is mentioned.
insert into notifications (account_id, from_account_id, status_id, thread_id, type, created_at)
select d.mentioned_id, d.account_id, d.id, s.thread_id, 'mention', d.created_at
from seed_drafts d
join statuses s on s.id = d.id
where d.mentioned_id is not null
order by d.id;

-- name: publish_counts()!
-- Counts the drafts at their authors and parents.
with authors as (
       update accounts a
       set statuses_count = a.statuses_count + c.counted,
           last_status_at = greatest(a.last_status_at, c.newest)
       from (
         select account_id, count(*) filter (where visibility in ('public', 'unlisted')) as counted, max(created_at) as newest
         from seed_drafts
         group by account_id
       ) c
       where c.account_id = a.id
     )
update statuses s
set replies_count = s.replies_count + c.counted
from (select parent_id, count(*) as counted from seed_drafts where parent_id is not null group by parent_id) c
where c.parent_id = s.id;

-- name: clear_drafts()!
-- Makes room for the next batch.
truncate seed_drafts;

-- name: oldest_status(nickname)^
-- The first status of an account.
select s.id from statuses s join accounts a on a.id = s.account_id
where lower(a.nickname) = :nickname
order by s.id
limit 1;

-- name: statuses_to_favourite(number)
-- Public statuses of many people, newest first.
select s.id from statuses s where s.visibility = 'public' and s.reblog_of_id is null order by s.id desc limit :number;

-- name: favourite(nickname, newest, prefix, domain, each)!
-- Lets numbered accounts favourite the newest statuses of an account, so many each in turns; counts and notifies it.
with target as materialized (
       select s.id, s.account_id, s.thread_id, row_number() over (order by s.id) - 1 as place
       from (
         select x.id, x.account_id, x.thread_id
         from statuses x
         where x.account_id = (select id from accounts where lower(nickname) = :nickname and domain is null)
         order by x.id
         limit :newest
       ) s
     ), people as materialized (
       -- An array, because the planner would join so many rows by nested loops.
       select array_agg(a.id order by a.id) as ids
       from accounts a
       where a.nickname ~ concat('^', :prefix::text, '[0-9]+$') and coalesce(a.domain, '') = :domain
     ), marked as (
       insert into interactions (account_id, status_id, favourite_id)
       select p.ids[1 + (t.place * :each + turn) %% cardinality(p.ids)], t.id, nextval('interaction_sequence')
       from target t
       cross join generate_series(0, :each::int - 1) turn
       cross join people p
       on conflict do nothing
       returning account_id, status_id
     ), counted as (
       update statuses s set favourites_count = s.favourites_count + c.number
       from (select status_id, count(*) as number from marked group by status_id) c
       where c.status_id = s.id
     )
insert into notifications (account_id, from_account_id, status_id, thread_id, type)
select t.account_id, m.account_id, t.id, t.thread_id, 'favourite'
from marked m
join target t on t.id = m.status_id
on conflict do nothing;

-- name: write_remote(number, since, until, first, last)!
-- Statuses of the accounts fed{first} to fed{last} of elsewhere, in a stretch of time.
with people as materialized (
       select array_agg(id order by substring(nickname, 4)::int) as ids
       from accounts
       where domain = 'fed.example' and nickname ~ '^fed[0-9]+$'
     ), drawn as materialized (
       select :since::timestamptz + (:until::timestamptz - :since) * random() as created_at,
              :first + floor(random() * (:last::int - :first::int + 1))::int as author,
              1 + floor(random() * 5000)::int as one, 1 + floor(random() * 5000)::int as two
       from generate_series(1, :number::int) n
     )
insert into statuses (id, account_id, thread_id, created_at, local, visibility, involved, content_type, source, body)
select ((extract(epoch from d.created_at) * 1000)::bigint << 16) | (nextval('id_sequence') & 65535), people.ids[d.author],
       nextval('thread_sequence'), d.created_at, false, 'public', array[people.ids[d.author]], 'text/html', typed.source,
       concat('"content":"<p>', typed.source, '</p>","mentions":[],"tags":[],"language":null,"pleroma":{"content":{"text/plain":"',
         typed.source, '"},"in_reply_to_account_acct":null')
from drawn d
cross join people
join seed_sentences one on one.number = d.one
join seed_sentences two on two.number = d.two
cross join lateral (select concat(one.content, ' ', two.content) as source) typed
order by d.created_at;

-- name: reblog_remote(number, since, until, first, last)!
-- Their reblogs of what others of them wrote in that time.
with people as materialized (
       select array_agg(id order by substring(nickname, 4)::int) as ids
       from accounts
       where domain = 'fed.example' and nickname ~ '^fed[0-9]+$'
     ), written as materialized (
       select array_agg(s.id) as ids from statuses s
       where s.created_at between :since and :until and not s.local and s.reblog_of_id is null
     ), drawn as materialized (
       select :since::timestamptz + (:until::timestamptz - :since) * random() as created_at,
              people.ids[:first + floor(random() * (:last::int - :first::int + 1))::int] as author,
              written.ids[1 + floor(random() * cardinality(written.ids))::int] as original
       from generate_series(1, :number::int) n, people, written
     )
insert into statuses (id, account_id, thread_id, created_at, local, visibility, involved, reblog_of_id)
select ((extract(epoch from d.created_at) * 1000)::bigint << 16) | (nextval('id_sequence') & 65535), d.author, o.thread_id,
       d.created_at, false, 'public', array[d.author, o.account_id], o.id
from drawn d
join statuses o on o.id = d.original
where o.account_id <> d.author
order by d.created_at
on conflict do nothing;
