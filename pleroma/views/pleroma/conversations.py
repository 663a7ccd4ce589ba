"""Conversations: one account's view of threads with direct statuses (docs/api/pleroma.md 17)."""

from __future__ import annotations

from flask import Blueprint, Response

from pleroma import auth, db
from pleroma.db import queries
from pleroma.errors import InvalidParameters, NotFound, found
from pleroma.openapi import Id, Several, answers, pages, takes
from pleroma.web import paging, params
from pleroma.web.paging import page_response
from pleroma.web.responses import json_response

blueprint = Blueprint("conversations", __name__, url_prefix="/api/v1")


def _show(conversation_id: int) -> bytes:
    with db.connection() as connection:
        return found(
            queries.conversations.conversation(connection, viewer_id=auth.account_id(), conversation_id=conversation_id)
        )


@blueprint.get("/conversations")
@auth.required("read:statuses")
@pages("Conversation")
def index() -> Response:
    """The caller's conversations, the last change first."""
    with db.connection() as connection:
        return page_response(queries.conversations.index(connection, viewer_id=auth.account_id(), **paging.window()))


@blueprint.get("/pleroma/conversations/<id:conversation_id>")
@auth.required("read:statuses")
@answers("Conversation", 404)
def show(conversation_id: int) -> Response:
    """One of the caller's conversations; reading it marks nothing. Raises NotFound."""
    return json_response(_show(conversation_id))


@blueprint.get("/pleroma/conversations/<id:conversation_id>/statuses")
@auth.required("read:statuses")
@pages("Status", 404)
def statuses(conversation_id: int) -> Response:
    """Its statuses that the caller may see, newest first. Raises NotFound."""
    with db.connection() as connection:
        page = queries.conversations.statuses(
            connection, viewer_id=auth.account_id(), conversation_id=conversation_id, **paging.window()
        )
    return page_response(found(page))


@blueprint.patch("/pleroma/conversations/<id:conversation_id>")
@auth.required("write:conversations")
@takes(recipients=Several(Id(), needed=True))
@answers("Conversation", 404)
def update(conversation_id: int) -> Response:
    """Replace the `recipients`; the caller always stays one. Raises NotFound, InvalidParameters."""
    sent = params.values("recipients", alone=False)
    if sent is None:
        raise InvalidParameters("recipients must be a list of account ids")
    ids = [params.as_identifier(value) or 0 for value in sent if value != ""]
    with db.in_transaction() as connection:
        owner = {"viewer_id": auth.account_id(), "conversation_id": conversation_id}
        found(queries.conversations.own(connection, **owner))
        if queries.conversations.known_accounts(connection, account_ids=list(set(ids))).number != len(set(ids)):
            raise NotFound("A recipient is not there")
        queries.conversations.set_recipients(
            connection, conversation_id=conversation_id, account_ids=list({*ids, auth.account_id()})
        )
        conversation = queries.conversations.conversation(connection, **owner)
    return json_response(conversation)


@blueprint.post("/conversations/<id:conversation_id>/read")
@auth.required("read|write:conversations")
@answers("Conversation", 404)
def read(conversation_id: int) -> Response:
    """Mark one as read. Raises NotFound."""
    with db.in_transaction() as connection:
        found(queries.conversations.read(connection, viewer_id=auth.account_id(), conversation_id=conversation_id))
        return json_response(_show(conversation_id))


@blueprint.post("/pleroma/conversations/read")
@auth.required("write:conversations")
@answers("[Conversation]")
def read_all() -> Response:
    """Mark all as read; answers those that changed."""
    with db.in_transaction() as connection:
        changed = [row.id for row in queries.conversations.read_all(connection, viewer_id=auth.account_id())]
        return json_response(
            queries.conversations.entities(connection, viewer_id=auth.account_id(), conversation_ids=changed)
        )


@blueprint.delete("/conversations/<id:conversation_id>")
@auth.required("write:conversations")
@answers("Empty", 404)
def hide(conversation_id: int) -> Response:
    """Take one off the caller's list until a new direct status comes. Raises NotFound."""
    with db.in_transaction() as connection:
        if not queries.conversations.hide(connection, viewer_id=auth.account_id(), conversation_id=conversation_id):
            raise NotFound()
    return json_response(b"{}")
