"""Measures live streams: python benchmarks/streaming.py [--seconds N]. Writes a table, and JSON beside it.

Readers are WebSockets of this process, spoken just well enough to count frames. The server runs beside them: the
processor time of a line is that of the server alone.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import hashlib
import json
import os
import resource
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import load
import psycopg
from machine import memory, processor_time, settled, tree
from measure import Row
from server import Servers

_MANY, _VERY_MANY = 1000, 5000
_PER_ACCOUNT = 50
_HEAD = (
    "GET /api/v1/streaming?stream={stream}&access_token={token} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
    "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
# A frame of 64 kB and more has a longer head; no event is that large.
_SHORT, _LONG = 126, 65_536


class Reader(asyncio.Protocol):
    """A WebSocket that reports each text frame; one that is `lazy` reads nothing after its handshake."""

    def __init__(self, stream: str, token: str, report: Callable[[], None], *, lazy: bool = False) -> None:
        self._request = _HEAD.format(stream=stream, token=token).encode()
        self._report = report
        self._lazy = lazy
        self._buffer = bytearray()
        self._is_open = False
        self.is_lost = False
        self.opened: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the stream."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self._request)

    def connection_lost(self, exc: Exception | None) -> None:
        """Note it."""
        self.is_lost = True
        if not self.opened.done():
            self.opened.set_result(False)

    def data_received(self, data: bytes) -> None:
        """Count the frames."""
        self._buffer += data
        if not self._is_open:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            self._is_open = self._buffer.startswith(b"HTTP/1.1 101")
            del self._buffer[: end + 4]
            self.opened.set_result(self._is_open)
            if self._lazy and self.transport is not None:
                self.transport.pause_reading()
        while len(self._buffer) >= 4:
            length, start = self._buffer[1], 2
            if length == _SHORT:
                length, start = int.from_bytes(self._buffer[2:4], "big"), 4
            if len(self._buffer) < start + length:
                return
            if self._buffer[0] & 0x0F == 1:
                self._report()
            del self._buffer[: start + length]


class Crowd:
    """Readers of the server, and when their frames came."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.readers: list[Reader] = []
        self.times: list[float] = []

    async def join(self, stream: str, tokens: list[str], *, lazy: bool = False) -> None:
        """One more reader for each token."""
        loop = asyncio.get_running_loop()
        for start in range(0, len(tokens), _PER_ACCOUNT):
            some = [
                (
                    await loop.create_connection(
                        lambda t=token: Reader(stream, t, self._note, lazy=lazy), "127.0.0.1", self._port
                    )
                )[1]
                for token in tokens[start : start + _PER_ACCOUNT]
            ]
            if not all(await asyncio.gather(*(reader.opened for reader in some))):
                raise RuntimeError("a stream was refused")
            self.readers += some

    def _note(self) -> None:
        self.times.append(time.monotonic())

    async def has(self, frames: int, patience: float = 10.0) -> float:
        """Wait until so many frames have come; returns when the last of them did."""
        give_up = time.monotonic() + patience
        while len(self.times) < frames and time.monotonic() < give_up:
            await asyncio.sleep(0.002)
        return self.times[frames - 1] if len(self.times) >= frames else float("inf")

    async def leave(self) -> None:
        """Close all."""
        for reader in self.readers:
            if reader.transport is not None:
                reader.transport.abort()
        self.readers.clear()
        self.times.clear()
        await asyncio.sleep(1.5)


