"""Files of emoji packs: which names are safe, what is a picture, and what stands in pack.json.

Nothing here follows a link, and no name leads out of its pack (docs/api/pleroma.md 5).
"""

from __future__ import annotations

import io
import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pleroma import bounded_json, safe_files
from pleroma.errors import InvalidParameters
from pleroma.text.clean import clean

PACK_JSON = "pack.json"
MAX_PACK_JSON = 1_000_000
# Of a pack.json, or of a whole list of packs.
MAX_VALUES = 100_000
# A longer shortcode is found in no text, and does not fit an index.
LONGEST_SHORTCODE = 100
TYPES = {
    ".png": "image/png", ".gif": "image/gif", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp",
    ".avif": "image/avif",
}  # fmt: skip
# Folders without pack.json are searched for these alone.
FOUND_TYPES = (".png", ".gif")
_FORMATS = ("PNG", "GIF", "JPEG", "WEBP", "AVIF")
_LONGEST_PART = 255
_LONGEST_NAME = 1000
# A picture that is shown as large as a letter needs no more.
_MAX_PIXELS = 4096 * 4096


class BrokenPack(ValueError):
    """A pack.json that is missing, too large, or not what docs/api/pleroma.md 5 says."""


def _is_part(part: str) -> bool:
    if part.strip() != part or not part or part.startswith(".") or "\\" in part or clean(part) != part:
        return False
    return not any(ord(letter) < 32 for letter in part) and len(part.encode()) <= _LONGEST_PART


def is_pack_name(name: str) -> bool:
    """Whether a pack may be called so: one part of a path, neither hidden nor blank."""
    return "/" not in name and _is_part(name)


def is_file_name(name: str) -> bool:
    """Whether a file of a pack may be called so: a relative path that stays inside and names a picture."""
    if len(name) > _LONGEST_NAME or not all(_is_part(part) for part in name.split("/")):
        return False
    return "." + name.rpartition(".")[2].lower() in TYPES and "__MACOSX" not in name.split("/")


def check_pack_name(name: str) -> str:
    """`name` when it is safe. Raises InvalidParameters."""
    if not is_pack_name(name):
        raise InvalidParameters("The name of the pack is not safe")
    return name


def check_file_name(name: str) -> str:
    """`name` when it is safe and that of a picture. Raises InvalidParameters."""
    if not is_file_name(name):
        raise InvalidParameters("The filename is not safe or not that of a picture")
    return name


def is_shortcode(code: str) -> bool:
    """Whether an emoji may be called so."""
    return bool(code.strip()) and len(code) <= LONGEST_SHORTCODE and clean(code) == code


def check_shortcode(code: str) -> str:
    """`code` when an emoji may be called so. Raises InvalidParameters."""
    if not code.strip():
        raise InvalidParameters("shortcode or filename cannot be empty")
    if not is_shortcode(code):
        raise InvalidParameters(f"The shortcode should be at most {LONGEST_SHORTCODE} character(s)")
    return code


def is_picture(data: bytes, *, whole: bool = False) -> bool:
    """Whether the bytes are a PNG, GIF, JPEG, WebP or AVIF, by their header; `whole` decodes the first frame too."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            fits = 0 < image.width * image.height <= _MAX_PIXELS
            if whole and fits:
                image.load()
    except Exception:  # a broken file fails anywhere in the decoders, with any exception
        return False
    return fits


def check_picture(file_name: str, data: bytes) -> None:
    """Raises InvalidParameters for a name or for content that no picture of a pack has."""
    if not file_name.strip():
        raise InvalidParameters("shortcode or filename cannot be empty")
    check_file_name(file_name)
    if not is_picture(data, whole=True):
        raise InvalidParameters("The file is not an image")


def inside(directory: Path, name: str, *, present: bool = False) -> Path | None:
    """Where a file of a pack is, or would be unless it has to be `present`.

    None when its name is unsafe or leads through a link or a file.
    """
    if not is_file_name(name):
        return None
    parts = name.split("/")
    for depth in range(1, len(parts)):
        found = _status(directory.joinpath(*parts[:depth]))
        if found is not None and not stat.S_ISDIR(found.st_mode):
            return None
    path = directory / name
    found = _status(path)
    if found is None:
        return None if present else path
    return path if stat.S_ISREG(found.st_mode) else None


def _status(path: Path) -> os.stat_result | None:
    try:
        return os.lstat(path)
    except OSError:
        return None


def read(path: Path, limit: int | None = None) -> bytes:
    """The bytes of a regular file, `limit` + 1 of them at most. Raises OSError, for links too."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(f"{path} is no file")
        return file.read() if limit is None else file.read(limit + 1)


def pictures_below(directory: Path) -> Iterator[str]:
    """The relative names of the pictures that a folder without pack.json holds, sorted."""
    for folder, folders, names in os.walk(directory):
        folders[:] = sorted(name for name in folders if _is_part(name) and name != "__MACOSX")
        for name in sorted(names):
            relative = os.path.relpath(os.path.join(folder, name), directory)
            if relative.lower().endswith(FOUND_TYPES) and inside(directory, relative):
                yield relative


def parse_pack(data: bytes) -> dict[str, Any]:
    """The content of a pack.json, whose keys that we do not know are kept. Raises BrokenPack."""
    if len(data) > MAX_PACK_JSON:
        raise BrokenPack("pack.json is too large")
    try:
        document = bounded_json.parse(data, MAX_VALUES)
    except ValueError as error:
        raise BrokenPack("pack.json is not valid JSON") from error
    return check_pack(document)


def check_pack(document: Any) -> dict[str, Any]:
    """A pack's content with its two sections, `pack` and `files`. Raises BrokenPack."""
    if not isinstance(document, dict):
        raise BrokenPack("pack.json is not an object")
    document = {"pack": {}, "files": {}, **document}
    files = document["files"]
    if not isinstance(document["pack"], dict) or not isinstance(files, dict):
        raise BrokenPack("pack.json lacks its sections")
    if not all(isinstance(name, str) for name in files.values()):
        raise BrokenPack("pack.json names files that are no text")
    return document


def read_pack(directory: Path) -> dict[str, Any]:
    """The content of a pack's pack.json. Raises BrokenPack, also when there is none."""
    try:
        return parse_pack(read(directory / PACK_JSON, MAX_PACK_JSON))
    except OSError as error:
        raise BrokenPack("pack.json cannot be read") from error


def dump_pack(document: dict[str, Any]) -> bytes:
    """pack.json as people read it. Raises InvalidParameters when it would be too large to be read again."""
    data = (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode("utf-8", "replace")
    if len(data) > MAX_PACK_JSON:
        raise InvalidParameters("The pack has too many entries")
    return data


def remove(directory: Path, name: str) -> None:
    """Remove a file of a pack if it is there, and folders that it leaves empty."""
    path = inside(directory, name)
    if path is None:
        return
    path.unlink(missing_ok=True)
    for parent in list(path.parents)[: len(name.split("/")) - 1]:
        try:
            parent.rmdir()
        except OSError:
            break
    safe_files.sync_directory(directory)
