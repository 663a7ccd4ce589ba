"""One emoji pack that is being changed (docs/api/pleroma.md 5.4, 5.5)."""

from __future__ import annotations

from collections.abc import Container
from pathlib import Path
from typing import Any

from pleroma.emoji import pack_files
from pleroma.errors import Conflict, InvalidParameters


class Pack:
    """What a pack.json holds, and the changes to it and to the files beside it, until they are written together."""

    def __init__(self, folder: Path, document: dict[str, Any]) -> None:
        self._folder = folder
        self.document = document
        self.new: dict[str, bytes] = {}
        self.gone: set[str] = set()

    @property
    def files(self) -> dict[str, str]:
        """The files by shortcode."""
        return self.document["files"]

    @property
    def metadata(self) -> dict[str, Any]:
        """What the pack says of itself."""
        return self.document["pack"]

    def require_new(self, shortcode: str) -> None:
        """Raises Conflict when the pack has the shortcode, InvalidParameters when it is none."""
        if shortcode in self.files:
            raise Conflict(f'An emoji with the "{shortcode}" shortcode already exists')
        pack_files.check_shortcode(shortcode)

    def add(self, shortcode: str, file_name: str, picture: bytes) -> None:
        """Add an emoji with its picture. Raises InvalidParameters, Conflict."""
        self.require_new(shortcode)
        self._require_free(file_name)
        self.files[shortcode] = file_name
        self.new[file_name] = picture

    def update(self, shortcode: str, new_shortcode: str | None, new_name: str | None) -> None:
        """Give an emoji another shortcode, its file another name, or both. Raises InvalidParameters, Conflict."""
        old_name = self._named(shortcode)
        code, file_name = self._replacement(shortcode, new_shortcode, new_name)
        if file_name != old_name:
            self._require_free(file_name)
            self.new[file_name] = self._picture(old_name)
        # The entry keeps its place.
        self.document["files"] = dict(
            (code, file_name) if c == shortcode else (c, file) for c, file in self.files.items()
        )
        self._release(old_name)

    def remove(self, shortcode: str) -> None:
        """Remove an emoji, and its file unless another one uses it. Raises InvalidParameters."""
        old_name = self._named(shortcode)
        del self.files[shortcode]
        self._release(old_name)

    def describe(self, metadata: dict[str, Any], held: Container[str] | None) -> None:
        """Replace what the pack says of itself; a fallback archive must have `held` all its files.

        Raises InvalidParameters.
        """
        if held is not None and not all(file in held for file in self.files.values()):
            raise InvalidParameters("The fallback archive does not have all files specified in pack.json")
        self.document["pack"] = metadata

    def _release(self, file_name: str) -> None:
        self.gone |= {file_name} - set(self.files.values())

    def _require_free(self, file_name: str) -> None:
        path = pack_files.inside(self._folder, pack_files.check_file_name(file_name))
        if path is None:
            raise InvalidParameters("The filename is not safe")
        if path.exists() or file_name in self.files.values():
            raise Conflict(f'A file named "{file_name}" already exists')

    def _picture(self, file_name: str) -> bytes:
        try:
            return pack_files.read(pack_files.inside(self._folder, file_name) or self._folder)
        except OSError as error:
            raise InvalidParameters(f"The file {file_name} is missing") from error

    def _named(self, shortcode: str) -> str:
        if shortcode not in self.files:
            raise InvalidParameters(f'Emoji "{shortcode}" does not exist')
        return self.files[shortcode]

    def _replacement(self, shortcode: str, code: str | None, name: str | None) -> tuple[str, str]:
        """The shortcode and the file that an emoji gets; None keeps its own. Raises InvalidParameters, Conflict."""
        if code is None and name is None:
            raise InvalidParameters("new_shortcode or new_file were not specified")
        if any(value is not None and not value.strip() for value in (code, name)):
            raise InvalidParameters("new_shortcode or new_filename cannot be empty")
        if code is not None and code != shortcode:
            self.require_new(code)
        return code if code is not None else shortcode, name or self.files[shortcode]
