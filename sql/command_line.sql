-- name: has_administrator()^
-- Whether there is an administrator who can log in.
select exists (select from accounts where is_admin and present) as found;

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

-- name: set_flags(account_id, is_admin, is_moderator, locked)!
-- Changes those flags that are not null.
update accounts
set is_admin = coalesce(:is_admin::boolean, is_admin), is_moderator = coalesce(:is_moderator::boolean, is_moderator),
    locked = coalesce(:locked::boolean, locked)
where id = :account_id;
