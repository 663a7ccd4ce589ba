"""Statuses of the admin API (15)."""

import pytest

STATUSES = "/api/pleroma/admin/statuses"


def test_sensitivity_and_visibility(client, root, alice, bob, post, log):
    status_id = post(alice, "x @bob")["id"]
    changed = client.put_json(
        f"{STATUSES}/{status_id}", {"sensitive": "true", "visibility": "private"}, auth=root, status=200
    )
    assert (changed.json["sensitive"], changed.json["visibility"]) == (True, "private")
    client.get(f"/api/v1/statuses/{status_id}", status=404)
    assert client.get("/api/v1/timelines/public").json == []
    assert client.get(f"/api/v1/accounts/{alice.id}").json["statuses_count"] == 0
    client.get(f"/api/v1/statuses/{status_id}", auth=bob, status=200)
    client.put(f"{STATUSES}/{status_id}", {"visibility": "public"}, auth=root, status=200)
    assert len(client.get("/api/v1/timelines/public").json) == 1
    assert client.get(f"/api/v1/accounts/{alice.id}").json["statuses_count"] == 1
    client.put(f"{STATUSES}/{status_id}", {"sensitive": "false"}, auth=root, status=200)
    assert log() == [
        f"@root updated status #{status_id}, set sensitive: 'false'",
        f"@root updated status #{status_id}, set visibility: 'public'",
        f"@root updated status #{status_id}, set sensitive: 'true', visibility: 'private'",
    ]


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"visibility": "direct"},
        {"visibility": "x"},
        {"sensitive": "maybe"},
        {"sensitive": "true", "visibility": "x"},
    ],
)
def test_refusals_change_nothing(client, root, alice, post, sent, log):
    status_id = post(alice, "x")["id"]
    assert "error" in client.put_json(f"{STATUSES}/{status_id}", sent, auth=root, status=400).json
    assert client.get(f"/api/v1/statuses/{status_id}").json["sensitive"] is False
    assert log() == []


def test_a_direct_status_is_not_published(client, root, alice, post):
    status_id = post(alice, "x", visibility="direct")["id"]
    answer = client.put(f"{STATUSES}/{status_id}", {"visibility": "public"}, auth=root, status=400)
    assert answer.json == {"error": "Unsupported visibility"}


def test_deleting(client, root, alice, post, log):
    status_id = post(alice, "x")["id"]
    assert client.delete(f"{STATUSES}/{status_id}", auth=root, status=200).json == {}
    client.get(f"/api/v1/statuses/{status_id}", status=404)
    assert client.delete(f"{STATUSES}/{status_id}", auth=root, status=404).json == {"error": "Not found"}
    assert log() == [f"@root deleted status #{status_id}"]


def test_staff_deleting_by_the_mastodon_api_is_logged_too(client, root, alice, post, log):
    status_id = post(alice, "x")["id"]
    client.delete(f"/api/v1/statuses/{status_id}", auth=root, status=200)
    assert log() == [f"@root deleted status #{status_id}"]


@pytest.mark.parametrize("path", [STATUSES, "/api/v1/statuses"])
def test_a_deleted_reblog_stays_away_when_the_author_of_its_original_comes_back(
    client, root, alice, bob, post, sql, path
):
    status = post(alice, "x")
    reblog = client.post(f"/api/v1/statuses/{status['id']}/reblog", auth=bob, status=200).json
    sql("update accounts set active = false where id = %s", alice.id)
    client.delete(f"{path}/{reblog['id']}", auth=root, status=200)
    sql("update accounts set active = true where id = %s", alice.id)
    client.get(f"/api/v1/statuses/{reblog['id']}", status=404)
    assert client.get(f"/api/v1/accounts/{bob.id}/statuses", status=200).json == []
    original = client.get(f"/api/v1/statuses/{status['id']}", auth=bob, status=200).json
    assert (original["reblogs_count"], original["reblogged"]) == (0, False)
    assert client.get("/api/v1/notifications", auth=alice, status=200).json == []
