"""What is in the archive of an account: documents of ActivityStreams, lists as CSV, pictures and uploads.

Everything is written as it is read, a page of rows or a piece of a file at a time.
"""

from __future__ import annotations

import errno
import pickle
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, BinaryIO

from pleroma import db, media, safe_files
from pleroma.accounts import exports
from pleroma.config import Config
from pleroma.db import queries
from pleroma.text.clean import BASE

_STATUSES, _ADDRESSES, _FILES = 100, 5000, 100
# Seconds between two looks at how far it is.
_LOOK_EACH = 1.0
_DOCUMENTS = (
    ("outbox.json", queries.archives.outbox, _STATUSES),
    ("likes.json", queries.archives.likes, _ADDRESSES),
    ("bookmarks.json", queries.archives.bookmarks, _ADDRESSES),
)


class NoRoom(OSError):
    """The disk would be nearly full."""

    def __init__(self) -> None:
        super().__init__(errno.ENOSPC, "The disk would be nearly full")


def write(
    file: BinaryIO, directory: Path, account_id: int, config: Config, advance: Callable[[], object] = lambda: None
) -> None:
    """Write the archive of an account to an empty file on the disk of `directory`; `advance` is called now and then.

    Raises NoRoom, OSError, psycopg.Error, and what `advance` raises.
    """
    with tempfile.TemporaryFile(dir=directory) as entries, _Zip(file, entries) as archive:
        writer = _Writer(archive, directory, account_id, config, advance)
        writer.add_actor()
        for name, statement, rows in _DOCUMENTS:
            writer.add_document(name, statement, rows)
        for export in exports.EXPORTS.values():
            writer.add_list(export)
        writer.add_uploads()


class _Entries:
    """The directory of a zip, kept in a file: of a hundred thousand uploads it would take 60 MB of memory."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._count = 0

    def append(self, entry: zipfile.ZipInfo) -> None:
        """Note an entry that is written."""
        pickle.dump(entry, self._file)
        self._count += 1

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[zipfile.ZipInfo]:
        self._file.seek(0)
        for _ in range(self._count):
            yield pickle.load(self._file)  # noqa: S301 (nobody else writes it)


class _Names(dict[str, zipfile.ZipInfo]):
    """The names in a zip, of which none comes twice: nothing is kept."""

    def __setitem__(self, name: str, entry: zipfile.ZipInfo) -> None:
        pass


class _Zip(zipfile.ZipFile):
    """A zip that is only written, with its directory in a second file meanwhile."""

    def __init__(self, file: BinaryIO, entries: Any) -> None:
        super().__init__(file, "w", zipfile.ZIP_DEFLATED)
        self.filelist = _Entries(entries)  # type: ignore[assignment]
        self.NameToInfo = _Names()


class _Writer:
    """One archive while it is written."""

    def __init__(
        self,
        archive: zipfile.ZipFile,
        directory: Path,
        account_id: int,
        config: Config,
        advance: Callable[[], object],
    ) -> None:
        self._archive = archive
        self._directory = directory
        self._account_id = account_id
        self._config = config
        self._say = advance
        self._said = 0.0
        self._base = config.base_url.encode()
        self._store = media.store_of(config)

    def add_actor(self) -> None:
        """The account itself, with its avatar and its header."""
        with db.connection() as connection:
            actor, *pictures = queries.archives.actor(connection, account_id=self._account_id)
        self._require_room(len(actor))
        with self._entry("actor.json") as document:
            document.write(self._addressed(actor))
        for place, name in zip(("avatar", "header"), pictures, strict=True):
            if name is not None:
                self._add_file(f"{place}{Path(name.decode()).suffix}", name.decode())

    def add_document(self, name: str, statement: Any, rows: int) -> None:
        """A collection of the account's; what it holds is counted while it is written, so that both agree."""
        total, separator = 0, b""
        with self._entry(name) as document:
            document.write(
                b'{"@context":"https://www.w3.org/ns/activitystreams","id":"%b","type":"OrderedCollection",'
                b'"orderedItems":[' % name.encode()
            )
            for count, items in exports.pages(statement, rows, account_id=self._account_id):
                if items is not None:
                    self._require_room(len(items))
                    document.write(separator + self._addressed(items))
                    separator = b","
                total += int(count or 0)
                self._advance()
            document.write(b'],"totalItems":%d}' % total)

    def add_list(self, export: exports.Export) -> None:
        """A list of the account's as CSV."""
        with self._entry(export.file_name) as document:
            for piece in exports.lines(export, self._account_id, self._config):
                self._require_room(len(piece))
                document.write(piece)
        self._advance()

    def add_uploads(self) -> None:
        """The files that the account's statuses name."""
        for (names,) in exports.pages(queries.archives.media, _FILES, account_id=self._account_id):
            for name in (names or b"").decode().split():
                self._add_file(f"media_attachments/{name}", name)
            self._advance()

    def _add_file(self, place: str, name: str) -> None:
        """A stored file, unless it is gone by now: what is compressed already is not compressed again."""
        with suppress(FileNotFoundError):
            found = self._store.look(name)
            self._require_room(found.size)
            pieces = found.pieces(0, found.size)
            # Here it may turn out that the file is gone.
            piece = next(pieces, b"")
            with self._entry(place, zipfile.ZIP_STORED, found.size) as target:
                while piece:
                    target.write(piece)
                    piece = next(pieces, b"")

    def _entry(self, name: str, compression: int = zipfile.ZIP_DEFLATED, size: int | None = None) -> IO[bytes]:
        """A new file in the archive, open for writing; without a size it may become as large as it will."""
        entry = zipfile.ZipInfo(name, time.gmtime()[:6])
        entry.compress_type = compression
        entry.file_size = size or 0
        return self._archive.open(entry, "w", force_zip64=size is None)

    def _advance(self) -> None:
        if time.monotonic() >= self._said + _LOOK_EACH:
            self._say()
            self._said = time.monotonic()

    def _addressed(self, text: bytes) -> bytes:
        return text.replace(BASE.encode(), self._base)

    def _require_room(self, size: int) -> None:
        if safe_files.is_nearly_full(self._directory, size):
            raise NoRoom
