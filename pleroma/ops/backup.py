"""`backup`: one archive of everything that cannot be made again, written while the server runs.

A tar of manifest.json, database.dump (pg_dump's custom format, one snapshot), secret_key, vapid_key, media/, emoji/,
static/ and the operator's lists of emoji; the member `end` comes last and holds the SHA-256 of all before it. Of media
in a bucket there is only the list, media.list with lines `SIZE NAME`, unless they are asked for: buckets are large.

The files are read after the database. Until then none is removed (a lock that the removing job respects), so that no
row lacks its file; a file without its row, uploaded meanwhile, does no harm. Archives of accounts are left out with
their rows: people make them again.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import tarfile
import tempfile
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import psycopg

from pleroma import config as configuration
from pleroma import media, progress, safe_files
from pleroma.config import Config
from pleroma.db import FILES_LOCK, queries
from pleroma.server import postgres_programs

FORMAT = 1
MANIFEST, DATABASE, MEDIA_LIST, END = "manifest.json", "database.dump", "media.list", "end"
KEYS = ("secret_key", "vapid_key")
FOLDERS = ("media", "emoji", "static")
FILES = ("emoji.txt", "custom_emoji.txt")


class BackupError(RuntimeError):
    """The backup cannot be made or restored; the message says why."""


def create(config: Config, url: str, file: Path, *, with_media: bool = False) -> int:
    """Write a backup, `with_media` also of a bucket, and return its size.

    An older one of this name is replaced once the new one is whole. Raises BackupError, media.StorageAway.
    """
    if file.is_dir() or not file.absolute().parent.is_dir():
        raise BackupError(f"{file} is not the name of a file in an existing directory")
    data = config.data_dir.absolute()
    with (
        safe_files.growing(file.absolute()) as partial,
        psycopg.connect(url, autocommit=True, connect_timeout=10) as connection,
        connection.transaction(),
    ):
        queries.backup.lock_files(connection, key=FILES_LOCK)
        hashed = _Hashed(partial)
        with tarfile.open(fileobj=hashed, mode="w", format=tarfile.GNU_FORMAT) as archive:  # type: ignore[call-overload]
            _add_bytes(archive, MANIFEST, _manifest(connection))
            _add_database(archive, url, data, file.absolute().parent)
            for name in KEYS:
                _add_bytes(archive, name, getattr(configuration, name)(config).encode())
            _add_files(archive, config)
            if config.s3_bucket:
                _add_bucket(archive, config, file.absolute().parent, with_media)
            _add_bytes(archive, END, hashed.digest.hexdigest().encode())
    return file.stat().st_size


class _Hashed:
    """A file that knows the hash of its content."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def write(self, content: bytes) -> int:
        """Write, and remember."""
        self.digest.update(content)
        return self._file.write(content)

    def tell(self) -> int:
        """Where the next byte goes."""
        return self._file.tell()


def _manifest(connection: psycopg.Connection) -> bytes:
    manifest = {
        "format": FORMAT,
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "postgresql": queries.backup.version(connection).text,
        "migrations": sorted(row.name for row in queries.schema.applied(connection)),
    }
    return json.dumps(manifest, indent=1).encode()


def _member(name: str, size: int, time: float) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mtime, member.mode = size, int(time), 0o600
    return member


def _add_bytes(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    archive.addfile(_member(name, len(content), datetime.now(UTC).timestamp()), io.BytesIO(content))


def _add_database(archive: tarfile.TarFile, url: str, data: Path, directory: Path) -> None:
    progress.say("Database ...")
    address, environment = postgres_programs.for_client(url)
    command = [
        postgres_programs.client("pg_dump", data), "--format=custom", "--no-owner", "--no-privileges",
        "--exclude-table-data=rate_limits", "--exclude-table-data=stream_*", "--exclude-table-data=archives",
        "--dbname", address,
    ]  # fmt: skip
    with tempfile.TemporaryFile(dir=directory) as dump:
        done = subprocess.run(command, env=environment, stdout=dump, stderr=subprocess.PIPE, text=True)
        if done.returncode:
            raise BackupError(f"pg_dump failed: {done.stderr.strip()}")
        size = dump.seek(0, os.SEEK_END)
        dump.seek(0)
        archive.addfile(_member(DATABASE, size, datetime.now(UTC).timestamp()), dump)


def _add_files(archive: tarfile.TarFile, config: Config) -> None:
    data = config.data_dir.absolute()
    found = [(path, data / path) for path in FILES if (data / path).is_file()]
    for folder in FOLDERS:
        # What was left there after media moved to a bucket is not kept twice.
        if folder != "media" or not config.s3_bucket or config.media_also:
            found += _files(data, folder)
    total = sum(_size(path) for _, path in found)
    with progress.bar("Files", total) as advance:
        for name, path in found:
            # A file may be gone by now: an upload that failed, a pack that was changed.
            with suppress(FileNotFoundError), open(path, "rb") as file:
                about = os.fstat(file.fileno())
                archive.addfile(_member(name, about.st_size, about.st_mtime), file)
                advance(about.st_size)


def _add_bucket(archive: tarfile.TarFile, config: Config, directory: Path, with_media: bool) -> None:
    """The list of all media, and with them those that are not among the files already."""
    store, added = media.store_of(config), set(archive.getnames()) if with_media else set()
    with tempfile.TemporaryFile(dir=directory) as listed, progress.bar("Bucket", len(media.FOLDERS)) as advance:
        for folder in media.FOLDERS:
            for name, size in sorted(store.files(folder).items()):
                listed.write(f"{size} {name}\n".encode())
                if with_media and f"media/{name}" not in added:
                    _add_stored(archive, store, name)
            advance(1)
        length = listed.tell()
        listed.seek(0)
        archive.addfile(_member(MEDIA_LIST, length, datetime.now(UTC).timestamp()), listed)


def _add_stored(archive: tarfile.TarFile, store: media.Store, name: str) -> None:
    with suppress(FileNotFoundError):
        found = store.look(name)
        archive.addfile(_member(f"media/{name}", found.size, found.modified.timestamp()), io.BytesIO(found.content()))


def _files(data: Path, folder: str) -> list[tuple[str, Path]]:
    """Names and paths of the regular files below a folder, without what is being written and links."""
    found = []
    for directory, folders, names in os.walk(data / folder):
        if folder == "emoji":
            folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            path = Path(directory, name)
            unfinished = name.endswith(".part") or (folder == "emoji" and name.startswith("."))
            if not unfinished and path.is_file() and not path.is_symlink():
                found.append((str(path.relative_to(data)), path))
    return sorted(found)


def _size(path: Path) -> int:
    with suppress(FileNotFoundError):
        return path.stat().st_size
    return 0
