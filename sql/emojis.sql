-- name: lock(key)^
-- Waits until no other process fills the list; the lock ends with the transaction.
select pg_advisory_xact_lock(:key);

-- name: replace_sources(source, entries)!
-- Makes what a source holds, or what all do when it is null, equal to a JSON array of
-- {source, position, shortcode, path, tags}; rows that stay as they are are not written.
with wanted as (
       select e.*
       from jsonb_to_recordset(:entries::jsonb)
         as e (source text, position smallint, shortcode text, path text, tags text[])
     ), gone as (
       delete from emoji_sources e
       where e.source = coalesce(:source::text, e.source)
         and not exists (select from wanted w where w.source = e.source and w.shortcode = e.shortcode)
     )
insert into emoji_sources (source, position, shortcode, path, tags)
select source, position, shortcode, path, tags from wanted
on conflict (source, shortcode) do update
set path = excluded.path,
    tags = excluded.tags
where (emoji_sources.path, emoji_sources.tags) is distinct from (excluded.path, excluded.tags);

-- name: has_sources()^
-- Whether any emoji is known.
select exists (select from emoji_sources) as yes;

-- name: choose()!
-- Of the sources that have an emoji of the same shortcode, the last one shows it.
with chosen as (
       select distinct on (shortcode)
         shortcode,
         case when position = 0 then source end as pack,
         path,
         tags
       from emoji_sources
       order by shortcode, position desc, source desc
     ), gone as (
       delete from emojis e
       where not exists (select from emoji_sources s where s.shortcode = e.shortcode)
     )
insert into emojis (shortcode, pack, path, tags)
select shortcode, pack, path, tags from chosen
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
