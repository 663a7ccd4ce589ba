"""What a request for a stream asks for, and the answers that are no stream.

The head is read by the core of `websockets`, which does no input and output of its own. Rules: docs/api/mastodon.md
10.7.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from websockets.exceptions import InvalidHandshake
from websockets.headers import parse_connection, parse_subprotocol, parse_upgrade
from websockets.http11 import Request

from pleroma.errors import ApiError
from pleroma.streaming import streams
from pleroma.streaming.streams import Stream

ROOT = "/api/v1/streaming"
_LONGEST_QUERY = 4000
_PHRASES = {
    200: "OK", 400: "Bad Request", 403: "Forbidden", 404: "Not Found", 426: "Upgrade Required",
    429: "Too Many Requests", 503: "Service Unavailable",
}  # fmt: skip
_FIXED = (("Access-Control-Allow-Origin", "*"), ("Cache-Control", "private, no-store"), ("Connection", "close"))
EVENTS_HEAD = (
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: private, no-store\r\n"
    "X-Accel-Buffering: no\r\nAccess-Control-Allow-Origin: *\r\nConnection: close\r\n"
    "X-Request-Id: {identity}\r\n\r\n:)\n"
)


class Asked(NamedTuple):
    """A request: its route, whether it is for a WebSocket or for the health, its token, and where it came from."""

    route: str
    query: dict[str, str]
    is_web_socket: bool
    is_health: bool
    token: str | None
    echoed: str | None
    forwarded: str | None

    def stream(self) -> Stream | None:
        """The stream to begin with; a WebSocket may begin with none. Raises UnknownStream, ApiError."""
        below = self.route.removeprefix(ROOT).strip("/")
        if self.is_web_socket:
            return streams.named(self.query["stream"], self.query) if self.query.get("stream") else None
        stream = streams.of_path(below, self.query)
        if stream is None:
            raise ApiError("This is a stream: name one, or ask for a WebSocket", 400)
        return stream


def read(request: Request) -> Asked:
    """What a request asks for."""
    target, _, text = request.path[:_LONGEST_QUERY].partition("?")
    route = "/" + "/".join(part for part in target.split("/") if part)
    query = dict(parse_qsl(text, keep_blank_values=True, max_num_fields=100))
    headers = request.headers
    token, echoed = _token(headers, query)
    return Asked(
        route,
        query,
        route == ROOT and _asks_for_web_socket(headers),
        route == f"{ROOT}/health",
        token,
        echoed,
        _last(headers.get_all("X-Forwarded-For")),
    )


def shown_route(route: str) -> str:
    """A route as the log names it: what anybody may have written in its place is not there."""
    below = route.removeprefix(ROOT).strip("/")
    return route if below in ("", "health") or below in streams.PATHS else f"{ROOT}/<stream>"


def plain(status: int, body: bytes, kind: str, headers: Mapping[str, str]) -> bytes:
    """A whole answer, after which the connection ends."""
    lines = [f"HTTP/1.1 {status} {_PHRASES.get(status, 'Error')}", f"Content-Type: {kind}"]
    lines += [f"{name}: {value}" for name, value in (*_FIXED, *headers.items())]
    lines += [f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode("latin-1", "replace") + body


def _asks_for_web_socket(headers: Any) -> bool:
    try:
        connection = [value.lower() for part in headers.get_all("Connection") for value in parse_connection(part)]
        upgrade = [value.lower() for part in headers.get_all("Upgrade") for value in parse_upgrade(part)]
    except InvalidHandshake:
        return False
    return "upgrade" in connection and "websocket" in upgrade


def _token(headers: Any, query: Mapping[str, str]) -> tuple[str | None, str | None]:
    """The token of a request, and what of the offered subprotocols is to be echoed for it."""
    try:
        offered = [str(name) for part in headers.get_all("Sec-WebSocket-Protocol") for name in parse_subprotocol(part)]
    except InvalidHandshake:
        offered = []
    if offered:
        # The token is the longest: names of protocols are short.
        token = max(offered, key=len)
        return token, token
    kind, _, rest = _first(headers.get_all("Authorization")).partition(" ")
    if kind.lower() == "bearer" and rest.strip():
        return rest.strip(), None
    return query.get("access_token") or None, None


def _first(values: list[str]) -> str:
    return values[0] if values else ""


def _last(values: list[str]) -> str | None:
    return values[-1].rpartition(",")[2].strip() if values else None
