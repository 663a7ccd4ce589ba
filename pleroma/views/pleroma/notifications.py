"""Pleroma's own notification endpoints: marking as read, settings (docs/api/pleroma.md 11)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from pleroma import auth, db
from pleroma.db import queries
from pleroma.errors import ApiError, InvalidParameters
from pleroma.openapi import Flag, Id, answers, takes
from pleroma.web import params
from pleroma.web.responses import json_response

blueprint = Blueprint("pleroma_notifications", __name__)
_SHOWN = 80


@blueprint.post("/api/v1/pleroma/notifications/read")
@auth.required("write:notifications")
@takes(id=Id(), max_id=Id())
@answers("Notification|[Notification]")
def read() -> Response:
    """Mark as read: the one that `id` names, or all up to `max_id` (docs/api/pleroma.md 11.1).

    Answers the Notification, or the newest 80 that changed. Raises InvalidParameters.
    """
    has_id, has_max_id = params.text("id") is not None, params.text("max_id") is not None
    if has_id == has_max_id:
        raise InvalidParameters("Send either id or max_id")
    viewer = {"viewer_id": auth.account_id()}
    with db.in_transaction() as connection:
        if has_id:
            row = queries.notifications.read_one(connection, **viewer, notification_id=params.identifier("id") or 0)
            if row is None:
                raise ApiError("Cannot get notification")
            return json_response(queries.notifications.notification(connection, **viewer, notification_id=row.id))
        max_id = params.identifier("max_id")
        if max_id is None:
            raise InvalidParameters("max_id is not an id")
        changed = [row.id for row in queries.notifications.read_up_to(connection, **viewer, max_id=max_id)]
        return json_response(
            queries.notifications.entities(connection, **viewer, notification_ids=changed, limit=_SHOWN)
        )


def _strictly(value: Any) -> bool | None:
    """True for `true` in its spellings, None when not sent, false for everything else (docs/api/pleroma.md 11.3)."""
    if value is None:
        return None
    return value is True or value in ("true", "True", "1") or (value == 1 and isinstance(value, int))


@blueprint.put("/api/pleroma/notification_settings")
@auth.required("write:accounts")
@takes(followers=Flag(), follows=Flag(), remote=Flag(), local=Flag(), non_follows=Flag(), non_followers=Flag())
@answers("Success")
def update_settings() -> Response:
    """Choose whose actions make notifications (docs/api/pleroma.md 11.3). Keys not sent keep their value."""
    names = ("followers", "follows", "remote", "local", "non_follows", "non_followers")
    sent = {name: _strictly(params.raw(name)) for name in names}
    with db.in_transaction() as connection:
        queries.notification_settings.update(connection, account_id=auth.account_id(), **sent)
    return json_response(b'{"status":"success"}')
