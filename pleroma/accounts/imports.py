"""Lists of accounts to follow, block or mute: reading them, and working them off in batches (docs/api/pleroma.md 7).

A batch is one transaction that also notes how far it came, so that a killed worker neither loses nor repeats
an account.
"""

from __future__ import annotations

import csv
import logging
import re
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import unquote

from psycopg import Connection

from pleroma import db, jobs
from pleroma.accounts import relationships
from pleroma.config import Config
from pleroma.db import queries
from pleroma.errors import ApiError
from pleroma.text.clean import clean

log = logging.getLogger(__name__)
BATCH = 50
MAXIMUM_ACCOUNTS = 100_000
_HEADER = "account address"
_OPTIONS = {"true": True, "false": False}


class Entry(NamedTuple):
    """One account of a list: (nickname, domain), folded; `option` is the second column, None without one."""

    nickname: str
    domain: str
    option: bool | None


def parse(source: str, config: Config) -> list[Entry]:
    """The accounts of an uploaded or pasted list, each once, in order (docs/api/pleroma.md 7.1).

    Understands CSV exports with or without header, quotes and further columns, one address a line, white space
    between addresses, any line end, a byte order mark, and profile addresses of this server.
    """
    found: dict[tuple[str, str], Entry] = {}
    for line in re.split(r"\r\n|\r|\n", clean(source.lstrip("\ufeff"))):
        cells = next(csv.reader([line.replace('"', "") if line.count('"') % 2 else line]), [])
        first = cells[0].strip().strip('"') if cells else ""
        if not first or first.lower() == _HEADER:
            continue
        option = _OPTIONS.get(cells[1].strip().lower()) if len(cells) > 1 else None
        for word in first.split():
            address = _address(word, config)
            if address and address not in found:
                found[address] = Entry(*address, option)
    return list(found.values())[:MAXIMUM_ACCOUNTS]


def _address(word: str, config: Config) -> tuple[str, str] | None:
    word = word.strip("\"'")
    profile = f"{config.base_url}/users/"
    if word.lower().startswith(profile.lower()):
        word = unquote(word[len(profile) :]).strip("/")
    nickname, _, domain = word.lstrip("@").lower().partition("@")
    if not nickname or len(word) > 500 or "/" in nickname:
        return None
    return nickname, "" if domain == config.domain else domain


def _mute(connection: Connection, account_id: int, target_id: int, option: bool | None) -> None:
    relationships.mute(connection, account_id, target_id, notifications=option is not False)


def _block(connection: Connection, account_id: int, target_id: int, option: bool | None) -> None:
    relationships.block(connection, account_id, target_id)


def _follow(connection: Connection, account_id: int, target_id: int, option: bool | None) -> None:
    relationships.follow(connection, account_id, target_id, reblogs=option)


_ACTIONS: dict[str, Callable[..., None]] = {"follow": _follow, "block": _block, "mute": _mute}


def _work_off(import_id: int) -> None:
    while _one_batch(import_id):
        pass
    with db.transaction() as connection:
        queries.imports.finish(connection, import_id=import_id)


def _one_batch(import_id: int) -> bool:
    """Do the next batch of a list; False when there was none."""
    with db.transaction() as connection:
        batch = queries.imports.next_batch(connection, import_id=import_id, size=BATCH)
        if batch is None:
            return False
        parts = [address.partition("@") for address in batch.addresses]
        rows = list(
            queries.imports.resolve(
                connection, nicknames=[name for name, _, _ in parts], domains=[domain for _, _, domain in parts]
            )
        )
        ids = [row.id for row in rows]
        list(queries.imports.lock_accounts(connection, account_ids=[batch.account_id, *ids]))
        done = sum(_try(connection, batch, row) for row in rows)
        position = batch.position + len(batch.addresses)
        queries.imports.advance(connection, import_id=import_id, position=position)
    log.info("import %s: %s, %s of %s done, %s in this batch", import_id, batch.kind, position, batch.total, done)
    return True


def _try(connection: Connection, batch: Any, row: Any) -> bool:
    try:
        _ACTIONS[batch.kind](connection, batch.account_id, row.id, batch.options[row.place - 1])
    except ApiError:
        # Whom one cannot follow is skipped silently (docs/api/pleroma.md 7.1).
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
