"""Media in a bucket of an S3-compatible store.

A file is put in one request, so none is ever half there. Imported only where the settings name a bucket: what it stands
on takes memory. Its client is made at first use in each process, and never before a fork, which it would not survive.
"""

from __future__ import annotations

import functools
import logging
import math
import os
import re
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from pleroma.config import Config
from pleroma.media.kinds import Prepared, type_of
from pleroma.media.store import Found, Saved, StorageAway, StorageFull, is_name, new_name

log = logging.getLogger(__name__)

# Seconds until a connection is there, and until a request has its whole answer; after that it is not tried again.
_CONNECT, _WHOLE = 3.0, 20.0
_REPEATS = 2
# Seconds for which a thread waits while as many as may are busy with the store.
_PATIENCE = 1.0
_PIECE = 1 << 20
_AT_ONCE = 1000
_CACHE = "public, max-age=31536000, immutable"
_ARCHIVE = re.compile(r"archives/[0-9a-f]{64}\.zip")
# How the stores say that a quota is used up, or their disks: they have no common word for it.
_FULL = re.compile(r"quota|StorageFull|InsufficientStorage|cap exceeded|non-2xx status code: 507", re.IGNORECASE)
_SECRET_NAME = re.compile(r"[0-9a-f]{2}/[0-9a-f]{30}")


class BucketStore:
    """Media in a bucket, under the same names as files have, behind a prefix."""

    def __init__(self, config: Config) -> None:
        self._config = config

    def save(self, prepared: Prepared) -> Saved:
        """Keep a file and its preview for good. Raises StorageFull, StorageAway."""
        files = [(new_name(prepared.extension), prepared.data)]
        if prepared.preview is not None:
            files.append((new_name(prepared.preview_extension or "bin"), prepared.preview))
        try:
            for name, data in files:
                self.put(name, data)
        except (StorageFull, StorageAway) as problem:
            problem.names = tuple(name for name, _ in files)
            raise
        return Saved(files[0][0], files[1][0] if len(files) > 1 else None)

    def put(self, name: str, data: bytes) -> None:
        """Keep a file that has its name already, whole or not at all. Raises StorageFull, StorageAway, ValueError."""
        attributes: Any = {"Content-Type": type_of(name), "Cache-Control": _CACHE}
        with self._asked(looking=False) as client:
            obstore.put(client, _checked(name), data, attributes=attributes, use_multipart=False)

    def put_file(self, name: str, path: Path) -> None:
        """Keep a file of any size, in parts that are nothing until the last is there. Raises as `put`."""
        with self._asked(looking=False) as client:
            obstore.put(client, _checked(name), path, attributes={"Content-Type": type_of(name)})

    def look(self, name: str, *, content: bool = True) -> Found:
        """Find a file, with its first piece if its content is wanted. Raises FileNotFoundError, StorageAway."""
        if not is_name(name):
            raise FileNotFoundError("Not the name of a media file")
        return self._look(name, content)

    def look_archive(self, name: str, *, content: bool = True) -> Found:
        """Find an archive of an account, by its file name. Raises FileNotFoundError, StorageAway."""
        return self._look(_checked(f"archives/{name}"), content)

    def _look(self, name: str, content: bool) -> Found:
        first = b""
        with self._asked() as client:
            if content:
                answer = obstore.get(client, name, options={"range": (0, _PIECE)})
                about, first = answer.meta, bytes(answer.bytes())
            else:
                about = obstore.head(client, name)
        if not about["e_tag"]:
            raise StorageAway("The store answers nonsense")
        pieces = functools.partial(self._pieces, name, first)
        return Found(about["size"], about["last_modified"], about["e_tag"].strip('"'), pieces)

    def remove(self, names: Iterable[str | None]) -> None:
        """Remove files; a missing one is no error, and None stands for no file. Raises StorageAway."""
        known = [_checked(name) for name in names if name is not None]
        for start in range(0, len(known), _AT_ONCE):
            with self._asked(looking=False) as client:
                obstore.delete(client, known[start : start + _AT_ONCE])

    def files(self, folder: str, older_than: float = -math.inf) -> dict[str, int]:
        """The names and sizes of a folder's files that are older than so many seconds. Raises StorageAway."""
        youngest = time.time() - older_than
        return {name: size for name, size, modified in self._listed(folder) if modified < youngest and is_name(name)}

    def count(self) -> tuple[int, int]:
        """How many media there are, and their bytes. Raises StorageAway."""
        sizes = [size for name, size, _ in self._listed(None) if is_name(name)]
        return len(sizes), sum(sizes)

    def archives(self) -> list[str]:
        """The names of the archives of accounts. Raises StorageAway."""
        return [name for name, _, _ in self._listed("archives") if _is_ours(name)]

    def sweep(self, age: float = 3600) -> None:
        """Nothing: a crash leaves nothing half written."""

    def check(self) -> bool:
        """Write, read and remove a file; says whether strangers may list the bucket. Raises StorageAway."""
        name = new_name("bin")
        self.put(name, b"x")
        try:
            if self.look(name).content() != b"x":
                raise StorageAway("The store gives back something else than was put there")
        finally:
            self.remove([name])
        stranger = _opened(os.getpid(), *_place(self._config), skip_signature=True)
        try:
            next(iter(obstore.list(stranger, chunk_size=1)), None)
        except (BaseError, OSError):
            return False
        return True

    def _pieces(self, name: str, first: bytes, start: int, stop: int) -> Iterator[bytes]:
        if start < len(first):
            yield first[start:stop]
            start = len(first)
        while start < stop:
            piece = self._piece(name, start, min(start + _PIECE, stop))
            start += len(piece)
            yield piece

    def _piece(self, name: str, start: int, stop: int) -> bytes:
        try:
            with self._asked() as client:
                piece = bytes(obstore.get_range(client, name, start=start, end=stop))
        except FileNotFoundError:
            raise StorageAway("A file went while it was read") from None
        if not piece:
            raise StorageAway("The store answers nonsense")
        return piece

    def _listed(self, folder: str | None) -> Iterator[tuple[str, int, float]]:
        """Name, size and time of what is in a folder, or everywhere."""
        with self._asked(looking=False) as client:
            pages = list(obstore.list(client, folder, chunk_size=_AT_ONCE))
        for page in pages:
            for entry in page:
                yield entry["path"], entry["size"], entry["last_modified"].timestamp()

    @contextmanager
    def _asked(self, *, looking: bool = True) -> Iterator[S3Store]:
        """The client, for one request. Raises StorageFull, StorageAway, and, `looking`, FileNotFoundError."""
        client, places = _client(self._config)
        if not places.acquire(timeout=_PATIENCE):
            raise StorageAway("The store is slow, and others wait for it already")
        try:
            yield client
        except FileNotFoundError as error:
            if looking and "NoSuchBucket" not in str(error):
                raise FileNotFoundError("There is no such file") from None
            raise _failed(error) from None
        except BaseError as error:
            # A trace with the cause would show the names.
            raise _failed(error) from None
        finally:
            places.release()


