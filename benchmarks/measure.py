"""The measurements: each is compared with the ceiling, which is measured before and after it."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from typing import Any

import load
from machine import processor_time
from server import Servers

from pleroma import config, create_app, db
from pleroma.db import timing

# More than a server remembers of answers, and than it sends within the time it remembers them.
_VARIANTS = 20_000


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


class Measuring:
    """Measures requests to the servers."""

    def __init__(self, servers: Servers, seconds: float) -> None:
        self._servers = servers
        self._seconds = seconds

    def cost(self, port: int, requests: list[bytes], *, seconds: float | None = None, repeat: bool = True) -> Cost:
        """What requests of this kind cost."""
        servers = self._servers
        servers.settle()
        before = processor_time(servers.roots)
        result = load.run(port, requests, seconds or self._seconds, repeat=repeat)
        idle = servers.settle()
        spent = processor_time(servers.roots) - before
        if not result.answers:
            raise RuntimeError(f"no good answer to {requests[0][:200]!r}")
        milliseconds = 1000 * spent / (result.answers + result.failures)
        return Cost(result.rate, milliseconds, result.failures, max(0.0, idle - result.finished))

    def page(self, path: str, token: str | None) -> Cost:
        """What a page costs that is asked for again and again while nothing is written."""
        return self._cost_of_reading([load.request(path, token)])

    def page_again(self, path: str, token: str | None) -> Cost:
        """What it costs when it has to be read each time: no two requests are the same."""
        joint = "&" if "?" in path else "?"
        return self._cost_of_reading([load.request(f"{path}{joint}{number}", token) for number in range(_VARIANTS)])

    def _cost_of_reading(self, requests: list[bytes]) -> Cost:
        load.run(self._servers.port, requests, 0.5)
        return self.cost(self._servers.port, requests)

    def ceiling(self) -> Cost:
        """What `select 1` costs now."""
        return self.cost(self._servers.ceiling_port, [load.request("/")], seconds=self._seconds / 2)

    def against_ceiling(self, path: str, token: str | None, *, again: bool = False) -> dict[str, float]:
        """A page beside the ceiling just before and just after it."""
        before = self.ceiling()
        page = self.page_again(path, token) if again else self.page(path, token)
        after = self.ceiling()
        rate, milliseconds = (before.rate + after.rate) / 2, (before.milliseconds + after.milliseconds) / 2
        return {
            "ratio": page.rate / rate,
            "processor_ratio": page.milliseconds / milliseconds,
            "milliseconds": page.milliseconds,
            "requests_per_second": page.rate,
            "ceiling_per_second": rate,
            "ceiling_milliseconds": milliseconds,
            "failures": page.failures,
        }


def posts(token: str, number: int, people: int) -> list[bytes]:
    """Requests that post statuses, each of which mentions 5 accounts."""
    chance = random.Random(1)
    texts = [
        f"{' '.join(f'@seed{chance.randint(1, people)}' for _ in range(5))} number {n} of a few words that nobody "
        "will remember #benchmark"
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
            response = client.get(path, headers={"Authorization": f"Bearer {token}"} if token else {})
            assert response.status_code == 200, path
            numbers[name] = timing.figures.statements
    finally:
        db.close_pool()
    return numbers
