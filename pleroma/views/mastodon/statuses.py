"""Statuses: posting, reading, deleting (docs/api/mastodon.md 4)."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from flask import Blueprint, Response

from pleroma import auth, db
from pleroma.accounts import moderation_log
from pleroma.db import queries
from pleroma.errors import Forbidden, NotFound, Unprocessable, found
from pleroma.openapi import Choice, Flag, Id, Several, Text, Time, Whole, answers, takes
from pleroma.statuses import posting, scheduling
from pleroma.statuses.posting import NewStatus
from pleroma.views.mastodon import polls
from pleroma.web import idempotency, params, rate_limits
from pleroma.web.responses import json_response
from pleroma.web.state import configured

blueprint = Blueprint("statuses", __name__)
CONTENT_TYPES = ("text/plain", "text/markdown", "text/html", "text/bbcode")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})?")
_LONGEST_LIFE = 100 * 365 * 24 * 3600
# What a handle elsewhere has.
_WITH_HOST = re.compile(r"[A-Za-z0-9_.-]@\w")
# What a new status and a change of one take.
TAKEN = {
    "status": Text(),
    "spoiler_text": Text(),
    "content_type": Choice(*CONTENT_TYPES, default="text/plain"),
    "media_ids": Several(Id()),
    "sensitive": Flag(default=False),
    "language": Text(),
    "poll": polls.TAKEN,
}
_OF_NEW = {
    "visibility": Text(description="one of the visibilities of a status; to a list by `list:` and its id"),
    "in_reply_to_id": Id(),
    "in_reply_to_conversation_id": Id(),
    "to": Several(Text()),
    "expires_in": Whole(posting.SHORTEST_LIFE),
    "scheduled_at": Time(),
    "preview": Flag(default=False),
}


def _named_id(name: str) -> int | None:
    """None when not sent; 0 when sent and naming nothing, so that it never counts as not sent."""
    if params.raw(name) in (None, ""):
        return None
    return params.identifier(name) or 0


def _visibility() -> tuple[str | None, int | None]:
    visibility = params.text("visibility")
    if visibility is None or visibility in posting.VISIBILITIES:
        return visibility, None
    if visibility.startswith("list:"):
        return "list", params.as_identifier(visibility.removeprefix("list:")) or 0
    raise Unprocessable("Unknown visibility")


def _expires_in() -> int | None:
    if params.text("expires_in") is None:
        return None
    seconds = params.integer("expires_in")
    if seconds is None:
        raise Unprocessable("expires_in is not a number of seconds")
    if seconds < posting.SHORTEST_LIFE:
        raise Unprocessable("Expiry date is too soon")
    return min(seconds, _LONGEST_LIFE)


def read_media_ids() -> list[int]:
    """The media that a status names, each once. Raises Unprocessable for too many."""
    ids = [params.as_identifier(value) or 0 for value in params.texts("media_ids")]
    if len(ids) > configured().attachments_limit:
        raise Unprocessable("Too many media attachments")
    return list(dict.fromkeys(ids))


def read_language() -> str | None:
    """The language of a status, None when it was not sent or cannot be one."""
    language = params.text("language")
    return language if language and _LANGUAGE.fullmatch(language) else None


def read_new_status() -> NewStatus:
    """The status that the request describes (docs/api/mastodon.md 4.1). Raises Unprocessable."""
    source, subject = (params.text(name, most=params.LONGEST_OF_ALL) or "" for name in ("status", "spoiler_text"))
    posting.require_length(source, subject, configured())
    source = source.strip()
    media_ids = read_media_ids()
    if not source and not media_ids:
        raise Unprocessable("Cannot post an empty status without attachments")
    visibility, list_id = _visibility()
    content_type = params.text("content_type") or ""
    return NewStatus(
        source=source,
        spoiler_text=posting.plain_text(subject),
        content_type=content_type if content_type in CONTENT_TYPES else "text/plain",
        visibility=visibility,
        list_id=list_id,
        in_reply_to_id=_named_id("in_reply_to_id"),
        conversation_id=_named_id("in_reply_to_conversation_id"),
        to=params.exacts("to"),
        media_ids=media_ids,
        sensitive=params.boolean("sensitive", False),
        expires_in=_expires_in(),
        poll=polls.read_new_poll(),
        language=read_language(),
        app_id=app.app_id if (app := auth.caller()) else None,
    )


def _due() -> datetime | None:
    """When the status is to be posted, None for at once: up to five minutes ahead counts as now (page 4.7)."""
    scheduled_at = params.datetime("scheduled_at")
    return scheduled_at if scheduled_at and scheduled_at > datetime.now(UTC) + scheduling.SHORTEST_WAIT else None


def _is_preview() -> bool:
    return bool(params.boolean("preview", False))


def _look_up_mentions() -> None:
    """Have those looked up whom a new status names and nobody here knows; who is not found stays text."""
    if not configured().federation or _is_preview() or _due():
        return
    from pleroma.views.mastodon import elsewhere

    texts = [params.text("status", most=params.LONGEST_OF_ALL) or "", *params.exacts("to")]
    if any(map(_WITH_HOST.search, texts)):
        elsewhere.meet_mentioned(read_new_status())


def changed(status_id: int) -> Response:
    """A Status as it is now for the caller; what was done is done with it. Raises NotFound."""
    return json_response(db.last(queries.statuses.changed, viewer_id=auth.account_id(), status_id=status_id))


@blueprint.post("/api/v1/statuses")
@auth.required("write:statuses", limits=rate_limits.POSTING)
@idempotency.unless(_is_preview)
@idempotency.after(_look_up_mentions)
@takes(**TAKEN, **_OF_NEW)
@answers("Status|ScheduledStatus", 404, 422)
def post_status() -> Response:
    """Post a status; with `preview`, answer what it would be and keep nothing; with `scheduled_at`, keep it for later.

    Answers the Status or the ScheduledStatus (docs/api/mastodon.md 4). Raises Unprocessable, NotFound.
    """
    new, due, is_preview = read_new_status(), _due(), _is_preview()
    with db.in_transaction() as connection:
        if due and not is_preview:
            return json_response(scheduling.keep(connection, auth.account_id(), new, due, configured()))
        published = posting.publish(connection, auth.account_id(), new, configured())
        if not is_preview:
            return changed(published.id)
        # A preview is a status that is posted and rolled back once its entity is made.
        status = queries.statuses.status(connection, viewer_id=auth.account_id(), status_id=published.id)
        db.take_back()
    return json_response(status)


@blueprint.get("/api/v1/statuses/<id:status_id>")
@auth.optional("read:statuses")
@answers("Status", 404)
def show(status_id: int) -> Response:
    """One Status. Raises NotFound, also for a status that the caller may not see."""
    with db.connection() as connection:
        status = queries.statuses.status(connection, viewer_id=auth.viewer_id(), status_id=status_id)
    return json_response(found(status))


@blueprint.get("/api/v1/statuses")
@auth.optional("read:statuses")
@takes(ids=Several(Id()), id=Several(Id()))
@answers("[Status]")
def show_several() -> Response:
    """The first hundred of the asked statuses that the caller may see, newest first."""
    status_ids = (params.identifiers("ids") or params.identifiers("id"))[:100]
    with db.connection() as connection:
        return json_response(queries.statuses.statuses(connection, viewer_id=auth.viewer_id(), status_ids=status_ids))


@blueprint.delete("/api/v1/statuses/<id:status_id>")
@auth.required("write:statuses", limits=rate_limits.POSTING)
@answers("DeletedStatus", 404)
def delete(status_id: int) -> Response:
    """Delete a status: its author, moderators and administrators may. Answers it as it was, with its source."""
    caller = auth.caller()
    with db.in_transaction() as connection:
        status = queries.statuses.deletable(connection, status_id=status_id, viewer_id=auth.account_id())
        if status is None:
            raise NotFound()
        is_staff = caller is not None and (caller.is_admin or caller.is_moderator)
        if status.account_id != auth.account_id() and not is_staff:
            raise Forbidden("Can't delete this post")
        entity = queries.statuses.deleted(connection, viewer_id=auth.account_id(), status_id=status_id)
        posting.remove(connection, status)
        if status.account_id != auth.account_id():
            moderation_log.status_deleted(connection, auth.account_id(), status_id)
    return json_response(entity)


@blueprint.get("/api/v1/statuses/<id:status_id>/context")
@auth.optional("read:statuses")
@answers("Context", 404)
def context(status_id: int) -> Response:
    """What stands around a status in its thread: at most 1,000 each way; for anonymous callers 40 before, 60 after.

    Raises NotFound.
    """
    before, after = (1000, 1000) if auth.viewer_id() else (40, 60)
    with db.connection() as connection:
        thread = queries.statuses.context(
            connection, viewer_id=auth.viewer_id(), status_id=status_id, before=before, after=after
        )
    return json_response(found(thread))


@blueprint.get("/api/v1/statuses/<id:status_id>/card")
@auth.optional("read:statuses")
@answers("Empty", 404)
def card(status_id: int) -> Response:
    """An empty card: this server fetches no link previews."""
    with db.connection() as connection:
        found(queries.statuses.status(connection, viewer_id=auth.viewer_id(), status_id=status_id))
    return json_response(b"{}")
