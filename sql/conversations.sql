-- name: index(viewer_id, max_id, since_id, min_id, limit)$
-- Viewer's conversations that show a status, the last change first, paged by the newest status that viewer was sent.
with page as materialized (
       (select p.id, p.last_status_id
        from participations p
        cross join lateral last_of_conversation(:viewer_id, p.thread_id, p.last_status_id) shown
        where p.account_id = :viewer_id and not p.hidden and p.last_status_id < :max_id and p.last_status_id > :since_id
          and :min_id = 0
        order by p.last_status_id desc
        limit :limit)
       union all
       (select p.id, p.last_status_id
        from participations p
        cross join lateral last_of_conversation(:viewer_id, p.thread_id, p.last_status_id) shown
        where p.account_id = :viewer_id and not p.hidden and p.last_status_id < :max_id and p.last_status_id > :min_id
          and :min_id > 0
        order by p.last_status_id
        limit :limit)
     ), chosen as materialized (select array(select id from page order by last_status_id desc) as ids)
select concat('[', string_agg(e.entity, ',' order by e.place), ']'),
       (select max(last_status_id) from page), (select min(last_status_id) from page)
from chosen, conversation_entities(:viewer_id, chosen.ids) e;

-- name: conversation(viewer_id, conversation_id)$
-- One of viewer's conversations.
with chosen as materialized (
       select array[p.id] as ids from participations p where p.id = :conversation_id and p.account_id = :viewer_id
     )
select e.entity from chosen, conversation_entities(:viewer_id, chosen.ids) e;

-- name: statuses(viewer_id, conversation_id, max_id, since_id, min_id, limit)$
-- The statuses of a conversation's thread that viewer may see, newest first; nothing when it is not viewer's.
with mine as materialized (
       select p.thread_id from participations p where p.id = :conversation_id and p.account_id = :viewer_id
     ), page as (
       (select s.id
        from unblocked_statuses(:viewer_id) s
        where s.thread_id = (select thread_id from mine) and s.reblog_of_id is null
          and s.id < :max_id and s.id > :since_id and :min_id = 0
        order by s.id desc
        limit :limit)
       union all
       (select s.id
        from unblocked_statuses(:viewer_id) s
        where s.thread_id = (select thread_id from mine) and s.reblog_of_id is null
          and s.id < :max_id and s.id > :min_id and :min_id > 0
        order by s.id
        limit :limit)
     ), chosen as materialized (select array(select id from page order by id desc) as ids)
select page.* from mine, chosen, status_page(:viewer_id, chosen.ids) page;

-- name: read(viewer_id, conversation_id)^
-- Marks one of viewer's conversations as read.
update participations set unread = false where id = :conversation_id and account_id = :viewer_id returning id;

-- name: read_all(viewer_id)
-- Marks all of viewer's conversations as read; the ids of those that changed.
update participations set unread = false where account_id = :viewer_id and unread returning id;

-- name: entities(viewer_id, conversation_ids)$
-- Conversations of viewer's by id, the newest first.
with chosen as materialized (
       select array(
         select p.id from participations p where p.id = any (:conversation_ids::bigint[]) order by p.last_status_id desc
       ) as ids
     )
select concat('[', string_agg(e.entity, ',' order by e.place), ']')
from chosen, conversation_entities(:viewer_id, chosen.ids) e;

-- name: hide(viewer_id, conversation_id)!
-- Takes a conversation off viewer's list until a new direct status comes.
update participations set hidden = true where id = :conversation_id and account_id = :viewer_id;

-- name: own(viewer_id, conversation_id)^
-- Whether a conversation is viewer's, locked for a change.
select id from participations where id = :conversation_id and account_id = :viewer_id for update;

-- name: known_accounts(account_ids)^
-- How many of the accounts there are.
select count(*) as number from accounts where id = any (:account_ids::bigint[]) and present;

-- name: set_recipients(conversation_id, account_ids)!
-- Replaces the recipients of a conversation.
with removed as (
       delete from participation_recipients
       where participation_id = :conversation_id and not account_id = any (:account_ids::bigint[])
     )
insert into participation_recipients (participation_id, account_id)
select :conversation_id, account_id from unnest(:account_ids::bigint[]) as account_id order by account_id
on conflict do nothing;
