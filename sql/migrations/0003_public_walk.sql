-- The public timeline skips the statuses of muted and blocked accounts in the index alone.

create index statuses_public_walk on statuses (id) include (account_id) where visibility = 'public' and reblog_of_id is null;
drop index statuses_public;
alter index statuses_public_walk rename to statuses_public;
