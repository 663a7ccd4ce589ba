"""Markers: how far the caller has read (docs/api/mastodon.md 9.1), and posting preferences (9.2)."""

from __future__ import annotations

from flask import Blueprint, Response

from pleroma import auth, db
from pleroma.db import queries
from pleroma.openapi import Choice, Id, Map, Several, answers, takes
from pleroma.web import params
from pleroma.web.responses import json_response

blueprint = Blueprint("markers", __name__, url_prefix="/api/v1")
_TIMELINES = ("home", "notifications")


@blueprint.get("/markers")
@auth.required("read:statuses")
@takes(timeline=Several(Choice(*_TIMELINES)))
@answers("Markers")
def index() -> Response:
    """The markers of the asked timelines, of all without `timeline`."""
    asked = params.texts("timeline") if params.present("timeline") else None
    with db.connection() as connection:
        return json_response(queries.markers.index(connection, viewer_id=auth.account_id(), timelines=asked))


@blueprint.post("/markers")
@auth.required("write:statuses")
@takes(home=Map(last_read_id=Id()), notifications=Map(last_read_id=Id()))
@answers("Markers")
def move() -> Response:
    """Move markers: `home[last_read_id]`, `notifications[last_read_id]`. Answers those that were moved."""
    read = {}
    for timeline in _TIMELINES:
        sent = params.raw(timeline)
        last_read_id = params.as_identifier(sent.get("last_read_id")) if isinstance(sent, dict) else None
        if last_read_id is not None:
            read[timeline] = str(last_read_id)
    with db.in_transaction() as connection:
        return json_response(
            queries.markers.set(
                connection, viewer_id=auth.account_id(), timelines=list(read), last_read_ids=list(read.values())
            )
        )


@blueprint.get("/preferences")
@auth.required("read:accounts")
@answers("Preferences")
def preferences() -> Response:
    """The caller's defaults for posting."""
    with db.connection() as connection:
        return json_response(queries.profiles.preferences(connection, account_id=auth.account_id()))
