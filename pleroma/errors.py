"""Refusals, and the one place that turns them into the API's JSON.

Views and data raise; nobody builds an error answer by hand. The body is always ``{"error": STRING}``,
sometimes with more keys (docs/api/pleroma.md 1.4).
"""

from __future__ import annotations

import json
import logging
from typing import Any

import psycopg
from flask import Flask, Response, current_app, request
from psycopg_pool import PoolTimeout
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.exceptions import NotFound as NoRoute

from pleroma.web import cross_origin

log = logging.getLogger(__name__)

JSON_TYPE = "application/json; charset=utf-8"
_JSON_PATHS = ("/api", "/oauth", "/nodeinfo", "/.well-known", "/media", "/emoji", "/images")


class ApiError(Exception):
    """A refusal: `status` is the HTTP status, `message` the error text, `extra` more keys of the body."""

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


def error_response(error: ApiError) -> Response:
    """The JSON answer for a refusal."""
    body = json.dumps({"error": error.message, **error.extra}, ensure_ascii=False)
    response = Response(body, status=error.status, content_type=JSON_TYPE)
    response.headers.update(error.headers)
    return response


def _from_database(error: psycopg.Error) -> ApiError:
    sqlstate = error.sqlstate or ""
    if sqlstate.startswith("PL"):
        return ApiError(error.diag.message_primary or "", int(sqlstate[2:]))
    if isinstance(error, psycopg.errors.UniqueViolation):
        return Conflict()
    if isinstance(error, psycopg.errors.ForeignKeyViolation):
        return NotFound()
    if isinstance(error, psycopg.DataError):
        return Unprocessable("Invalid parameters")
    if isinstance(error, psycopg.OperationalError):
        log.error("database: %s", error)
        return ApiError("The database is not available", 503)
    log.exception("database", exc_info=error)
    return ApiError("Something went wrong", 500)


def _answer(error: ApiError) -> Response:
    """The refusal as a page where a browser asks for one, else as JSON."""
    if request.path.startswith(_JSON_PATHS) or "text/html" not in request.headers.get("Accept", ""):
        return error_response(error)
    # The pages build on this module.
    from pleroma.views.pages import failure

    return failure(error)


def _not_routed(error: HTTPException) -> Response:
    if request.method == "OPTIONS":
        return cross_origin.preflight()
    if request.path.startswith(_JSON_PATHS):
        return error_response(NotFound("Not implemented"))
    return _answer(NotFound("Not found"))


def _http_error(error: HTTPException) -> Response:
    message = {413: "Request is too large"}.get(error.code or 500, error.description or error.name)
    return _answer(ApiError(message, error.code or 500))


def _undecodable(error: UnicodeDecodeError) -> Response:
    return error_response(InvalidParameters("The request is not valid UTF-8"))


def _unexpected(error: Exception) -> Response:
    log.exception("unexpected", exc_info=error)
    if current_app.config.get("PROPAGATE_UNEXPECTED"):
        raise error
    return _answer(ApiError("Something went wrong", 500))


def register(app: Flask) -> None:
    """Make `app` answer every refusal and failure as JSON."""
    app.register_error_handler(ApiError, _answer)
    app.register_error_handler(psycopg.Error, lambda error: _answer(_from_database(error)))
    app.register_error_handler(PoolTimeout, lambda _: _answer(ApiError("The database is not available", 503)))
    app.register_error_handler(NoRoute, _not_routed)
    app.register_error_handler(MethodNotAllowed, _not_routed)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(UnicodeDecodeError, _undecodable)
    app.register_error_handler(Exception, _unexpected)
