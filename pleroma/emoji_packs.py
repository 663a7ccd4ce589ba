"""Emoji packs: the folders DATA_DIR/emoji/NAME, each with its pack.json (spec 5).

They are the truth, which operators edit by hand and copy from other servers; `emoji_list` fills the table from them.
"""

from __future__ import annotations

import json
import os
import stat
import time
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, NamedTuple

from pleroma import emoji_archives, emoji_changes, emoji_files, emoji_list
from pleroma.emoji_files import PACK_JSON, BrokenPack
from pleroma.errors import Forbidden, NotFound

# A file that was overwritten in its place is noticed after this long; what is added, renamed or removed, at once.
_TRUSTED_SECONDS = 1.0
# Time stamps on disk are this coarse: what is younger may change again under the same one.
_SETTLED_NS = 100_000_000


class Packs:
    """The packs of a data directory."""

    def __init__(self, data_dir: Path) -> None:
        self.root = data_dir.absolute() / "emoji"

    def recover(self) -> None:
        """End and clean up what a killed process left."""
        if self.root.is_dir():
            with emoji_changes.exclusive(self.root):
                pass

    def listed(self) -> bytes:
        """Every pack by its name, as JSON; those without a pack.json that can be read are left out."""
        emoji_changes.ensure(self.root)
        entries = ((folder.name, _shown(str(folder)).entry()) for folder in emoji_list.folders(self.root))
        return b"{%s}" % b",".join(json.dumps(name).encode() + b":" + entry for name, entry in entries if entry)

    def archive(self, name: str) -> IO[bytes]:
        """The archive of a shared pack. Raises NotFound, Forbidden."""
        folder = self._existing(name)
        document = self._read(name)
        try:
            if document["pack"].get("share-files") is not True or _paths(folder, document) is None:
                raise OSError
            return emoji_archives.build(folder, document["files"].values())
        except OSError as error:
            raise Forbidden(
                f"Pack {name} cannot be downloaded from this instance, either pack sharing was disabled for this pack"
                " or some files are missing"
            ) from error

    def _existing(self, name: str) -> Path:
        """The folder of a pack. Raises InvalidParameters, NotFound."""
        folder = self.root / emoji_files.check_pack_name(name)
        if folder.is_symlink() or not (folder / PACK_JSON).is_file():
            raise NotFound(f"Pack {name} does not exist")
        return folder

    def _read(self, name: str) -> dict[str, Any]:
        try:
            return emoji_files.read_pack(self._existing(name))
        except BrokenPack as error:
            raise NotFound(f"Pack {name} cannot be read: {error}") from error


class _State(NamedTuple):
    """What a pack was when it was last looked at."""

    outside: tuple[int, ...]
    files: tuple[int, ...] | None
    checked: float
    folders: list[Path]
    entry: bytes | None


class _Shown:
    """One pack as the list shows it, kept in each process until something in its folder changes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._state: _State | None = None

    def entry(self) -> bytes | None:
        """The pack's content as JSON; None when it has no pack.json that can be read."""
        state = self._state
        if state is not None and self._is_fresh(state):
            return state.entry
        state = self._look(state)
        newest = max((*state.outside, *(state.files or ())), default=0)
        self._state = state if time.time_ns() - newest > _SETTLED_NS else None
        return state.entry

    def _is_fresh(self, state: _State) -> bool:
        if time.monotonic() - state.checked > _TRUSTED_SECONDS:
            return False
        return _stamps([self._folder / PACK_JSON, *state.folders]) == state.outside

    def _look(self, before: _State | None) -> _State:
        checked = time.monotonic()
        try:
            document = emoji_files.read_pack(self._folder)
        except BrokenPack:
            return _State(_stamps([self._folder / PACK_JSON, self._folder]) or (), None, checked, [self._folder], None)
        shared = document["pack"].get("share-files") is True
        paths = _paths(self._folder, document) if shared else None
        folders = sorted({self._folder, *(path.parent for path in paths or ())})
        outside = _stamps([self._folder / PACK_JSON, *folders]) or ()
        files = _stamps(paths) if paths is not None else None
        if before is not None and (before.outside, before.files) == (outside, files):
            return before._replace(checked=checked)
        return _State(outside, files, checked, folders, self._render(document, files is not None))

    def _render(self, document: dict[str, Any], complete: bool) -> bytes:
        pack = {key: value for key, value in document["pack"].items() if key != "download-sha256"}
        pack["can-download"] = complete
        if complete:
            try:
                with emoji_archives.build(self._folder, document["files"].values()) as archive:
                    pack["download-sha256"] = emoji_archives.fingerprint(archive)
            except OSError:
                pack["can-download"] = False
        return json.dumps({**document, "pack": pack}).encode()


@lru_cache(maxsize=1000)
def _shown(folder: str) -> _Shown:
    return _Shown(Path(folder))


def _paths(folder: Path, document: dict[str, Any]) -> list[Path] | None:
    """Where the files of a pack are; None when one is missing or has a name that is not safe."""
    paths = []
    for name in sorted(set(document["files"].values())):
        path = emoji_files.inside(folder, name)
        if path is None or not path.exists():
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
