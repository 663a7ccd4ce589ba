-- name: follow(follower, followed)!
-- Lets one account follow another, as an accepted follow of somebody elsewhere.
insert into follows (follower_id, followed_id, uri)
select f.id, a.id, 'x' from accounts f, accounts a where f.nickname like :follower and a.nickname like :followed;

-- name: notes(limit)
-- The UUIDs of the newest public statuses.
select uuid::text
from statuses
where local and visibility = 'public' and reblog_of_id is null
order by id desc
limit :limit;

-- name: empty_inbox()!
-- Removes what came in.
delete from inbox;

-- name: empty_outgoing()!
-- Removes what is to be sent.
delete from outgoing;

-- name: calm_hosts()!
-- Makes all hosts answer again, as far as is known here.
update hosts set due_at = null, failures = 0, failing_since = null;

-- name: deliver(author, nicknames)!
-- Has something of the author delivered to the hosts of some accounts.
with o as (
       insert into outgoing (kind, account_id, body, owner)
       select 'create', a.id, '{}', '/users/' || a.nickname from accounts a where a.nickname = :author
       returning id
     ), chosen as (
       select distinct r.host, r.shared_inbox
       from accounts a
       join remote_accounts r on r.account_id = a.id
       where a.nickname = any (:nicknames)
     ), queued as (
       insert into hosts (name, due_at)
       select host, now() from chosen
       on conflict (name) do update set due_at = now(), queued_at = clock_timestamp()
       returning name
     )
insert into deliveries (host, outgoing_id, inbox, priority)
select c.host, o.id, c.shared_inbox, 1
from o
cross join chosen c
join queued q on q.name = c.host;
