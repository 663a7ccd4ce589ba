"""Packs as the list of packs shows them, kept in each process until something in their folder changes."""

from __future__ import annotations

import json
import os
import stat
import time
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from pleroma.emoji import archives, pack_files
from pleroma.emoji.pack_files import PACK_JSON, BrokenPack

# A file that was overwritten in its place is noticed after this long; what is added, renamed or removed, at once.
_TRUSTED_SECONDS = 1.0
# Time stamps on disk are this coarse: what is younger may change again under the same one.
_SETTLED_NS = 20_000_000


class _State(NamedTuple):
    """What a pack was when it was last looked at."""

    outside: tuple[int, ...] | None
    files: tuple[int, ...] | None
    paths: list[Path]
    folders: list[Path]
    entry: bytes | None
    checked: float


class ShownPack:
    """One pack as the list shows it, kept in each process until something in its folder changes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._state: _State | None = None

    def entry(self) -> bytes | None:
        """The pack's content as JSON; None when it has no pack.json that can be read."""
        state = self._state
        if state is None or self._outside(state.folders) != state.outside:
            state = self._look()
        elif time.monotonic() - state.checked > _TRUSTED_SECONDS:
            unchanged = _stamps(state.paths) == state.files
            state = state._replace(checked=time.monotonic()) if unchanged else self._look()
        newest = max((*(state.outside or ()), *(state.files or ())), default=0)
        self._state = state if time.time_ns() - newest > _SETTLED_NS else None
        return state.entry

    def _outside(self, folders: list[Path]) -> tuple[int, ...] | None:
        return _stamps([self._folder / PACK_JSON, *folders])

    def _look(self) -> _State:
        checked = time.monotonic()
        # Stamps are taken before what they stand for is read: a change in between is noticed the next time.
        outside = self._outside([self._folder])
        try:
            document = pack_files.read_pack(self._folder)
        except BrokenPack:
            return _State(outside, (), [], [self._folder], None, checked)
        shared = document["pack"].get("share-files") is True
        paths = _paths(self._folder, document) if shared else []
        below = sorted({path.parent for path in paths or ()} - {self._folder})
        inner = _stamps(below)
        # Without stamps of files, a pack that lacks some is looked at again and again.
        files = None if paths is None else _stamps(paths)
        entry = self._render(document, complete=shared and files is not None)
        outside = None if outside is None or inner is None else outside + inner
        return _State(outside, files, paths or [], [self._folder, *below], entry, checked)

    def _render(self, document: dict[str, Any], complete: bool) -> bytes:
        pack = {key: value for key, value in document["pack"].items() if key != "download-sha256"}
        pack["can-download"] = complete
        if complete:
            try:
                with archives.build(self._folder) as archive:
                    pack["download-sha256"] = archives.fingerprint(archive)
            except (BrokenPack, OSError):
                pack["can-download"] = False
        return json.dumps({**document, "pack": pack}).encode()


@lru_cache(maxsize=1000)
def shown(folder: str) -> ShownPack:
    """A pack as the list shows it, the same object for the same folder."""
    return ShownPack(Path(folder))


def _paths(folder: Path, document: dict[str, Any]) -> list[Path] | None:
    """Where the files of a pack are; None when one is missing or has a name that is not safe."""
    paths = []
    for name in sorted(set(document["files"].values())):
        path = pack_files.inside(folder, name, present=True)
        if path is None:
            return None
        paths.append(path)
    return paths


def _stamps(paths: list[Path]) -> tuple[int, ...] | None:
    """When each of some files and folders last changed; None when one is not there."""
    try:
        found = [os.lstat(path) for path in paths]
    except OSError:
        return None
    if any(stat.S_ISLNK(status.st_mode) for status in found):
        return None
    return tuple(status.st_ctime_ns for status in found)
