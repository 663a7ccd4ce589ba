"""How a status is edited: what was, what becomes of it, its versions, and who is notified (docs/api/mastodon.md 4.16).

It expects the caller's transaction.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from psycopg import Connection

from pleroma.config import Config
from pleroma.db import queries
from pleroma.errors import Unprocessable, found
from pleroma.statuses import posting
from pleroma.statuses.posting import Composed, NewStatus

MOST_EDITS = 1000


@dataclass(frozen=True)
class MediaChange:
    """What is said of an attachment of the status; None leaves it, an empty description takes it away."""

    description: str | None
    focus: dict[str, float] | None


@dataclass(frozen=True)
class Change:
    """What an author wants changed; None for what stays as it was."""

    source: str | None = None
    spoiler_text: str | None = None
    sensitive: bool | None = None
    language: str | None = None
    content_type: str | None = None
    media_ids: list[int] | None = None
    media: dict[int, MediaChange] = field(default_factory=dict)
    poll: dict[str, Any] | None = None
    removes_poll: bool = False


def edit(connection: Connection, account_id: int, status_id: int, change: Change, config: Config) -> None:
    """Change an own status, with its effects; what changes nothing has none.

    Raises NotFound for anything but an own original, Unprocessable for a text that could not be posted, for media
    that another status has, for a poll that has ended, and beyond 1,000 edits.
    """
    owner = {"account_id": account_id, "status_id": status_id}
    # Read behind the lock: of several edits at once each sees the one before.
    found(queries.editing.lock(connection, **owner))
    before = queries.editing.read(connection, **owner)
    new, media_before = _wanted(before, change), [media["id"] for media in before.media]
    posting.require_length(new.source, new.spoiler_text, config)
    poll = _poll(before, change)
    described = _described(before, new.media_ids, change)
    if not described and not poll and _same(before, new, media_before):
        return
    _require_possible(connection, before, new, status_id)
    composed = posting.compose(connection, account_id, new, config)
    if not before.versions:
        queries.editing.keep_version(connection, status_id=status_id)
    _store(connection, status_id, composed)
    for media_id, said in described.items():
        focus = json.dumps(said.focus) if said.focus is not None else None
        queries.media.update(
            connection, account_id=account_id, media_id=media_id, description=said.description, focus=focus
        )
    if composed.media_ids != media_before:
        queries.editing.remove_media(connection, status_id=status_id)
        queries.editing.add_media(connection, status_id=status_id, media_ids=composed.media_ids)
    added = [one for one in composed.audience.involved(account_id) if one not in before.involved]
    notify(connection, status_id, before.visibility, added)
    if poll:
        _change_poll(connection, status_id, before, change)
    queries.editing.keep_version(connection, status_id=status_id)


def _wanted(before: Any, change: Change) -> NewStatus:
    """The status as it would be: NewStatus with everything that stays."""
    poll = None if change.removes_poll else change.poll or before.poll

    def _kept(value: Any, old: Any) -> Any:
        return old if value is None else value

    return NewStatus(
        source=_kept(change.source, before.source),
        spoiler_text=_kept(change.spoiler_text, before.spoiler_text),
        content_type=_kept(change.content_type, before.content_type),
        visibility=before.visibility,
        list_id=before.list_id,
        in_reply_to_id=before.in_reply_to_id,
        media_ids=_kept(change.media_ids, [media["id"] for media in before.media]),
        sensitive=_kept(change.sensitive, before.sensitive),
        language=_kept(change.language, before.language),
        poll=poll,
        is_edit=True,
    )


def _same(before: Any, new: NewStatus, media_before: list[int]) -> bool:
    kept = (before.source, before.spoiler_text, before.content_type, before.sensitive, before.language, media_before)
    return kept == (new.source, new.spoiler_text, new.content_type, new.sensitive, new.language, new.media_ids)


def _described(before: Any, media_ids: list[int], change: Change) -> dict[int, MediaChange]:
    """What changes of the attachments that the status has afterwards."""
    known = {media["id"]: media for media in before.media}
    described = {media_id: said for media_id, said in change.media.items() if media_id in media_ids}
    return {
        media_id: said
        for media_id, said in described.items()
        if media_id not in known
        or said.description is not None
        and said.description != (known[media_id]["description"] or "")
        or said.focus is not None
        and said.focus != known[media_id]["focus"]
    }


def _poll(before: Any, change: Change) -> bool:
    """Whether the poll changes. Raises Unprocessable when it has ended."""
    changes = change.poll is not None or change.removes_poll and before.poll is not None
    if changes and before.poll is not None and before.poll["ended"]:
        raise Unprocessable("The poll has ended")
    return changes


def _require_possible(connection: Connection, before: Any, new: NewStatus, status_id: int) -> None:
    if before.versions > MOST_EDITS:
        raise Unprocessable("The status was edited too often")
    if queries.editing.has_foreign_media(connection, status_id=status_id, media_ids=new.media_ids).is_used:
        raise Unprocessable("A media attachment belongs to another status")


def _store(connection: Connection, status_id: int, composed: Composed) -> None:
    new = composed.new
    queries.editing.store(
        connection,
        status_id=status_id,
        source=new.source,
        spoiler_text=new.spoiler_text,
        sensitive=composed.sensitive,
        language=new.language,
        content_type=new.content_type,
        body=composed.body,
        addressed=[account["id"] for account in composed.audience.addressed],
        emoji_codes=composed.context.emoji_codes or None,
        has_media=bool(composed.media_ids),
        has_poll=new.poll is not None,
    )
    queries.editing.remove_tags(connection, status_id=status_id, hashtags=composed.rendered.hashtags)
    queries.editing.add_tags(connection, status_id=status_id, hashtags=composed.rendered.hashtags)


def notify(connection: Connection, status_id: int, visibility: str, added: list[int]) -> None:
    """Notify of an edit: those who were `added` to whom the status addresses, and those who reblogged it or voted."""
    if added:
        queries.editing.notify_mentioned(connection, status_id=status_id, account_ids=added)
        if visibility == "direct":
            queries.statuses.deliver_direct(connection, status_id=status_id, account_ids=added)
    queries.editing.remove_notifications(connection, status_id=status_id)
    queries.editing.notify(connection, status_id=status_id)


def _change_poll(connection: Connection, status_id: int, before: Any, change: Change) -> None:
    """The same options leave the votes; others start again, and none end the poll."""
    poll = change.poll
    kept = ("options", "multiple")
    if poll and before.poll and all(poll[name] == before.poll[name] for name in kept):
        queries.editing.prolong_poll(
            connection, status_id=status_id, expires_in=poll["expires_in"], hide_totals=poll["hide_totals"]
        )
    else:
        queries.editing.remove_poll(connection, status_id=status_id)
    if poll:
        queries.editing.start_poll(connection, status_id=status_id, poll=json.dumps(poll))
