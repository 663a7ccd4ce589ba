"""What an account does to another: follow, block, mute, note, endorse (docs/api/mastodon.md 3.6 to 3.9)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response
from psycopg import Connection

from pleroma import auth, db
from pleroma.accounts import relationships
from pleroma.db import queries
from pleroma.errors import NotFound, Unprocessable, found
from pleroma.openapi import Flag, Id, Several, Text, Whole, answers, pages, takes
from pleroma.views.mastodon.accounts import find_id
from pleroma.web import paging, params, rate_limits
from pleroma.web.paging import page_response
from pleroma.web.responses import json_response

blueprint = Blueprint("relationships", __name__, url_prefix="/api/v1")
_LONGEST_NOTE = 2000
_LONGEST_MUTE = 100 * 365 * 24 * 3600


def relationship(target_id: int) -> Response:
    """The caller's relationship to an account as it is now; what was done is done with it. Raises NotFound."""
    return json_response(
        db.last(queries.accounts.changed_relationship, viewer_id=auth.account_id(), account_id=target_id)
    )


def _change(action: Callable[..., Any], target_id: int, **switches: Any) -> Response:
    """Do something between the caller and an account, and answer their relationship."""
    with db.in_transaction() as connection:
        action(connection, auth.account_id(), target_id, **switches)
        return relationship(target_id)


def _simply(statement: Callable[..., Any], target_id: int, **values: Any) -> Response:
    with db.in_transaction() as connection:
        found(queries.accounts.exists(connection, account_id=target_id))
        statement(connection, account_id=auth.account_id(), target_id=target_id, **values)
        return relationship(target_id)


@blueprint.get("/accounts/relationships")
@auth.required("read:follows")
@takes(id=Several(Id()))
@answers("[Relationship]")
def index() -> Response:
    """The caller's relationships to the accounts `id`, in the order asked."""
    with db.connection() as connection:
        return json_response(
            queries.accounts.relationships(
                connection, viewer_id=auth.account_id(), account_ids=params.identifiers("id")
            )
        )


@blueprint.post("/accounts/<id:account_id>/follow")
@auth.required("follow", limits=rate_limits.FOLLOWING)
@takes(reblogs=Flag(), notify=Flag())
@answers("Relationship", 404)
def follow(account_id: int) -> Response:
    """Follow an account, with `reblogs` and `notify`. Raises NotFound, Forbidden."""
    return _change(relationships.follow, account_id, reblogs=params.boolean("reblogs"), notify=params.boolean("notify"))


@blueprint.post("/follows")
@auth.required("follow", limits=(rate_limits.FOLLOWING[0],))
@takes(uri=Text(1, needed=True))
@answers("Account", 404)
def follow_by_address() -> Response:
    """Follow the account whose address is `uri`; answers the Account. Raises NotFound, Forbidden."""
    target_id = find_id(params.required_exact("uri"))
    with db.in_transaction() as connection:
        relationships.follow(connection, auth.account_id(), target_id)
        account = queries.accounts.accounts(connection, viewer_id=auth.account_id(), account_ids=[target_id])
    return json_response(account[1:-1])


@blueprint.post("/accounts/<id:account_id>/unfollow")
@auth.required("follow", limits=rate_limits.FOLLOWING)
@answers("Relationship", 404)
def unfollow(account_id: int) -> Response:
    """End a follow or a request. Raises NotFound."""
    if account_id == auth.account_id():
        raise NotFound()
    return _change(relationships.unfollow, account_id)


@blueprint.post("/accounts/<id:account_id>/remove_from_followers")
@auth.required("follow")
@answers("Relationship", 404)
def remove_from_followers(account_id: int) -> Response:
    """End the account's follow of the caller. Raises NotFound."""

    def _remove(connection: Connection, own_id: int, follower_id: int) -> None:
        relationships.unfollow(connection, follower_id, own_id)

    return _change(_remove, account_id)


@blueprint.post("/accounts/<id:account_id>/block")
@auth.required("follow:blocks")
@answers("Relationship", 404)
def block(account_id: int) -> Response:
    """Block an account. Raises NotFound, Forbidden for oneself."""
    return _change(relationships.block, account_id)


