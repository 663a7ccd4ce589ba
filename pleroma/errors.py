"""What views and data raise when a request cannot be met.

web/error_handlers.py turns each into a response: ``{"error": STRING}``, sometimes with more keys (docs/api/pleroma.md
1.4).
"""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """An error for the client: `status` is the HTTP status, `message` the error text, `extra` more keys of the body."""

    status = 400
    message = "Invalid parameters"

    def __init__(self, message: str | None = None, status: int | None = None, **extra: Any) -> None:
        super().__init__(message or self.message)
        self.message = message or self.message
        self.status = status or self.status
        self.extra = extra
        self.headers: dict[str, str] = {}


class InvalidParameters(ApiError):
    """400: a parameter is missing or of the wrong kind."""


class InvalidCredentials(ApiError):
    """403: not logged in (never 401: clients take that for a revoked token)."""

    status = 403
    message = "Invalid credentials."


class Forbidden(ApiError):
    """403: logged in, but not for this."""

    status = 403
    message = "Forbidden"


class NotFound(ApiError):
    """404: not there, or not there for the caller."""

    status = 404
    message = "Record not found"


class Conflict(ApiError):
    """409: taken."""

    status = 409
    message = "Conflict"


class TooLarge(ApiError):
    """413: more bytes than the limit."""

    status = 413
    message = "File is too large"


class Unprocessable(ApiError):
    """422: understood, but cannot be done."""

    status = 422
    message = "Unprocessable"


class Throttled(ApiError):
    """429: too many requests."""

    status = 429
    message = "Throttled"


def found(value: Any, message: str | None = None) -> Any:
    """`value`, or NotFound for None."""
    if value is None:
        raise NotFound(message)
    return value
