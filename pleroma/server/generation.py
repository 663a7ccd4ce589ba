"""One generation of the application: a process that loads it once and forks the web server and the job worker.

What was loaded before the forks is shared memory. Both children are watched and forked again when they die.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from pleroma import config
from pleroma.config import Config
from pleroma.processes import Restarts, Signals, die_with_parent, in_child
from pleroma.server import postgres

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

    from pleroma.telemetry.request_counters import RequestCounters

_DATABASE_PATIENCE = 30.0
_FIRST_STEP = """There is no administrator yet. Make one with:
  {program} user create NICK --email EMAIL --password PASSWORD --admin"""


class GenerationError(RuntimeError):
    """The generation cannot start; the message says why."""


def run(settings: Config, socket_descriptor: int, report_descriptor: int, *, worker: bool) -> int:
    """Load, migrate, fork and watch until a signal ends it; returns the exit status."""
    from pleroma import create_app, db
    from pleroma.db import schema
    from pleroma.emoji import installed
    from pleroma.telemetry.request_counters import RequestCounters

    make_keys(settings)
    counters = RequestCounters()
    app = create_app(settings, counters)
    url = _database(settings)
    _migrate(url)
    schema.note_environment(url, settings)
    installed.reload_at_start(url, settings.data_dir)
    db.configure(url, settings.threads)
    counters.share(settings.workers)
    children = [Child("web server", lambda: _serve(app, counters, settings, socket_descriptor, report_descriptor))]
    if worker:
        children.append(Child("job worker", lambda: _work(settings, url)))
    gc.collect()
    gc.freeze()
    return _watch(children)


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
        except psycopg.OperationalError as error:
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
    """A forked process with one task."""

    def __init__(self, name: str, task: Callable[[], int]) -> None:
        self.name = name
        self._task = task
        self.pid: int | None = None
        self.restarts = Restarts()

    def fork(self, signals: Signals) -> None:
        """Start the task in a process of its own, which ends with this one."""
        parent = os.getpid()
        self.restarts.started()
        self.pid = os.fork()
        if self.pid:
            return
        status = 1
        try:
            signals.release()
            die_with_parent()
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
    signals = Signals(signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)
    while True:
        now = time.monotonic()
        for child in children:
            if child.pid is None and now >= child.restarts.due:
                child.fork(signals)
        came, _ = signals.wait(min([child.restarts.due - now for child in children if child.pid is None], default=60))
        if signal.SIGTERM in came or signal.SIGINT in came:
            return _end(children)
        for child in children:
            status = _ended(child)
            if status is None:
                continue
            print(f"The {child.name} ended with status {status}; starting it again.", file=sys.stderr, flush=True)
            if not child.restarts.died():
                _end(children)
                return 1


def _ended(child: Child) -> int | None:
    if child.pid is None:
        return None
    pid, status = os.waitpid(child.pid, os.WNOHANG)
    if pid == 0:
        return None
    child.pid = None
    return os.waitstatus_to_exitcode(status)


def _end(children: list[Child]) -> int:
    running = [child.pid for child in children if child.pid is not None]
    for pid in running:
        os.kill(pid, signal.SIGTERM)
    for pid in running:
        os.waitpid(pid, 0)
    return 0


def _serve(
    app: WSGIApplication,
    counters: RequestCounters,
    settings: Config,
    socket_descriptor: int,
    report_descriptor: int,
) -> int:
    from gunicorn.arbiter import Arbiter

    from pleroma.server.web_server import WebServer

    Arbiter(WebServer(app, counters, settings, socket_descriptor, report_descriptor)).run()
    return 0


def _work(settings: Config, url: str) -> int:
    from pleroma import jobs

    return jobs.work(settings, url)
