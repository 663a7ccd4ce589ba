"""A request that PostgreSQL rolled back, to end a deadlock, is run anew and succeeds as if nothing had happened."""

import psycopg
import pytest

from pleroma.statuses import posting
from pleroma.web import uploads
from tests.views.mastodon.test_media import png


@pytest.fixture
def failing(monkeypatch):
    """Lets a function of a module fail its first calls: failing(posting, "publish", times=1)."""

    def make(module, name, times=1):
        original = getattr(module, name)
        left = [times]

        def fail(*arguments, **values):
            result = original(*arguments, **values)
            if left[0]:
                left[0] -= 1
                raise psycopg.errors.DeadlockDetected("deadlock detected")
            return result

        monkeypatch.setattr(module, name, fail)

    return make


def test_a_request_is_run_anew_once_and_for_all(client, alice, failing):
    failing(posting, "publish", times=2)
    status = client.post("/api/v1/statuses", {"status": "once"}, auth=alice, status=200).json
    listed = client.get(f"/api/v1/accounts/{alice.id}/statuses", auth=alice).json
    assert [item["id"] for item in listed] == [status["id"]]
    assert listed[0]["account"]["statuses_count"] == 1


def test_who_fails_again_and_again_is_told_so(client, alice, failing):
    failing(posting, "publish", times=9)
    answer = client.post("/api/v1/statuses", {"status": "never"}, auth=alice, status=503)
    assert answer.json == {"error": "The database is not available"}
    assert client.get(f"/api/v1/accounts/{alice.id}/statuses", auth=alice).json == []


def test_a_file_is_read_from_its_start_again(client, alice, failing):
    failing(uploads, "prepare")
    answer = client.post("/api/v1/media", upload_files=[("file", "cat.png", png())], auth=alice, status=200)
    assert answer.json["type"] == "image"


def test_limits_count_a_request_once(make_client, alice, failing):
    client = make_client(rate_limits=True)
    failing(posting, "publish")
    answer = client.post("/api/v1/statuses", {"status": "once"}, auth=alice, status=200)
    assert answer.headers["X-RateLimit-Remaining"] == "14"


def test_a_key_of_idempotency_survives_it(client, alice, failing):
    failing(posting, "publish")
    key = {"Idempotency-Key": "k"}
    first, second = (
        client.post("/api/v1/statuses", {"status": "once"}, headers=key, auth=alice, status=200) for _ in range(2)
    )
    assert (first.json["id"], second.headers["Idempotent-Replayed"]) == (second.json["id"], "true")


def test_an_author_who_is_deactivated_meanwhile_posts_nothing(client, alice, monkeypatch, sql):
    publish = posting.publish

    def publish_too_late(*arguments):
        status_id = publish(*arguments)
        arguments[0].execute("update accounts set active = false where id = %s", [alice.id])
        return status_id

    monkeypatch.setattr(posting, "publish", publish_too_late)
    answer = client.post("/api/v1/statuses", {"status": "late"}, auth=alice, status=404)
    assert answer.json == {"error": "Record not found"}
    assert sql("select count(*) from statuses") == [(0,)]
