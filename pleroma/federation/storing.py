"""A status elsewhere becomes one here: who may see it, whom it addresses, what it answers, and what is stored of it."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg import Connection

from pleroma import db, text
from pleroma.config import Config
from pleroma.db import queries
from pleroma.federation import uris, vocabulary
from pleroma.federation.objects import Attachment, Object
from pleroma.statuses import editing, fragments

# What comes later than this after it was published is sorted by when that was.
_FRESH = timedelta(minutes=15)
_MOST_ADDRESSES, _MOST_NOTIFIED = 500, 20


@dataclass(frozen=True)
class Audience:
    """Who may see a status elsewhere, and the accounts known here that it addresses, and mentions."""

    visibility: str
    addressed: list[Any]
    mentioned: list[Any]

    def involved(self, author_id: int) -> list[int]:
        """The author, and everybody addressed."""
        return list(dict.fromkeys([author_id, *(person.id for person in self.addressed)]))


@dataclass(frozen=True)
class Context:
    """What is here of what a status elsewhere names: accounts, by their addresses as written, and what it answers."""

    people: dict[str, Any]
    parent: Any


def context_of(connection: Connection, status: Object, config: Config) -> Context:
    """What is here of what a status names."""
    names = dict.fromkeys((*status.to, *status.cc, *status.mentions))
    parent = find_status(connection, status.in_reply_to, config) if status.in_reply_to else None
    return Context(_people(connection, list(names), config), parent)


def find_status(connection: Connection, uri: str, config: Config) -> Any:
    """The status, ours or another's, of an address that somebody elsewhere wrote; None when it is not here."""
    is_ours = uris.is_ours(uri, config)
    return queries.receiving.status(
        connection,
        uuid=uris.local_uuid(uri, config) if is_ours else None,
        status_id=uris.local_id(uri, config) if is_ours else None,
        uri=None if is_ours else uri,
    )


def audience(
    connection: Connection, status: Object, author: Any, context: Context, recipient_id: int | None
) -> Audience:
    """Who may see a status and whom it addresses; `author` is the row of remote_accounts.

    In somebody's own inbox without any address of somebody here, it is for that one.
    """
    if any(map(vocabulary.is_public, status.to)):
        visibility = "public"
    elif any(map(vocabulary.is_public, status.cc)):
        visibility = "unlisted"
    else:
        visibility = "private" if author.followers and author.followers in (*status.to, *status.cc) else "direct"
    names = list(dict.fromkeys((*status.to, *status.cc)))[:_MOST_ADDRESSES]
    found = context.people
    addressed = [found[name] for name in names if name in found]
    if recipient_id is not None and not any(person.uri == "" for person in addressed):
        addressed += [row for row in people_of_ids(connection, [recipient_id]) if visibility in ("private", "direct")]
    return Audience(visibility, addressed, [found[name] for name in status.mentions if name in found])


def _people(connection: Connection, names: list[str], config: Config) -> dict[str, Any]:
    """The accounts of addresses, by the addresses as they were written."""
    nicknames = {name: uris.local_nickname(name, config) for name in names}
    rows = queries.receiving.people(
        connection,
        nicknames=[nickname for nickname in nicknames.values() if nickname],
        uris=[name for name, nickname in nicknames.items() if nickname is None],
    )
    local = {row.nickname.lower(): row for row in rows if row.uri == ""}
    remote = {row.url: row for row in rows if row.uri} | {row.uri: row for row in rows if row.uri}
    found = {
        name: local.get(nickname.lower()) if nickname else remote.get(name) for name, nickname in nicknames.items()
    }
    return {name: row for name, row in found.items() if row is not None}


def people_of_ids(connection: Connection, ids: list[int]) -> list[Any]:
    """The accounts of ids."""
    return list(queries.receiving.people_of_ids(connection, ids=ids))


def store_fetched(connection: Connection, status: Object, author_id: int, config: Config) -> int | None:
    """The id of a status that was fetched, stored now unless it is here. None when it is not public."""
    known = find_status(connection, status.uri, config)
    if known is not None:
        return int(known.id)
    author = queries.remote_accounts.by_uri(connection, uri=status.author)
    context = context_of(connection, status, config)
    circle = audience(connection, status, author, context, None)
    relation = queries.receiving.relation(connection, account_id=author_id, people=[], thread_id=None, uri=status.uri)
    if circle.visibility not in ("public", "unlisted") or relation.is_buried:
        return None
    return store(connection, status, author_id, circle, context.parent, arrives=False)


