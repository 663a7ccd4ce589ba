"""Measures the server: python benchmarks/run.py --help. Needs `pip install -e .[benchmark]` for the picture.

Starts a server of its own in a temporary directory, fills it, measures what requests cost, prints a table and writes
it as JSON and as a picture.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import platform
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import chart
import load
import psycopg
import traffic
from machine import MemoryWatch, memory, name
from measure import Measuring, Row, count_statements, different, posts
from seed import seed, seed_remote
from server import Servers

_FIRST = 10_000
_FOLLOWED = [10, 200, 2000]
# Writes in a hundred requests; what to reach of the ceiling's rate, its processor time, and of the latencies.
_TRAFFIC = {0: ("", "", ""), 1: ("", "", ""), 5: ("≥ 0.5", "≤ 2.0", "≤ 3")}


class Benchmark:
    """One run over all lines of the table."""

    def __init__(self, servers: Servers, statuses: int, seconds: float, large: bool, federated: int = 0) -> None:
        self._servers = servers
        self._federated = federated
        self._statuses = statuses
        self._large = large
        self._measuring = Measuring(servers, seconds)
        self._first_cost: dict[str, float] = {}
        self._seeded_until = 0
        self._people: list[traffic.Person] = []
        self.state: dict[str, Any] = {}
        self.rows: list[Row] = []

    def run(self) -> None:
        """Seed, and measure everything."""
        servers = self._servers
        servers.start()
        self.state = seed(servers.url, min(_FIRST, self._statuses), _FOLLOWED)
        servers.start_ceiling()
        self._first_cost = self._home_costs()
        before, written, _ = self._database_size()
        self.state = seed(servers.url, self._statuses, _FOLLOWED, self._large)
        after, now, newest = self._database_size()
        self._seeded_until = newest + 1
        self._start_again()
        self._people = traffic.make_people(servers.port)
        with MemoryWatch(servers.product) as watch:
            self._traffic()
            self._pages()
            self._nothing_new()
            self._growth()
            self._blocking()
            self._filtering()
            self._writes()
        self._add("memory under load", "≤ 180", watch.most, "MB", self._named(watch.by_process))
        if self._large:
            with MemoryWatch(servers.product) as watch:
                self._large_lists()
            self._add("memory under load of large lists", "", watch.most, "MB", self._named(watch.by_process))
        self._statements()
        if self._federated:
            self._federated_shape()
        # The large lists hold more than statuses.
        if now > written and not self._large:
            self._add("disk per 100,000 statuses", "≤ 160", (after - before) * 100_000 / (now - written), "MB")

    def _add(self, what: str, reach: str, value: float, unit: str, details: dict[str, float] | None = None) -> None:
        bound = float(reach.split()[-1]) if reach else 0.0
        good = None if not reach else value >= bound if reach.startswith("≥") else value <= bound
        row = Row(what, reach, value, unit, good, details or {})
        self.rows.append(row)
        mark = {None: " ", True: "✓", False: "✗"}[good]
        few = " ".join(f"{key} {number:.3g}" for key, number in row.details.items())
        print(f"{mark} {what:<50} {value:>8.3g} {unit:<3} {reach:<8} {few}", flush=True)

    def _start_again(self) -> None:
        servers = self._servers
        servers.stop()
        servers.start()
        servers.stop()
        self._add("start to the first answer", "≤ 1.2", servers.start(), "s")
        time.sleep(3)
        sizes = memory(servers.product)
        self._add("memory at rest", "≤ 130", sum(sizes.values()), "MB", self._named(sizes))
        servers.start_ceiling()

    def _named(self, sizes: dict[int, float]) -> dict[str, float]:
        named: dict[str, float] = {}
        for pid, size in sizes.items():
            named[name(pid)] = named.get(name(pid), 0.0) + size
        return named

    def _traffic(self) -> None:
        for share, reaches in _TRAFFIC.items():
            figures = self._measuring.against_ceiling(traffic.Traffic(self._people, share / 100, start=5))
            what = f"traffic, {share} % writes"
            self._add(f"{what}: requests over the ceiling's", reaches[0], figures["ratio"], "", figures)
            self._add(f"{what}: processor time over the ceiling's", reaches[1], figures["processor_ratio"], "×")
            self._add(f"{what}: p99 over p50", reaches[2], figures["p99"] / figures["p50"], "×")

    def _pages(self) -> None:
        tokens = [person.token for person in self._people]
        for what, (path, rate, time_) in self._paths().items():
            figures = self._measuring.against_ceiling(different(path, tokens))
            self._add(f"{what}: requests over the ceiling's", rate, figures["ratio"], "", figures)
            self._add(f"{what}: processor time over the ceiling's", time_, figures["processor_ratio"], "×")

    def _paths(self) -> dict[str, tuple[str, str, str]]:
        """Each page with the figures to reach: requests, and processor time."""
        state = self.state
        return {
            "home": ("/api/v1/timelines/home", "≥ 0.55", "≤ 2.0"),
            "public": ("/api/v1/timelines/public", "≥ 0.55", "≤ 2.0"),
            "account's statuses": (f"/api/v1/accounts/{state['account_id']}/statuses", "≥ 0.55", "≤ 2.0"),
            "notifications": ("/api/v1/notifications", "≥ 0.55", "≤ 2.0"),
            "one status": (f"/api/v1/statuses/{state['status_id']}", "≥ 0.8", ""),
            "thread of 50": (f"/api/v1/statuses/{state['thread_id']}/context", "≥ 0.4", ""),
        }

    def _nothing_new(self) -> None:
        times = []
        for follows, token in self.state["readers"].items():
            newest = traffic.newest_of_home(self._servers.port, token)
            path = f"/api/v1/timelines/home?since_id={newest}"
            figures = self._measuring.against_ceiling(different(path, [token]))
            what = f"home since the newest seen, {follows} followed"
            self._add(f"{what}: requests over the ceiling's", "≥ 0.8", figures["ratio"], "", figures)
            self._add(f"{what}: processor time over the ceiling's", "≤ 1.5", figures["processor_ratio"], "×")
            times.append(figures["processor_ratio"])
        self._add("home since the newest seen: 2,000 followed over 10", "≤ 1.3", times[-1] / times[0], "×")

    def _federated_shape(self) -> None:
        """Home, local and notifications, once nearly all statuses are by accounts that hardly anybody here follows."""
        measuring, reader = self._measuring, self.state["reader"]
        others = {"local": "/api/v1/timelines/public?local=true", "notifications": "/api/v1/notifications"}
        plain = {what: measuring.page(path, [reader]).milliseconds for what, path in others.items()}
        homes = self._home_costs()
        readers = seed_remote(self._servers.url, self._federated, _FOLLOWED)
        for follows, token in readers.items():
            cost = measuring.page("/api/v1/timelines/home", [token]).milliseconds
            details = {"ms": cost, "plain": homes[follows]}
            self._add(f"federated, home, {follows} followed: over plain", "≤ 1.3", cost / homes[follows], "×", details)
        for what, path in others.items():
            cost = measuring.page(path, [reader]).milliseconds
            details = {"ms": cost, "plain": plain[what]}
            self._add(f"federated, {what}: over plain", "≤ 1.3", cost / plain[what], "×", details)

    def _home_costs(self) -> dict[str, float]:
        tokens = {**self.state["readers"], "quiet": self.state["quiet_reader"]}
        return {
            who: self._measuring.page("/api/v1/timelines/home", [token]).milliseconds for who, token in tokens.items()
        }

    def _growth(self) -> None:
        costs = self._home_costs()
        for who, cost in costs.items():
            grown = {"ms": cost, f"ms_at_{_FIRST}": self._first_cost[who]}
            self._add(f"home, {who} followed: growth from 10,000", "≤ 1.3", cost / self._first_cost[who], "×", grown)
        few, quiet = costs[str(_FOLLOWED[0])], costs["quiet"]
        self._add("home: 2,000 followed over 10", "≤ 1.3", costs[str(_FOLLOWED[-1])] / few, "×")
        self._add("home: 5 quiet followed over 10", "≤ 1.3", quiet / few, "×")

    def _blocking(self) -> None:
        path = "/api/v1/timelines/public?local=true"
        plain = self._measuring.page(path, [self.state["reader"]])
        blocking = self._measuring.page(path, [self.state["blocking_reader"]])
        ratio = blocking.milliseconds / plain.milliseconds
        self._add(
            "local timeline: 10 blocks and 10 mutes over none", "≤ 1.3", ratio, "×", {"ms": blocking.milliseconds}
        )

    def _filtering(self) -> None:
        path, reader = "/api/v1/timelines/public?local=true", self.state["reader"]
        plain = self._measuring.page(path, [reader])
        traffic.make_filters(self._servers.port, reader, 10, 5)
        filtering = self._measuring.page(path, [reader])
        ratio = filtering.milliseconds / plain.milliseconds
        self._add(
            "local timeline: 10 filters of 5 keywords over none", "≤ 1.3", ratio, "×", {"ms": filtering.milliseconds}
        )

    def _large_lists(self) -> None:
        large = self.state["large"]
        reader = self.state["reader"]
        # What the lines of writing posted stands before it.
        seeded = f"max_id={self._seeded_until}"
        deep = f"max_id={int(self.state['status_id']) - (150 * 86_400_000 << 16)}"
        lists: dict[str, tuple[str, str]] = {
            "tag, large": (f"/api/v1/timelines/tag/{large['tag']}", reader),
            "tag, small": (f"/api/v1/timelines/tag/{large['small_tag']}", reader),
            "account with many statuses": (f"/api/v1/accounts/{large['account_id']}/statuses", reader),
            "account with many statuses, deep": (f"/api/v1/accounts/{large['account_id']}/statuses?{deep}", reader),
            "many notifications": ("/api/v1/notifications", large["notified"]),
            "many followers": (f"/api/v1/accounts/{large['followed_id']}/followers", reader),
            "long thread": (f"/api/v1/statuses/{large['thread_id']}/context", reader),
            "search for a frequent word": (f"/api/v2/search?type=statuses&q={large['search']}", reader),
            "local, most unlisted or muted": (f"/api/v1/timelines/public?local=true&{seeded}", large["muting_reader"]),
            "public, deep": (f"/api/v1/timelines/public?{deep}", reader),
            "home, deep": (f"/api/v1/timelines/home?{deep}", reader),
        }
        for what, (path, token) in lists.items():
            cost = self._measuring.page(path, [token])
            self._add(what, "", cost.milliseconds, "ms", {"requests_per_second": cost.rate})

    def _writes(self) -> None:
        measuring, servers = self._measuring, self._servers
        author, reader = self.state["author"], self.state["reader"]
        load.run(servers.port, posts(author, 100, 2000), 30, repeat=False)
        cost = measuring.cost(servers.port, posts(author, 1000, 2000, mentions=0), seconds=60, repeat=False)
        self._add("posting: processor time", "≤ 2", cost.milliseconds, "ms", {"failures": cost.failures})
        cost = measuring.cost(servers.port, posts(author, 2000, 2000), seconds=60, repeat=False)
        self._add(
            "posting with 5 mentions: processor time", "≤ 3", cost.milliseconds, "ms", {"failures": cost.failures}
        )
        self._add("after the last of many posts: busy", "≤ 1", cost.busy_after, "s")
        marks = [
            load.request(f"/api/v1/statuses/{status_id}/favourite", reader, method="POST")
            for status_id in self.state["favourite_ids"]
        ]
        cost = measuring.cost(servers.port, marks, seconds=60, repeat=False)
        self._add("favourite: processor time", "≤ 1.2", cost.milliseconds, "ms", {"failures": cost.failures})

    def _statements(self) -> None:
        reader = self.state["reader"]
        numbers = count_statements(
            self._servers.url, {what: (path, reader) for what, (path, *_) in self._paths().items()}
        )
        for what, number in numbers.items():
            self._add(f"{what}: statements", "≤ 2", number, "")

    def _database_size(self) -> tuple[float, int, int]:
        """In MB, with the number of statuses and the id of the newest."""
        with psycopg.connect(self._servers.url, autocommit=True) as connection:
            # What streams were to show is forgotten after ten minutes.
            connection.execute("truncate stream_events")
            connection.execute("vacuum")
            row = connection.execute(
                "select pg_database_size(current_database()) / 1e6, count(*), max(id) from statuses"
            ).fetchone()
        assert row is not None
        return float(row[0]), int(row[1]), int(row[2])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measures the server against the ceiling of the same run.")
    parser.add_argument("--statuses", type=int, default=500_000, help="how many to fill in (default: 500,000)")
    parser.add_argument("--seconds", type=float, default=4, help="how long each line is measured (default: 4)")
    parser.add_argument("--threads", type=int, default=1, help="THREADS of the server (default: 1, sync workers)")
    parser.add_argument("--large", action="store_true", help="also large lists: tag, account, followers, thread …")
    parser.add_argument(
        "--federated", type=int, default=0, metavar="NUMBER", help="at last, add so many statuses of elsewhere"
    )
    parser.add_argument(
        "--output", type=Path, default=Path("benchmark"), help="FILE.json, .md and .svg (default: benchmark)"
    )
    return parser.parse_args()


def main() -> None:
    """Run the benchmark that the command line asks for."""
    arguments = _arguments()
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="pleroma-benchmark-") as directory:
        servers = Servers(Path(directory) / "instance", arguments.threads)
        benchmark = Benchmark(servers, arguments.statuses, arguments.seconds, arguments.large, arguments.federated)
        try:
            benchmark.run()
        finally:
            servers.stop()
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    report = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"), "machine": machine, "statuses": arguments.statuses,
        "threads": arguments.threads, "seconds": round(time.monotonic() - started),
        "rows": [dataclasses.asdict(row) for row in benchmark.rows],
    }  # fmt: skip
    arguments.output.with_suffix(".json").write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", "utf-8")
    title = f"{arguments.statuses:,} statuses, {arguments.threads} thread(s) a worker, {machine}, {report['date'][:10]}"
    arguments.output.with_suffix(".md").write_text(chart.table(benchmark.rows, title), "utf-8")
    chart.draw(benchmark.rows, title, arguments.output.with_suffix(".svg"))


if __name__ == "__main__":
    main()
