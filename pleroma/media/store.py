"""Where uploads are kept: a crash leaves no half file, and a full disk no file at all."""

from __future__ import annotations

import errno
import os
import re
import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pleroma import safe_files
from pleroma.media.kinds import Prepared

_NAME = re.compile(r"[0-9a-f]{2}/[0-9a-f]{30}\.[0-9a-z]{2,5}")
_UNFINISHED = ".part"


class StorageFull(OSError):
    """There is no room for the file (HTTP 507); nothing of it was kept."""


@dataclass(frozen=True, slots=True)
class Saved:
    """The names under which a file and its preview are kept, such as `3f/09….png`."""

    name: str
    preview_name: str | None


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
            if problem.errno in (errno.ENOSPC, errno.EDQUOT):
                raise StorageFull(problem.errno, "No room for the file") from problem
            raise
        return Saved(names[0], names[1] if len(names) > 1 else None)

    def remove(self, names: Iterable[str | None]) -> None:
        """Remove files by the names that `save` gave; a missing one is no error, and None stands for no file."""
        for name in names:
            if name is not None:
                self.path(name).unlink(missing_ok=True)

    def path(self, name: str) -> Path:
        """Return where a file is kept. Raises ValueError if we did not make the name."""
        if not _NAME.fullmatch(name):
            raise ValueError(f"Not the name of a media file: {name!r}")
        return self.directory / name

    def sweep(self, age: float = 3600) -> None:
        """Remove what a crash left half written more than `age` seconds ago."""
        for path in self.directory.glob(f"??/*{_UNFINISHED}"):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < time.time() - age:
                    path.unlink()

    def folders(self, older_than: float) -> Iterator[tuple[str, dict[str, int]]]:
        """Each folder with the names and sizes of its files that are older than so many seconds."""
        youngest = time.time() - older_than
        for folder in sorted(self.directory.glob("[0-9a-f][0-9a-f]")):
            files = {}
            with os.scandir(folder) as entries:
                for entry in entries:
                    name, about = f"{folder.name}/{entry.name}", entry.stat(follow_symlinks=False)
                    if about.st_mtime < youngest and _NAME.fullmatch(name):
                        files[name] = about.st_size
            yield folder.name, files

    def _write(self, data: bytes, extension: str) -> str:
        """Write one file under a random name of its own, which it gives back."""
        digits = secrets.token_hex(16)
        name = f"{digits[:2]}/{digits[2:]}.{extension}"
        path = self.directory / name
        try:
            safe_files.write(path, data, path.with_name(path.name + _UNFINISHED))
        except BaseException:
            # It may have got its name, and its folder not be synced.
            path.unlink(missing_ok=True)
            raise
        return name


def store_of(data_dir: Path) -> LocalStore:
    """The store of a data directory."""
    return LocalStore(data_dir.absolute() / "media")
