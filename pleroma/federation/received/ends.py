"""What is taken back, and what is gone."""

from __future__ import annotations

from collections.abc import Callable

from pleroma.accounts import lifecycle, relationships
from pleroma.db import queries
from pleroma.federation import uris, vocabulary
from pleroma.federation.received.activity import Ignored, Received, hash_of
from pleroma.statuses import posting


def undo(received: Received) -> None:
    """Take back what the actor did: found by the id of that, else by what it was about."""
    account = received.account
    noted = queries.receiving.take_noted(received.connection, id_hash=hash_of(received.object), account_id=account.id)
    if noted is not None:
        _TAKEN_BACK[noted.kind](received, noted.status_id or noted.target_id, noted.emoji)
        return
    kind, undone = vocabulary.kind(received.embedded), received.embedded.get("object")
    if vocabulary.address(received.embedded.get("actor") or received.actor) != received.actor:
        raise Ignored("somebody else did that")
    if kind in ("Like", "EmojiReact", "Announce"):
        status = received.status(vocabulary.address(undone))
        if status is None:
            raise Ignored("it is about no status here")
        for name in ("announce",) if kind == "Announce" else ("like", "react"):
            _TAKEN_BACK[name](received, status.id, None)
    elif kind == "Block":
        _end_block(received, received.local_account(vocabulary.address(undone)).id, None)
    else:
        # Some name whom they followed, and not the Follow.
        followed = vocabulary.address(undone) if kind == "Follow" else received.object
        _end_follow(received, received.local_account(followed).id, None)


def _end_follow(received: Received, target_id: int, _: str | None) -> None:
    relationships.unfollow(received.connection, received.account.id, target_id)


def _end_block(received: Received, target_id: int, _: str | None) -> None:
    queries.relationships.unblock(received.connection, account_id=received.account.id, target_id=target_id)


def _end_reblog(received: Received, status_id: int, _: str | None) -> None:
    queries.interactions.remove_reblog(received.connection, account_id=received.account.id, status_id=status_id)


def _end_favourite(received: Received, status_id: int, _: str | None) -> None:
    queries.interactions.unfavourite(received.connection, account_id=received.account.id, status_id=status_id)


def _end_reaction(received: Received, status_id: int, emoji: str | None) -> None:
    name = emoji or vocabulary.text(received.embedded.get("content"))
    queries.reactions.remove(received.connection, viewer_id=received.account.id, status_id=status_id, emoji=name)


_TAKEN_BACK: dict[str, Callable[[Received, int, str | None], None]] = {
    "follow": _end_follow,
    "block": _end_block,
    "announce": _end_reblog,
    "like": _end_favourite,
    "react": _end_reaction,
}


def delete(received: Received) -> None:
    """Delete a status of the actor, or the actor's account; a status that comes after its deletion is not stored."""
    name = received.object
    if name == received.actor:
        delete_account(received)
        return
    if not uris.same_origin(name, received.actor):
        raise Ignored("it is of another server than its actor")
    row = queries.receiving.deletable(received.connection, uri=name)
    if row is None:
        queries.receiving.bury(received.connection, uri=name)
    elif received.known_account is not None and row.account_id == received.known_account.id:
        queries.receiving.bury(received.connection, uri=name)
        posting.remove(received.connection, row)
    else:
        raise Ignored("it is somebody else's")


def delete_account(received: Received) -> None:
    """Delete the account of the actor, as a job."""
    if received.known_account is None:
        raise Ignored("nobody here knows the actor")
    lifecycle.begin_deletion(received.connection, received.known_account.id)
