"""Idempotency-Key: a repeated request replays its first answer (docs/api/pleroma.md 1.6, docs/api/mastodon.md 4.15).

The key's row is the first insert of the request's transaction; a second request with the key waits for it,
and key and answer are committed together with the effects of the request.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from flask import Response, g, make_response, request

from pleroma import db
from pleroma.db import queries
from pleroma.web.responses import JSON_TYPE, no_content

_METHODS = ("POST", "PUT", "PATCH")
_MAXIMUM_LENGTH = 500


def unless(stores_nothing: Callable[[], bool]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A view that claims no key where this says that the request stores nothing. Stands below `auth`."""

    def _decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        view.stores_nothing = stores_nothing  # type: ignore[attr-defined]
        return view

    return _decorate


def after(prepare: Callable[[], None]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A view for which this is done first, outside of any transaction. Stands below `auth`."""

    def _decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        view.prepare = prepare  # type: ignore[attr-defined]
        return view

    return _decorate


def forget_key() -> None:
    """Keep no answer to this request, although it is a 200: it stored nothing, and may come again with this key."""
    g.forget_key = True


def _digest(key: str) -> str:
    # As long as a path may be, what it stands for would not fit an index.
    return hashlib.sha256(f"{request.method} {request.path} {key}".encode("utf-8", "replace")).hexdigest()


def replayed(view: Callable[..., Any]) -> Callable[..., Any]:
    """The view, run at most once per key and account."""

    stores_nothing: Callable[[], bool] = getattr(view, "stores_nothing", lambda: False)
    prepare: Callable[[], None] = getattr(view, "prepare", lambda: None)

    @wraps(view)
    def _once(*arguments: Any, **values: Any) -> Any:
        prepare()
        key = request.headers.get("Idempotency-Key", "")[:_MAXIMUM_LENGTH]
        caller = g.get("caller")
        if not key or request.method not in _METHODS or caller is None or not caller.account_id or stores_nothing():
            return view(*arguments, **values)
        with db.in_transaction(goes_on=True) as connection:
            owner = {"account_id": caller.account_id, "key": _digest(key)}
            if queries.idempotency.claim(connection, **owner) is None:
                return _replay(queries.idempotency.answer(connection, **owner))
            response = make_response(view(*arguments, **values))
            if response.status_code >= 300 or "forget_key" in g:
                queries.idempotency.release(connection, **owner)
            else:
                queries.idempotency.store(
                    connection, **owner, status_code=response.status_code, body=response.get_data()
                )
        return response

    return _once


def _replay(answer: Any) -> Response:
    if answer.status_code == HTTPStatus.NO_CONTENT:
        response = no_content()
    else:
        response = Response(answer.body, status=answer.status_code, content_type=JSON_TYPE)
    response.headers["Idempotent-Replayed"] = "true"
    return response
