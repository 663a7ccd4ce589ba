"""What the tests of running servers share."""

import socket
from pathlib import Path

ROOT = Path(__file__).parents[2]


def free_port():
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
