-- name: poll(viewer_id, status_id)$
-- The poll of a status that viewer may see.
select poll_json(p.status_id, :viewer_id)
from visible_statuses(:viewer_id) s
join polls p on p.status_id = s.id
where s.id = :status_id;

-- name: lock(viewer_id, status_id)^
-- What decides about a vote in a poll that viewer may see; two votes at once wait for each other.
select p.status_id, s.account_id, p.multiple, cardinality(p.options) as options, p.expires_at <= now() as ended
from polls p
join statuses s on s.id = p.status_id
where p.status_id = (select v.id from visible_statuses(:viewer_id) v where v.id = :status_id)
for update of p;

-- name: has_voted(viewer_id, status_id)^
-- Whether viewer voted, asked again after waiting for the lock.
select exists (select from poll_votes v where v.status_id = :status_id and v.account_id = :viewer_id) as voted;

-- name: vote(viewer_id, status_id, choices)!
-- Stores a vote. One in a poll elsewhere is added to what was counted there, and with the first one voters here are notified of
-- its end.
with counted as (
       update polls p
       set remote_voters = coalesce(p.remote_voters, 0) + 1,
           remote_counts = array(
             select counts.number + (counts.place - 1 = any (:choices::int[]))::int
             from unnest(p.remote_counts) with ordinality as counts (number, place)
             order by counts.place)
       where p.status_id = :status_id and p.remote_counts is not null
       returning p.status_id, p.expires_at
     ), ending as (
       select defer_job('upkeep', 'end_poll', jsonb_build_object('status_id', c.status_id), c.expires_at)
       from counted c
       where c.expires_at is not null and not exists (select from poll_votes v where v.status_id = c.status_id)
     ), deferred as materialized (select count(*) from ending)
insert into poll_votes (status_id, account_id, choice)
select :status_id, :viewer_id, choice from deferred, unnest(:choices::int[]) as choice;

-- name: notify_of_end(status_id)!
-- Notifies author and voters that a poll has ended, once; other servers hear of one of ours at once, with its last numbers.
with ended as (
       select s.id, s.account_id, s.thread_id, s.local, s.visibility
       from polls p
       join statuses s on s.id = p.status_id
       where p.status_id = :status_id and p.expires_at <= now()
     ), sent as (
       insert into outgoing (kind, account_id, status_id)
       select 'votes', e.account_id, e.id from ended e
       where is_federating() and e.local and e.visibility <> 'list'
       on conflict (kind, account_id, coalesce(status_id, 0)) where body is null and kind in ('profile', 'votes')
       do update set due_at = now()
     )
insert into notifications (account_id, from_account_id, status_id, thread_id, type)
select voter.id, e.account_id, e.id, e.thread_id, 'poll'
from ended e
cross join lateral (
  select e.account_id as id
  union
  select v.account_id from poll_votes v where v.status_id = e.id
  order by id
) voter
join users u on u.account_id = voter.id
on conflict do nothing;
