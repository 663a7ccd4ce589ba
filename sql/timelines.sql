-- name: home(viewer_id, with_muted, only_media, max_id, since_id, limit)$
-- Own statuses and those of followed accounts. The last column says whether the feed of the account is there.
select page.* from home_page(:viewer_id, :with_muted, :only_media, :max_id, :since_id, :limit) page;

-- name: home_after(viewer_id, with_muted, only_media, max_id, min_id, limit)$
-- The same from min_id on upwards.
select page.* from home_page_after(:viewer_id, :with_muted, :only_media, :max_id, :min_id, :limit) page;

-- name: build_feed(account_id)!
-- Notes what stands on an account's home, unless somebody posts or follows right now.
select build_feed(:account_id);

-- name: public(viewer_id, with_muted, only_media, local, remote, max_id, since_id, limit)$
-- Public statuses of everybody without reblogs. They are walked in the index alone until one may be for viewer (the
-- offset keeps the two looks at a status apart).
with chosen as materialized (
       select array(
         select s.id
         from (
           select p.id from public_statuses(:viewer_id, :with_muted) p
           where p.id < :max_id and p.id > :since_id
           order by p.id desc
           offset 0
         ) walked
         cross join lateral (
           select v.id
           from narrowed_statuses(:viewer_id, :with_muted, :only_media, :local, :remote) v
           where v.id = walked.id
         ) s
         order by walked.id desc
         limit :limit
       ) as ids
     )
select page.* from chosen, status_page(:viewer_id, chosen.ids) page;

-- name: public_after(viewer_id, with_muted, only_media, local, remote, max_id, min_id, limit)$
-- The same from min_id on upwards.
with chosen as materialized (
       select array(
         select id
         from (
           select s.id
           from (
             select p.id from public_statuses(:viewer_id, :with_muted) p
             where p.id < :max_id and p.id > :min_id
             order by p.id
             offset 0
           ) walked
           cross join lateral (
             select v.id
             from narrowed_statuses(:viewer_id, :with_muted, :only_media, :local, :remote) v
             where v.id = walked.id
           ) s
           order by walked.id
           limit :limit
         ) page
         order by id desc
       ) as ids
     )
select page.* from chosen, status_page(:viewer_id, chosen.ids) page;

-- name: local(viewer_id, with_muted, only_media, max_id, since_id, limit)$
-- Those of this server. A statement of its own, so that an index of these serves it.
with chosen as materialized (
       select array(
         select s.id
         from (
           select p.id from local_statuses(:viewer_id, :with_muted) p
           where p.id < :max_id and p.id > :since_id
           order by p.id desc
           offset 0
         ) walked
         cross join lateral (
           select v.id
           from narrowed_statuses(:viewer_id, :with_muted, :only_media, true, false) v
           where v.id = walked.id
         ) s
         order by walked.id desc
         limit :limit
       ) as ids
     )
select page.* from chosen, status_page(:viewer_id, chosen.ids) page;

-- name: local_after(viewer_id, with_muted, only_media, max_id, min_id, limit)$
-- The same from min_id on upwards.
with chosen as materialized (
       select array(
         select id
         from (
           select s.id
           from (
             select p.id from local_statuses(:viewer_id, :with_muted) p
             where p.id < :max_id and p.id > :min_id
             order by p.id
             offset 0
           ) walked
           cross join lateral (
             select v.id
             from narrowed_statuses(:viewer_id, :with_muted, :only_media, true, false) v
             where v.id = walked.id
           ) s
           order by walked.id
           limit :limit
         ) page
         order by id desc
       ) as ids
     )
select page.* from chosen, status_page(:viewer_id, chosen.ids) page;

-- name: tag(viewer_id, with_muted, only_media, local, tags, all_tags, none_tags, max_id, since_id, min_id, limit)$
-- Public statuses with one of the tags, and with all and none of some more.
with page as (
       (select t.status_id as id
        from (
          select distinct st.status_id
          from unnest(:tags::text[]) as asked (tag)
          cross join lateral (
            select x.status_id
            from status_tags x
            cross join lateral (
              select v.id
              from wanted_statuses(:viewer_id, :with_muted) v
              where v.id = x.status_id and v.visibility = 'public'
                and (not :only_media or v.has_media) and (not :local or v.local)
                and not exists (
                  select from unnest(:all_tags::text[]) as needed (tag)
                  where not exists (select from status_tags n where n.tag = needed.tag and n.status_id = v.id))
                and not exists (
                  select from status_tags n where n.tag = any (:none_tags::text[]) and n.status_id = v.id)
            ) s
            where x.tag = asked.tag and x.status_id < :max_id and x.status_id > :since_id
            order by x.status_id desc
            limit :limit
          ) st
          where :min_id = 0
        ) t
        order by t.status_id desc
        limit :limit)
       union all
       (select t.status_id
        from (
          select distinct st.status_id
          from unnest(:tags::text[]) as asked (tag)
          cross join lateral (
            select x.status_id
            from status_tags x
            cross join lateral (
              select v.id
              from wanted_statuses(:viewer_id, :with_muted) v
              where v.id = x.status_id and v.visibility = 'public'
                and (not :only_media or v.has_media) and (not :local or v.local)
                and not exists (
                  select from unnest(:all_tags::text[]) as needed (tag)
                  where not exists (select from status_tags n where n.tag = needed.tag and n.status_id = v.id))
                and not exists (
                  select from status_tags n where n.tag = any (:none_tags::text[]) and n.status_id = v.id)
            ) s
            where x.tag = asked.tag and x.status_id < :max_id and x.status_id > :min_id
            order by x.status_id
            limit :limit
          ) st
          where :min_id > 0
        ) t
        order by t.status_id
        limit :limit)
     ), chosen as materialized (select array(select id from page order by id desc) as ids)
