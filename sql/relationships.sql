-- name: follow_state(account_id, target_id)^
-- What decides whether the account may follow the target; nothing when there is no such account.
select t.id, t.nickname, t.locked, t.tags, t.domain,
       exists (select from blocks b where b.account_id = t.id and b.target_id = :account_id) as blocked_by,
       exists (select from follows f where f.follower_id = :account_id and f.followed_id = t.id) as following,
       exists (select from follow_requests r where r.follower_id = :account_id and r.followed_id = t.id) as requested,
       exists (select from accounts o where o.id = :account_id and o.domain is null) as is_ours
from accounts t
where t.id = :target_id and t.present;

-- name: lock_pair(account_id, target_id)
-- Locks two accounts in the order of their ids, so that what counts between them is counted once.
select id from accounts where id in (:account_id, :target_id) order by id for no key update;

-- name: follow(account_id, target_id, reblogs)!
-- Follows, counts it on both sides and notifies the target; again only changes whether reblogs show. What was a request
-- until now keeps its id and its switch.
with unblocked as (
       delete from blocks where account_id = :account_id and target_id = :target_id
     ), answered as (
       delete from follow_requests where follower_id = :account_id and followed_id = :target_id
       returning show_reblogs, uri
     ), untold as (
       delete from notifications
       where account_id = :target_id and from_account_id = :account_id and type = 'follow_request' and status_id is null
         and exists (select from answered)
     ), followed as (
       insert into follows (follower_id, followed_id, show_reblogs, uri)
       values (:account_id, :target_id, coalesce(:reblogs::boolean, (select show_reblogs from answered), true),
         (select uri from answered))
       on conflict (follower_id, followed_id) do update set show_reblogs = coalesce(:reblogs::boolean, follows.show_reblogs)
       returning xmax = 0 as is_new
     ), counted as (
       update accounts
       set following_count = following_count + (id = :account_id)::int, followers_count = followers_count + (id = :target_id)::int
       where id in (:account_id, :target_id) and (select is_new from followed)
         and (select other.present from accounts other where other.id in (:account_id, :target_id) and other.id <> accounts.id)
     )
insert into notifications (account_id, from_account_id, type)
select :target_id, :account_id, 'follow'
from followed
where is_new and wants_notification(:target_id, :account_id)
on conflict do nothing;

-- name: request(account_id, target_id, reblogs)!
-- Sends a follow request to a locked account, or one elsewhere, with its notification; again only changes whether reblogs
-- will show. A block ends first, so that others hear of both in this order.
with unblocked as (
       delete from blocks where account_id = :account_id and target_id = :target_id returning id
     ), asked as (
       insert into follow_requests (follower_id, followed_id, show_reblogs)
       select :account_id, :target_id, coalesce(:reblogs::boolean, true) from (select count(*) from unblocked) first
       on conflict (follower_id, followed_id) do update
       set show_reblogs = coalesce(:reblogs::boolean, follow_requests.show_reblogs)
       returning xmax = 0 as is_new
     )
insert into notifications (account_id, from_account_id, type)
select :target_id, :account_id, 'follow_request'
from asked
where is_new and wants_notification(:target_id, :account_id)
on conflict do nothing;

-- name: unfollow(account_id, target_id)^
-- Ends a follow, a request and a subscription, and uncounts it. Who is not there is not counted at all. ended: there was
-- a follow or a request.
with unfollowed as (
       delete from follows where follower_id = :account_id and followed_id = :target_id returning follower_id
     ), unasked as (
       delete from follow_requests where follower_id = :account_id and followed_id = :target_id returning follower_id
     ), untold as (
       delete from notifications
       where account_id = :target_id and from_account_id = :account_id and type = 'follow_request' and status_id is null
     ), unsubscribed as (
       delete from subscriptions where account_id = :account_id and target_id = :target_id
     ), uncounted as (
       update accounts
       set following_count = following_count - (id = :account_id)::int,
           followers_count = followers_count - (id = :target_id)::int
       where id in (:account_id, :target_id) and exists (select from unfollowed)
         and (select other.present from accounts other
              where other.id in (:account_id, :target_id) and other.id <> accounts.id)
     )
select exists (select from unfollowed) or exists (select from unasked) as ended;

-- name: block(account_id, target_id)!
-- Blocks, and takes each off the other's lists and endorsements; the ends of follows are two calls of unfollow.
with unlisted as (
       delete from list_members m
       using lists l
       where l.id = m.list_id
         and (l.account_id = :account_id and m.account_id = :target_id
           or l.account_id = :target_id and m.account_id = :account_id)
     ), unendorsed as (
       delete from endorsements
       where account_id = :account_id and target_id = :target_id or account_id = :target_id and target_id = :account_id
     )
