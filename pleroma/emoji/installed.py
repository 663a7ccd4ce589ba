"""The list of installed emoji: the table `emojis`, filled from what lies on disk (docs/api/pleroma.md 4).

What each source holds is kept in `emoji_sources`, so that after a change of one pack no other is read.

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
    _replace(connection, None, [entry for source in _sources(data_dir) for entry in source])


def reload_pack(connection: psycopg.Connection, data_dir: Path, name: str) -> None:
    """The same after a change of one pack: nothing else is read."""
    queries.emojis.lock(connection, key=EMOJI_LOCK)
    folder = data_dir / "emoji" / name
    _replace(connection, name, _of_pack(folder) if folder.is_dir() else [])


def _replace(connection: psycopg.Connection, source: str | None, entries: list[dict[str, Any]]) -> None:
    queries.emojis.replace_sources(connection, source=source, entries=json.dumps(entries))
    queries.emojis.choose(connection)


def reload_at_start(url: str, data_dir: Path) -> None:
    """The same for a process that starts; a list that cannot be filled is no reason not to start."""
    try:
        Packs(data_dir).recover()
        with psycopg.connect(url, autocommit=True) as connection, connection.transaction():
            if not any(True for _ in folders(data_dir / "emoji")) and queries.emojis.has_sources(connection).yes:
                # A node whose shared folder is not mounted would take everybody's emoji away.
                log.warning("There is no emoji pack in %s: the list of emoji stays as it was", data_dir / "emoji")
                return
            reload(connection, data_dir)
    except (OSError, psycopg.Error) as error:
        log.error("The list of emoji cannot be filled: %s", error)


def _sources(data_dir: Path) -> Iterator[list[dict[str, Any]]]:
    for folder in folders(data_dir / "emoji"):
        yield _of_pack(folder)
    for position, name in enumerate(_LISTS, 1):
        found = [line for line in _or_nothing(lines, data_dir / name) if _is_path(line.path)]
        # No folder has a slash in its name.
        yield _entries(found, f"/{name}", position, "", _group)


def _of_pack(folder: Path) -> list[dict[str, Any]]:
    return _entries(_or_nothing(_of_folder, folder), folder.name, 0, f"/emoji/{folder.name}/", lambda path: [_CUSTOM])


def _is_path(path: str) -> bool:
    return path.startswith("/") and clean(path) == path


def _entries(
    found: list[Line], source: str, position: int, below: str, group: Callable[[str], list[str]]
) -> list[dict[str, Any]]:
    """The emoji of a source; of those with the same shortcode the last."""
    entries = {}
    for line in found:
        path = below + line.path
        entries[line.shortcode] = {
            "source": source,
            "position": position,
            "shortcode": line.shortcode,
            "path": quote(path),
            "tags": line.tags or group(path),
        }
    return list(entries.values())


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


def _group(path: str) -> list[str]:
    return [_CUSTOM] if path.startswith("/emoji/") else []