class Benchmark:
    """The lines, in their order."""

    def __init__(self, servers: Servers, quiet: Servers, seconds: float) -> None:
        self._servers, self._quiet, self._seconds = servers, quiet, seconds
        self.rows: list[Row] = []

    async def run(self) -> None:
        """Measure everything."""
        self._quiet.start()
        time.sleep(3)
        without = sum(memory(self._quiet.product).values())
        self._quiet.stop()
        self._servers.start()
        time.sleep(3)
        grown = sum(memory(self._servers.product).values()) - without
        self._add("memory at rest, more than without streams", "≤ 8", grown, "MB")
        self.tokens = _people(self._servers.url, _VERY_MANY // _PER_ACCOUNT)
        self.author = self.tokens[0]
        for measure in (self._latency, self._many_readers, self._idle, self._lazy, self._very_many):
            await measure()

    def _add(self, what: str, reach: str, value: float, unit: str) -> None:
        bound = float(reach.split()[-1])
        good = value >= bound if reach.startswith("≥") else value <= bound
        self.rows.append(Row(what, reach, value, unit, good))
        print(f"{'✓' if good else '✗'} {what:<62} {value:>8.3g} {unit:<3} {reach}", flush=True)

    def _crowd(self) -> Crowd:
        return Crowd(self._servers.port)

    async def _post(self, text: str = "a few words that nobody will remember") -> float:
        """Post, and return when the answer was there."""
        body = json.dumps({"status": text}).encode()
        reader, writer = await asyncio.open_connection("127.0.0.1", self._servers.port)
        writer.write(load.request("/api/v1/statuses", self.author, method="POST", body=body))
        answer = await reader.readuntil(b"\r\n\r\n")
        at = time.monotonic()
        writer.close()
        assert answer.startswith(b"HTTP/1.1 200"), answer
        return at

    async def _latency(self) -> None:
        crowd, late = self._crowd(), []
        await crowd.join("user", [self.author])
        for number in range(1, 101):
            answered = await self._post()
            late.append(max(0.0, await crowd.has(number) - answered))
            await asyncio.sleep(0.02)
        await crowd.leave()
        late.sort()
        self._add("answer to a post → frame: median", "≤ 30", 1000 * statistics.median(late), "ms")
        self._add("answer to a post → frame: 95 of 100", "≤ 100", 1000 * late[94], "ms")

    async def _many_readers(self) -> None:
        crowd = self._crowd()
        await crowd.join("public:local", self.tokens[:_MANY])
        await self._posts_to(crowd, "")
        await crowd.leave()

    async def _posts_to(self, crowd: Crowd, note: str) -> None:
        """What posts cost that all of a crowd read."""
        number, posts, late = len(crowd.readers), 20, []
        await self._post()
        await crowd.has(number)
        crowd.times.clear()
        settled(self._servers.product)
        before = processor_time(self._servers.product)
        for count in range(1, posts + 1):
            answered = await self._post()
            late.append(await crowd.has(count * number) - answered)
        settled(self._servers.product)
        spent = (processor_time(self._servers.product) - before) / posts
        self._add(f"1,000 readers of the local timeline{note}: the last has it", "≤ 1", max(late), "s")
        self._add(f"1,000 readers of the local timeline{note}: processor time", "≤ 60", 1000 * spent, "ms")

    async def _lazy(self) -> None:
        """The same, with ten more who read nothing."""
        crowd, lazy = self._crowd(), self._crowd()
        await crowd.join("public:local", self.tokens[:_MANY])
        before = self._memory_of_streams()
        await lazy.join("public:local", self.tokens[_MANY : _MANY + 10], lazy=True)
        await self._posts_to(crowd, ", 10 more read nothing")
        crowd.times.clear()
        for count in range(1, 61):
            await self._post("x" * 4900)
            await crowd.has(count * len(crowd.readers))
        self._add("10 who read nothing: memory", "≤ 12", self._memory_of_streams() - before, "MB")
        await crowd.leave()
        await lazy.leave()

    async def _idle(self) -> None:
        requests = [load.request(f"/api/v1/timelines/public?limit=20&{number}") for number in range(20_000)]
        crowd = self._crowd()
        before, rates = self._memory_of_streams(), []
        for waiting in (False, True, True, False):
            if waiting:
                await crowd.join("user:notification", self.tokens[:_MANY])
                grown = self._memory_of_streams() - before
            settled(self._servers.product)
            rates.append(load.run(self._servers.port, requests, self._seconds).rate)
            await crowd.leave()
        self._add("1,000 idle connections: memory", "≤ 10", grown, "MB")
        self._add(
            "requests a second beside them, over those without",
            "≥ 0.97",
            (rates[1] + rates[2]) / (rates[0] + rates[3]),
            "",
        )

    async def _very_many(self) -> None:
        """On one core: five posts a second to five thousand."""
        os.sched_setaffinity(self._streams(), {0})
        crowd, posts, late = self._crowd(), 5 * int(self._seconds) * 2, []
        await crowd.join("public", self.tokens)
        begun = time.monotonic()
        answered = []
        for count in range(posts):
            await asyncio.sleep(max(0.0, begun + count / 5 - time.monotonic()))
            answered.append(await self._post())
        await crowd.has(posts * _VERY_MANY, patience=20)
        times = crowd.times
        late = sorted(at - answered[place // _VERY_MANY] for place, at in enumerate(times[: posts * _VERY_MANY]))
        lost = sum(reader.is_lost for reader in crowd.readers)
        self._add("5,000 connections, 5 posts a second: dropped", "≤ 0", lost, "")
        self._add("5,000 connections, 5 posts a second: missing frames", "≤ 0", posts * _VERY_MANY - len(times), "")
        self._add("5,000 connections, 5 posts a second: 95 of 100", "≤ 2", late[int(len(late) * 0.95)], "s")
        self._add("5,000 connections, 5 posts a second: memory", "≤ 100", self._memory_of_streams(), "MB")
        await crowd.leave()

    def _streams(self) -> int:
        """The process that holds the streams."""
        return next(pid for pid in tree(self._servers.product) if _comm(pid) == "streaming")

    def _memory_of_streams(self) -> float:
        return memory([self._streams()])[self._streams()]


def _comm(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def _people(url: str, number: int) -> list[str]:
    """Accounts with as many tokens as each may have connections."""
    tokens = []
    with psycopg.connect(url) as connection:
        app = "insert into apps (client_id, client_secret_hash, name, redirect_uri, redirect_uris, scopes)"
        made = connection.execute(f"{app} values ('streams', '', 'streams', '', '{{}}', '{{read,write}}') returning id")
        ((app_id,),) = made.fetchall()
        for person in range(number):
            name = f"streams{person}"
            made = connection.execute("insert into accounts (nickname) values (%s) returning id", (name,))
            ((account_id,),) = made.fetchall()
            user = "insert into users (account_id, email, password_hash) values (%s, %s, '')"
            connection.execute(user, (account_id, name))
            for _ in range(_PER_ACCOUNT):
                tokens.append(secrets.token_urlsafe(16))
                connection.execute(
                    "insert into tokens (token_hash, app_id, account_id, scopes) values (%s, %s, %s, '{read,write}')",
                    (hashlib.sha256(tokens[-1].encode()).digest(), app_id, account_id),
                )
    return tokens


def main() -> None:
    """Run the benchmark that the command line asks for."""
    parser = argparse.ArgumentParser(description="Measures live streams.")
    parser.add_argument("--seconds", type=float, default=4, help="how long each line is measured (default: 4)")
    parser.add_argument("--output", type=Path, default=Path("streaming.json"), help="(default: streaming.json)")
    arguments = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 3 * _VERY_MANY), most))
    with tempfile.TemporaryDirectory(prefix="pleroma-benchmark-") as directory:
        settings = {"TRUSTED_PROXIES": "127.0.0.1", "LOG_LEVEL": "warning"}
        servers = Servers(Path(directory) / "on", 4, STREAMING_CONNECTIONS="6000", **settings)
        quiet = Servers(Path(directory) / "off", 4, STREAMING_CONNECTIONS="0", **settings)
        benchmark = Benchmark(servers, quiet, arguments.seconds)
        try:
            asyncio.run(benchmark.run())
        finally:
            servers.stop()
            quiet.stop()
    rows = [dataclasses.asdict(row) for row in benchmark.rows]
    arguments.output.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
