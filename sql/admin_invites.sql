-- name: create(token, max_use, expires_at)^
-- Makes an invite.
insert into invites as i (token, max_use, expires_at)
values (:token, :max_use, :expires_at::date)
returning i.id, invite_json(i) as entity;

-- name: index()$
-- All invites, oldest first.
select concat('{"invites":[', string_agg(invite_json(i), ',' order by i.id), ']}') from invites i;

-- name: revoke(token)^
-- Uses an invite up. was_good: it was not used up yet.
with earlier as (select id, used from invites where token = :token for update)
update invites as i
set used = true
from earlier
where i.id = earlier.id
returning i.id, invite_json(i) as entity, not earlier.used as was_good;

-- name: mail(recipient, recipient_name, inviter, link)^
-- Stores the job that mails an invitation.
select defer_mail('invitation', :recipient, :recipient_name,
  jsonb_build_object('inviter', :inviter::text, 'link', :link::text)) as job;
