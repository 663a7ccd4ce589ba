-- name: favourite(account_id, status_id)^
-- Favourites a status (of a reblog: its original), counts it once and notifies its author. Returns its id.
with original as materialized (
       select o.id, o.account_id, o.thread_id
       from visible_statuses(:account_id) s
       join statuses o on o.id = coalesce(s.reblog_of_id, s.id)
       where s.id = :status_id
     ), marked as (
       insert into interactions as mark (account_id, status_id, favourite_id)
       select :account_id, id, nextval('interaction_sequence') from original
       on conflict (account_id, status_id) do update set favourite_id = excluded.favourite_id
       where mark.favourite_id is null
       returning status_id
     ), counted as (
       update statuses set favourites_count = favourites_count + 1 where id in (select status_id from marked)
     ), notified as (
       insert into notifications (account_id, from_account_id, status_id, thread_id, type)
       select o.account_id, :account_id, o.id, o.thread_id, 'favourite'
       from original o
       join marked on marked.status_id = o.id
       where wants_notification(o.account_id, :account_id)
       on conflict do nothing
     )
select id from original;

-- name: unfavourite(account_id, status_id)^
-- Takes a favourite back, with its count and notification. Returns the status's id.
with original as materialized (
       select coalesce(s.reblog_of_id, s.id) as id from visible_statuses(:account_id) s where s.id = :status_id
     ), unmarked as (
       update interactions set favourite_id = null
       where account_id = :account_id and status_id = (select id from original) and favourite_id is not null
       returning status_id
     ), counted as (
       update statuses set favourites_count = favourites_count - 1 where id in (select status_id from unmarked)
     ), untold as (
       delete from notifications
       where status_id in (select status_id from unmarked) and from_account_id = :account_id and type = 'favourite'
     )
select id from original;

-- name: reblog(account_id, status_id, visibility)^
-- Reblogs a status once; returns the id of the reblog, new or old. Nothing when it cannot be reblogged.
with original as materialized (
       select o.id, o.account_id, o.thread_id, o.involved, o.has_media, o.visibility
       from visible_statuses(:account_id) s
       join statuses o on o.id = coalesce(s.reblog_of_id, s.id)
       where s.id = :status_id
         and (o.visibility in ('public', 'unlisted')
           or o.visibility = 'private' and o.account_id = :account_id and :visibility::text = 'private')
     ), wrapper as (
       insert into statuses (account_id, reblog_of_id, thread_id, visibility, involved, has_media)
       select :account_id, id, thread_id, coalesce(:visibility, visibility), array[:account_id::bigint] || involved, has_media
       from original
       on conflict (reblog_of_id, account_id) where reblog_of_id is not null do nothing
       returning id, reblog_of_id
     ), streamed as (
       insert into stream_events (kind, status_id, account_id) select 'update', id, :account_id from wrapper
     ), marked as (
       insert into interactions (account_id, status_id, reblog_id)
       select :account_id, reblog_of_id, id from wrapper
       on conflict (account_id, status_id) do update set reblog_id = excluded.reblog_id
     ), counted as (
       update statuses set reblogs_count = reblogs_count + 1 where id in (select reblog_of_id from wrapper)
     ), notified as (
       insert into notifications (account_id, from_account_id, status_id, thread_id, type)
       select o.account_id, :account_id, o.id, o.thread_id, 'reblog'
       from original o
       join wrapper on wrapper.reblog_of_id = o.id
       where wants_notification(o.account_id, :account_id)
       on conflict do nothing
     )
select original.id as original_id, wrapper.id from original left join wrapper on true;

-- name: reblog_of(account_id, status_id)^
-- The id of the account's reblog of a status.
select id from statuses where reblog_of_id = :status_id and account_id = :account_id;

-- name: unreblog(account_id, status_id)^
-- Takes a reblog back, with its count and notification. Returns the original's id.
with original as materialized (
       select coalesce(s.reblog_of_id, s.id) as id from visible_statuses(:account_id) s where s.id = :status_id
     )
select id, remove_reblog(:account_id, id) as removed from original;

-- name: remove_reblog(account_id, status_id)^
-- The same for anybody, as its removal by staff needs it.
select remove_reblog(:account_id, :status_id) as removed;

-- name: bookmark(account_id, status_id)^
-- Bookmarks a status (of a reblog: its original) once. Returns its id.
with original as materialized (
       select coalesce(s.reblog_of_id, s.id) as id from visible_statuses(:account_id) s where s.id = :status_id
     ), marked as (
       insert into interactions as mark (account_id, status_id, bookmark_id)
       select :account_id, id, nextval('interaction_sequence') from original
       on conflict (account_id, status_id) do update set bookmark_id = excluded.bookmark_id
       where mark.bookmark_id is null
     )
select id from original;

-- name: unbookmark(account_id, status_id)^
-- Removes a bookmark. Returns the status's id.
with original as materialized (
       select coalesce(s.reblog_of_id, s.id) as id from visible_statuses(:account_id) s where s.id = :status_id
     ), unmarked as (
       update interactions set bookmark_id = null
       where account_id = :account_id and status_id = (select id from original)
     )
select id from original;

