"""Other origins: the headers for clients that run there, and what their pages may not do to people here."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Response, g, request

from pleroma.web.state import configured

_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_OPEN = (
    "/api", "/oauth/token", "/oauth/revoke", "/oauth/mfa", "/nodeinfo", "/.well-known", "/media", "/emoji", "/images",
)  # fmt: skip
_EXPOSED = (
    "Link, X-RateLimit-Reset, X-RateLimit-Limit, X-RateLimit-Remaining, X-Request-Id, Idempotency-Key, "
    "Idempotent-Replayed"
)
_CORS = [("Access-Control-Allow-Origin", "*"), ("Access-Control-Expose-Headers", _EXPOSED)]


def from_elsewhere() -> bool:
    """Whether a browser says that a page of another site makes this request, and it is one that changes something.

    Programs that are no browsers send none of these headers.
    """
    if request.method in _SAFE_METHODS:
        return False
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        return True
    source = request.headers.get("Origin") or request.headers.get("Referer")
    if not source:
        return False
    own = {configured().domain, request.host.lower()}
    return urlsplit(source).netloc.lower() not in own


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
