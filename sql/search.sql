-- name: statuses(viewer_id, query, account_id, max_id, min_id, limit, offset)$
-- Public statuses, and viewer's own, that hold all words of a query, newest first.
with chosen as materialized (
       select array(
         select s.id
         from wanted_statuses(:viewer_id, false) s
         where s.reblog_of_id is null and s.visibility = 'public'
           and to_tsvector('simple', s.source) @@ plainto_tsquery('simple', :query)
           and (:account_id::bigint = 0 or s.account_id = :account_id) and s.id < :max_id and s.id > :min_id
         union
         select s.id
         from statuses s
         where s.account_id = :viewer_id and s.reblog_of_id is null
           and to_tsvector('simple', s.source) @@ plainto_tsquery('simple', :query)
           and (:account_id::bigint = 0 or s.account_id = :account_id) and s.id < :max_id and s.id > :min_id
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
