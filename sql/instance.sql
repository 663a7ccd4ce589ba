-- name: figures()^
-- Counts of this server: accounts, their public statuses, accounts that posted within a month, other hosts.
select count(*) filter (where domain is null) as users,
       coalesce(sum(statuses_count) filter (where domain is null), 0)::bigint as statuses,
       count(*) filter (where domain is null and last_status_at > now() - interval '30 days') as active_month,
       count(distinct domain) as domains
from accounts
where present;

-- name: staff()
-- Nicknames of the staff who show their role.
select nickname from accounts where (is_admin or is_moderator) and present and show_role and domain is null order by id;
