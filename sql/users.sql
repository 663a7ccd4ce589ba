-- name: create(nickname, email, password_hash, display_name, note, note_source, confirmed, confirmation_pending, hide_favorites, is_admin, is_moderator)^
-- Makes a local account with its login, and returns its id. A taken name violates accounts_address, a taken
-- address users_email.
with account as (
       insert into accounts (nickname, display_name, note, note_source, confirmed, confirmation_pending, hide_favorites,
         is_admin, is_moderator)
       values (:nickname, :display_name, :note, :note_source, :confirmed, :confirmation_pending, :hide_favorites,
         :is_admin, :is_moderator)
       returning id
     ), login as (
       insert into users (account_id, email, password_hash)
       select id, :email, :password_hash from account
     )
select id from account;
