-- name: create_app(client_id, client_secret_hash, name, website, redirect_uri, redirect_uris, scopes)^
-- Stores an app and returns its id.
insert into apps (client_id, client_secret_hash, name, website, redirect_uri, redirect_uris, scopes)
values (:client_id, :client_secret_hash, :name, :website, :redirect_uri, :redirect_uris, :scopes)
returning id;

-- name: app(app_id)^
-- What an app says of itself.
select name, website from apps where id = :app_id;

-- name: client(client_id)^
-- The app that asks somebody for a login.
select client_id, name, website, redirect_uris, scopes from apps where client_id = :client_id;

-- name: create_code(client_id, account_id, login_version, code_hash, redirect_uri, scopes, code_challenge)^
-- Stores an authorization code; nothing when the scopes go beyond the app's. redirect_uri is as the app sent it.
insert into authorization_codes (code_hash, app_id, account_id, login_version, redirect_uri, scopes, code_challenge)
select :code_hash, p.id, :account_id, :login_version::int, :redirect_uri, granted_scopes(:scopes, p.scopes), :code_challenge
from apps p
where p.client_id = :client_id and granted_scopes(:scopes, p.scopes) is not null
returning app_id;

-- name: issue(client_id, client_secret_hash, account_id, login_version, scopes, token_hash, refresh_hash)^
-- Makes a token of an app for an account, or with null for the app alone. Nothing when the client is not right or
-- the scopes go beyond its own.
with made as (
       insert into tokens (token_hash, refresh_hash, app_id, account_id, login_version, scopes)
       select :token_hash, :refresh_hash, p.id, :account_id::bigint, :login_version::int, granted_scopes(:scopes, p.scopes)
       from apps p
       where p.client_id = :client_id and p.client_secret_hash = :client_secret_hash
         and granted_scopes(:scopes, p.scopes) is not null
       returning account_id, scopes, created_at
     )
select made.scopes, made.created_at, a.nickname
from made
left join accounts a on a.id = made.account_id;

-- name: redeem(client_id, client_secret_hash, code_hash, redirect_uri, code_challenge, token_hash, refresh_hash)^
-- Turns an authorization code into a token, once. Nothing when client, code, address or challenge is not right, the
-- code is over its time or its account may not log in.
with code as (
       delete from authorization_codes c
       using apps p, accounts a
       where c.code_hash = :code_hash and c.redirect_uri = :redirect_uri
         and (c.code_challenge is null or c.code_challenge = :code_challenge)
         and c.created_at > now() - interval '10 minutes'
         and p.id = c.app_id and p.client_id = :client_id and p.client_secret_hash = :client_secret_hash
         and a.id = c.account_id and a.login_version = c.login_version and a.present
       returning c.code_hash, c.app_id, c.account_id, c.login_version, c.scopes, a.nickname
     ), made as (
       insert into tokens (token_hash, refresh_hash, app_id, account_id, login_version, code_hash, scopes)
       select :token_hash, :refresh_hash, app_id, account_id, login_version, code_hash, scopes from code
       returning scopes, created_at
     )
select made.scopes, made.created_at, code.nickname from made, code;

-- name: end_token_of_code(code_hash)!
-- Ends the token that a code was turned into.
delete from tokens where code_hash = :code_hash;

-- name: refresh(client_id, client_secret_hash, old_refresh_hash, scopes, token_hash, refresh_hash)^
-- Replaces the secrets of a token by new ones. The row stays, and with it what belongs to it.
update tokens t
set token_hash = :token_hash, refresh_hash = :refresh_hash, scopes = granted_scopes(:scopes, t.scopes),
    created_at = now(), last_used_at = now()
from apps p
where t.refresh_hash = :old_refresh_hash and t.last_used_at > now() - interval '1 year'
  and p.id = t.app_id and p.client_id = :client_id and p.client_secret_hash = :client_secret_hash
  and granted_scopes(:scopes, t.scopes) is not null
  and (t.account_id is null or exists (
    select from accounts a
    where a.id = t.account_id and a.login_version = t.login_version and a.present))
returning t.id as token_id, t.scopes, t.created_at, (select a.nickname from accounts a where a.id = t.account_id) as nickname,
  exists (select from push_subscriptions s where s.token_id = t.id) as is_pushed_to;

-- name: revoke(client_id, client_secret_hash, token_hash)!
-- Ends a token, named by itself or by its refresh token, when it is the client's own.
delete from tokens t
using apps p
where (t.token_hash = :token_hash or t.refresh_hash = :token_hash)
  and p.id = t.app_id and p.client_id = :client_id and p.client_secret_hash = :client_secret_hash;

-- name: tokens(account_id)$
-- The account's tokens that still work, the newest first.
select concat('[', string_agg(concat(
    '{"id":', t.id, ',"app_name":', json_text(p.name),
    ',"valid_until":', json_time(t.last_used_at + interval '1 year'), '}'), ',' order by t.id desc), ']')
from tokens t
join apps p on p.id = t.app_id
join accounts a on a.id = t.account_id and a.login_version = t.login_version
where t.account_id = :account_id and t.last_used_at > now() - interval '1 year';

-- name: end_token(account_id, token_id)!
-- Ends one of the account's tokens.
delete from tokens where id = :token_id and account_id = :account_id;

-- name: issue_to(app_id, account_id, scopes, token_hash, refresh_hash)^
-- Makes a token for an account that an app has just registered.
insert into tokens (token_hash, refresh_hash, app_id, account_id, scopes)
values (:token_hash, :refresh_hash, :app_id, :account_id, :scopes)
returning scopes, created_at;
