"""Statements run by libpq itself, prepared once a connection.

psycopg's cursors do more than is needed here (converting placeholders, deciding what to prepare, fetching); without
them a statement costs Python a fifth. Values are dumped and loaded by psycopg's adapters all the same.
"""

from __future__ import annotations

import functools
import re
import select
import time
from collections import namedtuple
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import psycopg
from psycopg.adapt import AdaptersMap, Dumper, PyFormat, Transformer
from psycopg.pq import ConnStatus, ExecStatus
from psycopg.pq.abc import PGconn, PGresult
from psycopg.types.string import BytesBinaryDumper

from pleroma.db import timing

_GOOD = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK)
# What a connection says that ends at once, or whose plans are of a schema that was changed meanwhile: it is of no more
# use, and another one is. ("Cached plan must not change result type"; a function and its table do not fit.)
_USELESS = (
    psycopg.errors.AdminShutdown,
    # It was the primary, or a standby took the call.
    psycopg.errors.ReadOnlySqlTransaction,
    psycopg.errors.CannotConnectNow,
    psycopg.errors.CrashShutdown,
    psycopg.errors.FeatureNotSupported,
    psycopg.errors.InvalidFunctionDefinition,
    psycopg.errors.DatatypeMismatch,
)
_PLACEHOLDER = re.compile(r"%\((\w+)\)s|%%")


class _Adaptation(NamedTuple):
    """How values are dumped and loaded. It names no connection: nothing of a session may keep its connection alive."""

    adapters: AdaptersMap
    connection: None = None


class _HexDumper(Dumper):
    """Bytes inside of a list. psycopg's own dumper asks the connection how to spell them, and guesses without."""

    oid = BytesBinaryDumper.oid

    def dump(self, obj: bytes) -> bytes:
        """The bytes as PostgreSQL reads them whatever its settings are."""
        return b"\\x" + obj.hex().encode()


class AssumptionFailed(Exception):
    """The database does not say what it was assumed to say."""


class _Assumed(NamedTuple):
    """A statement that was run before, and the row that it is assumed to give again."""

    sql: str
    parameters: Mapping[str, Any]
    row: tuple[bytes | None, ...]


class _Call(NamedTuple):
    """A statement with its values, as libpq takes them; the name is None when it is not prepared yet."""

    name: bytes | None
    key: tuple[bytes, tuple[int, ...]]
    values: Any
    formats: Any


class _Session:
    """What one connection has prepared: the name of each statement for each tuple of its values' types."""

    def __init__(self, connection: psycopg.Connection) -> None:
        adapters = AdaptersMap(connection.adapters)
        adapters.register_dumper(bytes, _HexDumper)
        # The last one is that of bytes outside of lists.
        adapters.register_dumper(bytes, BytesBinaryDumper)
        self.transformer = Transformer(_Adaptation(adapters))
        self.names: dict[tuple[bytes, tuple[int, ...]], bytes] = {}
        self.assumed: _Assumed | None = None
        # When the statement was sent that is waited for, by time.monotonic(); 0 for none.
        self.since = 0.0
        self._poll = select.poll()
        self._poll.register(connection.pgconn.socket)
        self._descriptor = connection.pgconn.socket

    def call(self, sql: str, parameters: Mapping[str, Any]) -> _Call:
        """A statement made ready to be sent."""
        text, names, formats = numbered(sql)
        values = self.transformer.dump_sequence([parameters[name] for name in names], formats)
        key = (text, self.transformer.types or ())
        return _Call(self.names.get(key), key, values, self.transformer.formats)

    def wait(self, events: int) -> None:
        """Wait until the connection can be read or written."""
        self._poll.modify(self._descriptor, events)
        self._poll.poll()


_sessions: WeakKeyDictionary[psycopg.Connection, _Session] = WeakKeyDictionary()


@functools.cache
def numbered(sql: str) -> tuple[bytes, tuple[str, ...], list[PyFormat]]:
    """A statement with $1, $2 … instead of %(name)s, and the names in that order."""
    names: dict[str, int] = {}

    def _place(match: re.Match[str]) -> str:
        return f"${names.setdefault(match[1], len(names) + 1)}" if match[1] else "%"

    text = _PLACEHOLDER.sub(_place, sql).encode()
    return text, tuple(names), [PyFormat.AUTO] * len(names)


