"""Filters of the first version of the API: each is a keyword of a filter (docs/api/mastodon.md 10.2)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response
from psycopg import Connection

from pleroma import auth, db
from pleroma.db import queries
from pleroma.errors import Unprocessable, found
from pleroma.openapi import Choice, Flag, Several, Text, Whole, answers, takes
from pleroma.views.mastodon.filters import (
    CONTEXTS,
    LONGEST_KEYWORD,
    LONGEST_TITLE,
    add_keywords,
    keyword_text,
    read_context,
    read_expiry,
    require_room,
)
from pleroma.web import params
from pleroma.web.responses import json_response

blueprint = Blueprint("old_filters", __name__, url_prefix="/api/v1/filters")
_TAKEN = {
    "phrase": Text(1, LONGEST_KEYWORD),
    "context": Several(Choice(*CONTEXTS)),
    "irreversible": Flag(default=False),
    "whole_word": Flag(default=False),
    "expires_in": Whole(0),
}


def _keyword(connection: Connection, keyword_id: int) -> tuple[Response, int, int]:
    """A filter of the caller's, the id of what it belongs to, and how many keywords that has. Raises NotFound."""
    _, entity, filter_id, keywords = found(
        queries.filters.keyword(connection, viewer_id=auth.account_id(), keyword_id=keyword_id)
    )
    return json_response(entity), int(filter_id), int(keywords)


@blueprint.get("")
@auth.required("read:filters")
@answers("[FilterOfVersion1]")
def index() -> Response:
    """The caller's filters that are not expired."""
    with db.connection() as connection:
        return json_response(queries.filters.old_index(connection, viewer_id=auth.account_id()))


@blueprint.post("")
@auth.required("write:filters")
@takes(**_TAKEN)
@answers("FilterOfVersion1", 422)
def create() -> Response:
    """Make a filter of a `phrase` for a `context`. Raises Unprocessable."""
    phrase, context = keyword_text("phrase", params.raw("phrase")), read_context()
    if phrase is None or context is None:
        raise Unprocessable("phrase and context are needed")
    filtering: dict[str, Any] = {
        "title": phrase[:LONGEST_TITLE],
        "context": context,
        "action": "hide" if params.boolean("irreversible", False) else "warn",
        "expires_in": read_expiry()["expires_in"],
    }
    with db.in_transaction() as connection:
        require_room(connection, filters=1, keywords=1)
        made = queries.filters.create(connection, viewer_id=auth.account_id(), **filtering)
        (keyword_id,) = add_keywords(connection, made.id, [(phrase, params.boolean("whole_word", False))])
        return _keyword(connection, keyword_id)[0]


@blueprint.get("/<id:keyword_id>")
@auth.required("read:filters")
@answers("FilterOfVersion1", 404)
def show(keyword_id: int) -> Response:
    """One of the caller's filters. Raises NotFound."""
    with db.connection() as connection:
        return _keyword(connection, keyword_id)[0]


@blueprint.put("/<id:keyword_id>")
@auth.required("write:filters")
@takes(**_TAKEN)
@answers("FilterOfVersion1", 404, 422)
def update(keyword_id: int) -> Response:
    """Change what is sent of a filter. Raises NotFound; Unprocessable when it would change other keywords as well."""
    phrase, whole_word, irreversible = (
        keyword_text("phrase", params.raw("phrase")),
        params.boolean("whole_word"),
        params.boolean("irreversible"),
    )
    action = None if irreversible is None else "hide" if irreversible else "warn"
    change = {"title": None, "context": read_context(), "action": action, **read_expiry()}
    with db.in_transaction() as connection:
        _, filter_id, keywords = _keyword(connection, keyword_id)
        if keywords > 1 and (change["context"] or action or change["change_expiry"]):
            raise Unprocessable("The filter of this phrase has others; change it by the second version of the API")
        if phrase is not None and keywords == 1:
            change["title"] = phrase[:LONGEST_TITLE]
        queries.filters.update(connection, viewer_id=auth.account_id(), filter_id=filter_id, **change)
        queries.filters.change_keywords(
            connection, filter_id=filter_id, ids=[keyword_id], keywords=[phrase], whole_words=[whole_word]
        )
        return _keyword(connection, keyword_id)[0]


@blueprint.delete("/<id:keyword_id>")
@auth.required("write:filters")
@answers("Empty", 404)
def delete(keyword_id: int) -> Response:
    """Delete one of the caller's filters. Raises NotFound."""
    with db.in_transaction() as connection:
        _, filter_id, keywords = _keyword(connection, keyword_id)
        if keywords > 1:
            queries.filters.remove_keywords(connection, filter_id=filter_id, ids=[keyword_id])
        else:
            queries.filters.delete(connection, viewer_id=auth.account_id(), filter_id=filter_id)
    return json_response(b"{}")
