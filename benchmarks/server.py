"""The servers that are measured: the product as `serve` starts it, and the ceiling on the same database."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

from machine import settled

from pleroma.server import postgres

_ROOT = Path(__file__).resolve().parent.parent
_PATIENCE = 60.0


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def answers(port: int, path: str) -> bool:
    """Whether a request to the port is answered with 200."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 5) as client:
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        return client.recv(12).endswith(b"200")
    return False


class Servers:
    """Product and ceiling in one directory, started and stopped together."""

    def __init__(self, directory: Path, threads: int, **settings: str) -> None:
        """`settings` are those of the product, without their prefix."""
        self._directory = directory
        self._settings = settings
        self.threads = threads
        self._processes: list[subprocess.Popen[bytes]] = []
        self.port = self.ceiling_port = 0

    @property
    def roots(self) -> list[int]:
        """The first process of each tree."""
        return [process.pid for process in self._processes]

    @property
    def product(self) -> list[int]:
        """The first process of what `serve` starts."""
        return self.roots[:1]

    @property
    def url(self) -> str:
        """The address of the database."""
        url = postgres.running_url(self._directory)
        if url is None:
            raise RuntimeError("PostgreSQL does not run")
        return url

    def start(self, *, worker: bool = True) -> float:
        """Start the product, with its job worker or without; returns the seconds to its first answer."""
        # A server that federates keeps its address.
        self.port = self.port or free_port()
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PLEROMA_")}
        settings = {"DATA_DIR": str(self._directory), "RATE_LIMITS": "false", "THREADS": str(self.threads)}
        settings |= self._settings
        environment |= {f"PLEROMA_{name}": value for name, value in settings.items()}
        begin = time.monotonic()
        without = [] if worker else ["--no-worker"]
        self._spawn([str(_ROOT / "app.py"), "serve", "--port", str(self.port), *without], environment)
        self._await(self.port, "/api/v1/timelines/public?limit=1")
        return time.monotonic() - begin

    def start_ceiling(self) -> None:
        """Start the ceiling beside it."""
        self.ceiling_port = free_port()
        script = str(Path(__file__).with_name("ceiling.py"))
        self._spawn([script, str(self.ceiling_port), self.url, str(self.threads)], dict(os.environ))
        self._await(self.ceiling_port, "/")

    def _spawn(self, arguments: list[str], environment: dict[str, str]) -> None:
        with open(self._directory.with_suffix(".log"), "ab") as log:
            command = [sys.executable, *arguments]
            self._processes.append(subprocess.Popen(command, env=environment, stdout=log, stderr=log))

    def _await(self, port: int, path: str) -> None:
        give_up = time.monotonic() + _PATIENCE
        while not answers(port, path):
            if time.monotonic() > give_up or self._processes[-1].poll() is not None:
                raise RuntimeError(f"no answer; see {self._directory.with_suffix('.log')}")
            time.sleep(0.01)

    def stop(self) -> None:
        """Stop both, the product last."""
        while self._processes:
            process = self._processes.pop()
            process.terminate()
            process.wait(40)

    def settle(self) -> float:
        """Wait until nothing is going on; returns the moment when it was so."""
        return settled(self.roots)
