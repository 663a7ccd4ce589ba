"""Scheduled statuses (docs/api/mastodon.md 10.5)."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, Response

from pleroma import auth, db
from pleroma.db import queries
from pleroma.errors import Unprocessable, found
from pleroma.openapi import Time, answers, pages, takes
from pleroma.statuses import scheduling
from pleroma.web import paging, params
from pleroma.web.paging import page_response
from pleroma.web.responses import json_response

blueprint = Blueprint("scheduled_statuses", __name__, url_prefix="/api/v1/scheduled_statuses")


@blueprint.get("")
@auth.required("read:statuses")
@pages("ScheduledStatus")
def index() -> Response:
    """The caller's scheduled statuses, newest first."""
    with db.connection() as connection:
        return page_response(
            queries.scheduled_statuses.page(connection, viewer_id=auth.account_id(), **paging.window())
        )


@blueprint.get("/<id:scheduled_id>")
@auth.required("read:statuses")
@answers("ScheduledStatus", 404)
def show(scheduled_id: int) -> Response:
    """One of them. Raises NotFound."""
    with db.connection() as connection:
        return json_response(
            found(queries.scheduled_statuses.show(connection, viewer_id=auth.account_id(), scheduled_id=scheduled_id))
        )


@blueprint.put("/<id:scheduled_id>")
@auth.required("write:statuses")
@takes(scheduled_at=Time(needed=True))
@answers("ScheduledStatus", 404, 422)
def postpone(scheduled_id: int) -> Response:
    """Set another time. Raises NotFound, Unprocessable for one that is too near."""
    due = params.datetime("scheduled_at")
    viewer = {"viewer_id": auth.account_id(), "scheduled_id": scheduled_id}
    with db.in_transaction() as connection:
        found(queries.scheduled_statuses.show(connection, **viewer))
        if due is None or due <= datetime.now(UTC) + scheduling.SHORTEST_WAIT:
            raise Unprocessable("must be at least 5 minutes from now")
        entity, _ = found(queries.scheduled_statuses.postpone(connection, **viewer, scheduled_at=due))
    return json_response(entity)


@blueprint.delete("/<id:scheduled_id>")
@auth.required("write:statuses")
@answers("ScheduledStatus", 404)
def cancel(scheduled_id: int) -> Response:
    """Take one away; answers it as it was. Raises NotFound."""
    with db.in_transaction() as connection:
        return json_response(
            found(queries.scheduled_statuses.cancel(connection, viewer_id=auth.account_id(), scheduled_id=scheduled_id))
        )
