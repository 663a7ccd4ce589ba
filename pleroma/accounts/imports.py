"""Lists of accounts to follow, block or mute, and of statuses to bookmark (docs/api/pleroma.md 7).

Reading them and working them off in batches is the job's: a request only stores the list as it was sent. A batch is one
transaction that also notes how far it came, so that a killed worker neither loses nor repeats an account.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from urllib.parse import unquote

from psycopg import Connection

from pleroma import db, jobs
from pleroma.accounts import relationships
from pleroma.db import queries
from pleroma.errors import ApiError
from pleroma.text import Handle
from pleroma.text.clean import clean

log = logging.getLogger(__name__)
BATCH = 50
MAXIMUM_ACCOUNTS = 100_000
_LONGEST_NICKNAME, _LONGEST_DOMAIN, _LONGEST_ADDRESS = 100, 253, 500
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_LINE, _WORD = re.compile(rb"[^\r\n]+"), re.compile(r"\S+")
_FIRST_CELL = re.compile(r'"(?P<quoted>(?:[^"]++|"")*+)"[^,]*+|(?P<plain>[^,]*+)')
_HEADER = "account address"
_OPTIONS = {"true": True, "false": False}
_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


class Entry(NamedTuple):
    """One account of a list; `option` and `notify` are the second and third column, None without one."""

    handle: Handle
    option: bool | None
    notify: bool | None


def parse(source: bytes, base_url: str) -> list[Entry]:
    """The first MAXIMUM_ACCOUNTS of an uploaded or pasted list, each once, in order (docs/api/pleroma.md 7.1).

    Understands CSV exports with or without header, quotes and further columns, one address a line, white space
    between addresses, any line end, a byte order mark, and profile addresses of the server at `base_url`.
    """
    found: dict[Handle, Entry] = {}
    for word, option, notify in _words(source):
        handle = _handle(word, base_url)
        if handle and handle not in found:
            found[handle] = Entry(handle, option, notify)
            if len(found) == MAXIMUM_ACCOUNTS:
                break
    return list(found.values())


def parse_bookmarks(source: bytes, base_url: str) -> list[str]:
    """The first MAXIMUM_ACCOUNTS statuses of such a list, each once, in order: the UUID or the id in each address.

    Understands the first column of CSV, any line end, a byte order mark, and both addresses that the server at
    `base_url` gives a status.
    """
    found: dict[str, None] = {}
    address = re.compile(rf"{re.escape(base_url)}/(?:objects/({_UUID})|notice/([0-9]{{1,18}}))", re.IGNORECASE)
    for first, *_ in _lines(source):
        match = address.fullmatch(first)
        if match:
            found.setdefault((match[1] or match[2]).lower())
            if len(found) == MAXIMUM_ACCOUNTS:
                break
    return list(found)


def _words(source: bytes) -> Iterator[tuple[str, bool | None, bool | None]]:
    """Each word of the first column, with the options in the second and the third one."""
    for first, second, third in _lines(source):
        if first.lower() != _HEADER:
            option, notify = _OPTIONS.get(second.lower()), _OPTIONS.get(third.lower())
            for word in _WORD.finditer(first):
                yield clean(word.group()), option, notify


def _lines(source: bytes) -> Iterator[tuple[str, str, str]]:
    """The first three cells of each line."""
    for line in _LINE.finditer(source, len(_BYTE_ORDER_MARK) if source.startswith(_BYTE_ORDER_MARK) else 0):
        text = line.group().decode("utf-8", "replace")
        yield _cells(text.replace('"', "") if text.count('"') % 2 else text)


def _cells(line: str) -> tuple[str, str, str]:
    """The first three cells of a line of CSV, without quotes and space around them."""
    cell = _FIRST_CELL.match(line)
    if cell is None:
        return "", "", ""
    second, third, *_ = [*line[cell.end() + 1 :].split(",", 2), ""]
    first = cell["quoted"] or cell["plain"] or ""
    return first.strip().strip('"'), second.strip().strip('"'), third.strip().strip('"')


def _handle(word: str, base_url: str) -> Handle | None:
    if len(word) > _LONGEST_ADDRESS:
        return None
    word = word.strip("\"'")
    profile = f"{base_url}/users/"
    if word.lower().startswith(profile.lower()):
        word = unquote(word[len(profile) :]).strip("/")
    handle = Handle.parse(word.lstrip("@"), base_url.partition("://")[2])
    nickname, domain = handle
    if not nickname or len(nickname) > _LONGEST_NICKNAME or len(domain) > _LONGEST_DOMAIN or "/" in nickname:
        return None
    return handle


def _mute(connection: Connection, account_id: int, target_id: int, option: bool | None, notify: bool | None) -> None:
    relationships.mute(connection, account_id, target_id, notifications=option is not False)


def _block(connection: Connection, account_id: int, target_id: int, option: bool | None, notify: bool | None) -> None:
    relationships.block(connection, account_id, target_id)


def _follow(connection: Connection, account_id: int, target_id: int, option: bool | None, notify: bool | None) -> None:
    relationships.follow(connection, account_id, target_id, reblogs=option, notify=notify)


_BOOKMARK = "bookmark"
Prepare = Callable[[list[Handle]], None]
_preparing: list[Prepare] = []
_ACTIONS: dict[str, Callable[..., None]] = {"follow": _follow, "block": _block, "mute": _mute}


def before_each_batch(prepare: Prepare) -> Prepare:
    """Have a function called with the handles of each batch, before anything is done with them."""
    _preparing.append(prepare)
    return prepare


def _work_off(import_id: int) -> None:
    _read(import_id)
    is_left = True
    while is_left:
        handles = _handles_of_next(import_id) if _preparing else []
        for prepare in _preparing:
            prepare(handles)
        is_left = _one_batch(import_id)
    with db.in_transaction() as connection:
        queries.imports.finish(connection, import_id=import_id)


def _read(import_id: int) -> None:
    """Put the addresses of a list where it was stored as sent, unless that was done before."""
    with db.in_transaction() as connection:
        kept = queries.imports.as_sent(connection, import_id=import_id)
        if kept is None:
            return
        if kept.kind == _BOOKMARK:
            addresses, entries = parse_bookmarks(kept.source, kept.base_url), []
        else:
            entries = parse(kept.source, kept.base_url)
            addresses = [str(entry.handle) for entry in entries]
        queries.imports.keep_addresses(
            connection,
            import_id=import_id,
            addresses=addresses,
            options=[entry.option for entry in entries],
            notify=[entry.notify for entry in entries],
        )


def _handles_of_next(import_id: int) -> list[Handle]:
    with db.in_transaction() as connection:
        batch = queries.imports.next_batch(connection, import_id=import_id, size=BATCH)
    return [Handle.parse(address) for address in batch.addresses] if batch and batch.kind != _BOOKMARK else []


def _one_batch(import_id: int) -> bool:
    """Do the next batch of a list; False when there was none."""
    with db.in_transaction() as connection:
        batch = queries.imports.next_batch(connection, import_id=import_id, size=BATCH)
        if batch is None:
            return False
        done = (_mark if batch.kind == _BOOKMARK else _meet)(connection, batch)
        position = batch.position + len(batch.addresses)
        queries.imports.advance(connection, import_id=import_id, position=position)
    log.info("import %s: %s, %s of %s done, %s in this batch", import_id, batch.kind, position, batch.total, done)
    return True


def _mark(connection: Connection, batch: Any) -> int:
    """Bookmark the statuses of a batch; how many were not bookmarked before."""
    names: list[str] = batch.addresses
    return int(
        queries.imports.bookmark(
            connection,
            account_id=batch.account_id,
            uuids=[name if "-" in name else None for name in names],
            ids=[None if "-" in name else int(name) for name in names],
        )
    )


def _meet(connection: Connection, batch: Any) -> int:
    """Do what a list is for to the accounts of a batch, in their order; to how many it was done."""
    handles = [Handle.parse(address) for address in batch.addresses]
    rows = queries.imports.resolve(
        connection,
        nicknames=[handle.nickname for handle in handles],
        domains=[handle.domain for handle in handles],
    )
    ids = [row.id for row in rows]
    queries.imports.lock_accounts(connection, account_ids=[batch.account_id, *ids])
    return sum(_try(connection, batch, row) for row in rows)


def _try(connection: Connection, batch: Any, row: Any) -> bool:
    try:
        place = row.place - 1
        _ACTIONS[batch.kind](connection, batch.account_id, row.id, batch.options[place], batch.notify[place])
    except ApiError:
        # An account that cannot be followed is skipped silently (docs/api/pleroma.md 7.1).
        return False
    return True


@jobs.task("background", name="follow_import")
def follow_import(import_id: int) -> None:
    """Follow the accounts of a list."""
    _work_off(import_id)


@jobs.task("background", name="block_import")
def block_import(import_id: int) -> None:
    """Block the accounts of a list."""
    _work_off(import_id)


@jobs.task("background", name="mute_import")
def mute_import(import_id: int) -> None:
    """Mute the accounts of a list."""
    _work_off(import_id)


@jobs.task("background", name="bookmark_import")
def bookmark_import(import_id: int) -> None:
    """Bookmark the statuses of a list."""
    _work_off(import_id)