-- name: lock_account(account_id)^
-- Lets requests that count an account's rows before adding one wait for each other.
select id from accounts where id = :account_id for no key update;

-- name: pin(account_id, status_id)^
-- Pins an own public or unlisted status; is_full when there is no room and it was not pinned before.
with original as materialized (
       select s.id, s.pinned_at is null and (
           select count(*) from statuses p where p.account_id = :account_id and p.pinned_at is not null
         ) >= setting('pinned_limit')::int as is_full
       from statuses wanted
       join statuses s on s.id = coalesce(wanted.reblog_of_id, wanted.id)
       where wanted.id = :status_id and s.account_id = :account_id and s.visibility in ('public', 'unlisted') and is_current(s)
     ), pinned as (
       update statuses set pinned_at = coalesce(pinned_at, now()) where id in (select id from original where not is_full)
     )
select id, is_full from original;

-- name: unpin(account_id, status_id)^
-- Unpins an own status. Returns its id.
with original as materialized (
       select s.id
       from statuses wanted
       join statuses s on s.id = coalesce(wanted.reblog_of_id, wanted.id)
       where wanted.id = :status_id and s.account_id = :account_id and is_current(s)
     ), unpinned as (
       update statuses set pinned_at = null where id in (select id from original) and pinned_at is not null
     )
select id from original;

-- name: mute_thread(account_id, status_id)^
-- Mutes the thread of a status for the caller; muted says whether it was not muted before.
with original as materialized (
       select coalesce(s.reblog_of_id, s.id) as id, s.thread_id
       from visible_statuses(:account_id) s
       where s.id = :status_id
     ), muted as (
       insert into thread_mutes (account_id, thread_id)
       select :account_id, thread_id from original
       on conflict do nothing
       returning thread_id
     )
select id, exists (select from muted) as muted from original;

-- name: unmute_thread(account_id, status_id)^
-- Ends the mute of a status's thread. Returns the status's id.
with original as materialized (
       select coalesce(s.reblog_of_id, s.id) as id, s.thread_id
       from visible_statuses(:account_id) s
       where s.id = :status_id
     ), unmuted as (
       delete from thread_mutes where account_id = :account_id and thread_id = (select thread_id from original)
     )
select id from original;

-- name: favourited_by(viewer_id, status_id, max_id, since_id, min_id, limit)$
-- Accounts that favourited a status, newest first; nothing when viewer may not see it.
with original as materialized (
       select coalesce(s.reblog_of_id, s.id) as id from visible_statuses(:viewer_id) s where s.id = :status_id
     ), bounds as materialized (
       select * from list_bounds('favourited_by', (select id from original), :max_id, :since_id, :min_id)
     ), page as materialized (
       (select i.favourite_id as page_id, i.account_id
        from interactions i
        join accounts a on a.id = i.account_id
        where i.status_id = (select id from original)
          and i.favourite_id < (select max_id from bounds) and i.favourite_id > (select since_id from bounds) and :min_id = 0
          and a.present
          and not i.account_id = any (array(select h.account_id from hidden_accounts(:viewer_id, true) h))
        order by i.favourite_id desc
        limit :limit)
       union all
       (select i.favourite_id, i.account_id
        from interactions i
        join accounts a on a.id = i.account_id
        where i.status_id = (select id from original)
          and i.favourite_id < (select max_id from bounds) and i.favourite_id > (select min_id from bounds) and :min_id > 0
          and a.present
          and not i.account_id = any (array(select h.account_id from hidden_accounts(:viewer_id, true) h))
        order by i.favourite_id
        limit :limit)
     )
select accounts_shown.*
from original
cross join account_page(
  :viewer_id,
  array(select account_id from page order by page_id desc), array(select page_id from page order by page_id desc)) accounts_shown;

-- name: reblogged_by(viewer_id, status_id, max_id, since_id, min_id, limit)$
-- Accounts that reblogged a status where viewer may see the reblog, newest first.
with original as materialized (
       select coalesce(s.reblog_of_id, s.id) as id from visible_statuses(:viewer_id) s where s.id = :status_id
     ), bounds as materialized (
       select * from list_bounds('reblogged_by', (select id from original), :max_id, :since_id, :min_id)
     ), page as materialized (
       (select r.id as page_id, r.account_id
        from visible_statuses(:viewer_id) r
        where r.reblog_of_id = (select id from original)
          and r.id < (select max_id from bounds) and r.id > (select since_id from bounds) and :min_id = 0
          and not r.account_id = any (array(select h.account_id from hidden_accounts(:viewer_id, true) h))
        order by r.id desc
        limit :limit)
       union all
       (select r.id, r.account_id
        from visible_statuses(:viewer_id) r
        where r.reblog_of_id = (select id from original)
          and r.id < (select max_id from bounds) and r.id > (select min_id from bounds) and :min_id > 0
          and not r.account_id = any (array(select h.account_id from hidden_accounts(:viewer_id, true) h))
        order by r.id
        limit :limit)
     )
select accounts_shown.*
from original
cross join account_page(
  :viewer_id,
  array(select account_id from page order by page_id desc), array(select page_id from page order by page_id desc)) accounts_shown;
