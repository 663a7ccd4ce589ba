-- name: lock(viewer_id, filter_id)^
-- One of viewer's filters, locked; changes of the filters of one account come one after the other.
select f.id
from accounts a
join filters f on f.account_id = a.id
where a.id = :viewer_id and f.id = :filter_id
for no key update of a;

-- name: counts(viewer_id)^
-- How many filters and keywords viewer has.
select (select count(*) from filters f where f.account_id = :viewer_id) as filters,
       (select count(*) from filters f join filter_keywords k on k.filter_id = f.id where f.account_id = :viewer_id) as keywords;

-- name: index(viewer_id)$
-- Viewer's filters, oldest first, expired ones too.
select concat('[', string_agg(filter_json(f), ',' order by f.id), ']') from filters f where f.account_id = :viewer_id;

-- name: show(viewer_id, filter_id)$
-- One of viewer's filters.
select filter_json(f) from filters f where f.id = :filter_id and f.account_id = :viewer_id;

-- name: create(viewer_id, title, context, action, expires_in)^
-- Makes a filter; expires_in is seconds, null for ever.
insert into filters (account_id, title, context, action, expires_at)
values (:viewer_id, :title, :context, :action, now() + make_interval(secs => :expires_in::double precision))
returning id;

-- name: update(viewer_id, filter_id, title, context, action, change_expiry, expires_in)!
-- Changes one of viewer's filters; null leaves a value.
update filters as f
set title = coalesce(:title, f.title), context = coalesce(:context, f.context), action = coalesce(:action, f.action),
    expires_at = case when :change_expiry then now() + make_interval(secs => :expires_in::double precision) else f.expires_at end
where f.id = :filter_id and f.account_id = :viewer_id;

-- name: delete(viewer_id, filter_id)!
-- Deletes one of viewer's filters.
delete from filters where id = :filter_id and account_id = :viewer_id;

-- name: add_keywords(filter_id, keywords, whole_words)
-- Adds keywords to a filter.
insert into filter_keywords (filter_id, keyword, whole_word)
select :filter_id, keyword, whole_word
from unnest(:keywords::text[], :whole_words::boolean[]) with ordinality as added (keyword, whole_word, place)
order by place
returning id;

-- name: change_keywords(filter_id, ids, keywords, whole_words)
-- Changes keywords of a filter; null leaves a value. The ids of those that are there.
update filter_keywords k
set keyword = coalesce(changed.keyword, k.keyword), whole_word = coalesce(changed.whole_word, k.whole_word)
from unnest(:ids::bigint[], :keywords::text[], :whole_words::boolean[]) as changed (id, keyword, whole_word)
where k.id = changed.id and k.filter_id = :filter_id
returning k.id;

-- name: remove_keywords(filter_id, ids)
-- Removes keywords of a filter. The ids of those that were there.
delete from filter_keywords where filter_id = :filter_id and id = any (:ids::bigint[]) returning id;

-- name: keywords(viewer_id, filter_id)$
-- The keywords of one of viewer's filters.
select concat('[', (
  select string_agg(filter_keyword_json(k), ',' order by k.id) from filter_keywords k where k.filter_id = f.id), ']')
from filters f
where f.id = :filter_id and f.account_id = :viewer_id;

-- name: keyword(viewer_id, keyword_id)$
-- One keyword of viewer's filters, with its filter, and how many keywords that has.
select filter_keyword_json(k), old_filter_json(k, f), k.filter_id, (
  select count(*) from filter_keywords other where other.filter_id = f.id)
from filter_keywords k
join filters f on f.id = k.filter_id
where k.id = :keyword_id and f.account_id = :viewer_id;

-- name: statuses(viewer_id, filter_id)$
-- The statuses of one of viewer's filters.
select concat('[', (
  select string_agg(filter_status_json(s), ',' order by s.id) from filter_statuses s where s.filter_id = f.id), ']')
from filters f
where f.id = :filter_id and f.account_id = :viewer_id;

-- name: status(viewer_id, filter_status_id)$
-- One status of viewer's filters.
select filter_status_json(s)
from filter_statuses s
join filters f on f.id = s.filter_id
where s.id = :filter_status_id and f.account_id = :viewer_id;

-- name: add_status(viewer_id, filter_id, status_id)$
-- Adds a status that viewer may see (of a reblog: its original) to a filter; gives the old one when it is there.
with original as materialized (
       select coalesce(s.reblog_of_id, s.id) as id from visible_statuses(:viewer_id) s where s.id = :status_id
     ), added as (
       insert into filter_statuses as named (filter_id, status_id)
       select :filter_id, id from original
       on conflict (filter_id, status_id) do nothing
       returning filter_status_json(named) as entity
     )
select entity from added
union all
select filter_status_json(s) from filter_statuses s, original where s.filter_id = :filter_id and s.status_id = original.id;

-- name: remove_status(viewer_id, filter_status_id)^
-- Removes a status from viewer's filters.
with gone as (
       delete from filter_statuses s
       using filters f
       where s.id = :filter_status_id and f.id = s.filter_id and f.account_id = :viewer_id
       returning s.id
     )
select gone.id, note_filters_of(:viewer_id) from gone;

-- name: old_index(viewer_id)$
-- The keywords of viewer's filters that are not expired, as filters of the first version.
select concat('[', string_agg(old_filter_json(k, f), ',' order by k.id), ']')
from filters f
join filter_keywords k on k.filter_id = f.id
where f.account_id = :viewer_id and (f.expires_at is null or f.expires_at > now());
