-- name: ask(kind, name, host)!
-- Has something looked up, unless that is under way, or was done just now.
insert into lookups as l (kind, name, host) values (:kind, :name, :host)
on conflict (kind, name) do update
set due_at = now(), tries = 0, asked_at = now(), done_at = null, account_id = null, status_id = null
where l.due_at is null and not is_fresh(l);

-- name: ask_for(kind, name, host, asked_by, most)^
-- The same for what a host sent, unless that has led to too many other hosts within an hour that are not known here.
with counted as (
       select count(distinct l.host) as number
       from lookups l
       where l.asked_by = :asked_by and l.host not in (:asked_by, :host) and l.asked_at > now() - interval '1 hour'
     ), asked as (
       insert into lookups as l (kind, name, host, asked_by)
       select :kind, :name, :host, :asked_by
       from counted
       where number < :most or :host = :asked_by or exists (select from remote_accounts r where r.host = :host)
       on conflict (kind, name) do update
       set due_at = case when l.due_at is null and not is_fresh(l) then now() else l.due_at end,
           tries = case when l.due_at is null and not is_fresh(l) then 0 else l.tries end,
           asked_at = case when l.due_at is null and not is_fresh(l) then now() else l.asked_at end,
           done_at = case when l.due_at is null and not is_fresh(l) then null else l.done_at end
       returning kind
     )
select exists (select from asked) as yes;

-- name: ask_again(kind, name, host)!
-- Has something looked up that has changed, at most once a minute.
insert into lookups as l (kind, name, host) values (:kind, :name, :host)
on conflict (kind, name) do update
set due_at = greatest(now(), l.done_at + interval '1 minute'), tries = 0, asked_at = now()
where l.due_at is null;

-- name: results(kind, names)
-- What came of those that are done.
select name, account_id, status_id from lookups where kind = :kind and name = any (:names::text[]) and done_at is not null;

-- name: unknown(nicknames, domains)
-- Those of some handles elsewhere that no account here has.
select handle.nickname, handle.domain
from unnest(:nicknames::text[], :domains::text[]) with ordinality as handle (nickname, domain, place)
where not exists (
  select from accounts a where lower(a.nickname) = handle.nickname and coalesce(a.domain, '') = handle.domain)
order by handle.place;

-- name: result(kind, name)^
-- What came of it; nothing while it is under way. is_fresh: it need not be asked again.
select account_id, status_id, done_at is not null as is_done, is_fresh(l) as is_fresh
from lookups l
where kind = :kind and name = :name;

-- name: is_due()^
-- Whether there is anything to look up.
select exists (select from lookups l where l.due_at <= now()) as yes;

-- name: claim(limit, busy_hosts)
-- Some that are due, one of each host, for a minute: what a killed worker had is due again then.
with chosen as (
       select l.kind, l.name
       from lookups l
       where l.due_at <= now() and l.host <> all (:busy_hosts::text[])
         and not exists (
           select from lookups other
           where other.due_at <= now() and other.host = l.host and (other.asked_at, other.name) < (l.asked_at, l.name))
       order by l.due_at
       limit :limit
       for update skip locked
     )
update lookups l
set due_at = now() + interval '1 minute', tries = l.tries + 1
from chosen c
where l.kind = c.kind and l.name = c.name
returning l.kind, l.name, l.host, l.tries;

-- name: finish(kind, name, account_id, status_id, found)!
-- Notes what came of it, and lets go on what waits for it.
with done as (
       update lookups
       set due_at = null, done_at = now(), account_id = :account_id, status_id = :status_id, is_found = :found
       where kind = :kind and name = :name
     )
update inbox set due_at = now(), waits_for = null where waits_for = :kind || ' ' || :name;

-- name: forget()!
-- Forgets what was looked up a day ago.
delete from lookups where done_at < now() - interval '1 day';
