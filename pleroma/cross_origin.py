"""Headers for clients that run on other origins (Mastodon page 12.7 and 12.9)."""

from __future__ import annotations

from flask import Response, g, request

_OPEN = ("/api", "/oauth/token", "/oauth/revoke", "/nodeinfo", "/.well-known", "/media", "/emoji", "/images")
_EXPOSED = (
    "Link, X-RateLimit-Reset, X-RateLimit-Limit, X-RateLimit-Remaining, X-Request-Id, Idempotency-Key, "
    "Idempotent-Replayed"
)


def finish(response: Response) -> Response:
    """Write the headers that every answer carries: CORS, caching, the rate limit that was counted."""
    headers = response.headers
    if request.path.startswith(_OPEN):
        headers["Access-Control-Allow-Origin"] = "*"
        headers["Access-Control-Expose-Headers"] = _EXPOSED
    if "Cache-Control" not in headers and request.path.startswith(("/api", "/oauth")):
        headers["Cache-Control"] = "private, no-store"
    for name, value in g.get("rate_limit_headers", {}).items():
        headers[name] = value
    return response


def preflight() -> Response:
    """The answer to OPTIONS, logged out."""
    response = Response(status=204)
    del response.headers["Content-Type"]
    response.headers["Access-Control-Allow-Methods"] = "POST, PUT, DELETE, GET, PATCH, OPTIONS"
    response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type, Idempotency-Key"
    response.headers["Access-Control-Max-Age"] = "86400"
    return response
