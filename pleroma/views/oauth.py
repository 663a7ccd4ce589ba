"""Tokens: granting, renewing, ending and listing them (docs/api/pleroma.md 19.1, docs/api/mastodon.md 12.4 to 12.6).

What people see of this, /oauth/authorize, is in authorize.py.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, request
from psycopg import Connection

from pleroma import auth, db, sealing
from pleroma.auth import logins, scopes, second_factor
from pleroma.auth.redirects import comparable
from pleroma.db import queries
from pleroma.errors import InvalidParameters, NotFound
from pleroma.openapi import Answer, Choice, Text, answers, takes
from pleroma.web import params, rate_limits
from pleroma.web.responses import as_json, json_response
from pleroma.web.state import configured

blueprint = Blueprint("oauth", __name__)
LIFETIME = 365 * 24 * 3600
_CLIENT = {"client_id": Text(), "client_secret": Text()}
_CHALLENGE = Choice("totp", "recovery", default="totp")
_TAKEN = {
    "grant_type": Choice("password", "client_credentials", "authorization_code", "refresh_token", needed=True),
    "scope": Text(),
    "username": Text(),
    "name": Text(),
    "password": Text(),
    "code": Text(),
    "code_verifier": Text(),
    "redirect_uri": Text(),
    "refresh_token": Text(),
}


def _client() -> dict[str, Any]:
    """The client's id and the hash of its secret, from the parameters or HTTP Basic."""
    client_id, client_secret = params.exact("client_id") or "", params.secret("client_secret")
    basic = request.authorization
    if not (client_id and client_secret) and basic is not None and basic.type == "basic":
        client_id, client_secret = params.as_exact("client_id", basic.username) or "", basic.password or ""
    return {"client_id": client_id, "client_secret_hash": auth.token_hash(client_secret)}


def _by_password(connection: Connection, made: dict[str, Any]) -> Any:
    try:
        user = logins.check(params.secret("username") or params.secret("name"), params.secret("password"))
    except second_factor.CodeRequired as required:
        _ask_for_code(required.user, made)
        return None
    if user is None:
        return None
    asked = scopes.parse(params.raw("scope"))
    return queries.oauth.issue(
        connection, **made, account_id=user.account_id, login_version=user.login_version, scopes=asked
    )


def _ask_for_code(user: Any, made: dict[str, Any]) -> None:
    """Let the login wait for its code. Raises Wait, unless the client would get no token anyway."""
    asked = scopes.parse(params.raw("scope"))
    token = second_factor.wait_for_app(user, asked, made["client_id"], made["client_secret_hash"])
    if token is not None:
        raise second_factor.Wait(token)


def _for_the_app(connection: Connection, made: dict[str, Any]) -> Any:
    asked = scopes.parse(params.raw("scope"))
    return queries.oauth.issue(connection, **made, account_id=None, login_version=0, scopes=asked)


def _by_code(connection: Connection, made: dict[str, Any]) -> Any:
    verifier = hashlib.sha256(params.secret("code_verifier").encode()).digest()
    code_hash = auth.token_hash(params.secret("code"))
    row = queries.oauth.redeem(
        connection,
        **made,
        code_hash=code_hash,
        redirect_uri=comparable(params.exact("redirect_uri", most=params.LONGEST_SECRET) or ""),
        code_challenge=base64.urlsafe_b64encode(verifier).decode().rstrip("="),
    )
    if row is None:
        # A code that comes a second time has been stolen, by the first or by the second (RFC 6749, 4.1.2).
        queries.oauth.end_token_of_code(connection, code_hash=code_hash)
    return row


def _by_refresh_token(_: Connection, made: dict[str, Any]) -> Any:
    old_refresh_hash = auth.token_hash(params.secret("refresh_token"))
    asked = scopes.parse(params.raw("scope"))
    # A subscription to push gets the new token along with its row.
    with db.in_transaction() as connection:
        return queries.oauth.refresh(connection, **made, old_refresh_hash=old_refresh_hash, scopes=asked)


_GRANTS: dict[str, Callable[[Connection, dict[str, Any]], Any]] = {
    "password": _by_password,
    "client_credentials": _for_the_app,
    "authorization_code": _by_code,
    "refresh_token": _by_refresh_token,
}


def token_answer(row: Any, token: str, refresh_token: str, nickname: str | None) -> Response:
    """The answer that carries a token; of an app alone without `nickname`.

    Built here, because the database never sees a token in the clear.
    """
    answer = {
        "access_token": token,
        "token_type": "Bearer",
        "scope": " ".join(row.scopes),
        "created_at": int(row.created_at.timestamp()),
        "expires_in": LIFETIME,
        "refresh_token": refresh_token,
    }
    if nickname is not None:
        answer["me"] = f"{configured().base_url}/users/{nickname}"
    return as_json(answer)


