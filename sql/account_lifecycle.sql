-- name: store_deletion(account_id)!
-- Stores the job that deletes an account, unless there is one. The account is locked.
select defer_job('background', 'delete_account', jsonb_build_object('account_id', :account_id::bigint))
where not exists (
  select from procrastinate_jobs
  where task_name = 'delete_account' and args = jsonb_build_object('account_id', :account_id::bigint)
    and status in ('todo', 'doing'));

-- name: announce_deletion(account_id)!
-- Lets other servers hear that a local account is gone, once, and be answered so from now on.
with gone as (
       select a.id, a.nickname from accounts a where a.id = :account_id and a.domain is null and is_federating()
     ), buried as (
       insert into tombstones (path) select '/users/' || lower(nickname) from gone on conflict do nothing
     )
insert into outgoing (kind, account_id, about)
select 'delete_account', id, jsonb_build_object('path', '/users/' || nickname)
from gone
where not exists (select from outgoing o where o.kind = 'delete_account' and o.account_id = gone.id);

-- name: set_email(account_id, email)!
-- Stores another address and ends links and codes. One that belongs to somebody else violates users_email.
with changed as (
       update users set email = :email where account_id = :account_id returning account_id
     )
select end_ways_in(array[account_id], keep_logins => true) from changed;

-- name: set_password(account_id, password_hash)!
-- Stores a new password and ends all that lets somebody in as the account.
with changed as (
       update users set password_hash = :password_hash, password_reset_required = false
       where account_id = :account_id
       returning account_id
     )
select end_ways_in(array[account_id]) from changed;

-- name: end_ways_in(account_id)!
-- Ends all that lets somebody in as an account.
select end_ways_in(array[:account_id::bigint]);

-- name: ask_for_reset(email, nickname, token, token_hash)!
-- Stores a reset link and the job that mails it, when there is an active account with the address or nickname.
with account as (
       select a.id, a.nickname, a.display_name, a.login_version, u.email
       from users u
       join accounts a on a.id = u.account_id
       where (lower(u.email) = lower(:email) or :email = '' and lower(a.nickname) = lower(:nickname)) and a.active
     ), link as (
       insert into password_resets (token_hash, account_id, login_version) select :token_hash, id, login_version from account
     )
select defer_mail('password_reset', email, display_name, jsonb_build_object('nickname', nickname, 'token', :token::text))
from account;

-- name: reset_link(token_hash)^
-- Whose password a link resets, while it is good.
select r.account_id
from password_resets r
join accounts a on a.id = r.account_id and a.login_version = r.login_version
where r.token_hash = :token_hash and r.created_at > now() - interval '24 hours';

-- name: lock_reset_link(token_hash)^
-- The same, locked against other changes of the account's password.
select r.account_id
from password_resets r
join accounts a on a.id = r.account_id and a.login_version = r.login_version
where r.token_hash = :token_hash and r.created_at > now() - interval '24 hours'
for no key update of a;

-- name: lock_with_friends(account_ids)
-- Locks, in the order of their ids, accounts and everybody who counts them.
select id
from accounts
where id = any (:account_ids::bigint[])
   or id in (select followed_id from follows where follower_id = any (:account_ids))
   or id in (select follower_id from follows where followed_id = any (:account_ids))
order by id
for no key update;

-- name: set_active(account_id, active)^
-- Activates or deactivates an account, which is counted in or out by a trigger. Nothing when it was so already.
update accounts set active = :active where id = :account_id and active <> :active returning id;

-- name: status_batch(account_id, limit)^
-- The oldest statuses and reblogs of an account.
select array(select id from statuses where account_id = :account_id order by id limit :limit) as ids;

-- name: lock_statuses(status_ids)
-- Locks, in the order of their ids, statuses and those that count them.
select s.id
from statuses s
where s.id in (
  select unnest(array[own.id, own.in_reply_to_id, own.reblog_of_id])
  from statuses own
  where own.id = any (:status_ids::bigint[]))
order by s.id
for update;

-- name: delete_statuses(account_id, status_ids)
-- Deletes statuses and reblogs of an account and uncounts them. The threads of the direct ones come back.
with gone as (
       select id, thread_id, in_reply_to_id, reblog_of_id, visibility
       from statuses
       where id = any (:status_ids::bigint[]) and account_id = :account_id
     ), counted as (
       select id, sum(replies) as replies, sum(reblogs) as reblogs
       from (
         select in_reply_to_id as id, 1 as replies, 0 as reblogs
         from gone
         where reblog_of_id is null and visibility in ('public', 'unlisted')
         union all
         select reblog_of_id, 0, 1 from gone
       ) parts
       where id is not null and id <> all (:status_ids)
       group by id
     ), uncounted as (
       update statuses s
       set replies_count = greatest(s.replies_count - counted.replies, 0),
           reblogs_count = greatest(s.reblogs_count - counted.reblogs, 0)
       from counted
       where s.id = counted.id
     ), deleted as (
       delete from statuses where id in (select id from gone)
     )
select distinct thread_id from gone where visibility = 'direct';

-- name: interaction_batch(account_id, limit)^
-- Statuses that an account marked in any way.
select array(select status_id from interactions where account_id = :account_id order by status_id limit :limit) as ids;

-- name: delete_interactions(account_id, status_ids)!
-- Takes back what an account did to statuses, and uncounts its favourites.
with gone as (
       delete from interactions
       where account_id = :account_id and status_id = any (:status_ids::bigint[])
       returning status_id, favourite_id
     )
update statuses
set favourites_count = greatest(favourites_count - 1, 0)
where id in (select status_id from gone where favourite_id is not null);

-- name: delete_notifications(account_id, limit)!
-- Deletes some of the notifications that an account has or caused.
delete from notifications
where id in (
  (select id from notifications where from_account_id = :account_id limit :limit)
  union all
  (select id from notifications where account_id = :account_id limit :limit));

-- name: delete(account_id)!
-- Deletes an account and all that is left of it.
with placeless as (
       delete from former_places where owner_id = :account_id
     )
delete from accounts where id = :account_id;
