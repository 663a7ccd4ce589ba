-- name: index(viewer_id)$
-- Viewer's filters that are not expired.
select concat('[', string_agg(filter_json(f), ',' order by f.id), ']')
from filters f
where f.account_id = :viewer_id and (f.expires_at is null or f.expires_at > now());

-- name: show(viewer_id, filter_id)$
-- One of viewer's filters.
select filter_json(f) from filters f where f.id = :filter_id and f.account_id = :viewer_id;

-- name: create(viewer_id, phrase, context, irreversible, whole_word, expires_in)$
-- Makes a filter; expires_in is seconds, null for ever.
insert into filters as f (account_id, phrase, context, irreversible, whole_word, expires_at)
values (:viewer_id, :phrase, :context, :irreversible, :whole_word,
  now() + make_interval(secs => :expires_in::double precision))
returning filter_json(f);

-- name: update(viewer_id, filter_id, phrase, context, irreversible, whole_word, change_expiry, expires_in)$
-- Changes one of viewer's filters; null leaves a value.
update filters as f
set phrase = coalesce(:phrase, f.phrase), context = coalesce(:context, f.context),
    irreversible = coalesce(:irreversible, f.irreversible), whole_word = coalesce(:whole_word, f.whole_word),
    expires_at = case when :change_expiry then now() + make_interval(secs => :expires_in::double precision) else f.expires_at end
where f.id = :filter_id and f.account_id = :viewer_id
returning filter_json(f);

-- name: delete(viewer_id, filter_id)!
-- Deletes one of viewer's filters.
delete from filters where id = :filter_id and account_id = :viewer_id;
