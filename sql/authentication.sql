-- name: by_token(token_hash)$
-- Who a bearer token speaks for.
select b.token_id, b.app_id, array_to_string(b.scopes, ' '), b.account_id, b.is_admin, b.is_moderator, b.stale
from bearer(:token_hash) b;

-- name: touch_token(token_id)!
-- Notes that a token was used.
update tokens set last_used_at = now() where id = :token_id;

-- name: by_session(id_hash)^
-- Who a session cookie speaks for.
select a.id as account_id, a.nickname, a.is_admin, a.is_moderator, a.login_version, s.last_used_at < now() - interval '1 day' as stale
from sessions s
join accounts a on a.id = s.account_id
where s.id_hash = :id_hash
  and s.last_used_at > now() - interval '60 days'
  and a.login_version = s.login_version
  and a.present;

-- name: touch_session(id_hash)!
-- Notes that a session was used.
update sessions set last_used_at = now() where id_hash = :id_hash;

-- name: by_login(login, address)^
-- The local account of a nickname or e-mail address, in any letter case, with all that decides about its login.
-- throttled: its password was guessed too often (by this client's address, or by all).
select a.id as account_id, a.nickname, a.is_admin, a.is_moderator, a.active, a.present, a.login_version,
       u.password_hash, u.password_reset_required,
       exists (select from second_factors f where f.account_id = a.id and f.key is not null) as has_second_factor,
       setting('rate_limits') = 'true' and exists (
         select
         from rate_limits r
         where r.key in (concat('password:', a.id, ':', :address::text), concat('password:', a.id), concat('password:', :address::text))
           and r.ends_at > now()
           and r.hits >= case r.key when concat('password:', a.id) then 60 when concat('password:', :address::text) then 300 else 20 end
       ) as throttled
from accounts a
join users u on u.account_id = a.id
where a.id = coalesce(
  (select id from accounts where lower(nickname) = lower(:login) and coalesce(domain, '') = ''),
  (select account_id from users where lower(email) = lower(:login)));

-- name: by_account(account_id)^
-- The same for an account that is known, and logged in.
select a.id as account_id, a.nickname, a.is_admin, a.is_moderator, a.active, a.present, a.login_version,
       u.password_hash, u.password_reset_required
from accounts a
join users u on u.account_id = a.id
where a.id = :account_id;

-- name: open_session(id_hash, account_id, login_version)!
-- Stores a new session.
insert into sessions (id_hash, account_id, login_version) values (:id_hash, :account_id, :login_version);

-- name: close_session(id_hash)!
-- Ends one session.
delete from sessions where id_hash = :id_hash;

-- name: settings(names)
-- Those of the named settings that were changed at run time.
select name, value from settings where name = any (:names);
