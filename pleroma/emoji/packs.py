"""Emoji packs: the folders DATA_DIR/emoji/NAME, each with its pack.json (docs/api/pleroma.md 5).

They are the truth, which operators edit by hand and copy from other servers; `emoji_list` fills the table from them.
"""

from __future__ import annotations

import json
import os
import stat
import time
from collections.abc import Container
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, NamedTuple

from pleroma.emoji import archives, installed, journal, pack_files
from pleroma.emoji.pack_files import PACK_JSON, BrokenPack
from pleroma.errors import ApiError, Conflict, Forbidden, InvalidParameters, NotFound

# A file that was overwritten in its place is noticed after this long; what is added, renamed or removed, at once.
_TRUSTED_SECONDS = 1.0
# Time stamps on disk are this coarse: what is younger may change again under the same one.
_SETTLED_NS = 20_000_000


class Packs:
    """The packs of a data directory."""

    def __init__(self, data_dir: Path) -> None:
        self.root = data_dir.absolute() / "emoji"

    def recover(self) -> None:
        """End and clean up what a killed process left."""
        if self.root.is_dir():
            with journal.exclusive(self.root):
                pass

    def listed(self) -> bytes:
        """Every pack by its name, as JSON; those without a pack.json that can be read are left out."""
        journal.ensure(self.root)
        entries = ((folder.name, _shown(str(folder)).entry()) for folder in installed.folders(self.root))
        return b"{%s}" % b",".join(json.dumps(name).encode() + b":" + entry for name, entry in entries if entry)

    def archive(self, name: str) -> IO[bytes]:
        """The archive of a shared pack. Raises NotFound, Forbidden."""
        folder = self._existing(name)
        document = self._read(name)
        try:
            if document["pack"].get("share-files") is not True:
                raise BrokenPack("not shared")
            return archives.build(folder)
        except (BrokenPack, OSError) as error:
            raise Forbidden(
                f"Pack {name} cannot be downloaded from this instance, either pack sharing was disabled for this pack"
                " or some files are missing"
            ) from error

    def create(self, name: str) -> None:
        """Make an empty pack. Raises InvalidParameters, Conflict."""
        self.require_free(name)
        with journal.workspace(self.root) as folder:
            journal.fill(folder, {"pack": {}, "files": {}}, ())
            journal.install(self.root, folder, name)

    def require_free(self, name: str) -> None:
        """Raises InvalidParameters for a name that no pack may have, Conflict for one that is taken."""
        if os.path.lexists(self.root / pack_files.check_pack_name(name)):
            raise Conflict(f'A pack named "{name}" already exists')

    def delete(self, name: str) -> None:
        """Remove a folder with everything in it. Raises InvalidParameters, NotFound, and a 500 when it cannot."""
        folder = self.root / pack_files.check_pack_name(name)
        if folder.is_symlink() or not folder.is_dir():
            raise NotFound(f"Pack {name} does not exist")
        try:
            journal.delete(self.root, name)
        except OSError as error:
            raise ApiError(f"Couldn't delete the pack {name}", 500) from error

    def files(self, name: str) -> dict[str, str]:
        """The files of a pack by shortcode. Raises InvalidParameters, NotFound."""
        return self._read(name)["files"]

    def metadata(self, name: str) -> dict[str, Any]:
        """What a pack says of itself. Raises InvalidParameters, NotFound."""
        return self._read(name)["pack"]

    def require_new(self, name: str, shortcode: str) -> None:
        """Raises Conflict when a pack has the shortcode, InvalidParameters when it is blank."""
        _require_new(self.files(name), shortcode)

    def add(self, name: str, shortcode: str, file_name: str, data: bytes) -> dict[str, str]:
        """Add an emoji with its picture; returns the pack's files by shortcode.

        Raises InvalidParameters, Conflict, NotFound.
        """
        if not file_name.strip():
            raise InvalidParameters("shortcode or filename cannot be empty")
        pack_files.check_file_name(file_name)
        if not pack_files.is_picture(data, whole=True):
            raise InvalidParameters("The file is not an image")
        self._existing(name)
        with journal.exclusive(self.root):
            document = self._read(name)
            files = document["files"]
            _require_new(files, shortcode)
            self._require_free_file(name, file_name, files)
            files[shortcode] = file_name
            journal.change(self.root, name, document, {file_name: data})
        return files

    def update(self, name: str, shortcode: str, new_shortcode: str | None, new_name: str | None) -> dict[str, str]:
        """Give an emoji another shortcode, its file another name, or both. Raises as `add`."""
        self._existing(name)
        with journal.exclusive(self.root):
            document = self._read(name)
            files = document["files"]
            old_name = _named(files, shortcode)
            code, file_name = _replacement(files, shortcode, new_shortcode, new_name)
            new = {}
            if file_name != old_name:
                self._require_free_file(name, file_name, files)
                new[file_name] = self._picture(name, old_name)
            # The entry keeps its place.
            document["files"] = dict((code, file_name) if c == shortcode else (c, file) for c, file in files.items())
            gone = {old_name} - set(document["files"].values())
            journal.change(self.root, name, document, new, gone)
        return document["files"]

    def remove(self, name: str, shortcode: str) -> dict[str, str]:
        """Remove an emoji, and its file unless another one uses it. Raises InvalidParameters, NotFound."""
        self._existing(name)
        with journal.exclusive(self.root):
            document = self._read(name)
            old_name = _named(document["files"], shortcode)
            del document["files"][shortcode]
            gone = {old_name} - set(document["files"].values())
            journal.change(self.root, name, document, gone=gone)
        return document["files"]

    def replace_metadata(self, name: str, metadata: dict[str, Any], held: Container[str] | None) -> dict[str, Any]:
        """Replace what a pack says of itself; a fallback archive must have `held` all its files.

        Raises InvalidParameters, NotFound.
        """
        self._existing(name)
        with journal.exclusive(self.root):
            document = self._read(name)
            if held is not None and not all(file in held for file in document["files"].values()):
                raise InvalidParameters("The fallback archive does not have all files specified in pack.json")
            document["pack"] = metadata
            journal.change(self.root, name, document)
        return metadata

    def import_folders(self) -> list[str]:
        """Write a pack.json where there is none (docs/api/pleroma.md 5.6); returns the names. Raises a 500."""
        imported = []
        try:
            with journal.exclusive(self.root):
                for folder in installed.folders(self.root):
                    if not os.path.lexists(folder / PACK_JSON):
                        files = _files(installed.found_in(folder))
                        journal.change(self.root, folder.name, {"pack": {}, "files": files})
                        imported.append(folder.name)
        except OSError as error:
            raise ApiError("Error accessing emoji pack directory", 500) from error
        return imported

    def _require_free_file(self, name: str, file_name: str, files: dict[str, str]) -> None:
        path = pack_files.inside(self.root / name, pack_files.check_file_name(file_name))
        if path is None:
            raise InvalidParameters("The filename is not safe")
        if path.exists() or file_name in files.values():
            raise Conflict(f'A file named "{file_name}" already exists')

    def _picture(self, name: str, file_name: str) -> bytes:
        path = pack_files.inside(self.root / name, file_name)
        try:
            return pack_files.read(path or self.root / "")
        except OSError as error:
            raise InvalidParameters(f"The file {file_name} is missing") from error

    def _existing(self, name: str) -> Path:
        """The folder of a pack. Raises InvalidParameters, NotFound."""
        folder = self.root / pack_files.check_pack_name(name)
        if folder.is_symlink() or not (folder / PACK_JSON).is_file():
            raise NotFound(f"Pack {name} does not exist")
        return folder

    def _read(self, name: str) -> dict[str, Any]:
        try:
            return pack_files.read_pack(self._existing(name))
        except BrokenPack as error:
            raise NotFound(f"Pack {name} cannot be read: {error}") from error


