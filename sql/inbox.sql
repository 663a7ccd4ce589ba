-- name: sender(key_id, host, key_host, nickname, key, again_after)^
-- What is known of who may have sent something: the key, whether its host is refused, and how much waits; of the local
-- account of a nickname that it is sent to, which is_gone when it was deleted; and whether it came before, as `put` would find.
select k.owner, k.public_key, k.fetched_at < now() - interval '5 minutes' as is_old,
       is_refused(:host) or :key_host <> :host and is_refused(:key_host) as is_refused, recipient.id as recipient_id,
       :nickname::text is not null and recipient.id is null as is_for_nobody,
       exists (select from tombstones t where t.path = '/users/' || lower(:nickname)) as is_gone,
       exists (
         select from inbox i
         where i.key = :key
           and (:again_after::int is null or i.body is null and i.received_at > now() - make_interval(secs => :again_after))
       ) as is_repeated,
       -- As long as there cannot be more, nothing is counted.
       case when span.width < 2000 then 0 else (
         select count(*) from (select from inbox i where i.host = :host and i.body is not null limit 2000) waiting) end as of_host,
       case when span.width < 20000 then 0 else (
         select count(*) from (select from inbox i where i.body is not null limit 20000) waiting) end as of_all
from (
  select coalesce((select i.id from inbox i where i.body is not null order by i.id desc limit 1)
    - (select i.id from inbox i where i.body is not null order by i.id limit 1) + 1, 0) as width
) span
left join remote_keys k on k.id = :key_id
left join accounts recipient on lower(recipient.nickname) = lower(:nickname) and recipient.domain is null and recipient.present;

-- name: unverified(host, address)^
-- How much waits for its key, of a host and of an address.
select (select count(*) from inbox i where i.host = :host and i.body is not null and i.signed is not null) as of_host,
       (select count(*) from inbox i where i.address = :address and i.body is not null and i.signed is not null) as of_address;

-- name: is_known(actor)^
-- Whether an actor was ever seen.
select exists (select from accounts a where a.uri = :actor) as yes;

-- name: put(key, host, address, recipient_id, body, signed, again_after)!
-- Puts in what somebody sent, unless it is there. What may come again under one id does so some seconds after it was carried out,
-- or when it says something else by now and it is known who sent it: it is put behind all others.
insert into inbox (key, host, address, recipient_id, body, signed)
values (:key, :host, :address, :recipient_id, :body, :signed::jsonb)
on conflict (key) do update
set id = default, address = excluded.address, recipient_id = excluded.recipient_id, body = excluded.body,
    signed = excluded.signed, waits_for = null, tries = 0, due_at = default, received_at = default
where case when inbox.body is null then inbox.received_at <= now() - make_interval(secs => :again_after)
           else inbox.body <> excluded.body and excluded.signed is null and :again_after::int is not null end;

-- name: begin()^
-- Whether this is the only one who reads the inbox, until the transaction ends: what one actor sends stays in its order.
select pg_try_advisory_xact_lock(7276037) as is_only_one;

-- name: is_due()^
-- Whether there is anything to be worked off.
select exists (select from inbox i where i.body is not null and i.due_at <= now()) as yes;

-- name: due(limit, busy_hosts)
-- What is to be worked off, in its order, without that of some hosts.
select i.id, i.body, i.signed, i.recipient_id, i.tries, i.host, is_refused(i.host) as is_refused
from inbox i
where i.body is not null and i.due_at <= now() and i.host <> all (:busy_hosts::text[])
order by i.id
limit :limit;

-- name: start()^
-- Lets nothing be sent of what the rest of this transaction does, and the commit not wait for the disk: what is lost with the
-- machine is lost together with the note that it is done, and carried out again.
select set_config('pleroma.quiet', 'on', true) as quiet, set_config('synchronous_commit', 'off', true) as quick;

-- name: finish(id)!
-- Notes that something is done.
update inbox set body = null, signed = null, waits_for = null, received_at = now() where id = :id;

-- name: park(id, waits_for, seconds)!
-- Lets something wait for a look-up, or for another try.
update inbox
set waits_for = :waits_for, due_at = now() + make_interval(secs => :seconds::double precision), tries = tries + 1
where id = :id;

-- name: forget()!
-- Forgets what was done three hours ago: it cannot be sent again.
delete from inbox where body is null and received_at < now() - interval '3 hours';

-- name: key(id)^
-- A key of another server, and whose it is.
select owner, public_key from remote_keys where id = :id;

-- name: heard(hosts)!
-- Notes that hosts send something that is believed: they are not dead.
insert into hosts (name, seen_at)
select name, now() from unnest(:hosts::text[]) as name order by name
on conflict (name) do update
set seen_at = now(), is_dead = false, failing_since = case when hosts.is_dead then null else hosts.failing_since end,
    failures = case when hosts.is_dead then 0 else hosts.failures end
where hosts.is_dead or hosts.seen_at is null or hosts.seen_at < now() - interval '1 hour';
