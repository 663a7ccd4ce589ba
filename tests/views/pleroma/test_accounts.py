"""Subscriptions and favourites of an account (docs/api/pleroma.md 12 and 13)."""

import pytest


def test_a_subscriber_is_notified_of_each_new_status(client, alice, bob, carol, post):
    relationship = client.post(f"/api/v1/pleroma/accounts/{bob.id}/subscribe", auth=alice, status=200).json
    assert (relationship["subscribing"], relationship["following"]) == (True, False)
    status = post(bob, "hello")
    reply = post(bob, "reply @alice", in_reply_to_id=post(carol, "x")["id"])
    client.post(f"/api/v1/statuses/{post(carol, 'y')['id']}/reblog", auth=bob)
    post(bob, "for followers", visibility="private")
    post(bob, "psst @carol", visibility="direct")
    notified = [n["status"]["id"] for n in client.get("/api/v1/notifications", auth=alice).json]
    assert notified == [reply["id"], status["id"]]
    assert client.get("/api/v1/notifications", auth=bob).json == []
    relationship = client.post(f"/api/v1/pleroma/accounts/{bob.id}/unsubscribe", auth=alice, status=200).json
    assert relationship["subscribing"] is False
    post(bob, "more")
    assert len(client.get("/api/v1/notifications", auth=alice).json) == 2


def test_subscribing_needs_an_account_that_does_not_block(client, alice, bob):
    assert client.post("/api/v1/pleroma/accounts/1/subscribe", auth=alice, status=404).json == {
        "error": "Record not found"
    }
    client.post("/api/v1/pleroma/accounts/bob/subscribe", auth=alice, status=404)
    client.post("/api/v1/pleroma/accounts/1/unsubscribe", auth=alice, status=404)
    client.post(f"/api/v1/accounts/{alice.id}/block", auth=bob)
    answer = client.post(f"/api/v1/pleroma/accounts/{bob.id}/subscribe", auth=alice, status=403)
    assert answer.json == {"error": "Could not subscribe: bob is blocking you"}


@pytest.mark.parametrize("action", ["unfollow", "block"])
def test_a_subscription_ends_with_the_follow_or_by_a_block(client, alice, bob, action):
    client.post(f"/api/v1/pleroma/accounts/{bob.id}/subscribe", auth=alice)
    if action == "unfollow":
        client.post(f"/api/v1/accounts/{bob.id}/unfollow", auth=alice)
    else:
        client.post(f"/api/v1/accounts/{alice.id}/block", auth=bob)
    assert client.get(f"/api/v1/accounts/relationships?id={bob.id}", auth=alice).json[0]["subscribing"] is False


def test_favourites_of_an_account_by_status_id(client, alice, bob, carol, post):
    ids = [post(alice, text)["id"] for text in "abc"]
    private = post(alice, "p", visibility="private")
    client.post(f"/api/v1/accounts/{alice.id}/follow", auth=bob)
    for status_id in (ids[2], ids[0], private["id"], ids[1]):
        client.post(f"/api/v1/statuses/{status_id}/favourite", auth=bob, status=200)
    path = f"/api/v1/pleroma/accounts/{bob.id}/favourites"
    assert [s["id"] for s in client.get(path, status=200).json] == ids[::-1]
    assert [s["id"] for s in client.get(path, auth=bob).json] == [private["id"], *ids[::-1]]
    assert [s["id"] for s in client.get(f"{path}?max_id={ids[1]}").json] == [ids[0]]
    assert [s["id"] for s in client.get(f"{path}?since_id={ids[0]}&limit=1").json] == [ids[2]]
    assert all(not s["favourited"] for s in client.get(path, auth=carol).json)
    client.get("/api/v1/pleroma/accounts/1/favourites", status=404)


def test_direct_favourites_show_to_those_addressed(client, alice, bob, carol, post):
    status = post(alice, "@bob @carol", visibility="direct")
    client.post(f"/api/v1/statuses/{status['id']}/favourite", auth=bob)
    path = f"/api/v1/pleroma/accounts/{bob.id}/favourites"
    assert client.get(path).json == []
    assert len(client.get(path, auth=carol).json) == 1


def test_hidden_favourites_show_to_their_owner(client, alice, bob, sql):
    sql("update accounts set hide_favorites = true where id = %s", bob.id)
    path = f"/api/v1/pleroma/accounts/{bob.id}/favourites"
    assert client.get(path, auth=alice, status=403).json == {"error": "Can't get favorites"}
    client.get(path, auth=bob, status=200)


def test_a_token_without_read_counts_as_anonymous(client, person, bob, post, alice):
    status = post(alice, "x")
    client.post(f"/api/v1/statuses/{status['id']}/favourite", auth=bob)
    writer = person("writer", scopes=("write",))
    assert len(client.get(f"/api/v1/pleroma/accounts/{bob.id}/favourites", auth=writer, status=200).json) == 1
