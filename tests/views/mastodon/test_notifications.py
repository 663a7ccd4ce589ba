"""Notifications (docs/api/mastodon.md 6, docs/api/pleroma.md 11)."""

import re

import pytest


@pytest.fixture
def three(client, alice, bob, post):
    """Alice's notifications: mention, favourite, follow, oldest first."""
    status = post(alice, "x")
    post(bob, "@alice hi")
    client.post(f"/api/v1/statuses/{status['id']}/favourite", auth=bob)
    client.post(f"/api/v1/accounts/{alice.id}/follow", auth=bob)
    return [n["id"] for n in client.get("/api/v1/notifications", auth=alice).json][::-1]


def types(client, query, auth):
    """The types of a list of notifications."""
    return [n["type"] for n in client.get(f"/api/v1/notifications?{query}", auth=auth, status=200).json]


def test_a_notification_has_every_key_of_the_entity(client, alice, three):
    follow, favourite, mention = client.get("/api/v1/notifications", auth=alice).json
    assert set(follow) == {"id", "type", "created_at", "account", "pleroma"}
    assert set(favourite) == set(mention) == {"id", "type", "created_at", "account", "status", "pleroma"}
    assert follow["pleroma"] == {"is_seen": False}
    assert re.fullmatch(r"\d{1,15}", follow["id"])


def test_types_narrow(client, alice, three):
    assert types(client, "types[]=mention&types[]=follow", alice) == ["follow", "mention"]
    assert types(client, "include_types[]=mention", alice) == ["mention"]
    assert types(client, "exclude_types[]=mention&exclude_types[]=nonsense", alice) == ["follow", "favourite"]
    assert types(client, "types[]=nonsense", alice) == []


def test_of_one_account(client, alice, bob, carol, three):
    assert len(types(client, f"account_id={bob.id}", alice)) == 3
    assert types(client, f"account_id={carol.id}", alice) == []


def test_pages(client, alice, three):
    assert types(client, f"max_id={three[1]}", alice) == ["mention"]
    assert types(client, f"since_id={three[0]}&limit=1", alice) == ["follow"]
    assert types(client, f"min_id={three[0]}&limit=1", alice) == ["favourite"]
    answer = client.get("/api/v1/notifications?limit=2&exclude_types[]=reblog", auth=alice)
    assert "exclude_types" in answer.headers["Link"]


def test_one_by_id(client, alice, bob, three):
    assert client.get(f"/api/v1/notifications/{three[0]}", auth=alice, status=200).json["type"] == "mention"
    client.get(f"/api/v1/notifications/{three[0]}", auth=bob, status=404)


def test_dismissing_in_both_spellings(client, alice, bob, three):
    assert client.post(f"/api/v1/notifications/{three[0]}/dismiss", auth=alice, status=200).json == {}
    assert client.post("/api/v1/notifications/dismiss", {"id": three[1]}, auth=alice, status=200).json == {}
    client.post("/api/v1/notifications/dismiss", {"id": three[2]}, auth=bob, status=404)
    assert types(client, "", alice) == ["follow"]
    client.delete(f"/api/v1/notifications/destroy_multiple?ids[]={three[2]}&ids[]=1", auth=alice, status=200)
    assert types(client, "", alice) == []


def test_clearing(client, alice, three):
    assert client.post("/api/v1/notifications/clear", auth=alice, status=200).json == {}
    assert types(client, "", alice) == []


def test_the_unread_count(client, alice, three):
    assert client.get("/api/v1/notifications/unread_count", auth=alice, status=200).json == {"count": 3}


def test_the_old_front_end_marks_as_read(client, alice, three):
    read = client.post("/api/qvitter/statuses/notifications/read", {"latest_id": three[1]}, auth=alice, status=200).json
    assert [n["id"] for n in read] == [three[1], three[0]]
    assert all(n["pleroma"]["is_seen"] for n in read)
    answer = client.post("/api/qvitter/statuses/notifications/read", auth=alice, status=400)
    assert answer.json == {"error": "You need to specify latest_id"}


def test_nobody_is_told_of_own_deeds(client, alice, post):
    status = post(alice, "@alice")
    client.post(f"/api/v1/statuses/{status['id']}/favourite", auth=alice)
    client.post(f"/api/v1/statuses/{status['id']}/reblog", auth=alice)
    assert types(client, "", alice) == []


def unfollow(client, sql, alice, bob):
    """Bob stops following alice."""
    client.post(f"/api/v1/accounts/{alice.id}/unfollow", auth=bob, status=200)


def block(client, sql, alice, bob):
    """Bob blocks alice."""
    client.post(f"/api/v1/accounts/{alice.id}/block", auth=bob, status=200)


def deactivate(client, sql, alice, bob):
    """Alice is deactivated."""
    sql("update accounts set active = false where id = %s", alice.id)


@pytest.mark.parametrize("change", [unfollow, block, deactivate])
def test_what_the_list_no_longer_shows_is_not_shown_by_id_nor_when_it_is_read(
    client, alice, bob, carol, post, sql, change
):
    post(carol, "@bob hello")
    client.post(f"/api/v1/accounts/{alice.id}/follow", {"notify": "true"}, auth=bob, status=200)
    post(alice, "a secret", visibility="private")
    secret, mention = (n["id"] for n in client.get("/api/v1/notifications", auth=bob, status=200).json)
    client.get(f"/api/v1/notifications/{secret}", auth=bob, status=200)
    change(client, sql, alice, bob)

    assert [n["id"] for n in client.get("/api/v1/notifications", auth=bob).json] == [mention]
    assert "secret" not in client.get(f"/api/v1/notifications/{secret}", auth=bob, status=404).text
    path = "/api/v1/pleroma/notifications/read"
    assert client.post(path, {"id": secret}, auth=bob, status=400).json == {"error": "Cannot get notification"}
    assert [n["id"] for n in client.post(path, {"max_id": secret}, auth=bob, status=200).json] == [mention]
    path = "/api/qvitter/statuses/notifications/read"
    assert [n["id"] for n in client.post(path, {"latest_id": secret}, auth=bob, status=200).json] == [mention]


def test_a_muted_notification_is_shown_by_id(client, alice, bob, three):
    client.post(f"/api/v1/accounts/{bob.id}/mute", auth=alice, status=200)
    assert types(client, "", alice) == []
    assert client.get(f"/api/v1/notifications/{three[0]}", auth=alice, status=200).json["type"] == "mention"
