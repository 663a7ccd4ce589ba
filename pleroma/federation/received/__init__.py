"""What an activity of somebody elsewhere does here, once it is known who sent it (docs/federation.md)."""

from __future__ import annotations

from collections.abc import Callable

from pleroma.federation import vocabulary
from pleroma.federation.received import ends, follows, marks, moves, reports, statuses
from pleroma.federation.received.activity import Received

_DOES: dict[str, Callable[[Received], None]] = {
    "Follow": follows.follow,
    "Accept": follows.accept,
    "Reject": follows.reject,
    "Block": follows.block,
    "Create": statuses.create,
    "Update": statuses.update,
    "Add": statuses.pin,
    "Remove": statuses.unpin,
    "Announce": marks.announce,
    "Like": marks.like,
    "EmojiReact": marks.react,
    "Undo": ends.undo,
    "Delete": ends.delete,
    "Flag": reports.flag,
    "Move": moves.move,
}


def carry_out(received: Received) -> None:
    """Do what an activity asks for, in the caller's transaction. Other kinds do nothing.

    Raises Ignored when it does not concern anybody here, or may not be done; Missing when something has to be looked up
    first. An ApiError means that it may not be done, too.
    """
    does = _DOES.get(vocabulary.kind(received.document))
    if does is not None:
        does(received)
