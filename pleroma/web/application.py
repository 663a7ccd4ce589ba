"""The WSGI application: Flask with our requests, scopes and paths around the blueprints."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from typing import Any, cast

import psycopg
from flask import Blueprint, Flask, g, request
from werkzeug.exceptions import RequestURITooLarge
from werkzeug.routing import BaseConverter, Rule

from pleroma import db
from pleroma.config import Config
from pleroma.telemetry.request_counters import RequestCounters
from pleroma.telemetry.stream_figures import StreamFigures
from pleroma.web import error_handlers, frontend, middleware, state
from pleroma.web.params import as_identifier
from pleroma.web.request_body import LONGEST_ADDRESS, ApiRequest
from pleroma.web.request_log import RequestLog
from pleroma.web.state import ServerState

# What PostgreSQL does to one of several requests that wait for each other in a ring.
_ROLLED_BACK = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)
_REPEATS = 2


class IdentifierConverter(BaseConverter):
    """An id in a path. What names nothing becomes 0, which no row has (docs/api/mastodon.md 2.1)."""

    regex = r"[^/]+"
    # Werkzeug takes the "/" in there for one that a value may hold, and would try such routes one after the other.
    part_isolating = True

    def to_python(self, value: str) -> int:
        """The id as a 64-bit integer."""
        return as_identifier(value) or 0


class Route(Rule):
    """A route that gets its part of `url_for` when somebody asks: made for each route, that was most of a start."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        whole = super()._compile_builder

        def build(route: Rule, **values: Any) -> tuple[str, str]:
            """Host and path of an address with these values."""
            return whole(append_unknown)(route, **values)

        return build


class Application(Flask):
    """Flask with one database scope around each request and without redirects of its own."""

    request_class = ApiRequest
    url_rule_class = Route

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The view as it is: none is a coroutine, and finding that out at each call costs more than calling it."""
        return func

    def dispatch_request(self) -> Any:
        """Run the view in one scope: its transaction is committed when the view has returned.

        Run it again when that failed and nothing was stored: PostgreSQL ended a deadlock by rolling this request back,
        or the connection turned out to be cut, which all of the pool may be.
        """
        if len(request.path) + len(request.query_string) > LONGEST_ADDRESS:
            raise RequestURITooLarge
        for attempt in itertools.count():
            try:
                return self._dispatch_once()
            except db.AssumptionFailed:
                for name in ("caller", "forbidden"):
                    g.pop(name, None)
                g.assumes_nothing = True
            except psycopg.Error as error:
                if attempt >= getattr(error, "repeats", 0):
                    raise
            _rewind()

    def _dispatch_once(self) -> Any:
        with db.scope() as scope:
            try:
                response = self._respond(scope)
                if request.method == "HEAD":
                    # Programs that look at links follow them so: what a GET would have done is not done.
                    scope.undo()
                return response
            except psycopg.Error as error:
                # Unless a commit was sent, all of the transaction is taken back.
                repeats = 0 if scope.may_be_stored else db.pool().max_size
                repeats = repeats if scope.cut else _REPEATS if isinstance(error, _ROLLED_BACK) else 0
                error.repeats = repeats  # type: ignore[attr-defined]
                raise

    def _respond(self, scope: Any) -> Any:
        """What the view gives, and no error either, before it is known whether the caller is who was assumed."""
        try:
            response = super().dispatch_request()
        except (psycopg.Error, db.AssumptionFailed):
            raise
        except Exception:
            scope.confirm()
            raise
        scope.confirm()
        return response


def _rewind() -> None:
    """Make the request ready to be run again: its files are read from their start, its limits count it once."""
    g.repeated = True
    for file in cast(ApiRequest, request).sent_files:
        file.stream.seek(0)


def build(
    config: Config,
    blueprints: Iterable[Blueprint],
    counters: RequestCounters | None = None,
    streams: StreamFigures | None = None,
) -> Flask:
    """The application for a configuration. The pool must be open before the first request."""
    app = Application("pleroma", static_folder=None)
    counters = counters or RequestCounters()
    state.keep(app.extensions, ServerState(config, counters, streams))
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    app.url_map.converters["id"] = IdentifierConverter
    error_handlers.register(app)
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
    frontend.install(app, config)
    headers = middleware.ResponseHeaders(app.wsgi_app, RequestLog(config, counters))
    trusting = middleware.behind_trusted_proxies(headers, config)
    app.wsgi_app = middleware.PathSpellings(trusting)  # type: ignore[method-assign]
    return app
