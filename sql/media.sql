-- name: create(account_id, kind, mime_type, file, preview, description, blurhash, meta, purpose)$
-- Stores an upload of an account and gives its Attachment.
insert into media as m (account_id, kind, mime_type, file, preview, description, blurhash, meta, purpose)
values (:account_id, :kind, :mime_type, :file, :preview, :description, :blurhash, :meta::jsonb, :purpose)
returning attachment_json(m);

-- name: attachment(account_id, media_id)$
-- One of an account's uploads.
select attachment_json(m)
from media m
where m.id = :media_id and m.account_id = :account_id and m.purpose = 'attachment';

-- name: update(account_id, media_id, description, focus)$
-- Changes an upload's description (null leaves it) and focus.
update media as m
set description = case when :description::text is null then m.description else nullif(:description, '') end,
    meta = case when :focus::jsonb is null then m.meta else m.meta || jsonb_build_object('focus', :focus::jsonb) end
where m.id = :media_id and m.account_id = :account_id and m.purpose = 'attachment'
returning attachment_json(m);

-- name: mascot(account_id)$
-- An account's mascot.
select attachment_json(m)
from users u
join media m on m.id = u.mascot_id
where u.account_id = :account_id;

-- name: lock_mascot(account_id)^
-- Lets two changes of a mascot wait for each other.
select mascot_id from users where account_id = :account_id for no key update;

-- name: replace_mascot(account_id, file)!
-- Makes the upload with a file the account's mascot; the old one goes.
with chosen as (
       update users u set mascot_id = m.id
       from media m
       where u.account_id = :account_id and m.account_id = :account_id and m.file = :file
     )
delete from media where account_id = :account_id and purpose = 'mascot' and file <> :file;

-- name: set_picture(account_id, place, file)$
-- Sets or clears (file null) a picture of an account's profile, and gives the new address.
update accounts
set avatar = case when :place::text = 'avatar' then :file else avatar end,
    header = case when :place = 'header' then :file else header end,
    background = case when :place = 'background' then :file else background end
where id = :account_id
returning concat('{"url":', coalesce(json_text(file_url(:file, null)), 'null'), '}');
