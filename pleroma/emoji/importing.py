"""Emoji packs that an operator brings: a folder, a zip, or one of another server (docs/api/pleroma.md 5.6)."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from pleroma import progress
from pleroma.config import Config
from pleroma.emoji import folders, journal, pack_files
from pleroma.emoji.archives import MAX_UNPACKED, Archive, BadArchive
from pleroma.emoji.folders import EMOJI_TXT
from pleroma.emoji.pack_files import MAX_PACK_JSON, PACK_JSON, BrokenPack
from pleroma.emoji.packs import Packs
from pleroma.errors import ApiError

_MAX_ZIP = 200_000_000


class EmojiImportError(ValueError):
    """The pack cannot be imported; the message says why."""


class Imported(NamedTuple):
    """The name of the new pack, how many emoji it has, and the shortcodes that were left out."""

    name: str
    emoji: int
    left_out: list[str]


def run(config: Config, source: str, name: str | None) -> Imported:
    """Import a pack from a folder, a zip, or the address of a server. Raises EmojiImportError."""
    packs = Packs(config.data_dir)
    try:
        if source.startswith(("http://", "https://")):
            return _from_instance(packs, source, name, config.remote_allow_loopback)
        path = Path(source)
        if path.is_dir():
            return _from_folder(packs, path, name or path.resolve().name)
        return _from_zip(packs, path, name)
    except (ApiError, BadArchive, BrokenPack, OSError) as error:
        raise EmojiImportError(f"{source} cannot be imported: {error}") from error


def _from_instance(packs: Packs, address: str, name: str | None, allow_loopback: bool) -> Imported:
    from pleroma.emoji import exchange

    if name is None:
        raise EmojiImportError("say which pack of that server to take")
    progress.say("Downloading ...")
    exchange.download(packs, exchange.Instance(address, allow_loopback=allow_loopback), name, name)
    return Imported(name, len(packs.read(name).files), [])


def _from_folder(packs: Packs, folder: Path, name: str) -> Imported:
    packs.require_free(name)
    document = {"pack": {}, "files": {line.shortcode: line.path for line in folders.found_in(folder)}}
    if (folder / PACK_JSON).exists():
        document = pack_files.read_pack(folder)
    names = sorted(set(document["files"].values()))
    with progress.bar("Checking", len(names)) as advance:
        pictures = dict(_pictures(folder, names, advance))
    found = document["files"]
    document["files"] = {
        code: file for code, file in found.items() if file in pictures and pack_files.is_shortcode(code)
    }
    left_out = [code[: pack_files.LONGEST_SHORTCODE] for code in found if code not in document["files"]]
    if not document["files"]:
        raise EmojiImportError(f"there are no emoji in {folder}")
    with journal.workspace(packs.root) as made:
        with progress.bar("Copying", len(pictures)) as advance:
            journal.fill(made, document, _contents(pictures, advance))
        journal.install(packs.root, made, name)
    return Imported(name, len(document["files"]), left_out)


def _pictures(folder: Path, names: list[str], advance: Callable[[int], object]) -> Iterator[tuple[str, Path]]:
    for name in names:
        advance(1)
        path = pack_files.inside(folder, name, present=True)
        if path is not None and pack_files.is_picture(pack_files.read(path)):
            yield name, path


def _contents(pictures: dict[str, Path], advance: Callable[[int], object]) -> Iterator[tuple[str, bytes]]:
    for name, path in pictures.items():
        yield name, pack_files.read(path)
        advance(1)


def _from_zip(packs: Packs, path: Path, name: str | None) -> Imported:
    progress.say("Unpacking ...")
    data = pack_files.read(path, _MAX_ZIP)
    with tempfile.TemporaryDirectory() as directory:
        _unpack(Archive(data), Path(directory))
        folder = _pack_in(Path(directory))
        own_name = path.stem if folder == Path(directory) else folder.name
        return _from_folder(packs, folder, name or own_name)


def _unpack(archive: Archive, directory: Path) -> None:
    """Unpack what can belong to a pack: pictures, pack.json and emoji.txt, under safe names."""
    for entry in archive.names:
        name = entry.replace("\\", "/")
        parent, _, last = name.rpartition("/")
        is_text = last in (PACK_JSON, EMOJI_TXT)
        # A text stands where a picture could.
        if not pack_files.is_file_name(f"{parent}/x.png".lstrip("/") if is_text else name):
            continue
        target = directory / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(archive.read(entry, MAX_PACK_JSON if is_text else MAX_UNPACKED))


def _pack_in(directory: Path) -> Path:
    """The folder of an unpacked archive that is the pack: where its list is, else the one folder on top."""
    lists = [path for name in (PACK_JSON, EMOJI_TXT) for path in directory.rglob(name)]
    if lists:
        return min(lists, key=lambda path: (len(PurePosixPath(path).parts), path.name == EMOJI_TXT, path)).parent
    found = list(directory.iterdir())
    return found[0] if len(found) == 1 and found[0].is_dir() else directory
