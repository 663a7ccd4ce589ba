"""Checking passwords, and the limits on guessing them (docs/api/pleroma.md 2.2).

Wrong passwords count per account and address, per account, and per address, in one table for all workers,
before a hash is computed. An unknown name costs the same time as a wrong password.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from typing import Any

from pleroma import db
from pleroma.accounts.passwords import MAXIMUM_LENGTH, OF_NOBODY, matches
from pleroma.db import queries
from pleroma.errors import Throttled
from pleroma.text.clean import is_storable
from pleroma.web import rate_limits
from pleroma.web.rate_limits import Bucket

_CACHE_SECONDS = 300
_CACHE_SIZE = 1000
_process_key = secrets.token_bytes(32)
_verified: dict[bytes, float] = {}


def _buckets(account: str) -> dict[str, Bucket]:
    address = rate_limits.client_address()
    return {
        f"password:{account}:{address}": Bucket("password", 20, 3600),
        f"password:{account}": Bucket("password", 60, 3600),
        f"password:{address}": Bucket("password", 300, 3600),
    }


def _cache_key(password: str, stored: str) -> bytes:
    return hmac.digest(_process_key, f"{stored}\0{password}".encode(), "sha256")


def _matches(password: str, stored: str, buckets: dict[str, Bucket]) -> bool:
    rate_limits.count(buckets)
    if not matches(password, stored):
        return False
    with db.connection() as connection:
        queries.rate_limits.take_back(connection, keys=sorted(buckets))
    return True


def _is_password(typed: str) -> bool:
    # scrypt takes zeros at its end for nothing.
    return len(typed) <= MAXIMUM_LENGTH and "\0" not in typed


def check(login: str, password: str, *, cached: bool = False) -> Any:
    """The account (see authentication.by_login) of a nickname or e-mail address whose password this is, or None.

    With `cached`, a password that this process has seen to be right in the last minutes is not hashed
    again; the key holds the stored hash, so that a change counts at once. Raises Throttled.
    """
    if not is_storable(login) or not _is_password(password):
        return None
    login = login.strip()
    with db.connection() as connection:
        user = queries.authentication.by_login(
            connection,
            login=login[:300],
            address=rate_limits.client_address(),
        )
    return user if _verify(user, login, password, cached) else None


def check_account(account_id: int, password: str) -> Any:
    """The account whose id is known, when this is its password, or None. Raises Throttled."""
    if not _is_password(password):
        return None
    with db.connection() as connection:
        user = queries.authentication.by_account(connection, account_id=account_id)
    return user if _verify(user, str(account_id), password, cached=False) else None


def _verify(user: Any, login: str, password: str, cached: bool) -> bool:
    name = str(user.account_id) if user else hashlib.sha256(login.lower().encode("utf-8", "replace")).hexdigest()
    stored = user.password_hash if user else OF_NOBODY
    key = _cache_key(password, stored)
    now = time.monotonic()
    if cached and user and _verified.get(key, 0) > now:
        if user.throttled:
            raise Throttled()
        return True
    if not _matches(password, stored, _buckets(name)) or user is None:
        return False
    if cached:
        if len(_verified) >= _CACHE_SIZE:
            _verified.clear()
        _verified[key] = now + _CACHE_SECONDS
    return True
