"""What is counted of live streams, in memory that the process which holds them shares with the web workers."""

from __future__ import annotations

import mmap

REASONS = ("slow", "silent", "request", "misuse", "token", "database", "lost", "ended")
BOUNDS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
_CONNECTIONS, _FRAMES, _READS, _SECONDS, _DELIVERED = range(5)
_FIRST_REASON = 5
_FIRST_BOUND = _FIRST_REASON + len(REASONS)
_NUMBERS = _FIRST_BOUND + len(BOUNDS) + 1


class StreamFigures:
    """The figures; made before the fork, written by one process, read by all."""

    def __init__(self) -> None:
        self._numbers = memoryview(mmap.mmap(-1, _NUMBERS * 8)).cast("d")

    def restart(self) -> None:
        """A new process has no connections yet, and no reason for complaint; what was counted goes on."""
        self.connections = 0
        self.reads_events = True

    @property
    def connections(self) -> int:
        """How many connections are open."""
        return int(self._numbers[_CONNECTIONS])

    @connections.setter
    def connections(self, number: int) -> None:
        """Note how many are open."""
        self._numbers[_CONNECTIONS] = number

    @property
    def frames(self) -> int:
        """How many events were sent, one for each reader."""
        return int(self._numbers[_FRAMES])

    @frames.setter
    def frames(self, number: int) -> None:
        """Note how many were sent."""
        self._numbers[_FRAMES] = number

    @property
    def reads_events(self) -> bool:
        """Whether events are read: the database is there, or has been away for a moment only."""
        return bool(self._numbers[_READS])

    @reads_events.setter
    def reads_events(self, yes: bool) -> None:
        """Note whether they are read."""
        self._numbers[_READS] = yes

    def drop(self, reason: str) -> None:
        """Count a connection that this side ended."""
        self._numbers[_FIRST_REASON + REASONS.index(reason)] += 1

    def drops(self) -> dict[str, int]:
        """How many connections this side ended, by reason."""
        return {reason: int(self._numbers[_FIRST_REASON + place]) for place, reason in enumerate(REASONS)}

    def delivered(self, seconds: float) -> None:
        """Count an event that was sent so long after it was written."""
        place = next((place for place, bound in enumerate(BOUNDS) if seconds <= bound), len(BOUNDS))
        self._numbers[_FIRST_BOUND + place] += 1
        self._numbers[_SECONDS] += seconds
        self._numbers[_DELIVERED] += 1

    def durations(self) -> tuple[list[float], float]:
        """Events by the seconds they took (as BOUNDS, and one place more), and the sum of these."""
        return list(self._numbers[_FIRST_BOUND : _FIRST_BOUND + len(BOUNDS) + 1]), self._numbers[_SECONDS]
