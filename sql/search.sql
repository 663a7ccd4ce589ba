-- name: statuses(viewer_id, query, account_id, max_id, min_id, limit, offset)$
-- Public statuses, and viewer's own, that hold all words of a query, newest first. A frequent word is found among
-- the newest statuses (compared letter by letter first, which is cheaper than taking a text to pieces); for a rare
-- one, all that hold it are looked up in the index: of one that is in very many, but not in the newest, some of them.
with recent as materialized (
       select s.id
       from (
         select w.id, w.source
         from statuses w
         where w.visibility = 'public' and w.reblog_of_id is null and w.id < :max_id and w.id > :min_id
         order by w.id desc
         limit 4000 + 10 * :offset::bigint
       ) newest
       cross join lateral (
         select v.id from wanted_statuses(:viewer_id, false) v where v.id = newest.id
       ) s
       where :account_id::bigint = 0 and plainto_tsquery('simple', :query) <> ''::tsquery
         and lower(newest.source) like all (array(
           select '%%' || replace(word, '\', '\\') || '%%' from unnest(tsvector_to_array(to_tsvector('simple', :query))) word))
         and to_tsvector('simple', newest.source) @@ plainto_tsquery('simple', :query)
       order by newest.id desc
       limit :limit + :offset
     ), reach as materialized (
       select count(*) >= :limit + :offset as is_enough, min(id) as id from recent
     ), chosen as materialized (
       select array(
         select id from recent
         union
         select s.id
         from statuses s
         where (select is_enough from reach) and s.account_id = :viewer_id and is_current(s) and s.reblog_of_id is null
           and s.id < :max_id and s.id > (select r.id from reach r)
           and to_tsvector('simple', s.source || '') @@ plainto_tsquery('simple', :query)
         union
         select s.id
         from (
           select found.id from statuses_with_words(:query, :max_id, :min_id) found
           where not (select is_enough from reach) and :account_id = 0
         ) found
         cross join lateral (
           select v.id from wanted_statuses(:viewer_id, false) v where v.id = found.id and v.visibility = 'public' limit 1
         ) s
         union
         select s.id
         from wanted_statuses(:viewer_id, false) s
         where :account_id <> 0 and s.account_id = :account_id and s.reblog_of_id is null and s.visibility = 'public'
           and to_tsvector('simple', s.source) @@ plainto_tsquery('simple', :query)
           and s.id < :max_id and s.id > :min_id
         union
         select s.id
         from statuses s
         where not (select is_enough from reach) and s.account_id = :viewer_id and is_current(s) and s.reblog_of_id is null
           and to_tsvector('simple', s.source) @@ plainto_tsquery('simple', :query)
           and (:account_id = 0 or s.account_id = :account_id) and s.id < :max_id and s.id > :min_id
         order by id desc
         limit :limit offset :offset
       ) as ids
     )
select page.body from chosen, status_page(:viewer_id, chosen.ids) page;

-- name: status_by_uuid(uuid)^
-- The id of the status that an object address names.
select id from statuses where uuid = :uuid::uuid;

-- name: at_address(address)^
-- The account or the status elsewhere that an address names: an id, or a page.
select (
         select a.id from accounts a where a.uri = :address and a.present
         union all
         select a.id from accounts a where a.url = :address and a.uri is not null and a.present
         limit 1
       ) as account_id, (
         select s.id from statuses s where s.uuid = uuid_of(:address) and s.uri = :address and s.reblog_of_id is null
         union all
         select s.id
         from statuses s
         where uuid_of(s.url) = uuid_of(:address) and s.url <> s.uri and s.url = :address and s.reblog_of_id is null
         limit 1
       ) as status_id;

-- name: hashtags(prefix, limit, offset)
-- Tags that start with a prefix and that a public status holds, in their order. The index is searched for each next
-- tag, until there are enough; so that many tags that nobody may see cost little, at most 2,000 tags are looked at, and
-- the newest 50 statuses of each.
with recursive tags as (
       select ''::text collate "C" as tag, false as is_shown, 0 as shown, 0 as place
       union all
       select following.tag, public.is_shown, tags.shown + public.is_shown::int, tags.place + 1
       from tags
       cross join lateral (
         select t.tag
         from status_tags t
         where t.tag > tags.tag and t.tag >= :prefix and t.tag < :prefix || chr(1114111)
         order by t.tag
         limit 1
       ) following
       cross join lateral (
         select exists (
           select
           from (
             select t.status_id from status_tags t where t.tag = following.tag order by t.status_id desc limit 50
           ) newest
           join visible_statuses(0) s on s.id = newest.status_id
           where s.visibility = 'public'
         ) as is_shown
       ) public
       where tags.shown < :limit::int + :offset::int and tags.place < 2000
     )
select tag from tags where is_shown order by tag limit :limit offset :offset;
