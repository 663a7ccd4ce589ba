"""Counters of requests: how many, how long they took, how many statements they ran.

The processes of a generation are forked from one, so they share a piece of memory: each web worker writes a region of
its own, and any of them reads all. A worker that takes a dead one's place goes on in its region. Under a foreign
WSGI server nobody shares it, and each process reports its own figures.
"""

from __future__ import annotations

import mmap
import threading
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

# The upper bounds of durations, in seconds; above the last one is one place more.
BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)
_METHODS = frozenset(("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"))

# A record is the text "METHOD STATUS ROUTE", ended by zeros, and then its figures. Of shared memory only the
# records in use take any.
_KEY_BYTES = 160
_FIGURE_BYTES = 8
_DURATIONS = len(BOUNDS) + 1
_SECONDS, _STATEMENTS, _DATABASE_SECONDS = range(_DURATIONS, _DURATIONS + 3)
_FIGURES = _DURATIONS + 3
_RECORD = _KEY_BYTES + _FIGURES * _FIGURE_BYTES
_RECORDS = 2048
_REGION = _RECORD * _RECORDS


class Key(NamedTuple):
    """What a record counts: a method, a route's rule, a status."""

    method: str
    route: str
    status: int


class Figures(NamedTuple):
    """What a record holds: requests by duration (as BOUNDS), seconds, statements, the database's seconds."""

    durations: list[float]
    seconds: float
    statements: float
    database_seconds: float


class RequestCounters:
    """The figures of a process, and those of all processes that share them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._places: dict[Key | tuple[str, str, int], int] = {}
        self._lay_out(bytearray(_REGION), 1)

    def _lay_out(self, memory: bytearray | mmap.mmap, regions: int) -> None:
        self._memory, self._regions = memory, regions
        self._numbers = memoryview(memory).cast("d")
        self.take(0)

    def share(self, processes: int) -> None:
        """Make room for the processes that will be forked from this one."""
        self._lay_out(mmap.mmap(-1, processes * _REGION), processes)

    def take(self, region: int) -> None:
        """Count in a region from now on, starting from its counts."""
        self._region = region % self._regions
        self._places = dict(self._records(self._region))

    def add(self, method: str, route: str, status: int, seconds: float, statements: int, database: float) -> None:
        """Count a request that is answered."""
        place = self._places.get((method, route, status))
        if place is None:
            place = self._place(Key(method if method in _METHODS else "other", route, status))
        numbers = self._numbers
        with self._lock:
            numbers[place + bisect_left(BOUNDS, seconds)] += 1
            numbers[place + _SECONDS] += seconds
            numbers[place + _STATEMENTS] += statements
            numbers[place + _DATABASE_SECONDS] += database

    def totals(self) -> dict[Key, Figures]:
        """The figures of all regions together."""
        sums: dict[Key, list[float]] = defaultdict(lambda: [0.0] * _FIGURES)
        for region in range(self._regions):
            for key, place in self._records(region):
                sums[key] = [*map(sum, zip(sums[key], self._numbers[place : place + _FIGURES], strict=True))]
        return {key: Figures(numbers[:_DURATIONS], *numbers[_DURATIONS:]) for key, numbers in sums.items()}

    def _records(self, region: int) -> Iterator[tuple[Key, int]]:
        """What a region counts, and where among the numbers its figures begin."""
        for start in range(region * _REGION, (region + 1) * _REGION, _RECORD):
            text = self._memory[start : start + _KEY_BYTES].rstrip(b"\0").decode()
            if not text:
                return
            method, status, route = text.split(" ", 2)
            yield Key(method, route, int(status)), (start + _KEY_BYTES) // _FIGURE_BYTES

    def _place(self, key: Key) -> int:
        """Where a key is counted that was not looked up before; a full region's last record counts all that is new."""
        with self._lock:
            place = self._places.get(key)
            if place is None:
                start = self._region * _REGION + min(len(self._places), _RECORDS - 1) * _RECORD
                text = f"{key.method} {key.status} {key.route}".encode()[:_KEY_BYTES]
                if not self._memory[start]:
                    # Its first byte comes last, because it makes the record one for those who read meanwhile.
                    self._memory[start + 1 : start + len(text)] = text[1:]
                    self._memory[start] = text[0]
                place = self._places[key] = (start + _KEY_BYTES) // _FIGURE_BYTES
            return place
