"""Pages of lists: their bounds, and the Link header that leads on (docs/api/pleroma.md 1.5; RFC 8288)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypedDict
from urllib.parse import quote, urlencode

from flask import Response, request
from psycopg import Connection

from pleroma.web import params
from pleroma.web.responses import json_response
from pleroma.web.state import server_state

DEFAULT_LIMIT = 20
MAXIMUM_LIMIT = 80
_PATH_CHARACTERS = "/@:!$&'()*+,;=~-._"


class Window(TypedDict):
    """The bounds of a page as every list statement takes them; absent ones are 0 and 2^63-1."""

    max_id: int
    since_id: int
    min_id: int
    limit: int


def limit(default: int = DEFAULT_LIMIT, maximum: int = MAXIMUM_LIMIT) -> int:
    """The asked page size; zero, negative and garbage count as absent, more than `maximum` is cut."""
    asked = params.integer("limit", default)
    return min(asked, maximum) if asked > 0 else default


def window(default: int = DEFAULT_LIMIT, maximum: int = MAXIMUM_LIMIT) -> Window:
    """The bounds of the asked page."""
    return {
        "max_id": params.identifier("max_id") or params.MAXIMUM_ID,
        "since_id": params.identifier("since_id") or 0,
        "min_id": params.identifier("min_id") or 0,
        "limit": limit(default, maximum),
    }


def page(
    downwards: Callable[..., Any], upwards: Callable[..., Any], connection: Connection, window: Window, **asked: Any
) -> Any:
    """The page of a list that has two statements: one from the newest on downwards, one from min_id on upwards.

    They are two, because PostgreSQL prepares for running every part of a statement, also the one it skips.
    """
    bounds = {"max_id": window["max_id"], "limit": window["limit"]}
    if window["min_id"] > 0:
        return upwards(connection, min_id=window["min_id"], **bounds, **asked)
    return downwards(connection, since_id=window["since_id"], **bounds, **asked)


def _address() -> str:
    """The address of this list, up to the bound of a page."""
    # The path is quoted because gunicorn refuses headers that do not fit Latin-1.
    address = f"{server_state().base_url}{quote(request.path, safe=_PATH_CHARACTERS)}?"
    if not request.query_string:
        return address
    kept = [
        (name, item)
        for name, values in request.args.lists()
        if name not in ("max_id", "since_id", "min_id", "access_token")
        for item in values
    ]
    return f"{address}{urlencode(kept)}&" if kept else address


def page_response(page: tuple[bytes, bytes | None, bytes | None]) -> Response:
    """A page as (JSON array, newest id, oldest id): the array, and a Link header unless it is empty."""
    body, newest, oldest = page
    response = json_response(body)
    if newest is not None and oldest is not None:
        address = _address()
        response.headers["Link"] = (
            f'<{address}max_id={oldest.decode()}>; rel="next", <{address}min_id={newest.decode()}>; rel="prev"'
        )
    return response
