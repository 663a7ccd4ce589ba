-- name: is_due()^
-- Whether there is anything to make deliveries of, and a host to bring them to.
select exists (select from outgoing o where o.body is null and o.due_at <= now()) as is_done,
       exists (select from hosts h where h.due_at <= now() and not h.is_dead) as is_host;

-- name: due(limit)
-- What was done here and is due to be sent, oldest first, locked.
select o.id, o.kind, o.account_id, a.nickname, o.about ->> 'path' as path
from outgoing o
left join accounts a on a.id = o.account_id and a.domain is null
where o.body is null and o.due_at <= now()
order by o.id
limit :limit
for update of o skip locked;

-- name: expand(outgoing_id, owner, host)!
-- Makes the activity, and a delivery for each inbox. owner: whose key signs it.
with activity as (
       update outgoing o set body = coalesce(activity_to_send(o, :host), ''), owner = :owner where o.id = :outgoing_id
       returning o.*
     ), inboxes as (
       select distinct r.host, coalesce(r.shared_inbox, r.inbox) as inbox,
              case when o.kind in ('accept', 'reject') or s.visibility = 'direct' or m.account_id is not null then 0
                when o.kind in ('profile', 'delete_account') then 2 else 1 end as priority
       from activity o
       cross join lateral receivers(o) receiver
       join remote_accounts r on r.account_id = receiver.account_id
       left join statuses s on s.id = o.status_id
       left join lateral (select r.account_id where r.account_id = any (s.involved)) m on true
       where o.body <> '' and not is_refused(r.host)
     ), queued as (
       insert into hosts (name, due_at, queued_at, priority)
       select i.host, now(), clock_timestamp(), min(i.priority) from inboxes i group by i.host order by i.host
       on conflict (name) do update
       set due_at = case when hosts.is_dead then null else coalesce(hosts.due_at, now()) end, queued_at = clock_timestamp(),
           priority = case when hosts.due_at is null then excluded.priority else least(hosts.priority, excluded.priority) end
       returning name, is_dead
     )
insert into deliveries (host, outgoing_id, inbox, priority)
select i.host, :outgoing_id, i.inbox, min(i.priority)
from inboxes i
join queued q on q.name = i.host and not q.is_dead
group by i.host, i.inbox
order by i.host, i.inbox;

-- name: send(kind, account_id, target_id, about)!
-- Stores one thing to send that no change of a row says.
insert into outgoing (kind, account_id, target_id, about) values (:kind, :account_id, :target_id, :about::jsonb);

-- name: be_quiet()^
-- Lets nothing be sent of what the rest of this transaction does.
select set_config('pleroma.quiet', 'on', true) as quiet;

-- name: claim(limit)
-- Hosts that are due, each with its first deliveries, for two minutes: what a killed worker had is due again then.
with chosen as (
       select h.name
       from hosts h
       where h.due_at <= now() and not h.is_dead
       order by h.priority, h.due_at
       limit :limit
       for update skip locked
     ), taken as (
       update hosts h
       set due_at = case when exists (select from deliveries d where d.host = h.name) then now() + interval '2 minutes' end
       from chosen c
       where h.name = c.name
       returning h.name, h.failures
     )
select t.name as host, d.id, d.inbox, d.tries, o.body, o.owner, a.nickname, now() as claimed_at,
       case when o.id <= k.former_last_id and k.former_until > now() then k.former_private_key end as former_key
from taken t
cross join lateral (
  select w.id, w.inbox, w.tries, w.outgoing_id
  from deliveries w
  where w.host = t.name
  order by w.id
  limit case when t.failures = 0 then 10 else 1 end
) d
join outgoing o on o.id = d.outgoing_id
left join accounts a on a.id = o.account_id
left join account_keys k on k.owner = o.owner
order by t.name, d.id;

-- name: report(hosts, ids, failed_hosts, failed_ids, pauses, done_hosts, claimed_at)!
-- Notes what came of deliveries: those that are done (hosts, ids), of each host that failed the delivery and the seconds until
-- it is tried again, and the hosts that did not.
with ended as (
       delete from deliveries d
       using unnest(:hosts::text[], :ids::bigint[]) as gone (host, id)
       where d.host = gone.host and d.id = gone.id
     ), tried as (
       update deliveries d
       set tries = d.tries + 1
       from unnest(:failed_hosts::text[], :failed_ids::bigint[]) as failed (host, id)
       where d.host = failed.host and d.id = failed.id and d.id <> all (:ids::bigint[])
     ), failing as (
       update hosts h
       set failures = h.failures + 1, failing_since = coalesce(h.failing_since, now()),
           is_dead = coalesce(h.failing_since < now() - interval '7 days', false),
           due_at = now() + make_interval(secs => failed.pause)
       from unnest(:failed_hosts::text[], :pauses::double precision[]) as failed (host, pause)
       where h.name = failed.host
     )
update hosts h
set failures = 0, failing_since = null, is_dead = false,
    due_at = case when h.queued_at >= :claimed_at::timestamptz or exists (
      select from deliveries d where d.host = h.name and d.id <> all (:ids::bigint[])) then now() end,
    priority = coalesce((
      select min(d.priority) from deliveries d where d.host = h.name and d.id <> all (:ids::bigint[])), 1)
where h.name = any (:done_hosts::text[]);

-- name: drop_dead()!
-- Removes what waits for hosts that have not answered for 7 days, or are refused.
delete from deliveries d using hosts h where h.name = d.host and (h.is_dead or is_refused(h.name));

-- name: trim(most_of_host, most)!
-- Bounds what waits: the oldest of the lowest priority go.
with counted as (
       select d.host, d.id,
              row_number() over (partition by d.host order by d.priority, d.id desc) as place_of_host,
              row_number() over (order by d.priority, d.id desc) as place
       from deliveries d
     )
delete from deliveries d
using counted c
where d.host = c.host and d.id = c.id and (c.place_of_host > :most_of_host or c.place > :most);

-- name: forget_keys()!
-- Removes the keys of deleted accounts when nothing is left to be signed with them.
delete from account_keys k
where k.account_id is null and k.owner like '/users/%%'
  and not exists (select from outgoing o where o.owner = k.owner or o.about ->> 'path' = k.owner);

-- name: forget_hosts()!
-- Forgets hosts of which nobody is known here, and nothing was heard for 30 days.
delete from hosts h
where greatest(h.seen_at, h.created_at) < now() - interval '30 days'
  and not exists (select from remote_accounts r where r.host = h.name);

-- name: forget()!
-- Removes what was sent 7 days ago, or is empty.
delete from outgoing o
where o.body is not null and (o.created_at < now() - interval '7 days' or o.body = '')
  and not exists (select from deliveries d where d.outgoing_id = o.id);
