-- name: keep_captcha(token_hash, kind, answer_hash)!
-- Keeps what the right answer to a captcha is.
insert into captchas (token_hash, kind, answer_hash) values (:token_hash, :kind, :answer_hash);

-- name: lock_captcha(token_hash, seconds)^
-- A captcha, locked until the registration is through; digest is that of its right answer.
select kind, encode(answer_hash, 'hex') as digest, used,
       created_at < now() - make_interval(secs => :seconds::double precision) as is_over
from captchas
where token_hash = :token_hash
for update;

-- name: use_captcha(token_hash)!
-- Uses a captcha up.
update captchas set used = true where token_hash = :token_hash;

-- name: lock_invite(token)^
-- An invite, locked until the registration is through; is_over when it is used up or out of date.
select id, used or coalesce(uses >= max_use, false) or coalesce(expires_at < current_date, false) as is_over
from invites
where token = :token
for update;

-- name: use_invite(invite_id)!
-- Counts one registration with an invite.
update invites
set uses = uses + (max_use is not null)::int,
    used = case when max_use is not null then uses + 1 >= max_use else expires_at is null end
where id = :invite_id;

-- name: taken(nickname, email)^
-- Whether a nickname or an address belongs to somebody, in any letter case; a nickname also to somebody whom others knew.
select exists (select from accounts where lower(nickname) = lower(:nickname) and coalesce(domain, '') = '')
         or exists (select from tombstones where path = '/users/' || lower(:nickname)) as nickname,
       exists (select from users where lower(email) = lower(:email)) as email;

-- name: mark_emoji(account_id, shortcodes)!
-- Notes which installed emoji an account's texts show.
update accounts
set emoji_codes = array(select e.shortcode from emojis e where e.shortcode = any (:shortcodes::text[]))
where id = :account_id;

-- name: emoji_pictures(shortcodes)
-- The pictures of those of the shortcodes that are installed.
select shortcode, path from emojis where shortcode = any (:shortcodes::text[]);

-- name: user_object(account_id, name_html, description)$
-- The user object of the Pleroma API document for an account that was just made.
select concat(
    '{"id":"', a.id, '","screen_name":', json_text(a.nickname), ',"name":', json_text(a.display_name),
    ',"name_html":', json_text(:name_html::text), ',"description":', json_text(:description::text),
    ',"description_html":', json_text(a.note),
    ',"created_at":"', to_char(a.created_at at time zone 'UTC', 'Dy Mon DD HH24:MI:SS "+0000" YYYY'),
    '","background_image":null,"cover_photo":', json_text(file_url(null, '/images/banner.png')),
    ',"profile_image_url":', picture.url, ',"profile_image_url_https":', picture.url,
    ',"profile_image_url_original":', picture.url, ',"profile_image_url_profile_size":', picture.url,
    ',"default_scope":', json_text(u.privacy),
    ',"favourites_count":0,"followers_count":0,"friends_count":0,"statuses_count":0,"fields":[]',
    ',"following":false,"follows_you":false,"is_local":true,"locked":false,"no_rich_text":false',
    ',"statusnet_blocking":false,"statusnet_profile_url":', json_text(chr(1) || '/users/' || a.nickname),
    ',"pleroma":{"tags":[],"confirmation_pending":', a.confirmation_pending::text,
    '},"rights":{"delete_others_notice":false}}')
from accounts a
join users u on u.account_id = a.id
cross join lateral (select json_text(file_url(null, '/images/avi.png')) as url) picture
where a.id = :account_id;

-- name: waiting(email, nickname)^
-- The account with an address or nickname, when it waits for confirmation and confirmation is required.
select a.id, a.nickname, a.display_name, u.email
from accounts a
join users u on u.account_id = a.id
where (lower(u.email) = lower(:email) or :email = '' and lower(a.nickname) = lower(:nickname))
  and a.active and not a.present;

-- name: mail_confirmation(account_id, nickname, display_name, email, token)^
-- Stores the job that mails a confirmation link.
select defer_mail('confirmation', :email, :display_name, jsonb_build_object(
  'nickname', :nickname::text, 'account_id', :account_id::bigint, 'token', :token::text)) as job;

-- name: unconfirmed(account_id)^
-- The address of an account that waits for confirmation.
select u.email
from accounts a
join users u on u.account_id = a.id
where a.id = :account_id and (a.confirmation_pending or not a.confirmed);

-- name: confirm(account_id, email)!
-- Confirms an account whose address is still the one.
update accounts a
set confirmed = true, confirmation_pending = false
from users u
where a.id = :account_id and u.account_id = a.id and u.email = :email and (a.confirmation_pending or not a.confirmed);
