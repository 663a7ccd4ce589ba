"""The data module: the pool, transactions and the named statements of sql/.

Every statement lives in sql/FILE.sql and is called as ``queries.FILE.name(connection, parameter=…)``.
Statements that end in ``$`` give text as bytes, just as PostgreSQL sent it; those that end in ``^`` give a
named tuple or None.
"""

from __future__ import annotations

import contextlib
import contextvars
import os
import select
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aiosql
import psycopg
from aiosql.adapters.pyformat import PyFormatAdapter
from psycopg.types.numeric import Int8Dumper
from psycopg_pool import ConnectionPool, PoolTimeout

from pleroma.db import deadlines, statements

_PACKAGE = Path(__file__).resolve().parents[1]
SQL_DIRECTORY = _PACKAGE / "sql" if (_PACKAGE / "sql").is_dir() else _PACKAGE.parent / "sql"

# The keys of our advisory locks stand together, so that no two of them are the same.
SCHEMA_LOCK = 7_276_031
FILES_LOCK = 7_276_032
EMOJI_LOCK = 7_276_033
# 7_276_034 is that of write_presence in the schema, 7_276_035 that of the feeds.

# Seconds after which a connection is replaced: one that has run every statement holds 30 MB of plans.
_LIFETIME = 600.0
# Seconds after which a pool gives up to connect. Longer than that it would wait more and more between its attempts,
# while a new primary is there.
RECONNECT = 0.5
# How long a request waits for a connection. It asks the pool again and again, because one that has given up tries again
# only then.
_PATIENCE, _STEP = 5.0, 0.5
# Seconds beyond its time-out after which a statement is taken for lost with its server.
_GRACE = 3.0


class Adapter(PyFormatAdapter):
    """Rows as named tuples; single values as the bytes that came over the wire."""

    def select(
        self, connection: psycopg.Connection, query_name: str, sql: str, parameters: Any, record_class: Any = None
    ) -> Any:
        """The rows of a statement as named tuples."""
        return statements.rows(connection, statements.execute(connection, sql, parameters))

    def select_one(
        self, connection: psycopg.Connection, query_name: str, sql: str, parameters: Any, record_class: Any = None
    ) -> Any:
        """The first row of a ``^`` statement as a named tuple, or None."""
        result = statements.execute(connection, sql, parameters)
        return statements.rows(connection, result)[0] if result.ntuples else None

    def select_value(self, connection: psycopg.Connection, query_name: str, sql: str, parameters: Any) -> Any:
        """The first row of a ``$`` statement: bytes for one column, a tuple of bytes for several, or None."""
        return _value(statements.execute(connection, sql, parameters))

    def insert_update_delete(self, connection: psycopg.Connection, query_name: str, sql: str, parameters: Any) -> Any:
        """How many rows a ``!`` statement changed."""
        return statements.execute(connection, sql, parameters).command_tuples


def _value(result: Any) -> Any:
    if result.ntuples == 0:
        return None
    if result.nfields == 1:
        return result.get_value(0, 0)
    return tuple([result.get_value(0, column) for column in range(result.nfields)])


def _load_queries() -> Any:
    files = sorted(path for path in SQL_DIRECTORY.glob("*.sql") if path.stem != "functions")
    return SimpleNamespace(**{path.stem: aiosql.from_path(path, Adapter) for path in files})


queries: Any = _load_queries()
_options: dict[str, Any] = {}
_longest = 0.0
_pool: ConnectionPool | None = None
_pool_process = 0
_scope: contextvars.ContextVar[Scope | None] = contextvars.ContextVar("scope", default=None)
_opening = threading.Lock()


