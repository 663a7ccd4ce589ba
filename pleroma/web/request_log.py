"""One line for each request, and what is counted of it.

A line names the route and not the path, where tokens may stand, and of the query only what pages and filters lists:
nothing that a person or a client keeps secret gets into a log.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from time import perf_counter
from typing import Any
from wsgiref.types import WSGIEnvironment

from flask import Request, g, request

from pleroma import logs
from pleroma.config import Config
from pleroma.db import timing
from pleroma.telemetry.request_counters import RequestCounters

_STANDARD_ERROR = 2
_BEGUN = "pleroma.begun"
_HARMLESS = re.compile(
    r"(?:^|(?<=&))(?:max_id|min_id|since_id|limit|offset|page|page_size|local|remote|only_media|with_muted|pinned"
    r"|exclude_replies|exclude_reblogs|types\[\]|exclude_types\[\]|resolve|type)=[A-Za-z0-9_.%:-]{0,64}(?=&|$)"
)
_CONTROL = re.compile(r"[\x00-\x20\x7f]")
# The route that takes any path: when nothing is there, the path says more.
_CATCH_ALL = "/<path:name>"
# What all those paths are counted as.
_NO_ROUTE = "unknown"
_NOT_FOUND = 404


class RequestLog:
    """Gives each request an id, counts it, and from LOG_LEVEL info on gives it a line."""

    def __init__(self, config: Config, counters: RequestCounters) -> None:
        self._counters = counters
        self._write = None
        if config.log_level in ("debug", "info"):
            self._write = _json_line if config.log_format == "json" else _text_line

    def begin(self, environ: WSGIEnvironment) -> None:
        """Give the request its id, and begin to measure it."""
        identity = os.urandom(8).hex()
        environ[_BEGUN] = (identity, perf_counter())
        logs.request_id.set(identity)
        timing.reset()

    def finish(self, environ: WSGIEnvironment, status: int) -> str:
        """Count the request and write its line, when its answer begins; returns the id."""
        identity, started = environ[_BEGUN]
        # A proxy looks its object up at each use: here that would be most of the time.
        about, asked = g._get_current_object(), request._get_current_object()  # type: ignore[attr-defined]
        figures, seconds = timing.figures, perf_counter() - started
        route = _route(asked, status)
        self._counters.add(asked.method, route or _NO_ROUTE, status, seconds, figures.statements, figures.seconds)
        if self._write is not None:
            shown = route or _CONTROL.sub("?", asked.path[:200])
            line = self._write(identity, about, asked, shown, status, seconds)
            with contextlib.suppress(OSError):
                os.write(_STANDARD_ERROR, line.encode("ascii", "backslashreplace"))
        return identity


def _account(about: Any) -> int | None:
    caller = about.get("caller")
    return caller.account_id if caller else None


def _route(asked: Request, status: int) -> str | None:
    """The rule that was matched, None when nothing is there."""
    rule = asked.url_rule
    return None if rule is None or (status == _NOT_FOUND and rule.rule == _CATCH_ALL) else rule.rule


def _query(asked: Request) -> str:
    text = asked.environ.get("QUERY_STRING")
    return "&".join(_HARMLESS.findall(text)) if text else ""


def _text_line(identity: str, about: Any, asked: Request, route: str, status: int, seconds: float) -> str:
    figures, query = timing.figures, _query(asked)
    return (
        f"{logs.now()} info {identity} {asked.method} {route} {status}"
        f" account={_account(about) or '-'} ms={seconds * 1000:.1f}"
        f" statements={figures.statements} database_ms={figures.seconds * 1000:.1f}"
        f"{' query=' if query else ''}{query}\n"
    )


def _json_line(identity: str, about: Any, asked: Request, route: str, status: int, seconds: float) -> str:
    figures, account = timing.figures, _account(about)
    line = {
        "time": logs.now(),
        "level": "info",
        "id": identity,
        "method": asked.method,
        "route": route,
        "status": status,
        "account": str(account) if account else None,
        "ms": round(seconds * 1000, 1),
        "statements": figures.statements,
        "database_ms": round(figures.seconds * 1000, 1),
        "query": _query(asked),
    }
    return json.dumps(line) + "\n"
