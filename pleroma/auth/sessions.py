"""Sessions of browsers: the `_pleroma_key` cookie, a signed random id with a row in `sessions`."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from itsdangerous import BadSignature, Signer
from werkzeug.wrappers import Response

from pleroma import db
from pleroma.config import secret_key
from pleroma.db import queries
from pleroma.web.state import configured

COOKIE = "_pleroma_key"
LIFETIME = 60 * 24 * 3600


def _signer() -> Signer:
    return Signer(secret_key(configured()), salt="session", digest_method=hashlib.sha256)


def _hash(cookie: str) -> bytes | None:
    try:
        return hashlib.sha256(_signer().unsign(cookie)).digest()
    except BadSignature:
        return None


def find(cookie: str) -> Any:
    """The row of a cookie's session (see authentication.by_session), or None."""
    id_hash = _hash(cookie)
    if id_hash is None:
        return None
    with db.connection() as connection:
        row = queries.authentication.by_session(connection, id_hash=id_hash)
        if row is not None and row.stale:
            queries.authentication.touch_session(connection, id_hash=id_hash)
    return row


def start(account_id: int, login_version: int, response: Response) -> None:
    """Store a session of the account and give its cookie to the browser.

    `login_version` is what the account had when the password was found right, 0 when it was just made.
    """
    identifier = secrets.token_urlsafe(32)
    with db.in_transaction() as connection:
        queries.authentication.open_session(
            connection,
            id_hash=hashlib.sha256(identifier.encode()).digest(),
            account_id=account_id,
            login_version=login_version,
        )
    response.set_cookie(
        COOKIE,
        _signer().sign(identifier).decode(),
        max_age=LIFETIME,
        path="/",
        httponly=True,
        samesite="Lax",
        secure=configured().base_url.startswith("https://"),
    )


def end(cookie: str, response: Response) -> None:
    """Forget the session of a cookie, and the cookie."""
    id_hash = _hash(cookie)
    if id_hash is not None:
        with db.in_transaction() as connection:
            queries.authentication.close_session(connection, id_hash=id_hash)
    response.delete_cookie(COOKIE, path="/")
