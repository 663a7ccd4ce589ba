"""Where others send what concerns somebody here: the inboxes (docs/federation.md)."""

from __future__ import annotations

from flask import Blueprint, Response, request

from pleroma import db
from pleroma.addresses import limited
from pleroma.errors import ApiError, NotFound
from pleroma.federation import inbox
from pleroma.text.clean import is_storable
from pleroma.views.activitypub import signers
from pleroma.web import params
from pleroma.web.state import configured

blueprint = Blueprint("inbox", __name__)
_TYPES = ("application/activity+json", "application/ld+json")


@blueprint.post("/inbox")
def shared() -> Response:
    """Take an activity for anybody here."""
    return _accept(None)


@blueprint.post("/actor/inbox")
def of_server() -> Response:
    """Take an activity for the server itself."""
    return _accept(None)


@blueprint.post("/users/<nickname>/inbox")
def of_account(nickname: str) -> Response:
    """Take an activity for an account. Raises NotFound, a 410 for one that was deleted."""
    if not is_storable(nickname):
        raise NotFound()
    return _accept(nickname)


@blueprint.get("/inbox")
@blueprint.get("/actor/inbox")
@blueprint.get("/users/<nickname>/inbox")
def unread(nickname: str = "") -> Response:
    """Say that what others sent is shown to nobody: a 405."""
    return Response(status=405, headers={"Allow": "POST"})


def _accept(nickname: str | None) -> Response:
    if request.mimetype not in _TYPES:
        raise ApiError("The body must be application/activity+json", 415)
    config = configured()
    body = params.bare_body()
    with db.connection() as connection:
        inbox.accept(connection, signers.sent(), body, nickname, limited(request.remote_addr), config)
    return Response(status=202)
