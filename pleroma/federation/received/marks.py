"""What others do with a status: reblogs, favourites and reactions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pleroma import text
from pleroma.db import queries
from pleroma.federation import lookups, storing, vocabulary
from pleroma.federation.actors import moment
from pleroma.federation.received.activity import Ignored, Received

MOST_REACTIONS = 20
# A Like may carry a reaction; these mean no more than the Like.
_LIKES = frozenset(("❤", "⭐", "👍"))
_SELECTOR = "\N{VARIATION SELECTOR-16}"


def announce(received: Received) -> None:
    """Reblog a status, which is fetched when it is not here and somebody follows the actor."""
    account, uri = received.account, _announced(received)
    original = received.status(uri)
    if original is None or not original.local:
        _require_follower(received, account)
    if original is None:
        received.need(lookups.URI, uri)
        original = received.status(uri)
    if original is None:
        raise Ignored("what it reblogs is not to be had")
    published = moment(received.document.get("published")) or datetime.now(UTC)
    queries.receiving.create_reblog(
        received.connection,
        uri=vocabulary.address(received.document),
        account_id=account.id,
        status_id=original.id,
        published=published,
        arrives=storing.is_fresh(published),
    )
    received.note("announce", status_id=original.id)


def _announced(received: Received) -> str:
    """The id of what is reblogged; a group sends what its members do, as a whole, and of that the object counts."""
    inner = received.embedded
    if received.account.is_group and vocabulary.kind(inner) in ("Create", "Update"):
        return vocabulary.address(inner.get("object"))
    if received.account.is_group and inner and "object" in inner:
        raise Ignored("a group sends an activity without a status")
    return received.object


def _require_follower(received: Received, account: Any) -> None:
    relation = queries.receiving.relation(
        received.connection, account_id=account.id, people=[], thread_id=None, uri=None
    )
    if not relation.concerns:
        raise Ignored("nobody here follows its actor")


def like(received: Received) -> None:
    """Favourite a status of this server, or react to it when the Like carries a reaction."""
    emoji = vocabulary.text(received.document.get("content") or received.document.get("_misskey_reaction"))
    if _reacts(received, emoji):
        return
    status, account = received.local_status(received.object), received.account
    if queries.interactions.favourite(received.connection, account_id=account.id, status_id=status.id) is None:
        raise Ignored("the status is not to be seen")
    received.note("like", status_id=status.id)


def react(received: Received) -> None:
    """React to a status of this server; an emoji that only the other server has counts as a favourite."""
    like(received)


def _reacts(received: Received, emoji: str) -> bool:
    """Whether an activity is a reaction with a character, and stored as such."""
    name = text.as_emoji(emoji) if emoji else None
    if name is None or name.removesuffix(_SELECTOR) in _LIKES:
        return False
    status, account = received.local_status(received.object), received.account
    pair = {"viewer_id": account.id, "status_id": status.id}
    if queries.reactions.lock(received.connection, **pair) is None:
        raise Ignored("the status is not to be seen")
    counts = queries.reactions.count(received.connection, **pair, emoji=name)
    if counts.reactions >= MOST_REACTIONS and not counts.same:
        raise Ignored("there are enough reactions of this account")
    queries.reactions.add(received.connection, **pair, emoji=name)
    received.note("react", status_id=status.id, emoji=name)
    return True
