"""The list of installed emoji: the table `emojis`, filled from what lies on disk (docs/api/pleroma.md 4).

Sources, of which a later one wins where two have the same shortcode: each folder of DATA_DIR/emoji (with pack.json;
else with emoji.txt; else every .png and .gif below it), then DATA_DIR/emoji.txt and DATA_DIR/custom_emoji.txt.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

from pleroma.db import EMOJI_LOCK, queries
from pleroma.emoji import pack_files
from pleroma.emoji.folders import EMOJI_TXT, Line, folders, found_in, lines
from pleroma.emoji.pack_files import BrokenPack
from pleroma.emoji.packs import Packs
from pleroma.text.clean import clean

_LISTS = (EMOJI_TXT, "custom_emoji.txt")
_CUSTOM = "Custom"
log = logging.getLogger(__name__)


def reload(connection: psycopg.Connection, data_dir: Path) -> None:
    """Fill the list from disk, inside the transaction of `connection`; others wait until it ends, then see the same."""
    queries.emojis.lock(connection, key=EMOJI_LOCK)
    entries = {entry["shortcode"]: entry for entry in _entries(data_dir)}
    queries.emojis.replace(connection, entries=json.dumps(list(entries.values())))


def reload_at_start(url: str, data_dir: Path) -> None:
    """The same for a process that starts; a list that cannot be filled is no reason not to start."""
    try:
        Packs(data_dir).recover()
        with psycopg.connect(url, autocommit=True) as connection, connection.transaction():
            reload(connection, data_dir)
    except (OSError, psycopg.Error) as error:
        log.error("The list of emoji cannot be filled: %s", error)


def _entries(data_dir: Path) -> Iterator[dict[str, Any]]:
    for folder in folders(data_dir / "emoji"):
        for line in _or_nothing(_of_folder, folder):
            yield _entry(line.shortcode, folder.name, f"/emoji/{folder.name}/{line.path}", line.tags or [_CUSTOM])
    for name in _LISTS:
        for line in _or_nothing(lines, data_dir / name):
            if line.path.startswith("/") and clean(line.path) == line.path:
                yield _entry(line.shortcode, None, line.path, line.tags or _group(line.path))


def _or_nothing(source: Callable[[Path], list[Line]], path: Path) -> list[Line]:
    """What a source holds; one that cannot be read hides no other, and neither does a shortcode that is none."""
    try:
        found = source(path)
    except FileNotFoundError:
        return []
    except (BrokenPack, OSError) as error:
        log.warning("The emoji of %s are left out: %s", path, error)
        return []
    good = [line for line in found if pack_files.is_shortcode(line.shortcode)]
    if len(good) < len(found):
        bad = next(line.shortcode for line in found if not pack_files.is_shortcode(line.shortcode))
        log.warning("%s emoji of %s are left out: %.40r is no shortcode", len(found) - len(good), path, bad)
    return good


def _of_folder(folder: Path) -> list[Line]:
    if not (folder / pack_files.PACK_JSON).exists():
        return found_in(folder)
    files = pack_files.read_pack(folder)["files"]
    tags = [f"pack:{folder.name}"]
    return [Line(code, name, tags) for code, name in files.items() if pack_files.inside(folder, name, present=True)]


def _entry(shortcode: str, pack: str | None, path: str, tags: list[str]) -> dict[str, Any]:
    return {"shortcode": shortcode, "pack": pack, "path": quote(path), "tags": tags}


def _group(path: str) -> list[str]:
    return [_CUSTOM] if path.startswith("/emoji/") else []