insert into blocks (account_id, target_id) values (:account_id, :target_id) on conflict do nothing;

-- name: unblock(account_id, target_id)!
-- Ends a block.
delete from blocks where account_id = :account_id and target_id = :target_id;

-- name: mute(account_id, target_id, notifications, duration)!
-- Mutes for a duration in seconds, 0 for ever; again changes how.
insert into mutes (account_id, target_id, notifications, expires_at)
values (:account_id, :target_id, :notifications,
  case when :duration::bigint > 0 then now() + make_interval(secs => :duration::double precision) end)
on conflict (account_id, target_id) do update
set notifications = excluded.notifications, expires_at = excluded.expires_at;

-- name: unmute(account_id, target_id)!
-- Ends a mute.
delete from mutes where account_id = :account_id and target_id = :target_id;

-- name: subscribe(account_id, target_id)!
-- Subscribes to every status of the target.
insert into subscriptions (account_id, target_id) values (:account_id, :target_id) on conflict do nothing;

-- name: unsubscribe(account_id, target_id)!
-- Ends a subscription.
delete from subscriptions where account_id = :account_id and target_id = :target_id;

-- name: note(account_id, target_id, comment)!
-- Keeps the account's private note about the target.
insert into account_notes (account_id, target_id, comment)
values (:account_id, :target_id, :comment)
on conflict (account_id, target_id) do update set comment = excluded.comment;

-- name: endorse(account_id, target_id)!
-- Shows the target on the account's profile; nothing happens without a follow.
insert into endorsements (account_id, target_id)
select f.follower_id, f.followed_id from follows f where f.follower_id = :account_id and f.followed_id = :target_id
on conflict do nothing;

-- name: unendorse(account_id, target_id)!
-- Takes an endorsement back.
delete from endorsements where account_id = :account_id and target_id = :target_id;

-- name: has_request(account_id, follower_id)^
-- Whether somebody waits for the account's answer.
select exists (select from follow_requests r where r.followed_id = :account_id and r.follower_id = :follower_id) as yes;

-- name: take_request(account_id, follower_id)^
-- Takes an open request to the account away, and its notification; nothing when there is none.
with taken as (
       delete from follow_requests where followed_id = :account_id and follower_id = :follower_id returning show_reblogs, uri
     ), untold as (
       delete from notifications
       where account_id = :account_id and from_account_id = :follower_id and type = 'follow_request' and status_id is null
     )
select show_reblogs, uri from taken;

-- name: requests(viewer_id, max_id, since_id, min_id, limit)$
-- Accounts that wait for viewer's answer, newest first.
with bounds as materialized (
       select * from list_bounds('follow_requests', :viewer_id, :max_id, :since_id, :min_id)
     ), page as materialized (
       (select r.id as page_id, r.follower_id as account_id
        from follow_requests r
        where r.followed_id = :viewer_id
          and r.id < (select max_id from bounds) and r.id > (select since_id from bounds) and :min_id = 0
          and (select a.present from accounts a where a.id = r.follower_id)
        order by r.id desc
        limit :limit)
       union all
       (select r.id, r.follower_id
        from follow_requests r
        where r.followed_id = :viewer_id
          and r.id < (select max_id from bounds) and r.id > (select min_id from bounds) and :min_id > 0
          and (select a.present from accounts a where a.id = r.follower_id)
        order by r.id
        limit :limit)
     )
select accounts_shown.*
from account_page(
  :viewer_id,
  array(select account_id from page order by page_id desc), array(select page_id from page order by page_id desc)) accounts_shown;

-- name: blocks(viewer_id, max_id, since_id, min_id, limit)$
-- Accounts that viewer blocks, newest first.
with bounds as materialized (
       select * from list_bounds('blocks', :viewer_id, :max_id, :since_id, :min_id)
     ), page as materialized (
       (select b.id as page_id, b.target_id as account_id
        from blocks b
        where b.account_id = :viewer_id
          and b.id < (select max_id from bounds) and b.id > (select since_id from bounds) and :min_id = 0
          and (select a.present from accounts a where a.id = b.target_id)
        order by b.id desc
        limit :limit)
       union all
       (select b.id, b.target_id
        from blocks b
        where b.account_id = :viewer_id
          and b.id < (select max_id from bounds) and b.id > (select min_id from bounds) and :min_id > 0
          and (select a.present from accounts a where a.id = b.target_id)
        order by b.id
        limit :limit)
     )
