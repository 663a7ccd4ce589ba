"""What is done here, brought to the servers that it concerns: signed, in order for each host, again when it fails.

A delivery is tried nine times within 53 hours; while a host fails, the others wait for its first one. Only this part of
the worker sends anything.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from operator import attrgetter
from typing import Any

from pleroma import db, remote
from pleroma.config import Config
from pleroma.db import queries
from pleroma.federation import fetching, keys, signatures
from pleroma.text.clean import BASE

log = logging.getLogger(__name__)
_MINUTE, _HOUR = 60.0, 3600.0
PAUSES = (_MINUTE, 5 * _MINUTE, 20 * _MINUTE, _HOUR, 3 * _HOUR, 8 * _HOUR, 16 * _HOUR, 24 * _HOUR)
_SPREAD = 0.2
_LONGEST_PAUSE = 6 * _HOUR
_REFUSALS = frozenset((400, 403, 404, 405, 406, 410, 413, 415, 422))
_TRIES_OF_UNAUTHORIZED = 3
_SECONDS = 10.0
_BATCH, _MOST_OF_HOST, _MOST = 32, 1000, 100_000
_IDLE, _TIDY_EACH = 0.25, 60.0
# Seconds after which a host is slow, and how many times as many hosts may be sent to when some are.
_SLOW, _SLOW_SHARE = 2.0, 4


@dataclass
class Outcome:
    """What came of the deliveries to one host; after `failed` it is tried again in `pause` seconds.

    That one is among `done` when it was its last try.
    """

    host: str
    done: list[int] = field(default_factory=list)
    failed: int | None = None
    pause: float = 0.0


def run(config: Config, stop: threading.Event) -> None:
    """Bring out what is due, until `stop` is set; what is on its way by then still gets its time."""
    tidied = 0.0
    with ThreadPoolExecutor(_SLOW_SHARE * config.delivery_threads, "courier") as threads:
        underway = _Underway(config, threads)
        while not stop.is_set():
            if not underway.go_on():
                stop.wait(_IDLE)
            if time.monotonic() - tidied > _TIDY_EACH:
                tidied = time.monotonic()
                tidy()
        underway.end()


class _Underway:
    """The hosts that are sent to now, and what came of others and is not noted yet."""

    def __init__(self, config: Config, threads: ThreadPoolExecutor) -> None:
        self._config, self._threads = config, threads
        # Of each when it began, and when it was claimed.
        self._running: dict[Future[Outcome], tuple[float, Any]] = {}
        self._ended: list[tuple[Outcome, Any]] = []
        self._noted = 0.0

    def go_on(self) -> bool:
        """Begin with what is due, and take up what has ended; False when there was nothing of either."""
        with db.connection() as connection:
            due = queries.outgoing.is_due(connection)
        is_busy = due.is_done and expand(self._config)
        if due.is_host or is_busy:
            for host, deliveries in _claimed(self._places()):
                sending = self._threads.submit(deliver, host, deliveries, self._config)
                self._running[sending] = time.monotonic(), deliveries[0].claimed_at
                is_busy = True
        is_busy = is_busy or bool(self._running)
        self._take_up(_IDLE)
        if time.monotonic() - self._noted > _IDLE or not self._running:
            self._note()
        return is_busy

    def _places(self) -> int:
        """How many hosts more may be sent to. Slow ones take nobody's place, as long as there are not too many."""
        now = time.monotonic()
        quick = sum(now - began < _SLOW for began, _ in self._running.values())
        most = _SLOW_SHARE * self._config.delivery_threads - len(self._running)
        return max(0, min(self._config.delivery_threads - quick, most))

    def _take_up(self, seconds: float | None) -> None:
        done, _ = wait(self._running, timeout=seconds, return_when=FIRST_COMPLETED) if self._running else (set(), None)
        self._ended += [(sending.result(), self._running.pop(sending)[1]) for sending in done]

    def _note(self) -> None:
        self._noted = time.monotonic()
        _report(self._ended)
        self._ended = []

    def end(self) -> None:
        """Wait for what is on its way, and note what came of it."""
        while self._running:
            self._take_up(None)
        self._note()


def expand(config: Config) -> bool:
    """Make deliveries of some of what was done here; whether there was anything."""
    with db.in_transaction() as connection:
        rows = queries.outgoing.due(connection, limit=_BATCH)
        for row in rows:
            owner = row.path or (keys.INSTANCE if row.kind == "flag" else keys.path_of(row.nickname or ""))
            if row.nickname and not row.path:
                keys.public_key(connection, owner, None if owner == keys.INSTANCE else row.nickname)
            queries.outgoing.expand(connection, outgoing_id=row.id, owner=owner, host=config.domain)
    return bool(rows)


