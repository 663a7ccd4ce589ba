-- name: is_refused(host)^
-- Whether nothing is taken from a host, sent to it or asked of it.
select is_refused(:host) as yes;

-- name: list()
-- Every other server that is known, with what waits for it, and the policies that name it.
select h.name, h.seen_at, h.failing_since, h.is_dead, h.failures, coalesce(d.waiting, 0) as waiting, is_refused(h.name) as is_refused
from hosts h
left join (select host, count(*) as waiting from deliveries group by host) d on d.host = h.name
order by h.name;

-- name: policies()
-- What operators say of hosts.
select pattern, policy, reason, created_at from host_policies order by pattern, policy;

-- name: show(name)^
-- One other server.
select h.name, h.created_at, h.seen_at, h.failing_since, h.failures, h.is_dead, h.due_at, is_refused(h.name) as is_refused,
       (select count(*) from deliveries d where d.host = h.name) as waiting,
       (select min(o.created_at) from deliveries d join outgoing o on o.id = d.outgoing_id where d.host = h.name) as oldest,
       (select count(*) from inbox i where i.host = h.name and i.body is not null) as received,
       (select count(*) from remote_accounts r where r.host = h.name) as accounts,
       (select count(*) from remote_accounts r join follows f on f.followed_id = r.account_id where r.host = h.name) as followed,
       (select count(*) from remote_accounts r join follows f on f.follower_id = r.account_id where r.host = h.name) as followers
from hosts h
where h.name = :name;

-- name: refuse(pattern, reason)!
-- Notes that nothing is taken from hosts, sent to them or asked of them.
insert into host_policies (pattern, policy, reason) values (:pattern, 'reject', :reason)
on conflict (pattern, policy) do update set reason = excluded.reason;

-- name: accept(pattern)^
-- Ends that; nothing when it was not so.
delete from host_policies where pattern = :pattern and policy = 'reject' returning pattern;

-- name: to_hide()^
-- The accounts of refused hosts that are shown, or follow or are followed.
select coalesce(array_agg(r.account_id), '{}') as ids
from hosts h
join remote_accounts r on r.host = h.name
join accounts a on a.id = r.account_id
where is_refused(h.name) and (a.active
  or exists (select from follows f where f.follower_id = a.id or f.followed_id = a.id)
  or exists (select from follow_requests f where f.follower_id = a.id or f.followed_id = a.id));

-- name: to_show()^
-- The accounts that a policy hid, and none does any more.
select coalesce(array_agg(r.account_id), '{}') as ids
from remote_accounts r
where r.hidden_by = 'policy' and not is_refused(r.host);

-- name: hide(account_ids)!
-- Hides accounts, and notes why; those that were hidden already stay as they are.
with hidden as (
       update accounts set active = false where id = any (:account_ids::bigint[]) and active returning id
     )
update remote_accounts set hidden_by = 'policy' where account_id in (select id from hidden);

-- name: end_follows(account_ids)^
-- Ends all follows, requests and subscriptions of hidden accounts, which nobody counts any more, and those to them.
with ended as (
       delete from follows
       where follower_id = any (:account_ids::bigint[]) or followed_id = any (:account_ids::bigint[])
       returning follower_id, followed_id
     ), unasked as (
       delete from follow_requests where follower_id = any (:account_ids::bigint[]) or followed_id = any (:account_ids::bigint[])
     ), untold as (
       delete from notifications
       where from_account_id = any (:account_ids::bigint[]) and type = 'follow_request' and status_id is null
     ), unsubscribed as (
       delete from subscriptions where account_id = any (:account_ids::bigint[]) or target_id = any (:account_ids::bigint[])
     ), uncounted as (
       update accounts a
       set following_count = greatest(a.following_count - lost.following, 0),
           followers_count = greatest(a.followers_count - lost.followers, 0)
       from (
         select id, sum(following) as following, sum(followers) as followers
         from (
           select follower_id as id, 1 as following, 0 as followers from ended
           union all
           select followed_id, 0, 1 from ended
         ) each_one
         group by id
       ) lost
       where a.id = lost.id and a.id = any (:account_ids::bigint[])
     )
select count(*) as number from ended;

-- name: empty()^
-- Removes what waits to be sent to refused hosts, asked of them, or was sent by them.
with refused as materialized (
       select name from hosts where is_refused(name)
     ), unsent as (
       delete from deliveries where host in (select name from refused) returning host
     ), resting as (
       update hosts set due_at = null where name in (select name from refused) and due_at is not null
     ), unasked as (
       update lookups set due_at = null, done_at = now() where due_at is not null and is_refused(host)
     ), unread as (
       update inbox set body = null, signed = null, waits_for = null, received_at = now()
       where body is not null and host in (select name from refused)
     )
select count(*) as number from unsent;

-- name: show_again(account_ids)!
-- Shows accounts again that a policy hid.
with shown as (
       update remote_accounts set hidden_by = null where account_id = any (:account_ids::bigint[]) returning account_id
     )
update accounts set active = true where id in (select account_id from shown);

-- name: retry(name)^
-- Takes a host for one that answers, and has what waits for it sent now; nothing when it is not known.
update hosts h
set failures = 0, failing_since = null, is_dead = false,
    due_at = case when exists (select from deliveries d where d.host = h.name) then now() end
where h.name = :name
returning (select count(*) from deliveries d where d.host = h.name) as waiting;

-- name: backlog()^
-- What waits to be sent (failing: to hosts that do not answer at the moment), since when, and what was received and waits.
select d.waiting, d.failing, extract(epoch from now() - (
         select o.created_at from outgoing o where o.id = d.oldest))::float as oldest_seconds,
       (select count(*) from (select from inbox where body is not null limit 20000) received) as received,
       (select count(*) from hosts where failures > 0 and is_dead) as dead_hosts
from (
  select count(*) as waiting, count(h.name) as failing, min(d.outgoing_id) as oldest
  from deliveries d
  left join hosts h on h.name = d.host and h.failures > 0
) d;

-- name: to_compare()
-- Hosts that were seen lately, whose clocks may be asked.
select name from hosts where seen_at > now() - interval '7 days' and not is_dead and not is_refused(name) order by seen_at desc limit 3;
