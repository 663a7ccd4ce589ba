"""Uploads: what kind a file is, made ready, and kept on disk.

`prepare` judges by content alone and makes pictures anew (`pictures`); other media stay as they are with a type that
no browser runs. `LocalStore` writes so that a crash leaves no half file, and a full disk no file at all. Rules:
docs/api/mastodon.md 7 and 11.5, docs/api/pleroma.md 14.
"""

from __future__ import annotations

import base64
import binascii
import errno
import math
import os
import re
import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from pleroma import safe_files
from pleroma.media.pictures import NotAPicture, picture

__all__ = [
    "AVATAR", "BACKGROUND", "BANNER", "LocalStore", "NotAPicture", "Prepared", "Saved", "StorageFull",
    "TooLarge", "data_uri", "focus", "prepare",
]  # fmt: skip

# Into these bounds (pixels) the pictures of an account are scaled down: no client shows larger ones.
AVATAR = (800, 800)
BANNER = (1500, 1500)
BACKGROUND = (2560, 2560)

_PICTURES = re.compile(rb"\x89PNG\r\n\x1a\n|GIF8[79]a|\xff\xd8\xff|RIFF....WEBP", re.DOTALL)
_DATA_URI = re.compile(r"data:[^,]{0,200};base64,", re.IGNORECASE)
_NAME = re.compile(r"[0-9a-f]{2}/[0-9a-f]{30}\.[0-9a-z]{2,5}")
_UNFINISHED = ".part"
_EXTENSIONS = {
    "video/mp4": "mp4", "video/quicktime": "mov", "video/webm": "webm", "video/ogg": "ogv", "audio/mpeg": "mp3",
    "audio/ogg": "ogg", "audio/flac": "flac", "audio/wav": "wav", "audio/mp4": "m4a", "audio/aac": "aac",
}  # fmt: skip


class TooLarge(ValueError):
    """The file has more bytes than are allowed (HTTP 413)."""


class StorageFull(OSError):
    """There is no room for the file (HTTP 507); nothing of it was kept."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A file ready to be stored. `kind` is image, video, audio or unknown.

    `preview` is None when the file is its own preview; `meta` holds what an attachment shows under that name.
    """

    kind: str
    mime_type: str
    extension: str
    data: bytes
    preview: bytes | None = None
    preview_extension: str | None = None
    blurhash: str | None = None
    meta: dict[str, dict[str, Any]] = field(default_factory=dict)
    frames: int = 1


@dataclass(frozen=True, slots=True)
class Saved:
    """The names under which a file and its preview are kept, such as `3f/09….png`."""

    name: str
    preview_name: str | None


def prepare(
    data: bytes | BinaryIO, *, limit: int, pictures_only: bool = False, bounds: tuple[int, int] | None = None
) -> Prepared:
    """Make an upload of at most `limit` bytes ready to be stored; `bounds` scales a picture down.

    Raises TooLarge, and NotAPicture for an empty file, a picture that cannot be read, and, with `pictures_only`, for
    all that is no picture.
    """
    content = data if isinstance(data, bytes) else data.read(limit + 1)
    if len(content) > limit:
        raise TooLarge(f"The file is larger than {limit} bytes")
    if not content:
        raise NotAPicture("The file is empty")
    if _PICTURES.match(content):
        return Prepared("image", *picture(content, bounds))
    if pictures_only:
        raise NotAPicture("The file is not a picture")
    mime_type = _mime_type(content)
    kind = mime_type.partition("/")[0] if mime_type in _EXTENSIONS else "unknown"
    return Prepared(kind, mime_type, _EXTENSIONS.get(mime_type, "bin"), content)


def _mime_type(content: bytes) -> str:
    """Return the type of a file that is no picture, by its first bytes; application/octet-stream when in doubt."""
    if content[4:8] == b"ftyp":
        return _iso_media(content[8:12])
    if content.startswith(b"\x1aE\xdf\xa3"):
        return "video/webm" if b"\x42\x82\x84webm" in content[:80] else "application/octet-stream"
    if content.startswith(b"OggS"):
        return "video/ogg" if b"\x80theora" in content[:300] else "audio/ogg"
    if content.startswith(b"fLaC"):
        return "audio/flac"
    if content.startswith(b"RIFF") and content[8:12] == b"WAVE":
        return "audio/wav"
    if content.startswith(b"ID3"):
        return "audio/mpeg"
    return _mpeg_audio(content[:3])


def _iso_media(brand: bytes) -> str:
    if brand == b"qt  ":
        return "video/quicktime"
    if brand in (b"M4A ", b"M4B ", b"M4P "):
        return "audio/mp4"
    # The same box opens pictures that we do not read.
    pictures = brand[:3] in (b"avi", b"hei", b"hev", b"mif", b"msf", b"jxl", b"crx")
    return "application/octet-stream" if pictures else "video/mp4"


def _mpeg_audio(header: bytes) -> str:
    """Tell MP3 and AAC by the header of their first frame: sync, layer, bit rate and sampling rate are all valid."""
    if len(header) < 3 or header[0] != 0xFF or header[1] & 0xE0 != 0xE0:
        return "application/octet-stream"
    if header[1] & 0xF6 == 0xF0:
        return "audio/aac"
    layer_3 = header[1] & 0x06 == 0x02 and header[1] & 0x18 != 0x08
    return (
        "audio/mpeg"
        if layer_3 and header[2] >> 4 not in (0, 15) and header[2] & 0x0C != 0x0C
        else ("application/octet-stream")
    )


def data_uri(text: str) -> bytes:
    """Return the bytes of `data:…;base64,…`, white space ignored. Raises NotAPicture when it is none.

    The type it names is not believed: `prepare` looks at the content.
    """
    match = _DATA_URI.match(text.lstrip())
    if match is None:
        raise NotAPicture("Not a data URI")
    encoded = "".join(text.lstrip()[match.end() :].split())
    try:
        return base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError) as problem:
        raise NotAPicture("The data URI is broken") from problem


def focus(text: str) -> tuple[float, float]:
    """Return the focal point `x,y`, each from -1 to 1. Raises ValueError."""
    x, y = (float(part) for part in text.split(","))
    if not (math.isfinite(x) and math.isfinite(y) and abs(x) <= 1 and abs(y) <= 1):
        raise ValueError("The focus is two numbers from -1 to 1")
    return x, y


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
        """Return where a file is kept. Raises ValueError for what is no name of ours."""
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
