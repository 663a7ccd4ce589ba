"""Bringing the database's schema up to the code's: migrations, functions, the job tables."""

from __future__ import annotations

import json
from pathlib import Path

import psycopg

from pleroma.config import Config
from pleroma.db.scope import SCHEMA_LOCK, SQL_DIRECTORY, queries, session_options


class SchemaBehind(RuntimeError):
    """The database lacks migrations of this version of the code."""


def migration_files() -> list[Path]:
    """The migrations of this version, in their order."""
    return sorted((SQL_DIRECTORY / "migrations").glob("*.sql"))


def _connect(url: str) -> psycopg.Connection:
    # A prepared statement holds one command only, and these files hold many.
    return psycopg.connect(url, autocommit=True, prepare_threshold=None, options=session_options("0", "0"))


def migrate(url: str) -> list[str]:
    """Apply what is missing, each file in a transaction of its own, under an advisory lock.

    Returns the names of what was applied. Functions are replaced every time.
    """
    applied = []
    with _connect(url) as connection:
        queries.schema.lock(connection, key=SCHEMA_LOCK)
        queries.schema.create_log(connection)
        known = {row.name for row in queries.schema.applied(connection)}
        for name, text in [_job_schema(), *((path.stem, path.read_text("utf-8")) for path in migration_files())]:
            if name not in known:
                with connection.transaction():
                    connection.execute(text.encode())
                    queries.schema.record(connection, name=name)
                applied.append(name)
        with connection.transaction():
            connection.execute((SQL_DIRECTORY / "functions.sql").read_bytes())
    return applied


def note_environment(url: str, config: Config) -> None:
    """Tell the database what the environment says of the settings that its own rules ask for.

    A web process that starts does this, so that the one that started last counts. Raises psycopg.Error.
    """
    required = json.dumps(config.account_activation_required)
    with _connect(url) as connection:
        queries.settings.configure(connection, name="account_activation_required", value=required)


def _job_schema() -> tuple[str, str]:
    from procrastinate.schema import SchemaManager

    return "procrastinate", SchemaManager.get_schema()


def missing_migrations(url: str) -> list[str]:
    """Names of migrations that the database at `url` has not seen."""
    with _connect(url) as connection:
        has_log = queries.schema.has_log(connection).log
        known = {row.name for row in queries.schema.applied(connection)} if has_log else set()
    return [path.stem for path in migration_files() if path.stem not in known]
