"""Tops up the database of a server with made-up accounts and statuses: python benchmarks/seed.py --help.

The rows are those that the API would have written; only that they come in batches, and that pictures have no
files. What a benchmark needs to find in them (tokens and ids) goes into a JSON file.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import secrets
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import aiosql
import psycopg
from psycopg.rows import namedtuple_row

from pleroma.server import postgres

sql: Any = aiosql.from_path(Path(__file__).with_name("seed.sql"), "psycopg")
BATCH = 50_000
SENTENCES = 5000
WORD = "harvest"
BIG_TAG, SMALL_TAG = "seedlarge", "seedsmall"
REPLIES, FAVOURITES, QUIET = 50, 40, 5
# Accounts of elsewhere in the federated shape, and how many of them somebody here may follow.
FAR, FOLLOWED_FAR = 20_000, 2000
# The sizes of --large at 1,000,000 statuses; fewer statuses make them smaller.
LARGE = {
    "tag": 200_000,
    "account": 300_000,
    "followers": 200_000,
    "notifications": 500_000,
    "thread": 4000,
    "tail": 100_000,
}


class Seeder:
    """Fills one database up to a number of statuses."""

    def __init__(self, connection: psycopg.Connection[Any], statuses: int, followed: list[int], large: bool) -> None:
        self._connection = connection
        self._statuses = statuses
        self._followed = followed
        self._people = max([*followed, 30])
        scale = min(1.0, statuses / 1_000_000) if large else 0.0
        self._sizes = {name: int(size * scale) for name, size in LARGE.items()}
        self._large = large
        self._now = datetime.now(UTC)

    def run(self) -> dict[str, Any]:
        """Fill, and return what the state file says."""
        self.share_sentences()
        with self._connection.transaction():
            self._make_people()
        self._write_statuses()
        with self._connection.transaction():
            self._make_specials()
            if self._large:
                self._make_large()
        for table in (
            "accounts",
            "statuses",
            "status_tags",
            "status_media",
            "media",
            "notifications",
            "interactions",
            "follows",
        ):
            self._connection.execute(f"vacuum (analyze) {table}")
        return self._state()

    def share_sentences(self) -> None:
        """Make what the statements take their texts from."""
        with self._connection.transaction():
            sql.make_tables(self._connection)
            with self._connection.cursor().copy("copy seed_sentences from stdin") as copy:
                for row in enumerate(_sentences(), 1):
                    copy.write_row(row)

    def _id(self, nickname: str) -> int:
        return int(sql.account(self._connection, nickname=nickname).id)

    def _follow(self, follower: str, followers: int, followed: str, number: int) -> None:
        sql.follow(
            self._connection, followers=follower, follower_numbers=followers, followed=followed, followed_numbers=number
        )

    def _make_people(self) -> None:
        connection = self._connection
        sql.make_accounts(connection, prefix="seed", number=self._people, domain=None)
        sql.make_accounts(connection, prefix="quiet", number=QUIET, domain=None)
        for nickname in (
            "seedreader",
            "seedauthor",
            "seedquiet",
            "seedblocker",
            *(f"seedfollows{n}x" for n in self._followed),
        ):
            sql.make_accounts(connection, prefix=nickname, number=1, domain=None)
        for number in self._followed:
            self._follow(f"seedfollows{number}x", 1, "seed", number)
        self._follow("seedreader", 1, "seed", min(200, self._people))
        self._follow("seed", self._people, "seedauthor", 1)
        self._follow("seed", self._people, "seed", 10)
        self._follow("seedquiet", 1, "quiet", QUIET)
        self._follow("seedblocker", 1, "seed", min(200, self._people - 20))
        last = self._people
        sql.block(connection, nickname="seedblocker1", prefix="seed", first=last - 9, last=last)
        sql.mute(connection, nickname="seedblocker1", prefix="seed", first=last - 19, last=last - 10)
        if self._large:
            self._make_large_people()

    def _make_large_people(self) -> None:
        connection = self._connection
        for nickname in ("seedbig", "seednotified", "seedmuter"):
            sql.make_accounts(connection, prefix=nickname, number=1, domain=None)
        sql.make_accounts(connection, prefix="loud", number=20, domain=None)
        sql.mute(connection, nickname="seedmuter1", prefix="loud", first=1, last=20)
        sql.make_accounts(connection, prefix="far", number=self._sizes["followers"], domain="far.example")
        self._follow("far", self._sizes["followers"], "seedbig", 1)

    def _publish(self) -> None:
        for step in ("statuses", "tags", "pictures", "attachments", "notifications", "counts"):
            getattr(sql, f"publish_{step}")(self._connection)
        sql.clear_drafts(self._connection)

    def _write_statuses(self) -> None:
        present = sql.count_statuses(self._connection)
        missing = self._statuses - present.number
        if sql.oldest_status(self._connection, nickname="quiet1") is None:
            with self._connection.transaction():
                year = self._now - timedelta(days=366)
                sql.draft_by(
                    self._connection,
                    prefix="quiet",
                    numbers=QUIET,
                    each=20,
                    since=year - timedelta(days=300),
                    until=year,
                )
                self._publish()
            missing -= QUIET * 20
        if sql.oldest_status(self._connection, nickname="seedreader1") is None:
            missing -= REPLIES + 2
        if self._large and sql.oldest_status(self._connection, nickname="seednotified1") is None:
            missing -= self._sizes["thread"] + 3 + self._noted()
        earliest = self._now - timedelta(days=300)
        since = max(present.newest or earliest, earliest)
        until = self._now - timedelta(minutes=2)
        tail = min(self._sizes["tail"], max(missing, 0))
        self._write_batches(missing, tail, min(since, until - timedelta(seconds=60)), until)

    def _write_batches(self, missing: int, tail: int, since: datetime, until: datetime) -> None:
        written = 0
        while written < missing:
            left = missing - tail - written
            number = min(BATCH, left if left > 0 else missing - written)
            step = (until - since) / missing
            with self._connection.transaction():
                self._draft(number, since + step * written, since + step * (written + number), quiet_tail=left <= 0)
                self._publish()
            written += number
            print(f"{written} of {missing} statuses written", file=sys.stderr, flush=True)

    def _draft(self, number: int, since: datetime, until: datetime, *, quiet_tail: bool) -> None:
        """A batch; in the quiet tail nearly all is unlisted or by the loud accounts."""
        body = max(self._statuses - self._sizes["tail"], 1)
        sql.draft(
            self._connection,
            number=number,
            since=since,
            until=until,
            authors=self._people,
            big_author_id=self._id("seedbig1") if self._large else 0,
            big_author_share=0.0 if quiet_tail else 1.02 * self._sizes["account"] / body,
            loud_authors=20 if self._large else 0,
            loud_share=0.4 if quiet_tail else 0.0,
            unlisted_share=0.999 if quiet_tail else 0.07,
            reader_id=self._id("seedreader1"),
            big_tag=BIG_TAG,
            big_tag_share=1.02 * self._sizes["tag"] / max(self._statuses, 1),
        )

    def _make_specials(self) -> None:
        connection = self._connection
        if sql.oldest_status(connection, nickname="seedreader1") is not None:
            return
        start = self._now - timedelta(days=60)
        for nickname in ("seedreader", "seedauthor"):
            sql.draft_by(
                connection, prefix=nickname, numbers=1, each=1, since=start, until=start + timedelta(seconds=10)
            )
        self._publish()
        root = sql.oldest_status(connection, nickname="seedauthor1").id
        self._write_thread(root, REPLIES, start + timedelta(seconds=20), start + timedelta(seconds=60))
        sql.favourite(
            connection, nickname="seedreader1", newest=1, prefix="seed", domain="", each=min(FAVOURITES, self._people)
        )

    def _write_thread(self, root: int, number: int, since: datetime, until: datetime) -> None:
        sql.draft_thread(self._connection, root_id=root, number=number, since=since, until=until, authors=self._people)
        self._publish()

    def _noted(self) -> int:
        """How many statuses the account with many notifications wrote."""
        return max(1, self._sizes["notifications"] // 1000)

    def _make_large(self) -> None:
        connection = self._connection
        if sql.oldest_status(connection, nickname="seednotified1") is not None:
            return
        start = self._now - timedelta(days=59)
        sql.draft_by(connection, prefix="loud", numbers=3, each=1, since=start, until=start + timedelta(seconds=1))
        sql.draft_by(
            connection,
            prefix="seednotified",
            numbers=1,
            each=self._noted(),
            since=start,
            until=start + timedelta(seconds=10),
        )
        sql.tag_drafts(connection, tag=SMALL_TAG, number=3)
        self._publish()
        sql.favourite(
            connection, nickname="seednotified1", newest=self._noted(), prefix="far", domain="far.example", each=1000
        )
        self._write_thread(
            self._large_thread(), self._sizes["thread"], start + timedelta(seconds=12), start + timedelta(seconds=40)
        )

    def run_remote(self, statuses: int) -> dict[str, str]:
        """Add so many statuses of elsewhere, nearly all by accounts that nobody follows; returns tokens of readers.

        The readers follow 10, 200 and 2,000 of the accounts that wrote one in a hundred of them. A third are reblogs.
        """
        connection = self._connection
        with connection.transaction():
            sql.make_accounts(connection, prefix="fed", number=FAR, domain="fed.example")
            for number in self._followed:
                sql.make_accounts(connection, prefix=f"fedfollows{number}x", number=1, domain=None)
                self._follow(f"fedfollows{number}x", 1, "fed", number)
        written, step = 0, timedelta(days=300) / max(1, statuses // BATCH)
        since = self._now - timedelta(days=300)
        while written < statuses:
            when = {"since": since, "until": min(since + step, self._now - timedelta(minutes=2))}
            with connection.transaction():
                for share, first, last in ((0.01, 1, FOLLOWED_FAR), (0.99, FOLLOWED_FAR + 1, FAR)):
                    number = int(BATCH * share)
                    people = {"first": first, "last": last, **when}
                    sql.write_remote(connection, number=number * 2 // 3, **people)
                    sql.reblog_remote(connection, number=number // 3, **people)
            written, since = written + BATCH, since + step
            print(f"{written} of {statuses} statuses of elsewhere written", file=sys.stderr, flush=True)
        connection.execute("vacuum (analyze) statuses")
        app_id = sql.make_app(connection).id
        return {str(number): self._token(app_id, f"fedfollows{number}x1") for number in self._followed}

    def _token(self, app_id: int, nickname: str) -> str:
        value = secrets.token_urlsafe(32)
        digest = hashlib.sha256(value.encode()).digest()
        sql.make_token(self._connection, token_hash=digest, app_id=app_id, account_id=self._id(nickname))
        return value

    def _large_thread(self) -> int:
        return int(sql.oldest_status(self._connection, nickname="seednotified1").id)

    def _state(self) -> dict[str, Any]:
        connection = self._connection
        app_id = sql.make_app(connection).id

        def token(nickname: str) -> str:
            return self._token(app_id, nickname)

        state: dict[str, Any] = {
            "reader": token("seedreader1"),
            "author": token("seedauthor1"),
            "account_id": str(self._id("seed1")),
            "status_id": str(sql.oldest_status(connection, nickname="seedreader1").id),
            "thread_id": str(sql.oldest_status(connection, nickname="seedauthor1").id),
            "favourite_ids": [str(row.id) for row in sql.statuses_to_favourite(connection, number=2000)],
            "readers": {str(number): token(f"seedfollows{number}x1") for number in self._followed},
            "quiet_reader": token("seedquiet1"),
            "blocking_reader": token("seedblocker1"),
        }
        if self._large:
            state["large"] = {
                "tag": BIG_TAG,
                "small_tag": SMALL_TAG,
                "account_id": str(self._id("seedbig1")),
                "followed_id": str(self._id("seedbig1")),
                "thread_id": str(self._large_thread()),
                "notified": token("seednotified1"),
                "muting_reader": token("seedmuter1"),
                "search": WORD,
            }
        return state


def _sentences() -> list[str]:
    """Sentences of common and rare words; a tenth of them has the frequent word that is searched for."""
    chance = random.Random(7)
    syllables = [consonant + vowel for consonant in "bdfghjklmnprstvz" for vowel in ("a", "e", "i", "o", "u")]
    words = [
        "".join(chance.choice(syllables) for _ in range(chance.choice((1, 2, 2, 3, 3, 4)))) for _ in range(SENTENCES)
    ]
    sentences = []
    for _ in range(SENTENCES):
        chosen = [words[int(len(words) * chance.random() ** 3)] for _ in range(chance.randint(5, 13))]
        if chance.random() < 0.1:
            chosen[0] = WORD
        sentences.append(" ".join(chosen) + ".")
    return sentences


def seed(url: str, statuses: int, followed: list[int], large: bool = False) -> dict[str, Any]:
    """Top the database at `url` up to so many statuses in all; returns what the state file says."""
    with psycopg.connect(url, autocommit=True, row_factory=namedtuple_row, options="-c jit=off") as connection:
        return Seeder(connection, statuses, followed, large).run()


def seed_remote(url: str, statuses: int, followed: list[int]) -> dict[str, str]:
    """Add statuses of elsewhere to the database at `url`; returns a token for each number of followed accounts."""
    with psycopg.connect(url, autocommit=True, row_factory=namedtuple_row, options="-c jit=off") as connection:
        seeder = Seeder(connection, 0, followed, large=False)
        seeder.share_sentences()
        return seeder.run_remote(statuses)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Tops up the database of a server with made-up statuses.")
    parser.add_argument("--statuses", type=int, required=True, help="how many there shall be in all")
    parser.add_argument(
        "--followed", default="10,200,2000", help="a reader for each of these numbers of followed accounts"
    )
    parser.add_argument("--state", type=Path, required=True, help="where to write tokens and ids as JSON")
    parser.add_argument("--large", action="store_true", help="also the large lists: tag, account, followers, thread …")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--url", default=os.environ.get("PLEROMA_DATABASE_URL"), help="the address of the database")
    where.add_argument("--data-dir", type=Path, help="the data directory of a running server (default: instance)")
    return parser.parse_args()


def main() -> None:
    """Seed the database that the command line names."""
    arguments = _arguments()
    directory = arguments.data_dir or Path(os.environ.get("PLEROMA_DATA_DIR", "instance"))
    url = None if arguments.data_dir else arguments.url
    url = url or postgres.running_url(directory)
    if url is None:
        raise SystemExit(f"Error: no server runs on {directory}; start it, or name its database with --url")
    started = time.monotonic()
    state = seed(url, arguments.statuses, [int(number) for number in arguments.followed.split(",")], arguments.large)
    arguments.state.write_text(json.dumps(state, indent=1) + "\n", "utf-8")
    print(f"seeded in {time.monotonic() - started:.0f} s; {arguments.state}", file=sys.stderr)


if __name__ == "__main__":
    main()
