"""`media move`: copies media from files to a bucket, or back, while the server runs.

Killed, it goes on where it was: what is there, of the right size, is not copied again.
"""

from __future__ import annotations

from contextlib import suppress
from typing import NamedTuple

import psycopg

from pleroma import db, media, progress, safe_files
from pleroma.config import Config
from pleroma.db import FILES_LOCK, queries
from pleroma.media import Store


class MoveError(RuntimeError):
    """Media cannot be moved now; the message says why."""


class Moved(NamedTuple):
    """How many files were copied, their bytes, and how many were there before."""

    copied: int
    size: int
    there: int


def copy_missing(config: Config, to: str) -> Moved:
    """Copy what is missing, or of another size, to "s3" or "files".

    Raises MoveError, media.StorageAway, media.StorageFull.
    """
    if not config.s3_bucket:
        raise MoveError("there is no bucket: set PLEROMA_S3_BUCKET")
    files, bucket = media.files_of(config), media.bucket_of(config)
    source: Store = files if to == "s3" else bucket
    target: Store = bucket if to == "s3" else files
    moved = Moved(0, 0, 0)
    with progress.bar("Media", len(media.FOLDERS)) as advance:
        for folder in media.FOLDERS:
            try:
                # Meanwhile none is removed from either, so that what is deleted does not come back.
                with db.in_transaction() as connection:
                    queries.backup.lock_files(connection, key=FILES_LOCK)
                    one = _copy_folder(config, source, target, folder)
            except psycopg.errors.LockNotAvailable as error:
                raise MoveError("a backup or another move runs: try again when it has ended") from error
            moved = Moved(*(sum(pair) for pair in zip(moved, one, strict=True)))
            advance(1)
    return moved


def _copy_folder(config: Config, source: Store, target: Store, folder: str) -> Moved:
    wanted = source.files(folder)
    there = target.files(folder) if wanted else {}
    lacking = {name: size for name, size in wanted.items() if there.get(name) != size}
    for name, size in lacking.items():
        if isinstance(target, media.LocalStore) and safe_files.is_nearly_full(config.data_dir, size):
            raise MoveError("the disk would be nearly full")
        # An upload may have been taken back.
        with suppress(FileNotFoundError):
            target.put(name, source.look(name).content())
    if lacking:
        there, left = target.files(folder), source.files(folder)
        if wrong := [name for name in lacking if name in left and there.get(name) != left[name]]:
            raise MoveError(f"{wrong[0]} has another size than it should have: run this again")
    return Moved(len(lacking), sum(lacking.values()), len(wanted) - len(lacking))
