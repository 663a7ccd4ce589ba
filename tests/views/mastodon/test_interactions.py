"""Favourites, reblogs, bookmarks, pins and thread mutes (docs/api/mastodon.md 4.11 to 4.14)."""

import concurrent.futures

import pytest


def test_a_favourite_counts_once_and_tells_the_author_once(client, alice, bob, post):
    status = post(alice, "x")
    for _ in range(2):
        favourited = client.post(f"/api/v1/statuses/{status['id']}/favourite", auth=bob, status=200).json
    assert (favourited["favourited"], favourited["favourites_count"]) == (True, 1)
    assert [n["type"] for n in client.get("/api/v1/notifications", auth=alice).json] == ["favourite"]
    assert [s["id"] for s in client.get("/api/v1/favourites", auth=bob).json] == [status["id"]]
    left = client.post(f"/api/v1/statuses/{status['id']}/unfavourite", auth=bob, status=200).json
    assert (left["favourited"], left["favourites_count"]) == (False, 0)
    assert client.get("/api/v1/notifications", auth=alice).json == []
    client.post(f"/api/v1/statuses/{status['id']}/unfavourite", auth=bob, status=200)


def test_what_one_cannot_see_cannot_be_marked(client, alice, bob, post):
    status = post(alice, "mine", visibility="direct")
    for action, error in [
        ("favourite", "Could not favorite"),
        ("unfavourite", "Could not unfavorite"),
        ("reblog", "Could not repeat"),
        ("unreblog", "Could not unrepeat"),
        ("pin", "Could not pin"),
        ("unpin", "Could not unpin"),
    ]:
        answer = client.post(f"/api/v1/statuses/{status['id']}/{action}", auth=bob, status=400)
        assert answer.json == {"error": error}
    for action in ("bookmark", "unbookmark", "mute", "unmute"):
        client.post(f"/api/v1/statuses/{status['id']}/{action}", auth=bob, status=404)
    for below in ("favourited_by", "reblogged_by"):
        client.get(f"/api/v1/statuses/{status['id']}/{below}", auth=bob, status=404)


def test_a_reblog_is_a_status_around_its_original(client, alice, bob, post):
    status = post(alice, "#x hi", spoiler_text="s")
    wrapper = client.post(f"/api/v1/statuses/{status['id']}/reblog", auth=bob, status=200).json
    assert wrapper["id"] != status["id"]
    assert wrapper["account"]["id"] == str(bob.id)
    assert wrapper["reblog"]["id"] == status["id"]
    assert (wrapper["reblog"]["reblogged"], wrapper["reblog"]["reblogs_count"]) == (True, 1)
    for key in ("content", "spoiler_text", "uri", "url", "mentions", "tags", "media_attachments"):
        assert wrapper[key] == status[key]
    assert wrapper["reblogs_count"] == 0
    again = client.post(f"/api/v1/statuses/{status['id']}/reblog", auth=bob, status=200).json
    assert again["id"] == wrapper["id"]
    assert [n["type"] for n in client.get("/api/v1/notifications", auth=alice).json] == ["reblog"]
    assert [a["id"] for a in client.get(f"/api/v1/statuses/{status['id']}/reblogged_by").json] == [str(bob.id)]
    original = client.post(f"/api/v1/statuses/{wrapper['id']}/unreblog", auth=bob, status=200).json
    assert (original["id"], original["reblogged"], original["reblogs_count"]) == (status["id"], False, 0)
    client.get(f"/api/v1/statuses/{wrapper['id']}", status=404)


def test_the_id_of_a_reblog_means_its_original(client, alice, bob, carol, post):
    status = post(alice, "x")
    wrapper = client.post(f"/api/v1/statuses/{status['id']}/reblog", auth=bob).json
    marked = client.post(f"/api/v1/statuses/{wrapper['id']}/favourite", auth=carol, status=200).json
    assert (marked["id"], marked["favourites_count"]) == (status["id"], 1)
    reply = post(carol, "reply", in_reply_to_id=wrapper["id"])
    assert reply["in_reply_to_id"] == status["id"]


def test_only_own_private_statuses_can_be_reblogged_privately(client, alice, bob, post):
    client.post(f"/api/v1/accounts/{alice.id}/follow", auth=bob)
    status = post(alice, "x", visibility="private")
    client.post(f"/api/v1/statuses/{status['id']}/reblog", auth=bob, status=400)
    client.post(f"/api/v1/statuses/{status['id']}/reblog", auth=alice, status=400)
    wrapper = client.post(
        f"/api/v1/statuses/{status['id']}/reblog", {"visibility": "private"}, auth=alice, status=200
    ).json
    assert wrapper["visibility"] == "private"


