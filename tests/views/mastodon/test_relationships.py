"""Follow, block, mute and follow requests (docs/api/mastodon.md 3.6 to 3.9)."""

import concurrent.futures

import pytest

KEYS = set(
    "id following followed_by blocking blocked_by muting muting_notifications subscribing notifying requested"
    " domain_blocking showing_reblogs endorsed note languages".split()
)


def counts(client, person):
    """(followers, following) of a person."""
    account = client.get(f"/api/v1/accounts/{person.id}").json
    return account["followers_count"], account["following_count"]


def test_following_shows_on_both_sides_and_tells_once(client, alice, bob):
    for _ in range(2):
        relationship = client.post(f"/api/v1/accounts/{bob.id}/follow", auth=alice, status=200).json
    assert set(relationship) == KEYS
    assert (relationship["following"], relationship["showing_reblogs"]) == (True, True)
    assert counts(client, bob) == (1, 0)
    assert counts(client, alice) == (0, 1)
    assert [n["type"] for n in client.get("/api/v1/notifications", auth=bob).json] == ["follow"]
    assert [a["acct"] for a in client.get(f"/api/v1/accounts/{bob.id}/followers").json] == ["alice"]
    assert [a["acct"] for a in client.get(f"/api/v1/accounts/{alice.id}/following").json] == ["bob"]
    relationship = client.post(f"/api/v1/accounts/{bob.id}/unfollow", auth=alice, status=200).json
    assert relationship["following"] is False
    assert counts(client, bob) == (0, 0)
    client.post(f"/api/v1/accounts/{bob.id}/unfollow", auth=alice, status=200)
    assert counts(client, bob) == (0, 0)
    client.post(f"/api/v1/accounts/{bob.id}/follow", auth=alice)
    assert len(client.get("/api/v1/notifications", auth=bob).json) == 1


def test_the_scope_follow_is_needed(client, person, bob):
    writer = person("writer", scopes=("read",))
    answer = client.post(f"/api/v1/accounts/{bob.id}/follow", auth=writer, status=403)
    assert answer.json == {"error": "Insufficient permissions: follow."}
    granular = person("granular", scopes=("write:follows",))
    client.post(f"/api/v1/accounts/{bob.id}/follow", auth=granular, status=200)


def test_oneself_and_strangers_cannot_be_followed(client, alice):
    client.post(f"/api/v1/accounts/{alice.id}/follow", auth=alice, status=404)
    client.post("/api/v1/accounts/1/follow", auth=alice, status=404)
    client.post("/api/v1/accounts/1/unfollow", auth=alice, status=404)


def test_switches_of_a_follow(client, alice, bob, post):
    relationship = client.post(
        f"/api/v1/accounts/{bob.id}/follow", {"reblogs": "false", "notify": "true"}, auth=alice, status=200
    ).json
    assert (relationship["showing_reblogs"], relationship["subscribing"], relationship["notifying"]) == (
        False,
        True,
        True,
    )
    post(bob, "x")
    assert [n["type"] for n in client.get("/api/v1/notifications", auth=alice).json] == ["mention"]
    relationship = client.post(f"/api/v1/accounts/{bob.id}/follow", {"notify": "false"}, auth=alice).json
    assert (relationship["showing_reblogs"], relationship["subscribing"]) == (False, False)


def test_a_block_ends_follows_both_ways_and_forbids_new_ones(client, alice, bob):
    client.post(f"/api/v1/accounts/{bob.id}/follow", auth=alice)
    client.post(f"/api/v1/accounts/{alice.id}/follow", auth=bob)
    relationship = client.post(f"/api/v1/accounts/{bob.id}/block", auth=alice, status=200).json
    assert (relationship["blocking"], relationship["following"], relationship["followed_by"]) == (True, False, False)
    assert counts(client, alice) == counts(client, bob) == (0, 0)
    answer = client.post(f"/api/v1/accounts/{alice.id}/follow", auth=bob, status=403)
    assert answer.json == {"error": "Could not follow user: alice blocked you."}
    assert client.get("/api/v1/notifications", auth=alice).json == []
    assert [a["acct"] for a in client.get("/api/v1/blocks/", auth=alice).json] == ["bob"]
    relationship = client.post(f"/api/v1/accounts/{bob.id}/unblock", auth=alice, status=200).json
    assert (relationship["blocking"], relationship["following"]) == (False, False)
    client.post(f"/api/v1/accounts/{alice.id}/block", auth=alice, status=403)


