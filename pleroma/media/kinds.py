"""What kind an upload is, by its content alone.

Pictures are encoded again (`pictures`); other media stay as they are, with a type that no browser runs. Rules:
docs/api/mastodon.md 7 and 11.5, docs/api/pleroma.md 14.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from pleroma.media.pictures import NotAPicture, picture

# Into these bounds (pixels) the pictures of an account are scaled down: no client shows larger ones.
AVATAR = (800, 800)
BANNER = (1500, 1500)
BACKGROUND = (2560, 2560)

_PICTURES = re.compile(rb"\x89PNG\r\n\x1a\n|GIF8[79]a|\xff\xd8\xff|RIFF....WEBP", re.DOTALL)
_DATA_URI = re.compile(r"data:[^,]{0,200};base64,", re.IGNORECASE)
_EXTENSIONS = {
    "video/mp4": "mp4", "video/quicktime": "mov", "video/webm": "webm", "video/ogg": "ogv", "audio/mpeg": "mp3",
    "audio/ogg": "ogg", "audio/flac": "flac", "audio/wav": "wav", "audio/mp4": "m4a", "audio/aac": "aac",
}  # fmt: skip
_TYPES = {
    **{extension: mime_type for mime_type, extension in _EXTENSIONS.items()},
    "png": "image/png", "jpg": "image/jpeg", "gif": "image/gif", "webp": "image/webp", "zip": "application/zip",
}  # fmt: skip


class FileTooLarge(ValueError):
    """The file has more bytes than are allowed (HTTP 413)."""


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


def prepare(
    data: bytes | BinaryIO, *, limit: int, pictures_only: bool = False, bounds: tuple[int, int] | None = None
) -> Prepared:
    """Make an upload of at most `limit` bytes ready to be stored; `bounds` scales a picture down.

    Raises FileTooLarge, and NotAPicture for an empty file, a broken picture, and, with `pictures_only`, any other file.
    """
    content = data if isinstance(data, bytes) else data.read(limit + 1)
    if len(content) > limit:
        raise FileTooLarge(f"The file is larger than {limit} bytes")
    if not content:
        raise NotAPicture("The file is empty")
    if _PICTURES.match(content):
        return Prepared("image", *picture(content, bounds))
    if pictures_only:
        raise NotAPicture("The file is not a picture")
    mime_type = _mime_type(content)
    kind = mime_type.partition("/")[0] if mime_type in _EXTENSIONS else "unknown"
    return Prepared(kind, mime_type, _EXTENSIONS.get(mime_type, "bin"), content)


def type_of(name: str) -> str:
    """The type of a stored file, which its name ends with; application/octet-stream for any other file."""
    return _TYPES.get(name.rpartition(".")[2], "application/octet-stream")


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
    """Recognise MP3 and AAC by the first frame: sync, layer, bit rate and sampling rate are all valid."""
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
