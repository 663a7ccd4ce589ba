-- Pages of what an account takes with it, oldest first: the row after which the next page begins (null: there is none), and
-- lines of CSV. What is left out makes a page shorter, so that each looks at a bounded number of rows.

-- name: follows(account_id, host, after, limit)$
-- Whom an account follows, with its switches.
with page as materialized (
       select f.id, f.followed_id, f.show_reblogs
       from follows f
       where f.follower_id = :account_id and f.id > :after
       order by f.id
       limit :limit
     )
select max(page.id), string_agg(concat(
    a.nickname, '@', coalesce(a.domain, :host), ',', page.show_reblogs::text, ',', (s.account_id is not null)::text, ',', chr(10)),
    '' order by page.id) filter (where a.id is not null)
from page
left join accounts a on a.id = page.followed_id and a.present
left join subscriptions s on s.account_id = :account_id and s.target_id = a.id;

-- name: mutes(account_id, host, after, limit)$
-- Whom an account mutes, and whether their notifications too.
with page as materialized (
       select m.id, m.target_id, m.notifications, m.expires_at
       from mutes m
       where m.account_id = :account_id and m.id > :after
       order by m.id
       limit :limit
     )
select max(page.id), string_agg(
    concat(a.nickname, '@', coalesce(a.domain, :host), ',', page.notifications::text, chr(10)),
    '' order by page.id) filter (where a.id is not null)
from page
left join accounts a on a.id = page.target_id and a.present and (page.expires_at is null or page.expires_at > now());

-- name: blocks(account_id, host, after, limit)$
-- Whom an account blocks.
with page as materialized (
       select b.id, b.target_id
       from blocks b
       where b.account_id = :account_id and b.id > :after
       order by b.id
       limit :limit
     )
select max(page.id), string_agg(
    concat(a.nickname, '@', coalesce(a.domain, :host), chr(10)), '' order by page.id) filter (where a.id is not null)
from page
left join accounts a on a.id = page.target_id and a.present;

-- name: domain_blocks(account_id, after, limit)$
-- Which domains an account blocks.
with page as materialized (
       select d.id, d.domain
       from domain_blocks d
       where d.account_id = :account_id and d.id > :after
       order by d.id
       limit :limit
     )
select max(id), string_agg(domain || chr(10), '' order by id) from page;

-- name: lists(account_id, host, after, limit)$
-- Who is on which list of an account.
with page as materialized (
       select m.id, m.account_id, l.title
       from lists l
       join list_members m on m.list_id = l.id
       where l.account_id = :account_id and m.id > :after
       order by m.id
       limit :limit
     )
select max(page.id), string_agg(
    concat('"', replace(page.title, '"', '""'), '",', a.nickname, '@', coalesce(a.domain, :host), chr(10)),
    '' order by page.id) filter (where a.id is not null)
from page
left join accounts a on a.id = page.account_id and a.present;

-- name: bookmarks(account_id, after, limit)$
-- Addresses of the statuses that an account bookmarked and may still see.
select max(b.place), string_agg(concat(chr(1), '/objects/', b.uuid, chr(10)), '' order by b.place) filter (where b.uuid is not null)
from bookmark_page(:account_id, :after, :limit) b;
