"""Filters, their keywords and statuses; each Status says in `filtered` what they match (docs/api/mastodon.md 10.3)."""

from __future__ import annotations

from typing import Any, NamedTuple

from flask import Blueprint, Response
from psycopg import Connection

from pleroma import auth, db
from pleroma.db import queries
from pleroma.errors import NotFound, Unprocessable, found
from pleroma.openapi import Choice, Flag, Id, Map, Several, Text, Whole, answers, takes
from pleroma.web import params
from pleroma.web.responses import json_response

blueprint = Blueprint("filters", __name__, url_prefix="/api/v2/filters")
CONTEXTS = ("home", "notifications", "public", "thread", "account")
ACTIONS = ("warn", "hide", "blur")
LONGEST_TITLE, LONGEST_KEYWORD = 256, 512
MOST_FILTERS, MOST_KEYWORDS = 200, 1000
_LONGEST_LIFE = 100 * 365 * 24 * 3600
_OF_KEYWORD = {"keyword": Text(1, LONGEST_KEYWORD), "whole_word": Flag(default=True)}
_TAKEN = {
    "title": Text(1, LONGEST_TITLE),
    "context": Several(Choice(*CONTEXTS)),
    "filter_action": Choice(*ACTIONS, default="warn"),
    "expires_in": Whole(0),
    "keywords_attributes": Several(Map(id=Id(), _destroy=Flag(), **_OF_KEYWORD)),
}


class _Keywords(NamedTuple):
    """What a request does to the keywords of a filter: new ones with whole_word, changes by id, ids to remove."""

    added: list[tuple[str, bool]]
    changed: dict[int, tuple[str | None, bool | None]]
    removed: list[int]


def read_context() -> list[str] | None:
    """Where a filter applies, None when it was not sent. Raises Unprocessable."""
    context = params.texts("context") if params.present("context") else None
    if context is not None and (not context or any(place not in CONTEXTS for place in context)):
        raise Unprocessable("context is wrong")
    return None if context is None else list(dict.fromkeys(context))


def read_expiry() -> dict[str, Any]:
    """How long a filter lives: sent empty, null or 0 it never expires; not sent, it stays. Raises Unprocessable."""
    sent = params.raw("expires_in")
    seconds = params.integer("expires_in")
    if sent not in (None, "", 0, "0") and (seconds is None or seconds <= 0):
        raise Unprocessable("expires_in is not a number of seconds")
    return {
        "change_expiry": "expires_in" in params.everything(),
        "expires_in": min(seconds, _LONGEST_LIFE) if seconds else None,
    }


def keyword_text(name: str, value: Any) -> str | None:
    """A keyword as sent, None when it was not. Raises Unprocessable for an empty or too long one."""
    wrong = Unprocessable(f"{name} should be between 1 and {LONGEST_KEYWORD} characters long")
    keyword = params.as_text(name, value, most=LONGEST_KEYWORD, error=wrong)
    if keyword is not None and not keyword.strip():
        raise wrong
    return None if keyword is None else keyword.strip()


def _read_filter() -> dict[str, Any]:
    wrong = Unprocessable(f"title should be between 1 and {LONGEST_TITLE} characters long")
    title = params.sent_text("title", most=LONGEST_TITLE, error=wrong)
    if title is not None and not title.strip():
        raise wrong
    action = params.text("filter_action")
    if action not in (None, *ACTIONS):
        raise Unprocessable("filter_action is wrong")
    return {"title": title, "context": read_context(), "action": action}


def _read_keywords() -> _Keywords:
    keywords = _Keywords([], {}, [])
    for entry in params.values("keywords_attributes") or []:
        if not isinstance(entry, dict):
            raise Unprocessable("keywords_attributes should be a list of objects")
        text, whole = keyword_text("keyword", entry.get("keyword")), params.as_boolean(entry.get("whole_word"))
        if entry.get("id") in (None, ""):
            if text is None:
                raise Unprocessable("keyword is missing")
            keywords.added.append((text, True if whole is None else whole))
        elif (keyword_id := params.as_identifier(entry["id"])) is None:
            raise NotFound()
        elif params.as_boolean(entry.get("_destroy")):
            keywords.removed.append(keyword_id)
        else:
            keywords.changed[keyword_id] = (text, whole)
    return keywords


