-- name: has_administrator()^
-- Whether an active administrator exists.
select exists (select from accounts where is_admin and active) as found;

-- name: users()
-- Every local login, by nickname.
select a.id, a.nickname, u.email, a.is_admin, a.is_moderator, a.active, a.confirmed, a.created_at
from accounts a
join users u on u.account_id = a.id
order by lower(a.nickname);

-- name: find(nickname)^
-- The local account of a nickname in any letter case, locked.
select a.id, a.nickname, a.active, a.is_admin
from accounts a
where lower(a.nickname) = lower(:nickname) and coalesce(a.domain, '') = ''
for update;

-- name: lock_friends(account_id)
-- Locks, in the order of their ids, the accounts whose counters change with this one's.
select id from accounts
where id in (
  select followed_id from follows where follower_id = :account_id
  union
  select follower_id from follows where followed_id = :account_id)
order by id for no key update;

-- name: count_friends(account_id, change)!
-- Adds 1 or -1 to the counters of everybody who follows this account or whom it follows.
update accounts a
set following_count = greatest(0, a.following_count + :change
      * (exists (select from follows f where f.follower_id = a.id and f.followed_id = :account_id))::int),
    followers_count = greatest(0, a.followers_count + :change
      * (exists (select from follows f where f.followed_id = a.id and f.follower_id = :account_id))::int)
where a.id in (
  select followed_id from follows where follower_id = :account_id
  union
  select follower_id from follows where followed_id = :account_id);

-- name: set_active(account_id, active)!
-- Activates or deactivates; no row when it is so already.
update accounts set active = :active where id = :account_id and active <> :active;

-- name: end_logins(account_id)!
-- Ends the tokens, codes, sessions and reset links of an account.
with coded as (
       delete from authorization_codes where account_id = :account_id
     ), asked as (
       delete from password_resets where account_id = :account_id
     ), remembered as (
       delete from sessions where account_id = :account_id
     )
delete from tokens where account_id = :account_id;

-- name: set_password(account_id, password_hash)!
-- Stores a new password.
update users set password_hash = :password_hash, password_reset_required = false where account_id = :account_id;

-- name: set_email(account_id, email)!
-- Stores a new address. A taken one violates users_email.
update users set email = :email where account_id = :account_id;

-- name: set_flags(account_id, is_admin, is_moderator, locked)!
-- Changes those flags that are not null.
update accounts
set is_admin = coalesce(:is_admin::boolean, is_admin), is_moderator = coalesce(:is_moderator::boolean, is_moderator),
    locked = coalesce(:locked::boolean, locked)
where id = :account_id;

-- name: uncount_answers(account_id)!
-- Takes the account's public answers out of what their parents count.
with parents as (
       select in_reply_to_id as id, count(*) as number
       from statuses
       where account_id = :account_id and in_reply_to_id is not null and reblog_of_id is null
         and visibility in ('public', 'unlisted')
       group by in_reply_to_id
     ), locked as (
       select s.id from statuses s join parents using (id) order by s.id for no key update of s
     )
update statuses s
set replies_count = greatest(0, s.replies_count - parents.number)
from parents
join locked using (id)
where s.id = parents.id;

-- name: uncount_interactions(account_id)!
-- Takes the account's favourites and reblogs out of what their statuses count.
with touched as (
       select status_id as id, (favourite_id is not null)::int as favourites, (reblog_id is not null)::int as reblogs
       from interactions
       where account_id = :account_id and (favourite_id is not null or reblog_id is not null)
     ), locked as (
       select s.id from statuses s join touched using (id) order by s.id for no key update of s
     )
update statuses s
set favourites_count = greatest(0, s.favourites_count - touched.favourites),
    reblogs_count = greatest(0, s.reblogs_count - touched.reblogs)
from touched
join locked using (id)
where s.id = touched.id;

-- name: settle_conversations(account_id)!
-- Lets the conversations of others end with the last direct status that stays.
update participations p
set last_status_id = (
  select max(s.id)
  from statuses s
  where s.thread_id = p.thread_id and s.visibility = 'direct' and s.account_id <> :account_id
    and p.account_id = any (s.involved))
where p.account_id <> :account_id
  and p.last_status_id in (select id from statuses where account_id = :account_id);

-- name: remove_files(account_id)!
-- Hands the account's files to the job that takes them from storage.
insert into removed_files (name)
select name
from (
  select unnest(array[avatar, header, background]) as name from accounts where id = :account_id
  union
  select unnest(array[file, preview]) from media where account_id = :account_id
) names
where name is not null
on conflict do nothing;

-- name: delete(account_id)!
-- Deletes an account with all that hangs on it.
delete from accounts where id = :account_id;
