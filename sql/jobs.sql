-- name: remove_finished()!
-- Removes jobs that succeeded 7 days ago, and those that failed, were cancelled or aborted 30 days ago.
delete from procrastinate_jobs
where id in (
  select j.id
  from procrastinate_jobs j
  where j.status in ('succeeded', 'failed', 'cancelled', 'aborted')
    and (select max(e.at) from procrastinate_events e where e.job_id = j.id)
      < now() - case when j.status = 'succeeded' then interval '7 days' else interval '30 days' end);

-- name: forget_arguments(task)!
-- Empties the arguments of a task's jobs that are done: they may hold a link that logs somebody in.
update procrastinate_jobs
set args = '{}'
where task_name = :task and status = 'succeeded' and args <> '{}';
