"""Accounts and statuses of other servers, as if they had been looked up or sent."""

import dataclasses
import threading
import time
from datetime import UTC, datetime

import pytest

from pleroma import db
from pleroma.db import queries
from pleroma.federation import objects, storing

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


@dataclasses.dataclass(frozen=True)
class Remote:
    """An account of another server."""

    id: int
    nickname: str
    host: str
    uri: str

    @property
    def acct(self):
        """Its handle, without the first @."""
        return f"{self.nickname}@{self.host}"

    @property
    def followers(self):
        """The address of its followers."""
        return f"{self.uri}/followers"


@pytest.fixture
def remote_account(_pool):
    """Makes an account elsewhere: remote_account("dora", host="there.example", locked=True)."""

    def make(nickname="dora", host="there.example", **changes):
        uri = changes.get("uri", f"https://{host}/users/{nickname}")
        described = {
            "uri": uri,
            "nickname": nickname,
            "domain": host,
            "url": f"https://{host}/@{nickname}",
            "display_name": nickname.title(),
            "note": "",
            "note_source": "",
            "fields": "[]",
            "locked": False,
            "bot": False,
            "is_group": False,
            "discoverable": False,
            "created_at": datetime(2020, 1, 1, tzinfo=UTC),
            "host": host,
            "inbox": f"{uri}/inbox",
            "shared_inbox": f"https://{host}/inbox",
            "outbox": f"{uri}/outbox",
            "followers": f"{uri}/followers",
            "featured": None,
            "avatar_url": None,
            "header_url": None,
            "also_known_as": [],
            "followers_count": None,
            "following_count": None,
            "statuses_count": None,
        }
        with db.in_transaction() as connection:
            row = queries.remote_accounts.store(connection, **described | changes)
        return Remote(row.id, nickname, host, uri)

    return make


@pytest.fixture
def dora(remote_account):
    """Dora, who lives on another server."""
    return remote_account("dora")


@pytest.fixture
def remote_status(settings, _pool):
    """Stores a status that another server sent: remote_status(dora, "hello", to=[PUBLIC]); the id, None for nothing."""

    def send(author, content="<p>hello</p>", *, number=1, arrives=True, recipient=None, **changes):
        document = {
            "type": "Note",
            "id": f"https://{author.host}/objects/{number}",
            "url": f"https://{author.host}/@{author.nickname}/{number}",
            "attributedTo": author.uri,
            "content": content,
            "published": datetime.now(UTC).isoformat(),
            "to": [PUBLIC],
            "cc": [author.followers],
        }
        config = dataclasses.replace(settings, federation=True)
        status = objects.read(document | changes, config)
        with db.in_transaction() as connection:
            queries.outgoing.be_quiet(connection)
            row = queries.remote_accounts.by_uri(connection, uri=author.uri)
            context = storing.context_of(connection, status, config)
            circle = storing.audience(connection, status, row, context, recipient and recipient.id)
            return storing.store(connection, status, author.id, circle, context.parent, arrives=arrives)

    return send


@pytest.fixture
def outgoing(sql):
    """What is to be sent, in its order: each kind with who did it, and whom or what it is about, and then forgotten."""

    def read():
        rows = sql("delete from outgoing returning id, kind, account_id, target_id, status_id, about")
        return [{"kind": kind, "account": account, "target": target, "status": status, "about": about}
                for _, kind, account, target, status, about in sorted(rows, key=lambda row: row[0])]  # fmt: skip

    return read


@pytest.fixture
def find(sql):
    """Does the worker's part while a test goes on: find(make) calls make(kind, name) for what each look-up finds."""
    stop = threading.Event()
    threads = []

    def start(make):
        def work():
            while not stop.is_set():
                for kind, name in sql("select kind, name from lookups where done_at is null"):
                    account_id, status_id = make(kind, name)
                    sql(
                        "update lookups set due_at = null, done_at = now(), account_id = %s, status_id = %s"
                        " where kind = %s and name = %s",
                        account_id, status_id, kind, name,
                    )  # fmt: skip
                time.sleep(0.02)

        threads.append(threading.Thread(target=work))
        threads[-1].start()

    yield start
    stop.set()
    for thread in threads:
        thread.join()