class Scope:
    """The one connection of a request or a job, and its transaction once one was asked for: `writing` says whether."""

    def __init__(self, pool: ConnectionPool) -> None:
        self._pool = pool
        self._connection: psycopg.Connection | None = None
        self.writing = False
        # Whether something is still to be written when the view has returned.
        self.goes_on = False
        # Whether a commit was sent, of which nobody knows what came of it when the connection is cut.
        self.may_be_stored = False

    @property
    def cut(self) -> bool:
        """Whether the connection was found cut, or closed because it is of no more use."""
        return self._connection is not None and self._connection.closed

    def connection(self) -> psycopg.Connection:
        """The connection, taken from the pool at first use."""
        if self._connection is None:
            self._connection = _taken(self._pool)
        return self._connection

    def begin(self) -> psycopg.Connection:
        """The connection with the transaction begun."""
        connection = self.connection()
        if not self.writing:
            statements.begin(connection)
            self.writing = True
        return connection

    def run_last(self, sql: str, parameters: Any) -> Any:
        """The value of a ``$`` statement, with which the transaction is committed unless it has to go on.

        None, and nothing stored, when it says that nothing was found. Raises psycopg.Error.
        """
        connection = self.connection()
        ends = self.writing and not self.goes_on
        if ends and _is_cut(connection):
            connection.close()
            raise psycopg.OperationalError("the connection was cut")
        self.may_be_stored = ends
        try:
            result = (statements.execute_last if ends else statements.execute)(connection, sql, parameters)
        except psycopg.errors.NoDataFound:
            self.undo()
            return None
        self.writing = self.writing and not ends
        return _value(result)

    def confirm(self) -> None:
        """Look whether what was assumed is so, unless a statement has said it. Raises AssumptionFailed."""
        if self._connection is not None and not self._connection.closed:
            statements.confirm(self._connection)

    def undo(self) -> None:
        """Take back what was written so far."""
        if self.writing and self._connection is not None:
            self.writing = False
            self._finish(self._connection, failed=True)

    def end(self, *, failed: bool) -> None:
        """Commit, or roll back when something failed, and give the connection back."""
        try:
            if self.writing and self._connection is not None:
                self._finish(self._connection, failed)
        finally:
            self.writing = False
            if self._connection is not None:
                statements.drop_waiting(self._connection)
                self._pool.putconn(self._connection)
                self._connection = None

    @staticmethod
    def _finish(connection: psycopg.Connection, failed: bool) -> None:
        if not failed:
            statements.commit(connection)
            return
        # A connection that is cut rolls back by itself; the first error is reported, and not this one.
        with contextlib.suppress(psycopg.Error):
            statements.roll_back(connection)


def _taken(pool: ConnectionPool) -> psycopg.Connection:
    """A connection that was not cut while nobody used it. The pool's own check waits longer after each that was."""
    give_up = time.monotonic() + _PATIENCE
    while True:
        try:
            connection = pool.getconn(_STEP)
        except PoolTimeout:
            if time.monotonic() > give_up:
                raise
            continue
        if not _is_cut(connection):
            return connection
        connection.close()
        pool.putconn(connection)


def _configure(connection: psycopg.Connection) -> None:
    # statements.py does that; psycopg would drop all that is prepared after a rollback.
    connection.prepare_threshold = None
    connection.adapters.register_dumper(int, Int8Dumper)


def _is_cut(connection: psycopg.Connection) -> bool:
    """Whether a connection was cut while it was not used, found out without a round trip."""
    waiting = select.poll()
    waiting.register(connection.pgconn.socket, select.POLLIN)
    try:
        while waiting.poll(0):
            connection.pgconn.consume_input()
    except psycopg.OperationalError:
        return True
    return False


def application_name() -> str:
    """How this node's connections are called: by the machine, and the session of its processes."""
    return f"pleroma {socket.gethostname()[:40]} {os.getsid(0)}"


def session_options(statement_timeout: str = "10s", lock_timeout: str = "5s") -> str:
    """The libpq `options` that every connection of the application starts with.

    A plan is kept as long as its connection, and may be made while a table has hardly a row: it must do for many.
    """
    return (
        "-c jit=off -c plan_cache_mode=force_generic_plan -c enable_seqscan=off "
        "-c TimeZone=UTC -c client_encoding=UTF8 "
        f"-c statement_timeout={statement_timeout} -c lock_timeout={lock_timeout}"
    )


def configure(url: str, size: int, *, statement_seconds: int = 10, lock_timeout: str = "5s") -> None:
    """Say where the database is, how many connections each process may have, and how long a statement may take.

    Each process opens its pool when it first needs it, so that a process may configure and then fork. Connections
    are autocommit, made when they are needed and closed after a minute without use. No connection within 5 s raises
    psycopg_pool.PoolTimeout.
    """
    global _options, _longest
    close_pool()
    # 0 is for ever.
    _longest = statement_seconds and statement_seconds + _GRACE
    _options = {
        "conninfo": url,
        "max_size": size,
        "min_size": 0,
        "max_idle": 60,
        "max_lifetime": _LIFETIME,
        "reconnect_timeout": RECONNECT,
        "configure": _configure,
        "kwargs": {
            "autocommit": True,
            "application_name": application_name(),
            "options": session_options(f"{statement_seconds}s", lock_timeout),
        },
    }


