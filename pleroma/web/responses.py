"""Responses: JSON that PostgreSQL finished, small ones that Python builds, errors, and nothing at all."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

from flask import Response

from pleroma.errors import ApiError, found
from pleroma.web.state import server_state

JSON_TYPE = "application/json; charset=utf-8"


class JsonResponse(Response):
    """An answer of finished bytes, sent without what Werkzeug does for others: ranges, conditions, locations."""

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        # The length came with the bytes.
        start_response(self.status, [*self.headers])
        return (self.get_data(),) if environ["REQUEST_METHOD"] != "HEAD" else ()


def json_response(body: bytes | None, status: int = 200) -> Response:
    """JSON that PostgreSQL finished, with the base address instead of U+0001.

    Raises NotFound for None: what was changed is gone, or its author deactivated, by the time of the answer.
    """
    base = server_state().base_address
    return JsonResponse(found(body).replace(b"\x01", base), status, content_type=JSON_TYPE)


def as_json(value: Any, status: int = 200) -> Response:
    """A small answer that Python builds, as JSON."""
    return json_response(json.dumps(value, ensure_ascii=False).encode(), status)


def no_content() -> Response:
    """204 with an empty body and no type."""
    response = Response(status=204)
    del response.headers["Content-Type"]
    return response


def error_response(error: ApiError) -> Response:
    """An error as JSON."""
    body = json.dumps({"error": error.message, **error.extra}, ensure_ascii=False)
    response = Response(body, status=error.status, content_type=JSON_TYPE)
    response.headers.update(error.headers)
    return response
