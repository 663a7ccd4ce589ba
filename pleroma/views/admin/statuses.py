"""Statuses (docs/api/admin.md 15)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from pleroma import auth, db
from pleroma.accounts import moderation_log
from pleroma.db import queries
from pleroma.errors import ApiError, InvalidParameters, found
from pleroma.openapi import Choice, Flag, answers, takes
from pleroma.statuses import posting
from pleroma.web import params
from pleroma.web.responses import json_response

blueprint = Blueprint("admin_statuses", __name__, url_prefix="/api/pleroma/admin/statuses")


def _changes() -> dict[str, Any]:
    visibility, sensitive = params.text("visibility"), params.strict_boolean("sensitive")
    if visibility not in (None, "public", "unlisted", "private"):
        raise ApiError("Unsupported visibility")
    if visibility is None and sensitive is None:
        raise InvalidParameters()
    return {"visibility": visibility, "sensitive": sensitive}


def _sentence(status_id: int, changes: dict[str, Any]) -> str:
    parts = []
    if changes["sensitive"] is not None:
        parts.append(f"sensitive: '{str(changes['sensitive']).lower()}'")
    if changes["visibility"] is not None:
        parts.append(f"visibility: '{changes['visibility']}'")
    return f"updated status #{status_id}, set {', '.join(parts)}"


@blueprint.put("/<id:status_id>")
@auth.admin_required
@takes(sensitive=Flag(), visibility=Choice("public", "unlisted", "private"))
@answers("Status", 404)
def update(status_id: int) -> Response:
    """Change `sensitive` and `visibility` of any status but a direct one. Raises NotFound, InvalidParameters."""
    with db.in_transaction() as connection:
        status = found(queries.admin_statuses.find(connection, status_id=status_id), "Not found")
        changes = _changes()
        if status.visibility == "direct" and changes["visibility"]:
            raise ApiError("Unsupported visibility")
        queries.admin_statuses.update(connection, status_id=status.id, **changes)
        moderation_log.record(
            connection,
            auth.account_id(),
            "status_update",
            _sentence(status.id, changes),
            subject={"type": "status", "id": str(status.id)},
            **changes,
        )
        return json_response(queries.admin_statuses.status(connection, status_id=status.id))


@blueprint.delete("/<id:status_id>")
@auth.admin_required
@answers("Empty", 404)
def delete(status_id: int) -> Response:
    """Delete any status. Raises NotFound."""
    with db.in_transaction() as connection:
        status = found(queries.admin_statuses.find(connection, status_id=status_id), "Not found")
        posting.remove(connection, status)
        moderation_log.status_deleted(connection, auth.account_id(), status.id)
    return json_response(b"{}")
