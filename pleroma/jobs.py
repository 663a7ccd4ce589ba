"""Background jobs: the registry of tasks, and the worker that runs them (procrastinate, same database).

A task is a plain function of the job's arguments that does no harm when it runs twice; `configuration()` gives it
the settings. SQL stores jobs (defer_job in sql/functions.sql), so nothing here is needed to enqueue one.
procrastinate is imported by the worker alone: the web processes do without it.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import functools
import importlib
import logging
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg

from pleroma import db, logs
from pleroma.config import Config
from pleroma.db import queries

if TYPE_CHECKING:
    import procrastinate

# Which queues share places, and how many: what waits for the network has its own, so that nothing else waits behind it.
PLACES = {("background", "upkeep"): 2, ("mailer",): 2, ("push",): 4}
# Queues of many small jobs, which are removed when they have succeeded.
_FLEETING = ("push",)
ATTEMPTS = 8
# The modules whose import registers tasks.
MODULES = (
    "pleroma.accounts.lifecycle",
    "pleroma.mail",
    "pleroma.accounts.imports",
    "pleroma.accounts.archives",
    "pleroma.accounts.moves",
    "pleroma.upkeep",
    "pleroma.statuses.scheduling",
    "pleroma.push.delivery",
)
_GRACE = 20
_HEARTBEAT = 10.0
_STALLED_AFTER = 30.0
_UPKEEP_EACH = 10.0
# Seconds for a connection of the pool, and between attempts to find a database that is away.
_PATIENCE = 3.0
_PAUSE = 1.0

Function = Callable[..., object]
Beside = Callable[[threading.Event], None]
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Task:
    """A registered task; with `hourly` it also runs by itself each hour, once for all workers."""

    name: str
    queue: str
    function: Function
    hourly: bool = False


class Later(Exception):
    """Raised by a task that is to run again: at the usual time, but not for `seconds`, and never after `until`."""

    def __init__(self, message: str, seconds: float, until: datetime) -> None:
        super().__init__(message)
        self.seconds = seconds
        self.until = until


_tasks: dict[str, Task] = {}
_configuration: contextvars.ContextVar[Config] = contextvars.ContextVar("configuration")


def task(queue: str, *, name: str, hourly: bool = False) -> Callable[[Function], Function]:
    """Register a function as the task of a name, as jobs in the database call it.

    A failed run is repeated after 4, 16, 64 … seconds, ATTEMPTS times at most, or as the task says by Later.
    """

    def register(function: Function) -> Function:
        """Note the function as the task, and leave it as it is."""
        _tasks[name] = Task(name, queue, function, hourly)
        return function

    return register


def configuration() -> Config:
    """The settings, inside a task."""
    return _configuration.get()


def registered() -> list[Task]:
    """Every task, once the modules that hold them are imported."""
    for module in MODULES:
        importlib.import_module(module)
    return list(_tasks.values())


def work(config: Config, url: str, beside: Sequence[Beside] = (), connections: int = 0) -> int:
    """Work jobs off until SIGTERM or SIGINT; running jobs get time to finish. Returns the exit status.

    What is `beside` runs in threads meanwhile, with so many connections more, each until its event is set. A database
    that goes away is waited for.
    """
    logs.configure(config)
    logging.getLogger("procrastinate").setLevel(logging.DEBUG if config.log_level == "debug" else logging.WARNING)
    # A job may take longer than a request; its statements too.
    db.configure(url, sum(PLACES.values()) + connections, statement_seconds=600, lock_timeout="1min")
    stop = threading.Event()
    threads = [threading.Thread(target=_run_beside, args=(run, stop), daemon=True) for run in beside]
    for thread in threads:
        thread.start()
    asyncio.run(_work(config, url))
    stop.set()
    for thread in threads:
        thread.join(_GRACE)
    return 0


def _run_beside(run: Beside, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            run(stop)
        except Exception as error:
            # The database is away, as a rule.
            log.warning("Something beside the jobs begins again: %r", error)
            stop.wait(_PAUSE)


def run_pending(config: Config) -> int:
    """Run every job that is due, in this process, and return how many ran: for tests."""
    assert config.database_url is not None  # noqa: S101 (there is a running database where this is used)
    ran: list[str] = []

    async def run() -> None:
        """Work off what is due, and end instead of waiting for more."""
        app = _application(config, config.database_url or "", ran.append)
        async with app.open_async():
            await app.run_worker_async(wait=False, listen_notify=False, install_signal_handlers=False)

    asyncio.run(run())
    return len(ran)


def _application(config: Config, url: str, ran: Callable[[str], object] | None = None) -> procrastinate.App:
    import procrastinate

    connector = procrastinate.PsycopgConnector(
        conninfo=url,
        connection_class=db.AsyncConnection,
        min_size=1,
        # One listens; what the places ask is short.
        max_size=3,
        max_idle=60,
        timeout=_PATIENCE,
        reconnect_timeout=db.RECONNECT,
    )
    app = procrastinate.App(connector=connector, periodic_defaults={"max_delay": 86400})
    retry = _retry_strategy()
    for known in registered():
        function = functools.partial(_run, known, config, ran)
        declared = app.task(function, name=known.name, queue=known.queue, retry=retry)  # type: ignore[call-overload]
        if known.hourly and ran is None:
            app.periodic(cron="7 * * * *")(declared)
    return app


def _retry_strategy() -> procrastinate.BaseRetryStrategy:
    import procrastinate

    class Strategy(procrastinate.BaseRetryStrategy):
        def get_retry_decision(
            self, *, exception: BaseException, job: procrastinate.jobs.Job
        ) -> procrastinate.RetryDecision | None:
            """When a job that failed runs again; never when it has had its time."""
            seconds = int(4 ** (job.attempts + 1))
            if not isinstance(exception, Later):
                return None if job.attempts >= ATTEMPTS else procrastinate.RetryDecision(retry_in={"seconds": seconds})
            due = datetime.now(UTC) + timedelta(seconds=max(seconds, exception.seconds))
            return procrastinate.RetryDecision(retry_at=due) if due <= exception.until else None

    return Strategy()


def _run(known: Task, config: Config, ran: Callable[[str], object] | None, **arguments: Any) -> None:
    # What the scheduler adds is of no use to a task.
    arguments.pop("timestamp", None)
    _configuration.set(config)
    known.function(**arguments)
    if ran is not None:
        ran(known.name)


def run_hourly(config: Config) -> None:
    """Run every hourly task now, in this process."""
    for known in registered():
        if known.hourly:
            _run(known, config, None)


@task("upkeep", name="remove_finished_jobs", hourly=True)
def remove_finished_jobs() -> None:
    """Remove what succeeded 7 days ago or failed 30 days ago; a sent mail's secrets go at once."""
    with db.in_transaction() as connection:
        queries.jobs.remove_finished(connection)
        queries.jobs.forget_arguments(connection, task="send_mail")


