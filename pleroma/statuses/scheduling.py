"""Statuses that are to be posted later: the request is kept, and a job posts it once when it is due.

The checks of posting run when it is scheduled and again when it is posted (docs/api/mastodon.md 4.7, 10.5).
"""

from __future__ import annotations

import dataclasses
import json
import logging
from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection

from pleroma import db, jobs
from pleroma.config import Config
from pleroma.db import queries
from pleroma.errors import ApiError, Unprocessable
from pleroma.statuses import posting
from pleroma.statuses.posting import NewStatus

log = logging.getLogger(__name__)
SHORTEST_WAIT = timedelta(minutes=5)
DAILY_LIMIT, TOTAL_LIMIT = 25, 300


def keep(connection: Connection, account_id: int, new: NewStatus, due: datetime, config: Config) -> bytes:
    """Keep a request for later and return the ScheduledStatus.

    Raises Unprocessable beyond the limits, and what `posting.publish` would raise now.
    """
    visibility = posting.check(connection, account_id, new, config)
    queries.interactions.lock_account(connection, account_id=account_id)
    counts = queries.scheduled_statuses.counts(connection, account_id=account_id, scheduled_at=due)
    if counts.that_day >= DAILY_LIMIT:
        raise Unprocessable("daily limit exceeded")
    if counts.total >= TOTAL_LIMIT:
        raise Unprocessable("total limit exceeded")
    request = {"new": dataclasses.asdict(new), "params": _shown(new, visibility)}
    entity, _ = queries.scheduled_statuses.create(
        connection, account_id=account_id, request=json.dumps(request), media_ids=new.media_ids, scheduled_at=due
    )
    return entity


def _shown(new: NewStatus, visibility: str) -> dict[str, Any]:
    """The params of a ScheduledStatus (docs/api/mastodon.md 11.10)."""
    return {
        "text": new.source,
        "visibility": visibility,
        "sensitive": new.sensitive,
        "spoiler_text": new.spoiler_text or None,
        "in_reply_to_id": str(new.in_reply_to_id) if new.in_reply_to_id else None,
        "media_ids": [str(media_id) for media_id in new.media_ids] or None,
        "poll": new.poll,
        "scheduled_at": None,
        "language": new.language,
    }


@jobs.task("upkeep", name="post_scheduled_status")
def post_scheduled_status(scheduled_id: int) -> None:
    """Post a scheduled status that is due: taken and posted in one transaction, so exactly once."""
    with db.in_transaction() as connection:
        kept = queries.scheduled_statuses.take_due(connection, scheduled_id=scheduled_id)
        if kept is None or queries.accounts.exists(connection, account_id=kept.account_id) is None:
            return
        try:
            with db.savepoint(connection):
                posting.publish(connection, kept.account_id, NewStatus(**kept.request["new"]), jobs.configuration())
        except ApiError as error:
            # The status it replied to was deleted, for example. Trying again would not help.
            log.warning("scheduled status %s is not posted: %s", scheduled_id, error.message)


@jobs.task("upkeep", name="end_poll")
def end_poll(status_id: int) -> None:
    """Notify author and voters that a poll has ended."""
    with db.in_transaction() as connection:
        queries.polls.notify_of_end(connection, status_id=status_id)
