-- Polls hang on a status and have its id; what was voted is counted when it is read, so that it is always exact.

alter table statuses add column has_poll boolean not null default false;

create table polls (
  status_id bigint primary key references statuses on delete cascade,
  options text[] not null,
  multiple boolean not null,
  hide_totals boolean not null,
  expires_at timestamptz not null
);

create table poll_votes (
  status_id bigint not null references polls on delete cascade,
  account_id bigint not null references accounts on delete cascade,
  choice integer not null,
  primary key (status_id, account_id, choice)
);
create index poll_votes_account on poll_votes (account_id);

-- What was asked for a status that is to be posted later; its media are kept for it.
create table scheduled_statuses (
  id bigint generated always as identity primary key,
  account_id bigint not null references accounts on delete cascade,
  request jsonb not null,
  media_ids bigint[] not null,
  scheduled_at timestamptz not null,
  created_at timestamptz not null default now()
);
create index scheduled_statuses_account on scheduled_statuses (account_id, id);
