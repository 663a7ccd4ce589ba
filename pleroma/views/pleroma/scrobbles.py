"""Scrobbles: what an account listens to (docs/api/pleroma.md 18)."""

from __future__ import annotations

from flask import Blueprint, Response

from pleroma import auth, db, text
from pleroma.db import queries
from pleroma.errors import InvalidParameters, Unprocessable
from pleroma.openapi import Choice, Text, Whole, answers, pages, takes
from pleroma.statuses.posting import VISIBILITIES
from pleroma.views.mastodon.accounts import find_id
from pleroma.web import paging, params
from pleroma.web.paging import page_response
from pleroma.web.responses import json_response

blueprint = Blueprint("scrobbles", __name__, url_prefix="/api/v1/pleroma")
_LONGEST_TEXT = 5000


def _text(name: str) -> str | None:
    return text.strip_tags(params.text(name, most=_LONGEST_TEXT) or "").strip() or None


@blueprint.post("/scrobble")
@auth.required("write")
@takes(title=Text(1, _LONGEST_TEXT, needed=True), artist=Text(most=_LONGEST_TEXT), album=Text(most=_LONGEST_TEXT))
@takes(length=Whole(0), visibility=Choice(*VISIBILITIES, default="public"))
@answers("Scrobble", 422)
def create() -> Response:
    """Store what the caller listens to: `title`, `artist`, `album`, `length` in milliseconds.

    Raises InvalidParameters without a title, Unprocessable for an unknown visibility.
    """
    title = _text("title")
    if title is None:
        raise InvalidParameters("title is missing")
    visibility = params.text("visibility") or "public"
    if visibility not in VISIBILITIES:
        raise Unprocessable("Unknown visibility")
    length = params.integer("length")
    with db.in_transaction() as connection:
        row = queries.scrobbles.create(
            connection,
            account_id=auth.account_id(),
            title=title,
            artist=_text("artist"),
            album=_text("album"),
            length=length if length is not None and 0 <= length < params.MAXIMUM_ID else None,
            visibility=visibility,
        )
        scrobble = queries.scrobbles.scrobble(connection, viewer_id=auth.account_id(), scrobble_id=row.id)
    return json_response(scrobble)


@blueprint.get("/accounts/<name>/scrobbles")
@auth.optional("read")
@pages("Scrobble", 404)
def index(name: str) -> Response:
    """An account's scrobbles by id or nickname, newest first. Raises NotFound."""
    account_id = find_id(name)
    with db.connection() as connection:
        return page_response(
            queries.scrobbles.index(connection, viewer_id=auth.viewer_id(), account_id=account_id, **paging.window())
        )
