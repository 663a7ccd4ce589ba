"""Followed and featured tags (docs/api/mastodon.md 9.6)."""

import pytest

HOME = "/api/v1/timelines/home"


def ids(response):
    return [status["id"] for status in response.json]


def test_the_entity(client, alice):
    tag = {"name": "cats", "url": "https://pleroma.example/tag/cats", "history": [], "following": False}
    for who in (alice, None):
        assert client.get("/api/v1/tags/Cats", auth=who, status=200).json == tag
    assert client.post("/api/v1/tags/cats/follow", auth=alice, status=200).json == {**tag, "following": True}
    assert client.post("/api/v1/tags/CATS/follow", auth=alice, status=200).json == {**tag, "following": True}
    assert client.get("/api/v1/tags/cats", auth=alice).json["following"]
    assert not client.get("/api/v1/tags/cats").json["following"]
    assert client.post("/api/v1/tags/cats/unfollow", auth=alice, status=200).json == tag
    assert client.post("/api/v1/tags/cats/unfollow", auth=alice, status=200).json == tag


@pytest.mark.parametrize("name", ["1", "a-b", "a%20b", "%23", "x" * 101, "%F0%9F%90%8C"])
def test_what_is_no_tag(client, alice, name):
    client.get(f"/api/v1/tags/{name}", status=404)
    client.post(f"/api/v1/tags/{name}/follow", auth=alice, status=404)


def test_followed_tags_are_paged_newest_first(client, alice):
    for number in range(5):
        client.post(f"/api/v1/tags/tag{number}/follow", auth=alice)
    first = client.get("/api/v1/followed_tags?limit=2", auth=alice, status=200)
    assert [(tag["name"], tag["following"]) for tag in first.json] == [("tag4", True), ("tag3", True)]
    following = first.headers["Link"].split(">")[0].removeprefix("<https://pleroma.example")
    assert [tag["name"] for tag in client.get(following, auth=alice).json] == ["tag2", "tag1"]
    assert len(client.get("/api/v1/followed_tags", auth=alice).json) == 5


def test_at_most_two_hundred(client, alice, sql):
    sql("insert into followed_tags (account_id, tag) select %s, 'tag' || n from generate_series(1, 200) n", alice.id)
    client.post("/api/v1/tags/more/follow", auth=alice, status=422)
    client.post("/api/v1/tags/tag7/follow", auth=alice, status=200)


@pytest.mark.parametrize("has_feed", [True, False])
def test_home_shows_public_statuses_with_a_followed_tag_once(client, alice, bob, carol, post, sql, has_feed):
    client.post("/api/v1/tags/cats/follow", auth=alice)
    client.post(f"/api/v1/accounts/{carol.id}/follow", auth=alice)
    if has_feed:
        client.get(HOME, auth=alice)
    seen = [post(bob, "#cats")["id"], post(carol, "#Cats too")["id"], post(carol, "no tag")["id"]]
    post(bob, "no tag")
    post(bob, "#cats", visibility="unlisted")
    post(bob, "#cats", visibility="private")
    client.post(f"/api/v1/statuses/{post(bob, 'x')['id']}/reblog", auth=bob)
    assert ids(client.get(HOME, auth=alice)) == seen[::-1]
    if not has_feed:
        sql("delete from feeds")
    assert ids(client.get(f"{HOME}?min_id={seen[0]}", auth=alice)) == seen[:0:-1]
    assert ids(client.get(f"{HOME}?max_id={seen[2]}", auth=alice)) == seen[1::-1]
    assert ids(client.get(HOME, auth=bob))[-1] == seen[0]
    assert client.get("/api/v1/notifications?types[]=mention", auth=alice).json == []


@pytest.mark.parametrize("action", ["block", "mute"])
def test_nothing_of_hidden_accounts(client, alice, bob, post, action):
    client.post("/api/v1/tags/cats/follow", auth=alice)
    client.get(HOME, auth=alice)
    post(bob, "#cats")
    client.post(f"/api/v1/accounts/{bob.id}/{action}", auth=alice)
    assert ids(client.get(HOME, auth=alice)) == []


def test_following_brings_older_ones_and_unfollowing_takes_them(client, alice, bob, post):
    status = post(bob, "#cats")
    client.get(HOME, auth=alice)
    client.post("/api/v1/tags/cats/follow", auth=alice)
    assert ids(client.get(HOME, auth=alice)) == [status["id"]]
    client.post("/api/v1/tags/cats/unfollow", auth=alice)
    assert ids(client.get(HOME, auth=alice)) == []


def test_an_edit_brings_a_status_and_takes_it(client, alice, bob, post):
    client.post("/api/v1/tags/cats/follow", auth=alice)
    client.get(HOME, auth=alice)
    status = post(bob, "nothing")
    client.put(f"/api/v1/statuses/{status['id']}", {"status": "#cats"}, auth=bob, status=200)
    assert ids(client.get(HOME, auth=alice)) == [status["id"]]
    client.put(f"/api/v1/statuses/{status['id']}", {"status": "#dogs"}, auth=bob, status=200)
    assert ids(client.get(HOME, auth=alice)) == []


def test_featured_tags(client, alice, bob, post):
    post(alice, "#Cats one")
    post(alice, "#cats two", visibility="unlisted")
    post(alice, "#cats three", visibility="private")
    made = client.post("/api/v1/featured_tags", {"name": "#Cats"}, auth=alice, status=200).json
    assert made == {
        "id": made["id"], "name": "cats", "url": "https://pleroma.example/users/alice?tagged=cats",
        "statuses_count": "2", "last_status_at": made["last_status_at"],
    }  # fmt: skip
    assert len(made["last_status_at"]) == 10
    assert client.post("/api/v1/featured_tags", {"name": "cats"}, auth=alice, status=200).json == made
    unused = client.post("/api/v1/featured_tags", {"name": "dogs"}, auth=alice, status=200).json
    assert (unused["statuses_count"], unused["last_status_at"]) == ("0", None)
    assert client.get("/api/v1/featured_tags", auth=alice, status=200).json == [made, unused]
    assert client.get(f"/api/v1/accounts/{alice.id}/featured_tags", auth=bob, status=200).json == [made, unused]
    client.delete(f"/api/v1/featured_tags/{made['id']}", auth=bob, status=404)
    assert client.delete(f"/api/v1/featured_tags/{made['id']}", auth=alice, status=200).json == {}
    assert client.get("/api/v1/featured_tags", auth=alice).json == [unused]


@pytest.mark.parametrize("sent", [{}, {"name": ""}, {"name": "a b"}, {"name": "1"}])
def test_what_cannot_be_featured(client, alice, sent):
    client.post_json("/api/v1/featured_tags", sent, auth=alice, status=422)


def test_at_most_ten_are_featured(client, alice):
    for number in range(10):
        client.post("/api/v1/featured_tags", {"name": f"tag{number}"}, auth=alice, status=200)
    client.post("/api/v1/featured_tags", {"name": "more"}, auth=alice, status=422)


def test_suggestions_are_the_tags_used_most(client, alice, post):
    for text in ("#a #b", "#b #c", "#b #c #d"):
        post(alice, text)
    client.post("/api/v1/featured_tags", {"name": "c"}, auth=alice)
    found = client.get("/api/v1/featured_tags/suggestions", auth=alice, status=200).json
    assert [tag["name"] for tag in found] == ["b", "a", "d"]