def test_deleting_a_status_takes_its_reblogs_along(client, alice, bob, post):
    status = post(alice, "x")
    wrapper = client.post(f"/api/v1/statuses/{status['id']}/reblog", auth=bob).json
    client.delete(f"/api/v1/statuses/{status['id']}", auth=alice, status=200)
    client.get(f"/api/v1/statuses/{wrapper['id']}", status=404)


def test_bookmarks_are_private_and_ordered_by_their_time(client, alice, bob, post):
    ids = [post(alice, text)["id"] for text in "abc"]
    for status_id in (ids[1], ids[2], ids[0]):
        assert client.post(f"/api/v1/statuses/{status_id}/bookmark", auth=bob, status=200).json["bookmarked"] is True
    assert [s["id"] for s in client.get("/api/v1/bookmarks", auth=bob).json] == [ids[0], ids[2], ids[1]]
    assert client.get(f"/api/v1/statuses/{ids[0]}", auth=alice).json["bookmarked"] is False
    assert client.post(f"/api/v1/statuses/{ids[0]}/unbookmark", auth=bob, status=200).json["bookmarked"] is False
    assert len(client.get("/api/v1/bookmarks", auth=bob).json) == 2


def test_pins_are_limited_and_need_an_own_public_status(client, alice, bob, post):
    first, second = post(alice, "1"), post(alice, "2")
    pinned = client.post(f"/api/v1/statuses/{first['id']}/pin", auth=alice, status=200).json
    assert pinned["pinned"] is True
    client.post(f"/api/v1/statuses/{first['id']}/pin", auth=alice, status=200)
    answer = client.post(f"/api/v1/statuses/{second['id']}/pin", auth=alice, status=400)
    assert answer.json == {"error": "You have already pinned the maximum number of statuses"}
    client.post(f"/api/v1/statuses/{first['id']}/pin", auth=bob, status=400)
    pinned_only = client.get(f"/api/v1/accounts/{alice.id}/statuses?pinned=true").json
    assert [s["id"] for s in pinned_only] == [first["id"]]
    assert client.post(f"/api/v1/statuses/{first['id']}/unpin", auth=alice, status=200).json["pinned"] is False
    private = post(alice, "3", visibility="private")
    client.post(f"/api/v1/statuses/{private['id']}/pin", auth=alice, status=400)


def test_a_muted_thread_makes_no_notifications(client, alice, bob, post):
    status = post(alice, "x")
    muted = client.post(f"/api/v1/statuses/{status['id']}/mute", auth=alice, status=200).json
    assert (muted["muted"], muted["pleroma"]["thread_muted"]) == (True, True)
    answer = client.post(f"/api/v1/statuses/{status['id']}/mute", auth=alice, status=400)
    assert answer.json == {"error": "conversation is already muted"}
    reply = post(bob, "@alice y", in_reply_to_id=status["id"])
    assert client.get("/api/v1/notifications", auth=alice).json == []
    assert len(client.get("/api/v1/notifications?with_muted=true", auth=alice).json) == 1
    assert client.get(f"/api/v1/statuses/{reply['id']}", auth=alice).json["muted"] is True
    assert client.post(f"/api/v1/statuses/{status['id']}/unmute", auth=alice, status=200).json["muted"] is False


def test_favourited_by_leaves_out_whom_the_viewer_blocks(client, alice, bob, carol, post):
    status = post(alice, "x")
    for who in (bob, carol):
        client.post(f"/api/v1/statuses/{status['id']}/favourite", auth=who)
    listed = client.get(f"/api/v1/statuses/{status['id']}/favourited_by").json
    assert [a["acct"] for a in listed] == ["carol", "bob"]
    client.post(f"/api/v1/accounts/{carol.id}/block", auth=alice, status=200)
    listed = client.get(f"/api/v1/statuses/{status['id']}/favourited_by", auth=alice).json
    assert [a["acct"] for a in listed] == ["bob"]
    assert client.get(f"/api/v1/statuses/{post(alice, 'y')['id']}/favourited_by").json == []


@pytest.mark.parametrize(
    ("do", "undo", "count"), [("favourite", "unfavourite", "favourites_count"), ("reblog", "unreblog", "reblogs_count")]
)
def test_counters_equal_the_lists_after_simultaneous_calls(make_client, client, alice, person, post, do, undo, count):
    status = post(alice, "x")
    people = [person(f"p{number}") for number in range(30)]

    def work(who):
        own = make_client()
        for action in (do, undo, do, do):
            own.post(f"/api/v1/statuses/{status['id']}/{action}", auth=who, status=200)
        if who.id % 2:
            own.post(f"/api/v1/statuses/{status['id']}/{undo}", auth=who, status=200)

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        list(pool.map(work, people))
    below = "favourited_by" if do == "favourite" else "reblogged_by"
    listed = client.get(f"/api/v1/statuses/{status['id']}/{below}?limit=80").json
    assert client.get(f"/api/v1/statuses/{status['id']}").json[count] == len(listed)
    assert len(listed) == sum(1 for who in people if not who.id % 2)
