"""Answers that are sent again for as long as nothing was written to the database.

The text of a snapshot names the transactions that it sees. While it stays the same, a statement finds what it found
before, so the answer is remembered with it; a write of any process, of whatever kind, makes it another. An answer
may be newer than the snapshot it is remembered with, never older: the snapshot is taken first.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from time import monotonic
from typing import Any

from flask import Response, current_app, g, request

from pleroma import db
from pleroma.db import queries
from pleroma.web.paging import JsonResponse

# What depends on the clock (a mute that ends, a poll that closes) is this late at most.
_SECONDS = 5.0
_BYTES = 1_000_000
_NOTHING = (0.0, None)


class Answers:
    """What was answered of one snapshot: by path and query, and then by account (0: nobody)."""

    def __init__(self, snapshot: str) -> None:
        self.snapshot = snapshot
        self._kept: dict[tuple[str, bytes], dict[int, tuple[float, JsonResponse]]] = {}
        self._room = _BYTES

    def __contains__(self, asked: tuple[str, bytes]) -> bool:
        return asked in self._kept

    def find(self, asked: tuple[str, bytes], account_id: int) -> JsonResponse | None:
        """The answer to path and query for an account, unless it is too old."""
        until, answer = self._kept.get(asked, {}).get(account_id, _NOTHING)
        return answer if monotonic() < until else None

    def keep(self, asked: tuple[str, bytes], account_id: int, answer: JsonResponse) -> None:
        """Remember an answer; when there is no room left, forget all others."""
        size = len(answer.get_data())
        if size > _BYTES:
            return
        _, older = self._kept.get(asked, {}).get(account_id, _NOTHING)
        if older is not None:
            self._room += len(older.get_data())
        if size > self._room:
            self._kept, self._room = {}, _BYTES
        self._room -= size
        self._kept.setdefault(asked, {})[account_id] = (monotonic() + _SECONDS, answer)


class Memory:
    """The answers of one process, all of the same snapshot: those of another one are forgotten."""

    def __init__(self) -> None:
        self.answers = Answers("")

    def of(self, snapshot: str) -> Answers:
        """The answers of a snapshot. Threads that come with different ones get different answers."""
        answers = self.answers
        if answers.snapshot != snapshot:
            answers = self.answers = Answers(snapshot)
        return answers


def memory() -> Memory:
    """What this process remembers."""
    return current_app.extensions["pleroma"].memory


def asked() -> tuple[str, bytes]:
    """Path and query of the request."""
    return request.path, request.query_string


def remembered(view: Callable[..., Response]) -> Callable[..., Response]:
    """A view whose answer depends on the database, the caller, path and query alone. Stands below `auth`."""

    @wraps(view)
    def _view(*arguments: Any, **values: Any) -> Response:
        caller = g.get("caller")
        snapshot = _snapshot() if caller is None else caller.snapshot
        if snapshot is None or request.method != "GET" or _has_body():
            return view(*arguments, **values)
        answers, account_id, what = memory().of(snapshot), caller.account_id if caller else 0, asked()
        answer = answers.find(what, account_id)
        if answer is not None:
            return answer
        response = view(*arguments, **values)
        if isinstance(response, JsonResponse) and response.status_code == 200:
            answers.keep(what, account_id, response)
        return response

    return _view


def _has_body() -> bool:
    """Whether parameters may stand where path and query do not show them."""
    return bool(request.content_length) or "HTTP_TRANSFER_ENCODING" in request.environ


def _snapshot() -> str:
    with db.read() as connection:
        return queries.authentication.snapshot(connection).decode()
