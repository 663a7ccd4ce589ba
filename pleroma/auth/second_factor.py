"""The second step of a log-in, and the limits on guessing its codes (docs/api/pleroma.md 2.2, 9.5).

Who gave the right password gets a token that is good for five minutes, for one app and its scopes, and only along with
a code. Wrong codes count per account and address, per account, and per address, in one table for all workers, before
a code is looked at.
"""

from __future__ import annotations

import secrets
from typing import Any

from pleroma import db
from pleroma.access import token_hash
from pleroma.accounts import second_factor
from pleroma.db import queries
from pleroma.errors import Forbidden
from pleroma.web import rate_limits
from pleroma.web.rate_limits import Bucket
from pleroma.web.state import configured

# What the pages say about a wrong code, and about one that comes too late.
WRONG = "Invalid code"
TOO_LATE = "That took too long. Log in again"
_TYPES_SHOWN = ["totp"]


class CodeRequired(Forbidden):
    """403: the password of `user` (see authentication.by_login) was right, and that is not enough."""

    message = (
        "This account has a second factor, so its password alone is not enough: "
        "log in with a code and use the token that you get"
    )

    def __init__(self, user: Any) -> None:
        super().__init__()
        self.user = user


class Wait(Forbidden):
    """403: the password was right; a code is to follow with `mfa_token`."""

    def __init__(self, token: str) -> None:
        super().__init__("mfa_required", mfa_token=token, supported_challenge_types=_TYPES_SHOWN)


class Ended(Exception):
    """The login waits no longer: it is over its time, or its account changed."""


def wait(user: Any) -> str:
    """Let a login of a user on our own page wait for its code, and return its token."""
    token = secrets.token_urlsafe(32)
    # By itself: the response may be an error, which takes back what a transaction did.
    with db.connection() as connection:
        queries.second_factor.wait(
            connection, token_hash=token_hash(token), account_id=user.account_id, login_version=user.login_version
        )
    return token


def wait_for_app(user: Any, scopes: list[str], client_id: str, client_secret_hash: bytes | None = None) -> str | None:
    """The same for an app; None when its secret is not right or the scopes go beyond its own.

    Without a secret it is for the page on which people let apps in.
    """
    token = secrets.token_urlsafe(32)
    with db.connection() as connection:
        stored = queries.second_factor.wait_for_app(
            connection,
            token_hash=token_hash(token),
            account_id=user.account_id,
            login_version=user.login_version,
            client_id=client_id,
            client_secret_hash=client_secret_hash,
            scopes=scopes,
        )
    return token if stored is not None else None


def finish(
    token: str,
    code: str,
    kind: str | None = None,
    *,
    client_id: str | None = None,
    client_secret_hash: bytes | None = None,
) -> Any:
    """The login (see second_factor.waiting) that waits by a token of `wait`, once, when the code is right; else None.

    `client_id` is that of the app that it is for. Raises Ended, Throttled.
    """
    with db.connection() as connection:
        login = queries.second_factor.waiting(
            connection, token_hash=token_hash(token), client_id=client_id, client_secret_hash=client_secret_hash
        )
    if login is None:
        raise Ended
    buckets = count_guess(login.account_id)
    with db.in_transaction() as connection:
        if not second_factor.spend(connection, configured(), login.account_id, login.key, code, kind):
            return None
        if queries.second_factor.finish(connection, token_hash=token_hash(token)) is None:
            raise Ended
        take_back(connection, buckets)
    return login


def count_guess(account_id: int) -> dict[str, Bucket]:
    """Count a guess at a code of an account, before the code is looked at. Raises Throttled."""
    address = rate_limits.client_address()
    buckets = {
        f"code:{account_id}:{address}": Bucket("code", 10, 3600),
        f"code:{account_id}": Bucket("code", 20, 3600),
        f"codes:{account_id}": Bucket("code", 60, 24 * 3600),
        f"code:{address}": Bucket("code", 100, 3600),
    }
    rate_limits.count(buckets)
    return buckets


def take_back(connection: Any, buckets: dict[str, Bucket]) -> None:
    """Uncount a guess that was right."""
    queries.rate_limits.take_back(connection, keys=sorted(buckets))
