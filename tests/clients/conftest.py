"""A running server, started as the README says, in an empty directory."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def free_port():
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """The address of a server with the accounts alice and bob; its rate limits are off."""
    directory = tmp_path_factory.mktemp("server")
    address = f"http://127.0.0.1:{free_port()}"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PLEROMA_")}
    environment["PLEROMA_RATE_LIMITS"] = "false"
    command = [sys.executable, ROOT / "app.py"]
    with (directory / "log").open("w") as log:
        process = subprocess.Popen(
            [*command, "serve", "--port", address.rpartition(":")[2]],
            cwd=directory,
            env=environment,
            stdout=log,
            stderr=log,
        )
    try:
        _wait_for(address, process, directory / "log")
        for nickname in ("alice", "bob"):
            user = [*command, "user", "create", nickname, "--email", f"{nickname}@mail.example", "--password", "secret"]
            subprocess.run(user, cwd=directory, env=environment, check=True, capture_output=True)
        yield address
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(40) == 0


def _wait_for(address, process, log):
    end = time.monotonic() + 60
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(f"{address}/api/v1/instance", timeout=5):
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(log.read_text())
