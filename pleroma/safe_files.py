"""Files that several processes share and no crash may break: written whole or not at all, synced, locked."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


def write(path: Path, data: bytes, unfinished: Path) -> None:
    """Put `data` at `path` for good, whole or not at all; `unfinished` is a name nearby that nobody else uses."""
    new_folders = [parent for parent in path.parents if not parent.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with open(unfinished, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.rename(unfinished, path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    for folder in (path.parent, *(new.parent for new in new_folders)):
        sync_directory(folder)


def sync_directory(directory: Path) -> None:
    """Make the names in a directory survive a power cut."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def try_lock(descriptor: int) -> bool:
    """Lock an open file or directory for its descriptor alone; False when somebody else has it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