@blueprint.post("/oauth/token")
@rate_limits.limited(rate_limits.LOGIN)
@takes(**_TAKEN, **_CLIENT)
@answers("Token", 403)
def create() -> Response:
    """Grant a token (docs/api/pleroma.md 19.1). Raises InvalidParameters for wrong user, password, client or code.

    An account that may not log in is Forbidden, with an `identifier`; for one with a second factor `mfa_required`.
    """
    grant = _GRANTS.get(params.text("grant_type") or "")
    if grant is None:
        raise InvalidParameters("Bad request")
    token, refresh_token = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    made = {
        **_client(),
        "token_hash": auth.token_hash(token),
        "refresh_hash": auth.token_hash(refresh_token),
    }
    # Autocommit but for a refresh: each grant is one statement, and a refused password must stay counted.
    with db.connection() as connection:
        row = grant(connection, made)
        if row is None:
            raise InvalidParameters("Invalid credentials")
        if getattr(row, "is_pushed_to", False):
            sealed = sealing.seal(sealing.PUSH_TOKENS, token, row.token_id, configured())
            queries.push.seal_again(connection, token_id=row.token_id, sealed_token=sealed)
    return token_answer(row, token, refresh_token, row.nickname)


@blueprint.post("/oauth/mfa/challenge")
@rate_limits.limited(rate_limits.LOGIN)
@takes(mfa_token=Text(1, needed=True), code=Text(1, needed=True), challenge_type=_CHALLENGE, **_CLIENT)
@answers("Token")
def challenge() -> Response:
    """Grant the token for which `mfa_token` waits, for `code`, of `challenge_type` totp or recovery.

    Rules: docs/api/pleroma.md 9.5. Raises InvalidParameters for whatever is wrong, Throttled.
    """
    client = _client()
    token, refresh_token = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    try:
        login = second_factor.finish(
            params.secret("mfa_token"), params.secret("code"), params.text("challenge_type"), **client
        )
    except second_factor.Ended:
        login = None
    if login is None:
        raise InvalidParameters(second_factor.WRONG)
    with db.in_transaction() as connection:
        row = queries.oauth.issue(
            connection,
            **client,
            account_id=login.account_id,
            login_version=login.login_version,
            scopes=login.scopes,
            token_hash=auth.token_hash(token),
            refresh_hash=auth.token_hash(refresh_token),
        )
    if row is None:
        raise InvalidParameters(second_factor.WRONG)
    return token_answer(row, token, refresh_token, login.nickname)


@blueprint.post("/oauth/revoke")
@takes(token=Text(), **_CLIENT)
@answers("Empty")
def revoke() -> Response:
    """End a token of the client's own. The response does not say whether there was one."""
    with db.in_transaction() as connection:
        queries.oauth.revoke(connection, **_client(), token_hash=auth.token_hash(params.secret("token")))
    return json_response(b"{}")


@blueprint.get("/api/oauth_tokens")
@auth.required()
@answers("[Login]")
def index() -> Response:
    """The caller's tokens, the newest first."""
    with db.connection() as connection:
        return json_response(queries.oauth.tokens(connection, account_id=auth.account_id()))


@blueprint.delete("/api/oauth_tokens/<id:token_id>")
@auth.required()
@answers(Answer(201, {"const": ""}))
def end(token_id: int) -> Response:
    """End one of the caller's tokens."""
    with db.in_transaction() as connection:
        queries.oauth.end_token(connection, account_id=auth.account_id(), token_id=token_id)
    return json_response(b'""', 201)


@blueprint.get("/.well-known/oauth-authorization-server")
@answers("AuthorizationServer", 404)
def metadata() -> Response:
    """Where the endpoints are (RFC 8414). Raises NotFound over http, where clients would refuse any login."""
    base = configured().base_url
    if not base.startswith("https://"):
        raise NotFound()
    return as_json(
        {
            "issuer": base,
            "authorization_endpoint": f"{base}/oauth/authorize",
            "token_endpoint": f"{base}/oauth/token",
            "revocation_endpoint": f"{base}/oauth/revoke",
            "app_registration_endpoint": f"{base}/api/v1/apps",
            "scopes_supported": list(scopes.KNOWN),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "client_credentials", "password", "refresh_token"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        }
    )