select page.* from chosen, status_page(:viewer_id, chosen.ids) page;

-- name: direct(viewer_id, with_muted, only_media, max_id, since_id, min_id, limit)$
-- Direct statuses that viewer wrote or received.
with page as (
       (select d.status_id as id
        from direct_statuses d
        cross join lateral (
          select v.id from wanted_statuses(:viewer_id, :with_muted) v
          where v.id = d.status_id and v.visibility = 'direct' and (not :only_media or v.has_media)
        ) s
        where d.account_id = :viewer_id and d.status_id < :max_id and d.status_id > :since_id and :min_id = 0
        order by d.status_id desc
        limit :limit)
       union all
       (select d.status_id
        from direct_statuses d
        cross join lateral (
          select v.id from wanted_statuses(:viewer_id, :with_muted) v
          where v.id = d.status_id and v.visibility = 'direct' and (not :only_media or v.has_media)
        ) s
        where d.account_id = :viewer_id and d.status_id < :max_id and d.status_id > :min_id and :min_id > 0
        order by d.status_id
        limit :limit)
     ), chosen as materialized (select array(select id from page order by id desc) as ids)
select page.* from chosen, status_page(:viewer_id, chosen.ids) page;

-- name: list(viewer_id, list_id, with_muted, only_media, max_id, since_id, min_id, limit)$
-- Statuses of a list's members whom viewer follows, reblogs left out; nothing when it is not the viewer's list.
with page as (
       (select s.id
        from lists l
        join list_members m on m.list_id = l.id
        join follows f on f.follower_id = :viewer_id and f.followed_id = m.account_id
        cross join lateral (
          select v.id
          from wanted_statuses(:viewer_id, :with_muted) v
          where v.account_id = m.account_id and v.reblog_of_id is null and v.id < :max_id and v.id > :since_id
            and (not :only_media or v.has_media)
          order by v.id desc
          limit :limit
        ) s
        where l.id = :list_id and l.account_id = :viewer_id and :min_id = 0
        order by s.id desc
        limit :limit)
       union all
       (select s.id
        from lists l
        join list_members m on m.list_id = l.id
        join follows f on f.follower_id = :viewer_id and f.followed_id = m.account_id
        cross join lateral (
          select v.id
          from wanted_statuses(:viewer_id, :with_muted) v
          where v.account_id = m.account_id and v.reblog_of_id is null and v.id < :max_id and v.id > :min_id
            and (not :only_media or v.has_media)
          order by v.id
          limit :limit
        ) s
        where l.id = :list_id and l.account_id = :viewer_id and :min_id > 0
        order by s.id
        limit :limit)
     ), chosen as materialized (select array(select id from page order by id desc) as ids)
select page.*
from lists l, chosen, status_page(:viewer_id, chosen.ids) page
where l.id = :list_id and l.account_id = :viewer_id;

-- name: favourites(viewer_id, of_account_id, max_id, since_id, min_id, limit)$
-- Statuses that an account favourited and viewer may see, by status id.
with page as (
       (select i.status_id as id
        from interactions i
        cross join lateral (select v.id from unblocked_statuses(:viewer_id) v where v.id = i.status_id) s
        where i.account_id = :of_account_id and i.favourite_id is not null
          and i.status_id < :max_id and i.status_id > :since_id and :min_id = 0
        order by i.status_id desc
        limit :limit)
       union all
       (select i.status_id
        from interactions i
        cross join lateral (select v.id from unblocked_statuses(:viewer_id) v where v.id = i.status_id) s
        where i.account_id = :of_account_id and i.favourite_id is not null
          and i.status_id < :max_id and i.status_id > :min_id and :min_id > 0
        order by i.status_id
        limit :limit)
     ), chosen as materialized (select array(select id from page order by id desc) as ids)
select page.* from chosen, status_page(:viewer_id, chosen.ids) page;

