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
select kind, source, base_url from imports where id = :import_id and source is not null for update;

-- name: keep_addresses(import_id, addresses, options, notify)!
-- Replaces the list as it was sent by its addresses.
update imports set addresses = :addresses, options = :options, notify = :notify, source = null where id = :import_id;

-- name: next_batch(import_id, size)^
-- The next addresses of a list, locked; nothing when all are done or the list's owner is gone.
select i.account_id, i.kind, i.position, cardinality(i.addresses) as total,
       i.addresses[i.position + 1 : i.position + :size] as addresses,
       i.options[i.position + 1 : i.position + :size] as options,
       i.notify[i.position + 1 : i.position + :size] as notify
from imports i
join accounts a on a.id = i.account_id and a.present
where i.id = :import_id and i.position < cardinality(i.addresses)
for update of i;

-- name: resolve(nicknames, domains)
-- The ids of the accounts that addresses name, each with its place, in their order.
select place, a.id
from unnest(:nicknames::text[], :domains::text[]) with ordinality as address (nickname, domain, place)
join accounts a on lower(a.nickname) = address.nickname and coalesce(a.domain, '') = address.domain
where a.present
order by place;

-- name: lock_accounts(account_ids)
-- Locks accounts in the order of their ids, so that a batch and a request never wait for each other in a circle.
select id from accounts where id = any (:account_ids::bigint[]) order by id for no key update;

-- name: bookmark(account_id, uuids, ids)!
-- Bookmarks, in their order, the statuses of UUIDs and ids that the account may see (of reblogs: their originals).
insert into interactions as mark (account_id, status_id, bookmark_id)
select :account_id, chosen.id, nextval('interaction_sequence')
from (
  select coalesce(v.reblog_of_id, v.id) as id, min(wanted.place) as place
  from unnest(:uuids::text[], :ids::bigint[]) with ordinality as wanted (uuid, id, place)
  cross join lateral (
    select s.id from statuses s where s.uuid = wanted.uuid::uuid
    union all
    select wanted.id where wanted.id is not null
  ) named
  join lateral (select s.id, s.reblog_of_id from visible_statuses(:account_id) s where s.id = named.id) v on true
  group by coalesce(v.reblog_of_id, v.id)
  order by place
) chosen
on conflict (account_id, status_id) do update set bookmark_id = excluded.bookmark_id
where mark.bookmark_id is null;

-- name: advance(import_id, position)!
-- Notes how far a list is done.
update imports set position = :position where id = :import_id;

-- name: finish(import_id)!
-- Removes a list that is done.
delete from imports where id = :import_id;
