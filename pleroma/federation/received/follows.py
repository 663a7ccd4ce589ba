"""Follows, the answers to them, and blocks."""

from __future__ import annotations

import json
from typing import Any

from pleroma.accounts import relationships
from pleroma.db import queries
from pleroma.errors import Forbidden
from pleroma.federation import vocabulary
from pleroma.federation.received.activity import Ignored, Received

# What an administrator's tag says of an account here (docs/api/admin.md 7): both names.
_NO_REMOTE_FOLLOWERS = {"mrf_tag:disable-remote-subscription", "disable_remote_subscription"}


def follow(received: Received) -> None:
    """Follow an account here, or ask a locked one; an answer goes out as soon as there is one."""
    target, account = received.local_account(received.object), received.account
    pair = {"account_id": account.id, "target_id": target.id}
    uri = vocabulary.address(received.document)
    state = queries.relationships.follow_state(received.connection, **pair)
    if state is not None and state.following:
        queries.receiving.name_follow(received.connection, uri=uri, **pair)
        received.note("follow", target_id=target.id)
        _answer(received, "accept", target.id, uri)
        return
    try:
        if _NO_REMOTE_FOLLOWERS & set(target.tags):
            raise Forbidden("Nobody elsewhere may follow this account")
        relationships.follow(received.connection, **pair)
    except Forbidden:
        _answer(received, "reject", target.id, uri)
        return
    queries.receiving.name_follow(received.connection, uri=uri, **pair)
    received.note("follow", target_id=target.id)


def _answer(received: Received, kind: str, target_id: int, uri: str) -> None:
    queries.outgoing.send(
        received.connection,
        kind=kind,
        account_id=target_id,
        target_id=received.account.id,
        about=json.dumps({"uri": uri}),
    )


def accept(received: Received) -> None:
    """A follow that somebody here asked for begins; whom they followed before a move they leave."""
    account, request = received.account, _request(received)
    if not request.is_waiting:
        raise Ignored("nobody here asked")
    relationships.answer_request(received.connection, account.id, request.follower_id, accept=True)
    for row in queries.receiving.left_behind(
        received.connection, follower_id=request.follower_id, account_id=account.id
    ):
        relationships.unfollow(received.connection, request.follower_id, row.id)


def reject(received: Received) -> None:
    """A follow that somebody here asked for does not begin, or ends."""
    request = _request(received)
    relationships.unfollow(received.connection, request.follower_id, received.account.id)


def _request(received: Received) -> Any:
    """The request, or the follow, that is answered: by its id, else by the two who are named. Raises Ignored."""
    follower = vocabulary.address(received.embedded.get("actor"))
    nickname = received.local_account(follower).nickname if follower else None
    row = queries.receiving.request_of(
        received.connection,
        base=received.config.base_url,
        uri=received.object,
        account_id=received.account.id,
        nickname=nickname,
    )
    if row is None:
        raise Ignored("nobody here asked")
    return row


def block(received: Received) -> None:
    """Somebody elsewhere blocks an account here: follows end both ways, and nobody is notified."""
    target, account = received.local_account(received.object), received.account
    relationships.block(received.connection, account.id, target.id)
    received.note("block", target_id=target.id)
