-- name: lock(viewer_id, status_id)^
-- The status that viewer reacts to (of a reblog: its original), locked, so that reactions come one after the other.
select o.id
from statuses o
where o.id = (
  select coalesce(s.reblog_of_id, s.id) from visible_statuses(:viewer_id) s where s.id = :status_id)
for no key update;

-- name: is_installed(shortcode)^
-- Whether an emoji is installed here.
select exists (select from emojis where shortcode = :shortcode) as yes;

-- name: count(viewer_id, status_id, emoji)^
-- How many emoji viewer has on a status, and whether this is one of them.
select count(*) as reactions, count(*) filter (where r.emoji = :emoji) as same
from status_reactions r
where r.status_id = :status_id and r.account_id = :viewer_id;

-- name: add(viewer_id, status_id, emoji)!
-- Adds a reaction, once, and notifies the author.
with added as (
       insert into status_reactions (status_id, account_id, emoji)
       values (:status_id, :viewer_id, :emoji)
       on conflict do nothing
       returning status_id
     ), marked as (
       update statuses set has_reactions = true where id in (select status_id from added) and not has_reactions
     )
insert into notifications (account_id, from_account_id, status_id, thread_id, type, emoji)
select s.account_id, :viewer_id, s.id, s.thread_id, 'pleroma:emoji_reaction', :emoji
from added
join statuses s on s.id = added.status_id
where wants_notification(s.account_id, :viewer_id)
on conflict do nothing;

-- name: remove(viewer_id, status_id, emoji)!
-- Takes a reaction back, with its notification.
with removed as (
       delete from status_reactions
       where status_id = :status_id and account_id = :viewer_id and emoji = :emoji
       returning status_id
     ), marked as (
       update statuses set has_reactions = false
       where id in (select status_id from removed) and not exists (
         select from status_reactions r
         where r.status_id = :status_id and (r.account_id, r.emoji) <> (:viewer_id, :emoji))
     )
delete from notifications
where status_id in (select status_id from removed) and from_account_id = :viewer_id
  and type = 'pleroma:emoji_reaction' and emoji = :emoji;

-- name: index(viewer_id, status_id, emoji)$
-- Who reacted to a status that viewer may see, by emoji in the order of first use, or with one emoji alone.
with original as materialized (
       select coalesce(s.reblog_of_id, s.id) as id from visible_statuses(:viewer_id) s where s.id = :status_id
     ), used as materialized (
       select r.emoji, min(r.id) as first_id, count(*) as number, bool_or(r.account_id = :viewer_id) as me,
              string_agg(account_json(a, :viewer_id), ',' order by r.id) as accounts
       from status_reactions r
       join accounts a on a.id = r.account_id and a.present
       where r.status_id = (select id from original) and (:emoji::text is null or r.emoji = :emoji)
         and not r.account_id = any (array(select h.account_id from hidden_accounts(:viewer_id, false) h))
       group by r.emoji
     )
select concat('[', string_agg(concat(
    '{"name":', json_text(used.emoji), ',"count":', used.number, ',"me":', used.me::text,
    ',"url":', coalesce(json_text(chr(1) || e.path), 'null'), ',"accounts":[', used.accounts, ']}'),
    ',' order by used.first_id) filter (where e.shortcode is not null or is_character(used.emoji)), ']')
from original
left join used on true
left join emojis e on e.shortcode = used.emoji
group by original.id;
