"""One generation of the application: a process that loads it once and forks web server, streams and job worker.

What was loaded before the forks is shared memory. All children are watched and forked again when they die.
"""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pleroma import config
from pleroma.config import Config
from pleroma.processes import Restarts, Signals, die_with_parent, in_child, name_this
from pleroma.server import postgres
from pleroma.streaming import handover

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

    from pleroma.telemetry.request_counters import RequestCounters
    from pleroma.telemetry.stream_figures import StreamFigures

_DATABASE_PATIENCE = 30.0
_FIRST_STEP = """There is no administrator yet. Make one with:
  {program} user create NICK --email EMAIL --password PASSWORD --admin"""


class GenerationError(RuntimeError):
    """The generation cannot start; the message says why."""


def run(settings: Config, socket_descriptor: int, report_descriptor: int, *, worker: bool) -> int:
    """Load, migrate, fork and watch until a signal ends it; returns the exit status."""
    from pleroma import create_app, db, media
    from pleroma.db import schema
    from pleroma.emoji import installed
    from pleroma.telemetry.request_counters import RequestCounters
    from pleroma.telemetry.stream_figures import StreamFigures

    make_keys(settings)
    counters = RequestCounters()
    streams = StreamFigures() if settings.streaming_connections else None
    app = create_app(settings, counters, streams)
    # Loads, once for all processes, what a bucket needs; each makes its own client.
    media.store_of(settings)
    url = _database(settings)
    _migrate(url)
    if settings.federation:
        _federate(url, settings)
    schema.note_environment(url, settings)
    installed.reload_at_start(url, settings.data_dir)
    db.configure(url, settings.threads)
    counters.share(settings.workers)
    # What waits in the pair outlives the process that takes it.
    handed, taken = handover.pair() if streams is not None else (None, None)
    children = [
        Child("web server", lambda: _serve(app, counters, settings, socket_descriptor, report_descriptor, handed))
    ]
    if streams is not None and taken is not None:
        children.append(Child("streaming", partial(_stream, settings, url, taken, streams), retire=signal.SIGHUP))
    if worker:
        children.append(Child("job worker", lambda: work(settings, url)))
    gc.collect()
    gc.freeze()
    return _watch(children)


def _federate(url: str, settings: Config) -> None:
    """Claim the name under which others know this server, and load what all processes need for that, once."""
    from pleroma.federation import host, worker  # noqa: F401

    host.claim(url, settings)


def make_keys(settings: Config) -> None:
    """Make the keys that are kept, where they are not there yet. Raises OSError, or ConfigError for a broken one."""
    # The library that makes the key of web push is as large as all else together.
    in_child(lambda: config.vapid_key(settings))
    config.vapid_public_key(settings)


def _database(settings: Config) -> str:
    """The address of the database; the embedded one is waited for, however long its recovery takes."""
    if settings.database_url is not None:
        return settings.database_url
    hint = time.monotonic() + 5
    while (url := postgres.running_url(settings.data_dir)) is None:
        time.sleep(0.01)
        if time.monotonic() > hint:
            print("PostgreSQL is still starting; it recovers what a crash left.", file=sys.stderr, flush=True)
            hint += 60
    return url


def _migrate(url: str) -> None:
    import psycopg

    from pleroma.db import queries, schema

    give_up = time.monotonic() + _DATABASE_PATIENCE
    while True:
        try:
            applied = schema.migrate(url)
            break
        except (psycopg.OperationalError, psycopg.errors.ReadOnlySqlTransaction) as error:
            if time.monotonic() > give_up:
                raise GenerationError(f"no database: {error}") from error
            time.sleep(0.5)
    if applied:
        print(f"Schema: applied {', '.join(applied)}", file=sys.stderr, flush=True)
    with psycopg.connect(url, autocommit=True) as connection:
        if not queries.command_line.has_administrator(connection).found:
            program = Path(sys.executable).name if getattr(sys, "frozen", False) else "python app.py"
            print(_FIRST_STEP.format(program=program), file=sys.stderr, flush=True)


class Child:
    """A forked process with one task. `retire` is the signal that ends it when a newer generation has taken over."""

    def __init__(self, name: str, task: Callable[[], int], *, retire: signal.Signals = signal.SIGTERM) -> None:
        self.name = name
        self.retire = retire
        self._task = task
        self.pid: int | None = None
        self.restarts = Restarts()

    def fork(self, signals: Signals) -> None:
        """Start the task in a process of its own, which ends with this one."""
        parent = os.getpid()
        self.restarts.started()
        self.pid = signals.fork()
        if self.pid:
            return
        status = 1
        try:
            die_with_parent()
            name_this(self.name)
            if os.getppid() == parent:
                status = self._task()
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else int(end.code is not None)
        except BaseException:
            sys.excepthook(*sys.exc_info())
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            # No clean-up of the parent's belongs to this process.
            os._exit(status & 0xFF)


def _watch(children: list[Child]) -> int:
    signals = Signals(signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)
    while True:
        now = time.monotonic()
        for child in children:
            if child.pid is None and now >= child.restarts.due:
                child.fork(signals)
        came, _ = signals.wait(min([child.restarts.due - now for child in children if child.pid is None], default=60))
        if signal.SIGTERM in came or signal.SIGINT in came:
            return _end(children, signals)
        if signal.SIGHUP in came:
            return _end(children, signals, retire=True)
        for child in children:
            status = _ended(child)
            if status is None:
                continue
            print(f"The {child.name} ended with status {status}; starting it again.", file=sys.stderr, flush=True)
            if not child.restarts.died():
                _end(children, signals)
                return 1


def _ended(child: Child) -> int | None:
    if child.pid is None:
        return None
    pid, status = os.waitpid(child.pid, os.WNOHANG)
    if pid == 0:
        return None
    child.pid = None
    return os.waitstatus_to_exitcode(status)


def _end(children: list[Child], signals: Signals, *, retire: bool = False) -> int:
    running = [child for child in children if child.pid is not None]
    _send(running, [child.retire if retire else signal.SIGTERM for child in running])
    while running:
        came, _ = signals.wait(60)
        if signal.SIGTERM in came or signal.SIGINT in came:
            # Who makes way at leisure is asked to end at once.
            _send(running, [signal.SIGTERM for _ in running])
        running = [child for child in running if _ended(child) is None]
    return 0


def _send(children: list[Child], numbers: list[signal.Signals]) -> None:
    for child, number in zip(children, numbers, strict=True):
        if child.pid is not None:
            os.kill(child.pid, number)


def _stream(settings: Config, url: str, taken: socket.socket, streams: StreamFigures) -> int:
    # Where nobody follows a stream, none of what that takes is in memory. A signal ends the process meanwhile.
    handover.wait_for_one(taken)
    from pleroma.streaming import process

    return process.run(settings, url, taken, streams)


def _serve(
    app: WSGIApplication,
    counters: RequestCounters,
    settings: Config,
    socket_descriptor: int,
    report_descriptor: int,
    handed: socket.socket | None,
) -> int:
    from gunicorn.arbiter import Arbiter

    from pleroma.server.web_server import WebServer

    Arbiter(WebServer(app, counters, settings, socket_descriptor, report_descriptor, handed)).run()
    return 0


def work(settings: Config, url: str) -> int:
    """Work jobs off, and federate where that is on, until a signal ends it; returns the exit status."""
    from pleroma import jobs

    if not settings.federation:
        return jobs.work(settings, url)
    from pleroma.federation import worker

    return jobs.work(settings, url, worker.tasks(settings), worker.CONNECTIONS)
