"""Marking notifications as read, and their settings (docs/api/pleroma.md 11)."""

import pytest


@pytest.fixture
def mentions(client, alice, bob, post):
    """Three notifications of alice's by id, oldest first."""
    for number in range(3):
        post(bob, f"@alice {number}")
    return [n["id"] for n in client.get("/api/v1/notifications", auth=alice).json][::-1]


def read(client, auth, status, **parameters):
    """The answer of the endpoint."""
    return client.post("/api/v1/pleroma/notifications/read", parameters, auth=auth, status=status).json


def test_one_by_id(client, alice, mentions):
    for _ in range(2):
        assert read(client, alice, 200, id=mentions[0])["pleroma"] == {"is_seen": True}
    seen = [n["pleroma"]["is_seen"] for n in client.get("/api/v1/notifications", auth=alice).json]
    assert seen == [False, False, True]


@pytest.mark.parametrize("number", ["0", "x", "99999999999999999999"])
def test_what_is_not_the_callers(client, alice, bob, mentions, number):
    assert read(client, alice, 400, id=number) == {"error": "Cannot get notification"}
    assert read(client, bob, 400, id=mentions[0]) == {"error": "Cannot get notification"}


def test_all_up_to_an_id(client, alice, mentions):
    read(client, alice, 200, id=mentions[0])
    changed = read(client, alice, 200, max_id=mentions[1])
    assert [n["id"] for n in changed] == [mentions[1]]
    assert read(client, alice, 200, max_id=mentions[1]) == []


def test_only_the_first_eighty_are_answered_but_all_marked(client, post, alice, bob, sql):
    for number in range(100):
        post(bob, str(number))
    sql(
        "insert into notifications (account_id, from_account_id, type, status_id)"
        " select %s, account_id, 'mention', id from statuses where account_id = %s",
        alice.id,
        bob.id,
    )
    assert len(read(client, alice, 200, max_id="999999999999")) == 80
    assert client.get("/api/v1/notifications/unread_count", auth=alice).json == {"count": 0}


def test_exactly_one_parameter(client, alice, mentions):
    assert "error" in read(client, alice, 400)
    assert "error" in read(client, alice, 400, id=mentions[0], max_id=mentions[1])


def settings(client, auth):
    """The notification settings as the account shows them."""
    return client.get("/api/v1/accounts/verify_credentials", auth=auth).json["pleroma"]["notification_settings"]


def test_settings_change_one_by_one(client, alice):
    answer = client.put("/api/pleroma/notification_settings", {"followers": "false"}, auth=alice, status=200)
    assert answer.json == {"status": "success"}
    assert settings(client, alice) == {
        "followers": False, "follows": True, "remote": True, "local": True, "non_follows": True, "non_followers": True,
    }  # fmt: skip
    client.put("/api/pleroma/notification_settings", auth=alice, status=200)
    assert settings(client, alice)["followers"] is False
    client.put_json("/api/pleroma/notification_settings", {"followers": True, "nonsense": 1}, auth=alice, status=200)
    assert settings(client, alice)["followers"] is True


@pytest.mark.parametrize(
    ("value", "kept"), [("true", True), ("True", True), ("1", True), ("yes", False), ("on", False)]
)
def test_settings_read_booleans_strictly(client, alice, value, kept):
    client.put("/api/pleroma/notification_settings", {"local": value}, auth=alice, status=200)
    assert settings(client, alice)["local"] is kept


@pytest.mark.parametrize(
    ("setting", "number"),
    [("followers", 0), ("non_followers", 1), ("follows", 1), ("non_follows", 0), ("local", 0), ("remote", 1)],
)
def test_settings_drop_notifications_when_they_would_be_made(client, alice, bob, post, setting, number):
    client.post(f"/api/v1/accounts/{alice.id}/follow", auth=bob)
    client.post("/api/v1/notifications/clear", auth=alice)
    client.put("/api/pleroma/notification_settings", {setting: "false"}, auth=alice)
    post(bob, "@alice")
    assert len(client.get("/api/v1/notifications", auth=alice).json) == number
