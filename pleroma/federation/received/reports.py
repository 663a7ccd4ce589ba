"""Reports that others send of accounts here."""

from __future__ import annotations

from pleroma import text
from pleroma.db import queries
from pleroma.federation import remote_html, uris, vocabulary
from pleroma.federation.received.activity import Ignored, Received
from pleroma.text import Rules

MOST_OF_A_DAY = 20
_MOST_OBJECTS, _LONGEST_COMMENT = 100, 1000


def flag(received: Received) -> None:
    """Store a report of an account here, with those of its statuses that are named, in any order."""
    named = vocabulary.addresses(received.document.get("object"), _MOST_OBJECTS)
    uuids = [uris.local_uuid(name, received.config) for name in named]
    ids = [uris.local_id(name, received.config) for name in named]
    statuses = queries.receiving.local_statuses(
        received.connection, uuids=list(filter(None, uuids)), ids=list(filter(None, ids))
    )
    target_id = _target(received, named) or next((row.account_id for row in statuses), None)
    if target_id is None:
        raise Ignored("it is about nobody here")
    host = uris.host_of(received.actor)
    if queries.receiving.reports_of_host(received.connection, host=host).number >= MOST_OF_A_DAY:
        raise Ignored("the host has reported enough for a day")
    comment = remote_html.as_text(vocabulary.text(received.document.get("content")), _LONGEST_COMMENT)
    content = text.parse(comment, "text/plain", Rules(received.config.base_url)).render().html if comment else None
    queries.reports.create(
        received.connection,
        account_id=received.account.id,
        target_id=target_id,
        comment=comment,
        content=content,
        forward=False,
        category="other",
        rule_ids=[],
        status_ids=[row.id for row in statuses],
    )


def _target(received: Received, named: list[str]) -> int | None:
    nicknames = [nickname.lower() for name in named if (nickname := uris.local_nickname(name, received.config))]
    rows = queries.receiving.people(received.connection, nicknames=nicknames, uris=[])
    ids = {row.nickname.lower(): int(row.id) for row in rows}
    return next((ids[nickname] for nickname in nicknames if nickname in ids), None)
