"""gunicorn's settings, in one place."""

from __future__ import annotations

import contextlib
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gunicorn.app.base import BaseApplication

from pleroma import logs
from pleroma.config import Config
from pleroma.processes import die_with_parent

if TYPE_CHECKING:
    from flask import Flask

GRACEFUL_TIMEOUT = 25


class WebServer(BaseApplication):
    """gunicorn on an inherited socket, with an application that is loaded already."""

    def __init__(self, app: Flask, settings: Config, socket_descriptor: int, report_descriptor: int) -> None:
        self._app = app
        self._settings = settings
        self._socket = socket_descriptor
        self._report = report_descriptor
        super().__init__()

    def load_config(self) -> None:
        """Hand our options to gunicorn."""
        for name, value in self._options().items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """The application, loaded before the fork."""
        return self._app

    def _options(self) -> dict[str, Any]:
        settings = self._settings
        options: dict[str, Any] = {
            "bind": [f"fd://{self._socket}"],
            "workers": settings.workers,
            "threads": settings.threads,
            "worker_class": "sync" if settings.threads == 1 else "pleroma.threaded_worker.ThreadedWorker",
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
        die_with_parent()
        self._app.extensions["pleroma"].counters.take(worker.region)
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
