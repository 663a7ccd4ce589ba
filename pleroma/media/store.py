"""Where uploads are kept: a crash leaves no half file, and a full disk no file at all."""

from __future__ import annotations

import errno
import math
import os
import re
import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Protocol

from pleroma import safe_files
from pleroma.media.kinds import Prepared

FOLDERS = tuple(f"{number:02x}" for number in range(256))
_NAME = re.compile(r"[0-9a-f]{2}/[0-9a-f]{30}\.[0-9a-z]{2,5}")
_UNFINISHED = ".part"
_PIECE = 1 << 16


class StorageFull(OSError):
    """There is no room for the file (HTTP 507). Of the files of `names` some may be there."""

    names: tuple[str, ...] = ()


class StorageAway(OSError):
    """The storage does not answer, or not as it should (HTTP 503). Of the files of `names` some may be there."""

    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Saved:
    """The names under which a file and its preview are kept, such as `3f/09….png`."""

    name: str
    preview_name: str | None


@dataclass(frozen=True, slots=True)
class Found:
    """A stored file: its size in bytes, and its pieces from one byte to before another. `path` is where it is a file.

    Asking for the pieces raises FileNotFoundError, StorageAway.
    """

    size: int
    modified: datetime
    e_tag: str
    pieces: Callable[[int, int], Iterator[bytes]]
    path: Path | None = None

    def content(self) -> bytes:
        """All of it at once."""
        return b"".join(self.pieces(0, self.size))


class Store(Protocol):
    """What keeps media, under names that it makes up. All methods raise StorageAway."""

    def save(self, prepared: Prepared) -> Saved:
        """Keep a file and its preview for good. Raises StorageFull."""

    def put(self, name: str, data: bytes) -> None:
        """Keep a file that has its name already. Raises StorageFull, ValueError."""

    def look(self, name: str, *, content: bool = True) -> Found:
        """Find a file; without `content` its pieces are not about to be read. Raises FileNotFoundError."""

    def remove(self, names: Iterable[str | None]) -> None:
        """Remove files; a missing one is no error, and None stands for no file."""

    def files(self, folder: str, older_than: float = -math.inf) -> dict[str, int]:
        """The names and sizes of the files in one of FOLDERS that are older than so many seconds."""

    def sweep(self, age: float = 3600) -> None:
        """Remove what a crash left half written more than `age` seconds ago."""


def new_name(extension: str) -> str:
    """A random name that nobody can guess."""
    digits = secrets.token_hex(16)
    return f"{digits[:2]}/{digits[2:]}.{extension}"


def is_name(name: str) -> bool:
    """Whether we could have made a name."""
    return bool(_NAME.fullmatch(name))


def found(path: Path) -> Found:
    """A file at a path. Raises FileNotFoundError."""
    about = path.stat()
    modified = datetime.fromtimestamp(about.st_mtime, UTC)
    return Found(about.st_size, modified, f"{about.st_mtime}-{about.st_size}", partial(_pieces, path), path)


def _pieces(path: Path, start: int, stop: int) -> Iterator[bytes]:
    with open(path, "rb") as file:
        file.seek(start)
        while start < stop and (piece := file.read(min(_PIECE, stop - start))):
            start += len(piece)
            yield piece


class LocalStore:
    """Media in a directory, in 256 folders, under random names, each of which belongs to one row."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def save(self, prepared: Prepared) -> Saved:
        """Keep a file and its preview for good. Raises StorageFull, and then keeps neither."""
        names: list[str] = []
        try:
            names.append(self._write(prepared.data, prepared.extension))
            if prepared.preview is not None:
                names.append(self._write(prepared.preview, prepared.preview_extension or "bin"))
        except OSError as problem:
            self.remove(names)
            raise _as_full(problem) from problem
        return Saved(names[0], names[1] if len(names) > 1 else None)

    def remove(self, names: Iterable[str | None]) -> None:
        """Remove files by the names that `save` gave; a missing one is no error, and None stands for no file."""
        for name in names:
            if name is not None:
                self.path(name).unlink(missing_ok=True)

    def put(self, name: str, data: bytes) -> None:
        """Keep a file that has its name already, whole or not at all. Raises StorageFull, ValueError."""
        path = self.path(name)
        try:
            safe_files.write(path, data, path.with_name(f"{path.name}.{secrets.token_hex(4)}{_UNFINISHED}"))
        except OSError as problem:
            raise _as_full(problem) from problem

    def look(self, name: str, *, content: bool = True) -> Found:
        """Find a file. Raises FileNotFoundError."""
        if not is_name(name):
            raise FileNotFoundError(errno.ENOENT, "Not the name of a media file")
        return found(self.directory / name)

    def path(self, name: str) -> Path:
        """Return where a file is kept. Raises ValueError if we did not make the name."""
        if not is_name(name):
            raise ValueError(f"Not the name of a media file: {name!r}")
        return self.directory / name

    def sweep(self, age: float = 3600) -> None:
        """Remove what a crash left half written more than `age` seconds ago."""
        for path in self.directory.glob(f"??/*{_UNFINISHED}"):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < time.time() - age:
                    path.unlink()

    def files(self, folder: str, older_than: float = -math.inf) -> dict[str, int]:
        """The names and sizes of the files in one of FOLDERS that are older than so many seconds."""
        youngest = time.time() - older_than
        found = {}
        with suppress(FileNotFoundError), os.scandir(self.directory / folder) as entries:
            for entry in entries:
                name, about = f"{folder}/{entry.name}", entry.stat(follow_symlinks=False)
                if about.st_mtime < youngest and is_name(name):
                    found[name] = about.st_size
        return found

    def _write(self, data: bytes, extension: str) -> str:
        """Write one file under a random name of its own, which it gives back."""
        name = new_name(extension)
        path = self.directory / name
        try:
            safe_files.write(path, data, path.with_name(path.name + _UNFINISHED))
        except BaseException:
            # It may have got its name, and its folder not be synced.
            path.unlink(missing_ok=True)
            raise
        return name


def _as_full(problem: OSError) -> OSError:
    """A fault of the disk, as StorageFull if that is what it is."""
    if problem.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageFull(problem.errno, "No room for the file")
    return problem