select accounts_shown.*
from account_page(
  :viewer_id,
  array(select account_id from page order by page_id desc), array(select page_id from page order by page_id desc)) accounts_shown;

-- name: mutes(viewer_id, max_id, since_id, min_id, limit)$
-- Accounts that viewer mutes, newest first.
with bounds as materialized (
       select * from list_bounds('mutes', :viewer_id, :max_id, :since_id, :min_id)
     ), page as materialized (
       (select m.id as page_id, m.target_id as account_id
        from mutes m
        where m.account_id = :viewer_id
          and m.id < (select max_id from bounds) and m.id > (select since_id from bounds) and :min_id = 0
          and (m.expires_at is null or m.expires_at > now())
          and (select a.present from accounts a where a.id = m.target_id)
        order by m.id desc
        limit :limit)
       union all
       (select m.id, m.target_id
        from mutes m
        where m.account_id = :viewer_id
          and m.id < (select max_id from bounds) and m.id > (select min_id from bounds) and :min_id > 0
          and (m.expires_at is null or m.expires_at > now())
          and (select a.present from accounts a where a.id = m.target_id)
        order by m.id
        limit :limit)
     )
select accounts_shown.*
from account_page(
  :viewer_id,
  array(select account_id from page order by page_id desc), array(select page_id from page order by page_id desc)) accounts_shown;

-- name: endorsements(viewer_id, max_id, since_id, min_id, limit)$
-- Accounts that viewer endorses, newest first.
with bounds as materialized (
       select * from list_bounds('endorsements', :viewer_id, :max_id, :since_id, :min_id)
     ), page as materialized (
       (select e.id as page_id, e.target_id as account_id
        from endorsements e
        where e.account_id = :viewer_id
          and e.id < (select max_id from bounds) and e.id > (select since_id from bounds) and :min_id = 0
          and (select a.present from accounts a where a.id = e.target_id)
        order by e.id desc
        limit :limit)
       union all
       (select e.id, e.target_id
        from endorsements e
        where e.account_id = :viewer_id
          and e.id < (select max_id from bounds) and e.id > (select min_id from bounds) and :min_id > 0
          and (select a.present from accounts a where a.id = e.target_id)
        order by e.id
        limit :limit)
     )
select accounts_shown.*
from account_page(
  :viewer_id,
  array(select account_id from page order by page_id desc), array(select page_id from page order by page_id desc)) accounts_shown;

-- name: familiar_followers(viewer_id, account_ids)$
-- For each account, whom viewer follows among its followers.
select concat('[', string_agg(concat(
    '{"id":"', wanted.id, '","accounts":', coalesce(familiar.accounts, '[]'), '}'), ',' order by wanted.place), ']')
from unnest(:account_ids::bigint[]) with ordinality as wanted (id, place)
join accounts target on target.id = wanted.id and target.present and not target.hide_followers
cross join lateral (
  select concat('[', string_agg(account_json(a, :viewer_id), ',' order by a.id), ']') as accounts
  from (
    select mine.followed_id
    from follows mine
    join follows f on f.follower_id = mine.followed_id and f.followed_id = wanted.id
    join accounts friend on friend.id = mine.followed_id and friend.present and not friend.hide_follows
    where mine.follower_id = :viewer_id
    limit 40
  ) shared
  join accounts a on a.id = shared.followed_id
) familiar;

-- name: forget_follow_notification(account_id, target_id)!
-- Removes the notification of a follow.
delete from notifications
where account_id = :target_id and from_account_id = :account_id and type in ('follow', 'follow_request')
  and status_id is null;

-- name: to_take_along(account_id)
-- Who here follows an account that has moved, and does not follow the new one, nor asks to.
select f.follower_id, a.moved_to_id as target_id
from accounts a
join follows f on f.followed_id = a.id
join users u on u.account_id = f.follower_id
where a.id = :account_id and a.moved_to_id is not null and f.follower_id <> a.moved_to_id
  and not exists (select from follows g where g.follower_id = f.follower_id and g.followed_id = a.moved_to_id)
  and not exists (select from follow_requests r where r.follower_id = f.follower_id and r.followed_id = a.moved_to_id)
order by f.follower_id;

-- name: take_along_lists(account_id, old_id, new_id)!
-- Puts the new account of somebody who has moved on the lists of the old one.
insert into list_members (list_id, account_id)
select m.list_id, :new_id
from list_members m
join lists l on l.id = m.list_id
where l.account_id = :account_id and m.account_id = :old_id
on conflict do nothing;
