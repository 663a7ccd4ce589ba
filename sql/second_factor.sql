-- name: is_on(account_id)^
-- Whether logging in as an account takes a code as well.
select exists (select from second_factors where account_id = :account_id and key is not null) as found;

-- name: begin(account_id, key)^
-- Stores a key, sealed, that its account has not confirmed yet, and returns whose it is. The one that counts stays.
insert into second_factors (account_id, pending_key) values (:account_id, :key)
on conflict (account_id) do update set pending_key = excluded.pending_key
returning (select nickname from accounts where id = account_id) as nickname;

-- name: pending(account_id)^
-- The key that waits to be confirmed.
select pending_key as key from second_factors where account_id = :account_id and pending_key is not null;

-- name: confirm(account_id, key, step)^
-- Lets a pending key count, unless another one took its place. What somebody got by the password alone and has not turned
-- into a login yet ends, and so does a login that is under way.
with confirmed as (
       update second_factors set key = pending_key, pending_key = null, last_step = :step
       where account_id = :account_id and pending_key = :key
       returning account_id
     )
select account_id, end_ways_in(array[account_id], keep_logins => true) from confirmed;

-- name: set_recovery_codes(account_id, code_hashes)!
-- Replaces the recovery codes of an account.
insert into second_factors (account_id, recovery_codes) values (:account_id, :code_hashes)
on conflict (account_id) do update set recovery_codes = excluded.recovery_codes;

-- name: end(account_id)^
-- Ends the second factor of an account, with its recovery codes and the logins that wait for a code.
with ended as (
       delete from second_factors where account_id = :account_id returning key
     ), logins_gone as (
       delete from waiting_logins where account_id = :account_id
     )
select exists (select from ended where key is not null) as was_on;

-- name: wait(token_hash, account_id, login_version)!
-- Stores a login on our own page that waits for its code.
insert into waiting_logins (token_hash, account_id, login_version) values (:token_hash, :account_id, :login_version);

-- name: wait_for_app(token_hash, account_id, login_version, client_id, client_secret_hash, scopes)^
-- The same for an app: nothing when the scopes go beyond its own, or the secret is not right. The page that lets an app in
-- asks for no secret: null.
insert into waiting_logins (token_hash, account_id, login_version, app_id, scopes)
select :token_hash, :account_id, :login_version::int, p.id, granted_scopes(:scopes, p.scopes)
from apps p
where p.client_id = :client_id and (:client_secret_hash::bytea is null or p.client_secret_hash = :client_secret_hash)
  and granted_scopes(:scopes, p.scopes) is not null
returning app_id;

-- name: waiting(token_hash, client_id, client_secret_hash)^
-- A login that waits for its code, with all that decides about it. It belongs to its app, or to none: null. Nothing when it is
-- over its time, or its account may not log in any more.
select w.account_id, w.login_version, w.scopes, a.nickname, f.key
from waiting_logins w
join accounts a on a.id = w.account_id and a.login_version = w.login_version and a.present
join second_factors f on f.account_id = w.account_id and f.key is not null
left join apps p on p.id = w.app_id
where w.token_hash = :token_hash and w.created_at > now() - interval '5 minutes'
  and p.client_id is not distinct from :client_id::text
  and (:client_secret_hash::bytea is null or p.client_secret_hash = :client_secret_hash);

-- name: spend_step(account_id, key, step)^
-- Takes the code of a step of the clock, unless it or a later one was taken before.
update second_factors set last_step = :step
where account_id = :account_id and key = :key and last_step < :step
returning account_id;

-- name: spend_recovery_code(account_id, code_hash)^
-- Takes a recovery code, once.
update second_factors set recovery_codes = array_remove(recovery_codes, :code_hash::bytea)
where account_id = :account_id and key is not null and :code_hash = any (recovery_codes)
returning account_id;

-- name: finish(token_hash)^
-- Ends the wait of a login, once.
delete from waiting_logins where token_hash = :token_hash returning account_id;
