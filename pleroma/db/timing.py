"""How many statements the running request has sent, and how long it waited for the database.

A thread works on one request at a time, so the figures belong to the thread.
"""

from __future__ import annotations

import threading
from time import perf_counter


class _Figures(threading.local):
    statements = 0
    seconds = 0.0
    begun = 0.0


figures = _Figures()


def reset() -> None:
    """Begin a request."""
    figures.statements = 0
    figures.seconds = 0.0


class _Waiting:
    """Adds the time inside it to the figures; one object for all threads, because it keeps its begin there too."""

    def __init__(self, statements: int) -> None:
        self._statements = statements

    def __enter__(self) -> None:
        figures.begun = perf_counter()

    def __exit__(self, *error: object) -> None:
        figures.statements += self._statements
        figures.seconds += perf_counter() - figures.begun


statement = _Waiting(1)
# Everything but statements: commits, for example.
waiting = _Waiting(0)
