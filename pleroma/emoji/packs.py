"""Emoji packs: the folders DATA_DIR/emoji/NAME, each with its pack.json (docs/api/pleroma.md 5).

They are the truth, which operators edit by hand and copy from other servers; `installed` fills the table from them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from pleroma.emoji import archives, folders, journal, listing, pack_files
from pleroma.emoji.pack import Pack
from pleroma.emoji.pack_files import PACK_JSON, BrokenPack
from pleroma.errors import ApiError, Conflict, Forbidden, NotFound


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
        pack = self.read(name)
        try:
            if pack.metadata.get("share-files") is not True:
                raise BrokenPack("not shared")
            return archives.build(self.root / name)
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

    def read(self, name: str) -> Pack:
        """A pack to look at. Raises InvalidParameters, NotFound."""
        folder = self._existing(name)
        try:
            return Pack(folder, pack_files.read_pack(folder))
        except BrokenPack as error:
            raise NotFound(f"Pack {name} cannot be read: {error}") from error

    @contextmanager
    def open(self, name: str) -> Iterator[Pack]:
        """A pack to change: nobody else changes one meanwhile, and what was changed is written when the block ends.

        Nothing is written when the block raises. Raises InvalidParameters, NotFound.
        """
        self._existing(name)
        with journal.exclusive(self.root):
            pack = self.read(name)
            yield pack
            journal.change(self.root, name, pack.document, pack.new, pack.gone)

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

    def _existing(self, name: str) -> Path:
        """The folder of a pack. Raises InvalidParameters, NotFound."""
        folder = self.root / pack_files.check_pack_name(name)
        if folder.is_symlink() or not (folder / PACK_JSON).is_file():
            raise NotFound(f"Pack {name} does not exist")
        return folder


def _files(found: list[folders.Line]) -> dict[str, str]:
    return {line.shortcode: line.path for line in found if pack_files.is_shortcode(line.shortcode)}
