"""Lists of accounts (docs/api/mastodon.md 10.1)."""

import pytest


@pytest.fixture
def cats(client, alice):
    """Alice's list of cats."""
    return client.post("/api/v1/lists", {"title": "cats"}, auth=alice, status=200).json


def test_the_entity(cats):
    assert cats == {"id": cats["id"], "title": "cats", "replies_policy": "list", "exclusive": False}


def test_newest_first(client, alice, cats):
    client.post("/api/v1/lists", {"title": "dogs"}, auth=alice)
    assert [entry["title"] for entry in client.get("/api/v1/lists", auth=alice).json] == ["dogs", "cats"]


@pytest.mark.parametrize("title", ["", "  "])
def test_a_title_is_needed(client, alice, cats, title):
    assert client.post("/api/v1/lists", {"title": title}, auth=alice, status=422).json == {"error": "can't be blank"}
    client.post("/api/v1/lists", auth=alice, status=422)
    client.put(f"/api/v1/lists/{cats['id']}", {"title": title}, auth=alice, status=422)


def test_changing(client, alice, cats):
    changed = client.put(f"/api/v1/lists/{cats['id']}", {"title": "lions", "exclusive": "true"}, auth=alice, status=200)
    assert (changed.json["title"], changed.json["exclusive"]) == ("lions", True)


def test_lists_are_their_owners(client, bob, cats):
    path = f"/api/v1/lists/{cats['id']}"
    for answer in (
        client.get(path, auth=bob, status=404),
        client.put(path, {"title": "x"}, auth=bob, status=404),
        client.delete(path, auth=bob, status=404),
        client.get(f"{path}/accounts", auth=bob, status=404),
        client.post(f"{path}/accounts", {"account_ids[]": "1"}, auth=bob, status=404),
        client.delete(f"{path}/accounts?account_ids[]=1", auth=bob, status=404),
    ):
        assert answer.json == {"error": "List not found"}


@pytest.mark.parametrize("spelling", ["account_ids[]", "account_ids"])
def test_members_come_and_go(client, alice, bob, carol, cats, spelling):
    path = f"/api/v1/lists/{cats['id']}/accounts"
    assert client.get(path, auth=alice, status=200).json == []
    client.post(path, [(spelling, str(bob.id)), (spelling, str(carol.id)), (spelling, "1")], auth=alice, status=200)
    client.post(path, {spelling: str(bob.id)}, auth=alice, status=200)
    assert [a["acct"] for a in client.get(f"{path}?limit=0", auth=alice).json] == ["carol", "bob"]
    assert [entry["id"] for entry in client.get(f"/api/v1/accounts/{bob.id}/lists", auth=alice).json] == [cats["id"]]
    assert client.delete(path, {spelling: str(bob.id)}, auth=alice, status=200).json == {}
    assert client.delete_json(path, {"account_ids": [str(carol.id)]}, auth=alice, status=200).json == {}
    assert client.get(path, auth=alice).json == []


def test_a_status_for_a_list_shows_to_its_members(client, alice, bob, carol, cats, post):
    client.post(f"/api/v1/lists/{cats['id']}/accounts", {"account_ids[]": str(bob.id)}, auth=alice)
    status = post(alice, "meow", visibility=f"list:{cats['id']}")
    assert status["visibility"] == "list"
    client.get(f"/api/v1/statuses/{status['id']}", auth=bob, status=200)
    client.get(f"/api/v1/statuses/{status['id']}", auth=carol, status=404)


def test_a_block_takes_each_off_the_lists_of_the_other(client, alice, bob, cats, post):
    dogs = client.post("/api/v1/lists", {"title": "dogs"}, auth=bob, status=200).json
    client.post(f"/api/v1/lists/{cats['id']}/accounts", {"account_ids[]": str(bob.id)}, auth=alice, status=200)
    client.post(f"/api/v1/lists/{dogs['id']}/accounts", {"account_ids[]": str(alice.id)}, auth=bob, status=200)
    meow = post(alice, "meow", visibility=f"list:{cats['id']}")
    bark = post(bob, "bark", visibility=f"list:{dogs['id']}")
    client.post(f"/api/v1/accounts/{bob.id}/block", auth=alice, status=200)

    assert client.get(f"/api/v1/lists/{cats['id']}/accounts", auth=alice, status=200).json == []
    assert client.get(f"/api/v1/lists/{dogs['id']}/accounts", auth=bob, status=200).json == []
    client.get(f"/api/v1/statuses/{meow['id']}", auth=bob, status=404)
    client.get(f"/api/v1/statuses/{bark['id']}", auth=alice, status=404)
    client.post(f"/api/v1/accounts/{bob.id}/unblock", auth=alice, status=200)
    client.get(f"/api/v1/statuses/{meow['id']}", auth=bob, status=404)


@pytest.mark.parametrize("blocker", ["alice", "bob"])
def test_who_blocks_or_is_blocked_is_not_put_on_a_list(client, alice, bob, cats, blocker):
    blocker, blocked = (alice, bob) if blocker == "alice" else (bob, alice)
    client.post(f"/api/v1/accounts/{blocked.id}/block", auth=blocker, status=200)
    path = f"/api/v1/lists/{cats['id']}/accounts"
    client.post(path, {"account_ids[]": str(bob.id)}, auth=alice, status=200)
    assert client.get(path, auth=alice, status=200).json == []


def test_who_is_blocked_sees_no_status_of_a_list_though_still_on_it(client, alice, bob, cats, post, sql):
    client.post(f"/api/v1/pleroma/accounts/{alice.id}/subscribe", auth=bob, status=200)
    sql("insert into list_members (list_id, account_id) values (%s, %s)", int(cats["id"]), bob.id)
    first = post(alice, "meow", visibility=f"list:{cats['id']}")
    client.get(f"/api/v1/statuses/{first['id']}", auth=bob, status=200)
    sql("insert into blocks (account_id, target_id) values (%s, %s)", alice.id, bob.id)
    second = post(alice, "meow meow", visibility=f"list:{cats['id']}")
    for status in (first, second):
        client.get(f"/api/v1/statuses/{status['id']}", auth=bob, status=404)
    assert client.get("/api/v1/notifications", auth=bob, status=200).json == []


def test_deleting(client, alice, cats):
    assert client.delete(f"/api/v1/lists/{cats['id']}", auth=alice, status=200).json == {}
    assert client.get("/api/v1/lists", auth=alice).json == []