def require_room(connection: Connection, *, filters: int, keywords: int) -> None:
    """Raises Unprocessable when the caller would have too many filters or keywords with so many more."""
    queries.interactions.lock_account(connection, account_id=auth.account_id())
    counts = queries.filters.counts(connection, viewer_id=auth.account_id())
    if counts.filters + filters > MOST_FILTERS or counts.keywords + keywords > MOST_KEYWORDS:
        raise Unprocessable("You have too many filters")


def add_keywords(connection: Connection, filter_id: int, added: list[tuple[str, bool]]) -> list[int]:
    """Add keywords, each with whether it is a whole word, and give their ids."""
    rows = queries.filters.add_keywords(
        connection,
        filter_id=filter_id,
        keywords=[keyword for keyword, _ in added],
        whole_words=[whole_word for _, whole_word in added],
    )
    return [row.id for row in rows]


def _apply(connection: Connection, filter_id: int, keywords: _Keywords) -> None:
    if keywords.changed:
        rows = queries.filters.change_keywords(
            connection,
            filter_id=filter_id,
            ids=list(keywords.changed),
            keywords=[text for text, _ in keywords.changed.values()],
            whole_words=[whole_word for _, whole_word in keywords.changed.values()],
        )
        if len(rows) < len(keywords.changed):
            raise NotFound()
    if keywords.removed:
        removed = queries.filters.remove_keywords(connection, filter_id=filter_id, ids=keywords.removed)
        if len(removed) < len(set(keywords.removed)):
            raise NotFound()
    if keywords.added:
        add_keywords(connection, filter_id, keywords.added)


def _entity(connection: Connection, filter_id: int) -> Response:
    return json_response(found(queries.filters.show(connection, viewer_id=auth.account_id(), filter_id=filter_id)))


@blueprint.get("")
@auth.required("read:filters")
@answers("[Filter]")
def index() -> Response:
    """The caller's filters, oldest first, expired ones too."""
    with db.connection() as connection:
        return json_response(queries.filters.index(connection, viewer_id=auth.account_id()))


@blueprint.post("")
@auth.required("write:filters")
@takes(**_TAKEN)
@answers("Filter", 404, 422)
def create() -> Response:
    """Make a filter of a `title` for a `context`, with keywords or without. Raises Unprocessable."""
    asked, keywords, expiry = _read_filter(), _read_keywords(), read_expiry()
    if asked["title"] is None or asked["context"] is None:
        raise Unprocessable("title and context are needed")
    if keywords.changed or keywords.removed:
        raise NotFound()
    asked["action"] = asked["action"] or "warn"
    with db.in_transaction() as connection:
        require_room(connection, filters=1, keywords=len(keywords.added))
        made = queries.filters.create(connection, viewer_id=auth.account_id(), expires_in=expiry["expires_in"], **asked)
        _apply(connection, made.id, keywords)
        return _entity(connection, made.id)


@blueprint.get("/<id:filter_id>")
@auth.required("read:filters")
@answers("Filter", 404)
def show(filter_id: int) -> Response:
    """One of the caller's filters. Raises NotFound."""
    with db.connection() as connection:
        return _entity(connection, filter_id)


@blueprint.put("/<id:filter_id>")
@auth.required("write:filters")
@takes(**_TAKEN)
@answers("Filter", 404, 422)
def update(filter_id: int) -> Response:
    """Change what is sent of a filter and its keywords. Raises NotFound, Unprocessable."""
    asked, keywords, expiry = _read_filter(), _read_keywords(), read_expiry()
    with db.in_transaction() as connection:
        found(queries.filters.lock(connection, viewer_id=auth.account_id(), filter_id=filter_id))
        require_room(connection, filters=0, keywords=len(keywords.added))
        queries.filters.update(connection, viewer_id=auth.account_id(), filter_id=filter_id, **asked, **expiry)
        _apply(connection, filter_id, keywords)
        return _entity(connection, filter_id)


@blueprint.delete("/<id:filter_id>")
@auth.required("write:filters")
@answers("Empty", 404)
def delete(filter_id: int) -> Response:
    """Delete one of the caller's filters. Raises NotFound."""
    with db.in_transaction() as connection:
        if not queries.filters.delete(connection, viewer_id=auth.account_id(), filter_id=filter_id):
            raise NotFound()
    return json_response(b"{}")


@blueprint.get("/<id:filter_id>/keywords")
@auth.required("read:filters")
@answers("[FilterKeyword]", 404)
def keywords(filter_id: int) -> Response:
    """The keywords of a filter. Raises NotFound."""
    with db.connection() as connection:
        return json_response(
            found(queries.filters.keywords(connection, viewer_id=auth.account_id(), filter_id=filter_id))
        )