def _files(found: list[emoji_list.Line]) -> dict[str, str]:
    return {line.shortcode: line.path for line in found if emoji_files.is_shortcode(line.shortcode)}


def _require_new(files: dict[str, str], shortcode: str) -> None:
    if shortcode in files:
        raise Conflict(f'An emoji with the "{shortcode}" shortcode already exists')
    if not shortcode.strip():
        raise InvalidParameters("shortcode or filename cannot be empty")
    _check_shortcode(shortcode)


def _check_shortcode(shortcode: str) -> None:
    if not emoji_files.is_shortcode(shortcode):
        raise InvalidParameters(f"A shortcode has at most {emoji_files.LONGEST_SHORTCODE} characters")


def _named(files: dict[str, str], shortcode: str) -> str:
    """The file of an emoji. Raises InvalidParameters."""
    if shortcode not in files:
        raise InvalidParameters(f'Emoji "{shortcode}" does not exist')
    return files[shortcode]


def _replacement(files: dict[str, str], shortcode: str, code: str | None, name: str | None) -> tuple[str, str]:
    """The shortcode and the file that an emoji gets; what is not said stays. Raises InvalidParameters, Conflict."""
    if code is None and name is None:
        raise InvalidParameters("new_shortcode or new_file were not specified")
    if any(value is not None and not value.strip() for value in (code, name)):
        raise InvalidParameters("new_shortcode or new_filename cannot be empty")
    if code is not None and code != shortcode:
        if code in files:
            raise Conflict(f'An emoji with the "{code}" shortcode already exists')
        _check_shortcode(code)
    return code or shortcode, name or files[shortcode]


class _State(NamedTuple):
    """What a pack was when it was last looked at."""

    outside: tuple[int, ...] | None
    files: tuple[int, ...] | None
    paths: list[Path]
    folders: list[Path]
    entry: bytes | None
    checked: float


class _Shown:
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
def _shown(folder: str) -> _Shown:
    return _Shown(Path(folder))


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
