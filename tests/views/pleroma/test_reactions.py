"""Reactions with an emoji (docs/api/pleroma.md 23)."""

from urllib.parse import quote

import pytest

STATUSES = "/api/v1/pleroma/statuses"
SNAIL, HEART, FAMILY = "\U0001f40c", "❤️", "\U0001f468‍\U0001f469‍\U0001f467"


def path(status, emoji=None):
    return f"{STATUSES}/{status['id']}/reactions" + (f"/{quote(emoji)}" if emoji else "")


@pytest.fixture
def react(client):
    """Reacts to a status: react(bob, status, "🐌")."""
    return lambda who, status, emoji: client.put(path(status, emoji), auth=who, status=200).json


@pytest.fixture
def firefox(sql):
    """An installed emoji."""
    sql("insert into emojis (shortcode, path, tags) values ('firefox', '/emoji/firefox.png', '{}')")


def shown(status):
    return [(each["name"], each["count"], each["me"]) for each in status["pleroma"]["emoji_reactions"]]


def test_reactions_stand_in_the_status(client, alice, bob, carol, post, react):
    status = post(alice, "hello")
    assert shown(status) == []
    assert shown(react(bob, status, SNAIL)) == [(SNAIL, 1, True)]
    assert shown(react(bob, status, SNAIL)) == [(SNAIL, 1, True)]
    react(carol, status, FAMILY)
    changed = react(carol, status, SNAIL)
    assert shown(changed) == [(SNAIL, 2, True), (FAMILY, 1, True)]
    assert changed["pleroma"]["emoji_reactions"][0] == {
        "name": SNAIL, "count": 2, "me": True, "url": None, "account_ids": [str(carol.id), str(bob.id)],
    }  # fmt: skip
    assert shown(client.get(f"/api/v1/statuses/{status['id']}").json) == [(SNAIL, 2, False), (FAMILY, 1, False)]
    assert changed["favourites_count"] == 0


def test_taking_one_back(client, alice, bob, post, react):
    status = post(alice, "hello")
    react(bob, status, SNAIL)
    for _ in range(2):
        assert shown(client.delete(path(status, SNAIL), auth=bob, status=200).json) == []
    assert client.get("/api/v1/notifications", auth=alice).json == []


def test_a_reblog_means_its_original_and_shows_it_twice(client, alice, bob, post, react):
    status = post(alice, "hello")
    wrapper = client.post(f"/api/v1/statuses/{status['id']}/reblog", auth=bob).json
    assert react(bob, wrapper, SNAIL)["id"] == status["id"]
    wrapper = client.get(f"/api/v1/statuses/{wrapper['id']}", auth=bob).json
    assert shown(wrapper) == shown(wrapper["reblog"]) == [(SNAIL, 1, True)]


def test_who_reacted(client, alice, bob, carol, post, react):
    status = post(alice, "hello")
    for who, emoji in ((bob, SNAIL), (carol, HEART), (carol, SNAIL)):
        react(who, status, emoji)
    found = client.get(path(status), auth=bob, status=200).json
    assert [(each["name"], each["count"], each["me"], each["url"]) for each in found] == [
        (SNAIL, 2, True, None), (HEART, 1, False, None),
    ]  # fmt: skip
    assert [account["acct"] for account in found[0]["accounts"]] == ["bob", "carol"]
    assert client.get(path(status, SNAIL), status=200).json == client.get(path(status), status=200).json[:1]
    assert client.get(path(status, FAMILY), status=200).json == []


def test_of_a_hidden_status_nothing_is_there(client, alice, bob, post):
    status = post(alice, "hello", visibility="private")
    client.put(path(status, SNAIL), auth=bob, status=404)
    client.delete(path(status, SNAIL), auth=bob, status=404)
    client.get(path(status), auth=bob, status=404)
    client.get(path(status, SNAIL), status=404)


@pytest.mark.parametrize(
    "emoji",
    [SNAIL, HEART, FAMILY, "1️⃣", "#️⃣", "\U0001f1e9\U0001f1ea", "\U0001f44d\U0001f3fd", "☺️",
     "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"],
)  # fmt: skip
def test_what_is_an_emoji(alice, bob, post, react, emoji):
    assert shown(react(bob, post(alice, "hello"), emoji)) == [(emoji, 1, True)]


