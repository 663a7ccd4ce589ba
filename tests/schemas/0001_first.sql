SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET transaction_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;

CREATE EXTENSION IF NOT EXISTS unaccent WITH SCHEMA public;

CREATE TYPE public.procrastinate_job_event_type AS ENUM (
    'deferred',
    'started',
    'deferred_for_retry',
    'failed',
    'succeeded',
    'cancelled',
    'abort_requested',
    'aborted',
    'scheduled',
    'retried'
);

CREATE TYPE public.procrastinate_job_status AS ENUM (
    'todo',
    'doing',
    'succeeded',
    'failed',
    'cancelled',
    'aborting',
    'aborted'
);

CREATE TYPE public.procrastinate_job_to_defer_v1 AS (
	queue_name character varying,
	task_name character varying,
	priority integer,
	lock text,
	queueing_lock text,
	args jsonb,
	scheduled_at timestamp with time zone
);

CREATE FUNCTION public.json_text(value text) RETURNS text
    LANGUAGE sql STABLE
    RETURN replace((to_json(replace(value, chr(1), chr(65535))))::text, chr(65535), chr(1));

SET default_tablespace = '';

SET default_table_access_method = heap;

CREATE TABLE public.emojis (
    shortcode text NOT NULL COLLATE pg_catalog."C",
    pack text COLLATE pg_catalog."C",
    path text NOT NULL COLLATE pg_catalog."C",
    tags text[] NOT NULL
);

CREATE FUNCTION public.emoji_json(e public.emojis) RETURNS text
    LANGUAGE sql STABLE
    RETURN concat('{"shortcode":', public.json_text((e).shortcode), ',"url":', public.json_text((chr(1) || (e).path)), ',"static_url":', public.json_text((chr(1) || (e).path)), ',"visible_in_picker":true,"tags":', to_json((e).tags), ',"category":', public.json_text(array_to_string(array_remove((e).tags, 'Custom'::text), ','::text)), '}');

CREATE FUNCTION public.emojis_json(codes text[]) RETURNS text
    LANGUAGE sql STABLE
    RETURN (SELECT concat('[', string_agg(public.emoji_json(e.*), ','::text ORDER BY e.shortcode), ']') AS concat FROM public.emojis e WHERE (e.shortcode = ANY (emojis_json.codes)));

CREATE SEQUENCE public.id_sequence
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

CREATE FUNCTION public.next_id() RETURNS bigint
    LANGUAGE sql
    RETURN ((((EXTRACT(epoch FROM clock_timestamp()) * (1000)::numeric))::bigint << 16) | (nextval('public.id_sequence'::regclass) & (65535)::bigint));

CREATE TABLE public.accounts (
    id bigint DEFAULT public.next_id() NOT NULL,
    nickname text NOT NULL COLLATE pg_catalog."C",
    domain text COLLATE pg_catalog."C",
    uri text COLLATE pg_catalog."C",
    display_name text DEFAULT ''::text NOT NULL,
    note text DEFAULT ''::text NOT NULL,
    note_source text DEFAULT ''::text NOT NULL,
    fields jsonb DEFAULT '[]'::jsonb NOT NULL,
    avatar text COLLATE pg_catalog."C",
    header text COLLATE pg_catalog."C",
    background text COLLATE pg_catalog."C",
    emoji_codes text[] DEFAULT '{}'::text[] NOT NULL,
    tags text[] DEFAULT '{}'::text[] NOT NULL,
    locked boolean DEFAULT false NOT NULL,
    bot boolean DEFAULT false NOT NULL,
    discoverable boolean DEFAULT false NOT NULL,
    hide_followers boolean DEFAULT false NOT NULL,
    hide_follows boolean DEFAULT false NOT NULL,
    hide_followers_count boolean DEFAULT false NOT NULL,
    hide_follows_count boolean DEFAULT false NOT NULL,
    hide_favorites boolean DEFAULT false NOT NULL,
    show_role boolean DEFAULT true NOT NULL,
    skip_thread_containment boolean DEFAULT false NOT NULL,
    no_rich_text boolean DEFAULT false NOT NULL,
    sensitive boolean DEFAULT false NOT NULL,
    is_admin boolean DEFAULT false NOT NULL,
    is_moderator boolean DEFAULT false NOT NULL,
    active boolean DEFAULT true NOT NULL,
    confirmed boolean DEFAULT true NOT NULL,
    confirmation_pending boolean DEFAULT false NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    last_status_at timestamp with time zone,
    followers_count integer DEFAULT 0 NOT NULL,
    following_count integer DEFAULT 0 NOT NULL,
    statuses_count integer DEFAULT 0 NOT NULL,
    fragment text DEFAULT ''::text NOT NULL,
    pleroma_fragment text DEFAULT ''::text NOT NULL
);

CREATE FUNCTION public.account_numbers_json(a public.accounts, viewer bigint) RETURNS text
    LANGUAGE sql STABLE
    RETURN concat('"followers_count":', CASE WHEN ((a).hide_followers_count AND ((a).id <> viewer)) THEN 0 ELSE (a).followers_count END, ',"following_count":', CASE WHEN ((a).hide_follows_count AND ((a).id <> viewer)) THEN 0 ELSE (a).following_count END, ',"statuses_count":', (a).statuses_count, ',"last_status_at":', CASE WHEN ((a).last_status_at IS NULL) THEN 'null'::text ELSE (to_json((((a).last_status_at AT TIME ZONE 'UTC'::text))::date))::text END, ',"emojis":', CASE WHEN ((a).emoji_codes = '{}'::text[]) THEN '[]'::text ELSE public.emojis_json((a).emoji_codes) END);

CREATE FUNCTION public.account_json(a public.accounts, viewer bigint, relationship text DEFAULT '{}'::text) RETURNS text
    LANGUAGE sql STABLE
    RETURN concat('{', public.account_numbers_json(a, viewer), ',', (a).fragment, '}},"pleroma":{', (a).pleroma_fragment, ',"relationship":', relationship, '}}');

CREATE FUNCTION public.file_url(name text, default_path text) RETURNS text
    LANGUAGE sql IMMUTABLE
    RETURN (chr(1) || COALESCE(('/media/'::text || name), default_path));

