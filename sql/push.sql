-- name: subscribe(token_id, sealed_token, endpoint, p256dh, auth, standard, alerts, policy, alert_names, server_key)$
-- Stores the subscription of a token instead of its earlier one. Nothing when the token has ended meanwhile.
with token as (
       select t.id, t.account_id from tokens t where t.id = :token_id for key share
     )
insert into push_subscriptions as p (token_id, account_id, sealed_token, endpoint, p256dh, auth, standard, alerts, policy)
select token.id, token.account_id, :sealed_token, :endpoint, :p256dh, :auth, :standard, :alerts, :policy
from token
on conflict (token_id) do update
set sealed_token = excluded.sealed_token, endpoint = excluded.endpoint, p256dh = excluded.p256dh, auth = excluded.auth,
    standard = excluded.standard, alerts = excluded.alerts, policy = excluded.policy, refusals = 0
returning push_subscription_json(p, :alert_names, :server_key);

-- name: subscription(token_id, alert_names, server_key)$
-- The subscription of a token.
select push_subscription_json(p, :alert_names, :server_key) from push_subscriptions p where p.token_id = :token_id;

-- name: change(token_id, alerts, policy, alert_names, server_key)$
-- Changes what the subscription of a token is for.
update push_subscriptions p set alerts = :alerts, policy = :policy
where p.token_id = :token_id
returning push_subscription_json(p, :alert_names, :server_key);

-- name: unsubscribe(token_id)!
-- Ends the subscription of a token.
delete from push_subscriptions where token_id = :token_id;

-- name: seal_again(token_id, sealed_token)!
-- Stores the new secret of a token with its subscription.
update push_subscriptions set sealed_token = :sealed_token where token_id = :token_id;

-- name: message(subscription_id, notification_id, base_url)^
-- What is pushed of a notification, and where to. Nothing when it is not to be pushed, or not any more: its account is
-- not shown it, does not want it, or the token has ended.
select p.token_id, p.sealed_token, p.endpoint, p.p256dh, p.auth, p.standard, p.refusals, n.type, n.emoji,
       n.created_at + interval '48 hours' as until, n.from_account_id = p.account_id as is_own,
       coalesce(nullif(sender.display_name, ''), sender.nickname) as name,
       replace(file_url(sender.avatar, '/images/avi.png'), chr(1), :base_url) as icon,
       replace(sender.note, chr(1), :base_url) as note, s.id as status_id, s.spoiler_text,
       ('{' || replace(s.body, chr(1), :base_url) || '}}')::jsonb #>> '{pleroma,content,text/plain}' as content,
       case when s.visibility = 'direct'
         then (select c.id from participations c where c.account_id = p.account_id and c.thread_id = s.thread_id) end
         as conversation_id
from push_subscriptions p
join tokens t on t.id = p.token_id
join accounts a on a.id = p.account_id
cross join lateral (
  select * from shown_notifications(p.account_id, false) shown where shown.id = :notification_id
) n
join accounts sender on sender.id = n.from_account_id
left join statuses s on s.id = n.status_id
where p.id = :subscription_id
  and a.present and t.login_version = a.login_version
  and t.last_used_at > now() - interval '1 year' and 'push' = any (t.scopes)
  and n.created_at > now() - interval '48 hours'
  and (n.type = any (p.alerts) or n.type = 'mention' and 'status' = any (p.alerts) and not p.account_id = any (s.involved))
  and case p.policy
    when 'all' then true
    when 'followed' then
      exists (select from follows f where f.follower_id = p.account_id and f.followed_id = n.from_account_id)
    when 'follower' then
      exists (select from follows f where f.follower_id = n.from_account_id and f.followed_id = p.account_id)
    else false end;

-- name: remove(subscription_id, endpoint)!
-- Ends a subscription whose endpoint is gone, unless it has another one by now.
delete from push_subscriptions where id = :subscription_id and endpoint = :endpoint;

-- name: note_success(subscription_id, endpoint)!
-- Forgets what the endpoint has refused.
update push_subscriptions set refusals = 0 where id = :subscription_id and endpoint = :endpoint;

-- name: note_refusal(subscription_id, endpoint)!
-- Counts what the endpoint has refused since it last took something.
update push_subscriptions set refusals = refusals + 1 where id = :subscription_id and endpoint = :endpoint;

-- name: remove_refused(subscription_id, most)!
-- Ends a subscription whose endpoint has refused too often.
delete from push_subscriptions where id = :subscription_id and refusals >= :most;
