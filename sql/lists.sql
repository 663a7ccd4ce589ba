-- name: index(viewer_id)$
-- Viewer's lists, newest first.
select concat('[', string_agg(list_json(l), ',' order by l.id desc), ']') from lists l where l.account_id = :viewer_id;

-- name: show(viewer_id, list_id)$
-- One of viewer's lists.
select list_json(l) from lists l where l.id = :list_id and l.account_id = :viewer_id;

-- name: create(viewer_id, title, replies_policy, exclusive)$
-- Makes a list.
insert into lists as l (account_id, title, replies_policy, exclusive)
values (:viewer_id, :title, :replies_policy, :exclusive)
returning list_json(l);

-- name: update(viewer_id, list_id, title, replies_policy, exclusive)$
-- Changes one of viewer's lists; null leaves a value.
update lists as l
set title = coalesce(:title, l.title), replies_policy = coalesce(:replies_policy, l.replies_policy),
    exclusive = coalesce(:exclusive, l.exclusive)
where l.id = :list_id and l.account_id = :viewer_id
returning list_json(l);

-- name: delete(viewer_id, list_id)!
-- Deletes one of viewer's lists.
delete from lists where id = :list_id and account_id = :viewer_id;

-- name: members(viewer_id, list_id, max_id, since_id, min_id, limit)$
-- Accounts on one of viewer's lists, newest first; a limit of 0 gives all.
with bounds as materialized (
       select * from list_bounds('members', :list_id, :max_id, :since_id, :min_id)
     ), page as materialized (
       (select m.id as page_id, m.account_id
        from list_members m
        where m.list_id = :list_id
          and m.id < (select max_id from bounds) and m.id > (select since_id from bounds) and :min_id = 0
          and (select a.present from accounts a where a.id = m.account_id)
        order by m.id desc
        limit nullif(:limit::bigint, 0))
       union all
       (select m.id, m.account_id
        from list_members m
        where m.list_id = :list_id
          and m.id < (select max_id from bounds) and m.id > (select min_id from bounds) and :min_id > 0
          and (select a.present from accounts a where a.id = m.account_id)
        order by m.id
        limit nullif(:limit::bigint, 0))
     )
select accounts_shown.*
from lists l
cross join account_page(
  :viewer_id,
  array(select account_id from page order by page_id desc), array(select page_id from page order by page_id desc)) accounts_shown
where l.id = :list_id and l.account_id = :viewer_id;

-- name: add(viewer_id, list_id, account_ids)!
-- Puts accounts on a list of viewer's; skipped are unknown ones, those that are on it, and those that viewer blocks or
-- that block viewer.
insert into list_members (list_id, account_id)
select :list_id, a.id
from accounts a
where a.id = any (:account_ids) and a.present
  and not exists (select from blocks b where b.account_id = :viewer_id and b.target_id = a.id)
  and not exists (select from blocks b where b.account_id = a.id and b.target_id = :viewer_id)
order by a.id
on conflict do nothing;

-- name: remove(viewer_id, list_id, account_ids)!
-- Takes accounts off a list of viewer's.
delete from list_members m
using lists l
where l.id = :list_id and l.account_id = :viewer_id and m.list_id = l.id and m.account_id = any (:account_ids);

-- name: holding(viewer_id, account_id)$
-- Viewer's lists that hold an account.
select concat('[', string_agg(list_json(l), ',' order by l.id desc), ']')
from lists l
join list_members m on m.list_id = l.id and m.account_id = :account_id
where l.account_id = :viewer_id;
