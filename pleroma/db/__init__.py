"""The data module: the pool, transactions and the named statements of sql/.

Every statement lives in sql/FILE.sql and is called as ``queries.FILE.name(connection, parameter=…)``.
Statements that end in ``$`` give text as bytes, just as PostgreSQL sent it; those that end in ``^`` give a
named tuple or None.
"""

from pleroma.db.connections import (
    EMOJI_LOCK,
    FILES_LOCK,
    RECONNECT,
    SCHEMA_LOCK,
    SQL_DIRECTORY,
    Adapter,
    application_name,
    assume,
    close_pool,
    configure,
    connection,
    in_transaction,
    last,
    later,
    let_go,
    pool,
    queries,
    savepoint,
    scope,
    separate_connection,
    session_options,
    take_back,
)
from pleroma.db.deadlines import AsyncConnection
from pleroma.db.statements import AssumptionFailed

__all__ = [
    "EMOJI_LOCK", "FILES_LOCK", "RECONNECT", "SCHEMA_LOCK", "SQL_DIRECTORY", "Adapter", "AssumptionFailed",
    "AsyncConnection", "application_name", "assume", "close_pool", "configure", "connection", "in_transaction",
    "last", "later", "let_go", "pool", "queries", "savepoint", "scope", "separate_connection", "session_options",
    "take_back",
]  # fmt: skip
