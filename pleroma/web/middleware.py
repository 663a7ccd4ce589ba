"""What every request passes before Flask: spellings of paths, trusted proxies, headers and the log."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

from werkzeug.middleware.proxy_fix import ProxyFix

from pleroma.addresses import canonical
from pleroma.config import Config
from pleroma.web import cross_origin
from pleroma.web.request_log import RequestLog

# The document of the API has it in its name.
_SUFFIX = re.compile(r"^/(?:api|oauth|nodeinfo)/(?!openapi\.json$).+\.json$")
# Below it, the suffix may belong to the name of a pack.
_PACKS = "/api/pleroma/emoji/packs/"


class PathSpellings:
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


class ResponseHeaders:
    """Adds the headers of every response. Here that costs a tenth of what hooks of Flask do."""

    def __init__(self, application: Callable[..., Iterable[bytes]], request_log: RequestLog) -> None:
        self._application = application
        self._request_log = request_log

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request_log = self._request_log

        def _start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            cross_origin.finish(environ["PATH_INFO"], headers)
            headers.append(("X-Request-Id", request_log.finish(environ, int(status[:3]))))
            return start_response(status, headers, exc_info)

        request_log.begin(environ)
        return self._application(environ, _start)


def behind_trusted_proxies(
    application: Callable[..., Iterable[bytes]], config: Config
) -> Callable[..., Iterable[bytes]]:
    """An application that believes X-Forwarded-For of trusted peers alone."""
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
