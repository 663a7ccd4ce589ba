"""Pages of lists: their bounds, and the Link header that leads on (docs/api/pleroma.md 1.5; RFC 8288)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, TypedDict
from urllib.parse import quote, urlencode
from wsgiref.types import StartResponse, WSGIEnvironment

from flask import Response, current_app, request
from psycopg import Connection

from pleroma.errors import JSON_TYPE, found
from pleroma.web import params

DEFAULT_LIMIT = 20
MAXIMUM_LIMIT = 80
_PATH_CHARACTERS = "/@:!$&'()*+,;=~-._"


class JsonResponse(Response):
    """An answer of finished bytes, sent without what Werkzeug does for others: ranges, conditions, locations."""

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        # The length came with the bytes.
        start_response(self.status, [*self.headers])
        return (self.get_data(),) if environ["REQUEST_METHOD"] != "HEAD" else ()


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


def page(area: Any, name: str, connection: Connection, **asked: Any) -> Any:
    """The page that a list statement gives: by `name`, or from min_id on upwards by `name_after`.

    They are two, because PostgreSQL prepares for running every part of a statement, also the one it skips.
    """
    upwards = asked["min_id"] > 0
    asked.pop("since_id" if upwards else "min_id")
    return getattr(area, f"{name}_after" if upwards else name)(connection, **asked)


def _address() -> str:
    """The address of this list, up to the bound of a page."""
    # The path is quoted because gunicorn refuses headers that do not fit Latin-1.
    address = f"{current_app.extensions['pleroma'].base_url}{quote(request.path, safe=_PATH_CHARACTERS)}?"
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


def json_response(body: bytes | None, status: int = 200) -> Response:
    """JSON that PostgreSQL finished, with the base address in the place of U+0001.

    Raises NotFound for None: what was changed is gone, or its author deactivated, by the time of the answer.
    """
    base = current_app.extensions["pleroma"].base_address
    return JsonResponse(found(body).replace(b"\x01", base), status, content_type=JSON_TYPE)


def as_json(value: Any, status: int = 200) -> Response:
    """A small answer that Python builds, as JSON."""
    return json_response(json.dumps(value, ensure_ascii=False).encode(), status)


def no_content() -> Response:
    """204 with an empty body and no type."""
    response = Response(status=204)
    del response.headers["Content-Type"]
    return response
