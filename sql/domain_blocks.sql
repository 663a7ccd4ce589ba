-- name: index(viewer_id)$
-- Domains that viewer blocks.
select coalesce(json_agg(domain order by domain), '[]')::text from domain_blocks where account_id = :viewer_id;

-- name: block(viewer_id, domain)!
-- Blocks a domain.
insert into domain_blocks (account_id, domain) values (:viewer_id, :domain) on conflict do nothing;

-- name: unblock(viewer_id, domain)!
-- Ends a domain block.
delete from domain_blocks where account_id = :viewer_id and domain = :domain;
