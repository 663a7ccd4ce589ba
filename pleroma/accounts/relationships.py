"""Following, blocking, muting: what happens between two accounts. Used by views and import jobs alike.

Each function expects the caller's transaction and raises what the API answers.
"""

from __future__ import annotations

from typing import Any

from psycopg import Connection

from pleroma.db import queries
from pleroma.errors import Forbidden, NotFound

_NO_FOLLOWERS = {"mrf_tag:disable-any-subscription", "disable_any_subscription"}


def follow(
    connection: Connection,
    account_id: int,
    target_id: int,
    *,
    reblogs: bool | None = None,
    notify: bool | None = None,
) -> None:
    """Follow an account, or ask a locked one; again only changes the switches (docs/api/mastodon.md 3.7).

    Whether somebody elsewhere is followed is said there, locked or not: until then it is a request.

    Raises NotFound for oneself and unknown accounts, Forbidden when the target blocks the account or may
    not be followed.
    """
    queries.relationships.lock_pair(connection, account_id=account_id, target_id=target_id)
    target = queries.relationships.follow_state(connection, account_id=account_id, target_id=target_id)
    if target is None or target_id == account_id:
        raise NotFound()
    if target.blocked_by:
        raise Forbidden(f"Could not follow user: {target.nickname} blocked you.")
    if not target.following and _NO_FOLLOWERS & set(target.tags):
        raise Forbidden(f"Could not follow user: {target.nickname} cannot be followed.")
    pair = {"account_id": account_id, "target_id": target_id}
    if target.following or not _asks_first(target):
        queries.relationships.follow(connection, **pair, reblogs=reblogs)
    else:
        queries.relationships.request(connection, **pair, reblogs=reblogs)
    if notify is True:
        queries.relationships.subscribe(connection, **pair)
    elif notify is False:
        queries.relationships.unsubscribe(connection, **pair)


def unfollow(connection: Connection, account_id: int, target_id: int) -> bool:
    """End a follow or request and the subscription. False when there was neither follow nor request."""
    queries.relationships.lock_pair(connection, account_id=account_id, target_id=target_id)
    return bool(queries.relationships.unfollow(connection, account_id=account_id, target_id=target_id).ended)


def block(connection: Connection, account_id: int, target_id: int) -> None:
    """Block an account: follows, requests, subscriptions and places on lists end both ways.

    Raises NotFound, Forbidden for oneself.
    """
    _require_other(connection, account_id, target_id)
    queries.relationships.lock_pair(connection, account_id=account_id, target_id=target_id)
    queries.relationships.unfollow(connection, account_id=account_id, target_id=target_id)
    queries.relationships.unfollow(connection, account_id=target_id, target_id=account_id)
    queries.relationships.block(connection, account_id=account_id, target_id=target_id)


def mute(
    connection: Connection, account_id: int, target_id: int, *, notifications: bool = True, duration: int = 0
) -> None:
    """Mute an account, its notifications too unless `notifications` is false, for `duration` seconds, 0 for ever.

    Raises NotFound, Forbidden for oneself.
    """
    _require_other(connection, account_id, target_id)
    queries.relationships.mute(
        connection, account_id=account_id, target_id=target_id, notifications=notifications, duration=duration
    )


def answer_request(connection: Connection, account_id: int, follower_id: int, *, accept: bool) -> None:
    """Accept or reject an open follow request to the account. Raises NotFound without one."""
    queries.relationships.lock_pair(connection, account_id=account_id, target_id=follower_id)
    pair = {"account_id": account_id, "follower_id": follower_id}
    if accept and queries.relationships.has_request(connection, **pair).yes:
        queries.relationships.follow(connection, account_id=follower_id, target_id=account_id, reblogs=None)
    elif accept or queries.relationships.take_request(connection, **pair) is None:
        raise NotFound()


def _asks_first(target: Any) -> bool:
    return target.locked or target.domain is not None


def _require_other(connection: Connection, account_id: int, target_id: int) -> None:
    if account_id == target_id:
        raise Forbidden("You cannot do that to yourself")
    if queries.relationships.follow_state(connection, account_id=account_id, target_id=target_id) is None:
        raise NotFound()


def accept_all(connection: Connection, account_id: int) -> None:
    """Accept every open request: an account that is no longer locked has none."""
    waiting = [row.follower_id for row in queries.profiles.waiting(connection, account_id=account_id)]
    for follower_id in waiting:
        answer_request(connection, account_id, follower_id, accept=True)


def make_follow(connection: Connection, follower_id: int, followed_id: int) -> bool:
    """Let an account follow another at an administrator's word: no request, no notification (docs/api/admin.md 9).

    Somebody elsewhere is asked all the same, as only their server lets anybody follow, and nobody elsewhere can be made
    to follow. False when nothing happened: oneself, a follow or request that is there, a block by the followed account.
    """
    queries.relationships.lock_pair(connection, account_id=follower_id, target_id=followed_id)
    pair = {"account_id": follower_id, "target_id": followed_id}
    state = queries.relationships.follow_state(connection, **pair)
    if follower_id == followed_id or state is None or state.following or state.blocked_by or not state.is_ours:
        return False
    if state.domain is not None:
        queries.relationships.request(connection, **pair, reblogs=None)
        return not state.requested
    queries.relationships.follow(connection, **pair, reblogs=None)
    queries.relationships.forget_follow_notification(connection, **pair)
    return True
