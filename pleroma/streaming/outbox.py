"""What happened, read from the database: events in the order in which they were written, each once.

A process reads what its snapshot shows and the one before did not. So nothing is lost to transactions that commit in
another order than they began, nothing comes twice, and a connection to the database that was cut goes on where it was.
"""

from __future__ import annotations

import asyncio
import uuid
from collections import deque
from collections.abc import AsyncIterator
from typing import Any

import psycopg
from psycopg.rows import namedtuple_row
from psycopg.types.numeric import Int8Dumper

from pleroma.db import AsyncConnection, queries, session_options
from pleroma.streaming.hub import Hub

_LISTEN = "listen stream"
_PATIENCE = 5.0


class EventsLost(RuntimeError):
    """Events cannot be sent: a crash of PostgreSQL has emptied their table, or one could not be handled."""


class Outbox:
    """The events for a hub, and what is asked of the database for it. One connection waits, one asks."""

    def __init__(self, url: str, hub: Hub) -> None:
        self._url = url
        self._hub = hub
        self._process_id = uuid.uuid4()
        self._asking: psycopg.AsyncConnection[Any] | None = None
        self._listening: psycopg.AsyncConnection[Any] | None = None
        self._snapshot: str | None = None
        self._turning = asyncio.Lock()
        self._connected = asyncio.Event()
        # Read and not sent yet.
        self.pending: deque[dict[str, Any]] = deque()

    async def open(self) -> None:
        """Connect, and listen. Raises psycopg.Error."""
        self._asking = await self._connect()
        self._listening = await self._connect()
        await self._listening.execute(_LISTEN)
        self._connected.set()

    async def close(self) -> None:
        """Close both connections."""
        self._connected.clear()
        for connection in (self._asking, self._listening):
            if connection is not None:
                await connection.close()
        self._asking = self._listening = None

    async def _connect(self) -> psycopg.AsyncConnection[Any]:
        connection = await AsyncConnection.connect(
            self._url,
            autocommit=True,
            application_name="pleroma streaming",
            options=session_options(),
            row_factory=namedtuple_row,
            prepare_threshold=0,
        )
        connection.adapters.register_dumper(int, Int8Dumper)
        return connection

    async def follow(self) -> None:
        """Read events from now on, unless they are being read for others. Raises psycopg.Error, TimeoutError.

        The database may be away for a moment.
        """
        await asyncio.wait_for(self._connected.wait(), _PATIENCE)
        async with self._turning:
            if self._snapshot is None:
                await self.register(is_awake=True)
                (row,) = await self.rows(queries.streaming.snapshot)
                self._snapshot = row.snapshot

    async def rest(self) -> None:
        """Read no more events when there is nobody to read for. Raises psycopg.Error."""
        async with self._turning:
            if self._snapshot is not None and not self._hub.is_wanted:
                self._snapshot = None
                self.pending.clear()
                await self.register(is_awake=False)

    async def register(self, *, is_awake: bool) -> None:
        """Say that this process is there, and whether it wants to be woken. Raises psycopg.Error."""
        await self.rows(queries.streaming.register, process_id=self._process_id, is_awake=is_awake)

    async def look_after(self) -> None:
        """Say again that this process is there, and remove what every process has read. Raises psycopg.Error."""
        await self.register(is_awake=self._snapshot is not None)
        await self.rows(queries.streaming.remove_old)

    async def look(self) -> None:
        """Find out whether the database is there. Raises psycopg.Error."""
        await self.rows(queries.streaming.snapshot)

    async def wait(self, seconds: float) -> None:
        """Wait until something happens, but not longer. Raises psycopg.Error."""
        if self._listening is None:
            raise psycopg.OperationalError("not connected")
        found: AsyncIterator[psycopg.Notify] = self._listening.notifies(timeout=seconds, stop_after=1)
        async for _ in found:
            pass

    async def read(self) -> None:
        """Add to `pending` what was committed since the last time. Raises EventsLost, psycopg.Error."""
        async with self._turning:
            if self._snapshot is None:
                return
            (row,) = await self.rows(queries.streaming.events, previous=self._snapshot, process_id=self._process_id)
            if not row.is_whole:
                raise EventsLost("events were lost")
            self._snapshot = row.snapshot
            self.pending.extend(row.events)

    def begin_again(self) -> None:
        """Forget where reading was: the next who follows begins at that time."""
        self._snapshot = None
        self.pending.clear()

    async def rows(self, statement: Any, **values: Any) -> list[Any]:
        """The rows of a named statement. Raises psycopg.Error."""
        if self._asking is None:
            raise psycopg.OperationalError("not connected")
        cursor = await self._asking.execute(statement.sql, values)
        return await cursor.fetchall() if cursor.description else []

    @property
    def is_cut(self) -> bool:
        """Whether the connection that asks is gone."""
        return self._asking is None or self._asking.closed
