"""Scheduled statuses (docs/api/mastodon.md 4.7, 10.5, 11.10)."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.views.mastodon.test_media import png

SCHEDULED = "/api/v1/scheduled_statuses"


def later(**wait):
    """A time from now."""
    return (datetime.now(UTC) + timedelta(**wait)).isoformat()


@pytest.fixture
def scheduled(client, alice):
    """A status that alice scheduled."""
    sent = {"status": "tomorrow", "spoiler_text": "s", "scheduled_at": later(days=1), "visibility": "unlisted"}
    return client.post_json("/api/v1/statuses", sent, auth=alice, status=200).json


def test_nothing_is_posted_yet(client, alice, scheduled):
    assert set(scheduled) == {"id", "scheduled_at", "params", "media_attachments"}
    assert (scheduled["params"]["text"], scheduled["params"]["visibility"]) == ("tomorrow", "unlisted")
    assert scheduled["media_attachments"] == []
    assert scheduled["scheduled_at"].endswith("Z")
    assert client.get(f"/api/v1/accounts/{alice.id}/statuses").json == []
    assert client.get(SCHEDULED, auth=alice, status=200).json == [scheduled]
    assert client.get(f"{SCHEDULED}/{scheduled['id']}", auth=alice, status=200).json == scheduled


def test_the_visibility_is_resolved(client, alice):
    sent = {"status": "x", "scheduled_at": later(days=1)}
    assert client.post_json("/api/v1/statuses", sent, auth=alice).json["params"]["visibility"] == "public"


@pytest.mark.parametrize("wait", [{"minutes": 4}, {"days": -1}])
def test_what_is_near_or_past_is_posted_at_once(client, alice, wait):
    posted = client.post_json(
        "/api/v1/statuses", {"status": "x", "scheduled_at": later(**wait)}, auth=alice, status=200
    )
    assert posted.json["content"] == "x"


@pytest.mark.parametrize(
    "sent",
    [
        {"scheduled_at": "soon"},
        {"scheduled_at": "2999-01-01", "status": ""},
        {"scheduled_at": "2999-01-01", "media_ids": ["1"]},
    ],
)
def test_all_checks_run_when_scheduling(client, alice, sent):
    client.post_json("/api/v1/statuses", {"status": "x", **sent}, auth=alice, status=422)
    assert client.get(SCHEDULED, auth=alice).json == []


def test_a_job_posts_it_once_when_it_is_due(client, alice, bob, scheduled, sql, run_jobs):
    run_jobs()
    assert client.get(f"/api/v1/accounts/{alice.id}/statuses").json == []
    sql("update scheduled_statuses set scheduled_at = now()")
    sql("update procrastinate_jobs set scheduled_at = now() where task_name = 'post_scheduled_status'")
    sql(
        "select defer_job('upkeep', 'post_scheduled_status', jsonb_build_object('scheduled_id', %s))",
        int(scheduled["id"]),
    )
    run_jobs()
    (status,) = client.get(f"/api/v1/accounts/{alice.id}/statuses").json
    assert (status["spoiler_text"], status["visibility"]) == ("s", "unlisted")
    assert client.get(SCHEDULED, auth=alice).json == []


def test_postponing_and_cancelling(client, alice, bob, scheduled, run_jobs):
    path = f"{SCHEDULED}/{scheduled['id']}"
    moved = client.put(path, {"scheduled_at": later(days=2)}, auth=alice, status=200).json
    assert moved["scheduled_at"] > scheduled["scheduled_at"]
    answer = client.put(path, {"scheduled_at": later(minutes=4)}, auth=alice, status=422)
    assert answer.json == {"error": "must be at least 5 minutes from now"}
    for refused in (
        client.get(path, auth=bob, status=404),
        client.put(path, {"scheduled_at": later(days=2)}, auth=bob, status=404),
        client.delete(path, auth=bob, status=404),
    ):
        assert refused.json == {"error": "Record not found"}
    assert client.delete(path, auth=alice, status=200).json["id"] == scheduled["id"]
    client.get(path, auth=alice, status=404)


def test_limits(client, alice, scheduled, sql):
    sql(
        "insert into scheduled_statuses (account_id, request, media_ids, scheduled_at)"
        " select account_id, request, media_ids, scheduled_at from scheduled_statuses, generate_series(1, 24)"
    )
    sent = {"status": "x", "scheduled_at": scheduled["scheduled_at"]}
    assert client.post_json("/api/v1/statuses", sent, auth=alice, status=422).json == {"error": "daily limit exceeded"}
    sql(
        "insert into scheduled_statuses (account_id, request, media_ids, scheduled_at)"
        " select account_id, request, media_ids, scheduled_at from scheduled_statuses, generate_series(1, 11)"
    )
    sent["scheduled_at"] = later(days=9)
    assert client.post_json("/api/v1/statuses", sent, auth=alice, status=422).json == {"error": "total limit exceeded"}


def _forget_unused(sql, run_jobs):
    """Let three days pass and what is over be removed."""
    sql("update media set unused_since = unused_since - interval '3 days'")
    sql("select defer_job('upkeep', 'remove_what_is_over', '{}')")
    run_jobs()


@pytest.mark.parametrize("other", ["scheduled", "posted"])
def test_an_upload_is_kept_as_long_as_anything_names_it(client, alice, sql, run_jobs, other):
    files = [("file", "cat.png", png())]
    media_id = client.post("/api/v1/media", upload_files=files, auth=alice, status=200).json["id"]
    sent = {"status": "tomorrow", "media_ids": [media_id], "scheduled_at": later(days=1)}
    kept = client.post_json("/api/v1/statuses", sent, auth=alice, status=200).json
    if other == "scheduled":
        second = client.post_json("/api/v1/statuses", sent, auth=alice, status=200).json
        client.delete(f"{SCHEDULED}/{second['id']}", auth=alice, status=200)
    else:
        del sent["scheduled_at"]
        second = client.post_json("/api/v1/statuses", sent, auth=alice, status=200).json
        client.delete(f"/api/v1/statuses/{second['id']}", auth=alice, status=200)
    _forget_unused(sql, run_jobs)
    (shown,) = client.get(f"{SCHEDULED}/{kept['id']}", auth=alice, status=200).json["media_attachments"]
    assert shown["id"] == media_id

    sql("update scheduled_statuses set scheduled_at = now()")
    sql("update procrastinate_jobs set scheduled_at = now() where task_name = 'post_scheduled_status'")
    run_jobs()
    (status,) = client.get(f"/api/v1/accounts/{alice.id}/statuses", status=200).json
    _forget_unused(sql, run_jobs)
    (shown,) = client.get(f"/api/v1/statuses/{status['id']}", status=200).json["media_attachments"]
    assert shown["id"] == media_id

    client.delete(f"/api/v1/statuses/{status['id']}", auth=alice, status=200)
    _forget_unused(sql, run_jobs)
    client.get(f"/api/v1/media/{media_id}", auth=alice, status=404)