-- name: bookmarks(viewer_id, max_id, since_id, min_id, limit)$
-- Statuses that viewer bookmarked and may still see, by the time of the bookmark.
with page as materialized (
       (select i.bookmark_id, i.status_id
        from interactions i
        cross join lateral (select v.id from visible_statuses(:viewer_id) v where v.id = i.status_id) s
        where i.account_id = :viewer_id and i.bookmark_id is not null
          and i.bookmark_id < :max_id and i.bookmark_id > :since_id and :min_id = 0
        order by i.bookmark_id desc
        limit :limit)
       union all
       (select i.bookmark_id, i.status_id
        from interactions i
        cross join lateral (select v.id from visible_statuses(:viewer_id) v where v.id = i.status_id) s
        where i.account_id = :viewer_id and i.bookmark_id is not null
          and i.bookmark_id < :max_id and i.bookmark_id > :min_id and :min_id > 0
        order by i.bookmark_id
        limit :limit)
     ), chosen as materialized (select array(select status_id from page order by bookmark_id desc) as ids)
select page.body, (select max(bookmark_id) from page), (select min(bookmark_id) from page)
from chosen, status_page(:viewer_id, chosen.ids) page;

-- name: account(viewer_id, account_id, exclude_replies, exclude_reblogs, max_id, since_id, limit)$
-- An account's statuses and reblogs that viewer may see.
with chosen as materialized (
       select array(
         select s.id
         from account_statuses(:viewer_id, :account_id, :exclude_replies, :exclude_reblogs) s
         where s.id < :max_id and s.id > :since_id
         order by s.id desc
         limit :limit
       ) as ids
     )
select page.* from chosen, status_page(:viewer_id, chosen.ids) page;

-- name: account_after(viewer_id, account_id, exclude_replies, exclude_reblogs, max_id, min_id, limit)$
-- The same from min_id on upwards.
with chosen as materialized (
       select array(
         select id
         from (
           select s.id
           from account_statuses(:viewer_id, :account_id, :exclude_replies, :exclude_reblogs) s
           where s.id < :max_id and s.id > :min_id
           order by s.id
           limit :limit
         ) page
         order by id desc
       ) as ids
     )
select page.* from chosen, status_page(:viewer_id, chosen.ids) page;

-- name: account_media(viewer_id, account_id, exclude_replies, exclude_reblogs, max_id, since_id, min_id, limit)$
-- Those with media: a statement of its own, so that the index of these serves it.
with page as (
       (select s.id
        from account_statuses(:viewer_id, :account_id, :exclude_replies, :exclude_reblogs) s
        where s.id < :max_id and s.id > :since_id and :min_id = 0
          and s.has_media
        order by s.id desc
        limit :limit)
       union all
       (select s.id
        from account_statuses(:viewer_id, :account_id, :exclude_replies, :exclude_reblogs) s
        where s.id < :max_id and s.id > :min_id and :min_id > 0
          and s.has_media
        order by s.id
        limit :limit)
     ), chosen as materialized (select array(select id from page order by id desc) as ids)
select page.* from chosen, status_page(:viewer_id, chosen.ids) page;

-- name: account_tagged(viewer_id, account_id, tagged, only_media, exclude_replies, exclude_reblogs, max_id, since_id, min_id, limit)$
-- Those with a tag.
with page as (
       (select s.id
        from account_statuses(:viewer_id, :account_id, :exclude_replies, :exclude_reblogs) s
        where s.id < :max_id and s.id > :since_id and :min_id = 0
          and (not :only_media or s.has_media)
          and exists (select from status_tags t where t.tag = :tagged and t.status_id = s.id)
        order by s.id desc
        limit :limit)
       union all
       (select s.id
        from account_statuses(:viewer_id, :account_id, :exclude_replies, :exclude_reblogs) s
        where s.id < :max_id and s.id > :min_id and :min_id > 0
          and (not :only_media or s.has_media)
          and exists (select from status_tags t where t.tag = :tagged and t.status_id = s.id)
        order by s.id
        limit :limit)
     ), chosen as materialized (select array(select id from page order by id desc) as ids)
select page.* from chosen, status_page(:viewer_id, chosen.ids) page;

-- name: account_pinned(viewer_id, account_id, tagged, only_media, exclude_replies, exclude_reblogs, max_id, since_id, min_id, limit)$
-- The pinned ones, which are few.
with page as materialized (
       select s.id
       from account_statuses(:viewer_id, :account_id, :exclude_replies, :exclude_reblogs) s
       where s.pinned_at is not null
         and s.id < :max_id and s.id > greatest(:since_id, :min_id::bigint) and (not :only_media or s.has_media)
         and (:tagged::text is null or exists (select from status_tags t where t.tag = :tagged and t.status_id = s.id))
       order by s.id * case when :min_id > 0 then 1 else -1 end
       limit :limit
     ), chosen as materialized (select array(select id from page order by id desc) as ids)
select page.* from chosen, status_page(:viewer_id, chosen.ids) page;