def execute(connection: psycopg.Connection, sql: str, parameters: Mapping[str, Any]) -> PGresult:
    """The rows of a statement, as PostgreSQL sent them. The connection commits by itself.

    Raises psycopg.Error; when another connection may do better, this one is closed. Raises AssumptionFailed.
    """
    session = _session(connection)
    call = session.call(sql, parameters)
    assumed = session.assumed
    if assumed is not None:
        first = session.call(assumed.sql, assumed.parameters)
        if first.name is not None and call.name is not None:
            session.assumed = None
            return _execute_both(connection, first, assumed.row, call)
        confirm(connection)
    with timing.statement:
        name = call.name
        if name is None:
            name = b"p%d" % len(session.names)
            session.since = time.monotonic()
            prepared = connection.pgconn.prepare(name, *call.key)
            session.since = 0.0
            _check(connection, prepared)
            session.names[call.key] = name
        session.since = time.monotonic()
        result = connection.pgconn.exec_prepared(name, call.values, call.formats)
        session.since = 0.0
        return _check(connection, result)


def assume(
    connection: psycopg.Connection, sql: str, parameters: Mapping[str, Any], row: tuple[bytes | None, ...]
) -> None:
    """Go on as if a statement gave this row: it is sent together with the next one, which saves a round trip.

    When it turns out to give another one, that next statement, or `confirm`, raises AssumptionFailed.
    """
    _session(connection).assumed = _Assumed(sql, parameters, row)


def confirm(connection: psycopg.Connection) -> None:
    """Look now whether what is assumed is so. Raises AssumptionFailed, psycopg.Error."""
    session = _session(connection)
    assumed, session.assumed = session.assumed, None
    if assumed is not None:
        _compare(execute(connection, assumed.sql, assumed.parameters), assumed.row)


def waiting() -> list[tuple[psycopg.Connection, float]]:
    """The connections of this process that wait for an answer, and since when, by time.monotonic()."""
    return [(connection, session.since) for connection, session in _sessions.copy().items() if session.since]


def drop_assumption(connection: psycopg.Connection) -> None:
    """Assume nothing any more."""
    session = _sessions.get(connection)
    if session is not None:
        session.assumed = None


def _session(connection: psycopg.Connection) -> _Session:
    session = _sessions.get(connection)
    if session is None:
        if not connection.autocommit:
            raise ValueError("the connection does not commit by itself")
        session = _sessions[connection] = _Session(connection)
    return session


def _compare(result: PGresult, row: tuple[bytes | None, ...]) -> None:
    if result.ntuples != 1 or tuple([result.get_value(0, column) for column in range(result.nfields)]) != row:
        raise AssumptionFailed


def _execute_both(
    connection: psycopg.Connection, first: _Call, row: tuple[bytes | None, ...], second: _Call
) -> PGresult:
    """The result of the second statement, when the first one gives this row."""
    timing.figures.statements += 1
    session = _sessions[connection]
    session.since = time.monotonic()
    try:
        with timing.statement:
            results = _pipelined(connection.pgconn, session, first, second)
    except psycopg.Error:
        # Nobody knows what is still to come on it.
        connection.close()
        raise
    finally:
        session.since = 0.0
    _compare(_check(connection, results[0]), row)
    return _check(connection, results[1])


def _pipelined(pgconn: PGconn, session: _Session, *calls: _Call) -> list[PGresult]:
    pgconn.enter_pipeline_mode()
    for call in calls:
        pgconn.send_query_prepared(call.name or b"", call.values, call.formats)
    pgconn.pipeline_sync()
    while pgconn.flush():
        session.wait(select.POLLOUT)
    results: list[PGresult] = []
    # Each result ends with a None; after the last comes that of the synchronisation.
    while not results or results[-1].status != ExecStatus.PIPELINE_SYNC:
        while pgconn.is_busy():
            session.wait(select.POLLIN)
            pgconn.consume_input()
        result = pgconn.get_result()
        if result is not None:
            results.append(result)
    pgconn.exit_pipeline_mode()
    return results


def command(connection: psycopg.Connection, text: bytes) -> None:
    """Run a command without values and rows. Raises psycopg.Error, AssumptionFailed."""
    confirm(connection)
    session = _session(connection)
    session.since = time.monotonic()
    with timing.waiting:
        result = connection.pgconn.exec_(text)
    session.since = 0.0
    _check(connection, result)


def rows(connection: psycopg.Connection, result: PGresult) -> list[Any]:
    """The rows of a result as named tuples."""
    transformer = _sessions[connection].transformer
    transformer.set_pgresult(result)
    names = tuple([result.fname(column) for column in range(result.nfields)])
    return transformer.load_rows(0, result.ntuples, _maker(names))


@functools.cache
def _maker(names: tuple[bytes, ...]) -> Callable[..., Any]:
    return namedtuple("Row", [name.decode() for name in names])._make  # type: ignore[attr-defined]


def _check(connection: psycopg.Connection, result: PGresult) -> PGresult:
    if result.status in _GOOD:
        return result
    if connection.pgconn.status == ConnStatus.BAD:
        raise psycopg.OperationalError(result.get_error_message())
    error = psycopg.errors.error_from_result(result)
    if isinstance(error, _USELESS):
        connection.close()
    raise error
