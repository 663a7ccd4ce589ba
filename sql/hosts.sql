-- name: is_refused(patterns)^
-- Whether one of the patterns that cover a host is refused.
select exists (select from host_policies p where p.policy = 'reject' and p.pattern = any (:patterns::text[])) as yes;
