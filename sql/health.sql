-- name: connections(name)^
-- This node's other connections to its database, by what they do.
select count(*) filter (where state = 'idle')::int as idle,
       count(*) filter (where state <> 'idle')::int as active
from pg_stat_activity
where datname = current_database() and usename = current_user and pid <> pg_backend_pid()
  and backend_type = 'client backend' and application_name = :name;

-- name: jobs()
-- Finished jobs by queue and task.
select queue_name, task_name, count(*) filter (where status = 'succeeded')::int as success,
       count(*) filter (where status = 'failed')::int as failure
from procrastinate_jobs
where status in ('succeeded', 'failed')
group by queue_name, task_name
order by queue_name, task_name;
