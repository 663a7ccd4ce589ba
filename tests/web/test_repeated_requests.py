"""A request of which nothing was stored is run again, and succeeds as if nothing had happened.

PostgreSQL rolled it back to end a deadlock, or connections were cut.
"""

import psycopg
import pytest

from pleroma import db
from pleroma.db import queries, statements
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
    failing(uploads, "prepared_file")
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


# --- Connections that are cut


@pytest.fixture
def cut(sql):
    """Ends every connection of the pool, which is full of them; gives their number."""

    def end_all():
        used = [db.pool().getconn() for _ in range(db.pool().max_size)]
        for connection in used:
            queries.authentication.by_token(connection, token_hash=b"")
            db.pool().putconn(connection)
        ended = "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'pleroma %'"
        assert len(sql(ended)) >= len(used)
        return len(used)

    return end_all


@pytest.mark.parametrize("method", ["get", "post"])
def test_no_request_fails_after_all_connections_were_cut(client, alice, cut, method):
    number = cut()
    paths = {"get": "/api/v1/timelines/home", "post": "/api/v1/statuses?status=hello"}
    for _ in range(number):
        getattr(client, method)(paths[method], auth=alice, status=200)
    posted = client.get(f"/api/v1/accounts/{alice.id}/statuses", auth=alice, status=200).json
    assert len(posted) == (number if method == "post" else 0)


def test_a_write_that_is_cut_before_its_commit_is_stored_once(client, alice, monkeypatch, sql):
    publish, cuts = posting.publish, []

    def publish_and_be_cut(connection, *arguments):
        status_id = publish(connection, *arguments)
        if len(cuts) < 3:
            cuts.append(sql("select pg_terminate_backend(%s)", connection.info.backend_pid))
        return status_id

    monkeypatch.setattr(posting, "publish", publish_and_be_cut)
    key = {"Idempotency-Key": "k"}
    status = client.post("/api/v1/statuses", {"status": "once"}, headers=key, auth=alice, status=200).json
    assert len(cuts) == 3
    listed = client.get(f"/api/v1/accounts/{alice.id}/statuses", auth=alice).json
    assert [item["id"] for item in listed] == [status["id"]]
    assert listed[0]["account"]["statuses_count"] == 1


def test_a_write_that_may_be_stored_is_not_run_again(client, alice, monkeypatch, sql):
    pipelined, commits = statements._pipelined, []

    def be_cut_after_the_commit(pgconn, session, calls):
        results = pipelined(pgconn, session, calls)
        if session.command(None, "commit") in calls:
            commits.append(sql("select pg_terminate_backend(%s)", pgconn.backend_pid))
            raise psycopg.OperationalError("cut")
        return results

    monkeypatch.setattr(statements, "_pipelined", be_cut_after_the_commit)
    client.post("/api/v1/statuses", {"status": "once"}, auth=alice, status=503)
    assert len(commits) == 1
    assert sql("select count(*) from statuses") == [(1,)]
