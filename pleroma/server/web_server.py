"""gunicorn's settings, in one place."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gunicorn import util
from gunicorn.app.base import BaseApplication

from pleroma import logs
from pleroma.config import Config
from pleroma.processes import allow_files, die_with_parent
from pleroma.web import request_body

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

    from pleroma.telemetry.request_counters import RequestCounters

GRACEFUL_TIMEOUT = 25
_LONGEST_MESSAGE = 200
# A client takes a socket, and a file when it sends much.
_FILES = 4096


class WebServer(BaseApplication):
    """gunicorn on an inherited socket, with an application that is loaded already."""

    def __init__(
        self,
        app: WSGIApplication,
        counters: RequestCounters,
        settings: Config,
        socket_descriptor: int,
        report_descriptor: int,
        handed: socket.socket | None = None,
    ) -> None:
        """`handed` is where requests for streams are handed over; without it there are no streams."""
        self._app = app
        self._counters = counters
        self._settings = settings
        self._socket = socket_descriptor
        self._report = report_descriptor
        self.handed = handed
        # What gunicorn refuses before the application sees it is an error of the API like any other.
        util.write_error = write_error
        super().__init__()

    def load_config(self) -> None:
        """Hand our options to gunicorn."""
        for name, value in self._options().items():
            self.cfg.set(name, value)

    @property
    def largest_body(self) -> int:
        """How many bytes of a body are waited for before a thread has the request."""
        return request_body.largest(self._settings)

    def load(self) -> WSGIApplication:
        """The application, loaded before the fork."""
        return self._app

    def _options(self) -> dict[str, Any]:
        settings = self._settings
        options: dict[str, Any] = {
            "bind": [f"fd://{self._socket}"],
            "workers": settings.workers,
            "threads": settings.threads,
            "worker_class": (
                "pleroma.server.sync_worker.SynchronousWorker"
                if settings.threads == 1
                else "pleroma.server.threaded_worker.ThreadedWorker"
            ),
            "preload_app": True,
            "graceful_timeout": GRACEFUL_TIMEOUT,
            # A sync worker shows no sign of life while a request arrives, which may take a minute.
            "timeout": 90,
            "keepalive": 5,
            # Only the address of TRUSTED_PROXIES is believed, and that by the application.
            "forwarded_allow_ips": "",
            "limit_request_line": 8190,
            "limit_request_fields": 100,
            "limit_request_field_size": 8190,
            # One path for all instances of a user, and none without a home directory.
            "control_socket_disable": True,
            "loglevel": "debug" if settings.log_level == "debug" else "warning",
            "pre_fork": self._before_fork,
            "post_fork": self._after_fork,
            "post_worker_init": self._say_serving,
        }
        if Path("/dev/shm").is_dir():  # noqa: S108 (gunicorn makes an unnamed file in it)
            options["worker_tmp_dir"] = "/dev/shm"  # noqa: S108
        return options

    def _before_fork(self, arbiter: Any, worker: Any) -> None:
        taken = {other.region for other in arbiter.WORKERS.values()}
        worker.region = min(set(range(len(taken) + 1)) - taken)

    def _after_fork(self, arbiter: object, worker: Any) -> None:
        # Until the worker listens to signals itself they would only reach what it has inherited of the arbiter.
        for number in (signal.SIGTERM, signal.SIGQUIT):
            signal.signal(number, signal.SIG_DFL)
        die_with_parent()
        self._counters.take(worker.region)
        allow_files(_FILES)
        logs.configure(self._settings)
        worker.log.error_log.addFilter(_worth_a_line)
        for handler in worker.log.error_log.handlers:
            handler.setFormatter(logs.Formatter(self._settings.log_format))

    def _say_serving(self, worker: object) -> None:
        with contextlib.suppress(OSError):
            os.write(self._report, b"serving\n")


def _worth_a_line(record: logging.LogRecord) -> bool:
    """False for the traceback of a client that fell silent (the supervisor's socket has a limit for that)."""
    return not (record.exc_info and isinstance(record.exc_info[1], BlockingIOError))


def write_error(client: socket.socket, status: int, reason: str, message: str) -> None:
    """Send an error of gunicorn's own as JSON, open to other origins: web clients see a failed network otherwise."""
    body = json.dumps({"error": (message or reason)[:_LONGEST_MESSAGE]}).encode()
    head = (
        f"HTTP/1.1 {status} {reason}\r\nConnection: close\r\nContent-Type: application/json; charset=utf-8\r\n"
        f"Access-Control-Allow-Origin: *\r\nCache-Control: private, no-store\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    util.write_nonblock(client, head.encode("latin-1") + body)
