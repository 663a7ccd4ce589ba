"""A running `serve`, for the tests that need one of their own."""

import atexit
import contextlib
import functools
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from tests.meanwhile import until

ROOT = Path(__file__).parents[1]


@contextlib.contextmanager
def answering(double):
    """The double of another server (an HTTPServer), which answers in a thread of its own and stops at once."""
    with double:
        threading.Thread(target=double.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield double
        finally:
            double.shutdown()


@functools.cache
def _database():
    """The database of a server that was started once and has nobody on it, made once in each process of the run."""
    directory = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    server = Server(directory, fresh=True).wait()
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(40) == 0
    return server.data_dir / "postgres"


class Server:
    """A running `serve` on a data directory of its own; `fresh` is one that makes its database itself."""

    def __init__(self, directory, *arguments, fresh=False, **settings):
        self.data_dir = directory / "instance"
        if not (fresh or self.data_dir.exists() or "PLEROMA_DATABASE_URL" in settings):
            # To make one takes longer than most tests. The files belong to the user that PostgreSQL runs as.
            self.data_dir.mkdir()
            subprocess.run(["cp", "-a", _database(), self.data_dir], check=True)
        self.port = free_port()
        self.log = directory / "log"
        command = [sys.executable, str(ROOT / "app.py"), "serve", "--port", str(self.port), *arguments]
        with open(self.log, "ab") as output:
            self.process = subprocess.Popen(
                command, cwd=directory, env=environment(**settings), stdout=output, stderr=output
            )

    def get(self, path="/api/v1/instance", timeout=10):
        return self.ask(path, timeout)[0]

    def ask(self, path, timeout=10):
        """Status and body of an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def answers(self):
        with contextlib.suppress(OSError, http.client.HTTPException):
            return self.get(timeout=2) == 200
        return False

    def wait(self):
        until(lambda: self.answers() or self.process.poll() is not None)
        assert self.process.poll() is None, self.said()
        return self

    def said(self):
        return self.log.read_text()

    def children(self, name):
        """Process ids below this server whose command line holds a name."""
        found, waiting = [], [self.process.pid]
        while waiting:
            pid = waiting.pop(0)
            with contextlib.suppress(OSError):
                waiting += [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
                if name in Path(f"/proc/{pid}/cmdline").read_text():
                    found.append(pid)
        return found

    def postmaster(self):
        return int((self.data_dir / "postgres" / "postmaster.pid").read_text().split()[0])

    def kill_everything(self):
        pids = [self.process.pid, *self.children("")]
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()


def environment(**changes):
    """The environment of this process without settings, but with these changes."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PLEROMA_")}
    return {**kept, **changes}


def free_port():
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
