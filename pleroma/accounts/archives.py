"""Archives of accounts: everything that somebody made, as a zip that viewers open (docs/api/pleroma.md 22.3).

A job writes one piece by piece under a name that is not its last; killed, it begins again. Its address holds a secret,
made of a key that is not in the database and a seed that is, so that it can be shown again; files and rows are called
after its hash.
"""

from __future__ import annotations

import base64
import hmac
import logging
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
from psycopg import Connection

from pleroma import db, jobs, media, safe_files
from pleroma.access import token_hash
from pleroma.accounts import administration, archive_files
from pleroma.config import Config, secret_key
from pleroma.db import queries

log = logging.getLogger(__name__)
_SEED_BYTES = 32


class _Gone(Exception):
    """The archive that is being made has been removed, with its account perhaps."""


def ask(connection: Connection, account_id: int, config: Config) -> bool:
    """Store an archive of an account that is to be made, and its job; False when the last is less than a day old."""
    queries.interactions.lock_account(connection, account_id=account_id)
    seed = secrets.token_bytes(_SEED_BYTES)
    name_hash = token_hash(_name(config, seed))
    row = queries.archives.create(connection, account_id=account_id, seed=seed, name_hash=name_hash)
    return row is not None


def listed(connection: Connection, account_id: int, config: Config) -> bytes:
    """The archives of an account as JSON, newest first."""
    rows = queries.archives.seeds(connection, account_id=account_id)
    names = [_name(config, row.seed) for row in rows]
    body: bytes = queries.archives.listed(connection, ids=[row.id for row in rows], names=names)
    return body


def path(config: Config, name_hash: bytes) -> Path:
    """Where the archive is made whose name has this hash, and kept where there is no bucket."""
    return _directory(config) / f"{name_hash.hex()}.zip"


def look(config: Config, name_hash: bytes, *, content: bool = True) -> media.Found:
    """Find an archive, where it was made or in the bucket. Raises FileNotFoundError, media.StorageAway."""
    file_path = path(config, name_hash)
    if config.s3_bucket and not file_path.is_file():
        return media.bucket_of(config).look_archive(file_path.name, content=content)
    return media.found(file_path)


def _directory(config: Config) -> Path:
    return config.data_dir.absolute() / "archives"


def _name(config: Config, seed: bytes) -> str:
    """The secret part of an archive's address. It is derived, so that it need not be stored."""
    digest = hmac.digest(secret_key(config).encode(), b"archive\0" + seed, "sha256")
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


@jobs.task("background", name="make_archive")
def make_archive(archive_id: int) -> None:
    """Make an archive. One for which there is no room, or that cannot be written, has failed for good."""
    with db.in_transaction() as connection:
        archive = queries.archives.begin(connection, archive_id=archive_id)
    if archive is None:
        return
    try:
        _make(archive_id, archive, jobs.configuration())
    except (psycopg.OperationalError, safe_files.Busy, media.StorageAway):
        # The next run may do better; it begins again.
        raise
    except _Gone:
        log.info("archive %s: is not wanted any more", archive_id)
    except Exception:
        log.exception("archive %s: could not be made", archive_id)
        with db.in_transaction() as connection:
            queries.archives.fail(connection, archive_id=archive_id)


def _make(archive_id: int, archive: Any, config: Config) -> None:
    file_path = path(config, archive.name_hash)
    file_path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)

    with safe_files.growing(file_path) as file:

        def advance() -> None:
            """Say how far it is."""
            with db.connection() as connection:
                if not queries.archives.advance(connection, archive_id=archive_id, file_size=file.tell()):
                    raise _Gone

        archive_files.write(file, file_path.parent, archive.account_id, config, advance)
    size = file_path.stat().st_size
    if config.s3_bucket:
        # Another node may be asked for it.
        try:
            media.bucket_of(config).put_file(f"archives/{file_path.name}", file_path)
        finally:
            file_path.unlink()
    with db.in_transaction() as connection:
        finished = queries.archives.finish(connection, archive_id=archive_id, file_size=size)
    if finished is None:
        _remove(config, [file_path.name])
        raise _Gone


@jobs.task("upkeep", name="remove_archives", hourly=True)
def remove_archives() -> None:
    """Remove archives that are over their time, and files whose row is gone or has failed."""
    with db.in_transaction() as connection:
        queries.archives.settle(connection)
    # A file that is seen here had its row before.
    seen: list[str] = []
    with suppress(FileNotFoundError):
        seen = [file.name for file in _directory(jobs.configuration()).iterdir()]
    if jobs.configuration().s3_bucket:
        seen += [Path(name).name for name in media.bucket_of(jobs.configuration()).archives()]
    with db.connection() as connection:
        kept = {row.name for row in queries.archives.kept(connection)}
    _remove(jobs.configuration(), [name for name in seen if name.partition(".")[0] not in kept])


def _remove(config: Config, names: list[str]) -> None:
    for name in names:
        (_directory(config) / name).unlink(missing_ok=True)
    if config.s3_bucket and names:
        media.bucket_of(config).remove(f"archives/{name}" for name in names if name.endswith(".zip"))


def export(config: Config, nickname: str, file_path: Path) -> int:
    """Write the archive of an account to a file for an operator, and return its size.

    Raises administration.PeopleError, safe_files.Busy, archive_files.NoRoom, OSError.
    """
    file_path = file_path.absolute()
    with db.connection() as connection:
        account_id = administration.find(connection, nickname).id
    with safe_files.growing(file_path) as file:
        archive_files.write(file, file_path.parent, account_id, config)
    return file_path.stat().st_size
