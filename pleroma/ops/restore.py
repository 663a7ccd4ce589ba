"""`restore`: bring a backup up in an empty database and data directory; what fails leaves both empty."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import IO, NamedTuple

import psycopg

from pleroma import media, progress
from pleroma.config import Config
from pleroma.db import queries, schema
from pleroma.ops import backup
from pleroma.ops.backup import BackupError
from pleroma.server import postgres, postgres_programs

_NAME = re.compile(rf"(?:{'|'.join(backup.FOLDERS)})/.+|{'|'.join(map(re.escape, backup.FILES))}")
# pg_restore writes this for every server, but those before version 17 do not know it.
_UNKNOWN_BEFORE_17 = b"SET transaction_timeout"
_VERSION_17 = 170000
_PREAMBLE = 40


class Restored(NamedTuple):
    """The migrations that a backup lacked, and the media that its database names and that are not there."""

    applied: list[str]
    missing: list[str]


def restore(config: Config, file: Path) -> Restored:
    """Restore a backup and bring its schema up to this version's.

    Raises BackupError when it is no whole backup of ours, or when there is something already; media.StorageAway.
    """
    try:
        with tarfile.open(file, "r:") as archive:
            members = _checked(archive)
            _require_whole(file, members[backup.END].offset, _content(archive, members[backup.END]))
            data = config.data_dir.absolute()
            _require_empty(data)
            if config.s3_bucket:
                media.bucket_of(config).check()
            data.mkdir(parents=True, exist_ok=True)
            with postgres.available(data, config.database_url) as url:
                _require_empty_database(url)
                try:
                    _extract(archive, members, config)
                    _load_database(archive, members[backup.DATABASE], url, data)
                except BaseException:
                    _clear(data)
                    raise
                applied = schema.migrate(url)
                return Restored(applied, _missing(config, url, _listed(archive, members)))
    except tarfile.TarError as error:
        raise BackupError(f"{file} is not a whole backup: {error}") from error


def _checked(archive: tarfile.TarFile) -> dict[str, tarfile.TarInfo]:
    """The members by their names, once all are files at places of ours and the last one is there."""
    members = {member.name: member for member in archive}
    fixed = {backup.MANIFEST, backup.DATABASE, *backup.KEYS, backup.END}
    if not fixed <= members.keys():
        raise BackupError(f"{archive.name!r} is not a whole backup")
    fixed.add(backup.MEDIA_LIST)
    for name, member in members.items():
        is_place = name in fixed or _NAME.fullmatch(name) and ".." not in Path(name).parts
        if not member.isfile() or not is_place:
            raise BackupError(f"{archive.name!r} is not a backup of ours: it holds {name!r}")
    manifest = json.loads(_content(archive, members[backup.MANIFEST]))
    known = {path.stem for path in schema.migration_files()} | {"procrastinate"}
    newer = sorted(set(manifest["migrations"]) - known)
    if manifest["format"] > backup.FORMAT or newer:
        raise BackupError(f"the backup was made by a newer version of this program ({', '.join(newer)})")
    return members


def _require_whole(file: Path, end: int, expected: bytes) -> None:
    digest = hashlib.sha256()
    with open(file, "rb") as content, progress.bar("Checking", end) as advance:
        while end > 0 and (block := content.read(min(end, 1 << 20))):
            digest.update(block)
            end -= len(block)
            advance(len(block))
    if digest.hexdigest().encode() != expected:
        raise BackupError(f"{str(file)!r} is not a whole backup: its content has changed")


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    source = archive.extractfile(member)
    return source.read() if source else b""


def _require_empty(data: Path) -> None:
    for name in (*backup.FOLDERS, *backup.FILES, *backup.KEYS):
        path = data / name
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise BackupError(f"{path} is there already: restore needs an empty data directory (PLEROMA_DATA_DIR)")


def _require_empty_database(url: str) -> None:
    with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection:
        if queries.backup.tables(connection).count:
            raise BackupError("the database holds tables already: restore needs an empty one (or data directory)")


def _extract(archive: tarfile.TarFile, members: dict[str, tarfile.TarInfo], config: Config) -> None:
    data, store = config.data_dir.absolute(), media.store_of(config)
    files = {name: member for name, member in members.items() if _NAME.fullmatch(name)}
    with progress.bar("Files", sum(member.size for member in files.values())) as advance:
        for name, member in files.items():
            stored = name.removeprefix("media/")
            if stored != name and media.is_name(stored) and config.s3_bucket:
                store.put(stored, _content(archive, member))
            else:
                path = data / name
                path.parent.mkdir(parents=True, exist_ok=True)
                with open(path, "xb") as target:
                    _copy(archive, member, target)
                os.utime(path, (member.mtime, member.mtime))
            advance(member.size)
    for name in backup.KEYS:
        with open(data / name, "xb", opener=lambda path, flags: os.open(path, flags, 0o600)) as target:
            _copy(archive, members[name], target)
    os.sync()


def _listed(archive: tarfile.TarFile, members: dict[str, tarfile.TarInfo]) -> dict[str, int]:
    """The sizes of the media that lay in a bucket, by their names."""
    if backup.MEDIA_LIST not in members:
        return {}
    lines = (line.split() for line in _content(archive, members[backup.MEDIA_LIST]).decode().splitlines())
    return {name: int(size) for size, name in lines}


def _missing(config: Config, url: str, sizes: dict[str, int]) -> list[str]:
    """The media that rows name and that are not there, or not of the size that they had."""
    store, missing = media.store_of(config), []
    with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection:
        for folder in media.FOLDERS:
            known = {row.name for row in queries.upkeep.known_files(connection, folder=f"{folder}/%")}
            files = store.files(folder) if known else {}
            there = {name for name, size in files.items() if sizes.get(name, size) == size}
            missing += sorted(known - there)
    return missing


def _copy(archive: tarfile.TarFile, member: tarfile.TarInfo, target: IO[bytes]) -> None:
    source = archive.extractfile(member)
    if source is not None:
        shutil.copyfileobj(source, target, 1 << 20)


def _load_database(archive: tarfile.TarFile, member: tarfile.TarInfo, url: str, data: Path) -> None:
    """Hand the dump to pg_restore and its script to psql, which runs it in one transaction."""
    progress.say("Database ...")
    address, environment = postgres_programs.for_client(url)
    script = [
        postgres_programs.client("pg_restore", data),
        "--no-owner",
        "--no-privileges",
        "--no-comments",
        "--file=-",
    ]
    run = [
        postgres_programs.client("psql", data), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1",
        "--single-transaction", "--file=-", "--dbname", address,
    ]  # fmt: skip
    with tempfile.TemporaryFile(dir=data) as dump, tempfile.TemporaryFile(dir=data) as errors:
        _copy(archive, member, dump)
        dump.seek(0)
        reader = subprocess.Popen(script, env=environment, stdin=dump, stdout=subprocess.PIPE, stderr=errors)
        writer = subprocess.Popen(
            run, env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=errors
        )  # fmt: skip
        complete = False
        try:
            assert reader.stdout is not None and writer.stdin is not None  # noqa: S101 (both are pipes)
            with suppress(BrokenPipeError):
                _pump(reader.stdout, writer.stdin, url)
            reader.stdout.close()
            complete = reader.wait() == 0
        finally:
            _finish(writer, complete)
        if not complete or writer.returncode:
            errors.seek(0)
            raise BackupError(f"the database could not be restored: {errors.read(2000).decode('utf-8', 'replace')}")


def _finish(writer: subprocess.Popen[bytes], complete: bool) -> None:
    """Let psql commit a script that is whole; one that broke off must not be committed."""
    if not complete:
        writer.kill()
    with suppress(BrokenPipeError):
        writer.communicate()


def _pump(source: IO[bytes], target: IO[bytes], url: str) -> None:
    with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection:
        old = queries.backup.version(connection).number < _VERSION_17
    for _ in range(_PREAMBLE):
        line = source.readline()
        if not (old and line.startswith(_UNKNOWN_BEFORE_17)):
            target.write(line)
    shutil.copyfileobj(source, target, 1 << 16)


def _clear(data: Path) -> None:
    for name in backup.FOLDERS:
        shutil.rmtree(data / name, ignore_errors=True)
    for name in (*backup.FILES, *backup.KEYS):
        (data / name).unlink(missing_ok=True)
