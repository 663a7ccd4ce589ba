"""Lists of accounts (docs/api/mastodon.md 10.1)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from pleroma import auth, db
from pleroma.db import queries
from pleroma.errors import NotFound, Unprocessable, found
from pleroma.openapi import Choice, Flag, Id, Several, Text, Whole, answers, pages, takes
from pleroma.web import paging, params
from pleroma.web.paging import page_response
from pleroma.web.responses import json_response

blueprint = Blueprint("lists", __name__, url_prefix="/api/v1")
_MISSING = "List not found"
_LONGEST_TITLE = 1000
_POLICIES = ("list", "followed", "none")
_TAKEN = {
    "title": Text(1, _LONGEST_TITLE),
    "replies_policy": Choice(*_POLICIES, default="list"),
    "exclusive": Flag(default=False),
}


def _asked() -> dict[str, Any]:
    policy = params.text("replies_policy")
    invalid = Unprocessable(f"should be at most {_LONGEST_TITLE} character(s)")
    title = params.sent_text("title", most=_LONGEST_TITLE, error=invalid)
    if title is not None and not title.strip():
        raise Unprocessable("can't be blank")
    return {
        "viewer_id": auth.account_id(),
        "title": title,
        "replies_policy": policy if policy in _POLICIES else None,
        "exclusive": params.boolean("exclusive"),
    }


@blueprint.get("/lists")
@auth.required("read:lists")
@answers("[List]")
def index() -> Response:
    """The caller's lists, newest first."""
    with db.connection() as connection:
        return json_response(queries.lists.index(connection, viewer_id=auth.account_id()))


@blueprint.post("/lists")
@auth.required("write:lists")
@takes(**_TAKEN)
@answers("List", 422)
def create() -> Response:
    """Make a list with a `title`. Raises Unprocessable when it is empty."""
    asked = _asked()
    if asked["title"] is None:
        raise Unprocessable("can't be blank")
    asked["replies_policy"] = asked["replies_policy"] or "list"
    asked["exclusive"] = bool(asked["exclusive"])
    with db.in_transaction() as connection:
        return json_response(queries.lists.create(connection, **asked))


@blueprint.get("/lists/<id:list_id>")
@auth.required("read:lists")
@answers("List", 404)
def show(list_id: int) -> Response:
    """One of the caller's lists. Raises NotFound."""
    with db.connection() as connection:
        return json_response(
            found(queries.lists.show(connection, viewer_id=auth.account_id(), list_id=list_id), _MISSING)
        )


@blueprint.put("/lists/<id:list_id>")
@auth.required("write:lists")
@takes(**_TAKEN)
@answers("List", 404, 422)
def update(list_id: int) -> Response:
    """Change one of the caller's lists. Raises NotFound, Unprocessable."""
    with db.in_transaction() as connection:
        return json_response(found(queries.lists.update(connection, list_id=list_id, **_asked()), _MISSING))


@blueprint.delete("/lists/<id:list_id>")
@auth.required("write:lists")
@answers("Empty", 404)
def delete(list_id: int) -> Response:
    """Delete one of the caller's lists. Raises NotFound."""
    with db.in_transaction() as connection:
        if not queries.lists.delete(connection, viewer_id=auth.account_id(), list_id=list_id):
            raise NotFound(_MISSING)
    return json_response(b"{}")


@blueprint.get("/lists/<id:list_id>/accounts")
@auth.required("read:lists")
@takes(limit=Whole(0, 80, default=20))
@pages("Account", 404)
def members(list_id: int) -> Response:
    """Accounts on one of the caller's lists; `limit=0` gives all. Raises NotFound."""
    window = paging.window()
    if params.text("limit") == "0":
        window["limit"] = 0
    with db.connection() as connection:
        page = queries.lists.members(connection, viewer_id=auth.account_id(), list_id=list_id, **window)
    return page_response(found(page, _MISSING))


def _change_members(statement: Any, list_id: int) -> Response:
    with db.in_transaction() as connection:
        which = {"viewer_id": auth.account_id(), "list_id": list_id}
        found(queries.lists.show(connection, **which), _MISSING)
        statement(connection, **which, account_ids=params.identifiers("account_ids"))
    return json_response(b"{}")


@blueprint.post("/lists/<id:list_id>/accounts")
@auth.required("write:lists")
@takes(account_ids=Several(Id()))
@answers("Empty", 404)
def add(list_id: int) -> Response:
    """Put the accounts `account_ids` on a list. Raises NotFound."""
    return _change_members(queries.lists.add, list_id)


@blueprint.delete("/lists/<id:list_id>/accounts")
@auth.required("write:lists")
@takes(account_ids=Several(Id()))
@answers("Empty", 404)
def remove(list_id: int) -> Response:
    """Take the accounts `account_ids` off a list. Raises NotFound."""
    return _change_members(queries.lists.remove, list_id)


@blueprint.get("/accounts/<id:account_id>/lists")
@auth.required("read:lists")
@answers("[List]")
def holding(account_id: int) -> Response:
    """The caller's lists that hold an account."""
    with db.connection() as connection:
        return json_response(queries.lists.holding(connection, viewer_id=auth.account_id(), account_id=account_id))
