"""Bringing the database's schema up to the code's: migrations, functions, the job tables."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import psycopg

from pleroma.config import Config
from pleroma.db.connections import SCHEMA_LOCK, SQL_DIRECTORY, queries, session_options

# How long somebody may hold a table that a migration wants, with short attempts and pauses, in seconds.
_PATIENCE = 600.0
_PAUSE = 1.0
ASKED_BY_STATEMENTS = (
    "account_activation_required", "federation", "pinned_limit", "public", "rate_limits", "status_limit",
)  # fmt: skip


class SchemaBehind(RuntimeError):
    """The database lacks migrations of this version of the code."""


def migration_files() -> list[Path]:
    """The migrations of this version, in their order."""
    return sorted((SQL_DIRECTORY / "migrations").glob("*.sql"))


def _connect(url: str) -> psycopg.Connection:
    # A prepared statement holds one command only, and these files hold many.
    return psycopg.connect(url, autocommit=True, prepare_threshold=None, options=session_options("0", "0"))


def migrate(url: str) -> list[str]:
    """Apply what is missing and replace the functions that have changed, all in one transaction.

    A server that runs meanwhile sees the old schema or the new one, and nothing in between. While somebody holds a
    table for long, this gives way and tries again. Returns the names of the migrations applied.
    """
    give_up = time.monotonic() + _PATIENCE
    with _connect(url) as connection:
        queries.schema.lock(connection, key=SCHEMA_LOCK)
        queries.schema.create_log(connection)
        while True:
            try:
                return _apply(connection)
            except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
                if time.monotonic() > give_up:
                    raise
                time.sleep(_PAUSE)


def _apply(connection: psycopg.Connection) -> list[str]:
    known = {row.name for row in queries.schema.applied(connection)}
    wanted: dict[str, Callable[[], str]] = {"procrastinate": _job_schema}
    wanted |= {path.stem: partial(path.read_text, "utf-8") for path in migration_files()}
    missing = [name for name in wanted if name not in known]
    functions = (SQL_DIRECTORY / "functions.sql").read_bytes()
    digest = hashlib.sha256(functions).hexdigest()
    # Those of a newer version stay: another node runs it.
    replaced = known <= wanted.keys() and (missing or queries.schema.functions(connection).digest != digest)
    if missing or replaced:
        with connection.transaction():
            queries.schema.limit_waiting(connection)
            for name in missing:
                connection.execute(wanted[name]().encode())
                queries.schema.record(connection, name=name)
            if replaced:
                connection.execute(functions)
                queries.schema.record_functions(connection, digest=digest)
    return missing


def note_environment(url: str, config: Config) -> None:
    """Store what the environment says of the settings that statements ask for by themselves.

    Every server does this when it starts, so that the one that started last counts. Raises psycopg.Error.
    """
    with _connect(url) as connection:
        queries.settings.configure(connection, configured=json.dumps(environment(config)))


def environment(config: Config) -> dict[str, Any]:
    """What the environment says of the settings that statements ask for by themselves, by name."""
    return {name: getattr(config, name) for name in ASKED_BY_STATEMENTS}


def _job_schema() -> str:
    from procrastinate.schema import SchemaManager

    return SchemaManager.get_schema()


def missing_migrations(url: str) -> list[str]:
    """Names of migrations that the database at `url` has not seen."""
    with _connect(url) as connection:
        has_log = queries.schema.has_log(connection).log
        known = {row.name for row in queries.schema.applied(connection)} if has_log else set()
    return [path.stem for path in migration_files() if path.stem not in known]
