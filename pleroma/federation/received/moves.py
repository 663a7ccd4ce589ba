"""Somebody elsewhere moves to another account."""

from __future__ import annotations

from pleroma.db import queries
from pleroma.federation import lookups, uris, vocabulary
from pleroma.federation.received.activity import Ignored, Received


def move(received: Received) -> None:
    """Note whereto an account has moved, and let its followers here follow it there.

    The account that it moves to must name the old one as its own, as its server says now.
    """
    account, target = received.account, vocabulary.address(received.document.get("target"))
    if received.object != received.actor or not target:
        raise Ignored("it does not say who moves whereto")
    if uris.is_ours(target, received.config):
        # Accounts here name no others as their own.
        raise Ignored("the account here does not name the old one")
    received.need(lookups.URI, target)
    moved = queries.receiving.move(received.connection, account_id=account.id, uri=account.uri, target=target)
    if moved is None:
        raise Ignored("the new account is not there, does not name the old one, or one of both moved just now")
