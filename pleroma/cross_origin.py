"""Headers for clients that run on other origins (Mastodon page 12.7 and 12.9)."""

from __future__ import annotations

from flask import Response, g

_OPEN = ("/api", "/oauth/token", "/oauth/revoke", "/nodeinfo", "/.well-known", "/media", "/emoji", "/images")
_EXPOSED = (
    "Link, X-RateLimit-Reset, X-RateLimit-Limit, X-RateLimit-Remaining, X-Request-Id, Idempotency-Key, "
    "Idempotent-Replayed"
)
_CORS = [("Access-Control-Allow-Origin", "*"), ("Access-Control-Expose-Headers", _EXPOSED)]


def finish(path: str, headers: list[tuple[str, str]]) -> None:
    """Add the headers that every answer carries: CORS, caching, the rate limit that was counted."""
    if path.startswith(_OPEN):
        headers += _CORS
    if path.startswith(("/api", "/oauth")) and not any(name == "Cache-Control" for name, _ in headers):
        headers.append(("Cache-Control", "private, no-store"))
    headers += g.get("rate_limit_headers", {}).items()


def preflight() -> Response:
    """The answer to OPTIONS, logged out."""
    response = Response(status=204)
    del response.headers["Content-Type"]
    response.headers["Access-Control-Allow-Methods"] = "POST, PUT, DELETE, GET, PATCH, OPTIONS"
    response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type, Idempotency-Key"
    response.headers["Access-Control-Max-Age"] = "86400"
    return response
