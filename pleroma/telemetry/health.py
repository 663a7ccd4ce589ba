"""How the server is: its database, its memory, its jobs (docs/api/pleroma.md 16).

The database is asked on a connection of its own in a thread of its own, so that the answer comes within two
seconds whatever the database does.
"""

from __future__ import annotations

import concurrent.futures
import os
import threading
from pathlib import Path
from typing import Any

import psycopg

from pleroma import db, processes
from pleroma.config import Config
from pleroma.db import queries

_PATIENCE = 1.5
_asking = threading.BoundedSemaphore(2)
_MEBIBYTE = 1024


def check(config: Config) -> dict[str, Any]:
    """The body of the health check; `healthy` says whether it is a 200 or a 503."""
    pool_size = config.workers * config.threads
    figures = _within_patience(config.federation)
    healthy = figures is not None and figures["active"] < pool_size
    body = {
        "pool_size": pool_size,
        "active": figures["active"] if figures else 0,
        "idle": figures["idle"] if figures else 0,
        "memory_used": memory_of_all_processes(),
        "healthy": healthy,
        "job_queue_stats": figures["jobs"] if figures else {},
    }
    return body | ({"federation": figures["federation"] if figures else {}} if config.federation else {})


def _within_patience(federation: bool) -> dict[str, Any] | None:
    """What the database says, None when it does not say it in time."""
    if not _asking.acquire(blocking=False):
        # Earlier questions still wait for an answer.
        return None
    answer: concurrent.futures.Future[dict[str, Any] | None] = concurrent.futures.Future()
    threading.Thread(target=_ask, args=(answer, federation), daemon=True).start()
    try:
        return answer.result(_PATIENCE)
    except concurrent.futures.TimeoutError:
        return None


def _ask(answer: concurrent.futures.Future[dict[str, Any] | None], federation: bool) -> None:
    try:
        with db.separate_connection() as connection:
            connections = queries.health.connections(connection, name=db.application_name())
            jobs = _job_figures(queries.health.jobs(connection))
            backlog = queries.hosts.backlog(connection)._asdict() if federation else {}
        figures = {"active": connections.active, "idle": connections.idle, "jobs": jobs, "federation": backlog}
        answer.set_result(figures)
    except psycopg.Error:
        answer.set_result(None)
    finally:
        _asking.release()


def _job_figures(rows: list[Any]) -> dict[str, Any]:
    workers: dict[str, Any] = {}
    queues: dict[str, Any] = {}
    total = 0
    for row in rows:
        processed = row.success + row.failure
        total += processed
        figures = {"processed_jobs": processed, "success": row.success, "failure": row.failure}
        workers.setdefault(row.task_name, {})["perform"] = figures
        queue = queues.setdefault(row.queue_name, dict.fromkeys(figures, 0))
        for name, number in figures.items():
            queue[name] += number
    return {"workers": workers, "queues": queues, "processed_jobs": total}


def memory_of_all_processes() -> float:
    """MiB that the whole process tree of the server holds, shared pages counted once (proportional set size)."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit() and (started_by := processes.parent(int(entry))) is not None:
            children.setdefault(started_by, []).append(int(entry))
    waiting, total = [_top()], 0
    while waiting:
        process = waiting.pop()
        total += _kibibytes(process)
        waiting += children.get(process, [])
    return round(total / _MEBIBYTE, 2)


def _top() -> int:
    """The supervisor when this process is one of its generation, else this process."""
    leader = os.getsid(0)
    try:
        if b"generation" in Path(f"/proc/{leader}/cmdline").read_bytes():
            return processes.parent(leader) or leader
    except OSError:
        pass
    return os.getpid()


def _kibibytes(process: int) -> int:
    for name, field in (("smaps_rollup", "Pss:"), ("status", "VmRSS:")):
        try:
            for line in Path(f"/proc/{process}/{name}").read_text().splitlines():
                if line.startswith(field):
                    return int(line.split()[1])
        except (OSError, ValueError):
            continue
    return 0
