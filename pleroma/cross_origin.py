"""Headers for clients that run on other origins (Mastodon page 12.7 and 12.9)."""

from __future__ import annotations

from flask import Response, g, request

_OPEN = ("/api", "/oauth/token", "/oauth/revoke", "/nodeinfo", "/.well-known", "/media", "/emoji", "/images")
_EXPOSED = (
    "Link, X-RateLimit-Reset, X-RateLimit-Limit, X-RateLimit-Remaining, X-Request-Id, Idempotency-Key, "
    "Idempotent-Replayed"
)
_CORS = [("Access-Control-Allow-Origin", "*"), ("Access-Control-Expose-Headers", _EXPOSED)]


def finish(response: Response) -> Response:
    """Write the headers that every answer carries: CORS, caching, the rate limit that was counted."""
    headers = response.headers
    path = request.path
    if path.startswith(_OPEN):
        headers.extend(_CORS)
    if path.startswith(("/api", "/oauth")) and "Cache-Control" not in headers:
        headers.add("Cache-Control", "private, no-store")
    counted = g.get("rate_limit_headers")
    if counted:
        headers.update(counted)
    return response


def preflight() -> Response:
    """The answer to OPTIONS, logged out."""
    response = Response(status=204)
    del response.headers["Content-Type"]
    response.headers["Access-Control-Allow-Methods"] = "POST, PUT, DELETE, GET, PATCH, OPTIONS"
    response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type, Idempotency-Key"
    response.headers["Access-Control-Max-Age"] = "86400"
    return response
