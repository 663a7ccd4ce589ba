"""Folders that can be packs, and the emoji of those without a pack.json."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pleroma.emoji import pack_files
from pleroma.text.clean import clean

EMOJI_TXT = "emoji.txt"
_LONGEST_LIST = 10_000_000


class Line(NamedTuple):
    """A line of an emoji.txt: `shortcode, /path/file.png, Tag, Tag`."""

    shortcode: str
    path: str
    tags: list[str]


def folders(root: Path) -> list[Path]:
    """The folders of emoji/ that can be packs, by name; none when there is no emoji/."""
    try:
        with os.scandir(root) as found:
            names = [entry.name for entry in found if entry.is_dir(follow_symlinks=False)]
    except FileNotFoundError:
        return []
    return [root / name for name in sorted(names) if pack_files.is_pack_name(name)]


def lines(path: Path) -> list[Line]:
    """The lines of an emoji.txt; blank and malformed ones are skipped. Raises OSError."""
    return list(_lines(pack_files.read(path, _LONGEST_LIST)))


def _lines(data: bytes) -> Iterator[Line]:
    for text in data.decode("utf-8-sig", "replace").splitlines():
        shortcode, *rest = [part.strip() for part in text.split(",")]
        if shortcode and rest and rest[0] and not text.startswith("#"):
            yield Line(shortcode, rest[0], [tag for tag in map(clean, rest[1:]) if tag])


def found_in(folder: Path) -> list[Line]:
    """The emoji of a folder without pack.json: those of its emoji.txt, else all its pictures. Raises OSError.

    Paths are relative to the folder; missing ones are left out.
    """
    if not (folder / EMOJI_TXT).is_file():
        return [Line(Path(name).stem, name, []) for name in pack_files.pictures_below(folder)]
    prefix = f"/emoji/{folder.name}/"
    found = [line._replace(path=line.path.removeprefix(prefix)) for line in lines(folder / EMOJI_TXT)]
    return [line for line in found if pack_files.inside(folder, line.path, present=True)]
