"""The light process behind `serve`: it owns the socket and PostgreSQL, and starts generations of the application.

A generation (generation.py) is one process that loads the application once and forks the web server and the
job worker from it. SIGHUP starts a new generation on the same socket and then ends the old one; SIGTERM
ends the generations and then PostgreSQL. Neither Flask nor Pillow is imported here.
"""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import socket
import struct
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from pleroma import config
from pleroma.config import Config, ConfigError
from pleroma.processes import Restarts, Signals, die_with_parent
from pleroma.server import postgres

# What running requests and jobs get to finish, before PostgreSQL stops: together less than 30 s.
_GRACE = 27.0
_POSTGRES_PATIENCE = 30.0
_LISTEN_PATIENCE = 2.0
_BACKLOG = 2048
# From how many bytes on glibc gives back at once what is free: to hash a password takes 16 MB, and after the first one
# it would keep that much in each process. Other libraries take no notice.
_MEMORY = {"MALLOC_MMAP_THRESHOLD_": "1048576", "MALLOC_TRIM_THRESHOLD_": "1048576"}
# How long a client may be silent in the middle of a request, in seconds.
_SILENCE = 75


class ListenError(RuntimeError):
    """The address cannot be listened on."""


def serve(host: str, port: int, *, worker: bool = True) -> int:
    """Serve until a signal ends it; returns the exit status."""
    settings = config.load()
    listener = _listen(host, port)
    return Supervisor(settings, listener, public_address(host, listener.getsockname()[1]), worker).run()


def public_address(host: str, port: int) -> str:
    """The address under which this machine reaches the server."""
    name = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104 (not bound here)
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


