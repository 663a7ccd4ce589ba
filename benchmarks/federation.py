"""Measures federation: python benchmarks/federation.py --help.

What comes in is signed by somebody of another server who is known here; what goes out goes over TLS to many hosts, each
an address of this machine. No two requests are the same, but where the line says so.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import aiosql
import load
import psycopg
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from machine import MemoryWatch, memory, processor_time
from measure import Cost, Measuring, Row, posts
from peers import Peers, address, make_certificates
from seed import seed
from server import Servers, free_port

from pleroma import config, db
from pleroma.db import queries
from pleroma.federation import reader, signatures

sql: Any = aiosql.from_path(Path(__file__).with_name("federation.sql"), "psycopg")
_STATUSES, _FOLLOWED = 20_000, [10, 200, 2000]
_HOSTS, _FOLLOWERS, _DEAD = 300, 2000, 30
_PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
_SENT = 6000
_IN_A_SECOND, _OUT_A_SECOND = 10, 20


class Benchmark:
    """The lines, in their order."""

    def __init__(self, directory: Path, seconds: float) -> None:
        self._seconds = seconds
        authority = make_certificates(directory, _HOSTS)
        self._peers = Peers(free_port(), directory, _HOSTS)
        settings = {
            "FEDERATION": "true", "REMOTE_ALLOW_LOOPBACK": "true", "REMOTE_CA_FILE": str(authority),
            "LOG_LEVEL": "error",
        }  # fmt: skip
        self._servers = Servers(directory / "on", 1, **settings)
        self._quiet = Servers(directory / "off", 1, LOG_LEVEL="error")
        self._measuring = Measuring(self._servers, seconds)
        self.rows: list[Row] = []
        made = rsa.generate_private_key(65537, 2048)
        self._key = made.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()
        self._public = (
            made.public_key()
            .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
            .decode()
        )
        self._numbers = itertools.count(1)

    def run(self) -> None:
        """Measure everything."""
        for servers, what, reach in ((self._quiet, "off", "≤ 130"), (self._servers, "on", "≤ 142")):
            servers.start()
            time.sleep(3)
            self._add(f"memory at rest, federation {what}", reach, sum(memory(servers.product).values()), "MB")
            servers.stop()
        self._servers.start(worker=False)
        self._state = seed(self._servers.url, _STATUSES, _FOLLOWED)
        self._servers.start_ceiling()
        self._config = config.load(
            {}, database_url=self._servers.url, secret_key="x" * 32, federation=True, remote_allow_loopback=True,
            base_url=f"http://127.0.0.1:{self._servers.port}",
        )  # fmt: skip
        db.configure(self._servers.url, 4)
        self._make_sender()
        self._documents()
        self._inbox()
        self._reader()
        self._servers.stop()
        self._servers.start()
        self._make_followers()
        self._deliveries()
        self._together()

    def stop(self) -> None:
        """Stop everything."""
        db.close_pool()
        self._servers.stop()
        self._quiet.stop()
        self._peers.stop()

    def _add(self, what: str, reach: str, value: float, unit: str, **details: float) -> None:
        bound = float(reach.split()[-1]) if reach else 0.0
        good = (value >= bound if reach.startswith("≥") else value <= bound) if reach else None
        self.rows.append(Row(what, reach, value, unit, good, details))
        mark = {True: "✓", False: "✗", None: " "}[good]
        print(f"{mark} {what:<66} {value:>8.3g} {unit:<4} {reach}", flush=True)

    def _make_sender(self) -> None:
        """Somebody elsewhere whose key is known, followed by the reader, who writes to three people here."""
        uri = "http://127.0.0.9/users/sender"
        with db.in_transaction() as connection:
            queries.outgoing.be_quiet(connection)
            self._store(connection, "sender", "127.0.0.9")
            queries.remote_accounts.keep_keys(
                connection, owner=uri, ids=[f"{uri}#main-key"], public_keys=[self._public], is_application=False
            )
        with psycopg.connect(self._servers.url, autocommit=True) as connection:
            sql.follow(connection, follower="seedreader1", followed="sender")

    @staticmethod
    def _store(connection: Any, nickname: str, host: str, scheme: str = "http") -> None:
        uri = f"{scheme}://{host}/users/{nickname}"
        queries.remote_accounts.store(
            connection, uri=uri, nickname=nickname, domain=host, url=uri, display_name=nickname, note="",
            note_source="", fields="[]", locked=False, bot=False, is_group=False, discoverable=False,
            created_at=datetime.now(UTC), host=host, inbox=f"{uri}/inbox", shared_inbox=f"{scheme}://{host}/inbox",
            outbox=None, followers=f"{uri}/followers", featured=None, avatar_url=None, header_url=None,
            also_known_as=[], followers_count=0, following_count=0, statuses_count=0,
        )  # fmt: skip

    def _create(self) -> dict[str, Any]:
        number = next(self._numbers)
        uri = "http://127.0.0.9/users/sender"
        people = [f"{self._config.base_url}/users/seed{(number + each) % 1900 + 1}" for each in range(3)]
        note = {
            "id": f"http://127.0.0.9/notes/{number}", "type": "Note", "attributedTo": uri,
            "content": f"<p>number {number} of a few words that nobody will remember</p>", "sensitive": False,
            "published": datetime.now(UTC).isoformat(), "to": [_PUBLIC], "cc": [f"{uri}/followers", *people],
            "tag": [{"type": "Mention", "href": each, "name": "@someone"} for each in people],
        }  # fmt: skip
        return {"id": f"{note['id']}/activity", "type": "Create", "actor": uri, "object": note, "to": note["to"]}

    def _like(self) -> dict[str, Any]:
        number = next(self._numbers)
        status = self._uris[number % len(self._uris)]
        return {
            "id": f"http://127.0.0.9/likes/{number}", "type": "Like", "actor": "http://127.0.0.9/users/sender",
            "object": status,
        }  # fmt: skip

    def _post(self, activity: dict[str, Any], *, damaged: bool = False) -> bytes:
        body = json.dumps(activity).encode()
        url = f"{self._config.base_url}/inbox"
        headers = signatures.signed("POST", url, "http://127.0.0.9/users/sender#main-key", self._key, body)
        if damaged:
            headers["Signature"] = headers["Signature"][:-20] + 'AAAAAAAAAAAAAAAAAA="'
        lines = ["POST /inbox HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body

    def _documents(self) -> None:
        with psycopg.connect(self._servers.url, autocommit=True) as connection:
            rows = list(sql.notes(connection, limit=4000))
        self._uris = [f"{self._config.base_url}/objects/{uuid}" for (uuid,) in rows]
        notes = [f"/objects/{uuid}" for (uuid,) in rows]
        actors = [f"/users/seed{number}" for number in range(1, 200)]
        # A key is made when an actor is asked for first.
        load.run(self._servers.port, [self._get(path) for path in actors], 60, repeat=False)
        for what, paths in (("GET actor", actors), ("GET note as JSON", notes)):
            found = self._measuring.against_ceiling(self._different(paths))
            self._add(f"{what}: rate over the ceiling's", "≥ 0.7", found["ratio"], "×", **found)

    @staticmethod
    def _get(path: str) -> bytes:
        return f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: application/activity+json\r\n\r\n".encode()

    def _different(self, paths: list[str]) -> Iterator[bytes]:
        for number, path in enumerate(itertools.cycle(paths)):
            yield self._get(f"{path}?{number}")

    def _inbox(self) -> None:
        before = self._measuring.ceiling()
        creates = [self._post(self._create()) for _ in range(_SENT)]
        cost = self._sent(creates[: _SENT // 2])
        self._cost_of_create = cost.milliseconds
        self._over("inbox: signed Create, known key", cost, before, "≥ 0.3", "≤ 3")
        cost = self._sent(itertools.cycle(creates[:1]))
        self._over("inbox: the same activity again", cost, before, "≥ 0.5")
        bad = [self._post(self._create(), damaged=True) for _ in range(_SENT)]
        cost = self._sent(bad, is_refused=True)
        self._over("inbox: bad signature", cost, before, "≥ 0.5")
        with psycopg.connect(self._servers.url, autocommit=True) as connection:
            sql.empty_inbox(connection)

    def _sent(self, requests: Any, *, is_refused: bool = False) -> Cost:
        return self._measuring.cost(self._servers.port, requests, repeat=False, is_refused=is_refused)

    def _over(self, what: str, cost: Cost, ceiling: Cost, reach: str, reach_of_time: str = "") -> None:
        self._add(f"{what}: rate over the ceiling's", reach, cost.rate / ceiling.rate, "×", rate=cost.rate)
        if reach_of_time:
            self._add(
                f"{what}: processor time over the ceiling's",
                reach_of_time, cost.milliseconds / ceiling.milliseconds, "×", milliseconds=cost.milliseconds,
            )  # fmt: skip

    def _reader(self) -> None:
        """The work of the worker, done in this process: its own time and that of the database."""
        for what, make, reach in (("Create with 3 mentions", self._create, "≤ 5"), ("Like", self._like, "≤ 2.5")):
            load.run(self._servers.port, [self._post(make()) for _ in range(500)], 60, repeat=False)
            self._servers.settle()
            own, others = time.process_time(), processor_time(self._servers.roots)
            pace = reader.Pace()
            while reader.read(self._config, pace):
                continue
            self._servers.settle()
            spent = time.process_time() - own + processor_time(self._servers.roots) - others
            self._add(f"worker: {what}, processor time", reach, 1000 * spent / 500, "ms")

    def _make_followers(self) -> None:
        """2,000 followers of the author on 300 hosts."""
        with db.in_transaction() as connection:
            queries.outgoing.be_quiet(connection)
            for number in range(_FOLLOWERS):
                host = f"{address(number % _HOSTS)}:{self._peers.port}"
                self._store(connection, f"follower{number}", host, "https")
        with psycopg.connect(self._servers.url, autocommit=True) as connection:
            sql.follow(connection, follower="follower%", followed="seedauthor1")
            sql.empty_outgoing(connection)

    def _deliveries(self) -> None:
        self._warm_up()
        self._peers.behave(0.0)
        spent, seconds, _ = self._delivered(_HOSTS)
        self._add("delivery over TLS to a new host, processor time", "≤ 6", 1000 * spent / _HOSTS, "ms")
        self._add("deliveries a second and core", "≥ 60", _HOSTS / spent, "/s", seconds=seconds)
        self._peers.behave(0.2)
        spent, seconds, request = self._delivered(_HOSTS)
        self._add("post to 2,000 followers on 300 hosts: request", "≤ 5", request, "ms")
        self._add("the last of them delivered, hosts of 200 ms", "≤ 20", seconds, "s")
        self._add("processor time for all of it", "≤ 2", spent, "s")
        self._peers.behave(0.2, _DEAD)
        _, seconds, _ = self._delivered(_HOSTS - _DEAD)
        self._add("the last delivered when 30 of them never answer", "≤ 40", seconds, "s")

    def _warm_up(self) -> None:
        """Have each process post: what a process does for the first time takes longer."""
        load.run(self._servers.port, posts(self._state["reader"], 40, 1, mentions=0), 10, repeat=False)

    def _delivered(self, number: int) -> tuple[float, float, float]:
        """Post, and wait for so many deliveries: processor time, seconds, and the milliseconds of the request."""
        self._servers.settle()
        before, begin = processor_time(self._servers.product), time.monotonic()
        text = f"number {next(self._numbers)}"
        post = load.request(
            "/api/v1/statuses", self._state["author"], method="POST", body=json.dumps({"status": text}).encode()
        )
        result = load.run(self._servers.port, [post], 10, repeat=False)
        while self._peers.taken < number and time.monotonic() < begin + 120:
            time.sleep(0.05)
        seconds = (self._peers.last if self._peers.taken >= number else time.monotonic()) - begin
        self._servers.settle()
        return processor_time(self._servers.product) - before, seconds, result.percentile(0.5)

    def _together(self) -> None:
        """Home under ten activities and twenty deliveries a second, over home without."""
        self._peers.behave(0.2)
        with psycopg.connect(self._servers.url, autocommit=True) as connection:
            sql.calm_hosts(connection)
            sql.empty_outgoing(connection)
        token = self._state["reader"]
        alone = self._measuring.page("/api/v1/timelines/home", [token])
        stop = threading.Event()
        busy = threading.Thread(target=self._keep_busy, args=(stop,))
        with MemoryWatch(self._servers.product) as watch:
            busy.start()
            time.sleep(2)
            result = load.run(self._servers.port, _pages(token), max(10.0, self._seconds), repeat=False)
            stop.set()
            busy.join()
        self._add(
            "home with 10 activities and 20 deliveries a second, over without", "≥ 0.7", result.rate / alone.rate, "×"
        )
        self._add("memory meanwhile", "≤ 215", watch.most, "MB")

    def _keep_busy(self, stop: threading.Event) -> None:
        with psycopg.connect(self._servers.url, autocommit=True) as connection:
            while not stop.wait(1.0):
                load.run(self._servers.port, [self._post(self._create()) for _ in range(_IN_A_SECOND)], 1, repeat=False)
                # Mentions of twenty of the followers, each on a host of its own.
                people = [f"follower{(next(self._numbers) * 7 + each) % _FOLLOWERS}" for each in range(_OUT_A_SECOND)]
                sql.deliver(connection, author="seedauthor1", nicknames=people)


def _pages(token: str) -> Iterator[bytes]:
    for number in itertools.count(1_000_000):
        yield load.request(f"/api/v1/timelines/home?{number}", token)


def main() -> None:
    """Run the benchmark that the command line asks for."""
    parser = argparse.ArgumentParser(description="Measures federation against the ceiling of the same run.")
    parser.add_argument("--seconds", type=float, default=4, help="how long each line is measured (default: 4)")
    parser.add_argument("--output", type=Path, default=Path("federation.json"), help="(default: federation.json)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pleroma-benchmark-") as directory:
        benchmark = Benchmark(Path(directory), arguments.seconds)
        try:
            benchmark.run()
        finally:
            benchmark.stop()
    report = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"), "cores": os.cpu_count(),
        "rows": [dataclasses.asdict(row) for row in benchmark.rows],
    }  # fmt: skip
    arguments.output.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