@blueprint.post("/accounts/<id:account_id>/unblock")
@auth.required("follow:blocks")
@answers("Relationship", 404)
def unblock(account_id: int) -> Response:
    """End a block; restores nothing."""
    return _simply(queries.relationships.unblock, account_id)


@blueprint.post("/accounts/<id:account_id>/mute")
@auth.required("follow:mutes")
@takes(notifications=Flag(default=True), duration=Whole(0, default=0))
@answers("Relationship", 404, 422)
def mute(account_id: int) -> Response:
    """Mute an account, with `notifications` and `duration` in seconds. Raises NotFound, Forbidden for oneself."""
    duration = params.integer("duration", 0)
    if duration < 0:
        raise Unprocessable("duration is not a number of seconds")
    return _change(
        relationships.mute,
        account_id,
        notifications=params.boolean("notifications", True),
        duration=min(duration, _LONGEST_MUTE),
    )


@blueprint.post("/accounts/<id:account_id>/unmute")
@auth.required("follow:mutes")
@answers("Relationship", 404)
def unmute(account_id: int) -> Response:
    """End a mute."""
    return _simply(queries.relationships.unmute, account_id)


@blueprint.post("/accounts/<id:account_id>/note")
@auth.required("write:accounts")
@takes(comment=Text(most=_LONGEST_NOTE))
@answers("Relationship", 404, 422)
def note(account_id: int) -> Response:
    """Keep a private `comment` about an account. Raises Unprocessable when it is too long."""
    invalid = Unprocessable(f"comment should be at most {_LONGEST_NOTE} character(s)")
    comment = params.text("comment", most=_LONGEST_NOTE, error=invalid) or ""
    return _simply(queries.relationships.note, account_id, comment=comment)


@blueprint.post("/accounts/<id:account_id>/pin")
@auth.required("write:accounts")
@answers("Relationship", 404)
def endorse(account_id: int) -> Response:
    """Endorse a followed account."""
    return _simply(queries.relationships.endorse, account_id)


@blueprint.post("/accounts/<id:account_id>/unpin")
@auth.required("write:accounts")
@answers("Relationship", 404)
def unendorse(account_id: int) -> Response:
    """Take an endorsement back."""
    return _simply(queries.relationships.unendorse, account_id)


def _page(statement: Callable[..., Any]) -> Response:
    with db.connection() as connection:
        return page_response(statement(connection, viewer_id=auth.account_id(), **paging.window()))


@blueprint.get("/follow_requests")
@auth.required("read:follows")
@pages("Account")
def follow_requests() -> Response:
    """Accounts that wait for the caller's answer."""
    return _page(queries.relationships.requests)


@blueprint.get("/blocks")
@auth.required("read:blocks")
@pages("Account")
def blocks() -> Response:
    """Accounts that the caller blocks."""
    return _page(queries.relationships.blocks)


@blueprint.get("/mutes")
@auth.required("read:mutes")
@pages("Account")
def mutes() -> Response:
    """Accounts that the caller mutes."""
    return _page(queries.relationships.mutes)


@blueprint.get("/endorsements")
@auth.required("read:accounts")
@pages("Account")
def endorsements() -> Response:
    """Accounts that the caller endorses."""
    return _page(queries.relationships.endorsements)


@blueprint.post("/follow_requests/<id:account_id>/authorize")
@auth.required("follow")
@answers("Relationship", 404)
def authorize(account_id: int) -> Response:
    """Let an account follow that asked. Raises NotFound without an open request."""
    return _change(relationships.answer_request, account_id, accept=True)


@blueprint.post("/follow_requests/<id:account_id>/reject")
@auth.required("follow")
@answers("Relationship", 404)
def reject(account_id: int) -> Response:
    """Refuse an account that asked. Raises NotFound without an open request."""
    return _change(relationships.answer_request, account_id, accept=False)


@blueprint.get("/accounts/familiar_followers")
@auth.required("read:follows")
@takes(id=Several(Id()))
@answers("[FamiliarFollowers]")
def familiar_followers() -> Response:
    """For each account `id`, its followers among those whom the caller follows."""
    with db.connection() as connection:
        return json_response(
            queries.relationships.familiar_followers(
                connection, viewer_id=auth.account_id(), account_ids=params.identifiers("id")[:40]
            )
        )