def _listen(host: str, port: int) -> socket.socket:
    """The listening socket; the children of a supervisor that was killed get a moment to let go of the address."""
    give_up = time.monotonic() + _LISTEN_PATIENCE
    while True:
        try:
            return _bound(host, port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() > give_up:
                raise ListenError(f"cannot listen on {host} port {port}: {error.strerror}") from error
            time.sleep(0.1)


def _bound(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(
        host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            # Connections inherit it: one that neither sends nor takes anything does not hold a thread for ever.
            listener.setsockopt(socket.SOL_SOCKET, option, struct.pack("ll", _SILENCE, 0))
        listener.bind(address)
        listener.listen(_BACKLOG)
    except BaseException:
        listener.close()
        raise
    return listener


@dataclass
class Generation:
    """A started generation; `report` is the pipe on which it says that it serves, once awaited."""

    process: subprocess.Popen[bytes]
    report: int
    awaited: bool = True


class Supervisor:
    """Starts, watches, replaces and ends PostgreSQL and the generations."""

    def __init__(self, settings: Config, listener: socket.socket, address: str, worker: bool) -> None:
        self._data_dir = settings.data_dir
        self._embedded = settings.database_url is None
        self._connections = 2 * (settings.workers * settings.threads + 10) + 20
        self._listener = listener
        self._address = address
        self._worker = worker
        self._signals = Signals(signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)
        self._current: Generation | None = None
        self._next: Generation | None = None
        self._old: list[Generation] = []
        self._restarts = Restarts()
        self._program = _identity()
        self._served = False
        self._postgres: subprocess.Popen[bytes] | None = None
        self._postgres_down = 0.0

    def run(self) -> int:
        """Serve until a signal or a failure that cannot be mended; returns the exit status."""
        status: int | None = None
        try:
            if self._embedded:
                self._start_postgres(postgres.OWNER_PATIENCE)
            self._launch()
            while status is None:
                status = self._step()
        except (postgres.PostgresError, ConfigError) as error:
            _say(f"Error: {error}")
            status = 1
        finally:
            self._end()
        return status

    def _step(self) -> int | None:
        reports = [generation.report for generation in self._generations() if generation.awaited]
        seconds = min(self._restarts.due - time.monotonic(), 1) if self._none() else 1
        came, readable = self._signals.wait(seconds, reports)
        if signal.SIGTERM in came or signal.SIGINT in came:
            return 0
        for generation in [candidate for candidate in self._generations() if candidate.report in readable]:
            self._hear(generation)
        if self._embedded:
            self._look_after_postgres()
        status = self._bury()
        if status is None and (signal.SIGHUP in came or (self._none() and time.monotonic() >= self._restarts.due)):
            self._launch()
        return status

    def _none(self) -> bool:
        return self._current is None and self._next is None

    def _generations(self) -> list[Generation]:
        return [generation for generation in (self._current, self._next, *self._old) if generation is not None]

    def _start_postgres(self, patience: float) -> None:
        settings = {"max_connections": str(max(self._connections, 60))}
        self._postgres = postgres.spawn(self._data_dir, settings=settings, patience=patience)

    def _look_after_postgres(self) -> None:
        """Start PostgreSQL again when it has ended; after 30 s without success everything ends."""
        now = time.monotonic()
        if self._postgres is not None and self._postgres.poll() is None:
            if self._postgres_down and postgres.ready(self._data_dir):
                _say("PostgreSQL is back.")
                self._postgres_down = 0.0
            return
        if not self._postgres_down:
            _say("PostgreSQL has ended; starting it again.")
            self._postgres_down = now
        try:
            # Backends that have not noticed yet hold the lock for a moment.
            self._start_postgres(patience=1)
        except postgres.PostgresError:
            if now - self._postgres_down > _POSTGRES_PATIENCE:
                raise

    def _launch(self) -> None:
        """Start a generation: a fresh process, so that new code and new settings count."""
        if self._next is not None:
            self._retire(self._next)
        readable, writable = os.pipe()
        command = _program() + [
            "generation", "--socket", str(self._listener.fileno()), "--report", str(writable),
            "--address", self._address, *(() if self._worker else ("--no-worker",)),
        ]  # fmt: skip
        environment = _MEMORY | {name: value for name, value in os.environ.items() if name != "NOTIFY_SOCKET"}
        if _identity() != self._program:
            # A binary that was replaced unpacks itself again instead of using what this process unpacked.
            environment["PYINSTALLER_RESET_ENVIRONMENT"] = "1"
        process = subprocess.Popen(
            command,
            env=environment,
            pass_fds=(self._listener.fileno(), writable),
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=die_with_parent,
        )
        os.close(writable)
        self._restarts.started()
        self._next = Generation(process, readable)

    def _hear(self, generation: Generation) -> None:
        generation.awaited = False
        # A pipe closed without a word means that it is dying: `_bury` sees to that.
        if not os.read(generation.report, 1000) or generation is not self._next:
            return
        old, self._current, self._next = self._current, generation, None
        self._served = True
        if old is None:
            _say(f"Serving {self._address}")
        else:
            _say("The new generation serves; the old one finishes its requests.")
            self._retire(old)

    def _retire(self, generation: Generation) -> None:
        generation.awaited = False
        with contextlib.suppress(ProcessLookupError):
            # Unlike SIGTERM it lets the readers of streams go one after the other.
            generation.process.send_signal(signal.SIGHUP)
        self._old.append(generation)

    def _bury(self) -> int | None:
        """Clear away generations that have ended; the exit status when there is none and will be none."""
        for generation in [candidate for candidate in self._generations() if candidate.process.poll() is not None]:
            status = generation.process.returncode
            os.close(generation.report)
            if generation in self._old:
                self._old.remove(generation)
            elif generation is self._current:
                self._current = None
                if not self._restarts.died():
                    _say(f"The application ended again and again, last with status {status}; giving up.")
                    return 1
                _say(f"The application ended with status {status}; starting it again.")
            else:
                self._next = None
                if self._current is None and not self._mendable(status):
                    return status if status > 0 else 1
                if self._current is not None:
                    _say(f"The new generation failed with status {status}; the old one goes on.")
        return None

    def _mendable(self, status: int) -> bool:
        """Whether a generation that ended before it served may be tried again."""
        return status != 2 and (self._served or self._postgres_down > 0) and self._restarts.died()

    def _end(self) -> None:
        generations = self._generations()
        for generation in generations:
            with contextlib.suppress(ProcessLookupError):
                generation.process.terminate()
        give_up = time.monotonic() + _GRACE
        hurry = False
        while any(generation.process.poll() is None for generation in generations) and not hurry:
            came, _ = self._signals.wait(min(give_up - time.monotonic(), 1))
            hurry = signal.SIGINT in came or time.monotonic() > give_up
        for generation in generations:
            if generation.process.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(generation.process.pid, signal.SIGKILL)
                generation.process.wait()
        postgres.stop(self._data_dir)


def _program() -> list[str]:
    """How this program is started: a frozen one by its own name, else app.py by this Python."""
    if getattr(sys, "frozen", False):
        return [sys.executable]
    return [sys.executable, str(Path(__file__).resolve().parents[2] / "app.py")]


def _identity() -> tuple[int, int] | None:
    """Which file a frozen program is; None for any other, and for one that is being replaced."""
    with contextlib.suppress(FileNotFoundError):
        if getattr(sys, "frozen", False):
            about = os.stat(sys.executable)
            return about.st_ino, about.st_mtime_ns
    return None


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
