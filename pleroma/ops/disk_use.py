"""`stats`: what lies on the disk, and how many rows there are."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg

from pleroma import media
from pleroma.config import Config
from pleroma.db import queries

_PARTS = ("postgres", "media", "emoji", "static", "archives", "mail", "programs")
_LARGEST = 5


def lines(config: Config, connection: psycopg.Connection) -> Iterator[str]:
    """The report, line by line."""
    data = config.data_dir.absolute()
    yield f"{data}"
    for part in _PARTS:
        count, size = folder(data / part)
        if count:
            yield f"  {part:<28}{shown(size):>10}   {count} files"
    if data.exists():
        yield f"  {'free':<28}{shown(shutil.disk_usage(data).free):>10}"
    if config.s3_bucket:
        count, size = media.bucket_of(config).count()
        yield f"bucket{shown(size):>34}   {count} files"
    yield f"database{shown(queries.stats.database_size(connection).size):>32}"
    for table in queries.stats.tables(connection, limit=_LARGEST):
        yield f"  {table.name:<28}{shown(table.size):>10}"
    yield "rows"
    for row in queries.stats.rows(connection):
        yield f"  {row.name:<28}{row.rows:>10}"
    if config.federation:
        yield from _of_federation(connection)


def _of_federation(connection: psycopg.Connection) -> Iterator[str]:
    """What waits between this server and others."""
    backlog = queries.hosts.backlog(connection)
    yield "federation"
    for name, number in (
        ("deliveries waiting", backlog.waiting),
        ("to hosts that fail", backlog.failing),
        ("oldest, in minutes", round((backlog.oldest_seconds or 0) / 60)),
        ("received, not yet read", backlog.received),
        ("dead hosts", backlog.dead_hosts),
    ):
        yield f"  {name:<28}{number:>10}"


def folder(directory: Path) -> tuple[int, int]:
    """How many files are below a directory, and the bytes that they take on the disk."""
    count = size = 0
    for place, _, names in os.walk(directory):
        for name in names:
            try:
                size += os.lstat(os.path.join(place, name)).st_blocks * 512
            except FileNotFoundError:
                continue
            count += 1
    return count, size


def shown(size: float) -> str:
    """Bytes as people read them."""
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
