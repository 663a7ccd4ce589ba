"""Places for requests that wait for another server: so few that it cannot hold up the others by not answering.

They are locks on files. A lock ends with its process, and counts for all web processes of a data directory.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from pleroma import safe_files
from pleroma.config import Config
from pleroma.errors import ApiError

# Of so many requests that can run at once, one may wait for another server.
_SHARE = 4


@contextmanager
def place(config: Config) -> Iterator[None]:
    """One of the places, without waiting for it. Raises a 503 when all are taken."""
    directory = config.data_dir.absolute() / "locks"
    directory.mkdir(parents=True, exist_ok=True)
    for number in range(max(1, config.workers * config.threads // _SHARE)):
        descriptor = os.open(directory / f"remote-{number}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if safe_files.try_lock(descriptor):
                yield
                return
        finally:
            os.close(descriptor)
    raise ApiError("Too many requests wait for other servers at the moment", 503)
