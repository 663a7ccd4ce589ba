"""Archives of emoji packs: ours, the same bytes each time, and those of others, which are checked.

Rules: docs/api/pleroma.md 5.7, 6.
"""

from __future__ import annotations

import hashlib
import stat
import tempfile
import time
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import IO, TYPE_CHECKING

from pleroma.emoji import pack_files
from pleroma.emoji.pack_files import MAX_PACK_JSON, PACK_JSON

if TYPE_CHECKING:
    from zipfile import ZipFile, ZipInfo

MAX_ENTRIES = 5_000
MAX_UNPACKED = 64_000_000
_FIRST_DAY = (1980, 1, 1, 0, 0, 0)
# Each entry of an archive's directory begins so.
_DIRECTORY_ENTRY = b"PK\x01\x02"
_ENCRYPTED = 0x41


class BadArchive(ValueError):
    """An archive that is none, that is too large, or whose content is not what it should be."""


def build(folder: Path) -> IO[bytes]:
    """The archive of a pack, a file at its beginning: pack.json and the files that it names.

    Raises BrokenPack, and OSError for a file that is missing or has a name that is not safe. Nothing in it depends on
    when or where it is made: fixed times and order, and no compression, which the pictures have already.
    """
    import zipfile

    file = tempfile.TemporaryFile()  # noqa: SIM115 (the caller sends it)
    try:
        with zipfile.ZipFile(file, "w") as archive:
            for name, data in _content(folder):
                info = zipfile.ZipInfo(name, _FIRST_DAY)
                info.create_system = 3
                info.external_attr = (stat.S_IFREG | 0o644) << 16
                archive.writestr(info, data)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file


def _content(folder: Path) -> Iterator[tuple[str, bytes]]:
    document = pack_files.read(folder / PACK_JSON, MAX_PACK_JSON)
    names = sorted(set(pack_files.parse_pack(document)["files"].values()))
    yield PACK_JSON, document.removeprefix(b"\xef\xbb\xbf")
    for name in names:
        path = pack_files.inside(folder, name, present=True)
        if path is None:
            raise FileNotFoundError(f"{name} is missing")
        yield name, pack_files.read(path)


def fingerprint(file: IO[bytes]) -> str:
    """The SHA-256 of an archive as packs show it: upper-case hex."""
    return hashlib.file_digest(file, "sha256").hexdigest().upper()  # type: ignore[arg-type]


class Archive:
    """A zip from elsewhere. Raises BadArchive, as all that is read from it does."""

    def __init__(self, data: bytes, give_up: float = float("inf")) -> None:
        self._left = MAX_UNPACKED
        self._give_up = give_up
        self._zip = _opened(data)
        self._entries = {info.filename: info for info in self._zip.infolist()}

    @property
    def names(self) -> list[str]:
        """The names of the entries."""
        return list(self._entries)

    def read(self, name: str, limit: int = MAX_UNPACKED) -> bytes:
        """The content of an entry that is a regular file."""
        info = self._entries.get(name)
        if info is None:
            raise BadArchive(f"The archive does not have {name}")
        _check_entry(info)
        limit = min(limit, self._left)
        if time.monotonic() > self._give_up:
            raise BadArchive("The archive takes too long to unpack")
        try:
            with self._zip.open(info) as file:
                data = file.read(limit + 1)
        except Exception as error:  # a broken archive fails anywhere in zipfile and zlib, with any exception
            raise BadArchive(f"{name} cannot be unpacked") from error
        if len(data) > limit:
            raise BadArchive("The archive is too large")
        self._left -= len(data)
        return data

    def pictures(self, names: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """The named files with their content, each of which is a picture."""
        for name in names:
            data = self.read(name)
            if not pack_files.is_picture(data):
                raise BadArchive(f"{name} is not a picture")
            yield name, data


def _opened(data: bytes) -> ZipFile:
    import zipfile

    # Before zipfile makes an object for each of a million entries.
    if data.count(_DIRECTORY_ENTRY) > MAX_ENTRIES:
        raise BadArchive("The archive has too many entries")
    try:
        archive = zipfile.ZipFile(BytesIO(data))
    except Exception as error:  # as above
        raise BadArchive("This is not a zip archive") from error
    if sum(info.file_size for info in archive.infolist()) > MAX_UNPACKED:
        raise BadArchive("The archive is too large")
    return archive


def _check_entry(info: ZipInfo) -> None:
    import zipfile

    kind = stat.S_IFMT(info.external_attr >> 16)
    if info.is_dir() or kind not in (0, stat.S_IFREG):
        raise BadArchive(f"{info.filename} is not a regular file")
    if info.flag_bits & _ENCRYPTED:
        raise BadArchive(f"{info.filename} is encrypted")
    # The unpackers of other methods cannot be stopped in the middle of a bomb.
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise BadArchive(f"{info.filename} is compressed in an unknown way")
