-- name: statuses(viewer_id, query, account_id, max_id, min_id, limit, offset)$
-- Public statuses, and viewer's own, that hold all words of a query, newest first. A frequent word is found among
-- the newest statuses (compared letter by letter first, which is cheaper than taking a text to pieces); for a rare
-- one, all that hold it are looked up in the index.
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
         where (select is_enough from reach) and s.account_id = :viewer_id and s.reblog_of_id is null
           and s.id < :max_id and s.id > (select r.id from reach r)
           and to_tsvector('simple', s.source || '') @@ plainto_tsquery('simple', :query)
         union
         select s.id
         from wanted_statuses(:viewer_id, false) s
         where not (select is_enough from reach) and s.reblog_of_id is null and s.visibility = 'public'
           and to_tsvector('simple', s.source) @@ plainto_tsquery('simple', :query)
           and (:account_id = 0 or s.account_id = :account_id) and s.id < :max_id and s.id > :min_id
         union
         select s.id
         from statuses s
         where not (select is_enough from reach) and s.account_id = :viewer_id and s.reblog_of_id is null
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

-- name: hashtags(prefix, limit, offset)
-- Tags in use that start with a prefix.
select tag from status_tags where tag like :prefix || '%%' group by tag order by tag limit :limit offset :offset;
