-- name: create(account_id, kind, source, base_url)^
-- Stores a list as it was sent to a server of this address, and the job that works it off.
with list as (
       insert into imports (account_id, kind, source, base_url)
       values (:account_id, :kind, :source, :base_url)
       returning id
     )
select defer_job('background', :kind::text || '_import', jsonb_build_object('import_id', id)) as job from list;

-- name: as_sent(import_id)^
-- A list whose addresses nobody has read yet, locked.
select source, base_url from imports where id = :import_id and source is not null for update;

-- name: keep_addresses(import_id, addresses, options)!
-- Replaces the list as it was sent by its addresses.
update imports set addresses = :addresses, options = :options, source = null where id = :import_id;

-- name: next_batch(import_id, size)^
-- The next addresses of a list, locked; nothing when all are done or the list's owner is gone.
select i.account_id, i.kind, i.position, cardinality(i.addresses) as total,
       i.addresses[i.position + 1 : i.position + :size] as addresses,
       i.options[i.position + 1 : i.position + :size] as options
from imports i
join accounts a on a.id = i.account_id and a.present
where i.id = :import_id and i.position < cardinality(i.addresses)
for update of i;

-- name: resolve(nicknames, domains)
-- The ids of the accounts that addresses name, each with its place.
select place, a.id
from unnest(:nicknames::text[], :domains::text[]) with ordinality as address (nickname, domain, place)
join accounts a on lower(a.nickname) = address.nickname and coalesce(a.domain, '') = address.domain
where a.present
order by a.id;

-- name: lock_accounts(account_ids)
-- Locks accounts in the order of their ids, so that a batch and a request never wait for each other in a circle.
select id from accounts where id = any (:account_ids::bigint[]) order by id for no key update;

-- name: advance(import_id, position)!
-- Notes how far a list is done.
update imports set position = :position where id = :import_id;

-- name: finish(import_id)!
-- Removes a list that is done.
delete from imports where id = :import_id;
