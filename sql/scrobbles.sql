-- name: create(account_id, title, artist, album, length, visibility)^
-- Stores a scrobble and gives its id.
insert into scrobbles (account_id, title, artist, album, length, visibility)
values (:account_id, :title, :artist, :album, :length, :visibility)
returning id;

-- name: scrobble(viewer_id, scrobble_id)$
-- One scrobble.
select scrobble_json(s, account_json(a, :viewer_id))
from scrobbles s
join accounts a on a.id = s.account_id
where s.id = :scrobble_id;

-- name: index(viewer_id, account_id, max_id, since_id, min_id, limit)$
-- An account's scrobbles that viewer may see, newest first.
with page as materialized (
       (select s.id
        from visible_scrobbles(:viewer_id) s
        where s.account_id = :account_id and s.id < :max_id and s.id > :since_id and :min_id = 0
        order by s.id desc
        limit :limit)
       union all
       (select s.id
        from visible_scrobbles(:viewer_id) s
        where s.account_id = :account_id and s.id < :max_id and s.id > :min_id and :min_id > 0
        order by s.id
        limit :limit)
     )
select concat('[', string_agg(scrobble_json(s, account_json(a, :viewer_id)), ',' order by s.id desc), ']'),
       max(s.id), min(s.id)
from page
join scrobbles s on s.id = page.id
join accounts a on a.id = s.account_id;
