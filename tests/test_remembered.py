"""Answers that are sent again: only while nothing was written, and only to whom they were given (docs/model.md)."""

import io

import psycopg
import pytest

from pleroma import remembered
from pleroma.db import timing
from pleroma.remembered import Answers, Memory

HOME, PUBLIC = "/api/v1/timelines/home", "/api/v1/timelines/public"


def statements():
    """How many the last request took."""
    return timing.figures.statements


@pytest.fixture
def repeated(client):
    """Asks twice, sees that the second answer was remembered, and gives its JSON."""

    def ask(path, **options):
        first = client.get(path, status=200, **options)
        second = client.get(path, status=200, **options)
        assert statements() == 1
        assert second.body == first.body
        assert second.headers.get("Link") == first.headers.get("Link")
        return second.json

    return ask


def test_a_page_is_read_once_while_nothing_is_written(repeated, alice, bob, post):
    status = post(alice, "hello")
    assert [one["id"] for one in repeated(HOME, auth=alice)] == [status["id"]]
    for path in (PUBLIC, f"/api/v1/accounts/{alice.id}/statuses", "/api/v1/timelines/tag/x"):
        repeated(path, auth=bob)
        repeated(path)
    repeated("/api/v1/notifications", auth=bob)
    repeated(f"/api/v1/statuses/{status['id']}/context", auth=bob)
    assert repeated(f"/api/v1/statuses/{status['id']}", auth=bob)["id"] == status["id"]


def test_each_sees_what_is_for_them(repeated, client, alice, bob, post):
    secret = post(alice, "for me", visibility="private")
    path = f"/api/v1/statuses/{secret['id']}"
    assert repeated(path, auth=alice)["id"] == secret["id"]
    client.get(path, auth=bob, status=404)
    client.get(path, status=404)
    account = f"/api/v1/accounts/{alice.id}/statuses"
    assert len(repeated(account, auth=alice)) == 1
    assert repeated(account, auth=bob) == repeated(account) == []


def test_path_and_query_count(repeated, alice, post):
    ids = [post(alice, text)["id"] for text in ("one", "two")]
    assert [one["id"] for one in repeated(f"{PUBLIC}?limit=1")] == ids[1:]
    assert [one["id"] for one in repeated(f"{PUBLIC}?limit=2")] == ids[::-1]
    assert [one["id"] for one in repeated(f"{PUBLIC}?max_id={ids[1]}")] == ids[:1]


def test_a_body_counts(client, repeated, alice, post):
    ids = [post(alice, text)["id"] for text in ("one", "two")]
    assert [one["id"] for one in repeated(PUBLIC)] == ids[::-1]
    sent = {
        "CONTENT_TYPE": "application/json",
        "wsgi.input": io.BytesIO(b'{"limit": 1}'),
        "wsgi.input_terminated": True,
    }
    answer = client.get(PUBLIC, extra_environ={**sent, "HTTP_TRANSFER_ENCODING": "chunked"})
    assert [one["id"] for one in answer.json] == ids[1:]


@pytest.mark.parametrize(
    ("path", "parameters", "key", "value"),
    [
        ("/api/v1/statuses/{status}/favourite", {}, "favourited", True),
        ("/api/v1/statuses/{status}/bookmark", {}, "bookmarked", True),
        ("/api/v1/statuses/{status}/mute", {}, "muted", True),
        ("/api/v1/statuses", {"status": "answer", "in_reply_to_id": "{status}"}, "replies_count", 1),
    ],
)
def test_what_was_written_shows_at_once(client, repeated, alice, post, path, parameters, key, value):
    status = post(alice, "hello")["id"]
    where = f"/api/v1/statuses/{status}"
    assert repeated(where, auth=alice)[key] != value
    sent = {name: text.format(status=status) for name, text in parameters.items()}
    client.post(path.format(status=status), sent, auth=alice, status=200)
    assert client.get(where, auth=alice).json[key] == value


def test_what_another_process_wrote_shows_at_once(client, repeated, alice, post, sql):
    post(alice, "hello")
    assert repeated(PUBLIC)[0]["account"]["locked"] is False
    sql("update accounts set locked = true where id = %s", alice.id)
    assert client.get(PUBLIC).json[0]["account"]["locked"] is True


def test_what_was_not_committed_is_not_shown(client, repeated, alice, post, database_url):
    post(alice, "hello")
    with psycopg.connect(database_url) as writer:
        writer.execute("update accounts set locked = true where id = %s", [alice.id])
        assert repeated(PUBLIC)[0]["account"]["locked"] is False
        writer.commit()
        assert client.get(PUBLIC).json[0]["account"]["locked"] is True


def test_a_revoked_token_gets_nothing(client, repeated, alice, sql):
    repeated(HOME, auth=alice)
    sql("delete from tokens where account_id = %s", alice.id)
    client.get(HOME, auth=alice, status=403)


def test_what_the_clock_changes_is_seen_after_a_while(client, repeated, alice, monkeypatch):
    repeated(HOME, auth=alice)
    now = remembered.monotonic()
    monkeypatch.setattr(remembered, "monotonic", lambda: now + 6)
    client.get(HOME, auth=alice)
    assert statements() == 2


def test_refusals_are_not_remembered(client, alice):
    for _ in range(2):
        client.get("/api/v1/statuses/1", auth=alice, status=404)
        assert statements() == 1


class Answer:
    """As much of an answer as is needed to remember it."""

    def __init__(self, size):
        self._size = size

    def get_data(self):
        """So many bytes."""
        return b"x" * self._size


def test_memory_is_bounded():
    answers = Answers("1:1:")
    first, second, huge, small = ("/a", b""), ("/b", b""), ("/c", b""), ("/d", b"")
    answers.keep(first, 1, Answer(600_000))
    assert answers.find(first, 1) is not None
    assert answers.find(first, 2) is None
    answers.keep(small, 1, Answer(1))
    # What takes an older answer's place takes its room too.
    answers.keep(first, 1, Answer(600_000))
    assert answers.find(small, 1) is not None
    answers.keep(huge, 1, Answer(1_100_000))
    assert answers.find(huge, 1) is None
    assert answers.find(first, 1) is not None
    answers.keep(second, 1, Answer(600_000))
    assert answers.find(second, 1) is not None
    assert answers.find(first, 1) is None


def test_another_snapshot_begins_anew_also_for_a_late_thread():
    memory = Memory()
    late = memory.of("1:1:")
    newer = memory.of("1:2:")
    late.keep(("/a", b""), 1, Answer(1))
    assert newer.find(("/a", b""), 1) is None
    assert memory.of("1:2:") is newer