def store(
    connection: Connection, status: Object, author_id: int, circle: Audience, parent: Any, *, arrives: bool
) -> int | None:
    """Store a status; None when it is here. `arrives`: it was sent to us, and not asked for."""
    published = status.published or datetime.now(UTC)
    row = queries.receiving.create(
        connection,
        uri=status.uri,
        url=status.url,
        account_id=author_id,
        in_reply_to_id=parent.id if parent else None,
        in_reply_to_account_id=parent.account_id if parent else None,
        in_reply_to_uri=status.in_reply_to,
        thread_id=parent.thread_id if parent else None,
        visibility=circle.visibility,
        sensitive=status.sensitive,
        language=status.language,
        spoiler_text=status.spoiler_text,
        body=body(status, circle, parent),
        involved=circle.involved(author_id),
        hashtags=status.hashtags,
        has_media=bool(status.attachments),
        has_poll=status.poll is not None,
        published=published,
        arrives=arrives and is_fresh(published),
    )
    if row is None:
        return None
    put_parts(connection, row.id, author_id, status)
    db.later(connection, queries.receiving.adopt, status_id=row.id, uri=status.uri)
    if arrives:
        _notify(connection, row, author_id, circle)
    return int(row.id)


def is_fresh(published: datetime) -> bool:
    """Whether something was published just now, so that it stands where it arrives and not where it belongs."""
    return datetime.now(UTC) - published < _FRESH


def body(status: Object, circle: Audience, parent: Any) -> str:
    """The fragment of JSON that no reader changes."""
    mentioned = [row._asdict() for row in circle.mentioned]
    answered = parent._asdict() if parent is not None else None
    return fragments.status_body(
        status.html, text.plain(status.html), mentioned, status.hashtags, status.language, answered
    )


def put_parts(connection: Connection, status_id: int, author_id: int, status: Object) -> None:
    """Store the files and the poll of a status."""
    if status.attachments:
        media = json.dumps([_file(attachment) for attachment in status.attachments])
        db.later(connection, queries.receiving.add_media, status_id=status_id, account_id=author_id, media=media)
    if status.poll is not None:
        put_poll(connection, status_id, status)


def put_poll(connection: Connection, status_id: int, status: Object) -> None:
    """Store the poll of a status as its server counts it now."""
    poll = status.poll
    assert poll is not None  # noqa: S101 (the caller has looked)
    db.later(
        connection,
        queries.receiving.put_poll,
        status_id=status_id,
        options=poll.options,
        counts=poll.counts,
        voters=poll.voters,
        multiple=poll.multiple,
        expires_at=min(filter(None, (poll.expires_at, datetime.now(UTC)))) if poll.is_closed else poll.expires_at,
    )


def change(connection: Connection, known: Any, status: Object, circle: Audience, parent: Any) -> None:
    """Change a status as its author did, with its version before, and notify; what changes nothing has no effect.

    `known` is the row of receiving.status.
    """
    if status.poll is not None:
        put_poll(connection, known.id, status)
    new = {
        "status_id": known.id,
        "sensitive": status.sensitive,
        "language": status.language,
        "spoiler_text": status.spoiler_text,
        "body": body(status, circle, parent),
        "has_poll": status.poll is not None,
    }
    media = json.dumps([_file(attachment) for attachment in status.attachments])
    involved = circle.involved(known.account_id)
    before = queries.receiving.compare(connection, **new, media=media, involved=involved)
    if not (before.is_other or before.has_other_media):
        return
    if not before.versions:
        queries.editing.keep_version(connection, status_id=known.id)
    queries.receiving.change(
        connection, **new, involved=involved, has_media=bool(status.attachments), edited_at=status.updated
    )
    if before.has_other_media:
        queries.editing.remove_media(connection, status_id=known.id)
        queries.receiving.add_media(connection, status_id=known.id, account_id=known.account_id, media=media)
    queries.editing.remove_tags(connection, status_id=known.id, hashtags=status.hashtags)
    queries.editing.add_tags(connection, status_id=known.id, hashtags=status.hashtags)
    added = before.added if len(circle.mentioned) <= _MOST_NOTIFIED else []
    editing.notify(connection, known.id, known.visibility, added)
    queries.editing.keep_version(connection, status_id=known.id)


def _file(attachment: Attachment) -> dict[str, Any]:
    return dataclasses.asdict(attachment)


def _notify(connection: Connection, row: Any, author_id: int, circle: Audience) -> None:
    """Notify those whom a status addresses, unless they are so many that nobody is meant, and its subscribers."""
    if circle.visibility == "direct":
        involved = circle.involved(author_id)
        db.later(connection, queries.statuses.deliver_direct, status_id=row.id, account_ids=involved)
    if len(circle.mentioned) <= _MOST_NOTIFIED or row.has_subscribers:
        db.later(connection, queries.statuses.notify, status_id=row.id)
