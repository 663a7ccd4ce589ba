"""Filters of the first version of the API: stored here, applied by clients (docs/api/mastodon.md 10.2)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from pleroma import auth, db
from pleroma.db import queries
from pleroma.errors import NotFound, Unprocessable, found
from pleroma.openapi import Choice, Flag, Several, Text, Whole, answers, takes
from pleroma.web import params
from pleroma.web.responses import json_response

blueprint = Blueprint("filters", __name__, url_prefix="/api/v1/filters")
_CONTEXTS = ("home", "notifications", "public", "thread", "account")
_LONGEST_PHRASE = 1000
_LONGEST_LIFE = 100 * 365 * 24 * 3600
_TAKEN = {
    "phrase": Text(1, _LONGEST_PHRASE),
    "context": Several(Choice(*_CONTEXTS)),
    "irreversible": Flag(),
    "whole_word": Flag(),
    "expires_in": Whole(1),
}


def _asked() -> dict[str, Any]:
    """The parameters of a filter, None for each that is missing. Raises Unprocessable."""
    invalid = Unprocessable(f"phrase should be at most {_LONGEST_PHRASE} character(s)")
    phrase = params.text("phrase", most=_LONGEST_PHRASE, error=invalid)
    context = params.texts("context") if params.present("context") else None
    if context is not None and (not context or any(place not in _CONTEXTS for place in context)):
        raise Unprocessable("context is wrong")
    expires_in = params.integer("expires_in")
    if expires_in is not None and expires_in <= 0:
        raise Unprocessable("expires_in is not a number of seconds")
    return {
        "viewer_id": auth.account_id(),
        "phrase": phrase,
        "context": context,
        "irreversible": params.boolean("irreversible"),
        "whole_word": params.boolean("whole_word"),
        "expires_in": None if expires_in is None else min(expires_in, _LONGEST_LIFE),
    }


@blueprint.get("")
@auth.required("read:filters")
@answers("[Filter]")
def index() -> Response:
    """The caller's filters that are not expired."""
    with db.connection() as connection:
        return json_response(queries.filters.index(connection, viewer_id=auth.account_id()))


@blueprint.post("")
@auth.required("write:filters")
@takes(**_TAKEN)
@answers("Filter", 422)
def create() -> Response:
    """Make a filter of a `phrase` for a `context`. Raises Unprocessable."""
    asked = _asked()
    if asked["phrase"] is None or asked["context"] is None:
        raise Unprocessable("phrase and context are needed")
    asked["irreversible"], asked["whole_word"] = bool(asked["irreversible"]), bool(asked["whole_word"])
    with db.in_transaction() as connection:
        return json_response(queries.filters.create(connection, **asked))


@blueprint.get("/<id:filter_id>")
@auth.required("read:filters")
@answers("Filter", 404)
def show(filter_id: int) -> Response:
    """One of the caller's filters. Raises NotFound."""
    with db.connection() as connection:
        return json_response(found(queries.filters.show(connection, viewer_id=auth.account_id(), filter_id=filter_id)))


@blueprint.put("/<id:filter_id>")
@auth.required("write:filters")
@takes(**_TAKEN)
@answers("Filter", 404, 422)
def update(filter_id: int) -> Response:
    """Change what is sent of a filter. Raises NotFound, Unprocessable."""
    # Sent empty, an expiry is taken away; not sent, it stays.
    change_expiry = "expires_in" in params.everything()
    with db.in_transaction() as connection:
        changed = queries.filters.update(connection, filter_id=filter_id, change_expiry=change_expiry, **_asked())
    return json_response(found(changed))


@blueprint.delete("/<id:filter_id>")
@auth.required("write:filters")
@answers("Empty", 404)
def delete(filter_id: int) -> Response:
    """Delete one of the caller's filters. Raises NotFound."""
    with db.in_transaction() as connection:
        if not queries.filters.delete(connection, viewer_id=auth.account_id(), filter_id=filter_id):
            raise NotFound()
    return json_response(b"{}")
