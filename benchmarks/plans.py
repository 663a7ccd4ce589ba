"""Writes how PostgreSQL runs each list statement. python benchmarks/plans.py --help.

Needs a running server that benchmarks/seed.py filled with `--large`.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import aiosql
import psycopg
from psycopg.rows import namedtuple_row
from seed import sql as seed_sql

from pleroma import db
from pleroma.db import Adapter, queries, statements
from pleroma.server import postgres

sql: Any = aiosql.from_path(Path(__file__).with_name("plans.sql"), Adapter)
_NOISE = re.compile(r"never executed|^\s*(Heap Blocks|Index Searches|Storage|Sort Method|Recheck Cond|Inner Unique)")
_HEAD = """# How the lists are read

Each statement behind a list, run by PostgreSQL at {statuses} statuses: its generic plan, as the server uses it, with
the rows that really came. What finds the page is shown; what follows is the same in all of them (`status_page`,
below). Parts that were not run, and lines that say nothing here, are left out. Made by `python benchmarks/plans.py`.
"""


class Explainer:
    """Explains statements on one connection, as the application prepares them."""

    def __init__(self, connection: psycopg.Connection, state: dict[str, Any]) -> None:
        self._connection = connection
        large = state["large"]
        self._reader = self._account("seedreader1")
        self._usual: dict[str, Any] = {
            "viewer_id": self._reader, "with_muted": False, "only_media": False, "local": False, "remote": False,
            "max_id": 2**63 - 1, "since_id": 0, "min_id": 0, "limit": 20, "offset": 0, "types": None,
            "exclude_types": [], "from_account_id": 0, "tags": [large["tag"]], "all_tags": [], "none_tags": [],
            "exclude_replies": False, "exclude_reblogs": False, "tagged": None, "list_id": 0,
            "account_id": int(large["account_id"]),
            "status_id": int(state["thread_id"]), "query": large["search"], "of_account_id": self._reader,
        }  # fmt: skip
        self._large = large

    def _account(self, nickname: str) -> int:
        return int(seed_sql.account(self._connection, nickname=nickname).id)

    def cases(self) -> list[tuple[str, str, dict[str, Any]]]:
        """(title, SQL with named parameters, what differs from the usual ones) of each statement."""
        timelines, large = queries.timelines, self._large
        muting = {"viewer_id": self._account("seedmuter1")}
        return [
            ("Home, from the feed", sql.home_fed.sql, {}),
            ("Home, 200 followed", sql.home_walked.sql, {"follows_many": False}),
            ("Home, 2,000 followed", sql.home_walked.sql, {"follows_many": True, **self._as("seedfollows2000x1")}),
            ("Home, 10 followed", sql.home_newest.sql, self._as("seedfollows10x1")),
            ("Home, 5 quiet ones followed", sql.home_newest.sql, self._as("seedquiet1")),
            ("Home, when the others gave too few", sql.home_merged.sql, self._as("seedquiet1")),
            ("Public", timelines.public.sql, {}),
            ("Local, most of the last 100,000 unlisted or by muted accounts", timelines.local.sql, muting),
            ("Tag of a fifth of all statuses", timelines.tag.sql, {}),
            ("Tag of 3 statuses", timelines.tag.sql, {"tags": [large["small_tag"]]}),
            ("Account with 300,000 statuses", timelines.account.sql, {}),
            ("Its media", timelines.account_media.sql, {}),
            ("Its pinned statuses", timelines.account_pinned.sql, {}),
            ("Direct", timelines.direct.sql, {}),
            ("Favourites", timelines.favourites.sql, {}),
            ("Bookmarks", timelines.bookmarks.sql, {}),
            ("Notifications of an account with 500,000", queries.notifications.page.sql, self._as("seednotified1")),
            ("Context in a thread of 50", queries.statuses.context.sql, {"limit": 4096}),
            ("Followers of an account with 200,000", queries.accounts.followers.sql, {
                "account_id": int(large["followed_id"])}),
            ("Who favourited", queries.interactions.favourited_by.sql, {}),
            ("Search for a frequent word", queries.search.statuses.sql, {"account_id": 0}),
            ("One page of statuses (`status_page`)", sql.status_page.sql, {}),
        ]  # fmt: skip

    def _as(self, nickname: str) -> dict[str, Any]:
        return {"viewer_id": self._account(nickname)}

    def explain(self, statement: str, differing: dict[str, Any]) -> tuple[float, list[str]]:
        """The milliseconds of the third run, and the lines of its plan that say something."""
        values = {**self._usual, **differing}
        explained = "explain (analyze, costs off, timing off, buffers off, summary off) " + statement
        lines: list[str] = []
        for _ in range(3):
            begun = time.perf_counter()
            statements.execute(self._connection, statement, values)
            took = time.perf_counter() - begun
            result = statements.execute(self._connection, explained, values)
            lines = [(result.get_value(row, 0) or b"").decode() for row in range(result.ntuples)]
        return took * 1000, _telling(lines)


def _telling(lines: list[str]) -> list[str]:
    """A plan's lines without the page that is made of what was found, and without what was not run."""
    kept: list[str] = []
    hidden_below: int | None = None
    for line in lines:
        depth = len(line) - len(line.lstrip())
        if line.lstrip().startswith("->  CTE Scan on chosen"):
            break
        if hidden_below is not None and depth > hidden_below:
            continue
        hidden_below = depth if "never executed" in line else None
        if not _NOISE.search(line):
            kept.append(line[:150])
    return kept


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description="Writes how PostgreSQL runs each list statement.")
    parser.add_argument("--state", type=Path, required=True, help="what benchmarks/seed.py wrote")
    parser.add_argument("--data-dir", type=Path, default=Path("instance"), help="that of the running server")
    parser.add_argument("--output", type=Path, default=Path("plans.md"))
    arguments = parser.parse_args()
    url = postgres.running_url(arguments.data_dir)
    if url is None:
        raise SystemExit(f"Error: no server runs on {arguments.data_dir}")
    options = {"options": db.session_options(), "row_factory": namedtuple_row}
    with psycopg.connect(url, autocommit=True, **options) as connection:
        explainer = Explainer(connection, json.loads(arguments.state.read_text()))
        page = [_HEAD.format(statuses=f"{seed_sql.count_statuses(connection).number:,}")]
        for title, statement, differing in explainer.cases():
            took, lines = explainer.explain(statement, differing)
            page += [f"## {title}\n", f"{took:.1f} ms\n", "```", *lines, "```\n"]
    arguments.output.write_text("\n".join(page), "utf-8")


if __name__ == "__main__":
    main()
