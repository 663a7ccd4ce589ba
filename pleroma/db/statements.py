"""Statements run by libpq itself, prepared once a connection.

psycopg's cursors do more than is needed here (converting placeholders, deciding what to prepare, fetching); without
them a statement costs Python a fifth. Values are dumped and loaded by psycopg's adapters all the same.

A round trip costs both sides more than many a statement. So the begin of a transaction waits for its first statement,
its last one takes the commit along, and what nobody waits for goes with the next one.
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


class _Call(NamedTuple):
    """A prepared statement with its values, as libpq takes them."""

    name: bytes
    values: Any
    formats: Any


class _Assumed(NamedTuple):
    """A statement that was run before, and the row that it is assumed to give again."""

    call: _Call
    row: tuple[bytes | None, ...]


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
        # Whether a transaction begins with the next statement, and what else goes in front of that.
        self.begins = False
        self.later: list[_Call] = []
        # When the statement was sent that is waited for, by time.monotonic(); 0 for none.
        self.since = 0.0
        self._poll = select.poll()
        self._poll.register(connection.pgconn.socket)
        self._descriptor = connection.pgconn.socket

    def call(self, connection: psycopg.Connection, sql: str, parameters: Mapping[str, Any]) -> _Call:
        """A statement made ready to be sent, prepared when it comes for the first time."""
        text, names, formats = numbered(sql)
        values = self.transformer.dump_sequence([parameters[name] for name in names], formats)
        key = (text, self.transformer.types or ())
        sent = self.transformer.formats
        name = self.names.get(key)
        if name is None:
            name = b"p%d" % len(self.names)
            self.since = time.monotonic()
            with timing.waiting:
                prepared = connection.pgconn.prepare(name, *key)
            self.since = 0.0
            _check(connection, prepared)
            self.names[key] = name
        return _Call(name, values, sent)

    def command(self, connection: psycopg.Connection, text: str) -> _Call:
        """The same of a command without values."""
        return self.call(connection, text, {})

    def take_ahead(self, connection: psycopg.Connection) -> list[_Call]:
        """What goes in front of the next statement, which is sent now."""
        ahead = [self.command(connection, "begin"), *self.later] if self.begins else self.later
        self.begins, self.later = False, []
        return ahead

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
    """The rows of a statement, as PostgreSQL sent them. The connection commits by itself, unless a transaction began.

    Raises psycopg.Error; when another connection may do better, this one is closed. Raises AssumptionFailed.
    """
    session = _session(connection)
    call = session.call(connection, sql, parameters)
    if session.begins or session.later or session.assumed is not None:
        return _execute_together(connection, session, call)[-1]
    with timing.statement:
        session.since = time.monotonic()
        result = connection.pgconn.exec_prepared(*call)
        session.since = 0.0
        return _check(connection, result)


def execute_later(connection: psycopg.Connection, sql: str, parameters: Mapping[str, Any]) -> None:
    """Have a statement of a transaction run together with the next one, which raises what goes wrong with it."""
    session = _session(connection)
    session.later.append(session.call(connection, sql, parameters))


def send_ahead(connection: psycopg.Connection) -> None:
    """Run now what waits for the next statement. Raises psycopg.Error, AssumptionFailed."""
    session = _session(connection)
    if session.begins or session.later or session.assumed is not None:
        _execute_together(connection, session)


def execute_last(connection: psycopg.Connection, sql: str, parameters: Mapping[str, Any]) -> PGresult:
    """The rows of the last statement of a transaction, which is committed with it. Raises psycopg.Error."""
    # What was committed by then could not be taken back.
    confirm(connection)
    session = _session(connection)
    call = session.call(connection, sql, parameters)
    return _execute_together(connection, session, call, commits=True)[-2]


def assume(
    connection: psycopg.Connection, sql: str, parameters: Mapping[str, Any], row: tuple[bytes | None, ...]
) -> None:
    """Go on as if a statement gave this row: it is sent together with the next one, which saves a round trip.

    When it turns out to give another one, that next statement, or `confirm`, raises AssumptionFailed. What the next
    one stores outside of a transaction is stored all the same.
    """
    session = _session(connection)
    session.assumed = _Assumed(session.call(connection, sql, parameters), row)


def confirm(connection: psycopg.Connection) -> None:
    """Look now whether what is assumed is so. Raises AssumptionFailed, psycopg.Error."""
    if _session(connection).assumed is not None:
        send_ahead(connection)


def waiting() -> list[tuple[psycopg.Connection, float]]:
    """The connections of this process that wait for an answer, and since when, by time.monotonic()."""
    return [(connection, session.since) for connection, session in _sessions.copy().items() if session.since]


def drop_waiting(connection: psycopg.Connection) -> None:
    """Assume nothing any more, and run nothing of what waits for the next statement."""
    session = _sessions.get(connection)
    if session is not None:
        session.assumed, session.begins, session.later = None, False, []


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


def _execute_together(
    connection: psycopg.Connection, session: _Session, *calls: _Call, commits: bool = False
) -> list[PGresult]:
    """The results of what waits to be sent, of these statements, and of a commit when asked for, in one round trip.

    Raises AssumptionFailed, and the error of the first that fails.
    """
    begins = session.begins
    sent = [*session.take_ahead(connection), *calls]
    if commits:
        sent.append(session.command(connection, "commit"))
    assumed, session.assumed = session.assumed, None
    if assumed is not None:
        # What is taken back with the transaction comes after its begin.
        sent.insert(int(begins), assumed.call)
    timing.figures.statements += len(sent) - begins - commits
    session.since = time.monotonic()
    try:
        with timing.waiting:
            results = _pipelined(connection.pgconn, session, sent)
    except psycopg.Error:
        # Nobody knows what is still to come on it.
        connection.close()
        raise
    finally:
        session.since = 0.0
    for place, result in enumerate(results[: len(sent)]):
        _check(connection, result)
        if assumed is not None and place == int(begins):
            _compare(result, assumed.row)
    return results[: len(sent)]


def _pipelined(pgconn: PGconn, session: _Session, calls: list[_Call]) -> list[PGresult]:
    pgconn.enter_pipeline_mode()
    for call in calls:
        pgconn.send_query_prepared(*call)
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


def begin(connection: psycopg.Connection) -> None:
    """Have a transaction begin with the next statement."""
    _session(connection).begins = True


def commit(connection: psycopg.Connection) -> None:
    """Commit the transaction, when one has begun by now. Raises psycopg.Error, AssumptionFailed."""
    confirm(connection)
    session = _session(connection)
    if session.begins and not session.later:
        session.begins = False
        return
    _execute_together(connection, session, commits=True)


def roll_back(connection: psycopg.Connection) -> None:
    """Take the transaction back, and what was to be run. Raises psycopg.Error."""
    session = _session(connection)
    has_begun = not session.begins
    drop_waiting(connection)
    if has_begun:
        session.since = time.monotonic()
        try:
            with timing.waiting:
                result = connection.pgconn.exec_(b"rollback")
        finally:
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
