-- name: preferences(account_id)$
-- Preferences of an account.
select json_build_object(
    'posting:default:visibility', u.privacy, 'posting:default:sensitive', a.sensitive,
    'posting:default:language', u.language, 'reading:expand:media', 'default', 'reading:expand:spoilers', false)::text
from accounts a
join users u on u.account_id = a.id
where a.id = :account_id;

-- name: keep_web_settings(account_id, data)!
-- Stores a front end's settings.
update users set web_settings = :data::jsonb where account_id = :account_id;

-- name: lock(account_id)^
-- An account's profile as it stands, locked for a change.
select a.display_name, a.note_source, a.fields, u.settings_store
from accounts a
join users u on u.account_id = a.id
where a.id = :account_id
for no key update of a;

-- name: mentionable(nicknames, domains)
-- The accounts that handles name.
select a.id, a.nickname, a.domain, coalesce(a.url, a.uri) as url
from unnest(:nicknames::text[], :domains::text[]) as handle (nickname, domain)
join accounts a on lower(a.nickname) = handle.nickname and coalesce(a.domain, '') = handle.domain
where a.present;

-- name: emoji_codes(shortcodes)^
-- Those of the shortcodes that are installed.
select array(select shortcode from emojis where shortcode = any (:shortcodes::text[])) as codes;

-- name: update(account_id, display_name, note, note_source, fields, avatar, header, background, emoji_codes, locked, bot, discoverable, hide_followers, hide_follows, hide_followers_count, hide_follows_count, hide_favorites, show_role, skip_thread_containment, no_rich_text, disclose_client, sensitive)!
-- Changes a profile; null leaves a value, a picture's empty text clears it.
update accounts a
set display_name = coalesce(:display_name, a.display_name),
    note = coalesce(:note, a.note), note_source = coalesce(:note_source, a.note_source),
    fields = coalesce(:fields::jsonb, a.fields),
    avatar = case when :avatar::text is null then a.avatar else nullif(:avatar, '') end,
    header = case when :header::text is null then a.header else nullif(:header, '') end,
    background = case when :background::text is null then a.background else nullif(:background, '') end,
    emoji_codes = coalesce(:emoji_codes, a.emoji_codes),
    locked = coalesce(:locked, a.locked), bot = coalesce(:bot, a.bot),
    discoverable = coalesce(:discoverable, a.discoverable),
    hide_followers = coalesce(:hide_followers, a.hide_followers), hide_follows = coalesce(:hide_follows, a.hide_follows),
    hide_followers_count = coalesce(:hide_followers_count, a.hide_followers_count),
    hide_follows_count = coalesce(:hide_follows_count, a.hide_follows_count),
    hide_favorites = coalesce(:hide_favorites, a.hide_favorites), show_role = coalesce(:show_role, a.show_role),
    skip_thread_containment = coalesce(:skip_thread_containment, a.skip_thread_containment),
    no_rich_text = coalesce(:no_rich_text, a.no_rich_text),
    disclose_client = coalesce(:disclose_client, a.disclose_client), sensitive = coalesce(:sensitive, a.sensitive)
where a.id = :account_id;

-- name: update_user(account_id, privacy, language, settings_store)!
-- Changes what only the owner sees; null leaves a value, and settings of front ends that are not named stay.
update users u
set privacy = coalesce(:privacy, u.privacy), language = coalesce(:language, u.language),
    settings_store = u.settings_store || coalesce(:settings_store::jsonb, '{}')
where u.account_id = :account_id;

-- name: lock_with_waiting(account_id)
-- Locks, in the order of their ids, an account and everybody whose follow request it is about to accept.
select id
from accounts
where id = :account_id or id in (select follower_id from follow_requests where followed_id = :account_id)
order by id
for no key update;

-- name: waiting(account_id)
-- Follow requests that stand open when an account is no longer locked.
select follower_id from follow_requests where followed_id = :account_id order by follower_id;