def _is_ours(name: str) -> bool:
    return is_name(name) or bool(_ARCHIVE.fullmatch(name))


def _checked(name: str) -> str:
    if not _is_ours(name):
        raise ValueError(f"Not the name of a stored file: {name!r}")
    return name


def _failed(error: Exception) -> OSError:
    """What a client hears of a failure; the log hears why, without names that open what is private."""
    said = str(error).partition("Debug source")[0]
    reason = _SECRET_NAME.sub("…", " ".join(said.split()))[:500]
    log.error("storage: %s", reason)
    return StorageFull(reason) if _FULL.search(reason) else StorageAway(reason)


def _place(config: Config) -> tuple[str, ...]:
    return (
        config.s3_bucket,
        config.s3_prefix,
        config.s3_endpoint,
        config.s3_region,
        config.s3_access_key,
        config.s3_secret_key,
    )


def _client(config: Config) -> tuple[S3Store, threading.Semaphore]:
    """This process's client, and how many threads may wait for it at once: never all that answer requests."""
    place = _place(config)
    return _opened(os.getpid(), *place), _places(os.getpid(), max(1, config.threads // 2), *place)


@functools.cache
def _places(process: int, number: int, *place: str) -> threading.Semaphore:
    return threading.Semaphore(number)


@functools.cache
def _opened(
    process: int, bucket: str, prefix: str, endpoint: str, region: str, key: str, secret: str, **more: Any
) -> S3Store:
    """The client of one process for a bucket."""
    given = {"endpoint": endpoint, "access_key_id": key, "secret_access_key": secret}
    settings: Any = {"region": region, **{name: value for name, value in given.items() if value}, **more}
    whole = timedelta(seconds=_WHOLE)
    return S3Store(
        bucket,
        prefix=prefix or None,
        config=settings,
        client_options={
            "connect_timeout": timedelta(seconds=_CONNECT),
            "timeout": whole,
            "allow_http": endpoint.startswith("http://"),
        },
        retry_config={
            "max_retries": _REPEATS,
            "retry_timeout": whole,
            "backoff": {"init_backoff": timedelta(seconds=0.1), "max_backoff": timedelta(seconds=1), "base": 2},
        },
    )
