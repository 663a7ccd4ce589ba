"""The measurements: each is compared with the ceiling, which is measured before and after it."""

from __future__ import annotations

import itertools
import json
import random
import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import load
from machine import processor_time
from server import Servers

from pleroma import config, create_app, db
from pleroma.db import timing

# More requests than are sent in a round, and how often what is measured and the ceiling take turns: a machine that
# changes its speed changes it for both, and one odd round does not count.
_OF_A_ROUND = 10_000
_ROUNDS = 3


@dataclass
class Row:
    """One line of the table: what, how much of it is wanted, and what was measured."""

    what: str
    reach: str
    value: float
    unit: str
    good: bool | None
    details: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Cost:
    """Requests a second, and processor time in ms per request of all processes, what follows the answer included."""

    rate: float
    milliseconds: float
    failures: int
    busy_after: float
    result: load.Result


class Measuring:
    """Measures requests to the servers."""

    def __init__(self, servers: Servers, seconds: float) -> None:
        self._servers = servers
        self._seconds = seconds

    def cost(
        self,
        port: int,
        requests: Iterable[bytes | load.Asking],
        *,
        seconds: float | None = None,
        repeat: bool = True,
        is_refused: bool = False,
    ) -> Cost:
        """What requests of this kind cost; `is_refused`: they are expected to be refused."""
        servers = self._servers
        servers.settle()
        before = processor_time(servers.roots)
        result = load.run(port, requests, seconds or self._seconds, repeat=repeat)
        idle = servers.settle()
        spent = processor_time(servers.roots) - before
        if not result.answers and not is_refused:
            raise RuntimeError("no good answer")
        milliseconds = 1000 * spent / (result.answers + result.failures)
        rate = result.failures / result.seconds if is_refused else result.rate
        return Cost(rate, milliseconds, result.failures, max(0.0, idle - result.finished), result)

    def page(self, path: str, tokens: Sequence[str]) -> Cost:
        """What a page costs, asked for by the accounts of the tokens in turn."""
        requests = different(path, tokens)
        self._warm(requests)
        return self._cost_of_round(requests, 1, self._seconds)

    def _warm(self, requests: Iterable[bytes | load.Asking]) -> None:
        load.run(self._servers.port, requests, 0.5, repeat=False)

    def _cost_of_round(self, requests: Iterable[bytes | load.Asking], number: int, seconds: float) -> Cost:
        # Another process sent those of the earlier rounds, so that here they are still to come.
        following = itertools.islice(requests, number * _OF_A_ROUND, None)
        return self.cost(self._servers.port, following, seconds=seconds, repeat=False)

    def ceiling(self) -> Cost:
        """What `select 1` costs now."""
        return self.cost(self._servers.ceiling_port, [load.request("/")], seconds=self._seconds / (2 * _ROUNDS))

    def against_ceiling(self, requests: Iterable[bytes | load.Asking]) -> dict[str, float]:
        """Requests of this kind beside the ceiling, which is measured before and after each round of them; medians."""
        self._warm(requests)
        before, rounds, failures = self.ceiling(), [], 0
        for number in range(1, _ROUNDS + 1):
            cost = self._cost_of_round(requests, number, self._seconds / _ROUNDS)
            after = self.ceiling()
            rate, milliseconds = (before.rate + after.rate) / 2, (before.milliseconds + after.milliseconds) / 2
            rounds.append({
                "ratio": cost.rate / rate,
                "processor_ratio": cost.milliseconds / milliseconds,
                "milliseconds": cost.milliseconds,
                "requests_per_second": cost.rate,
                "ceiling_per_second": rate,
                "ceiling_milliseconds": milliseconds,
                "p50": cost.result.percentile(0.5),
                "p99": cost.result.percentile(0.99),
            })  # fmt: skip
            failures += cost.failures
            before = after
        return {what: statistics.median([figures[what] for figures in rounds]) for what in rounds[0]} | {
            "failures": failures
        }


def different(path: str, tokens: Sequence[str]) -> Iterator[bytes]:
    """Endless requests of a page, no two the same, in turn by the accounts of the tokens."""
    joint = "&" if "?" in path else "?"
    for number, token in enumerate(itertools.cycle(tokens)):
        yield load.request(f"{path}{joint}{number}", token)


def posts(token: str, number: int, people: int, *, mentions: int = 5) -> list[bytes]:
    """Requests that post statuses, each of which mentions so many accounts."""
    chance = random.Random(1)
    texts = [
        f"{' '.join(f'@seed{chance.randint(1, people)}' for _ in range(mentions))} number {n} of a few words that "
        "nobody will remember #benchmark"
        for n in range(number)
    ]
    bodies = [json.dumps({"status": text}).encode() for text in texts]
    return [load.request("/api/v1/statuses", token, method="POST", body=body) for body in bodies]


def count_statements(url: str, paths: dict[str, tuple[str, str | None]], **settings: Any) -> dict[str, int]:
    """How many statements each GET takes, authentication included."""
    db.configure(url, 1)
    client = create_app(config.load({}, database_url=url, secret_key="x" * 32, **settings)).test_client()
    numbers = {}
    try:
        for name, (path, token) in paths.items():
            # The first request of a day to the home timeline leaves a feed.
            for _ in range(2):
                response = client.get(path, headers={"Authorization": f"Bearer {token}"} if token else {})
                assert response.status_code == 200, path
            numbers[name] = timing.figures.statements
    finally:
        db.close_pool()
    return numbers
