"""What is asked of other servers: accounts, statuses and keys, a few at once and one for each host.

Requests and activities that need something ask for it here and wait; only this part of the worker asks the network.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from functools import lru_cache
from typing import Any, NamedTuple

from pleroma import db
from pleroma.accounts import lifecycle
from pleroma.config import Config
from pleroma.db import queries
from pleroma.federation import actors, fetching, objects, resolving, storing, uris, vocabulary
from pleroma.federation.fetching import Unavailable
from pleroma.text import Handle

log = logging.getLogger(__name__)
HANDLE, URI, KEY = "handle", "uri", "key"
PLACES = 4
_MOST_TRIES, _MOST_HOSTS = 3, 60
_DELETED = 410
_IDLE, _POLL, _TIDY_EACH = 0.25, 0.1, 600.0


class Result(NamedTuple):
    """What a look-up found; both None for nothing."""

    account_id: int | None = None
    status_id: int | None = None


def host_of(kind: str, name: str) -> str:
    """The host that is asked. Raises BadUri."""
    return uris.host_of(f"https://{name.rpartition('@')[2]}" if kind == HANDLE else name)


def elsewhere(handle: Handle, config: Config) -> Handle | None:
    """A handle as it is looked up, its host as hosts are compared; None when it is of nobody elsewhere."""
    nickname, host = handle
    is_host = not set("/?#") & set(host) and ("." in host or config.remote_allow_loopback)
    if not is_host or not actors.NICKNAME.fullmatch(nickname):
        return None
    try:
        host = uris.host_of(uris.accepted(f"https://{host}/", config))
    except uris.BadUri:
        return None
    return Handle(nickname, host) if host != config.domain else None


def meet(handles: Iterable[Handle], config: Config, *, most: int, seconds: float) -> None:
    """Have some of the handles looked up together that are elsewhere and not here yet, without a transaction."""
    asked = [found for each in handles if (found := elsewhere(each, config))]
    if not asked:
        return
    with db.connection() as connection:
        rows = queries.lookups.unknown(
            connection,
            nicknames=[handle.nickname for handle in asked],
            domains=[handle.domain for handle in asked],
        )
    if rows:
        wait_for_all(HANDLE, [str(Handle(row.nickname, row.domain)) for row in rows[:most]], config, seconds)


def wait_for(kind: str, name: str, config: Config, seconds: float) -> Result:
    """Have something looked up by the worker, and wait for it without a transaction. Nothing when it takes longer."""
    return wait_for_all(kind, [name], config, seconds).get(name, Result())


def wait_for_all(kind: str, names: list[str], config: Config, seconds: float) -> dict[str, Result]:
    """The same for several together; what takes longer is left out.

    Of the threads of a process half may wait; for the others all is left out, and is here when somebody asks again.
    """
    db.let_go()
    asked = [name for name in names if _ask_now(kind, name, config)]
    places = _places(config.threads)
    if not asked or not places.acquire(blocking=False):
        return {}
    try:
        return _awaited(kind, asked, time.monotonic() + seconds)
    finally:
        places.release()


def wait_in_job(kind: str, names: list[str], config: Config, seconds: float) -> None:
    """Have several looked up together, and wait for them in a thread that serves nobody."""
    _awaited(kind, [name for name in names if _ask_now(kind, name, config)], time.monotonic() + seconds)


@lru_cache(maxsize=4)
def _places(threads: int) -> threading.BoundedSemaphore:
    return threading.BoundedSemaphore(threads // 2)


def _ask_now(kind: str, name: str, config: Config) -> bool:
    """Have something looked up, unless it is of this server, or of none."""
    try:
        host = host_of(kind, name)
    except uris.BadUri:
        return False
    if host == config.domain:
        return False
    with db.scope() as own:
        queries.lookups.ask(own.begin(), kind=kind, name=name, host=host)
    return True


def _awaited(kind: str, names: list[str], until: float) -> dict[str, Result]:
    found: dict[str, Result] = {}
    while True:
        with db.scope() as own:
            for row in queries.lookups.results(own.connection(), kind=kind, names=names):
                found[row.name] = Result(row.account_id, row.status_id)
        if len(found) == len(names) or time.monotonic() >= until:
            return found
        time.sleep(_POLL)


def run(config: Config, stop: threading.Event) -> None:
    """Look up what is due, until `stop` is set."""
    running: dict[Future[None], str] = {}
    tidied = 0.0
    with ThreadPoolExecutor(PLACES, "lookup") as threads:
        while not stop.is_set():
            rows = _claimed(PLACES - len(running), list(running.values()))
            for row in rows:
                running[threads.submit(look_up, row.kind, row.name, row.tries, config)] = row.host
            if running:
                done, _ = wait(running, timeout=_IDLE, return_when=FIRST_COMPLETED)
                for future in done:
                    del running[future]
                    future.result()
            elif not rows:
                stop.wait(_IDLE)
            if time.monotonic() - tidied > _TIDY_EACH:
                tidied = time.monotonic()
                with db.in_transaction() as connection:
                    queries.lookups.forget(connection)


def _claimed(places: int, busy_hosts: list[str]) -> list[Any]:
    with db.connection() as connection:
        if not places or not queries.lookups.is_due(connection).yes:
            return []
    with db.in_transaction() as connection:
        return list(queries.lookups.claim(connection, limit=places, busy_hosts=busy_hosts))


def look_up(kind: str, name: str, tries: int, config: Config) -> None:
    """Look one thing up, and note what came of it: nothing, when it is not to be had."""
    result, found = Result(), False
    try:
        result, found = _found(kind, name, config), True
    except Unavailable as error:
        log.info("%s %s: %s", kind, name, error)
        if kind == KEY and error.status == _DELETED:
            _end_account(uris.without_fragment(name))
    except Exception:
        log.exception("%s %s could not be looked up", kind, name)
        if tries < _MOST_TRIES:
            return
    with db.in_transaction() as connection:
        queries.lookups.finish(connection, kind=kind, name=name, **result._asdict(), found=found)


def _end_account(uri: str) -> None:
    """Delete the account of an actor whose server says that it was deleted."""
    with db.in_transaction() as connection:
        row = queries.remote_accounts.by_uri(connection, uri=uri)
        if row is not None:
            lifecycle.begin_deletion(connection, row.id)


def _found(kind: str, name: str, config: Config) -> Result:
    if kind == HANDLE:
        nickname, _, host = name.rpartition("@")
        return Result(account_id=resolving.by_handle(nickname, host, config))
    if kind == KEY:
        resolving.key(name, config)
        return Result()
    document = fetching.document(name, config)
    return _of_document(document, config)


def _of_document(document: vocabulary.Document, config: Config) -> Result:
    """The account or the status that a document describes, which was had from its address."""
    if vocabulary.kind(document) in actors.KINDS:
        return Result(account_id=resolving.from_document(document, config))
    try:
        status = objects.read(document, config)
    except (objects.BadObject, uris.BadUri) as error:
        raise Unavailable(f"the status is not accepted: {error}") from error
    author = _account(status.author, config)
    with db.in_transaction() as connection:
        return Result(status_id=storing.store_fetched(connection, status, author, config))


def _account(uri: str, config: Config) -> int:
    with db.connection() as connection:
        known = queries.remote_accounts.by_uri(connection, uri=uri)
    return int(known.id) if known else resolving.by_uri(uri, config)


def ask_for(connection: Any, kind: str, name: str, asked_by: str) -> bool:
    """Have something looked up that an activity of a host needs; False when that has led to too many others.

    Raises BadUri.
    """
    host = host_of(kind, name)
    return bool(
        queries.lookups.ask_for(connection, kind=kind, name=name, host=host, asked_by=asked_by, most=_MOST_HOSTS).yes
    )


def ask(connection: Any, kind: str, name: str) -> None:
    """Have something looked up, in the caller's transaction. Raises BadUri."""
    queries.lookups.ask(connection, kind=kind, name=name, host=host_of(kind, name))
