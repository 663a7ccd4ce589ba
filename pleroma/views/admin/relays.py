"""Relays (docs/api/admin.md 13): this server does not federate, so it has none."""

from __future__ import annotations

from flask import Blueprint, Response

from pleroma import auth
from pleroma.errors import ApiError, NotFound
from pleroma.openapi import Text, answers, takes
from pleroma.web import params
from pleroma.web.responses import json_response

blueprint = Blueprint("admin_relays", __name__, url_prefix="/api/pleroma/admin")


@blueprint.get("/relay")
@auth.admin_required
@answers("Relays")
def index() -> Response:
    """No relays."""
    return json_response(b'{"relays":[]}')


@blueprint.post("/relay")
@auth.admin_required
@takes(relay_url=Text(1, needed=True))
@answers()
def follow() -> Response:
    """Refused: relays need federation."""
    params.required_text("relay_url")
    raise ApiError("Relays need federation, which this server does not have")


@blueprint.delete("/relay")
@auth.admin_required
@takes(relay_url=Text(1, needed=True))
@answers(404)
def unfollow() -> Response:
    """Not found: there is no relay to leave."""
    params.required_text("relay_url")
    raise NotFound("Not found")
