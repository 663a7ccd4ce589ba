"""Statements run by libpq itself, prepared once a connection.

psycopg's cursors do more than is needed here (converting placeholders, deciding what to prepare, fetching); without
them a statement costs Python a fifth. Values are dumped and loaded by psycopg's adapters all the same.
"""

from __future__ import annotations

import functools
import re
from collections import namedtuple
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import psycopg
from psycopg.adapt import AdaptersMap, PyFormat, Transformer
from psycopg.pq import ConnStatus, ExecStatus
from psycopg.pq.abc import PGresult

from pleroma.db import timing

_GOOD = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK)
# What a connection says that ends at once, or whose plans are of a schema that was changed meanwhile: it is of no more
# use, and another one is. ("Cached plan must not change result type"; a function and its table do not fit.)
_USELESS = (
    psycopg.errors.AdminShutdown,
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


class _Session:
    """What one connection has prepared: the name of each statement for each tuple of its values' types."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self.transformer = Transformer(_Adaptation(connection.adapters))
        self.names: dict[tuple[bytes, tuple[int, ...]], bytes] = {}


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

    Raises psycopg.Error; when another connection may do better, this one is closed.
    """
    session = _sessions.get(connection)
    if session is None:
        if not connection.autocommit:
            raise ValueError("the connection does not commit by itself")
        session = _sessions[connection] = _Session(connection)
    text, names, formats = numbered(sql)
    transformer, pgconn = session.transformer, connection.pgconn
    values = transformer.dump_sequence([parameters[name] for name in names], formats)
    key = (text, transformer.types or ())
    with timing.statement:
        name = session.names.get(key)
        if name is None:
            name = b"p%d" % len(session.names)
            _check(connection, pgconn.prepare(name, text, key[1]))
            session.names[key] = name
        # The stubs do not know that a value may be null.
        return _check(connection, pgconn.exec_prepared(name, values, transformer.formats))  # type: ignore[arg-type]


def command(connection: psycopg.Connection, text: bytes) -> None:
    """Run a command without values and rows. Raises psycopg.Error."""
    with timing.waiting:
        _check(connection, connection.pgconn.exec_(text))


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
