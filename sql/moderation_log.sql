-- name: status_deleted(actor_id, status_id)!
-- Logs that staff deleted somebody else's status.
insert into moderation_log (actor_id, action, message, data)
select a.id, 'status_delete', concat('@', a.nickname, ' deleted status #', :status_id::bigint),
       jsonb_build_object(
         'actor', jsonb_build_object('id', a.id::text, 'nickname', a.nickname, 'type', 'user'),
         'action', 'status_delete', 'subject_id', (:status_id::bigint)::text)
from accounts a
where a.id = :actor_id;
