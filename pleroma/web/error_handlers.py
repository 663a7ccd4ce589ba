"""The one place that turns errors into responses: the API's JSON, or a page where a browser asks for one."""

from __future__ import annotations

import logging

import psycopg
from flask import Flask, Response, current_app, request
from psycopg_pool import PoolTimeout
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.exceptions import NotFound as NoRoute

from pleroma.errors import ApiError, Conflict, InvalidParameters, NotFound, Unprocessable
from pleroma.media import StorageAway, StorageFull
from pleroma.web import cross_origin, pages
from pleroma.web.responses import error_response

log = logging.getLogger(__name__)
_JSON_PATHS = ("/api", "/oauth", "/nodeinfo", "/.well-known", "/media", "/emoji", "/images")


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
    if isinstance(error, psycopg.errors.ProgramLimitExceeded):
        # A subclass of the errors that say "not available": the value fits no index, or no row.
        log.error("database: %s", error)
        return Unprocessable("A value is too large")
    if isinstance(error, psycopg.OperationalError | psycopg.errors.ReadOnlySqlTransaction):
        log.error("database: %s", error)
        return _not_available("database")
    log.exception("database", exc_info=error)
    return ApiError("Something went wrong", 500)


def _not_available(what: str) -> ApiError:
    error = ApiError(f"The {what} is not available", 503)
    # As long as another server needs to take over, at the least.
    error.headers["Retry-After"] = "3"
    return error


def _answer(error: ApiError) -> Response:
    """Render an error as HTML for a browser, else as JSON."""
    if request.path.startswith(_JSON_PATHS) or "text/html" not in request.headers.get("Accept", ""):
        return error_response(error)
    return pages.failure(error)


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
    """Make `app` answer every error as JSON."""
    app.register_error_handler(ApiError, _answer)
    app.register_error_handler(psycopg.Error, lambda error: _answer(_from_database(error)))
    app.register_error_handler(PoolTimeout, lambda _: _answer(_not_available("database")))
    app.register_error_handler(StorageAway, lambda _: _answer(_not_available("storage")))
    app.register_error_handler(StorageFull, lambda _: _answer(ApiError("There is no room for the file", 507)))
    app.register_error_handler(NoRoute, _not_routed)
    app.register_error_handler(MethodNotAllowed, _not_routed)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(UnicodeDecodeError, _undecodable)
    app.register_error_handler(Exception, _unexpected)
