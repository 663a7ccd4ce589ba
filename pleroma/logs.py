"""What a process writes to standard error: one line an event and one a request, as text or JSON.

A request's line names its route and not its path, where tokens may stand, and of its query only what pages and
filters lists: nothing that a person or a client keeps secret gets into a log.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import sys
from time import gmtime, perf_counter, strftime, time_ns
from typing import Any
from wsgiref.types import WSGIEnvironment

from flask import Request, g, request

from pleroma.config import Config
from pleroma.db import timing
from pleroma.telemetry.request_counters import RequestCounters

_STANDARD_ERROR = 2
_OBSERVED = "pleroma.observed"
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


def now() -> str:
    """The time as lines begin with it: UTC, milliseconds."""
    seconds, fraction = divmod(time_ns() // 1_000_000, 1000)
    return f"{strftime('%Y-%m-%dT%H:%M:%S', gmtime(seconds))}.{fraction:03}Z"


def request_id() -> str:
    """The running request's id, "-" outside of one."""
    return request.environ[_OBSERVED][0] if request and _OBSERVED in request.environ else "-"


class Formatter(logging.Formatter):
    """Events in the form of the request lines."""

    def __init__(self, log_format: str) -> None:
        super().__init__()
        self._json = log_format == "json"

    def format(self, record: logging.LogRecord) -> str:
        """One line for an event; a traceback follows it in text and is inside it in JSON."""
        trace = self.formatException(record.exc_info) if record.exc_info and record.exc_info[1] else ""
        level, message = record.levelname.lower(), record.getMessage()
        if self._json:
            line = {"time": now(), "level": level, "id": request_id(), "logger": record.name, "message": message}
            return json.dumps(line | ({"traceback": trace} if trace else {}))
        return f"{now()} {level} {request_id()} {record.name}: {message}" + (f"\n{trace}" if trace else "")


def configure(config: Config) -> None:
    """Send this process's events to standard error, from LOG_LEVEL on, in LOG_FORMAT."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Formatter(config.log_format))
    logging.root.handlers[:] = [handler]
    logging.root.setLevel(config.log_level.upper())


class Observer:
    """Gives each request an id, counts it, and from LOG_LEVEL info on gives it a line."""

    def __init__(self, config: Config, counters: RequestCounters) -> None:
        self._counters = counters
        self._write = None
        if config.log_level in ("debug", "info"):
            self._write = _json_line if config.log_format == "json" else _text_line

    def begin(self, environ: WSGIEnvironment) -> None:
        """Give the request its id, and begin to measure it."""
        environ[_OBSERVED] = (os.urandom(8).hex(), perf_counter())
        timing.reset()

    def finish(self, environ: WSGIEnvironment, status: int) -> str:
        """Count the request and write its line, when its answer begins; returns the id."""
        identity, started = environ[_OBSERVED]
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
        f"{now()} info {identity} {asked.method} {route} {status}"
        f" account={_account(about) or '-'} ms={seconds * 1000:.1f}"
        f" statements={figures.statements} database_ms={figures.seconds * 1000:.1f}"
        f"{' query=' if query else ''}{query}\n"
    )


def _json_line(identity: str, about: Any, asked: Request, route: str, status: int, seconds: float) -> str:
    figures, account = timing.figures, _account(about)
    line = {
        "time": now(),
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
