-- name: expired_status(status_id)^
-- A status whose time is over, as its deletion needs it.
select s.id, s.account_id, s.thread_id, s.visibility, s.reblog_of_id
from statuses s
where s.id = :status_id and s.expires_at <= now();

-- name: removed_files(limit)
-- Names of files that have to go.
select name from removed_files order by removed_at limit :limit;

-- name: forget_removed_files(names)!
-- Notes that files are gone.
delete from removed_files where name = any (:names);

-- name: remove_later(names)^
-- Has a job remove files that no row has; nulls stand for none.
select remove_files(:names::text[])::text as done;

-- name: known_files(folder)
-- Names of the stored files of a folder (a pattern) that some row has.
select file as name from media where file like :folder
union all
select preview from media where preview like :folder
union all
select avatar from accounts where avatar like :folder
union all
select header from accounts where header like :folder
union all
select background from accounts where background like :folder;

-- name: remove_unused_media()!
-- Removes uploads that nothing has used for two days.
delete from media where unused_since < now() - interval '2 days' and purpose = 'attachment';

-- name: remove_what_is_over()!
-- Removes what is over its time: tokens, sessions, codes, logins, links, captchas, keys, rate limits, apps without a token.
with tokens_gone as (
       delete from tokens where last_used_at < now() - interval '1 year'
     ), sessions_gone as (
       delete from sessions where last_used_at < now() - interval '60 days'
     ), codes_gone as (
       delete from authorization_codes where created_at < now() - interval '1 hour'
     ), logins_gone as (
       delete from waiting_logins where created_at < now() - interval '5 minutes'
     ), links_gone as (
       delete from password_resets where created_at < now() - interval '1 day'
     ), captchas_gone as (
       delete from captchas where created_at < now() - interval '1 day'
     ), keys_gone as (
       delete from idempotency_keys where created_at < now() - interval '6 hours'
     ), places_gone as (
       delete from former_places where left_at < now() - interval '1 day'
     ), limits_gone as (
       delete from rate_limits where ends_at < now()
     ), events_gone as (
       delete from stream_events where created_at < now() - interval '10 minutes'
     ), notifications_gone as (
       delete from notifications where is_seen and created_at < now() - interval '180 days'
     )
delete from apps where created_at < now() - interval '30 days' and not has_had_token;

-- name: report(report_id)^
-- The content and the recipients of the mails about a report.
select reporter.nickname as reporter, target.nickname as target, target.id as target_id, r.comment,
       array(select s.status_id::text from report_statuses s where s.report_id = r.id order by s.status_id) as status_ids,
       array(
         select u.email from accounts staff join users u on u.account_id = staff.id
         where (staff.is_admin or staff.is_moderator) and staff.present
         order by staff.id) as recipients
from reports r
left join accounts reporter on reporter.id = r.account_id
left join accounts target on target.id = r.target_id
where r.id = :report_id;

-- name: send_mail(template, recipient, recipient_name, values)^
-- Stores the job that sends a mail.
select defer_mail(:template, :recipient, :recipient_name, :values::jsonb) as job;

-- name: remove_unread_feeds()!
-- Ends the feeds of accounts that have not read their home for a week.
delete from feeds where built_at < now() - interval '7 days';

-- name: shorten_feeds()!
-- Leaves each feed its newest 800 statuses.
with long as (
       select f.account_id, last.status_id
       from feeds f
       cross join lateral (
         select s.status_id from feed_statuses s
         where s.account_id = f.account_id
         order by s.status_id desc
         offset 800
         limit 1
       ) last
     ), shortened as (
       update feeds f set complete_after = long.status_id from long where f.account_id = long.account_id
     )
delete from feed_statuses s
using long
where s.account_id = long.account_id and s.status_id <= long.status_id;

-- name: remove_statuses_without_feed()!
-- Removes what posts wrote to feeds while these were ended.
with recursive reader as (
       (select account_id from feed_statuses order by account_id limit 1)
       union all
       select (
         select s.account_id from feed_statuses s where s.account_id > r.account_id order by s.account_id limit 1)
       from reader r
       where r.account_id is not null
     )
delete from feed_statuses s
using reader r
where s.account_id = r.account_id and not exists (select from feeds f where f.account_id = r.account_id);
