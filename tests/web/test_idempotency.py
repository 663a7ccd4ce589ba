"""Idempotency-Key: who is counted, who claims a key, and who waits for whom."""

import concurrent.futures
import threading

import pytest

from pleroma.statuses import posting

KEY = {"Idempotency-Key": "k"}


def _keys(sql):
    return sql("select key from idempotency_keys")


def test_a_preview_claims_no_key(client, alice, sql):
    sent = {"status": "once", "preview": "true"}
    client.post("/api/v1/statuses", sent, headers=KEY, auth=alice, status=200)
    assert _keys(sql) == []
    real = client.post("/api/v1/statuses", {"status": "once"}, headers=KEY, auth=alice, status=200)
    assert "Idempotent-Replayed" not in real.headers
    client.get(f"/api/v1/statuses/{real.json['id']}", auth=alice, status=200)
    shown = client.post("/api/v1/statuses", {**sent, "status": "twice"}, headers=KEY, auth=alice, status=200)
    assert "Idempotent-Replayed" not in shown.headers
    assert shown.json["id"] != real.json["id"]


def test_a_list_of_foreign_packs_claims_no_key(client, person, sql, monkeypatch):
    from pleroma.views.pleroma import emoji_packs

    class Instance:
        def packs(self):
            return {}

    monkeypatch.setattr(emoji_packs, "_instance", Instance)
    root = person("root", admin=True)
    client.post("/api/pleroma/emoji/packs/list_from", headers=KEY, auth=root, status=200)
    assert _keys(sql) == []


def test_an_error_with_status_200_gives_the_key_back(client, alice, sql):
    change = {"email": "new@mail.example", "password": "wrong"}
    for password in ("wrong", alice.password):
        answer = client.post(
            "/api/pleroma/change_email", {**change, "password": password}, headers=KEY, auth=alice, status=200
        )
    assert answer.json == {"status": "success"}
    assert sql("select email from users") == [("new@mail.example",)]


@pytest.mark.parametrize(
    ("path", "most"),
    [("/api/v1/statuses", 15), ("/api/v1/accounts/{id}/follow", 2), ("/api/v1/statuses/1/favourite", 3)],
)
def test_refused_requests_count_with_a_key_too(make_client, alice, path, most):
    client = make_client(rate_limits=True)
    path = path.format(id=alice.id)
    statuses = [
        client.post(path, {}, headers={"Idempotency-Key": str(number)}, auth=alice, expect_errors=True).status_code
        for number in range(most + 1)
    ]
    assert 429 not in statuses[:-1] and 200 not in statuses
    assert statuses[-1] == 429


def test_a_repetition_counts_too(make_client, alice):
    client = make_client(rate_limits=True)
    left = [
        client.post("/api/v1/statuses", {"status": "once"}, headers=KEY, auth=alice).headers["X-RateLimit-Remaining"]
        for _ in range(2)
    ]
    assert left == ["14", "13"]


def test_a_request_that_is_throttled_claims_no_key(make_client, alice, sql):
    client = make_client(rate_limits=True)
    for _ in range(15):
        client.post("/api/v1/statuses", {}, auth=alice, expect_errors=True)
    client.post("/api/v1/statuses", {"status": "once"}, headers=KEY, auth=alice, status=429)
    sql("delete from rate_limits")
    client.post("/api/v1/statuses", {"status": "once"}, headers=KEY, auth=alice, status=200)


def test_requests_of_one_account_with_different_keys_do_not_wait(make_client, alice, monkeypatch):
    publish, first_is_in, second_is_done = posting.publish, threading.Event(), threading.Event()

    def publish_slowly(connection, account_id, new, config):
        if new.source == "first":
            first_is_in.set()
            assert second_is_done.wait(10)
        return publish(connection, account_id, new, config)

    monkeypatch.setattr(posting, "publish", publish_slowly)

    def post(text):
        client = make_client(rate_limits=True)
        return client.post("/api/v1/statuses", {"status": text}, headers={"Idempotency-Key": text}, auth=alice).json

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        first = pool.submit(post, "first")
        assert first_is_in.wait(10)
        second = post("second")
        second_is_done.set()
        assert second["id"] != first.result()["id"]
