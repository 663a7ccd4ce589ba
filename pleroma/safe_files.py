"""Files that several processes share and no crash may break: written whole or not at all, synced, locked."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

# With less than this, or this share of it, a disk is as good as full.
LITTLE_SPACE = 500_000_000
LITTLE_SHARE = 0.05


class Busy(RuntimeError):
    """Somebody else writes the file; the message says which."""


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


def is_nearly_full(directory: Path, wanted: int = 0) -> bool:
    """Whether the disk of a directory would be nearly full with `wanted` bytes more."""
    usage = shutil.disk_usage(directory)
    return usage.free - wanted < max(LITTLE_SPACE, LITTLE_SHARE * usage.total)


@contextmanager
def growing(path: Path) -> Iterator[BinaryIO]:
    """A file for its owner only, that takes its name when it is written and synced; one writer at a time.

    Raises Busy. What a killed writer left is used again.
    """
    unfinished = path.with_name(f"{path.name}.part")
    descriptor = os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    with open(descriptor, "r+b", buffering=1 << 20) as file:
        if not try_lock(descriptor) or not _is_at(unfinished, descriptor):
            raise Busy(f"another process writes {unfinished}")
        try:
            os.fchmod(descriptor, 0o600)
            file.truncate(0)
            yield file
            file.flush()
            os.fsync(descriptor)
            unfinished.rename(path)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise
    sync_directory(path.parent)


def _is_at(path: Path, descriptor: int) -> bool:
    """Whether an open file still has its name: the writer before may have given it the last one meanwhile."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(descriptor))
    except FileNotFoundError:
        return False
