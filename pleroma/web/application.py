"""The WSGI application: Flask with our requests, scopes and paths around the blueprints."""

from __future__ import annotations

import importlib
import itertools
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import psycopg
from flask import Blueprint, Flask, Request, g, request
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import BaseConverter, Map, Rule

from pleroma import db, errors, logs, settings
from pleroma.addresses import canonical
from pleroma.config import Config
from pleroma.remembered import Memory
from pleroma.telemetry.request_counters import RequestCounters
from pleroma.web import cross_origin, frontend
from pleroma.web.params import ApiRequest, as_identifier

_SUFFIX = re.compile(r"^/(?:api|oauth|nodeinfo)/.+\.json$")
# Below it, the suffix may belong to the name of a pack.
_PACKS = "/api/pleroma/emoji/packs/"
_VIEWS = {
    "pleroma.views": (
        "authorize", "files", "metrics", "nodeinfo", "oauth", "pages", "password_reset", "public_pages", "registration",
    ),
    "pleroma.views.pleroma": (
        "account_lifecycle", "accounts", "conversations", "emoji", "emoji_packs", "healthcheck", "imports",
        "notifications", "pictures", "registration", "scrobbles", "second_factor",
    ),
    "pleroma.views.mastodon": (
        "accounts", "apps", "domain_blocks", "filters", "instance", "interactions", "lists", "markers", "media",
        "notifications", "polls", "profiles", "relationships", "reports", "scheduled_statuses", "search", "statuses",
        "timelines",
    ),
    "pleroma.views.admin": (
        "accounts", "config", "emoji", "invites", "moderation_log", "permissions", "relays", "reports", "statuses",
        "users",
    ),
}  # fmt: skip


# What PostgreSQL does to one of several requests that wait for each other in a ring.
_ROLLED_BACK = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)
_REPEATS = 2


@dataclass(frozen=True)
class Site:
    """What the running application knows of itself: its settings, its base address, and what it has answered."""

    config: Config
    counters: RequestCounters
    memory: Memory = field(default_factory=Memory)

    @property
    def base_url(self) -> str:
        """The public address, without a slash at its end."""
        return self.config.base_url

    @property
    def base_address(self) -> bytes:
        """The same as bytes, for answers that PostgreSQL finished."""
        return self.config.base_url.encode()


class IdentifierConverter(BaseConverter):
    """An id in a path. What names nothing becomes 0, which no row has (docs/api/mastodon.md 2.1)."""

    regex = r"[^/]+"

    def to_python(self, value: str) -> int:
        """The id as a 64-bit integer."""
        return as_identifier(value) or 0


class Routes:
    """Finds the view of a request; where the same path was asked for before, without searching anew."""

    def __init__(self, url_map: Map) -> None:
        adapter = url_map.bind("localhost")
        self.find = lru_cache(512)(lambda path, method: adapter.match(path, method, return_rule=True))


class Route:
    """What Flask asks for the view of one request."""

    __slots__ = ("_request", "_routes")

    def __init__(self, routes: Routes, request: Request) -> None:
        self._routes, self._request = routes, request

    def match(self, return_rule: bool) -> tuple[Rule, dict[str, Any]]:
        """The rule and the view's arguments. Raises NotFound and MethodNotAllowed of Werkzeug."""
        rule, arguments = self._routes.find(self._request.path, self._request.method)
        return rule, dict(arguments)


