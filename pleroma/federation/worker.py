"""The part of the worker that federates.

It reads what came in, looks things up elsewhere, and brings out what was done here. Each has a thread for itself, and a
few more for what waits for the network.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

# Loaded before the fork, so that all processes share it.
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa  # noqa: F401

from pleroma.config import Config
from pleroma.federation import courier, imports, lookups, reader  # noqa: F401 (imports adds to what jobs do)

# Connections to the database that the threads may need at once.
CONNECTIONS = 4 + lookups.PLACES


def tasks(config: Config) -> list[Callable[[threading.Event], None]]:
    """What runs beside the jobs until an event is set."""
    return [partial(run, config) for run in (reader.run, lookups.run, courier.run)]
