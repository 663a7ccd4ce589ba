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
-- Stores a vote.
insert into poll_votes (status_id, account_id, choice)
select :status_id, :viewer_id, choice from unnest(:choices::int[]) as choice;

-- name: tell_of_end(status_id)!
-- Notifies author and voters that a poll has ended, once.
insert into notifications (account_id, from_account_id, status_id, thread_id, type)
select voter.id, s.account_id, s.id, s.thread_id, 'poll'
from polls p
join statuses s on s.id = p.status_id
cross join lateral (
  select s.account_id as id
  union
  select v.account_id from poll_votes v where v.status_id = p.status_id
  order by id
) voter
join users u on u.account_id = voter.id
where p.status_id = :status_id and p.expires_at <= now()
on conflict do nothing;
