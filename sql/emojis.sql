-- name: lock(key)^
-- Waits until no other process fills the list; the lock ends with the transaction.
select pg_advisory_xact_lock(:key);

-- name: replace(entries)!
-- Makes the list equal to a JSON array of {shortcode, pack, path, tags}; rows that stay as they are are not written.
with wanted as (
       select e.*
       from jsonb_to_recordset(:entries::jsonb) as e (shortcode text, pack text, path text, tags text[])
     ), gone as (
       delete from emojis e
       where not exists (select from wanted w where w.shortcode = e.shortcode)
     )
insert into emojis (shortcode, pack, path, tags)
select shortcode, pack, path, tags from wanted
on conflict (shortcode) do update
set pack = excluded.pack,
    path = excluded.path,
    tags = excluded.tags
where (emojis.pack, emojis.path, emojis.tags) is distinct from (excluded.pack, excluded.path, excluded.tags);

-- name: by_shortcode()$
-- The installed emoji as an object: shortcode to image_url (a path) and tags.
select concat('{', string_agg(concat(
    json_text(shortcode), ':{"image_url":', json_text(path), ',"tags":', to_json(tags), '}'),
  ',' order by shortcode), '}')
from emojis;

-- name: custom_emojis()$
-- The installed emoji as the Mastodon API lists them.
select concat('[', string_agg(emoji_json(e), ',' order by e.shortcode), ']') from emojis e;