def _claimed(places: int) -> list[tuple[str, list[Any]]]:
    if places < 1:
        return []
    with db.in_transaction() as connection:
        rows = queries.outgoing.claim(connection, limit=places)
        keyed = [(row, row.former_key or keys.private_key(connection, row.owner, row.nickname)) for row in rows]
    claimed = [
        _Delivery(row.host, row.id, row.inbox, row.tries, row.body, row.owner, key, row.claimed_at)
        for row, key in keyed
    ]
    return [(host, list(of_host)) for host, of_host in groupby(claimed, key=attrgetter("host"))]


@dataclass(frozen=True, slots=True)
class _Delivery:
    host: str
    id: int
    inbox: str
    tries: int
    body: str
    owner: str
    private_key: str
    claimed_at: Any


def deliver(host: str, deliveries: list[_Delivery], config: Config) -> Outcome:
    """Send deliveries to one host, in their order, until one has to be tried again."""
    outcome = Outcome(host)
    for delivery in deliveries:
        pause = _sent(delivery, config)
        is_last = delivery.tries >= len(PAUSES)
        if pause is None or is_last:
            outcome.done.append(delivery.id)
        if pause is not None:
            outcome.failed, outcome.pause = delivery.id, pause
            break
    return outcome


def _sent(delivery: _Delivery, config: Config) -> float | None:
    """Send one delivery; the seconds until it is to be tried again, None when it is done with."""
    body = delivery.body.replace(BASE, config.base_url).encode()
    key_id = f"{config.base_url}{delivery.owner}#main-key"
    try:
        answer = remote.fetch(
            delivery.inbox,
            method="POST",
            data=body,
            headers={"User-Agent": fetching.user_agent(config)},
            sign=partial(_signed, key_id=key_id, private_key=delivery.private_key, body=body),
            allow_loopback=config.remote_allow_loopback,
            authorities=config.remote_ca_file,
            total=_SECONDS,
            head_only=True,
        )
    except remote.RemoteError as error:
        log.info("%s cannot be delivered: %s", delivery.inbox, error)
        return _pause(delivery, None)
    if 200 <= answer.status < 300 or answer.status in _REFUSALS:
        if answer.status >= 400:
            log.info("%s refused a delivery with %s", delivery.inbox, answer.status)
        return None
    if answer.status == 401 and delivery.tries + 1 >= _TRIES_OF_UNAUTHORIZED:
        return None
    return _pause(delivery, answer.headers.get("retry-after"))


def _signed(method: str, url: str, *, key_id: str, private_key: str, body: bytes) -> dict[str, str]:
    return signatures.signed(method, url, key_id, private_key, body)


def _pause(delivery: _Delivery, asked: str | None) -> float:
    if asked and asked.isascii() and asked.isdigit() and len(asked) < 10:
        return min(max(float(asked), 1.0), _LONGEST_PAUSE)
    # So that not all hosts of a failed network are asked at once.
    return PAUSES[min(delivery.tries, len(PAUSES) - 1)] * random.uniform(1 - _SPREAD, 1 + _SPREAD)  # noqa: S311 (nobody guesses it)


def _report(outcomes: list[tuple[Outcome, Any]]) -> None:
    if not outcomes:
        return
    done = [(outcome.host, number) for outcome, _ in outcomes for number in outcome.done]
    failed = [outcome for outcome, _ in outcomes if outcome.failed is not None]
    with db.in_transaction() as connection:
        queries.outgoing.report(
            connection,
            hosts=[host for host, _ in done],
            ids=[number for _, number in done],
            failed_hosts=[outcome.host for outcome in failed],
            failed_ids=[outcome.failed for outcome in failed],
            pauses=[outcome.pause for outcome in failed],
            done_hosts=[outcome.host for outcome, _ in outcomes if outcome.failed is None],
            claimed_at=min(claimed_at for _, claimed_at in outcomes),
        )


def tidy() -> None:
    """Bound what waits, and remove what is done with."""
    with db.in_transaction() as connection:
        queries.outgoing.drop_dead(connection)
        queries.outgoing.trim(connection, most_of_host=_MOST_OF_HOST, most=_MOST)
        queries.outgoing.forget(connection)
        queries.outgoing.forget_keys(connection)
        queries.outgoing.forget_hosts(connection)
        queries.inbox.forget(connection)
        queries.receiving.forget_buried(connection)
        queries.activitypub.forget_former_keys(connection)