CREATE TABLE public.media (
    id bigint DEFAULT public.next_id() NOT NULL,
    account_id bigint NOT NULL,
    kind text NOT NULL,
    mime_type text NOT NULL,
    file text NOT NULL COLLATE pg_catalog."C",
    preview text COLLATE pg_catalog."C",
    description text,
    blurhash text,
    meta jsonb DEFAULT '{}'::jsonb NOT NULL,
    purpose text DEFAULT 'attachment'::text NOT NULL,
    unused_since timestamp with time zone DEFAULT now(),
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE FUNCTION public.attachment_json(m public.media) RETURNS text
    LANGUAGE sql STABLE
    RETURN concat('{"id":"', (m).id, '","type":"', (m).kind, '","url":', public.json_text(public.file_url((m).file, NULL::text)), ',"preview_url":', public.json_text(public.file_url(COALESCE((m).preview, (m).file), NULL::text)), ',"remote_url":null,"text_url":', public.json_text(public.file_url((m).file, NULL::text)), ',"description":', COALESCE(public.json_text((m).description), 'null'::text), ',"blurhash":', COALESCE(public.json_text((m).blurhash), 'null'::text), ',"meta":', (m).meta, ',"pleroma":{"mime_type":', public.json_text((m).mime_type), '}}');

CREATE TABLE public.status_media (
    status_id bigint NOT NULL,
    "position" integer NOT NULL,
    media_id bigint NOT NULL
);

CREATE FUNCTION public.attachments_json(of_status_id bigint) RETURNS text
    LANGUAGE sql STABLE
    RETURN (SELECT concat('[', string_agg(public.attachment_json(m.*), ','::text ORDER BY sm."position"), ']') AS concat FROM (public.status_media sm JOIN public.media m ON ((m.id = sm.media_id))) WHERE (sm.status_id = attachments_json.of_status_id));

CREATE FUNCTION public.json_time(value timestamp with time zone) RETURNS text
    LANGUAGE sql STABLE
    RETURN to_char((value AT TIME ZONE 'UTC'::text), '"\""YYYY-MM-DD"T"HH24:MI:SS.MS"Z\""'::text);

CREATE TABLE public.interactions (
    account_id bigint NOT NULL,
    status_id bigint NOT NULL,
    favourite_id bigint,
    reblog_id bigint,
    bookmark_id bigint
);

CREATE FUNCTION public.marks_of(viewer bigint, of_status_id bigint) RETURNS SETOF public.interactions
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT i.account_id,
     i.status_id,
     i.favourite_id,
     i.reblog_id,
     i.bookmark_id
    FROM public.interactions i
   WHERE ((i.account_id = marks_of.viewer) AND (i.status_id = marks_of.of_status_id))
  LIMIT 1;
END;

CREATE TABLE public.thread_mutes (
    account_id bigint NOT NULL,
    thread_id bigint NOT NULL
);

CREATE FUNCTION public.muted_threads(viewer bigint) RETURNS TABLE(ids bigint[])
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT ARRAY( SELECT t.thread_id
            FROM public.thread_mutes t
           WHERE (t.account_id = muted_threads.viewer)) AS "array"
  OFFSET 0;
END;

CREATE FUNCTION public.status_frame(id bigint, uuid uuid, sensitive boolean, spoiler_text text) RETURNS text
    LANGUAGE sql IMMUTABLE
    RETURN concat(',"uri":"', chr(1), '/objects/', uuid, '","url":"', chr(1), '/notice/', id, '","sensitive":', (sensitive)::text, ',"spoiler_text":', public.json_text(spoiler_text));

CREATE FUNCTION public.status_head(id bigint, created_at timestamp with time zone, visibility text, in_reply_to_id bigint, in_reply_to_account_id bigint) RETURNS text
    LANGUAGE sql IMMUTABLE
    RETURN concat('{"id":"', id, '","created_at":', public.json_time(created_at), ',"edited_at":null,"visibility":"', visibility, '","in_reply_to_id":', CASE WHEN ((in_reply_to_id IS NULL) OR (in_reply_to_account_id IS NULL)) THEN 'null,"in_reply_to_account_id":null'::text ELSE concat('"', in_reply_to_id, '","in_reply_to_account_id":"', in_reply_to_account_id, '"') END);

CREATE TABLE public.statuses (
    id bigint DEFAULT public.next_id() NOT NULL,
    account_id bigint NOT NULL,
    in_reply_to_id bigint,
    in_reply_to_account_id bigint,
    reblog_of_id bigint,
    thread_id bigint NOT NULL,
    list_id bigint,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone,
    uuid uuid DEFAULT gen_random_uuid() NOT NULL,
    local boolean DEFAULT true NOT NULL,
    sensitive boolean DEFAULT false NOT NULL,
    has_media boolean DEFAULT false NOT NULL,
    replies_count integer DEFAULT 0 NOT NULL,
    reblogs_count integer DEFAULT 0 NOT NULL,
    favourites_count integer DEFAULT 0 NOT NULL,
    visibility text NOT NULL COLLATE pg_catalog."C",
    pinned_at timestamp with time zone,
    involved bigint[] NOT NULL,
    emoji_codes text[],
    content_type text,
    language text,
    spoiler_text text DEFAULT ''::text NOT NULL,
    source text,
    body text,
    head text GENERATED ALWAYS AS (public.status_head(id, created_at, visibility, in_reply_to_id, in_reply_to_account_id)) STORED NOT NULL,
    frame text GENERATED ALWAYS AS (public.status_frame(id, uuid, sensitive, spoiler_text)) STORED NOT NULL
);

CREATE FUNCTION public.status_json(s public.statuses, c public.statuses, author text, marks public.interactions, viewer bigint, muted boolean, direct_conversation_id bigint, reblog text) RETURNS text
    LANGUAGE sql STABLE
    RETURN concat((s).head, (c).frame, ',"application":{"name":"Web","website":null},"card":null,"poll":null', ',"replies_count":', (s).replies_count, ',"reblogs_count":', (s).reblogs_count, ',"favourites_count":', (s).favourites_count, ',"favourited":', (((marks).favourite_id IS NOT NULL))::text, ',"reblogged":', (((marks).reblog_id IS NOT NULL))::text, ',"bookmarked":', (((marks).bookmark_id IS NOT NULL))::text, ',"muted":', (muted)::text, ',"pinned":', (((s).pinned_at IS NOT NULL))::text, ',"emojis":', CASE WHEN ((c).emoji_codes IS NULL) THEN '[]'::text ELSE public.emojis_json((c).emoji_codes) END, ',"media_attachments":', CASE WHEN (c).has_media THEN public.attachments_json((c).id) ELSE '[]'::text END, ',"account":', author, ',"reblog":', reblog, ',', (c).body, ',"local":', ((s).local)::text, ',"conversation_id":', (s).thread_id, ',"direct_conversation_id":', COALESCE((direct_conversation_id)::text, 'null'::text), ',"spoiler_text":{"text/plain":', CASE WHEN ((c).spoiler_text = ''::text) THEN '""'::text ELSE public.json_text((c).spoiler_text) END, '},"expires_at":', CASE WHEN (((s).expires_at IS NOT NULL) AND ((s).account_id = viewer)) THEN public.json_time((s).expires_at) ELSE 'null'::text END, ',"thread_muted":', (muted)::text, ',"emoji_reactions":[]}}');

CREATE TABLE public.participation_recipients (
    participation_id bigint NOT NULL,
    account_id bigint NOT NULL
);

CREATE TABLE public.participations (
    id bigint NOT NULL,
    account_id bigint NOT NULL,
    thread_id bigint NOT NULL,
    last_status_id bigint,
    unread boolean DEFAULT true NOT NULL,
    hidden boolean DEFAULT false NOT NULL
);

CREATE FUNCTION public.conversation_entities(viewer bigint, ids bigint[]) RETURNS TABLE(place bigint, conversation_id bigint, entity text)
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT chosen.place,
     p.id,
     concat('{"id":"', p.id, '","unread":', (p.unread)::text, ',"accounts":[', ( SELECT string_agg(public.account_json(a.*, conversation_entities.viewer), ','::text ORDER BY a.id) AS string_agg
            FROM (public.participation_recipients r
              JOIN public.accounts a ON ((a.id = r.account_id)))
           WHERE ((r.participation_id = p.id) AND (r.account_id <> conversation_entities.viewer))), '],"last_status":', COALESCE(( SELECT public.status_json(s.*, s.*, public.account_json(a.*, conversation_entities.viewer), marks.*, conversation_entities.viewer, (s.thread_id = ANY (muted.ids)), p.id, 'null'::text) AS status_json
            FROM (((public.statuses s
              JOIN public.accounts a ON ((a.id = s.account_id)))
              LEFT JOIN LATERAL public.marks_of(conversation_entities.viewer, s.id) marks(account_id, status_id, favourite_id, reblog_id, bookmark_id) ON (true))
              CROSS JOIN public.muted_threads(conversation_entities.viewer) muted(ids))
           WHERE (s.id = p.last_status_id)), 'null'::text), ',"pleroma":{"recipients":[', ( SELECT string_agg(public.account_json(a.*, conversation_entities.viewer), ','::text ORDER BY a.id) AS string_agg
            FROM (public.participation_recipients r
              JOIN public.accounts a ON ((a.id = r.account_id)))
           WHERE (r.participation_id = p.id)), ']}}') AS concat
    FROM (unnest(conversation_entities.ids) WITH ORDINALITY chosen(id, place)
      JOIN public.participations p ON ((p.id = chosen.id)));
END;

CREATE TABLE public.follow_requests (
    id bigint NOT NULL,
    follower_id bigint NOT NULL,
    followed_id bigint NOT NULL,
    show_reblogs boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.users (
    account_id bigint NOT NULL,
    email text NOT NULL COLLATE pg_catalog."C",
    password_hash text NOT NULL,
    password_reset_required boolean DEFAULT false NOT NULL,
    privacy text DEFAULT 'public'::text NOT NULL,
    language text,
    settings_store jsonb DEFAULT '{}'::jsonb NOT NULL,
    web_settings jsonb DEFAULT '{}'::jsonb NOT NULL,
    notify_followers boolean DEFAULT true NOT NULL,
    notify_follows boolean DEFAULT true NOT NULL,
    notify_non_followers boolean DEFAULT true NOT NULL,
    notify_non_follows boolean DEFAULT true NOT NULL,
    notify_local boolean DEFAULT true NOT NULL,
    notify_remote boolean DEFAULT true NOT NULL,
    mascot_id bigint,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE FUNCTION public.credentials_json(a public.accounts, u public.users) RETURNS text
    LANGUAGE sql STABLE
    RETURN (SELECT concat('{', public.account_numbers_json(credentials_json.a, (credentials_json.a).id), ',"follow_requests_count":', waiting.number, ',', (credentials_json.a).fragment, ',"show_role":', ((credentials_json.a).show_role)::text, ',"no_rich_text":', ((credentials_json.a).no_rich_text)::text, '},"privacy":', to_json((credentials_json.u).privacy), ',"language":', COALESCE((to_json((credentials_json.u).language))::text, 'null'::text), ',"follow_requests_count":', waiting.number, '},"pleroma":{', (credentials_json.a).pleroma_fragment, CASE WHEN (NOT (credentials_json.a).show_role) THEN concat(',"is_admin":', ((credentials_json.a).is_admin)::text, ',"is_moderator":', ((credentials_json.a).is_moderator)::text) ELSE NULL::text END, ',"settings_store":', (credentials_json.u).settings_store, ',"notification_settings":', json_build_object('followers', (credentials_json.u).notify_followers, 'follows', (credentials_json.u).notify_follows, 'remote', (credentials_json.u).notify_remote, 'local', (credentials_json.u).notify_local, 'non_follows', (credentials_json.u).notify_non_follows, 'non_followers', (credentials_json.u).notify_non_followers), ',"relationship":{}}}') AS concat FROM (SELECT count(*) AS number FROM public.follow_requests r WHERE (r.followed_id = (credentials_json.a).id)) waiting);

CREATE FUNCTION public.defer_job(queue text, task text, arguments jsonb, due timestamp with time zone DEFAULT NULL::timestamp with time zone) RETURNS bigint
    LANGUAGE sql
    AS $$
  select (procrastinate_defer_jobs_v1(array[
    row(queue, task, 0, null, null, arguments, due)::procrastinate_job_to_defer_v1]))[1]
$$;

CREATE TABLE public.filters (
    id bigint NOT NULL,
    account_id bigint NOT NULL,
    phrase text NOT NULL,
    context text[] NOT NULL,
    irreversible boolean NOT NULL,
    whole_word boolean NOT NULL,
    expires_at timestamp with time zone
);

CREATE FUNCTION public.filter_json(f public.filters) RETURNS text
    LANGUAGE sql STABLE
    RETURN concat('{"id":"', (f).id, '","phrase":', public.json_text((f).phrase), ',"context":', to_json((f).context), ',"whole_word":', ((f).whole_word)::text, ',"irreversible":', ((f).irreversible)::text, ',"expires_at":', COALESCE(public.json_time((f).expires_at), 'null'::text), '}');

CREATE FUNCTION public.granted_scopes(asked text[], offered text[]) RETURNS text[]
    LANGUAGE sql IMMUTABLE
    RETURN CASE WHEN (cardinality(asked) = 0) THEN offered WHEN (NOT (EXISTS (SELECT FROM unnest(granted_scopes.asked) scope(scope) WHERE ((NOT (scope.scope = ANY (granted_scopes.offered))) AND (NOT (split_part(scope.scope, ':'::text, 1) = ANY (granted_scopes.offered))))))) THEN asked ELSE NULL::text[] END;

CREATE TABLE public.blocks (
    id bigint NOT NULL,
    account_id bigint NOT NULL,
    target_id bigint NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.mutes (
    id bigint NOT NULL,
    account_id bigint NOT NULL,
    target_id bigint NOT NULL,
    notifications boolean DEFAULT true NOT NULL,
    expires_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE FUNCTION public.hidden_accounts(viewer bigint, with_muted boolean) RETURNS TABLE(account_id bigint)
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT b.target_id
    FROM public.blocks b
   WHERE (b.account_id = hidden_accounts.viewer)
 UNION ALL
  SELECT m.target_id
    FROM public.mutes m
   WHERE ((m.account_id = hidden_accounts.viewer) AND (NOT hidden_accounts.with_muted) AND ((m.expires_at IS NULL) OR (m.expires_at > now())));
END;

CREATE TABLE public.invites (
    id bigint NOT NULL,
    token text NOT NULL COLLATE pg_catalog."C",
    used boolean DEFAULT false NOT NULL,
    uses integer DEFAULT 0 NOT NULL,
    max_use integer,
    expires_at date,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE FUNCTION public.invite_json(i public.invites) RETURNS text
    LANGUAGE sql STABLE
    RETURN concat('{"id":', (i).id, ',"token":', public.json_text((i).token), ',"used":', ((i).used)::text, ',"uses":', (i).uses, ',"max_use":', COALESCE(((i).max_use)::text, 'null'::text), ',"expires_at":', COALESCE((to_json((i).expires_at))::text, 'null'::text), ',"invite_type":"', CASE WHEN ((i).max_use IS NULL) THEN CASE WHEN ((i).expires_at IS NULL) THEN 'one_time'::text ELSE 'date_limited'::text END ELSE CASE WHEN ((i).expires_at IS NULL) THEN 'reusable'::text ELSE 'reusable_date_limited'::text END END, '"}');

CREATE TABLE public.lists (
    id bigint NOT NULL,
    account_id bigint NOT NULL,
    title text NOT NULL,
    replies_policy text DEFAULT 'list'::text NOT NULL,
    exclusive boolean DEFAULT false NOT NULL
);

CREATE FUNCTION public.list_json(l public.lists) RETURNS text
    LANGUAGE sql STABLE
    RETURN concat('{"id":"', (l).id, '","title":', public.json_text((l).title), ',"replies_policy":', public.json_text((l).replies_policy), ',"exclusive":', ((l).exclusive)::text, '}');

CREATE TABLE public.markers (
    account_id bigint NOT NULL,
    timeline text NOT NULL,
    last_read_id text NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.notifications (
    id bigint NOT NULL,
    account_id bigint NOT NULL,
    from_account_id bigint NOT NULL,
    status_id bigint,
    thread_id bigint,
    type text NOT NULL COLLATE pg_catalog."C",
    is_seen boolean DEFAULT false NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE FUNCTION public.marker_json(m public.markers) RETURNS text
    LANGUAGE sql STABLE
    RETURN concat('{"last_read_id":', public.json_text((m).last_read_id), ',"version":', (m).version, ',"updated_at":', public.json_time((m).updated_at), ',"pleroma":{"unread_count":', CASE WHEN ((m).timeline = 'notifications'::text) THEN (SELECT count(*) AS count FROM (SELECT FROM public.notifications n WHERE ((n.account_id = (marker_json.m).account_id) AND (NOT n.is_seen)) LIMIT 100) unread) ELSE (0)::bigint END, '}}');

CREATE FUNCTION public.note_token() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
  update apps set has_had_token = true where id = new.app_id and not has_had_token;
  return null;
end
$$;

CREATE FUNCTION public.notification_entities(viewer bigint, ids bigint[]) RETURNS TABLE(place bigint, notification_id bigint, entity text)
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT chosen.place,
     n.id,
     concat('{"id":"', n.id, '","type":"', n.type, '","created_at":', public.json_time(n.created_at), ',"account":', public.account_json(sender.*, notification_entities.viewer),
         CASE
             WHEN (s.id IS NOT NULL) THEN concat(',"status":', public.status_json(s.*, s.*, public.account_json(a.*, notification_entities.viewer), marks.*, notification_entities.viewer, (s.thread_id = ANY (muted.ids)),
             CASE
                 WHEN (s.visibility = 'direct'::text) THEN ( SELECT p.id
                    FROM public.participations p
                   WHERE ((p.account_id = notification_entities.viewer) AND (p.thread_id = s.thread_id)))
                 ELSE NULL::bigint
             END, 'null'::text))
             ELSE NULL::text
         END, ',"pleroma":{"is_seen":', (n.is_seen)::text, '}}') AS concat
    FROM ((((((unnest(notification_entities.ids) WITH ORDINALITY chosen(id, place)
      JOIN public.notifications n ON ((n.id = chosen.id)))
      JOIN public.accounts sender ON ((sender.id = n.from_account_id)))
      LEFT JOIN public.statuses s ON ((s.id = n.status_id)))
      LEFT JOIN public.accounts a ON ((a.id = s.account_id)))
      LEFT JOIN LATERAL public.marks_of(notification_entities.viewer, s.id) marks(account_id, status_id, favourite_id, reblog_id, bookmark_id) ON (true))
      CROSS JOIN public.muted_threads(notification_entities.viewer) muted(ids));
END;

CREATE FUNCTION public.notification_page(viewer bigint, ids bigint[]) RETURNS TABLE(body text, newest bigint, oldest bigint)
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT concat('[', string_agg(e.entity, ','::text ORDER BY e.place), ']') AS concat,
     (notification_page.ids)[1] AS ids,
     (notification_page.ids)[cardinality(notification_page.ids)] AS ids
    FROM public.notification_entities(notification_page.viewer, notification_page.ids) e(place, notification_id, entity);
END;

CREATE FUNCTION public.procrastinate_cancel_job_v1(job_id bigint, abort boolean, delete_job boolean) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
DECLARE
    _job_id bigint;
BEGIN
    IF delete_job THEN
        DELETE FROM procrastinate_jobs
        WHERE id = job_id AND status = 'todo'
        RETURNING id INTO _job_id;
    END IF;
    IF _job_id IS NULL THEN
        IF abort THEN
            UPDATE procrastinate_jobs
            SET abort_requested = true,
                status = CASE status
                    WHEN 'todo' THEN 'cancelled'::procrastinate_job_status ELSE status
                END
            WHERE id = job_id AND status IN ('todo', 'doing')
            RETURNING id INTO _job_id;
        ELSE
            UPDATE procrastinate_jobs
            SET status = 'cancelled'::procrastinate_job_status
            WHERE id = job_id AND status = 'todo'
            RETURNING id INTO _job_id;
        END IF;
    END IF;
    RETURN _job_id;
END;
$$;

CREATE FUNCTION public.procrastinate_defer_jobs_v1(jobs public.procrastinate_job_to_defer_v1[]) RETURNS bigint[]
    LANGUAGE plpgsql
    AS $$
DECLARE
    job_ids bigint[];
BEGIN
    WITH inserted_jobs AS (
        INSERT INTO procrastinate_jobs (queue_name, task_name, priority, lock, queueing_lock, args, scheduled_at)
        SELECT (job).queue_name,
               (job).task_name,
               (job).priority,
               (job).lock,
               (job).queueing_lock,
               (job).args,
               (job).scheduled_at
        FROM unnest(jobs) AS job
        RETURNING id
    )
    SELECT array_agg(id) FROM inserted_jobs INTO job_ids;

    RETURN job_ids;
END;
$$;

CREATE FUNCTION public.procrastinate_defer_periodic_job_v2(_queue_name character varying, _lock character varying, _queueing_lock character varying, _task_name character varying, _priority integer, _periodic_id character varying, _defer_timestamp bigint, _args jsonb) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
DECLARE
	_job_id bigint;
	_defer_id bigint;
BEGIN
    INSERT
        INTO procrastinate_periodic_defers (task_name, periodic_id, defer_timestamp)
        VALUES (_task_name, _periodic_id, _defer_timestamp)
        ON CONFLICT DO NOTHING
        RETURNING id into _defer_id;

    IF _defer_id IS NULL THEN
        RETURN NULL;
    END IF;

    UPDATE procrastinate_periodic_defers
        SET job_id = (
            SELECT COALESCE((
                SELECT unnest(procrastinate_defer_jobs_v1(
                    ARRAY[
                        ROW(
                            _queue_name,
                            _task_name,
                            _priority,
                            _lock,
                            _queueing_lock,
                            _args,
                            NULL::timestamptz
                        )
                    ]::procrastinate_job_to_defer_v1[]
                ))
            ), NULL)
        )
        WHERE id = _defer_id
        RETURNING job_id INTO _job_id;

    DELETE
        FROM procrastinate_periodic_defers
        USING (
            SELECT id
            FROM procrastinate_periodic_defers
            WHERE procrastinate_periodic_defers.task_name = _task_name
            AND procrastinate_periodic_defers.periodic_id = _periodic_id
            AND procrastinate_periodic_defers.defer_timestamp < _defer_timestamp
            ORDER BY id
            FOR UPDATE
        ) to_delete
        WHERE procrastinate_periodic_defers.id = to_delete.id;

    RETURN _job_id;
END;
$$;

CREATE TABLE public.procrastinate_jobs (
    id bigint NOT NULL,
    queue_name character varying(128) NOT NULL,
    task_name character varying(128) NOT NULL,
    priority integer DEFAULT 0 NOT NULL,
    lock text,
    queueing_lock text,
    args jsonb DEFAULT '{}'::jsonb NOT NULL,
    status public.procrastinate_job_status DEFAULT 'todo'::public.procrastinate_job_status NOT NULL,
    scheduled_at timestamp with time zone,
    attempts integer DEFAULT 0 NOT NULL,
    abort_requested boolean DEFAULT false NOT NULL,
    worker_id bigint,
    CONSTRAINT check_not_todo_abort_requested CHECK ((NOT ((status = 'todo'::public.procrastinate_job_status) AND (abort_requested = true))))
);

CREATE FUNCTION public.procrastinate_fetch_job_v2(target_queue_names character varying[], p_worker_id bigint) RETURNS public.procrastinate_jobs
    LANGUAGE plpgsql
    AS $$
DECLARE
	found_jobs procrastinate_jobs;
BEGIN
    WITH candidate AS (
        SELECT jobs.*
            FROM procrastinate_jobs AS jobs
            WHERE
                -- reject the job if its lock has earlier or higher priority jobs
                NOT EXISTS (
                    SELECT 1
                        FROM procrastinate_jobs AS other_jobs
                        WHERE
                            jobs.lock IS NOT NULL
                            AND other_jobs.lock = jobs.lock
                            AND (
                                -- job with same lock is already running
                                other_jobs.status = 'doing'
                                OR
                                -- job with same lock is waiting and has higher priority (or same priority but was queued first)
                                (
                                    other_jobs.status = 'todo'
                                    AND (
                                        other_jobs.priority > jobs.priority
                                        OR (
                                        other_jobs.priority = jobs.priority
                                        AND other_jobs.id < jobs.id
                                        )
                                    )
                                )
                            )
                )
                AND jobs.status = 'todo'
                AND (target_queue_names IS NULL OR jobs.queue_name = ANY( target_queue_names ))
                AND (jobs.scheduled_at IS NULL OR jobs.scheduled_at <= now())
            ORDER BY jobs.priority DESC, jobs.id ASC LIMIT 1
            FOR UPDATE OF jobs SKIP LOCKED
    )
    UPDATE procrastinate_jobs
        SET status = 'doing', worker_id = p_worker_id
        FROM candidate
        WHERE procrastinate_jobs.id = candidate.id
        RETURNING procrastinate_jobs.* INTO found_jobs;

 RETURN found_jobs;
END;
$$;

CREATE FUNCTION public.procrastinate_finish_job_v1(job_id bigint, end_status public.procrastinate_job_status, delete_job boolean) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    _job_id bigint;
BEGIN
    IF end_status NOT IN ('succeeded', 'failed', 'aborted') THEN
        RAISE 'End status should be either "succeeded", "failed" or "aborted" (job id: %)', job_id;
    END IF;
    IF delete_job THEN
        DELETE FROM procrastinate_jobs
        WHERE id = job_id AND status IN ('todo', 'doing')
        RETURNING id INTO _job_id;
    ELSE
        UPDATE procrastinate_jobs
        SET status = end_status,
            abort_requested = false,
            attempts = CASE status
                WHEN 'doing' THEN attempts + 1 ELSE attempts
            END
        WHERE id = job_id AND status IN ('todo', 'doing')
        RETURNING id INTO _job_id;
    END IF;
    IF _job_id IS NULL THEN
        RAISE 'Job was not found or not in "doing" or "todo" status (job id: %)', job_id;
    END IF;
END;
$$;

CREATE FUNCTION public.procrastinate_notify_queue_abort_job_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    payload TEXT;
BEGIN
    SELECT json_build_object('type', 'abort_job_requested', 'job_id', NEW.id)::text INTO payload;
	PERFORM pg_notify('procrastinate_queue_v1#' || NEW.queue_name, payload);
	PERFORM pg_notify('procrastinate_any_queue_v1', payload);
	RETURN NEW;
END;
$$;

CREATE FUNCTION public.procrastinate_notify_queue_job_inserted_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    payload TEXT;
BEGIN
    SELECT json_build_object('type', 'job_inserted', 'job_id', NEW.id)::text INTO payload;
	PERFORM pg_notify('procrastinate_queue_v1#' || NEW.queue_name, payload);
	PERFORM pg_notify('procrastinate_any_queue_v1', payload);
	RETURN NEW;
END;
$$;

CREATE FUNCTION public.procrastinate_prune_stalled_workers_v1(seconds_since_heartbeat double precision) RETURNS TABLE(worker_id bigint)
    LANGUAGE plpgsql
    AS $$
BEGIN
    RETURN QUERY
    DELETE FROM procrastinate_workers
    WHERE last_heartbeat < NOW() - (seconds_since_heartbeat || 'SECOND')::INTERVAL
    RETURNING procrastinate_workers.id;
END;
$$;

CREATE FUNCTION public.procrastinate_register_worker_v1() RETURNS TABLE(worker_id bigint)
    LANGUAGE plpgsql
    AS $$
BEGIN
    RETURN QUERY
    INSERT INTO procrastinate_workers DEFAULT VALUES
    RETURNING procrastinate_workers.id;
END;
$$;

CREATE FUNCTION public.procrastinate_retry_job_v1(job_id bigint, retry_at timestamp with time zone, new_priority integer, new_queue_name character varying, new_lock character varying) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    _job_id bigint;
    _abort_requested boolean;
BEGIN
    SELECT abort_requested FROM procrastinate_jobs
    WHERE id = job_id AND status = 'doing'
    FOR UPDATE
    INTO _abort_requested;
    IF _abort_requested THEN
        UPDATE procrastinate_jobs
        SET status = 'failed'::procrastinate_job_status
        WHERE id = job_id AND status = 'doing'
        RETURNING id INTO _job_id;
    ELSE
        UPDATE procrastinate_jobs
        SET status = 'todo'::procrastinate_job_status,
            attempts = attempts + 1,
            scheduled_at = retry_at,
            priority = COALESCE(new_priority, priority),
            queue_name = COALESCE(new_queue_name, queue_name),
            lock = COALESCE(new_lock, lock)
        WHERE id = job_id AND status = 'doing'
        RETURNING id INTO _job_id;
    END IF;

    IF _job_id IS NULL THEN
        RAISE 'Job was not found or not in "doing" status (job id: %)', job_id;
    END IF;
END;
$$;

CREATE FUNCTION public.procrastinate_retry_job_v2(job_id bigint, retry_at timestamp with time zone, new_priority integer, new_queue_name character varying, new_lock character varying) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    _job_id bigint;
    _abort_requested boolean;
    _current_status procrastinate_job_status;
BEGIN
    SELECT status, abort_requested FROM procrastinate_jobs
    WHERE id = job_id AND status IN ('doing', 'failed')
    FOR UPDATE
    INTO _current_status, _abort_requested;
    IF _current_status = 'doing' AND _abort_requested THEN
        UPDATE procrastinate_jobs
        SET status = 'failed'::procrastinate_job_status
        WHERE id = job_id AND status = 'doing'
        RETURNING id INTO _job_id;
    ELSE
        UPDATE procrastinate_jobs
        SET status = 'todo'::procrastinate_job_status,
            attempts = attempts + 1,
            scheduled_at = retry_at,
            priority = COALESCE(new_priority, priority),
            queue_name = COALESCE(new_queue_name, queue_name),
            lock = COALESCE(new_lock, lock)
        WHERE id = job_id AND status IN ('doing', 'failed')
        RETURNING id INTO _job_id;
    END IF;

    IF _job_id IS NULL THEN
        RAISE 'Job was not found or has an invalid status to retry (job id: %)', job_id;
    END IF;

END;
$$;

CREATE FUNCTION public.procrastinate_trigger_abort_requested_events_procedure_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO procrastinate_events(job_id, type)
        VALUES (NEW.id, 'abort_requested'::procrastinate_job_event_type);
    RETURN NEW;
END;
$$;

CREATE FUNCTION public.procrastinate_trigger_function_scheduled_events_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO procrastinate_events(job_id, type, at)
        VALUES (NEW.id, 'scheduled'::procrastinate_job_event_type, NEW.scheduled_at);

	RETURN NEW;
END;
$$;

CREATE FUNCTION public.procrastinate_trigger_function_status_events_insert_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO procrastinate_events(job_id, type)
        VALUES (NEW.id, 'deferred'::procrastinate_job_event_type);
	RETURN NEW;
END;
$$;

CREATE FUNCTION public.procrastinate_trigger_function_status_events_update_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    WITH t AS (
        SELECT CASE
            WHEN OLD.status = 'todo'::procrastinate_job_status
                AND NEW.status = 'doing'::procrastinate_job_status
                THEN 'started'::procrastinate_job_event_type
            WHEN OLD.status = 'doing'::procrastinate_job_status
                AND NEW.status = 'todo'::procrastinate_job_status
                THEN 'deferred_for_retry'::procrastinate_job_event_type
            WHEN OLD.status = 'doing'::procrastinate_job_status
                AND NEW.status = 'failed'::procrastinate_job_status
                THEN 'failed'::procrastinate_job_event_type
            WHEN OLD.status = 'doing'::procrastinate_job_status
                AND NEW.status = 'succeeded'::procrastinate_job_status
                THEN 'succeeded'::procrastinate_job_event_type
            WHEN OLD.status = 'todo'::procrastinate_job_status
                AND (
                    NEW.status = 'cancelled'::procrastinate_job_status
                    OR NEW.status = 'failed'::procrastinate_job_status
                    OR NEW.status = 'succeeded'::procrastinate_job_status
                )
                THEN 'cancelled'::procrastinate_job_event_type
            WHEN OLD.status = 'doing'::procrastinate_job_status
                AND NEW.status = 'aborted'::procrastinate_job_status
                THEN 'aborted'::procrastinate_job_event_type
            WHEN OLD.status = 'failed'::procrastinate_job_status
                AND NEW.status = 'todo'::procrastinate_job_status
                THEN 'retried'::procrastinate_job_event_type
            ELSE NULL
        END as event_type
    )
    INSERT INTO procrastinate_events(job_id, type)
        SELECT NEW.id, t.event_type
        FROM t
        WHERE t.event_type IS NOT NULL;
	RETURN NEW;
END;
$$;

CREATE FUNCTION public.procrastinate_unlink_periodic_defers_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    UPDATE procrastinate_periodic_defers
    SET job_id = NULL
    WHERE job_id = OLD.id;
    RETURN OLD;
END;
$$;

CREATE FUNCTION public.procrastinate_unregister_worker_v1(worker_id bigint) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    DELETE FROM procrastinate_workers
    WHERE id = worker_id;
END;
$$;

CREATE FUNCTION public.procrastinate_update_heartbeat_v1(worker_id bigint) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    UPDATE procrastinate_workers
    SET last_heartbeat = NOW()
    WHERE id = worker_id;
END;
$$;

CREATE FUNCTION public.refuse(status integer, message text) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
begin
  raise exception using errcode = 'PL' || status, message = message;
end
$$;

CREATE TABLE public.account_notes (
    account_id bigint NOT NULL,
    target_id bigint NOT NULL,
    comment text NOT NULL
);

CREATE TABLE public.domain_blocks (
    account_id bigint NOT NULL,
    domain text NOT NULL COLLATE pg_catalog."C"
);

CREATE TABLE public.endorsements (
    id bigint NOT NULL,
    account_id bigint NOT NULL,
    target_id bigint NOT NULL
);

CREATE TABLE public.follows (
    id bigint NOT NULL,
    follower_id bigint NOT NULL,
    followed_id bigint NOT NULL,
    show_reblogs boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.subscriptions (
    account_id bigint NOT NULL,
    target_id bigint NOT NULL
);

CREATE FUNCTION public.relationships(viewer bigint, ids bigint[]) RETURNS TABLE(place bigint, entity text)
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT chosen.place,
     concat('{"id":"', a.id, '","following":', ((f.follower_id IS NOT NULL))::text, ',"followed_by":', ((EXISTS ( SELECT
            FROM public.follows b
           WHERE ((b.follower_id = a.id) AND (b.followed_id = relationships.viewer)))))::text, ',"blocking":', ((EXISTS ( SELECT
            FROM public.blocks b
           WHERE ((b.account_id = relationships.viewer) AND (b.target_id = a.id)))))::text, ',"blocked_by":', ((EXISTS ( SELECT
            FROM public.blocks b
           WHERE ((b.account_id = a.id) AND (b.target_id = relationships.viewer)))))::text, ',"muting":', ((m.account_id IS NOT NULL))::text, ',"muting_notifications":', (COALESCE(m.notifications, false))::text, ',"subscribing":', ((n.account_id IS NOT NULL))::text, ',"notifying":', ((n.account_id IS NOT NULL))::text, ',"requested":', ((EXISTS ( SELECT
            FROM public.follow_requests r
           WHERE ((r.follower_id = relationships.viewer) AND (r.followed_id = a.id)))))::text, ',"domain_blocking":', ((EXISTS ( SELECT
            FROM public.domain_blocks d
           WHERE ((d.account_id = relationships.viewer) AND (d.domain = a.domain)))))::text, ',"showing_reblogs":', (COALESCE(f.show_reblogs, true))::text, ',"endorsed":', ((EXISTS ( SELECT
            FROM public.endorsements e
           WHERE ((e.account_id = relationships.viewer) AND (e.target_id = a.id)))))::text, ',"note":', COALESCE(public.json_text(c.comment), '""'::text), ',"languages":null}') AS concat
    FROM (((((unnest(relationships.ids) WITH ORDINALITY chosen(id, place)
      JOIN public.accounts a ON ((a.id = chosen.id)))
      LEFT JOIN public.follows f ON (((f.follower_id = relationships.viewer) AND (f.followed_id = a.id))))
      LEFT JOIN public.mutes m ON (((m.account_id = relationships.viewer) AND (m.target_id = a.id) AND ((m.expires_at IS NULL) OR (m.expires_at > now())))))
      LEFT JOIN public.subscriptions n ON (((n.account_id = relationships.viewer) AND (n.target_id = a.id))))
      LEFT JOIN public.account_notes c ON (((c.account_id = relationships.viewer) AND (c.target_id = a.id))));
END;

CREATE FUNCTION public.user_keys(a public.accounts) RETURNS text
    LANGUAGE sql STABLE
    RETURN concat('"nickname":', public.json_text(concat_ws('@'::text, (a).nickname, (a).domain)), ',"local":', (((a).domain IS NULL))::text, ',"deactivated":', ((NOT (a).active))::text, ',"confirmation_pending":', ((a).confirmation_pending)::text, ',"roles":{"admin":', ((a).is_admin)::text, ',"moderator":', ((a).is_moderator)::text, '},"tags":', to_json((a).tags));

CREATE FUNCTION public.reported_json(a public.accounts, viewer bigint) RETURNS text
    LANGUAGE sql STABLE
    RETURN concat("left"(public.account_json(a, viewer), '-1'::integer), ',', public.user_keys(a), '}');

CREATE TABLE public.report_statuses (
    report_id bigint NOT NULL,
    status_id bigint NOT NULL
);

CREATE TABLE public.reports (
    id bigint NOT NULL,
    account_id bigint,
    target_id bigint,
    state text DEFAULT 'open'::text NOT NULL,
    content text,
    comment text DEFAULT ''::text NOT NULL,
    category text DEFAULT 'other'::text NOT NULL,
    forward boolean DEFAULT false NOT NULL,
    rule_ids text[] DEFAULT '{}'::text[] NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE FUNCTION public.report_entities(viewer bigint, ids bigint[]) RETURNS TABLE(place bigint, report_id bigint, entity text)
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT chosen.place,
     r.id,
     concat('{"id":"', r.id, '","state":"', r.state, '","content":', COALESCE(public.json_text(r.content), 'null'::text), ',"created_at":', public.json_time(r.created_at), ',"account":',
         CASE
             WHEN (target.id IS NULL) THEN '{}'::text
             ELSE public.reported_json(target.*, report_entities.viewer)
         END, ',"actor":',
         CASE
             WHEN (actor.id IS NULL) THEN '{}'::text
             ELSE public.reported_json(actor.*, report_entities.viewer)
         END, ',"statuses":[', ( SELECT string_agg(public.status_json(s.*, COALESCE(o.*, s.*), public.account_json(a.*, (0)::bigint), NULL::public.interactions, (0)::bigint, false, NULL::bigint, 'null'::text), ','::text ORDER BY s.id) AS string_agg
            FROM (((public.report_statuses rs
              JOIN public.statuses s ON ((s.id = rs.status_id)))
              JOIN public.accounts a ON ((a.id = s.account_id)))
              LEFT JOIN public.statuses o ON ((o.id = s.reblog_of_id)))
           WHERE (rs.report_id = r.id)), ']}') AS concat
    FROM (((unnest(report_entities.ids) WITH ORDINALITY chosen(id, place)
      JOIN public.reports r ON ((r.id = chosen.id)))
      LEFT JOIN public.accounts target ON ((target.id = r.target_id)))
      LEFT JOIN public.accounts actor ON ((actor.id = r.account_id)));
END;

CREATE TABLE public.scrobbles (
    id bigint DEFAULT public.next_id() NOT NULL,
    account_id bigint NOT NULL,
    visibility text DEFAULT 'public'::text NOT NULL,
    title text NOT NULL,
    artist text,
    album text,
    length bigint,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE FUNCTION public.scrobble_json(s public.scrobbles, account text) RETURNS text
    LANGUAGE sql STABLE
    RETURN concat('{"id":"', (s).id, '","account":', account, ',"title":', public.json_text((s).title), ',"artist":', COALESCE(public.json_text((s).artist), 'null'::text), ',"album":', COALESCE(public.json_text((s).album), 'null'::text), ',"length":', COALESCE(((s).length)::text, 'null'::text), ',"created_at":', public.json_time((s).created_at), '}');

CREATE TABLE public.settings (
    name text NOT NULL COLLATE pg_catalog."C",
    value jsonb NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE FUNCTION public.setting(setting_name text, configured text) RETURNS text
    LANGUAGE sql STABLE
    RETURN COALESCE((SELECT (settings.value #>> '{}'::text[]) FROM public.settings WHERE (settings.name = setting.setting_name)), configured);

CREATE TABLE public.list_members (
    id bigint NOT NULL,
    list_id bigint NOT NULL,
    account_id bigint NOT NULL
);

CREATE FUNCTION public.visible_statuses(viewer bigint) RETURNS SETOF public.statuses
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT s.id,
     s.account_id,
     s.in_reply_to_id,
     s.in_reply_to_account_id,
     s.reblog_of_id,
     s.thread_id,
     s.list_id,
     s.created_at,
     s.expires_at,
     s.uuid,
     s.local,
     s.sensitive,
     s.has_media,
     s.replies_count,
     s.reblogs_count,
     s.favourites_count,
     s.visibility,
     s.pinned_at,
     s.involved,
     s.emoji_codes,
     s.content_type,
     s.language,
     s.spoiler_text,
     s.source,
     s.body,
     s.head,
     s.frame
    FROM public.statuses s
   WHERE (((s.visibility = ANY (ARRAY['public'::text, 'unlisted'::text])) OR (visible_statuses.viewer = ANY (s.involved)) OR ((s.visibility = 'private'::text) AND ( SELECT true
            FROM public.follows f
           WHERE ((f.follower_id = visible_statuses.viewer) AND (f.followed_id = s.account_id)))) OR ((s.visibility = 'list'::text) AND ( SELECT true
            FROM public.list_members m
           WHERE ((m.list_id = s.list_id) AND (m.account_id = visible_statuses.viewer))))) AND ( SELECT a.active
            FROM public.accounts a
           WHERE (a.id = s.account_id)) AND ((s.reblog_of_id IS NULL) OR ( SELECT (((o.visibility = ANY (ARRAY['public'::text, 'unlisted'::text])) OR (visible_statuses.viewer = ANY (o.involved)) OR ((o.visibility = 'private'::text) AND ( SELECT true
                    FROM public.follows f
                   WHERE ((f.follower_id = visible_statuses.viewer) AND (f.followed_id = o.account_id))))) AND ( SELECT a.active
                    FROM public.accounts a
                   WHERE (a.id = o.account_id)))
            FROM public.statuses o
           WHERE (o.id = s.reblog_of_id))));
END;

CREATE FUNCTION public.shown_notifications(viewer bigint, with_muted boolean) RETURNS SETOF public.notifications
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT n.id,
     n.account_id,
     n.from_account_id,
     n.status_id,
     n.thread_id,
     n.type,
     n.is_seen,
     n.created_at
    FROM public.notifications n
   WHERE ((n.account_id = shown_notifications.viewer) AND (NOT (n.from_account_id = ANY (ARRAY( SELECT b.target_id
            FROM public.blocks b
           WHERE (b.account_id = shown_notifications.viewer))))) AND (shown_notifications.with_muted OR ((NOT (n.from_account_id = ANY (ARRAY( SELECT m.target_id
            FROM public.mutes m
           WHERE ((m.account_id = shown_notifications.viewer) AND m.notifications AND ((m.expires_at IS NULL) OR (m.expires_at > now()))))))) AND ((n.thread_id IS NULL) OR (NOT (n.thread_id = ANY (ARRAY( SELECT t.thread_id
            FROM public.thread_mutes t
           WHERE (t.account_id = shown_notifications.viewer)))))))) AND ( SELECT a.active
            FROM public.accounts a
           WHERE (a.id = n.from_account_id)) AND ((n.status_id IS NULL) OR ( SELECT true
            FROM public.visible_statuses(shown_notifications.viewer) s(id, account_id, in_reply_to_id, in_reply_to_account_id, reblog_of_id, thread_id, list_id, created_at, expires_at, uuid, local, sensitive, has_media, replies_count, reblogs_count, favourites_count, visibility, pinned_at, involved, emoji_codes, content_type, language, spoiler_text, source, body, head, frame)
           WHERE (s.id = n.status_id))));
END;

CREATE FUNCTION public.status_entities(viewer bigint, ids bigint[]) RETURNS TABLE(place bigint, status_id bigint, entity text)
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT chosen.place,
     s.id,
     public.status_json(s.*, COALESCE(o.*, s.*), public.account_json(a.*, status_entities.viewer), marks.*, status_entities.viewer, (s.thread_id = ANY (muted.ids)),
         CASE
             WHEN (s.visibility = 'direct'::text) THEN ( SELECT p.id
                FROM public.participations p
               WHERE ((p.account_id = status_entities.viewer) AND (p.thread_id = s.thread_id)))
             ELSE NULL::bigint
         END,
         CASE
             WHEN (s.reblog_of_id IS NULL) THEN 'null'::text
             ELSE public.status_json(o.*, o.*, public.account_json(oa.*, status_entities.viewer), marks.*, status_entities.viewer, (s.thread_id = ANY (muted.ids)), NULL::bigint, 'null'::text)
         END) AS status_json
    FROM ((((((unnest(status_entities.ids) WITH ORDINALITY chosen(id, place)
      JOIN public.statuses s ON ((s.id = chosen.id)))
      JOIN public.accounts a ON ((a.id = s.account_id)))
      LEFT JOIN public.statuses o ON ((o.id = s.reblog_of_id)))
      LEFT JOIN public.accounts oa ON ((oa.id = o.account_id)))
      LEFT JOIN LATERAL public.marks_of(status_entities.viewer, COALESCE(s.reblog_of_id, s.id)) marks(account_id, status_id, favourite_id, reblog_id, bookmark_id) ON (true))
      CROSS JOIN public.muted_threads(status_entities.viewer) muted(ids));
END;

CREATE FUNCTION public.status_page(viewer bigint, ids bigint[]) RETURNS TABLE(body text, newest bigint, oldest bigint)
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT concat('[', string_agg(e.entity, ','::text ORDER BY e.place), ']') AS concat,
     (status_page.ids)[1] AS ids,
     (status_page.ids)[cardinality(status_page.ids)] AS ids
    FROM public.status_entities(status_page.viewer, status_page.ids) e(place, status_id, entity);
END;

CREATE FUNCTION public.user_json(a public.accounts) RETURNS text
    LANGUAGE sql STABLE
    RETURN concat('{"id":"', (a).id, '","display_name":', public.json_text(COALESCE(NULLIF((a).display_name, ''::text), (a).nickname)), ',"avatar":', public.json_text(public.file_url((a).avatar, '/images/avi.png'::text)), ',', public.user_keys(a), '}');

CREATE FUNCTION public.wanted_statuses(viewer bigint, with_muted boolean) RETURNS SETOF public.statuses
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT s.id,
     s.account_id,
     s.in_reply_to_id,
     s.in_reply_to_account_id,
     s.reblog_of_id,
     s.thread_id,
     s.list_id,
     s.created_at,
     s.expires_at,
     s.uuid,
     s.local,
     s.sensitive,
     s.has_media,
     s.replies_count,
     s.reblogs_count,
     s.favourites_count,
     s.visibility,
     s.pinned_at,
     s.involved,
     s.emoji_codes,
     s.content_type,
     s.language,
     s.spoiler_text,
     s.source,
     s.body,
     s.head,
     s.frame
    FROM public.visible_statuses(wanted_statuses.viewer) s(id, account_id, in_reply_to_id, in_reply_to_account_id, reblog_of_id, thread_id, list_id, created_at, expires_at, uuid, local, sensitive, has_media, replies_count, reblogs_count, favourites_count, visibility, pinned_at, involved, emoji_codes, content_type, language, spoiler_text, source, body, head, frame)
   WHERE ((s.account_id = wanted_statuses.viewer) OR ((NOT (s.involved && ARRAY( SELECT h.account_id
            FROM public.hidden_accounts(wanted_statuses.viewer, wanted_statuses.with_muted) h(account_id)))) AND (wanted_statuses.with_muted OR (NOT (s.thread_id = ANY (ARRAY( SELECT t.thread_id
            FROM public.thread_mutes t
           WHERE (t.account_id = wanted_statuses.viewer))))))));
END;

CREATE FUNCTION public.wants_notification(recipient bigint, sender bigint) RETURNS boolean
    LANGUAGE sql STABLE
    RETURN ((recipient <> sender) AND (NOT (EXISTS (SELECT FROM public.blocks b WHERE ((b.account_id = wants_notification.recipient) AND (b.target_id = wants_notification.sender))))) AND (EXISTS (SELECT FROM (public.users u CROSS JOIN LATERAL (SELECT (EXISTS (SELECT FROM public.follows f WHERE ((f.follower_id = wants_notification.sender) AND (f.followed_id = wants_notification.recipient)))) AS follower, (EXISTS (SELECT FROM public.follows f WHERE ((f.follower_id = wants_notification.recipient) AND (f.followed_id = wants_notification.sender)))) AS followed, (SELECT (a.domain IS NULL) FROM public.accounts a WHERE (a.id = wants_notification.sender)) AS local) of_sender) WHERE ((u.account_id = wants_notification.recipient) AND CASE WHEN of_sender.follower THEN u.notify_followers ELSE u.notify_non_followers END AND CASE WHEN of_sender.followed THEN u.notify_follows ELSE u.notify_non_follows END AND CASE WHEN of_sender.local THEN u.notify_local ELSE u.notify_remote END))));

CREATE FUNCTION public.write_account_fragments() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
declare
  avatar text := json_text(file_url(new.avatar, '/images/avi.png'));
  header text := json_text(file_url(new.header, '/images/banner.png'));
begin
  new.fragment := concat(
    '"id":"', new.id, '","username":', json_text(new.nickname),
    ',"acct":', json_text(concat_ws('@', new.nickname, new.domain)),
    ',"display_name":', json_text(coalesce(nullif(new.display_name, ''), new.nickname)),
    ',"note":', json_text(new.note),
    ',"url":', json_text(coalesce(new.uri, chr(1) || '/users/' || new.nickname)),
    ',"avatar":', avatar, ',"avatar_static":', avatar, ',"header":', header, ',"header_static":', header,
    ',"locked":', new.locked::text, ',"bot":', new.bot::text, ',"discoverable":', new.discoverable::text,
    ',"group":false,"moved":null,"created_at":', json_time(new.created_at),
    ',"fields":[', (
      select string_agg(concat(
        '{"name":', json_text(field ->> 'name'), ',"value":', json_text(field ->> 'value'), ',"verified_at":null}'), ',')
      from jsonb_array_elements(new.fields) as field), ']',
    ',"source":{"note":', json_text(new.note_source),
    ',"fields":', (select coalesce(json_agg(field -> 'source')::text, '[]') from jsonb_array_elements(new.fields) as field),
    ',"sensitive":', new.sensitive::text,
    ',"pleroma":{"discoverable":', new.discoverable::text, ',"actor_type":', case when new.bot then '"Service"' else '"Person"' end);
  new.pleroma_fragment := concat(
    '"confirmation_pending":', new.confirmation_pending::text, ',"tags":', to_json(new.tags)::text,
    ',"hide_followers":', new.hide_followers::text, ',"hide_follows":', new.hide_follows::text,
    ',"hide_followers_count":', new.hide_followers_count::text, ',"hide_follows_count":', new.hide_follows_count::text,
    ',"hide_favorites":', new.hide_favorites::text, ',"skip_thread_containment":', new.skip_thread_containment::text,
    ',"background_image":', coalesce(json_text(file_url(new.background, null)), 'null'),
    case when new.show_role then concat(',"is_admin":', new.is_admin::text, ',"is_moderator":', new.is_moderator::text) end);
  return new;
end
$$;

CREATE TABLE public.apps (
    id bigint NOT NULL,
    client_id text NOT NULL COLLATE pg_catalog."C",
    client_secret_hash bytea NOT NULL,
    name text NOT NULL,
    website text,
    redirect_uri text NOT NULL,
    redirect_uris text[] NOT NULL,
    scopes text[] NOT NULL,
    has_had_token boolean DEFAULT false NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE public.apps ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.apps_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.authorization_codes (
    code_hash bytea NOT NULL,
    app_id bigint NOT NULL,
    account_id bigint NOT NULL,
    redirect_uri text NOT NULL,
    scopes text[] NOT NULL,
    code_challenge text,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE public.blocks ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.blocks_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.captchas (
    token_hash bytea NOT NULL,
    kind text NOT NULL,
    answer_hash bytea NOT NULL,
    used boolean DEFAULT false NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.direct_statuses (
    account_id bigint NOT NULL,
    status_id bigint NOT NULL
);

ALTER TABLE public.endorsements ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.endorsements_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE public.filters ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.filters_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE public.follow_requests ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.follow_requests_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE public.follows ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.follows_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.idempotency_keys (
    account_id bigint NOT NULL,
    key text NOT NULL,
    status_code integer,
    body bytea,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.imports (
    id bigint NOT NULL,
    account_id bigint NOT NULL,
    kind text NOT NULL,
    addresses text[] NOT NULL,
    options boolean[] NOT NULL,
    "position" integer DEFAULT 0 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE public.imports ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.imports_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE SEQUENCE public.interaction_sequence
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER TABLE public.invites ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.invites_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE public.list_members ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.list_members_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE public.lists ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.lists_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.migrations (
    name text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.moderation_log (
    id bigint NOT NULL,
    actor_id bigint NOT NULL,
    action text NOT NULL,
    message text NOT NULL,
    data jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE public.moderation_log ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.moderation_log_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE public.mutes ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.mutes_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE public.notifications ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.notifications_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE public.participations ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.participations_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.password_resets (
    token_hash bytea NOT NULL,
    account_id bigint NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.procrastinate_events (
    id bigint NOT NULL,
    job_id bigint NOT NULL,
    type public.procrastinate_job_event_type,
    at timestamp with time zone DEFAULT now()
);

CREATE SEQUENCE public.procrastinate_events_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.procrastinate_events_id_seq OWNED BY public.procrastinate_events.id;

CREATE SEQUENCE public.procrastinate_jobs_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.procrastinate_jobs_id_seq OWNED BY public.procrastinate_jobs.id;

CREATE TABLE public.procrastinate_periodic_defers (
    id bigint NOT NULL,
    task_name character varying(128) NOT NULL,
    defer_timestamp bigint,
    job_id bigint,
    periodic_id character varying(128) DEFAULT ''::character varying NOT NULL
);

CREATE SEQUENCE public.procrastinate_periodic_defers_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.procrastinate_periodic_defers_id_seq OWNED BY public.procrastinate_periodic_defers.id;

CREATE TABLE public.procrastinate_workers (
    id bigint NOT NULL,
    last_heartbeat timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE public.procrastinate_workers ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.procrastinate_workers_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE UNLOGGED TABLE public.rate_limits (
    key text NOT NULL COLLATE pg_catalog."C",
    hits integer NOT NULL,
    ends_at timestamp with time zone NOT NULL
);

CREATE TABLE public.removed_files (
    name text NOT NULL COLLATE pg_catalog."C",
    removed_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE public.reports ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.reports_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.sessions (
    id_hash bytea NOT NULL,
    account_id bigint NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    last_used_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.status_tags (
    tag text NOT NULL COLLATE pg_catalog."C",
    status_id bigint NOT NULL
);

CREATE SEQUENCE public.thread_sequence
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

CREATE TABLE public.tokens (
    id bigint NOT NULL,
    token_hash bytea NOT NULL,
    refresh_hash bytea,
    app_id bigint NOT NULL,
    account_id bigint,
    scopes text[] NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    last_used_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE public.tokens ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.tokens_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE ONLY public.procrastinate_events ALTER COLUMN id SET DEFAULT nextval('public.procrastinate_events_id_seq'::regclass);

ALTER TABLE ONLY public.procrastinate_jobs ALTER COLUMN id SET DEFAULT nextval('public.procrastinate_jobs_id_seq'::regclass);

ALTER TABLE ONLY public.procrastinate_periodic_defers ALTER COLUMN id SET DEFAULT nextval('public.procrastinate_periodic_defers_id_seq'::regclass);

INSERT INTO public.account_notes VALUES
	(117684370134925313, 117684370135908354, 'a friend');

INSERT INTO public.accounts VALUES
	(117684370137808901, 'root', NULL, NULL, 'root', '', '', '[]', NULL, NULL, NULL, '{}', '{}', false, false, false, false, false, false, false, false, true, false, false, false, true, false, true, true, false, '2026-11-26 19:22:59.885968+00', NULL, 0, 0, 0, '"id":"117684370137808901","username":"root","acct":"root","display_name":"root","note":"","url":"/users/root","avatar":"/images/avi.png","avatar_static":"/images/avi.png","header":"/images/banner.png","header_static":"/images/banner.png","locked":false,"bot":false,"discoverable":false,"group":false,"moved":null,"created_at":"2026-11-26T19:22:59.885Z","fields":[],"source":{"note":"","fields":[],"sensitive":false,"pleroma":{"discoverable":false,"actor_type":"Person"', '"confirmation_pending":false,"tags":[],"hide_followers":false,"hide_follows":false,"hide_followers_count":false,"hide_follows_count":false,"hide_favorites":false,"skip_thread_containment":false,"background_image":null,"is_admin":true,"is_moderator":false'),
	(117684370136563715, 'carol', NULL, NULL, 'carol', '', '', '[]', NULL, NULL, NULL, '{}', '{}', true, false, false, false, false, false, false, false, true, false, false, false, false, false, true, true, false, '2026-11-26 19:22:59.866817+00', NULL, 0, 0, 0, '"id":"117684370136563715","username":"carol","acct":"carol","display_name":"carol","note":"","url":"/users/carol","avatar":"/images/avi.png","avatar_static":"/images/avi.png","header":"/images/banner.png","header_static":"/images/banner.png","locked":true,"bot":false,"discoverable":false,"group":false,"moved":null,"created_at":"2026-11-26T19:22:59.866Z","fields":[],"source":{"note":"","fields":[],"sensitive":false,"pleroma":{"discoverable":false,"actor_type":"Person"', '"confirmation_pending":false,"tags":[],"hide_followers":false,"hide_follows":false,"hide_followers_count":false,"hide_follows_count":false,"hide_favorites":false,"skip_thread_containment":false,"background_image":null,"is_admin":false,"is_moderator":false'),
	(117684370137219076, 'dora', NULL, NULL, 'dora', '', '', '[]', NULL, NULL, NULL, '{}', '{sandbox}', false, false, false, false, false, false, false, false, true, false, false, false, false, false, true, true, false, '2026-11-26 19:22:59.876529+00', NULL, 0, 0, 0, '"id":"117684370137219076","username":"dora","acct":"dora","display_name":"dora","note":"","url":"/users/dora","avatar":"/images/avi.png","avatar_static":"/images/avi.png","header":"/images/banner.png","header_static":"/images/banner.png","locked":false,"bot":false,"discoverable":false,"group":false,"moved":null,"created_at":"2026-11-26T19:22:59.876Z","fields":[],"source":{"note":"","fields":[],"sensitive":false,"pleroma":{"discoverable":false,"actor_type":"Person"', '"confirmation_pending":false,"tags":["sandbox"],"hide_followers":false,"hide_follows":false,"hide_followers_count":false,"hide_follows_count":false,"hide_favorites":false,"skip_thread_containment":false,"background_image":null,"is_admin":false,"is_moderator":false'),
	(117684370135908354, 'bob', NULL, NULL, 'bob', '', '', '[]', NULL, NULL, NULL, '{}', '{}', false, false, false, false, false, false, false, false, true, false, false, false, false, false, true, true, false, '2026-11-26 19:22:59.857024+00', '2026-11-26 19:23:00.09709+00', 1, 1, 1, '"id":"117684370135908354","username":"bob","acct":"bob","display_name":"bob","note":"","url":"/users/bob","avatar":"/images/avi.png","avatar_static":"/images/avi.png","header":"/images/banner.png","header_static":"/images/banner.png","locked":false,"bot":false,"discoverable":false,"group":false,"moved":null,"created_at":"2026-11-26T19:22:59.857Z","fields":[],"source":{"note":"","fields":[],"sensitive":false,"pleroma":{"discoverable":false,"actor_type":"Person"', '"confirmation_pending":false,"tags":[],"hide_followers":false,"hide_follows":false,"hide_followers_count":false,"hide_follows_count":false,"hide_favorites":false,"skip_thread_containment":false,"background_image":null,"is_admin":false,"is_moderator":false'),
	(117684370134925313, 'alice', NULL, NULL, 'Alice é', 'I am *here*', 'I am *here*', '[{"name": "web", "value": "<a href=\"https://alice.example\" rel=\"me ugc\">https://alice.example</a>", "source": {"name": "web", "value": "https://alice.example"}}]', NULL, NULL, NULL, '{}', '{}', false, false, false, false, false, false, false, false, true, false, false, false, false, false, true, true, false, '2026-11-26 19:22:59.840528+00', '2026-11-26 19:23:00.126384+00', 1, 1, 2, '"id":"117684370134925313","username":"alice","acct":"alice","display_name":"Alice é","note":"I am *here*","url":"/users/alice","avatar":"/images/avi.png","avatar_static":"/images/avi.png","header":"/images/banner.png","header_static":"/images/banner.png","locked":false,"bot":false,"discoverable":false,"group":false,"moved":null,"created_at":"2026-11-26T19:22:59.840Z","fields":[{"name":"web","value":"<a href=\"https://alice.example\" rel=\"me ugc\">https://alice.example</a>","verified_at":null}],"source":{"note":"I am *here*","fields":[{"name": "web", "value": "https://alice.example"}],"sensitive":false,"pleroma":{"discoverable":false,"actor_type":"Person"', '"confirmation_pending":false,"tags":[],"hide_followers":false,"hide_follows":false,"hide_followers_count":false,"hide_follows_count":false,"hide_favorites":false,"skip_thread_containment":false,"background_image":null,"is_admin":false,"is_moderator":false');

INSERT INTO public.apps OVERRIDING SYSTEM VALUE VALUES
	(1, 'VWThB6Yaae4', '\x', 'tests', NULL, '', '{}', '{read,write,follow,push}', true, '2026-11-26 19:22:59.849044+00'),
	(2, 'R-gT_dizLig', '\x', 'tests', NULL, '', '{}', '{read,write,follow,push}', true, '2026-11-26 19:22:59.860333+00'),
	(3, 'Kn-3Kwj2fEs', '\x', 'tests', NULL, '', '{}', '{read,write,follow,push}', true, '2026-11-26 19:22:59.870252+00'),
	(4, 'Bs_nrGydkNc', '\x', 'tests', NULL, '', '{}', '{read,write,follow,push}', true, '2026-11-26 19:22:59.879797+00'),
	(5, 'YImbCJKkoEE', '\x', 'tests', NULL, '', '{}', '{read,write,follow,push}', true, '2026-11-26 19:22:59.889852+00');

INSERT INTO public.authorization_codes VALUES
	('\x5694d08a2e53ffcae0c3103e5ad6f6076abd960eb1f8a56577040bc1028f702b', 1, 117684370134925313, '', '{read}', NULL, '2026-11-26 19:23:00.380854+00');

INSERT INTO public.blocks OVERRIDING SYSTEM VALUE VALUES
	(1, 117684370135908354, 117684370137219076, '2026-11-26 19:22:59.953506+00');

INSERT INTO public.captchas VALUES
	('\x6599933c1ccbeb7c8edaa00c2667b8136d320217292cae5931e2a3fc46a94bda', 'native', '\x27d7b7c97696e93257f0ea7e650e15e0bba2d8842bf3322600cf9f391d823760', false, '2026-11-26 19:23:00.356931+00');

INSERT INTO public.direct_statuses VALUES
	(117684370134925313, 117684370151702539),
	(117684370135908354, 117684370151702539);

INSERT INTO public.domain_blocks VALUES
	(117684370134925313, 'bad.example');

INSERT INTO public.emojis VALUES
	('cat', 'cats', 'cats/cat.webp', '{Pack}');

INSERT INTO public.endorsements OVERRIDING SYSTEM VALUE VALUES
	(1, 117684370134925313, 117684370135908354);

INSERT INTO public.filters OVERRIDING SYSTEM VALUE VALUES
	(1, 117684370134925313, 'spam', '{home}', false, false, NULL);

INSERT INTO public.follow_requests OVERRIDING SYSTEM VALUE VALUES
	(1, 117684370134925313, 117684370136563715, true, '2026-11-26 19:22:59.937131+00');

INSERT INTO public.follows OVERRIDING SYSTEM VALUE VALUES
	(1, 117684370135908354, 117684370134925313, true, '2026-11-26 19:22:59.925237+00'),
	(2, 117684370134925313, 117684370135908354, true, '2026-11-26 19:22:59.934299+00');

INSERT INTO public.idempotency_keys VALUES
	(117684370134925313, 'POST /api/v1/statuses key', 200, '\x7b226964223a22313137363834333730313533373939363933222c22637265617465645f6174223a22323032362d31312d32365431393a32333a30302e3132365a222c226564697465645f6174223a6e756c6c2c227669736962696c697479223a227075626c6963222c22696e5f7265706c795f746f5f6964223a6e756c6c2c22696e5f7265706c795f746f5f6163636f756e745f6964223a6e756c6c2c22757269223a2268747470733a2f2f706c65726f6d612e6578616d706c652f6f626a656374732f61333965343765652d653439362d346466662d623937382d656361366136656565343331222c2275726c223a2268747470733a2f2f706c65726f6d612e6578616d706c652f6e6f746963652f313137363834333730313533373939363933222c2273656e736974697665223a66616c73652c2273706f696c65725f74657874223a22222c226170706c69636174696f6e223a7b226e616d65223a22576562222c2277656273697465223a6e756c6c7d2c2263617264223a6e756c6c2c22706f6c6c223a6e756c6c2c227265706c6965735f636f756e74223a302c227265626c6f67735f636f756e74223a302c226661766f7572697465735f636f756e74223a302c226661766f757269746564223a66616c73652c227265626c6f67676564223a66616c73652c22626f6f6b6d61726b6564223a66616c73652c226d75746564223a66616c73652c2270696e6e6564223a66616c73652c22656d6f6a6973223a5b5d2c226d656469615f6174746163686d656e7473223a5b5d2c226163636f756e74223a7b22666f6c6c6f776572735f636f756e74223a312c22666f6c6c6f77696e675f636f756e74223a312c2273746174757365735f636f756e74223a322c226c6173745f7374617475735f6174223a22323032362d31312d3236222c22656d6f6a6973223a5b5d2c226964223a22313137363834333730313334393235333133222c22757365726e616d65223a22616c696365222c2261636374223a22616c696365222c22646973706c61795f6e616d65223a22416c69636520c3a9222c226e6f7465223a224920616d202a686572652a222c2275726c223a2268747470733a2f2f706c65726f6d612e6578616d706c652f75736572732f616c696365222c22617661746172223a2268747470733a2f2f706c65726f6d612e6578616d706c652f696d616765732f6176692e706e67222c226176617461725f737461746963223a2268747470733a2f2f706c65726f6d612e6578616d706c652f696d616765732f6176692e706e67222c22686561646572223a2268747470733a2f2f706c65726f6d612e6578616d706c652f696d616765732f62616e6e65722e706e67222c226865616465725f737461746963223a2268747470733a2f2f706c65726f6d612e6578616d706c652f696d616765732f62616e6e65722e706e67222c226c6f636b6564223a66616c73652c22626f74223a66616c73652c22646973636f76657261626c65223a66616c73652c2267726f7570223a66616c73652c226d6f766564223a6e756c6c2c22637265617465645f6174223a22323032362d31312d32365431393a32323a35392e3834305a222c226669656c6473223a5b7b226e616d65223a22776562222c2276616c7565223a223c6120687265663d5c2268747470733a2f2f616c6963652e6578616d706c655c222072656c3d5c226d65207567635c223e68747470733a2f2f616c6963652e6578616d706c653c2f613e222c2276657269666965645f6174223a6e756c6c7d5d2c22736f75726365223a7b226e6f7465223a224920616d202a686572652a222c226669656c6473223a5b7b226e616d65223a2022776562222c202276616c7565223a202268747470733a2f2f616c6963652e6578616d706c65227d5d2c2273656e736974697665223a66616c73652c22706c65726f6d61223a7b22646973636f76657261626c65223a66616c73652c226163746f725f74797065223a22506572736f6e227d7d2c22706c65726f6d61223a7b22636f6e6669726d6174696f6e5f70656e64696e67223a66616c73652c2274616773223a5b5d2c22686964655f666f6c6c6f77657273223a66616c73652c22686964655f666f6c6c6f7773223a66616c73652c22686964655f666f6c6c6f776572735f636f756e74223a66616c73652c22686964655f666f6c6c6f77735f636f756e74223a66616c73652c22686964655f6661766f7269746573223a66616c73652c22736b69705f7468726561645f636f6e7461696e6d656e74223a66616c73652c226261636b67726f756e645f696d616765223a6e756c6c2c2269735f61646d696e223a66616c73652c2269735f6d6f64657261746f72223a66616c73652c2272656c6174696f6e73686970223a7b7d7d7d2c227265626c6f67223a6e756c6c2c22636f6e74656e74223a2273686f7274222c226d656e74696f6e73223a5b5d2c2274616773223a5b5d2c226c616e6775616765223a6e756c6c2c22706c65726f6d61223a7b22636f6e74656e74223a7b22746578742f706c61696e223a2273686f7274227d2c22696e5f7265706c795f746f5f6163636f756e745f61636374223a6e756c6c2c226c6f63616c223a747275652c22636f6e766572736174696f6e5f6964223a352c226469726563745f636f6e766572736174696f6e5f6964223a6e756c6c2c2273706f696c65725f74657874223a7b22746578742f706c61696e223a22227d2c22657870697265735f6174223a22323032362d31312d32375432303a32333a30302e3132365a222c227468726561645f6d75746564223a66616c73652c22656d6f6a695f7265616374696f6e73223a5b5d7d7d', '2026-11-26 19:23:00.126384+00');

INSERT INTO public.imports OVERRIDING SYSTEM VALUE VALUES
	(1, 117684370134925313, 'follow', '{bob@,carol@}', '{NULL,NULL}', 0, '2026-11-26 19:23:00.160831+00');

INSERT INTO public.interactions VALUES
	(117684370134925313, 117684370149801991, 1, 117684370152620044, 2);

INSERT INTO public.invites OVERRIDING SYSTEM VALUE VALUES
	(1, 'ZTduv4qo4nfwXu_yEn-SDwIszufX8JnsC5SuB8aFfRE', false, 0, NULL, NULL, '2026-11-26 19:23:00.163975+00');

INSERT INTO public.list_members OVERRIDING SYSTEM VALUE VALUES
	(1, 1, 117684370135908354);

INSERT INTO public.lists OVERRIDING SYSTEM VALUE VALUES
	(1, 117684370134925313, 'friends', 'list', false);

INSERT INTO public.markers VALUES
	(117684370134925313, 'home', '117684370149801991', 1, '2026-11-26 19:23:00.149902+00');

INSERT INTO public.media VALUES
	(117684370149146630, 117684370135908354, 'image', 'image/webp', '34/6494647a57f136cfe3e21886443e25.webp', NULL, 'a picture', 'L{Im^s{[wbOIoMn~jsa}fQfQfQfQ', '{"small": {"size": "40x20", "width": 40, "aspect": 2.0, "height": 20}, "original": {"size": "40x20", "width": 40, "aspect": 2.0, "height": 20}}', 'attachment', NULL, '2026-11-26 19:23:00.056606+00');

INSERT INTO public.migrations VALUES
	('procrastinate', '2026-11-26 19:22:59.43499+00'),
	('0001_first', '2026-11-26 19:22:59.447602+00');

INSERT INTO public.moderation_log OVERRIDING SYSTEM VALUE VALUES
	(1, 117684370137808901, 'invite_create', '@root created invite #1', '{"actor": {"id": "117684370137808901", "type": "user", "nickname": "root"}, "action": "invite_create", "message": "@root created invite #1", "subject": {"id": 1, "type": "invite"}}', '2026-11-26 19:23:00.163975+00'),
	(2, 117684370137808901, 'tag', '@root added tags: sandbox to users: @dora', '{"tags": ["sandbox"], "actor": {"id": "117684370137808901", "type": "user", "nickname": "root"}, "action": "tag", "message": "@root added tags: sandbox to users: @dora", "nicknames": ["dora"]}', '2026-11-26 19:23:00.167529+00');

INSERT INTO public.mutes OVERRIDING SYSTEM VALUE VALUES
	(1, 117684370134925313, 117684370137219076, true, NULL, '2026-11-26 19:22:59.962102+00');

INSERT INTO public.notifications OVERRIDING SYSTEM VALUE VALUES
	(1, 117684370134925313, 117684370135908354, NULL, NULL, 'follow', false, '2026-11-26 19:22:59.925237+00'),
	(2, 117684370135908354, 117684370134925313, NULL, NULL, 'follow', false, '2026-11-26 19:22:59.934299+00'),
	(3, 117684370136563715, 117684370134925313, NULL, NULL, 'follow_request', false, '2026-11-26 19:22:59.937131+00'),
	(4, 117684370135908354, 117684370134925313, 117684370150719496, 1, 'mention', false, '2026-11-26 19:23:00.079086+00'),
	(5, 117684370135908354, 117684370134925313, 117684370151047177, 2, 'mention', false, '2026-11-26 19:23:00.086597+00'),
	(6, 117684370135908354, 117684370134925313, 117684370151374858, 3, 'mention', false, '2026-11-26 19:23:00.091511+00'),
	(7, 117684370134925313, 117684370135908354, 117684370151702539, 4, 'mention', false, '2026-11-26 19:23:00.09709+00'),
	(8, 117684370135908354, 117684370134925313, 117684370149801991, 1, 'favourite', false, '2026-11-26 19:23:00.103913+00'),
	(9, 117684370135908354, 117684370134925313, 117684370149801991, 1, 'reblog', false, '2026-11-26 19:23:00.10954+00'),
	(10, 117684370135908354, 117684370134925313, 117684370153799693, 5, 'mention', false, '2026-11-26 19:23:00.126384+00');

INSERT INTO public.participation_recipients VALUES
	(1, 117684370135908354),
	(1, 117684370134925313),
	(2, 117684370135908354),
	(2, 117684370134925313),
	(1, 117684370137219076);

INSERT INTO public.participations OVERRIDING SYSTEM VALUE VALUES
	(1, 117684370134925313, 4, 117684370151702539, true, false),
	(2, 117684370135908354, 4, 117684370151702539, false, false);

INSERT INTO public.password_resets VALUES
	('\x7254bef50f9ed5a66f516ff17847a663419ae8f3afade1581b4b6b0b07254848', 117684370135908354, '2026-11-26 19:23:00.171089+00'),
	('\x89224b460bef031677776f07a8dc374bb10f2b0507b47b5606e4d5c8d60aa672', 117684370134925313, '2026-11-26 19:23:00.272759+00');

INSERT INTO public.procrastinate_events VALUES
	(1, 1, 'scheduled', '2026-11-27 20:23:00.126384+00'),
	(2, 1, 'deferred', '2026-11-26 19:23:00.126384+00'),
	(3, 2, 'deferred', '2026-11-26 19:23:00.152732+00'),
	(4, 3, 'deferred', '2026-11-26 19:23:00.160831+00'),
	(5, 4, 'deferred', '2026-11-26 19:23:00.171089+00'),
	(6, 5, 'deferred', '2026-11-26 19:23:00.272759+00');

INSERT INTO public.procrastinate_jobs VALUES
	(1, 'upkeep', 'expire_status', 0, NULL, NULL, '{"status_id": 117684370153799693}', 'todo', '2026-11-27 20:23:00.126384+00', 0, false, NULL),
	(2, 'mailer', 'report_mails', 0, NULL, NULL, '{"report_id": 1}', 'todo', NULL, 0, false, NULL),
	(3, 'background', 'follow_import', 0, NULL, NULL, '{"import_id": 1}', 'todo', NULL, 0, false, NULL),
	(4, 'mailer', 'send_mail', 0, NULL, NULL, '{"to": "bob@mail.example", "values": {"token": "lSV4mfQTbgL66EaXANGZO7DqjTHjHVS946BB1tWeLWw", "nickname": "bob"}, "to_name": "bob", "template": "password_reset"}', 'todo', NULL, 0, false, NULL),
	(5, 'mailer', 'send_mail', 0, NULL, NULL, '{"to": "alice@mail.example", "values": {"token": "HRA9_28UHGZqd4qRbhmiRy94YEeFHX1hiRJ4MD7PAYk", "nickname": "alice"}, "to_name": "Alice é", "template": "password_reset"}', 'todo', NULL, 0, false, NULL);

INSERT INTO public.rate_limits VALUES
	('password_reset:127.0.0.1', 1, '2026-11-26 19:53:00.271788+00');

INSERT INTO public.removed_files VALUES
	('00/removed.png', '2026-11-26 19:23:00.370121+00');

INSERT INTO public.report_statuses VALUES
	(1, 117684370149801991);

INSERT INTO public.reports OVERRIDING SYSTEM VALUE VALUES
	(1, 117684370137219076, 117684370135908354, 'open', 'hm', 'hm', 'other', false, '{}', '2026-11-26 19:23:00.152732+00');

INSERT INTO public.scrobbles VALUES
	(117684370155634702, 117684370134925313, 'public', 'Song', 'Band', 'Disc', 180000, '2026-11-26 19:23:00.157154+00');

INSERT INTO public.sessions VALUES
	('\x3f3af1ecebbd1410ab417ec0d27bbfcb5d340e177ae159b59fc8626c2dfd9175', 117684370134925313, '2026-11-26 19:23:00.374194+00', '2026-11-26 19:23:00.374194+00');

INSERT INTO public.settings VALUES
	('instance_name', '"Old server"', '2026-11-26 19:23:00.362639+00');

INSERT INTO public.status_media VALUES
	(117684370149801991, 1, 117684370149146630);

INSERT INTO public.status_tags VALUES
	('world', 117684370149801991);

INSERT INTO public.statuses VALUES
	(117684370150719496, 117684370134925313, 117684370149801991, 117684370135908354, NULL, 1, NULL, '2026-11-26 19:23:00.079086+00', NULL, '0bdf2cda-56c2-4931-b718-687978f6eba0', true, false, false, 0, 0, 0, 'public', NULL, '{117684370134925313,117684370135908354}', NULL, 'text/plain', NULL, '', '@bob good day', '"content":"<span class=\"h-card\"><a data-user=\"117684370135908354\" class=\"u-url mention\" href=\"/users/bob\" rel=\"ugc\">@<span>bob</span></a></span> good day","mentions":[{"id":"117684370135908354","username":"bob","acct":"bob","url":"/users/bob"}],"tags":[],"language":null,"pleroma":{"content":{"text/plain":"@bob good day"},"in_reply_to_account_acct":"bob"', DEFAULT, DEFAULT),
	(117684370153799693, 117684370134925313, NULL, NULL, NULL, 5, NULL, '2026-11-26 19:23:00.126384+00', '2026-11-27 20:23:00.126384+00', 'a39e47ee-e496-4dff-b978-eca6a6eee431', true, false, false, 0, 0, 0, 'public', NULL, '{117684370134925313}', NULL, 'text/plain', NULL, '', 'short', '"content":"short","mentions":[],"tags":[],"language":null,"pleroma":{"content":{"text/plain":"short"},"in_reply_to_account_acct":null', DEFAULT, DEFAULT),
	(117684370151047177, 117684370134925313, NULL, NULL, NULL, 2, NULL, '2026-11-26 19:23:00.086597+00', NULL, '04e35b28-0403-4afd-8081-1514261b54fd', true, false, false, 0, 0, 0, 'private', NULL, '{117684370134925313}', NULL, 'text/plain', NULL, 'careful', 'for followers', '"content":"for followers","mentions":[],"tags":[],"language":null,"pleroma":{"content":{"text/plain":"for followers"},"in_reply_to_account_acct":null', DEFAULT, DEFAULT),
	(117684370151374858, 117684370134925313, NULL, NULL, NULL, 3, 1, '2026-11-26 19:23:00.091511+00', NULL, '5bbf4607-1693-4e4c-8322-2a0bc5260cb1', true, false, false, 0, 0, 0, 'list', NULL, '{117684370134925313}', NULL, 'text/plain', NULL, '', 'to a list', '"content":"to a list","mentions":[],"tags":[],"language":null,"pleroma":{"content":{"text/plain":"to a list"},"in_reply_to_account_acct":null', DEFAULT, DEFAULT),
	(117684370151702539, 117684370135908354, NULL, NULL, NULL, 4, NULL, '2026-11-26 19:23:00.09709+00', NULL, 'b8361845-32cd-4823-95ce-739a59755e9c', true, false, false, 0, 0, 0, 'direct', NULL, '{117684370135908354,117684370134925313}', NULL, 'text/plain', NULL, '', '@alice a secret', '"content":"<span class=\"h-card\"><a data-user=\"117684370134925313\" class=\"u-url mention\" href=\"/users/alice\" rel=\"ugc\">@<span>alice</span></a></span> a secret","mentions":[{"id":"117684370134925313","username":"alice","acct":"alice","url":"/users/alice"}],"tags":[],"language":null,"pleroma":{"content":{"text/plain":"@alice a secret"},"in_reply_to_account_acct":null', DEFAULT, DEFAULT),
	(117684370152620044, 117684370134925313, NULL, NULL, 117684370149801991, 1, NULL, '2026-11-26 19:23:00.10954+00', NULL, '9e68845c-7415-4973-bb5b-54a241a18169', true, false, true, 0, 0, 0, 'public', NULL, '{117684370134925313,117684370135908354}', NULL, NULL, NULL, '', NULL, NULL, DEFAULT, DEFAULT),
	(117684370149801991, 117684370135908354, NULL, NULL, NULL, 1, NULL, '2026-11-26 19:23:00.062221+00', NULL, 'ab5dbc96-1b17-4f44-8b50-22f658562cd9', true, false, true, 1, 1, 1, 'public', '2026-11-26 19:23:00.118651+00', '{117684370135908354}', NULL, 'text/plain', NULL, '', 'hello #world, https://example.org/ & more', '"content":"hello <a class=\"hashtag\" data-tag=\"world\" href=\"/tag/world\" rel=\"tag ugc\">#world</a>, <a href=\"https://example.org/\" rel=\"ugc\">https://example.org/</a> &amp; more","mentions":[],"tags":[{"name":"world","url":"/tag/world"}],"language":null,"pleroma":{"content":{"text/plain":"hello #world, https://example.org/ & more"},"in_reply_to_account_acct":null', DEFAULT, DEFAULT);

INSERT INTO public.subscriptions VALUES
	(117684370135908354, 117684370134925313);

INSERT INTO public.thread_mutes VALUES
	(117684370135908354, 4);

INSERT INTO public.tokens OVERRIDING SYSTEM VALUE VALUES
	(2, '\xe2c85c6b6c6a83d1353080d834116d6e7df3b602a73251df7e795a1ce7049952', NULL, 2, 117684370135908354, '{read,write,follow,push}', '2026-11-26 19:22:59.863959+00', '2026-11-26 19:22:59.863959+00'),
	(3, '\x2ce60b35a8da06588e3566b832d001c8bae541df26cff2352ade8d61a087abd5', NULL, 3, 117684370136563715, '{read,write,follow,push}', '2026-11-26 19:22:59.873486+00', '2026-11-26 19:22:59.873486+00'),
	(4, '\x172657800f5a8321811de0d2805e44e17df2a1a15d73bba86bb89113a935d4bc', NULL, 4, 117684370137219076, '{read,write,follow,push}', '2026-11-26 19:22:59.883147+00', '2026-11-26 19:22:59.883147+00'),
	(5, '\xb81e8d54afeb7d2c7d748b5089bdb1d9fc808384bd1a74ebf18e06f1373198b7', NULL, 5, 117684370137808901, '{read,write,follow,push}', '2026-11-26 19:22:59.893308+00', '2026-11-26 19:22:59.893308+00'),
	(1, '\x7aacedff677fe5845d9a6d2a7c4fdf9dfb689c74311ef00f5b7896cc5a268636', '\xd6cc0a088c07683c65cd266860cab8d94b3a1937b17420d9da30ca299c09fb77', 1, 117684370134925313, '{read,write,follow,push}', '2026-11-26 19:22:59.853369+00', '2026-11-26 19:22:59.853369+00');

INSERT INTO public.users VALUES
	(117684370135908354, 'bob@mail.example', 'scrypt:16384:8:1$f3U4ySAKqEdET2wP$7bd4e8fd95cceb2c6eae2164b27bde0408cfd6610bc7c244d96d333d048c93e5e76b66a25988b7ece437f26b74ea93b033dd5fe735e59a3f1735ec5a46b56e89', false, 'public', NULL, '{}', '{}', true, true, true, true, true, true, NULL, '2026-11-26 19:22:59.857024+00'),
	(117684370137219076, 'dora@mail.example', 'scrypt:16384:8:1$f3U4ySAKqEdET2wP$7bd4e8fd95cceb2c6eae2164b27bde0408cfd6610bc7c244d96d333d048c93e5e76b66a25988b7ece437f26b74ea93b033dd5fe735e59a3f1735ec5a46b56e89', false, 'public', NULL, '{}', '{}', true, true, true, true, true, true, NULL, '2026-11-26 19:22:59.876529+00'),
	(117684370137808901, 'root@mail.example', 'scrypt:16384:8:1$f3U4ySAKqEdET2wP$7bd4e8fd95cceb2c6eae2164b27bde0408cfd6610bc7c244d96d333d048c93e5e76b66a25988b7ece437f26b74ea93b033dd5fe735e59a3f1735ec5a46b56e89', false, 'public', NULL, '{}', '{}', true, true, true, true, true, true, NULL, '2026-11-26 19:22:59.885968+00'),
	(117684370134925313, 'alice@mail.example', 'scrypt:16384:8:1$f3U4ySAKqEdET2wP$7bd4e8fd95cceb2c6eae2164b27bde0408cfd6610bc7c244d96d333d048c93e5e76b66a25988b7ece437f26b74ea93b033dd5fe735e59a3f1735ec5a46b56e89', false, 'public', NULL, '{}', '{}', true, true, true, true, true, true, NULL, '2026-11-26 19:22:59.840528+00'),
	(117684370136563715, 'carol@mail.example', 'scrypt:16384:8:1$f3U4ySAKqEdET2wP$7bd4e8fd95cceb2c6eae2164b27bde0408cfd6610bc7c244d96d333d048c93e5e76b66a25988b7ece437f26b74ea93b033dd5fe735e59a3f1735ec5a46b56e89', false, 'public', NULL, '{}', '{}', true, true, true, true, true, true, NULL, '2026-11-26 19:22:59.866817+00');

SELECT pg_catalog.setval('public.apps_id_seq', 5, true);

SELECT pg_catalog.setval('public.blocks_id_seq', 1, true);

SELECT pg_catalog.setval('public.endorsements_id_seq', 1, true);

SELECT pg_catalog.setval('public.filters_id_seq', 1, true);

SELECT pg_catalog.setval('public.follow_requests_id_seq', 1, true);

SELECT pg_catalog.setval('public.follows_id_seq', 2, true);

SELECT pg_catalog.setval('public.id_sequence', 14, true);

SELECT pg_catalog.setval('public.imports_id_seq', 1, true);

SELECT pg_catalog.setval('public.interaction_sequence', 2, true);

SELECT pg_catalog.setval('public.invites_id_seq', 1, true);

SELECT pg_catalog.setval('public.list_members_id_seq', 1, true);

SELECT pg_catalog.setval('public.lists_id_seq', 1, true);

SELECT pg_catalog.setval('public.moderation_log_id_seq', 2, true);

SELECT pg_catalog.setval('public.mutes_id_seq', 1, true);

SELECT pg_catalog.setval('public.notifications_id_seq', 10, true);

SELECT pg_catalog.setval('public.participations_id_seq', 2, true);

SELECT pg_catalog.setval('public.procrastinate_events_id_seq', 6, true);

SELECT pg_catalog.setval('public.procrastinate_jobs_id_seq', 5, true);

SELECT pg_catalog.setval('public.procrastinate_periodic_defers_id_seq', 1, false);

SELECT pg_catalog.setval('public.procrastinate_workers_id_seq', 1, false);

SELECT pg_catalog.setval('public.reports_id_seq', 1, true);

SELECT pg_catalog.setval('public.thread_sequence', 5, true);

SELECT pg_catalog.setval('public.tokens_id_seq', 5, true);

ALTER TABLE ONLY public.account_notes
    ADD CONSTRAINT account_notes_pkey PRIMARY KEY (account_id, target_id);

ALTER TABLE ONLY public.accounts
    ADD CONSTRAINT accounts_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.apps
    ADD CONSTRAINT apps_client_id_key UNIQUE (client_id);

ALTER TABLE ONLY public.apps
    ADD CONSTRAINT apps_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.authorization_codes
    ADD CONSTRAINT authorization_codes_pkey PRIMARY KEY (code_hash);

ALTER TABLE ONLY public.blocks
    ADD CONSTRAINT blocks_pkey PRIMARY KEY (account_id, target_id);

ALTER TABLE ONLY public.captchas
    ADD CONSTRAINT captchas_pkey PRIMARY KEY (token_hash);

ALTER TABLE ONLY public.direct_statuses
    ADD CONSTRAINT direct_statuses_pkey PRIMARY KEY (account_id, status_id);

ALTER TABLE ONLY public.domain_blocks
    ADD CONSTRAINT domain_blocks_pkey PRIMARY KEY (account_id, domain);

ALTER TABLE ONLY public.emojis
    ADD CONSTRAINT emojis_pkey PRIMARY KEY (shortcode);

ALTER TABLE ONLY public.endorsements
    ADD CONSTRAINT endorsements_pkey PRIMARY KEY (account_id, target_id);

ALTER TABLE ONLY public.filters
    ADD CONSTRAINT filters_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.follow_requests
    ADD CONSTRAINT follow_requests_pkey PRIMARY KEY (follower_id, followed_id);

ALTER TABLE ONLY public.follows
    ADD CONSTRAINT follows_pkey PRIMARY KEY (follower_id, followed_id) INCLUDE (show_reblogs);

ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_pkey PRIMARY KEY (account_id, key);

ALTER TABLE ONLY public.imports
    ADD CONSTRAINT imports_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.interactions
    ADD CONSTRAINT interactions_pkey PRIMARY KEY (account_id, status_id);

ALTER TABLE ONLY public.invites
    ADD CONSTRAINT invites_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.invites
    ADD CONSTRAINT invites_token_key UNIQUE (token);

ALTER TABLE ONLY public.list_members
    ADD CONSTRAINT list_members_pkey PRIMARY KEY (list_id, account_id);

ALTER TABLE ONLY public.lists
    ADD CONSTRAINT lists_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.markers
    ADD CONSTRAINT markers_pkey PRIMARY KEY (account_id, timeline);

ALTER TABLE ONLY public.media
    ADD CONSTRAINT media_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.migrations
    ADD CONSTRAINT migrations_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.moderation_log
    ADD CONSTRAINT moderation_log_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.mutes
    ADD CONSTRAINT mutes_pkey PRIMARY KEY (account_id, target_id);

ALTER TABLE ONLY public.notifications
    ADD CONSTRAINT notifications_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.participation_recipients
    ADD CONSTRAINT participation_recipients_pkey PRIMARY KEY (participation_id, account_id);

ALTER TABLE ONLY public.participations
    ADD CONSTRAINT participations_account_id_thread_id_key UNIQUE (account_id, thread_id);

ALTER TABLE ONLY public.participations
    ADD CONSTRAINT participations_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.password_resets
    ADD CONSTRAINT password_resets_pkey PRIMARY KEY (token_hash);

ALTER TABLE ONLY public.procrastinate_events
    ADD CONSTRAINT procrastinate_events_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.procrastinate_jobs
    ADD CONSTRAINT procrastinate_jobs_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.procrastinate_periodic_defers
    ADD CONSTRAINT procrastinate_periodic_defers_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.procrastinate_periodic_defers
    ADD CONSTRAINT procrastinate_periodic_defers_unique UNIQUE (task_name, periodic_id, defer_timestamp);

ALTER TABLE ONLY public.procrastinate_workers
    ADD CONSTRAINT procrastinate_workers_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.rate_limits
    ADD CONSTRAINT rate_limits_pkey PRIMARY KEY (key);

ALTER TABLE ONLY public.removed_files
    ADD CONSTRAINT removed_files_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.report_statuses
    ADD CONSTRAINT report_statuses_pkey PRIMARY KEY (report_id, status_id);

ALTER TABLE ONLY public.reports
    ADD CONSTRAINT reports_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.scrobbles
    ADD CONSTRAINT scrobbles_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (id_hash);

ALTER TABLE ONLY public.settings
    ADD CONSTRAINT settings_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.status_media
    ADD CONSTRAINT status_media_pkey PRIMARY KEY (status_id, "position");

ALTER TABLE ONLY public.status_tags
    ADD CONSTRAINT status_tags_pkey PRIMARY KEY (tag, status_id);

ALTER TABLE ONLY public.statuses
    ADD CONSTRAINT statuses_pkey PRIMARY KEY (id) INCLUDE (account_id);

ALTER TABLE ONLY public.subscriptions
    ADD CONSTRAINT subscriptions_pkey PRIMARY KEY (account_id, target_id);

ALTER TABLE ONLY public.thread_mutes
    ADD CONSTRAINT thread_mutes_pkey PRIMARY KEY (account_id, thread_id);

ALTER TABLE ONLY public.tokens
    ADD CONSTRAINT tokens_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.tokens
    ADD CONSTRAINT tokens_refresh_hash_key UNIQUE (refresh_hash);

ALTER TABLE ONLY public.tokens
    ADD CONSTRAINT tokens_token_hash_key UNIQUE (token_hash);

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (account_id);

CREATE INDEX account_notes_target ON public.account_notes USING btree (target_id);

CREATE UNIQUE INDEX accounts_address ON public.accounts USING btree (lower(nickname), COALESCE(domain, ''::text));

CREATE INDEX accounts_display_name_words ON public.accounts USING gin (lower(display_name) public.gin_trgm_ops);

CREATE INDEX accounts_inactive ON public.accounts USING btree (id) WHERE (NOT active);

CREATE INDEX accounts_nickname_words ON public.accounts USING gin (lower(nickname) public.gin_trgm_ops);

CREATE INDEX accounts_staff ON public.accounts USING btree (id) WHERE (is_admin OR is_moderator);

CREATE INDEX accounts_tags ON public.accounts USING gin (tags);

CREATE INDEX authorization_codes_account ON public.authorization_codes USING btree (account_id);

CREATE INDEX authorization_codes_app ON public.authorization_codes USING btree (app_id);

CREATE INDEX blocks_list ON public.blocks USING btree (account_id, id);

CREATE INDEX blocks_target ON public.blocks USING btree (target_id);

CREATE INDEX captchas_created_at ON public.captchas USING btree (created_at);

CREATE INDEX direct_statuses_status ON public.direct_statuses USING btree (status_id);

CREATE INDEX endorsements_target ON public.endorsements USING btree (target_id);

CREATE INDEX filters_account ON public.filters USING btree (account_id, id);

CREATE INDEX follow_requests_waiting ON public.follow_requests USING btree (followed_id, id);

CREATE INDEX follows_followers ON public.follows USING btree (followed_id, id);

CREATE INDEX follows_following ON public.follows USING btree (follower_id, id);

CREATE INDEX idempotency_keys_created_at ON public.idempotency_keys USING btree (created_at);

CREATE INDEX idx_procrastinate_jobs_worker_not_null ON public.procrastinate_jobs USING btree (worker_id) WHERE ((worker_id IS NOT NULL) AND (status = 'doing'::public.procrastinate_job_status));

CREATE INDEX idx_procrastinate_workers_last_heartbeat ON public.procrastinate_workers USING btree (last_heartbeat);

CREATE INDEX imports_account ON public.imports USING btree (account_id);

CREATE INDEX interactions_bookmarks ON public.interactions USING btree (account_id, bookmark_id) WHERE (bookmark_id IS NOT NULL);

CREATE INDEX interactions_favourited_by ON public.interactions USING btree (status_id, favourite_id) WHERE (favourite_id IS NOT NULL);

CREATE INDEX interactions_favourites ON public.interactions USING btree (account_id, status_id) WHERE (favourite_id IS NOT NULL);

CREATE INDEX interactions_status ON public.interactions USING btree (status_id);

CREATE INDEX list_members_account ON public.list_members USING btree (account_id);

CREATE INDEX list_members_page ON public.list_members USING btree (list_id, id);

CREATE INDEX lists_account ON public.lists USING btree (account_id, id);

CREATE INDEX media_account ON public.media USING btree (account_id);

CREATE INDEX media_unused ON public.media USING btree (unused_since) WHERE (unused_since IS NOT NULL);

CREATE INDEX moderation_log_actor ON public.moderation_log USING btree (actor_id, id);

CREATE INDEX moderation_log_created_at ON public.moderation_log USING btree (created_at, id);

CREATE INDEX mutes_list ON public.mutes USING btree (account_id, id);

CREATE INDEX mutes_target ON public.mutes USING btree (target_id);

CREATE INDEX notifications_from ON public.notifications USING btree (from_account_id);

CREATE INDEX notifications_of_account ON public.notifications USING btree (account_id, id);

CREATE UNIQUE INDEX notifications_once ON public.notifications USING btree (status_id, account_id, from_account_id, type);

CREATE UNIQUE INDEX notifications_once_follow ON public.notifications USING btree (account_id, from_account_id, type) WHERE (status_id IS NULL);

CREATE INDEX notifications_unread ON public.notifications USING btree (account_id, id) WHERE (NOT is_seen);

CREATE INDEX participation_recipients_account ON public.participation_recipients USING btree (account_id);

CREATE INDEX participations_last_status ON public.participations USING btree (last_status_id);

CREATE INDEX participations_list ON public.participations USING btree (account_id, last_status_id) WHERE ((last_status_id IS NOT NULL) AND (NOT hidden));

CREATE INDEX participations_thread ON public.participations USING btree (thread_id);

CREATE INDEX password_resets_account ON public.password_resets USING btree (account_id);

CREATE INDEX procrastinate_events_job_id_fkey_v1 ON public.procrastinate_events USING btree (job_id);

CREATE INDEX procrastinate_jobs_id_lock_idx_v1 ON public.procrastinate_jobs USING btree (id, lock) WHERE (status = ANY (ARRAY['todo'::public.procrastinate_job_status, 'doing'::public.procrastinate_job_status]));

CREATE UNIQUE INDEX procrastinate_jobs_lock_idx_v1 ON public.procrastinate_jobs USING btree (lock) WHERE (status = 'doing'::public.procrastinate_job_status);

CREATE INDEX procrastinate_jobs_priority_idx_v1 ON public.procrastinate_jobs USING btree (priority DESC, id) WHERE (status = 'todo'::public.procrastinate_job_status);

CREATE INDEX procrastinate_jobs_queue_name_idx_v1 ON public.procrastinate_jobs USING btree (queue_name);

CREATE UNIQUE INDEX procrastinate_jobs_queueing_lock_idx_v1 ON public.procrastinate_jobs USING btree (queueing_lock) WHERE (status = 'todo'::public.procrastinate_job_status);

CREATE INDEX procrastinate_periodic_defers_job_id_fkey_v1 ON public.procrastinate_periodic_defers USING btree (job_id);

CREATE INDEX rate_limits_ends_at ON public.rate_limits USING btree (ends_at);

CREATE INDEX report_statuses_status ON public.report_statuses USING btree (status_id);

CREATE INDEX reports_account ON public.reports USING btree (account_id);

CREATE INDEX reports_state ON public.reports USING btree (state, id);

CREATE INDEX reports_target ON public.reports USING btree (target_id);

CREATE INDEX scrobbles_account ON public.scrobbles USING btree (account_id, id);

CREATE INDEX sessions_account ON public.sessions USING btree (account_id);

CREATE INDEX status_media_media ON public.status_media USING btree (media_id);

CREATE INDEX status_tags_status ON public.status_tags USING btree (status_id);

CREATE INDEX statuses_in_thread ON public.statuses USING btree (thread_id, id);

CREATE INDEX statuses_list ON public.statuses USING btree (list_id) WHERE (list_id IS NOT NULL);

CREATE INDEX statuses_of_account ON public.statuses USING btree (account_id, id);

CREATE INDEX statuses_pinned ON public.statuses USING btree (account_id, id) WHERE (pinned_at IS NOT NULL);

CREATE INDEX statuses_public ON public.statuses USING btree (id) WHERE ((visibility = 'public'::text) AND (reblog_of_id IS NULL));

CREATE UNIQUE INDEX statuses_reblogs ON public.statuses USING btree (reblog_of_id, account_id) WHERE (reblog_of_id IS NOT NULL);

CREATE INDEX statuses_replies ON public.statuses USING btree (in_reply_to_id) WHERE (in_reply_to_id IS NOT NULL);

CREATE INDEX statuses_replies_to ON public.statuses USING btree (in_reply_to_account_id) WHERE (in_reply_to_account_id IS NOT NULL);

CREATE UNIQUE INDEX statuses_uuid ON public.statuses USING btree (uuid);

CREATE INDEX statuses_with_media ON public.statuses USING btree (account_id, id) WHERE has_media;

CREATE INDEX statuses_words ON public.statuses USING gin (to_tsvector('simple'::regconfig, source)) WHERE (reblog_of_id IS NULL);

CREATE INDEX subscriptions_target ON public.subscriptions USING btree (target_id);

CREATE INDEX tokens_account ON public.tokens USING btree (account_id);

CREATE INDEX tokens_app ON public.tokens USING btree (app_id);

CREATE UNIQUE INDEX users_email ON public.users USING btree (lower(email));

CREATE TRIGGER note_token AFTER INSERT ON public.tokens FOR EACH ROW EXECUTE FUNCTION public.note_token();

CREATE TRIGGER procrastinate_jobs_notify_queue_job_aborted_v1 AFTER UPDATE OF abort_requested ON public.procrastinate_jobs FOR EACH ROW WHEN (((old.abort_requested = false) AND (new.abort_requested = true) AND (new.status = 'doing'::public.procrastinate_job_status))) EXECUTE FUNCTION public.procrastinate_notify_queue_abort_job_v1();

CREATE TRIGGER procrastinate_jobs_notify_queue_job_inserted_v1 AFTER INSERT ON public.procrastinate_jobs FOR EACH ROW WHEN ((new.status = 'todo'::public.procrastinate_job_status)) EXECUTE FUNCTION public.procrastinate_notify_queue_job_inserted_v1();

CREATE TRIGGER procrastinate_trigger_abort_requested_events_v1 AFTER UPDATE OF abort_requested ON public.procrastinate_jobs FOR EACH ROW WHEN ((new.abort_requested = true)) EXECUTE FUNCTION public.procrastinate_trigger_abort_requested_events_procedure_v1();

CREATE TRIGGER procrastinate_trigger_delete_jobs_v1 BEFORE DELETE ON public.procrastinate_jobs FOR EACH ROW EXECUTE FUNCTION public.procrastinate_unlink_periodic_defers_v1();

CREATE TRIGGER procrastinate_trigger_scheduled_events_v1 AFTER INSERT OR UPDATE ON public.procrastinate_jobs FOR EACH ROW WHEN (((new.scheduled_at IS NOT NULL) AND (new.status = 'todo'::public.procrastinate_job_status))) EXECUTE FUNCTION public.procrastinate_trigger_function_scheduled_events_v1();

CREATE TRIGGER procrastinate_trigger_status_events_insert_v1 AFTER INSERT ON public.procrastinate_jobs FOR EACH ROW WHEN ((new.status = 'todo'::public.procrastinate_job_status)) EXECUTE FUNCTION public.procrastinate_trigger_function_status_events_insert_v1();

CREATE TRIGGER procrastinate_trigger_status_events_update_v1 AFTER UPDATE OF status ON public.procrastinate_jobs FOR EACH ROW EXECUTE FUNCTION public.procrastinate_trigger_function_status_events_update_v1();

CREATE TRIGGER write_account_fragments BEFORE INSERT OR UPDATE OF nickname, domain, uri, display_name, note, note_source, fields, avatar, header, background, tags, locked, bot, discoverable, hide_followers, hide_follows, hide_followers_count, hide_follows_count, hide_favorites, show_role, skip_thread_containment, sensitive, is_admin, is_moderator, confirmation_pending, created_at ON public.accounts FOR EACH ROW EXECUTE FUNCTION public.write_account_fragments();

ALTER TABLE ONLY public.account_notes
    ADD CONSTRAINT account_notes_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.account_notes
    ADD CONSTRAINT account_notes_target_id_fkey FOREIGN KEY (target_id) REFERENCES public.accounts(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.authorization_codes
    ADD CONSTRAINT authorization_codes_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.authorization_codes
    ADD CONSTRAINT authorization_codes_app_id_fkey FOREIGN KEY (app_id) REFERENCES public.apps(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.blocks
    ADD CONSTRAINT blocks_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.blocks
    ADD CONSTRAINT blocks_target_id_fkey FOREIGN KEY (target_id) REFERENCES public.accounts(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.direct_statuses
    ADD CONSTRAINT direct_statuses_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.direct_statuses
    ADD CONSTRAINT direct_statuses_status_id_fkey FOREIGN KEY (status_id) REFERENCES public.statuses(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.domain_blocks
    ADD CONSTRAINT domain_blocks_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.endorsements
    ADD CONSTRAINT endorsements_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.endorsements
    ADD CONSTRAINT endorsements_target_id_fkey FOREIGN KEY (target_id) REFERENCES public.accounts(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.filters
    ADD CONSTRAINT filters_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.follow_requests
    ADD CONSTRAINT follow_requests_followed_id_fkey FOREIGN KEY (followed_id) REFERENCES public.accounts(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.follow_requests
    ADD CONSTRAINT follow_requests_follower_id_fkey FOREIGN KEY (follower_id) REFERENCES public.accounts(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.follows
    ADD CONSTRAINT follows_followed_id_fkey FOREIGN KEY (followed_id) REFERENCES public.accounts(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.follows
    ADD CONSTRAINT follows_follower_id_fkey FOREIGN KEY (follower_id) REFERENCES public.accounts(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.imports
    ADD CONSTRAINT imports_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.interactions
    ADD CONSTRAINT interactions_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.interactions
    ADD CONSTRAINT interactions_status_id_fkey FOREIGN KEY (status_id) REFERENCES public.statuses(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.list_members
    ADD CONSTRAINT list_members_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.list_members
    ADD CONSTRAINT list_members_list_id_fkey FOREIGN KEY (list_id) REFERENCES public.lists(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.lists
    ADD CONSTRAINT lists_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.markers
    ADD CONSTRAINT markers_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.media
    ADD CONSTRAINT media_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.mutes
    ADD CONSTRAINT mutes_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.mutes
    ADD CONSTRAINT mutes_target_id_fkey FOREIGN KEY (target_id) REFERENCES public.accounts(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.notifications
    ADD CONSTRAINT notifications_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.notifications
    ADD CONSTRAINT notifications_from_account_id_fkey FOREIGN KEY (from_account_id) REFERENCES public.accounts(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.notifications
    ADD CONSTRAINT notifications_status_id_fkey FOREIGN KEY (status_id) REFERENCES public.statuses(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.participation_recipients
    ADD CONSTRAINT participation_recipients_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.participation_recipients
    ADD CONSTRAINT participation_recipients_participation_id_fkey FOREIGN KEY (participation_id) REFERENCES public.participations(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.participations
    ADD CONSTRAINT participations_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.participations
    ADD CONSTRAINT participations_last_status_id_fkey FOREIGN KEY (last_status_id) REFERENCES public.statuses(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.password_resets
    ADD CONSTRAINT password_resets_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.procrastinate_events
    ADD CONSTRAINT procrastinate_events_job_id_fkey FOREIGN KEY (job_id) REFERENCES public.procrastinate_jobs(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.procrastinate_jobs
    ADD CONSTRAINT procrastinate_jobs_worker_id_fkey FOREIGN KEY (worker_id) REFERENCES public.procrastinate_workers(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.procrastinate_periodic_defers
    ADD CONSTRAINT procrastinate_periodic_defers_job_id_fkey FOREIGN KEY (job_id) REFERENCES public.procrastinate_jobs(id);

ALTER TABLE ONLY public.report_statuses
    ADD CONSTRAINT report_statuses_report_id_fkey FOREIGN KEY (report_id) REFERENCES public.reports(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.report_statuses
    ADD CONSTRAINT report_statuses_status_id_fkey FOREIGN KEY (status_id) REFERENCES public.statuses(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.reports
    ADD CONSTRAINT reports_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.reports
    ADD CONSTRAINT reports_target_id_fkey FOREIGN KEY (target_id) REFERENCES public.accounts(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.scrobbles
    ADD CONSTRAINT scrobbles_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.status_media
    ADD CONSTRAINT status_media_media_id_fkey FOREIGN KEY (media_id) REFERENCES public.media(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.status_media
    ADD CONSTRAINT status_media_status_id_fkey FOREIGN KEY (status_id) REFERENCES public.statuses(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.status_tags
    ADD CONSTRAINT status_tags_status_id_fkey FOREIGN KEY (status_id) REFERENCES public.statuses(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.statuses
    ADD CONSTRAINT statuses_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.statuses
    ADD CONSTRAINT statuses_in_reply_to_account_id_fkey FOREIGN KEY (in_reply_to_account_id) REFERENCES public.accounts(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.statuses
    ADD CONSTRAINT statuses_in_reply_to_id_fkey FOREIGN KEY (in_reply_to_id) REFERENCES public.statuses(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.statuses
    ADD CONSTRAINT statuses_list_id_fkey FOREIGN KEY (list_id) REFERENCES public.lists(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.statuses
    ADD CONSTRAINT statuses_reblog_of_id_fkey FOREIGN KEY (reblog_of_id) REFERENCES public.statuses(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.subscriptions
    ADD CONSTRAINT subscriptions_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.subscriptions
    ADD CONSTRAINT subscriptions_target_id_fkey FOREIGN KEY (target_id) REFERENCES public.accounts(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.thread_mutes
    ADD CONSTRAINT thread_mutes_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.tokens
    ADD CONSTRAINT tokens_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.tokens
    ADD CONSTRAINT tokens_app_id_fkey FOREIGN KEY (app_id) REFERENCES public.apps(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id) ON DELETE CASCADE;
