"""Notifications (docs/api/mastodon.md 6; marking them as read: docs/api/pleroma.md 11)."""

from __future__ import annotations

from flask import Blueprint, Response

from pleroma import auth, db
from pleroma.db import queries
from pleroma.errors import InvalidParameters, found
from pleroma.openapi import Flag, Id, Several, Text, answers, pages, takes
from pleroma.web import paging, params
from pleroma.web.paging import page_response
from pleroma.web.responses import json_response

blueprint = Blueprint("notifications", __name__)


@blueprint.get("/api/v1/notifications")
@auth.required("read:notifications")
@takes(types=Several(Text()), include_types=Several(Text()), exclude_types=Several(Text()))
@takes(account_id=Id(), with_muted=Flag())
@pages("Notification")
def index() -> Response:
    """The caller's notifications, newest first, of `types` or without `exclude_types`."""
    asked = params.exacts("types" if params.present("types") else "include_types")
    with db.connection() as connection:
        page = paging.page(
            queries.notifications.page,
            queries.notifications.page_after,
            connection,
            paging.window(),
            viewer_id=auth.account_id(),
            types=asked or None,
            exclude_types=params.texts("exclude_types"),
            from_account_id=params.identifier("account_id") or 0,
            with_muted=params.boolean("with_muted", False),
        )
    return page_response(page)


@blueprint.get("/api/v1/notifications/<id:notification_id>")
@auth.required("read:notifications")
@answers("Notification", 404)
def show(notification_id: int) -> Response:
    """One of the caller's notifications. Raises NotFound."""
    with db.connection() as connection:
        return json_response(
            found(
                queries.notifications.notification(
                    connection, viewer_id=auth.account_id(), notification_id=notification_id
                ),
                "Cannot get notification",
            )
        )


@blueprint.get("/api/v1/notifications/unread_count")
@auth.required("read:notifications")
@answers("UnreadCount")
def unread_count() -> Response:
    """How many are unread, counted up to a hundred."""
    with db.connection() as connection:
        return json_response(queries.notifications.unread_count(connection, viewer_id=auth.account_id()))


@blueprint.post("/api/v1/notifications/clear")
@auth.required("write:notifications")
@answers("Empty")
def clear() -> Response:
    """Remove all of the caller's notifications."""
    with db.in_transaction() as connection:
        queries.notifications.clear(connection, viewer_id=auth.account_id())
    return json_response(b"{}")


def _dismiss(notification_id: int) -> Response:
    with db.in_transaction() as connection:
        removed = queries.notifications.dismiss(
            connection, viewer_id=auth.account_id(), notification_ids=[notification_id]
        )
    found(removed or None, "Cannot dismiss notification")
    return json_response(b"{}")


@blueprint.post("/api/v1/notifications/<id:notification_id>/dismiss")
@auth.required("write:notifications")
@answers("Empty", 404)
def dismiss(notification_id: int) -> Response:
    """Remove one. Raises NotFound."""
    return _dismiss(notification_id)


@blueprint.post("/api/v1/notifications/dismiss")
@auth.required("write:notifications")
@takes(id=Id(needed=True))
@answers("Empty", 404)
def dismiss_by_parameter() -> Response:
    """Remove the one that `id` names. Raises NotFound."""
    return _dismiss(params.identifier("id") or 0)


@blueprint.delete("/api/v1/notifications/destroy_multiple")
@auth.required("write:notifications")
@takes(ids=Several(Id()))
@answers("Empty")
def destroy_multiple() -> Response:
    """Remove those of `ids` that are the caller's."""
    with db.in_transaction() as connection:
        queries.notifications.dismiss(
            connection, viewer_id=auth.account_id(), notification_ids=params.identifiers("ids")
        )
    return json_response(b"{}")


@blueprint.post("/api/qvitter/statuses/notifications/read")
@auth.required("read")
@takes(latest_id=Id(needed=True))
@answers("[Notification]")
def qvitter_read() -> Response:
    """Mark all up to `latest_id` as read; answers the newest twenty. Raises InvalidParameters."""
    latest_id = params.identifier("latest_id")
    if latest_id is None:
        raise InvalidParameters("You need to specify latest_id")
    with db.in_transaction() as connection:
        queries.notifications.read_up_to(connection, viewer_id=auth.account_id(), max_id=latest_id)
        return json_response(
            queries.notifications.newest_up_to(
                connection, viewer_id=auth.account_id(), max_id=latest_id, limit=paging.DEFAULT_LIMIT
            )
        )
