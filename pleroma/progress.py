"""Progress of long work, shown on a terminal and nowhere else."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click


@contextmanager
def bar(label: str, total: int) -> Iterator[Callable[[int], object]]:
    """A bar that grows by what its function is called with; silent where standard error is no terminal."""
    if not sys.stderr.isatty():
        yield lambda step: None
        return
    with click.progressbar(length=max(total, 1), label=label, file=sys.stderr) as shown:
        yield shown.update


def say(text: str) -> None:
    """A step that has no length."""
    if sys.stderr.isatty():
        click.echo(text, err=True)