def pool() -> ConnectionPool:
    """This process's pool. Raises RuntimeError before `configure`."""
    global _pool, _pool_process
    if _pool is None or _pool_process != os.getpid():
        with _opening:
            if _pool is None or _pool_process != os.getpid():
                if not _options:
                    raise RuntimeError("the database is not configured")
                _pool = ConnectionPool(**_options, open=True)
                _pool_process = os.getpid()
                if _longest:
                    deadlines.watch(_pool, _longest)
    return _pool


def close_pool() -> None:
    """Close this process's pool; a process about to fork, or to end, calls this."""
    global _pool
    if _pool is not None and _pool_process == os.getpid():
        _pool.close()
    _pool = None


@contextlib.contextmanager
def separate_connection() -> Iterator[psycopg.Connection]:
    """A connection beside the pool that gives up after a second. Raises psycopg.Error."""
    connection = psycopg.connect(
        _options["conninfo"],
        autocommit=True,
        connect_timeout=1,
        application_name="pleroma health",
        options=session_options("1s", "1s"),
    )
    with connection:
        yield connection


@contextlib.contextmanager
def scope() -> Iterator[Scope]:
    """One connection and at most one transaction for all that happens inside."""
    current = Scope(pool())
    token = _scope.set(current)
    try:
        yield current
    except BaseException:
        current.end(failed=True)
        raise
    else:
        current.end(failed=False)
    finally:
        _scope.reset(token)


@contextlib.contextmanager
def connection() -> Iterator[psycopg.Connection]:
    """The connection of the request or job: each statement commits by itself, unless a transaction has begun."""
    current = _scope.get()
    if current is not None:
        yield current.connection()
        return
    with scope() as own:
        yield own.connection()


def let_go() -> None:
    """Commit what was written so far and give the connection of the request back, before waiting for something else.

    Raises AssumptionFailed when something was assumed that is not so.
    """
    current = _scope.get()
    if current is not None:
        current.confirm()
        current.end(failed=False)


def take_back() -> None:
    """Take back what the request or job has written so far."""
    current = _scope.get()
    if current is not None:
        current.undo()


def assume(statement: Any, row: tuple[bytes | None, ...], **parameters: Any) -> None:
    """Go on as if a statement gave this row; the request is run again when it does not (statements.assume)."""
    with connection() as own:
        statements.assume(own, statement.sql, parameters, row)


@contextlib.contextmanager
def in_transaction(*, goes_on: bool = False) -> Iterator[psycopg.Connection]:
    """The connection inside the one transaction of the request or job, which is committed when that has ended.

    Outside of both, the transaction is that of this block. `goes_on`: what is done inside does not end it (`last`).
    """
    current = _scope.get()
    if current is not None:
        current.goes_on = current.goes_on or goes_on
        yield current.begin()
        return
    with scope() as own:
        own.goes_on = goes_on
        yield own.begin()


@contextlib.contextmanager
def savepoint(connection: psycopg.Connection) -> Iterator[None]:
    """What may fail without the rest of the transaction: then it alone is taken back."""
    statements.send_ahead(connection)
    with connection.transaction():
        yield
        statements.send_ahead(connection)


def later(connection: psycopg.Connection, statement: Any, **parameters: Any) -> None:
    """Have a statement run together with the next one of the transaction: nobody waits for what it gives."""
    statements.execute_later(connection, statement.sql, parameters)


def last(statement: Any, **parameters: Any) -> Any:
    """The value of a ``$`` statement that only reads, as the last of the transaction, which is committed with it.

    None, and nothing is stored, when it ends in nothing_found(). Inside of a transaction that goes on, and outside of
    any, it is a statement like any other.
    """
    current = _scope.get()
    if current is None:
        raise RuntimeError("there is no request, and no job")
    return current.run_last(statement.sql, parameters)