def test_following_lifts_an_own_block(client, alice, bob):
    client.post(f"/api/v1/accounts/{bob.id}/block", auth=alice)
    relationship = client.post(f"/api/v1/accounts/{bob.id}/follow", auth=alice, status=200).json
    assert (relationship["following"], relationship["blocking"]) == (True, False)


def test_a_mute_covers_notifications_unless_told_otherwise(client, alice, bob, post):
    relationship = client.post(f"/api/v1/accounts/{bob.id}/mute", auth=alice, status=200).json
    assert (relationship["muting"], relationship["muting_notifications"]) == (True, True)
    post(bob, "@alice")
    assert client.get("/api/v1/notifications", auth=alice).json == []
    relationship = client.post(f"/api/v1/accounts/{bob.id}/mute", {"notifications": "false"}, auth=alice).json
    assert (relationship["muting"], relationship["muting_notifications"]) == (True, False)
    assert len(client.get("/api/v1/notifications", auth=alice).json) == 1
    assert [a["acct"] for a in client.get("/api/v1/mutes", auth=alice).json] == ["bob"]
    relationship = client.post(f"/api/v1/accounts/{bob.id}/unmute", auth=alice, status=200).json
    assert (relationship["muting"], relationship["muting_notifications"]) == (False, False)


@pytest.mark.parametrize(("answer", "following"), [("authorize", True), ("reject", False)])
def test_a_locked_account_answers_requests(client, alice, bob, sql, answer, following):
    sql("update accounts set locked = true where id = %s", bob.id)
    relationship = client.post(f"/api/v1/accounts/{bob.id}/follow", auth=alice, status=200).json
    assert (relationship["requested"], relationship["following"]) == (True, False)
    assert [n["type"] for n in client.get("/api/v1/notifications", auth=bob).json] == ["follow_request"]
    assert [a["acct"] for a in client.get("/api/v1/follow_requests", auth=bob).json] == ["alice"]
    assert client.get("/api/v1/accounts/verify_credentials", auth=bob).json["follow_requests_count"] == 1
    relationship = client.post(f"/api/v1/follow_requests/{alice.id}/{answer}", auth=bob, status=200).json
    assert relationship["followed_by"] is following
    assert counts(client, bob) == (int(following), 0)
    client.post(f"/api/v1/follow_requests/{alice.id}/{answer}", auth=bob, status=404)
    assert client.get("/api/v1/follow_requests", auth=bob).json == []


def test_relationships_in_the_order_asked(client, alice, bob, carol):
    query = "&".join(f"id[]={value}" for value in (carol.id, bob.id, 1, "x", alice.id))
    found = client.get(f"/api/v1/accounts/relationships?{query}", auth=alice, status=200).json
    assert [r["id"] for r in found] == [str(carol.id), str(bob.id), str(alice.id)]
    assert client.get(f"/api/v1/accounts/relationships?id={bob.id}", auth=alice).json[0]["id"] == str(bob.id)
    assert client.get("/api/v1/accounts/relationships", auth=alice).json == []


def test_a_note_is_private(client, alice, bob):
    relationship = client.post(
        f"/api/v1/accounts/{bob.id}/note", {"comment": "met at <x>"}, auth=alice, status=200
    ).json
    assert relationship["note"] == "met at <x>"
    relationship = client.post(f"/api/v1/accounts/{bob.id}/note", {"comment": ""}, auth=alice, status=200).json
    assert relationship["note"] == ""


def test_endorsements_need_a_follow(client, alice, bob):
    assert client.post(f"/api/v1/accounts/{bob.id}/pin", auth=alice).json["endorsed"] is False
    client.post(f"/api/v1/accounts/{bob.id}/follow", auth=alice)
    assert client.post(f"/api/v1/accounts/{bob.id}/pin", auth=alice, status=200).json["endorsed"] is True
    assert [a["acct"] for a in client.get("/api/v1/endorsements", auth=alice).json] == ["bob"]
    assert client.post(f"/api/v1/accounts/{bob.id}/unpin", auth=alice).json["endorsed"] is False


