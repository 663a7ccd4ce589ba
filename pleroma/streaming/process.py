"""The process that holds all streams: one thread, one loop, two connections to the database.

Web workers hand it the connections that ask for a stream (handover.py). It ends with SIGTERM, and with SIGHUP it ends
its connections one after the other, so that their clients come back to a newer process without a rush.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import socket
import time
from typing import Any

import psycopg
from websockets.frames import CloseCode

from pleroma import logs
from pleroma.config import Config
from pleroma.processes import allow_files
from pleroma.streaming import handover
from pleroma.streaming.admission import Gate
from pleroma.streaming.connection import Connection
from pleroma.streaming.delivery import Delivery
from pleroma.streaming.hub import Hub
from pleroma.streaming.outbox import EventsLost, Outbox
from pleroma.telemetry.stream_figures import StreamFigures

log = logging.getLogger("pleroma.streaming")
_UPKEEP_SECONDS = 60.0
# Nobody who comes should have to find out that the database is gone.
_IDLE_LOOK_SECONDS = 5.0
# What wakes this process says so; looking without being woken mends what a race has missed.
_LOOK_SECONDS = _TICK_SECONDS = 1.0
_RETRY_SECONDS = 0.5
# How long the connections of a process that makes way for a newer one are ended over, and in how many steps.
_SPREAD_SECONDS, _STEPS = 10.0, 100
# So many of them it stays although nobody is there: web workers may still hand a connection over.
_IDLE_STEPS = 10
# How long connections may take to end with the process.
_ENDING_SECONDS = 3.0
_AWAY_SECONDS = 10.0
# Files beside the connections that it may hold.
_OTHER_FILES = 100
# More of the buffer of the kernel would only hide that somebody reads slowly.
_KERNEL_BUFFER = 65_536
# So long the other side may not confirm what was sent.
_UNCONFIRMED_MILLISECONDS = 75_000


class Process:
    """The loop and all that lives in it."""

    def __init__(self, config: Config, url: str, handed: socket.socket, figures: StreamFigures) -> None:
        self._config = config
        self._handed = handed
        self._figures = figures
        self._hub = Hub(config.streaming_connections, figures)
        self._outbox = Outbox(url, self._hub)
        self._delivery = Delivery(self._hub, self._outbox, config.base_url)
        self._gate = Gate(config, self._outbox, self._hub, self._delivery.catch_up)
        self._connections: set[Connection] = set()
        self._away_since: float | None = time.monotonic()

    async def run(self) -> None:
        """Serve until SIGTERM (which ends it at once) or SIGHUP (one connection after the other)."""
        loop = asyncio.get_running_loop()
        ended, retired = asyncio.Event(), asyncio.Event()
        for number, event in ((signal.SIGTERM, ended), (signal.SIGINT, ended), (signal.SIGHUP, retired)):
            loop.add_signal_handler(number, event.set)
        loop.add_reader(self._handed.fileno(), self._receive)
        tasks = [loop.create_task(self._read_events()), loop.create_task(self._tick())]
        await _first(ended, retired)
        if not ended.is_set():
            await self._make_way(ended)
        loop.remove_reader(self._handed.fileno())
        await self._end(CloseCode.GOING_AWAY if ended.is_set() else CloseCode.SERVICE_RESTART, "shutting down")
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=1)
        with contextlib.suppress(psycopg.Error, OSError):
            await self._outbox.close()

    # Connections.

    def _receive(self) -> None:
        for descriptor, taken in handover.received(self._handed):
            client = socket.socket(fileno=descriptor)
            client.setblocking(False)
            task = asyncio.get_running_loop().create_task(self._take(client, taken))
            task.add_done_callback(_note)

    async def _take(self, client: socket.socket, taken: bytes) -> None:
        connection = Connection(self._hub, self._gate, self._ended, taken)
        try:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _KERNEL_BUFFER)
            if client.family in (socket.AF_INET, socket.AF_INET6):
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNCONFIRMED_MILLISECONDS)
            self._connections.add(connection)
            await asyncio.get_running_loop().connect_accepted_socket(lambda: connection, client)
        except OSError:
            # It has gone away in between.
            self._connections.discard(connection)
            client.close()

    def _ended(self, connection: Connection, status: int) -> None:
        self._connections.discard(connection)
        if self._config.log_level in ("debug", "info"):
            _write_line(connection, status, self._config.log_format)

    # Events.

    async def _read_events(self) -> None:
        while True:
            try:
                await self._outbox.open()
                self._away_since, self._figures.reads_events = None, True
                await self._read_until_cut()
            except EventsLost as error:
                await self._begin_again(str(error))
            except (psycopg.Error, OSError) as error:
                log.warning("The streams wait for their database: %s", str(error).strip().partition("\n")[0])
            if self._away_since is None:
                self._away_since = time.monotonic()
            with contextlib.suppress(psycopg.Error, OSError):
                await self._outbox.close()
            await asyncio.sleep(_RETRY_SECONDS)

    async def _read_until_cut(self) -> None:
        upkeep = idle_look = 0.0
        while True:
            # Before anything else, because this finds out whether the events are those of before.
            if self._hub.is_wanted:
                await self._outbox.follow()
                await self._delivery.catch_up()
            else:
                await self._outbox.rest()
                if time.monotonic() > idle_look:
                    idle_look = time.monotonic() + _IDLE_LOOK_SECONDS
                    await self._outbox.look()
            if time.monotonic() > upkeep:
                upkeep = time.monotonic() + _UPKEEP_SECONDS
                await self._outbox.look_after()
                await self._delivery.end_ended([one for one in self._hub.connections if one.token_id])
            await self._outbox.wait(_LOOK_SECONDS)

    async def _begin_again(self, reason: str) -> None:
        log.warning("All streams begin again: %s", reason)
        self._outbox.begin_again()
        for connection in list(self._hub.connections):
            connection.close(CloseCode.SERVICE_RESTART, reason, "lost")

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            now = time.monotonic()
            if self._away_since is not None and now - self._away_since > _AWAY_SECONDS:
                self._figures.reads_events = False
            for connection in list(self._connections):
                connection.keep_alive(now)
            self._hub.drop_the_slow()

    # The end.

    async def _end(self, code: int, reason: str) -> None:
        for connection in list(self._connections):
            connection.close(code, reason, "ended")
        give_up = time.monotonic() + _ENDING_SECONDS
        while self._connections and time.monotonic() < give_up:
            await asyncio.sleep(0.02)

    async def _make_way(self, ended: asyncio.Event) -> None:
        """End the connections over a while; what web workers still hand over comes and goes with them."""
        for step in range(_STEPS):
            open_ones = [connection for connection in self._connections if connection.is_open]
            for connection in open_ones[: -(-len(open_ones) // (_STEPS - step))]:
                connection.close(CloseCode.SERVICE_RESTART, "restarting", "ended")
            if step > _IDLE_STEPS and not self._connections:
                return
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(ended.wait(), _SPREAD_SECONDS / _STEPS)
                return


async def _first(*events: asyncio.Event) -> None:
    tasks = [asyncio.create_task(event.wait()) for event in events]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()


def _note(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        log.error("a connection was not taken", exc_info=task.exception())


def _write_line(connection: Connection, status: int, log_format: str) -> None:
    line: dict[str, Any] = {
        "time": logs.now(),
        "level": "info",
        "id": connection.identity,
        "method": "GET",
        "route": connection.route,
        "status": status,
        "account": str(connection.account_id) if connection.account_id else None,
        "seconds": round(time.monotonic() - connection.started, 1),
        "frames": connection.frames,
    }
    if log_format == "json":
        text = json.dumps(line)
    else:
        text = (
            f"{line['time']} info {line['id']} GET {line['route']} {status}"
            f" account={line['account'] or '-'} seconds={line['seconds']} frames={line['frames']}"
        )
    with contextlib.suppress(OSError):
        os.write(2, (text + "\n").encode("ascii", "backslashreplace"))


def run(config: Config, url: str, handed: socket.socket, figures: StreamFigures) -> int:
    """Hold streams until a signal ends it; returns the exit status."""
    logs.configure(config)
    allow_files(config.streaming_connections + _OTHER_FILES)
    figures.restart()
    asyncio.run(Process(config, url, handed, figures).run())
    return 0
