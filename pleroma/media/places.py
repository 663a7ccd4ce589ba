"""Which store keeps the media of a server, and both while they move from one to the other."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

from pleroma.config import Config
from pleroma.media.kinds import Prepared
from pleroma.media.store import Found, LocalStore, Saved, Store

if TYPE_CHECKING:
    from pleroma.media.bucket import BucketStore


class Both:
    """A store and another one, in which those files are looked for that are not there."""

    def __init__(self, store: Store, other: Store) -> None:
        self._store = store
        self._other = other

    def save(self, prepared: Prepared) -> Saved:
        """Keep a file in the store alone."""
        return self._store.save(prepared)

    def put(self, name: str, data: bytes) -> None:
        """Keep a file in the store alone."""
        self._store.put(name, data)

    def look(self, name: str, *, content: bool = True) -> Found:
        """Find a file in either. Raises FileNotFoundError."""
        try:
            return self._store.look(name, content=content)
        except FileNotFoundError:
            return self._other.look(name, content=content)

    def remove(self, names: Iterable[str | None]) -> None:
        """Remove files from both: what is deleted must not be read from the other."""
        known = list(names)
        self._store.remove(known)
        self._other.remove(known)

    def files(self, folder: str, older_than: float = -math.inf) -> dict[str, int]:
        """The names and sizes of a folder's files in both that are older than so many seconds."""
        return self._other.files(folder, older_than) | self._store.files(folder, older_than)

    def sweep(self, age: float = 3600) -> None:
        """Remove what a crash left half written in either."""
        self._store.sweep(age)
        self._other.sweep(age)


def store_of(config: Config) -> Store:
    """The store of a server: files, the bucket that is set, or one of them beside the other."""
    if not config.s3_bucket:
        return files_of(config)
    if config.media_also == "files":
        return Both(bucket_of(config), files_of(config))
    if config.media_also == "s3":
        return Both(files_of(config), bucket_of(config))
    return bucket_of(config)


def files_of(config: Config) -> LocalStore:
    """The files of a data directory."""
    return LocalStore(config.data_dir.absolute() / "media")


def bucket_of(config: Config) -> BucketStore:
    """The bucket that is set."""
    # Imported here, because most servers have none.
    from pleroma.media.bucket import BucketStore

    return BucketStore(config)