def _keyword(connection: Connection, keyword_id: int) -> Any:
    return found(queries.filters.keyword(connection, viewer_id=auth.account_id(), keyword_id=keyword_id))


@blueprint.post("/<id:filter_id>/keywords")
@auth.required("write:filters")
@takes(**_OF_KEYWORD)
@answers("FilterKeyword", 404, 422)
def add_keyword(filter_id: int) -> Response:
    """Add a `keyword` to a filter. Raises NotFound, Unprocessable."""
    text = keyword_text("keyword", params.raw("keyword"))
    if text is None:
        raise Unprocessable("keyword is missing")
    with db.in_transaction() as connection:
        found(queries.filters.lock(connection, viewer_id=auth.account_id(), filter_id=filter_id))
        require_room(connection, filters=0, keywords=1)
        (keyword_id,) = add_keywords(connection, filter_id, [(text, params.boolean("whole_word", True))])
        return json_response(_keyword(connection, keyword_id)[0])


@blueprint.get("/keywords/<id:keyword_id>")
@auth.required("read:filters")
@answers("FilterKeyword", 404)
def keyword(keyword_id: int) -> Response:
    """One keyword of the caller's filters. Raises NotFound."""
    with db.connection() as connection:
        return json_response(_keyword(connection, keyword_id)[0])


@blueprint.put("/keywords/<id:keyword_id>")
@auth.required("write:filters")
@takes(**_OF_KEYWORD)
@answers("FilterKeyword", 404, 422)
def change_keyword(keyword_id: int) -> Response:
    """Change a keyword. Raises NotFound, Unprocessable."""
    change = keyword_text("keyword", params.raw("keyword")), params.boolean("whole_word")
    with db.in_transaction() as connection:
        filter_id = int(_keyword(connection, keyword_id)[2])
        _apply(connection, filter_id, _Keywords([], {keyword_id: change}, []))
        return json_response(_keyword(connection, keyword_id)[0])


@blueprint.delete("/keywords/<id:keyword_id>")
@auth.required("write:filters")
@answers("Empty", 404)
def remove_keyword(keyword_id: int) -> Response:
    """Remove a keyword. Raises NotFound."""
    with db.in_transaction() as connection:
        filter_id = int(_keyword(connection, keyword_id)[2])
        _apply(connection, filter_id, _Keywords([], {}, [keyword_id]))
    return json_response(b"{}")


@blueprint.get("/<id:filter_id>/statuses")
@auth.required("read:filters")
@answers("[FilterStatus]", 404)
def statuses(filter_id: int) -> Response:
    """The statuses of a filter. Raises NotFound."""
    with db.connection() as connection:
        return json_response(
            found(queries.filters.statuses(connection, viewer_id=auth.account_id(), filter_id=filter_id))
        )


@blueprint.post("/<id:filter_id>/statuses")
@auth.required("write:filters")
@takes(status_id=Id(needed=True))
@answers("FilterStatus", 404)
def add_status(filter_id: int) -> Response:
    """Add the status `status_id` to a filter; again is no error. Raises NotFound, also for a status that is hidden."""
    status_id = params.identifier("status_id") or 0
    with db.in_transaction() as connection:
        found(queries.filters.lock(connection, viewer_id=auth.account_id(), filter_id=filter_id))
        added = queries.filters.add_status(
            connection, viewer_id=auth.account_id(), filter_id=filter_id, status_id=status_id
        )
    return json_response(found(added))


@blueprint.get("/statuses/<id:filter_status_id>")
@auth.required("read:filters")
@answers("FilterStatus", 404)
def status(filter_status_id: int) -> Response:
    """One status of the caller's filters. Raises NotFound."""
    with db.connection() as connection:
        return json_response(
            found(queries.filters.status(connection, viewer_id=auth.account_id(), filter_status_id=filter_status_id))
        )


@blueprint.delete("/statuses/<id:filter_status_id>")
@auth.required("write:filters")
@answers("Empty", 404)
def remove_status(filter_status_id: int) -> Response:
    """Remove a status from a filter. Raises NotFound."""
    with db.in_transaction() as connection:
        found(queries.filters.remove_status(connection, viewer_id=auth.account_id(), filter_status_id=filter_status_id))
    return json_response(b"{}")
