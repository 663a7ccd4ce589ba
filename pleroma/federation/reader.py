"""Carries out what others sent, in the order in which it came; one reader at a time, whichever node it is on.

Each activity is a transaction of its own. One that needs something from the network is
put back until that was looked up.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from typing import Any

from psycopg import Connection

from pleroma import db
from pleroma.config import Config
from pleroma.db import queries
from pleroma.errors import ApiError
from pleroma.federation import inbox, lookups, received, signatures, uris
from pleroma.federation.received.activity import Ignored, Missing, Received

log = logging.getLogger(__name__)
_BATCH = 32
_IDLE, _PATIENCE = 0.25, 10.0
_MOST_TRIES, _MOST_FOR_KEY = 12, 3
MOST_OF_A_MINUTE = 600


class Pace:
    """How much of each host was carried out in this minute."""

    def __init__(self) -> None:
        self._minute = 0
        self._counts: Counter[str] = Counter()

    def count(self, host: str) -> None:
        """Count one activity."""
        minute = int(time.monotonic() // 60)
        if minute != self._minute:
            self._minute = minute
            self._counts.clear()
        self._counts[host] += 1

    def busy_hosts(self) -> list[str]:
        """Those that have had their share."""
        return [host for host, number in self._counts.items() if number >= MOST_OF_A_MINUTE]


def run(config: Config, stop: threading.Event) -> None:
    """Carry out what comes in, until `stop` is set."""
    pace = Pace()
    while not stop.is_set():
        if not read(config, pace):
            stop.wait(_IDLE)


def read(config: Config, pace: Pace) -> bool:
    """Carry out some of what is due; whether there was anything, and nobody else at it."""
    with db.scope() as turn:
        if not queries.inbox.is_due(turn.connection()).yes:
            return False
        connection = turn.begin()
        if not queries.inbox.begin(connection).is_only_one:
            return False
        rows = queries.inbox.due(connection, limit=_BATCH, busy_hosts=pace.busy_hosts())
        # Others go first; when there are none, nobody waits.
        rows = rows or queries.inbox.due(connection, limit=_BATCH, busy_hosts=[])
        for row in rows:
            pace.count(row.host)
            _read_one(row, config)
        hosts = sorted({row.host for row in rows if row.signed is None})
        if hosts:
            queries.inbox.heard(connection, hosts=hosts)
    return bool(rows)


def _read_one(row: Any, config: Config) -> None:
    try:
        with db.scope() as own:
            connection = own.begin()
            db.later(connection, queries.inbox.start)
            _carry_out(connection, row, config)
            db.later(connection, queries.inbox.finish, id=row.id)
    except Missing as missing:
        _put_back(row, missing, config)
    except (Ignored, ApiError) as reason:
        log.debug("%s: an activity was ignored: %s", row.host, reason)
        _finish(row)
    except Exception:
        log.exception("%s: an activity could not be carried out", row.host)
        _put_back(row, None, config)


def _carry_out(connection: Connection, row: Any, config: Config) -> None:
    if row.is_refused:
        raise Ignored("the host is refused")
    activity = inbox.read(row.body, config)
    if row.signed is not None:
        _require_made_by(connection, activity.actor, row)
    received.carry_out(Received(connection, activity.document, activity.actor, row.recipient_id, row.tries, config))


def _require_made_by(connection: Connection, actor: str, row: Any) -> None:
    """Look whether the sender's key made the signature. Raises Missing while that has not been asked for; Ignored."""
    claim = inbox.claimed(row.signed)
    key = queries.inbox.key(connection, id=claim.key_id)
    if key is not None and key.owner == actor and signatures.is_made_by(key.public_key, claim):
        return
    result = queries.lookups.result(connection, kind=lookups.KEY, name=claim.key_id)
    if row.tries >= _MOST_FOR_KEY or result is not None and result.is_fresh:
        raise Ignored("the key is not to be had, or did not make the signature")
    raise Missing(lookups.KEY, claim.key_id)


def _put_back(row: Any, missing: Missing | None, config: Config) -> None:
    """Let an activity wait for what it needs, or for another try; not for ever."""
    if row.tries >= _MOST_TRIES:
        _finish(row)
        return
    with db.in_transaction() as connection:
        queries.inbox.park(
            connection,
            id=row.id,
            waits_for=f"{missing.kind} {missing.name}" if missing else None,
            seconds=_PATIENCE,
        )
        if missing is not None:
            try:
                is_asked = lookups.ask_for(connection, missing.kind, missing.name, row.host)
            except uris.BadUri:
                is_asked = False
            if not is_asked:
                queries.inbox.finish(connection, id=row.id)


def _finish(row: Any) -> None:
    with db.in_transaction() as connection:
        db.later(connection, queries.inbox.finish, id=row.id)
