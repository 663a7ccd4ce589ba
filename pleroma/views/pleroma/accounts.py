"""Pleroma's own account endpoints: subscribe, favourites (docs/api/pleroma.md 12 and 13)."""

from __future__ import annotations

from flask import Blueprint, Response

from pleroma import auth, db
from pleroma.db import queries
from pleroma.errors import Forbidden, NotFound, found
from pleroma.openapi import answers, pages
from pleroma.views.mastodon.relationships import relationship
from pleroma.web import paging
from pleroma.web.paging import page_response

blueprint = Blueprint("pleroma_accounts", __name__, url_prefix="/api/v1/pleroma/accounts/<id:account_id>")


@blueprint.post("/subscribe")
@auth.required("follow")
@answers("Relationship", 404)
def subscribe(account_id: int) -> Response:
    """Ask to be notified of every status an account posts (docs/api/pleroma.md 12).

    Answers the caller's relationship to the account. Raises NotFound, Forbidden (blocked by it).
    """
    pair = {"account_id": auth.account_id(), "target_id": account_id}
    with db.in_transaction() as connection:
        target = found(queries.relationships.follow_state(connection, **pair))
        if account_id == auth.account_id():
            raise NotFound()
        if target.blocked_by:
            raise Forbidden(f"Could not subscribe: {target.nickname} is blocking you")
        queries.relationships.subscribe(connection, **pair)
        return relationship(account_id)


@blueprint.post("/unsubscribe")
@auth.required("follow")
@answers("Relationship", 404)
def unsubscribe(account_id: int) -> Response:
    """Stop being notified of an account's statuses (docs/api/pleroma.md 12). Raises NotFound."""
    pair = {"account_id": auth.account_id(), "target_id": account_id}
    with db.in_transaction() as connection:
        found(queries.relationships.follow_state(connection, **pair))
        queries.relationships.unsubscribe(connection, **pair)
        return relationship(account_id)


@blueprint.get("/favourites")
@auth.optional("read")
@pages("Status", 403, 404)
def favourites(account_id: int) -> Response:
    """Statuses that an account favourited and the caller may see (docs/api/pleroma.md 13).

    Raises NotFound, Forbidden when the account hides them or the instance is closed.
    """
    auth.require_public()
    with db.connection() as connection:
        account = found(queries.accounts.exists(connection, account_id=account_id))
        if account.hide_favorites and account_id != auth.viewer_id():
            raise Forbidden("Can't get favorites")
        page = queries.timelines.favourites(
            connection, viewer_id=auth.viewer_id(), of_account_id=account_id, **paging.window()
        )
    return page_response(page)
