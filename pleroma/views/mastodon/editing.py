"""Editing a status, and what it was before (docs/api/mastodon.md 4.16)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from pleroma import auth, db
from pleroma.db import queries
from pleroma.errors import Unprocessable, found
from pleroma.openapi import Id, Map, Several, Text, answers, takes
from pleroma.statuses import editing, posting
from pleroma.statuses.editing import Change, MediaChange
from pleroma.views.mastodon import media, polls
from pleroma.views.mastodon.statuses import CONTENT_TYPES, TAKEN, changed, read_language, read_media_ids
from pleroma.web import params, rate_limits
from pleroma.web.responses import json_response
from pleroma.web.state import configured

blueprint = Blueprint("editing", __name__, url_prefix="/api/v1/statuses/<id:status_id>")
_OF_MEDIA = Several(Map(id=Id(needed=True), description=Text(), focus=Text()))


def _read_media() -> dict[int, MediaChange]:
    changes = {}
    for entry in params.values("media_attributes") or []:
        if not isinstance(entry, dict):
            raise Unprocessable("media_attributes should be a list of objects")
        media_id = params.as_identifier(entry.get("id"))
        if media_id is not None:
            changes[media_id] = MediaChange(
                media.as_description(entry.get("description")), media.as_focus(entry.get("focus"))
            )
    return changes


def _read_poll() -> dict[str, Any]:
    sent = params.mapping("poll")
    if sent is None or "options" not in sent:
        return {}
    if not [option for option in params.as_list(sent["options"]) or [] if option != ""]:
        return {"removes_poll": True}
    return {"poll": polls.read_new_poll()}


def _read_change() -> Change:
    """What the request changes of a status. Raises Unprocessable."""
    source, subject = (params.sent_text(name, most=params.LONGEST_OF_ALL) for name in ("status", "spoiler_text"))
    posting.require_length(source or "", subject or "", configured())
    content_type = params.text("content_type")
    return Change(
        source=None if source is None else source.strip(),
        spoiler_text=None if subject is None else posting.plain_text(subject),
        sensitive=params.boolean("sensitive"),
        language=read_language(),
        content_type=content_type if content_type in CONTENT_TYPES else None,
        media_ids=read_media_ids() if params.present("media_ids") else None,
        media=_read_media(),
        **_read_poll(),
    )


@blueprint.put("")
@auth.required("write:statuses", limits=rate_limits.POSTING)
@takes(**TAKEN, media_attributes=_OF_MEDIA)
@answers("Status", 404, 422)
def edit(status_id: int) -> Response:
    """Change what is sent of an own status; answers it. Raises NotFound, Unprocessable."""
    change = _read_change()
    with db.in_transaction() as connection:
        editing.edit(connection, auth.account_id(), status_id, change, configured())
        return changed(status_id)


@blueprint.get("/source")
@auth.required("read:statuses")
@answers("StatusSource", 404)
def source(status_id: int) -> Response:
    """An own status as it was typed. Raises NotFound."""
    with db.connection() as connection:
        return json_response(
            found(queries.statuses.source(connection, viewer_id=auth.account_id(), status_id=status_id))
        )


@blueprint.get("/history")
@auth.optional("read:statuses")
@answers("[StatusEdit]", 404)
def history(status_id: int) -> Response:
    """All versions of a status, oldest first, the current one last. Raises NotFound."""
    with db.connection() as connection:
        versions = queries.editing.history(connection, viewer_id=auth.viewer_id(), status_id=status_id)
    return json_response(found(versions))
