"""How many statements the running request has sent, and how long it waited for the database.

A thread works on one request at a time, so the figures belong to the thread.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
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


class _Statement:
    """Adds the statement inside it to the figures; one object for all, because it keeps its begin there too."""

    def __enter__(self) -> None:
        figures.begun = perf_counter()

    def __exit__(self, *error: object) -> None:
        figures.statements += 1
        figures.seconds += perf_counter() - figures.begun


statement = _Statement()


@contextlib.contextmanager
def waiting() -> Iterator[None]:
    """Adds the time of what is no statement, such as a commit."""
    started = perf_counter()
    try:
        yield
    finally:
        figures.seconds += perf_counter() - started
