"""Who asks, and with which scopes (docs/api/pleroma.md 1.2, 1.3).

One subclass of Flask-HTTPAuth understands three ways, in this order: bearer token (header
or ``access_token``), HTTP Basic, the ``_pleroma_key`` cookie.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Response, current_app, g, request
from flask_httpauth import HTTPAuth
from werkzeug.datastructures import Authorization

from pleroma import db
from pleroma.access import meets, missing_scope, token_hash
from pleroma.auth import passwords, sessions
from pleroma.auth.second_factor import CodeRequired
from pleroma.db import queries
from pleroma.errors import ApiError, Forbidden, InvalidCredentials
from pleroma.web import cross_origin, idempotency, params, rate_limits
from pleroma.web.rate_limits import Bucket
from pleroma.web.state import value


@dataclass(frozen=True)
class Caller:
    """The caller. `account_id` is None for an app alone; `scopes` is None for Basic and cookie: all of them."""

    account_id: int | None
    is_admin: bool = False
    is_moderator: bool = False
    scopes: tuple[str, ...] | None = None
    token_id: int | None = None
    app_id: int | None = None


# What tokens said the last time, so that the question can go with the request's own statement.
_known: dict[bytes, tuple[bytes | None, ...]] = {}
_MOST_KNOWN = 2000


def _may_assume() -> bool:
    """Whether the next statement may run before it is known what the token says now."""
    if request.method == "GET":
        return "assumes_nothing" not in g
    # What comes next must be the counting of the limits: that it is stored does no harm.
    return "repeated" not in g and bool(getattr(current_app.view_functions[request.endpoint or ""], "limits", ()))


def _by_bearer(token: str) -> Caller | None:
    hashed = token_hash(token)
    row = _known.get(hashed) if _may_assume() else None
    if row is not None:
        db.assume(queries.authentication.by_token, row, token_hash=hashed)
    else:
        with db.connection() as connection:
            row = queries.authentication.by_token(connection, token_hash=hashed)
            if row is None:
                _known.pop(hashed, None)
                return None
            if row[-1] == b"t":
                queries.authentication.touch_token(connection, token_id=int(row[0]))
                return _caller(row)
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        _known[hashed] = row
    return _caller(row)


@functools.lru_cache(_MOST_KNOWN)
def _caller(row: tuple[bytes | None, ...]) -> Caller:
    token_id, app_id, scopes, account_id, is_admin, is_moderator, _ = row
    return Caller(
        int(account_id) if account_id is not None else None,
        is_admin == b"t",
        is_moderator == b"t",
        tuple((scopes or b"").decode().split()),
        int(token_id or 0),
        int(app_id or 0),
    )


def _by_basic(login: str, password: str) -> Caller | None:
    user = passwords.check(login, password, cached=True)
    if user is None or not user.present or user.password_reset_required:
        return None
    if user.has_second_factor:
        raise CodeRequired(user)
    return Caller(user.account_id, user.is_admin, user.is_moderator)


def _by_cookie(cookie: str) -> Caller | None:
    if cross_origin.from_elsewhere():
        return None
    row = sessions.find(cookie)
    return Caller(row.account_id, row.is_admin, row.is_moderator) if row else None


def _token_parameter() -> str | None:
    try:
        token = params.raw("access_token")
    except ApiError:
        # Who may ask is decided before anybody looks at the rest of the parameters.
        return None
    return token if isinstance(token, str) else None


class Authentication(HTTPAuth):
    """Flask-HTTPAuth over bearer, Basic and cookie; it never sends WWW-Authenticate."""

    def get_auth(self) -> Authorization | None:
        """The credentials of the request, if any: bearer beats Basic and cookie."""
        authorization = request.authorization
        kind = authorization.type.lower() if authorization else ""
        if authorization and kind == "bearer" and authorization.token:
            return authorization
        token = _token_parameter()
        if token:
            return Authorization("bearer", token=token)
        if authorization and kind == "basic" and authorization.username is not None:
            return authorization
        cookie = request.cookies.get(sessions.COOKIE)
        return Authorization("cookie", token=cookie) if cookie else None

    def get_auth_password(self, auth: Authorization | None) -> None:
        """Passwords are checked in authenticate."""

    def authenticate(self, auth: Authorization | None, stored_password: None) -> Caller | None:
        """The caller whom the credentials name, or None. Raises CodeRequired for a password that is not enough."""
        if auth is None:
            return None
        if auth.type == "basic":
            return _by_basic(auth.username or "", auth.password or "")
        if auth.type == "cookie":
            return _by_cookie(auth.token or "")
        return _by_bearer(auth.token or "")

    def authorize(self, role: str, user: Caller, auth: Authorization | None) -> bool:
        """Let the caller through, or note which scope lacks."""
        if role == "app":
            g.caller = user
            return True
        if user.account_id is None:
            return False
        if role == "admin" and not user.is_admin:
            g.forbidden = "User is not admin."
            return False
        role = "write" if role == "admin" else role
        if not meets(role, user.scopes):
            g.forbidden = missing_scope(role)
            return False
        g.caller = user
        return True


authentication = Authentication(scheme="Bearer")


@authentication.error_handler
def _refuse(status: int) -> Response:
    if "forbidden" in g:
        raise Forbidden(g.forbidden)
    raise InvalidCredentials()


def _protect(
    scope: str, *, optional: bool = False, limits: tuple[Bucket, ...] = ()
) -> Callable[[Callable[..., Any]], Any]:
    """A view behind its guards: authentication, rate limit, idempotency, in this order.

    A request that a limit refuses, or that is refused later, is counted and has claimed no Idempotency-Key.
    """

    def _decorate(view: Callable[..., Any]) -> Any:
        counted = rate_limits.limited(*limits)(idempotency.replayed(view)) if limits else idempotency.replayed(view)
        protected = authentication.login_required(role=scope, optional=optional)(counted)
        protected.scope = f"{scope}?" if optional else scope or "login"
        protected.limits = limits
        return protected

    return _decorate


def required(scope: str = "", *, limits: tuple[Bucket, ...] = ()) -> Callable[[Callable[..., Any]], Any]:
    """Only for a logged-in account, by a token with this scope, within these limits.

    Raises InvalidCredentials, Forbidden, Throttled.
    """
    return _protect(scope, limits=limits)


def optional(scope: str = "read", *, limits: tuple[Bucket, ...] = ()) -> Callable[[Callable[..., Any]], Any]:
    """For everybody within these limits; a token without the scope counts as anonymous. Raises Throttled."""
    return _protect(scope, optional=True, limits=limits)


def app_required(view: Callable[..., Any]) -> Any:
    """For any valid token, that of an app alone included."""
    return _protect("app")(view)


def admin_required(view: Callable[..., Any]) -> Any:
    """Only for administrators, by a token with `write` (docs/api/admin.md 1.1).

    Raises InvalidCredentials, Forbidden.
    """
    return _protect("admin")(view)


def caller() -> Caller | None:
    """Who was let through, None when anonymous."""
    return g.get("caller")


def viewer_id() -> int:
    """The caller's account id, 0 when anonymous (no account has it)."""
    current = caller()
    return current.account_id or 0 if current else 0


def account_id() -> int:
    """The caller's account id. Raises InvalidCredentials when nobody is logged in."""
    current = viewer_id()
    if not current:
        raise InvalidCredentials()
    return current


def bearer() -> tuple[int, str]:
    """The id of the caller's token and the token itself. Raises InvalidCredentials for a caller without one."""
    current, credentials = caller(), authentication.get_auth()
    if current is None or current.token_id is None or credentials is None:
        raise InvalidCredentials()
    return current.token_id, credentials.token or ""


def require_public() -> None:
    """On an instance that is not public, refuse anonymous callers. Raises Forbidden."""
    if not viewer_id() and not value("public"):
        raise Forbidden("This resource requires authentication.")
