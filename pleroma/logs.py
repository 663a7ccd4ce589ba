"""What a process writes to standard error: one line an event, as text or JSON (of requests: web/request_log.py)."""

from __future__ import annotations

import json
import logging
import sys
from contextvars import ContextVar
from time import gmtime, strftime, time_ns

from pleroma.config import Config

# The running request's id: its events carry it.
request_id: ContextVar[str] = ContextVar("request_id", default="-")


def now() -> str:
    """The time as lines begin with it: UTC, milliseconds."""
    seconds, fraction = divmod(time_ns() // 1_000_000, 1000)
    return f"{strftime('%Y-%m-%dT%H:%M:%S', gmtime(seconds))}.{fraction:03}Z"


class Formatter(logging.Formatter):
    """Events in the form of the request lines."""

    def __init__(self, log_format: str) -> None:
        super().__init__()
        self._json = log_format == "json"

    def format(self, record: logging.LogRecord) -> str:
        """One line for an event; a traceback follows it in text and is inside it in JSON."""
        trace = self.formatException(record.exc_info) if record.exc_info and record.exc_info[1] else ""
        level, message = record.levelname.lower(), record.getMessage()
        if self._json:
            line = {"time": now(), "level": level, "id": request_id.get(), "logger": record.name, "message": message}
            return json.dumps(line | ({"traceback": trace} if trace else {}))
        return f"{now()} {level} {request_id.get()} {record.name}: {message}" + (f"\n{trace}" if trace else "")


def configure(config: Config) -> None:
    """Send this process's events to standard error, from LOG_LEVEL on, in LOG_FORMAT."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Formatter(config.log_format))
    logging.root.handlers[:] = [handler]
    logging.root.setLevel(config.log_level.upper())