@pytest.mark.parametrize(
    "emoji",
    ["a", "1", "#", "ab", "é", "ж", SNAIL * 2, SNAIL + "a", "a" + SNAIL, "\U0001f1e9", "‍", "️", " ", "x" * 200,
     "nothing", ":nothing:", "<b>", "'", "\U0001f468‍" * 30 + "\U0001f468"],
)  # fmt: skip
def test_what_is_none(client, alice, bob, post, emoji):
    answer = client.put(path(post(alice, "hello"), emoji), auth=bob, status=400)
    assert answer.json == {"error": "Could not add reaction emoji"}


def test_with_and_without_the_selector_is_the_same(client, alice, bob, carol, post, react):
    status = post(alice, "hello")
    react(bob, status, "❤")
    assert shown(react(carol, status, "❤️")) == [("❤️", 2, True)]
    react(bob, status, "1⃣")
    assert ("1️⃣", 1, False) in shown(client.get(f"/api/v1/statuses/{status['id']}").json)
    assert client.get(path(status, "❤")).json[0]["count"] == 2
    client.delete(path(status, "❤"), auth=carol)
    assert client.get(path(status, "❤️")).json[0]["count"] == 1


def test_installed_emoji(client, alice, bob, post, react, firefox, sql):
    status = post(alice, "hello")
    for spelling in ("firefox", ":firefox:"):
        (reaction,) = react(bob, status, spelling)["pleroma"]["emoji_reactions"]
        assert (reaction["name"], reaction["count"]) == ("firefox", 1)
        assert reaction["url"] == "https://pleroma.example/emoji/firefox.png"
    (notification,) = client.get("/api/v1/notifications", auth=alice).json
    assert (notification["emoji"], notification["emoji_url"]) == ("firefox", reaction["url"])
    sql("delete from emojis")
    assert shown(client.get(f"/api/v1/statuses/{status['id']}").json) == []
    assert client.get(path(status)).json == []


def test_the_author_is_notified_of_each_emoji(client, alice, bob, post, react):
    status = post(alice, "hello")
    for emoji in (SNAIL, SNAIL, HEART):
        react(bob, status, emoji)
    react(alice, status, SNAIL)
    notifications = client.get("/api/v1/notifications", auth=alice).json
    assert [(each["type"], each["emoji"], each["emoji_url"]) for each in notifications] == [
        ("pleroma:emoji_reaction", HEART, None), ("pleroma:emoji_reaction", SNAIL, None),
    ]  # fmt: skip
    assert notifications[0]["status"]["id"] == status["id"] and notifications[0]["account"]["acct"] == "bob"
    only = "/api/v1/notifications?include_types[]=pleroma:emoji_reaction"
    assert len(client.get(only, auth=alice).json) == 2
    assert client.get("/api/v1/notifications?exclude_types[]=pleroma:emoji_reaction", auth=alice).json == []
    client.delete(path(status, HEART), auth=bob)
    assert [each["emoji"] for each in client.get(only, auth=alice).json] == [SNAIL]


@pytest.mark.parametrize("action", ["block", "mute"])
def test_of_hidden_accounts_nothing_counts(client, alice, bob, carol, post, react, action):
    status = post(alice, "hello")
    react(bob, status, SNAIL)
    react(carol, status, SNAIL)
    client.post(f"/api/v1/accounts/{bob.id}/{action}", auth=carol)
    assert shown(client.get(f"/api/v1/statuses/{status['id']}", auth=carol).json) == [(SNAIL, 1, True)]
    (reaction,) = client.get(path(status), auth=carol).json
    assert [account["acct"] for account in reaction["accounts"]] == ["carol"]


def test_of_accounts_that_are_not_there_nothing_counts(client, alice, bob, post, react, sql):
    status = post(alice, "hello")
    react(bob, status, SNAIL)
    sql("update accounts set active = false where id = %s", bob.id)
    assert shown(client.get(f"/api/v1/statuses/{status['id']}").json) == []
    assert client.get(path(status)).json == []
    sql("delete from accounts where id = %s", bob.id)
    assert sql("select count(*) from status_reactions") == [(0,)]


def test_at_most_twenty_of_one_account(client, alice, bob, post, react):
    status = post(alice, "hello")
    for number in range(20):
        react(bob, status, chr(0x1F400 + number))
    client.put(path(status, HEART), auth=bob, status=400)
    react(bob, status, chr(0x1F400))
    client.delete(path(status, chr(0x1F400)), auth=bob, status=200)
    react(bob, status, HEART)


def test_scopes(client, alice, bob, make_token_of, post):
    status = post(alice, "hello")
    client.put(path(status, SNAIL), auth=make_token_of(bob, ("read",)), status=403)
    client.put(path(status, SNAIL), status=403)
