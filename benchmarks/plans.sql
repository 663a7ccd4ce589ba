-- name: home_fed(viewer_id, with_muted, only_media, max_id, since_id, limit)
-- What home_page does for those who have a feed.
select id from home_fed(:viewer_id, :with_muted, :only_media, :max_id, :since_id, :limit);

-- name: home_walked(viewer_id, with_muted, only_media, max_id, since_id, limit, follows_many)
-- What home_page does for those who follow many.
select id from home_walked(:viewer_id, :with_muted, :only_media, :max_id, :since_id, :limit, :follows_many);

-- name: home_newest(viewer_id, with_muted, only_media, max_id, since_id, limit)
-- What it does for those who follow few.
select id from home_newest(:viewer_id, :with_muted, :only_media, :max_id, :since_id, :limit);

-- name: home_merged(viewer_id, with_muted, only_media, max_id, since_id, limit)
-- What it does when the others gave too few.
select id from home_merged(:viewer_id, :with_muted, :only_media, :max_id, :since_id, :limit);

-- name: status_page(viewer_id)
-- The JSON of twenty statuses.
select page.body
from status_page(:viewer_id, array(
       select id from statuses where visibility = 'public' and reblog_of_id is null order by id desc limit 20
     )) page;
