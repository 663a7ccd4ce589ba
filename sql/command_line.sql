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
