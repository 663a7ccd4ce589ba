"""The server's figures in the form of Prometheus."""

from __future__ import annotations

import contextlib
import importlib.metadata
import platform
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import psycopg
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)

from pleroma import db
from pleroma.db import queries
from pleroma.telemetry import health, stream_figures
from pleroma.telemetry.request_counters import BOUNDS, Key, RequestCounters
from pleroma.telemetry.stream_figures import StreamFigures

_MEBIBYTE = 1024 * 1024
_LIMITS = [*map(str, BOUNDS), "+Inf"]


def exposition(counters: RequestCounters, streams: StreamFigures | None = None, *, federation: bool = False) -> bytes:
    """All figures as text; those of the streams where there are any, and of federation where that is switched on."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(counters, streams, federation))
    return generate_latest(registry)


class _Collector:
    def __init__(self, counters: RequestCounters, streams: StreamFigures | None, federation: bool) -> None:
        self._counters = counters
        self._streams = streams
        self._federation = federation

    def collect(self) -> Iterable[Metric]:
        """Every figure, as prometheus-client asks for them."""
        yield from self._of_requests()
        if self._streams is not None:
            yield from _of_streams(self._streams)
        yield from _of_the_database(self._federation)
        memory = health.memory_of_all_processes() * _MEBIBYTE
        yield GaugeMetricFamily("pleroma_memory_bytes", "Memory of all processes, shared pages counted once.", memory)
        about = {"version": _version(), "python": platform.python_version()}
        yield InfoMetricFamily("pleroma_build", "What is running.", about)

    def _of_requests(self) -> Iterable[Metric]:
        requests = CounterMetricFamily("pleroma_requests", "Answered requests.", labels=Key._fields)
        labels = ("method", "route")
        seconds = HistogramMetricFamily("pleroma_request_seconds", "Time to an answer.", labels=labels)
        statements = CounterMetricFamily("pleroma_statements", "Statements sent to the database.", labels=labels)
        waits = CounterMetricFamily("pleroma_database_seconds", "Time waited for the database.", labels=labels)
        by_route: dict[tuple[str, str], list[Any]] = defaultdict(list)
        for key, figures in sorted(self._counters.totals().items()):
            requests.add_metric([key.method, key.route, str(key.status)], sum(figures.durations))
            by_route[key.method, key.route].append(figures)
        for route, answers in by_route.items():
            buckets = _cumulated(_LIMITS, *(figures.durations for figures in answers))
            seconds.add_metric(route, buckets, sum(figures.seconds for figures in answers))
            statements.add_metric(route, sum(figures.statements for figures in answers))
            waits.add_metric(route, sum(figures.database_seconds for figures in answers))
        return requests, seconds, statements, waits


def _of_streams(streams: StreamFigures) -> Iterable[Metric]:
    connections = "Open connections of streams."
    yield GaugeMetricFamily("pleroma_streaming_connections", connections, streams.connections)
    yield CounterMetricFamily("pleroma_streaming_frames", "Events sent, one for each reader.", streams.frames)
    drops = CounterMetricFamily("pleroma_streaming_drops", "Connections ended from this side.", labels=("reason",))
    for reason, number in streams.drops().items():
        drops.add_metric([reason], number)
    yield drops
    durations, seconds = streams.durations()
    limits = [*map(str, stream_figures.BOUNDS), "+Inf"]
    yield HistogramMetricFamily(
        "pleroma_streaming_seconds", "From an event to its readers.", _cumulated(limits, durations), seconds
    )


def _cumulated(limits: list[str], *durations: list[float]) -> list[tuple[str, float]]:
    """The buckets of a histogram: each counts what those before it count as well."""
    total, buckets = 0.0, []
    for limit, *counts in zip(limits, *durations, strict=True):
        total += sum(counts)
        buckets.append((limit, total))
    return buckets


def _of_the_database(federation: bool) -> Iterable[Metric]:
    """What the database says within a second; else only that it does not."""
    row = backlog = None
    with contextlib.suppress(psycopg.OperationalError), db.separate_connection() as connection:
        row = queries.metrics.figures(connection)
        backlog = queries.hosts.backlog(connection) if federation else None
    yield GaugeMetricFamily("pleroma_database_up", "Whether the database answers.", int(row is not None))
    if row is None:
        return
    yield GaugeMetricFamily("pleroma_accounts", "Accounts of this server.", row.accounts)
    yield GaugeMetricFamily("pleroma_statuses", "Statuses, reblogs included.", row.statuses)
    yield GaugeMetricFamily("pleroma_database_bytes", "Size of the database.", row.size)
    jobs = GaugeMetricFamily("pleroma_jobs", "Jobs: due, of a later time, running, failed.", labels=("state",))
    for state in ("waiting", "scheduled", "running", "failed"):
        jobs.add_metric([state], getattr(row, state))
    yield jobs
    if backlog is not None:
        yield from _of_federation(backlog)


def _of_federation(backlog: Any) -> Iterable[Metric]:
    deliveries = GaugeMetricFamily(
        "pleroma_deliveries", "Deliveries to other servers: all that wait, those to hosts that fail.", labels=("state",)
    )
    deliveries.add_metric(["waiting"], backlog.waiting)
    deliveries.add_metric(["failing"], backlog.failing)
    yield deliveries
    yield GaugeMetricFamily(
        "pleroma_oldest_delivery_seconds", "Age of the oldest delivery that waits.", backlog.oldest_seconds or 0
    )
    yield GaugeMetricFamily("pleroma_inbox", "Activities that were received and wait.", backlog.received)
    yield GaugeMetricFamily("pleroma_dead_hosts", "Hosts that have not answered for 7 days.", backlog.dead_hosts)


def _version() -> str:
    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        return importlib.metadata.version("pleroma-api")
    return "unknown"
