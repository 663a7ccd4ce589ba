"""An end to waiting for a database that does not answer.

A server whose machine hangs goes on to acknowledge what is sent to it, so that neither PostgreSQL's own time-outs nor
those of TCP end the wait: the thread that has asked would be gone until the machine wakes.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import threading
import time
from typing import Any
from weakref import WeakSet

import psycopg
from psycopg.pq.abc import PGconn
from psycopg_pool import ConnectionPool

from pleroma.db import statements

log = logging.getLogger(__name__)
_PAUSE = 1.0
# For what asks on its own connections, which run short statements alone.
_LONGEST = 13.0


# The pools of this process that are watched.
_pools: WeakSet[ConnectionPool] = WeakSet()


def watch(pool: ConnectionPool, longest: float) -> None:
    """Cut the connections of this process whose answer takes longer than so many seconds, until the pool is closed."""
    _pools.add(pool)
    threading.Thread(target=_watch, args=(pool, longest), name="database deadlines", daemon=True).start()


def _watch(pool: ConnectionPool, longest: float) -> None:
    while not pool.closed:
        time.sleep(_PAUSE)
        late = [connection for connection, since in statements.waiting() if time.monotonic() - since > longest]
        if late:
            _give_up(late[0].pgconn, longest)


def _give_up(late: PGconn, seconds: float) -> None:
    """End what waits for the server that a late answer should come from; what does not wait leads there, too."""
    log.error("The database has not answered for %d seconds", seconds)
    # A connection may have been closed since.
    with contextlib.suppress(OSError, psycopg.Error):
        server = _server(late)
        _cut(late.socket)
        for connection, _ in statements.waiting():
            with contextlib.suppress(OSError, psycopg.Error):
                if _server(connection.pgconn) == server:
                    _cut(connection.pgconn.socket)
    for pool in list(_pools):
        if not pool.closed:
            pool.drain()


def _server(pgconn: PGconn) -> tuple[bytes, bytes, bytes]:
    return pgconn.host, pgconn.hostaddr, pgconn.port


def _cut(descriptor: int) -> None:
    """End the waiting for a socket, which stays open for those who wait."""
    with socket.socket(fileno=os.dup(descriptor)) as copy:
        copy.shutdown(socket.SHUT_RDWR)


class AsyncConnection(psycopg.AsyncConnection[Any]):
    """A connection for short statements, each of which has an end; to listen it may wait as long as it wants."""

    async def wait(self, gen: Any, *arguments: Any, **options: Any) -> Any:
        """Wait for an answer. Raises OperationalError when it takes too long."""
        if gen.__name__ == "notifies":
            return await super().wait(gen, *arguments, **options)
        late = asyncio.get_running_loop().call_later(_LONGEST, _give_up, self.pgconn, _LONGEST)
        try:
            return await super().wait(gen, *arguments, **options)
        finally:
            late.cancel()
