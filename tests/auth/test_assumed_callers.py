"""Who a token speaks for is asked together with what the request needs: no answer relies on what was so before."""

import pytest

from pleroma.db import timing

READS = [
    ("/api/v1/timelines/home", 200),
    ("/api/v1/notifications", 200),
    ("/api/v1/accounts/verify_credentials", 200),
    ("/api/v1/statuses/1", 404),
    ("/api/v1/lists/1", 404),
    ("/api/v1/accounts/relationships", 200),
]


@pytest.mark.parametrize(("path", "status"), READS)
def test_a_token_that_has_ended_elsewhere_is_refused_at_once(client, alice, sql, path, status):
    for _ in range(3):
        client.get(path, auth=alice, status=status)
    sql("delete from tokens")
    response = client.get(path, auth=alice, expect_errors=True)
    if path == "/api/v1/statuses/1":
        # It is for everybody, and without a token just as unknown.
        assert response.status_int == 404
    else:
        assert (response.status_int, response.json) == (403, {"error": "Invalid credentials."})


def test_who_lacks_a_scope_is_a_stranger_first(client, person, sql):
    narrow = person("narrow", scopes=("follow",))
    for _ in range(3):
        refused = client.get("/api/v1/timelines/home", auth=narrow, status=403)
        assert refused.json == {"error": "Insufficient permissions: read."}
    sql("delete from tokens")
    refused = client.get("/api/v1/timelines/home", auth=narrow, status=403)
    assert refused.json == {"error": "Invalid credentials."}


@pytest.mark.parametrize(
    "change",
    [
        "update accounts set login_version = login_version + 1",
        "update accounts set active = false",
        "update tokens set last_used_at = now() - interval '2 years'",
        "update tokens set scopes = '{follow}'",
    ],
)
def test_what_ends_or_narrows_a_token_counts_for_the_next_request(client, alice, sql, change):
    for _ in range(3):
        client.get("/api/v1/timelines/home", auth=alice, status=200)
    sql(change)
    client.get("/api/v1/timelines/home", auth=alice, status=403)


def test_rights_that_were_taken_away_are_gone_at_once(client, person, sql):
    root = person("root", admin=True)
    for _ in range(3):
        client.get("/api/pleroma/admin/users", auth=root, status=200)
    sql("update accounts set is_admin = false")
    client.get("/api/pleroma/admin/users", auth=root, status=403)


def test_without_its_token_somebody_is_a_stranger(client, alice, bob, post, sql):
    client.post(f"/api/v1/accounts/{alice.id}/follow", auth=bob)
    private = post(alice, "for followers", visibility="private")["id"]
    for _ in range(3):
        assert client.get(f"/api/v1/accounts/{alice.id}/statuses", auth=bob, status=200).json[0]["id"] == private
    sql("delete from tokens where account_id = %s", bob.id)
    assert client.get(f"/api/v1/accounts/{alice.id}/statuses", auth=bob, status=200).json == []


def test_a_token_that_was_not_used_for_a_day_is_noted_as_used(client, alice, sql):
    for _ in range(3):
        client.get("/api/v1/timelines/home", auth=alice, status=200)
    sql("update tokens set last_used_at = now() - interval '2 days'")
    client.get("/api/v1/timelines/home", auth=alice, status=200)
    assert sql("select last_used_at > now() - interval '1 minute' from tokens") == [(True,)]


def test_a_statement_that_fails_leaves_the_connection_as_it_was(client, alice, post):
    status = post(alice, "hello")["id"]
    for _ in range(3):
        client.get("/api/v1/timelines/home", auth=alice, status=200)
        client.get("/api/v1/lists/1/accounts", auth=alice, status=404)
        client.get(f"/api/v1/statuses/{status}", auth=alice, status=200)
        assert timing.figures.statements == 2


def test_a_connection_that_is_cut_in_between_is_replaced(client, alice, sql):
    for _ in range(3):
        client.get("/api/v1/timelines/home", auth=alice, status=200)
    sql(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where pid <> pg_backend_pid() and application_name like 'pleroma %'"
    )
    client.get("/api/v1/timelines/home", auth=alice, status=200)
