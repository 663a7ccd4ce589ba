"""What an account takes to another server: its lists as lines of CSV, page by page (docs/api/pleroma.md 22)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from pleroma import db
from pleroma.config import Config
from pleroma.db import queries
from pleroma.text.clean import BASE

_ROWS = 2000


class Export(NamedTuple):
    """A list that can be taken along: its file's name, the line that it begins with, and the statement of a page."""

    file_name: str
    header: bytes
    statement: Any


EXPORTS = {
    "follow": Export(
        "following_accounts.csv",
        b"Account address,Show boosts,Notify on new posts,Languages\n",
        queries.exports.follows,
    ),
    "mutes": Export("muted_accounts.csv", b"Account address,Hide notifications\n", queries.exports.mutes),
    "blocks": Export("blocked_accounts.csv", b"", queries.exports.blocks),
    "domain_blocks": Export("blocked_domains.csv", b"", queries.exports.domain_blocks),
    "bookmarks": Export("bookmarks.csv", b"", queries.exports.bookmarks),
    "lists": Export("lists.csv", b"", queries.exports.lists),
}


def pages(statement: Any, rows: int, **parameters: Any) -> Iterator[tuple[bytes | None, ...]]:
    """What the pages of a statement hold, from the first to the last of so many rows each.

    The first column of a page is the row `after` which the next one begins, null when there is none. Nobody holds a
    connection between two pages, so that a slow reader costs none.
    """
    after = 0
    while True:
        with db.connection() as connection:
            last, *content = statement(connection, after=after, limit=rows, **parameters)
        if last is None:
            return
        after = int(last)
        yield tuple(content)


def lines(export: Export, account_id: int, config: Config) -> Iterator[bytes]:
    """A list of an account as pieces of CSV, none larger than a page; an empty list may have no piece at all."""
    base, beginning = config.base_url.encode(), export.header
    for (text,) in pages(export.statement, _ROWS, account_id=account_id, host=config.domain):
        yield beginning + (text or b"").replace(BASE.encode(), base)
        beginning = b""
    if beginning:
        yield beginning