async def _work(config: Config, url: str) -> None:
    from procrastinate.exceptions import ConnectorException

    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    while not ended.is_set():
        worker = asyncio.create_task(_worker(config, url))
        stop = asyncio.create_task(ended.wait())
        await asyncio.wait((worker, stop), return_when=asyncio.FIRST_COMPLETED)
        worker.cancel()
        stop.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            try:
                await worker
            except (psycopg.OperationalError, ConnectorException) as error:
                logging.getLogger(__name__).warning("The job worker waits for its database: %s", error)
        if not ended.is_set():
            await asyncio.wait((asyncio.create_task(ended.wait()),), timeout=_PAUSE)


async def _worker(config: Config, url: str) -> None:
    # A pool that finds no server waits for longer than one that is opened when there is one.
    async with await psycopg.AsyncConnection.connect(url):
        pass
    app = _application(config, url)
    # The default has as many threads as the machine has processors, and a few more.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(sum(PLACES.values())))
    async with app.open_async():
        upkeep = asyncio.create_task(_look_after(app))
        workers = [asyncio.create_task(_work_off(app, queues, places)) for queues, places in PLACES.items()]
        try:
            # One that ends, with or without an error, has lost its database: all of them begin again.
            await asyncio.wait(workers, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for running in (upkeep, *workers):
                running.cancel()
            outcomes = await asyncio.gather(*workers, return_exceptions=True)
        for error in outcomes:
            if isinstance(error, Exception):
                raise error


async def _work_off(app: procrastinate.App, queues: tuple[str, ...], places: int) -> None:
    await app.run_worker_async(
        queues=list(queues),
        name=queues[0],
        concurrency=places,
        delete_jobs="successful" if queues == _FLEETING else "never",
        install_signal_handlers=False,
        shutdown_graceful_timeout=_GRACE,
        update_heartbeat_interval=_HEARTBEAT,
        stalled_worker_timeout=_STALLED_AFTER,
    )


async def _look_after(app: procrastinate.App) -> None:
    while True:
        await _take_up(app)
        await asyncio.sleep(_UPKEEP_EACH)


async def _take_up(app: procrastinate.App) -> None:
    """Take up the jobs of workers that died; give up those that every worker dies of."""
    from procrastinate.exceptions import ConnectorException
    from procrastinate.jobs import Status

    # Another worker may be faster, and a database that is away stops the worker itself.
    with contextlib.suppress(ConnectorException):
        for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=_STALLED_AFTER):
            if job.attempts < ATTEMPTS:
                await app.job_manager.retry_job(job)
            else:
                await app.job_manager.finish_job(job, status=Status.FAILED, delete_job=False)
