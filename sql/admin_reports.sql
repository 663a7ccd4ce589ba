-- name: index(viewer_id, state, max_id, limit, offset)^
-- A page of reports, newest first, and how many fit the state ('' for all).
with page as (
       select r.id
       from reports r
       where (:state::text = '' or r.state = :state) and r.id < :max_id
       order by r.id desc
       limit :limit offset :offset
     ), chosen as materialized (select array(select id from page order by id desc) as ids)
select concat('[', (
         select string_agg(e.entity, ',' order by e.place)
         from chosen, report_entities(:viewer_id, chosen.ids) e), ']') as reports,
       (select count(*) from reports r where :state::text = '' or r.state = :state) as total;

-- name: report(viewer_id, report_id)$
-- One Report.
with chosen as materialized (select array[:report_id::bigint] as ids)
select e.entity from chosen, report_entities(:viewer_id, chosen.ids) e;

-- name: find(report_id)^
-- A report's state and who made it.
select r.id, r.state, r.account_id, a.nickname as reporter
from reports r
left join accounts a on a.id = r.account_id and a.present
where r.id = :report_id;

-- name: set_state(report_id, state)!
-- Changes a report's state, when it is another one.
update reports set state = :state where id = :report_id and state <> :state;
