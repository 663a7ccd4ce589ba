-- name: record(actor_id, action, message, data)!
-- Logs what an actor did; the message begins with the actor's name.
insert into moderation_log (actor_id, action, message, data)
select a.id, :action, concat('@', a.nickname, ' ', :message::text),
       jsonb_build_object('actor', jsonb_build_object('id', a.id::text, 'nickname', a.nickname, 'type', 'user'),
         'action', :action::text, 'message', concat('@', a.nickname, ' ', :message::text)) || :data::jsonb
from accounts a
where a.id = :actor_id;

-- name: index(user_id, search, starts_at, ends_at, limit, offset)$
-- A page of the log, newest first, with how many entries fit.
with matching as materialized (
       select l.id
       from moderation_log l
       where (:user_id::bigint = 0 or l.actor_id = :user_id)
         and (:search::text = '' or lower(l.message) like '%%' || :search || '%%')
         and (:starts_at::timestamptz is null or l.created_at >= :starts_at)
         and (:ends_at::timestamptz is null or l.created_at <= :ends_at)
     ), page as (
       select id from matching order by id desc limit :limit offset :offset
     )
select concat('{"items":[', (
         select string_agg(concat('{"time":', extract(epoch from l.created_at)::bigint,
           ',"message":', json_text(l.message), ',"data":', l.data, '}'), ',' order by l.id desc)
         from page
         join moderation_log l on l.id = page.id), '],"total":', (select count(*) from matching), '}');
