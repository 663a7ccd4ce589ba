-- name: target(account_id)^
-- The account that a report names.
select id from accounts where id = :account_id and present;

-- name: create(account_id, target_id, comment, content, forward, category, rule_ids, status_ids)$
-- Stores a report with those of the statuses that are the target's and that the reporter may see, and gives its Report.
with report as (
       insert into reports (account_id, target_id, comment, content, forward, category, rule_ids)
       values (:account_id, :target_id, :comment, :content, :forward, :category, :rule_ids)
       returning id, created_at
     ), meant as (
       insert into report_statuses (report_id, status_id)
       select report.id, s.id
       from report, visible_statuses(:account_id) s
       where s.id = any (:status_ids::bigint[]) and s.account_id = :target_id
       returning status_id
     ), mailed as (
       select defer_job('mailer', 'report_mails', jsonb_build_object('report_id', report.id)) as job from report
     )
select concat('{"id":"', report.id, '","action_taken":false,"action_taken_at":null,"category":', to_json(:category::text),
    ',"comment":', json_text(:comment), ',"forwarded":', (:forward::boolean)::text, ',"created_at":', json_time(report.created_at),
    ',"status_ids":', coalesce((select json_agg(status_id::text) from meant)::text, '[]'),
    ',"rule_ids":', to_json(:rule_ids::text[]), ',"target_account":', account_json(a, :account_id), '}'),
    (select count(job) from mailed)
from report
join accounts a on a.id = :target_id;
