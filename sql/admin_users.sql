-- name: index(query, name, email, local, external, active, deactivated, is_admin, is_moderator, tags, limit, offset)^
-- A page of users by nickname, and how many there are in all. Empty texts and lists do not narrow.
with matching as materialized (
       select a.id, a.nickname, a.domain
       from accounts a
       where (:query::text = '' or lower(concat_ws('@', a.nickname, a.domain)) like '%%' || :query || '%%')
         and (:name::text = '' or lower(a.display_name) like '%%' || :name || '%%')
         and (:email::text = '' or a.id = (select u.account_id from users u where lower(u.email) = :email))
         and (not :local or a.domain is null) and (not :external or a.domain is not null)
         and (not :active or a.active) and (not :deactivated or not a.active)
         and (not :is_admin or a.is_admin) and (not :is_moderator or a.is_moderator)
         and (cardinality(:tags::text[]) = 0 or a.tags && :tags::text[])
     ), page as (
       select id, row_number() over (order by lower(nickname), domain nulls first) as place
       from matching
       order by place
       limit :limit offset :offset
     )
select concat('[', (select string_agg(user_json(a), ',' order by page.place) from page join accounts a on a.id = page.id), ']') as users,
       (select count(*) from matching) as count;

-- name: find(name, account_id)^
-- An account by id or nickname in any letter case; the id is tried first.
select a.id, a.nickname, a.domain, a.active, a.present, a.is_admin, a.is_moderator
from accounts a
where a.id = coalesce(
  (select id from accounts where id = :account_id),
  (select id from accounts
   where lower(nickname) = lower(split_part(:name, '@', 1)) and coalesce(domain, '') = lower(split_part(:name, '@', 2))));

-- name: find_all(names)
-- Accounts by nickname in any letter case, in the order asked; null for those that are not there.
select wanted.place, a.id, a.nickname, a.domain, a.active, a.present, a.is_admin, a.is_moderator
from unnest(:names::text[]) with ordinality as wanted (name, place)
left join accounts a on lower(a.nickname) = lower(split_part(wanted.name, '@', 1))
  and coalesce(a.domain, '') = lower(split_part(wanted.name, '@', 2))
order by wanted.place;

-- name: user(account_id)$
-- One User.
select user_json(a) from accounts a where a.id = :account_id;

-- name: users(account_ids)$
-- Users in the order of their ids' list.
select concat('[', string_agg(user_json(a), ',' order by wanted.place), ']')
from unnest(:account_ids::bigint[]) with ordinality as wanted (id, place)
join accounts a on a.id = wanted.id;

-- name: lock_administrators(actor_id)^
-- How many administrators are active, all locked, so that no two calls change who they are together, and whether the
-- actor is one of them by now.
with locked as (select id from accounts where is_admin and present order by id for no key update)
select count(*) as number, count(*) filter (where id = :actor_id) > 0 as has_actor from locked;

-- name: add_tags(account_ids, tags)!
-- Appends tags, each once, in order, to those that lack some.
update accounts a
set tags = a.tags || array(
  select added.tag from unnest(:tags::text[]) with ordinality as added (tag, place)
  where not added.tag = any (a.tags)
  order by added.place)
where a.id = any (:account_ids::bigint[]) and not a.tags @> :tags;

-- name: remove_tags(account_ids, tags)!
-- Removes tags from those that have some.
update accounts a
set tags = array(
  select kept.tag from unnest(a.tags) with ordinality as kept (tag, place)
  where not kept.tag = any (:tags::text[])
  order by kept.place)
where a.id = any (:account_ids::bigint[]) and a.tags && :tags;

-- name: set_admin(account_ids, value)
-- Gives or takes the role; the ids of those that changed.
update accounts set is_admin = :value where id = any (:account_ids::bigint[]) and is_admin <> :value returning id;

-- name: set_moderator(account_ids, value)
-- Gives or takes the role; the ids of those that changed.
update accounts set is_moderator = :value where id = any (:account_ids::bigint[]) and is_moderator <> :value returning id;

-- name: require_password_reset(account_ids)^
-- Ends all that lets somebody in as accounts, and marks them so that they must set a new password. Returns the ids of
-- those that were not marked yet.
with marked as (
       update users set password_reset_required = true
       where account_id = any (:account_ids::bigint[]) and not password_reset_required
       returning account_id
     )
select array(select account_id from marked) as ids, end_ways_in(:account_ids);

-- name: make_password_reset(account_id, token_hash)!
-- Stores a reset link of an account.
insert into password_resets (token_hash, account_id, login_version)
select :token_hash, id, login_version from accounts where id = :account_id;

-- name: statuses(account_id, godmode, limit, offset)$
-- An account's statuses and reblogs, newest first, as nobody in particular sees them; with godmode all of them.
with chosen as materialized (
       select array(
         select s.id
         from statuses s
         where s.account_id = :account_id and is_current(s) and (:godmode or s.visibility in ('public', 'unlisted'))
         order by s.id desc
         limit :limit offset :offset
       ) as ids
     )
select page.body from chosen, status_page(0, chosen.ids) page;
