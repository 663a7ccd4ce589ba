"""Emoji packs: the folders DATA_DIR/emoji/NAME, each with its pack.json (docs/api/pleroma.md 5).

They are the truth, which operators edit by hand and copy from other servers; `installed` fills the table from them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Container
from pathlib import Path
from typing import IO, Any

from pleroma.emoji import archives, folders, journal, listing, pack_files
from pleroma.emoji.pack_files import PACK_JSON, BrokenPack
from pleroma.errors import ApiError, Conflict, Forbidden, InvalidParameters, NotFound


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
        entries = ((folder.name, listing.shown(str(folder)).entry()) for folder in folders.folders(self.root))
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
                for folder in folders.folders(self.root):
                    if not os.path.lexists(folder / PACK_JSON):
                        files = _files(folders.found_in(folder))
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


def _files(found: list[folders.Line]) -> dict[str, str]:
    return {line.shortcode: line.path for line in found if pack_files.is_shortcode(line.shortcode)}


def _require_new(files: dict[str, str], shortcode: str) -> None:
    if shortcode in files:
        raise Conflict(f'An emoji with the "{shortcode}" shortcode already exists')
    pack_files.check_shortcode(shortcode)


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
    if code is not None and code != shortcode and code in files:
        raise Conflict(f'An emoji with the "{code}" shortcode already exists')
    return pack_files.check_shortcode(code) if code is not None else shortcode, name or files[shortcode]
