"""Stored files as answers, from a disk or a bucket: with ranges and conditions, and the same headers either way."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from flask import Response, request, send_file
from werkzeug.exceptions import NotFound

from pleroma.media import Found

# A request with one of these may need no content, or a part of it.
_CONDITIONS = ("Range", "If-None-Match", "If-Modified-Since", "If-Match", "If-Unmodified-Since")


def stored_file(look: Callable[..., Found], **options: Any) -> Response:
    """A file that `look` finds; the options are those of Flask's `send_file`. Raises NotFound, media.StorageAway."""
    plain = request.method == "GET" and not any(condition in request.headers for condition in _CONDITIONS)
    try:
        found = look(content=plain)
    except FileNotFoundError:
        raise NotFound from None
    if found.path is not None:
        return send_file(found.path, **options)
    return _from_bucket(found, **options)


def _from_bucket(found: Found, **options: Any) -> Response:
    # Flask makes the headers; the content takes its place.
    response = send_file(io.BytesIO(), conditional=False, etag=False, last_modified=found.modified, **options)
    response.set_etag(found.e_tag)
    response.content_length = found.size
    response.make_conditional(request.environ, accept_ranges=True, complete_length=found.size)
    if response.status_code in (200, 206):
        part = response.content_range if response.status_code == 206 else None
        start, stop = (part.start, part.stop) if part else (0, found.size)
        response.response = found.pieces(start or 0, found.size if stop is None else stop)
    return response
