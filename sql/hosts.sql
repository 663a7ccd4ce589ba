-- name: is_refused(host)^
-- Whether nothing is taken from a host, sent to it or asked of it.
select is_refused(:host) as yes;
