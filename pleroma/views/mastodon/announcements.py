"""What administrators say to everybody (docs/api/mastodon.md 9.7)."""

from __future__ import annotations

from flask import Blueprint, Response

from pleroma import auth, db
from pleroma.db import queries
from pleroma.errors import found
from pleroma.openapi import Flag, answers, takes
from pleroma.web import params
from pleroma.web.responses import json_response

blueprint = Blueprint("announcements", __name__, url_prefix="/api/v1/announcements")


@blueprint.get("")
@auth.required("read:accounts")
@takes(with_dismissed=Flag(default=False))
@answers("[Announcement]")
def index() -> Response:
    """The announcements for now, newest first; those that the caller dismissed only with `with_dismissed`."""
    with db.connection() as connection:
        current = queries.announcements.current(
            connection, viewer_id=auth.account_id(), with_dismissed=params.boolean("with_dismissed", False)
        )
    return json_response(current)


@blueprint.post("/<id:announcement_id>/dismiss")
@auth.required("write:accounts")
@answers("Empty", 404)
def dismiss(announcement_id: int) -> Response:
    """Note that the caller has read one; again is no error. Raises NotFound."""
    with db.in_transaction() as connection:
        found(queries.announcements.dismiss(connection, viewer_id=auth.account_id(), announcement_id=announcement_id))
    return json_response(b"{}")
