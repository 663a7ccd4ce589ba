"""The database as commands use it: brought up to this version, and the embedded one started where nobody runs it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from pleroma import config, db
from pleroma.config import Config
from pleroma.db import schema
from pleroma.server import postgres


@contextmanager
def migrated() -> Iterator[tuple[Config, str]]:
    """The settings, and the address of the database. Raises RuntimeError, psycopg.Error."""
    settings = config.load()
    with postgres.available(settings.data_dir, settings.database_url) as url:
        schema.migrate(url)
        yield settings, url


@contextmanager
def transaction() -> Iterator[tuple[Config, psycopg.Connection]]:
    """The settings, and one transaction for a command that changes something. Raises as `migrated`."""
    with (
        migrated() as (settings, url),
        psycopg.connect(url, autocommit=True, connect_timeout=10) as connection,
        connection.transaction(),
    ):
        yield settings, connection


@contextmanager
def pool() -> Iterator[Config]:
    """The settings, with a pool of one connection, for what runs in transactions of its own. Raises as `migrated`."""
    with migrated() as (settings, url):
        db.configure(url, 1, statement_seconds=0)
        try:
            yield settings
        finally:
            db.close_pool()