class Application(Flask):
    """Flask with one database scope around each request and without redirects of its own."""

    request_class = ApiRequest

    @cached_property
    def routes(self) -> Routes:
        """The routes, once all are there."""
        return Routes(self.url_map)

    def create_url_adapter(self, request: Request | None) -> Any:
        """The route of a request. Nothing asks for addresses of views, which need Werkzeug's own adapter."""
        return Route(self.routes, request) if request is not None else None

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The view as it is: none is a coroutine, and finding that out at each call costs more than calling it."""
        return func

    def dispatch_request(self) -> Any:
        """Run the view in one scope: its transaction is committed when the view has returned.

        Run it again when that failed and nothing was stored: PostgreSQL ended a deadlock by rolling this request back,
        or the connection turned out to be cut, which all of the pool may be.
        """
        for attempt in itertools.count():
            try:
                return self._dispatch_once()
            except psycopg.Error as error:
                if attempt >= getattr(error, "repeats", 0):
                    raise
            _rewind()

    def _dispatch_once(self) -> Any:
        with db.scope() as scope:
            try:
                response = super().dispatch_request()
                if request.method == "HEAD":
                    # Programs that look at links follow them so: what a GET would have done is not done.
                    scope.undo()
                return response
            except psycopg.Error as error:
                # No commit was sent yet, so all of the transaction is taken back.
                repeats = db.pool().max_size if scope.cut else _REPEATS if isinstance(error, _ROLLED_BACK) else 0
                error.repeats = repeats  # type: ignore[attr-defined]
                raise


def _rewind() -> None:
    """Make the request ready to be run again: its files are read from their start, its limits count it once."""
    g.repeated = True
    for file in request.files.values():
        file.stream.seek(0)


class Paths:
    """Accepts all spellings: doubled and trailing slashes, a .json suffix (docs/api/pleroma.md 1.1)."""

    def __init__(self, application: Callable[..., Iterable[bytes]]) -> None:
        self._application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if "//" in path:
            path = re.sub("/{2,}", "/", path)
        if len(path) > 1 and path.endswith("/") and not path.startswith("/pleroma/admin"):
            path = path.rstrip("/") or "/"
        if path.endswith(".json") and _SUFFIX.match(path) and not path.startswith(_PACKS):
            path = path[: -len(".json")]
        environ["PATH_INFO"] = path
        return self._application(environ, start_response)


class Answers:
    """Adds what the head of every answer holds. Here it costs a tenth of what hooks of Flask do."""

    def __init__(self, application: Callable[..., Iterable[bytes]], observer: logs.Observer) -> None:
        self._application = application
        self._observer = observer

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        observer = self._observer

        def _start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            cross_origin.finish(environ["PATH_INFO"], headers)
            headers.append(("X-Request-Id", observer.finish(environ, int(status[:3]))))
            return start_response(status, headers, exc_info)

        observer.begin(environ)
        return self._application(environ, _start)


def _behind_trusted_proxies(
    application: Callable[..., Iterable[bytes]], config: Config
) -> Callable[..., Iterable[bytes]]:
    fixed = ProxyFix(application, x_for=1, x_proto=0, x_host=0, x_port=0, x_prefix=0)
    trusted = set(config.trusted_proxies)

    def _choose(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        peer = environ.get("REMOTE_ADDR") or ""
        # A socket that listens on :: names IPv4 clients in IPv6 form.
        if peer.startswith("::ffff:"):
            peer = environ["REMOTE_ADDR"] = canonical(peer)
        # A Unix socket has no peer address.
        if "HTTP_X_FORWARDED_FOR" in environ and (not peer or peer in trusted):
            return fixed(environ, start_response)
        return application(environ, start_response)

    return _choose


def blueprints() -> list[Blueprint]:
    """The blueprint of every area, in the order of _VIEWS."""
    modules = [f"{package}.{name}" for package, names in _VIEWS.items() for name in names]
    return [importlib.import_module(module).blueprint for module in modules]


def build(config: Config) -> Flask:
    """The application for a configuration. The pool must be open before the first request."""
    app = Application("pleroma", static_folder=None)
    site = app.extensions["pleroma"] = Site(config, RequestCounters())
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_FORM_MEMORY_SIZE"] = settings.largest_body(config)
    app.config["MAX_FORM_PARTS"] = 1000
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    app.url_map.converters["id"] = IdentifierConverter
    errors.register(app)
    for blueprint in blueprints():
        app.register_blueprint(blueprint)
    frontend.install(app, config)
    answers = Answers(app.wsgi_app, logs.Observer(config, site.counters))
    app.wsgi_app = Paths(_behind_trusted_proxies(answers, config))  # type: ignore[method-assign]
    return app