def test_a_follower_can_be_removed(client, alice, bob):
    client.post(f"/api/v1/accounts/{bob.id}/follow", auth=alice)
    relationship = client.post(f"/api/v1/accounts/{alice.id}/remove_from_followers", auth=bob, status=200).json
    assert relationship["followed_by"] is False
    assert counts(client, bob) == (0, 0)


def test_familiar_followers(client, alice, bob, carol):
    client.post(f"/api/v1/accounts/{bob.id}/follow", auth=alice)
    client.post(f"/api/v1/accounts/{carol.id}/follow", auth=bob)
    (found,) = client.get(f"/api/v1/accounts/familiar_followers?id[]={carol.id}", auth=alice, status=200).json
    assert (found["id"], [a["acct"] for a in found["accounts"]]) == (str(carol.id), ["bob"])


def test_follow_by_address(client, alice, bob):
    assert client.post("/api/v1/follows", {"uri": "bob"}, auth=alice, status=200).json["id"] == str(bob.id)


def test_counters_equal_the_lists_after_simultaneous_calls(make_client, client, alice, person):
    people = [person(f"p{number}") for number in range(30)]

    def work(who):
        own = make_client()
        for action in ("follow", "unfollow", "follow", "follow", "block", "unblock", "follow"):
            own.post(f"/api/v1/accounts/{alice.id}/{action}", auth=who, status=200)
        own.post(f"/api/v1/accounts/{who.id}/follow", auth=alice, status=200)
        if who.id % 2:
            own.post(f"/api/v1/accounts/{who.id}/block", auth=alice, status=200)

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        list(pool.map(work, people))
    followers = client.get(f"/api/v1/accounts/{alice.id}/followers?limit=80").json
    following = client.get(f"/api/v1/accounts/{alice.id}/following?limit=80").json
    assert counts(client, alice) == (len(followers), len(following))
    for who in people:
        assert counts(client, who) == (1, 1) if not who.id % 2 else (0, 0)


@pytest.mark.parametrize("path", ["followers", "following"])
def test_hidden_relations_show_to_their_owner_alone(client, alice, bob, sql, path):
    client.post(f"/api/v1/accounts/{bob.id}/follow", auth=alice)
    client.post(f"/api/v1/accounts/{alice.id}/follow", auth=bob)
    sql(
        "update accounts set hide_followers = true, hide_follows = true, hide_followers_count = true where id = %s",
        bob.id,
    )
    assert client.get(f"/api/v1/accounts/{bob.id}/{path}", auth=alice).json == []
    assert len(client.get(f"/api/v1/accounts/{bob.id}/{path}", auth=bob).json) == 1
    assert client.get(f"/api/v1/accounts/{bob.id}", auth=alice).json["followers_count"] == 0
    assert client.get("/api/v1/accounts/verify_credentials", auth=bob).json["followers_count"] == 1
    client.get(f"/api/v1/accounts/1/{path}", status=404)


@pytest.mark.parametrize("action", ["follow", "unfollow", "block", "unblock", "mute", "unmute"])
def test_write_covers_what_follow_allows(client, person, bob, action):
    writer = person("writer", scopes=("read", "write"))
    client.post(f"/api/v1/accounts/{bob.id}/{action}", auth=writer, status=200)


def test_write_covers_every_route_that_asks_for_follow(client, person):
    writer, reader = person("writer", scopes=("write",)), person("reader", scopes=("read",))
    asked = 0
    for rule in client.app.url_map.iter_rules():
        if getattr(client.app.view_functions[rule.endpoint], "scope", "").startswith("follow"):
            path, (method, *_) = rule.rule.replace("<id:account_id>", "1"), sorted(rule.methods - {"HEAD", "OPTIONS"})
            asked += 1
            refused = client.request(
                path, method=method, headers={"Authorization": f"Bearer {reader.token}"}, status=403
            )
            assert refused.json == {"error": "Insufficient permissions: follow."}, path
            answer = client.request(
                path, method=method, headers={"Authorization": f"Bearer {writer.token}"}, status="*"
            )
            assert "Insufficient" not in answer.text, path
    assert asked > 10
