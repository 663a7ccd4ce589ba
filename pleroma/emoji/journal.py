"""Changing emoji packs on disk: one at a time, and whole or not at all, whatever dies in the middle.

At every moment a pack.json names only files that are there: new files come before it, old ones go after it. What a
change is about to write or remove is noted in a journal first; the next change removes of that what
pack.json does not name. Packs that are not finished lie in hidden folders, which their makers keep locked.
"""

from __future__ import annotations

import errno
import json
import os
import secrets
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from pleroma import safe_files
from pleroma.emoji import pack_files
from pleroma.emoji.pack_files import PACK_JSON, BrokenPack
from pleroma.errors import ApiError, Conflict

_LOCK = ".lock"
_JOURNAL = ".journal"
_UNFINISHED = ".unfinished"
_WORKSPACE = ".work-"
_PATIENCE = 20.0


def ensure(root: Path) -> None:
    """Make the folder of all packs if there is none. Raises a 500 (docs/api/pleroma.md 5.1)."""
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ApiError(f"Failed to create the emoji pack directory at {root}", 500) from error


@contextmanager
def exclusive(root: Path) -> Iterator[None]:
    """The right to change packs, which one thread of all processes has at a time. Raises a 503 when it takes long."""
    ensure(root)
    descriptor = os.open(root / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
    try:
        give_up = time.monotonic() + _PATIENCE
        while not safe_files.try_lock(descriptor):
            if time.monotonic() > give_up:
                raise ApiError("Somebody else is changing the emoji packs", 503)
            time.sleep(0.01)
        _finish(root)
        _sweep(root)
        with _room():
            yield
    finally:
        os.close(descriptor)


@contextmanager
def workspace(root: Path) -> Iterator[Path]:
    """A hidden folder to make a pack in; what is left in it is removed, at the latest by the next change."""
    with exclusive(root):
        path = root / f"{_WORKSPACE}{secrets.token_hex(8)}"
        descriptor = _opened_lock(path)
        safe_files.try_lock(descriptor)
        path.mkdir()
    try:
        with _room():
            yield path
    finally:
        _remove(path)
        os.close(descriptor)


def _lock_of(path: Path) -> Path:
    return path.with_name(f"{path.name}{_LOCK}")


def _opened_lock(path: Path) -> int:
    """The file beside a workspace that its maker locks: NFS locks nothing that is not open for writing."""
    return os.open(_lock_of(path), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)


def _remove(path: Path) -> None:
    shutil.rmtree(path, ignore_errors=True)
    _lock_of(path).unlink(missing_ok=True)


def fill(folder: Path, document: dict[str, Any], pictures: Iterable[tuple[str, bytes]]) -> None:
    """Write a whole pack into a workspace, and sync it when all of it is written."""
    written = []
    for name, data in pictures:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        written.append(path)
    (folder / PACK_JSON).write_bytes(pack_files.dump_pack(document))
    # One sync after the other in the end is much faster than one after each file.
    for path in [*written, folder / PACK_JSON]:
        with open(path, "rb") as file:
            os.fsync(file.fileno())
    for parent in {path.parent for path in written} | {folder}:
        safe_files.sync_directory(parent)


def install(root: Path, made: Path, name: str) -> None:
    """Make a workspace the pack of a name. Raises Conflict when there is one."""
    with exclusive(root):
        if os.path.lexists(root / name):
            raise Conflict(f'A pack named "{name}" already exists')
        os.rename(made, root / name)
        safe_files.sync_directory(root)


def delete(root: Path, name: str) -> None:
    """Remove a pack with everything in it. Raises OSError."""
    with exclusive(root):
        gone = root / f"{_WORKSPACE}{secrets.token_hex(8)}"
        os.rename(root / name, gone)
        safe_files.sync_directory(root)
        shutil.rmtree(gone, ignore_errors=True)


def change(
    root: Path, name: str, document: dict[str, Any], new: Mapping[str, bytes] | None = None, gone: Iterable[str] = ()
) -> None:
    """Write a pack's changed pack.json with its new files, then remove the old ones; the caller is `exclusive`."""
    data = pack_files.dump_pack(document)
    unfinished = root / _UNFINISHED
    new, gone = new or {}, list(gone)
    try:
        if new or gone:
            journal = json.dumps({"pack": name, "files": [*new, *gone]})
            safe_files.write(root / _JOURNAL, journal.encode(), unfinished)
        for file_name, content in new.items():
            safe_files.write(root / name / file_name, content, unfinished)
        safe_files.write(root / name / PACK_JSON, data, unfinished)
    finally:
        _finish(root)


def _finish(root: Path) -> None:
    """End what the journal notes: of its files, those that pack.json does not name go."""
    try:
        journal = json.loads(pack_files.read(root / _JOURNAL))
    except FileNotFoundError:
        return
    folder = root / journal["pack"]
    # Without a pack.json that can be read nobody knows which files are its own.
    with suppress(BrokenPack):
        named = set(pack_files.read_pack(folder)["files"].values())
        for name in set(journal["files"]) - named:
            pack_files.remove(folder, name)
    (root / _JOURNAL).unlink()


def _sweep(root: Path) -> None:
    """Remove the file that was being written and the workspaces whose makers died."""
    (root / _UNFINISHED).unlink(missing_ok=True)
    with os.scandir(root) as found:
        left = {entry.name.removesuffix(_LOCK) for entry in found if entry.name.startswith(_WORKSPACE)}
    for name in left:
        descriptor = _opened_lock(root / name)
        try:
            if safe_files.try_lock(descriptor):
                _remove(root / name)
        finally:
            os.close(descriptor)


@contextmanager
def _room() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise ApiError("There is no room for the file", 507) from error
        raise
