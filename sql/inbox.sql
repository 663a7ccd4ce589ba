-- name: sender(key_id, hosts)^
-- What is known of who may have sent something: the key, whether its host is refused, and how much waits.
select k.owner, k.public_key, k.fetched_at < now() - interval '5 minutes' as is_old,
       exists (select from host_policies p where p.policy = 'reject' and p.pattern = any (:hosts::text[])) as is_refused,
       (select count(*)
        from (select from inbox i where i.host = (:hosts::text[])[1] and i.body is not null limit 2000) waiting) as of_host,
       (select count(*) from (select from inbox i where i.body is not null limit 20000) waiting) as of_all
from (select) nothing
left join remote_keys k on k.id = :key_id;

-- name: unverified(host, address)^
-- How much waits for its key, of a host and of an address.
select (select count(*) from inbox i where i.host = :host and i.body is not null and i.signed is not null) as of_host,
       (select count(*) from inbox i where i.address = :address and i.body is not null and i.signed is not null) as of_address;

-- name: is_known(actor)^
-- Whether an actor was ever seen.
select exists (select from accounts a where a.uri = :actor) as yes;

-- name: put(key, host, address, recipient_id, body, signed)!
-- Puts in what somebody sent, unless it is there.
insert into inbox (key, host, address, recipient_id, body, signed)
values (:key, :host, :address, :recipient_id, :body, :signed::jsonb)
on conflict (key) do nothing;

-- name: recipient(nickname)^
-- The local account of a nickname; is_gone for one that was deleted.
select a.id, exists (select from tombstones t where t.path = '/users/' || lower(:nickname)) as is_gone
from (select) nothing
left join accounts a on lower(a.nickname) = lower(:nickname) and a.domain is null and a.present;
