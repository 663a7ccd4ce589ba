-- name: claim(account_id, key)^
-- Takes a key for this transaction; null when it is taken already. Waits for a request that holds it.
insert into idempotency_keys (account_id, key)
values (:account_id, :key)
on conflict (account_id, key) do update
set created_at = now(), status_code = null, body = null
where idempotency_keys.created_at < now() - interval '6 hours'
returning true as claimed;

-- name: answer(account_id, key)^
-- The answer that was stored with a key.
select status_code, body from idempotency_keys where account_id = :account_id and key = :key;

-- name: store(account_id, key, status_code, body)!
-- Stores the answer with its key.
update idempotency_keys set status_code = :status_code, body = :body where account_id = :account_id and key = :key;

-- name: release(account_id, key)!
-- Gives a key back: only good answers are kept.
delete from idempotency_keys where account_id = :account_id and key = :key;
