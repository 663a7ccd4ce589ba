"""Rate limits, counted in one table for all workers (docs/api/pleroma.md 2.2; docs/api/mastodon.md 12.8).

A limit is one upsert per request, committed by itself, so that a refused request counts too.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any, NamedTuple

from flask import g, request

from pleroma import addresses, db
from pleroma.db import queries
from pleroma.errors import Throttled


class Bucket(NamedTuple):
    """At most `requests` in `seconds` for all who share the key."""

    name: str
    requests: int
    seconds: int
    per_target: str = ""


ACCOUNT_CREATION = Bucket("account_creation", 25, 1800)
APP_REGISTRATION = Bucket("app_registration", 25, 1800)
CAPTCHA = Bucket("captcha", 60, 1800)
PASSWORD_RESET = Bucket("password_reset", 5, 1800)
CONFIRMATION_RESEND = Bucket("confirmation_resend", 5, 8640)
LOGIN = Bucket("login", 15, 60)
FOLLOWING = (Bucket("follow", 10, 10), Bucket("follow_same", 2, 60, "account_id"))
POSTING = (Bucket("post", 15, 10),)
FAVOURITING = (Bucket("post", 15, 10), Bucket("favourite_same", 3, 60, "status_id"))
REBLOGGING = (Bucket("post", 15, 10), Bucket("reblog_same", 3, 60, "status_id"))
SEARCH_ANONYMOUS = Bucket("search", 10, 1)
SEARCH = Bucket("search", 30, 1)
RESOLVING = Bucket("resolve", 30, 300)


def client_address() -> str:
    """The client's address as limits count it: an IPv6 address counts as its /64."""
    return addresses.limited(request.remote_addr)


def count(buckets: dict[str, Bucket]) -> None:
    """Count this request in each bucket, by its key. Raises Throttled when one is full."""
    ordered = sorted(buckets)
    with db.connection() as connection:
        rows = queries.rate_limits.hit(
            connection,
            keys=ordered,
            seconds=[buckets[key].seconds for key in ordered],
        )
    if not rows:
        return
    tightest = min(rows, key=lambda row: buckets[row.key].requests - row.hits)
    limit = buckets[tightest.key].requests
    g.rate_limit_headers = {
        "X-RateLimit-Limit": str(limit),
        "X-RateLimit-Remaining": str(max(0, limit - tightest.hits)),
        "X-RateLimit-Reset": tightest.ends_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
    }
    if tightest.hits > limit:
        wait = (tightest.ends_at - datetime.now(UTC)).total_seconds()
        g.rate_limit_headers["Retry-After"] = str(max(1, int(wait) + 1))
        raise Throttled()


def limited(*buckets: Bucket) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Limit a view: per account of the caller, per address for anonymous callers.

    A view that asks for a login has it from auth.required and auth.optional, which know the caller by then.
    """

    def _decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def _limited_view(*arguments: Any, **values: Any) -> Any:
            who = g.get("caller")
            caller = (who and who.account_id) or client_address()
            # A request that is run again (application.py) was counted at its first run.
            if "repeated" not in g:
                count({_key(bucket, caller, values): bucket for bucket in buckets})
            return view(*arguments, **values)

        _limited_view.limits = buckets  # type: ignore[attr-defined]
        return _limited_view

    return _decorate


def _key(bucket: Bucket, caller: int | str, values: dict[str, Any]) -> str:
    return ":".join([bucket.name, str(caller), *([str(values.get(bucket.per_target))] if bucket.per_target else [])])
