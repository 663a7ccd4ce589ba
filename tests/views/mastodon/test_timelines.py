"""Timelines and their pages (docs/api/mastodon.md 5, docs/api/pleroma.md 1.5)."""

import re
from urllib.parse import urlsplit

import pytest


def ids(answer):
    """The ids of a list answer."""
    return [item["id"] for item in answer.json]


def links(answer):
    """{rel: path with query} of a Link header."""
    found = {}
    for url, rel in re.findall(r'<([^>]+)>; rel="(\w+)"', answer.headers["Link"]):
        parts = urlsplit(url)
        assert f"{parts.scheme}://{parts.netloc}" == "https://pleroma.example"
        found[rel] = f"{parts.path}?{parts.query}"
    return found


@pytest.fixture
def six(alice, post):
    """Six public statuses by alice, oldest first."""
    return [post(alice, f"#t {number}")["id"] for number in range(1, 7)]


PLACES = ["timelines/home", "timelines/public", "timelines/tag/t", "accounts/{alice}/statuses"]


@pytest.mark.parametrize("place", PLACES)
def test_bounds_are_exclusive_and_order_is_newest_first(client, alice, six, place):
    path = f"/api/v1/{place.format(alice=alice.id)}"
    assert ids(client.get(path, auth=alice)) == six[::-1]
    three = six[2]
    assert ids(client.get(f"{path}?limit=2&max_id={three}", auth=alice)) == [six[1], six[0]]
    assert ids(client.get(f"{path}?limit=2&since_id={three}", auth=alice)) == [six[5], six[4]]
    assert ids(client.get(f"{path}?limit=2&min_id={three}", auth=alice)) == [six[4], six[3]]


@pytest.mark.parametrize("place", PLACES)
def test_pages_lead_on_both_ways(client, alice, six, place):
    path = f"/api/v1/{place.format(alice=alice.id)}?limit=4&only_media=false"
    first = client.get(path, auth=alice)
    second = client.get(links(first)["next"], auth=alice)
    assert ids(first) + ids(second) == six[::-1]
    assert "only_media=false" in links(first)["next"]
    assert ids(client.get(links(second)["prev"], auth=alice)) == ids(first)
    assert "Link" not in client.get(links(second)["next"], auth=alice).headers


@pytest.mark.parametrize(("limit", "length"), [("0", 6), ("-3", 6), ("x", 6), ("3", 3), ("1000", 6), ("", 6)])
def test_odd_limits_count_as_the_default(client, six, limit, length):
    assert len(client.get(f"/api/v1/timelines/public?limit={limit}").json) == length


@pytest.mark.parametrize("bound", ["x", "", "99999999999999999999", "-1"])
def test_a_bound_that_is_no_id_counts_as_absent(client, six, bound):
    assert len(client.get(f"/api/v1/timelines/public?max_id={bound}&since_id={bound}").json) == 6


def test_home_holds_own_and_followed_statuses_and_reblogs(client, alice, bob, carol, post):
    client.post(f"/api/v1/accounts/{bob.id}/follow", auth=alice)
    own, followed, stranger = post(alice, "own"), post(bob, "followed"), post(carol, "stranger")
    wrapper = client.post(f"/api/v1/statuses/{stranger['id']}/reblog", auth=bob).json
    private = post(bob, "private", visibility="private")
    post(bob, "direct", visibility="direct")
    expected = [private["id"], wrapper["id"], followed["id"], own["id"]]
    assert ids(client.get("/api/v1/timelines/home", auth=alice)) == expected


def test_home_of_an_account_that_follows_many(client, alice, bob, person, post, sql):
    others = [person(f"o{number}") for number in range(45)]
    for other in [*others, bob]:
        sql("insert into follows (follower_id, followed_id) values (%s, %s)", alice.id, other.id)
    sql("update accounts set following_count = 46 where id = %s", alice.id)
    mine = [post(who, "x")["id"] for who in (bob, *others, alice, bob)]
    first = client.get("/api/v1/timelines/home", auth=alice)
    assert ids(first) == mine[::-1][:20]
    rest = client.get(links(first)["next"] + "&limit=40", auth=alice)
    assert ids(rest) == mine[::-1][20:]
    assert ids(client.get(links(rest)["prev"], auth=alice)) == mine[::-1][:20]


def test_home_leaves_out_reblogs_of_those_followed_without(client, alice, bob, carol, post):
    client.post(f"/api/v1/accounts/{bob.id}/follow", {"reblogs": "false"}, auth=alice)
    status = post(carol, "x")
    client.post(f"/api/v1/statuses/{status['id']}/reblog", auth=bob)
    own = post(bob, "own")
    assert ids(client.get("/api/v1/timelines/home", auth=alice)) == [own["id"]]


def test_public_holds_public_originals_only(client, alice, bob, post):
    public = post(alice, "public")
    post(alice, "unlisted", visibility="unlisted")
    post(alice, "private", visibility="private")
    post(alice, "direct", visibility="direct")
    client.post(f"/api/v1/statuses/{public['id']}/reblog", auth=bob)
    reply = post(bob, "reply", in_reply_to_id=public["id"])
    for query in ("", "?local=true"):
        assert ids(client.get(f"/api/v1/timelines/public{query}")) == [reply["id"], public["id"]]
    assert ids(client.get("/api/v1/timelines/public?remote=true")) == []


def test_a_block_hides_statuses_reblogs_and_mentions(client, alice, bob, carol, post):
    own = post(alice, "own")
    status = post(bob, "by bob")
    client.post(f"/api/v1/statuses/{status['id']}/reblog", auth=carol)
    post(carol, "about @bob")
    client.post(f"/api/v1/accounts/{carol.id}/follow", auth=alice)
    client.post(f"/api/v1/accounts/{bob.id}/block", auth=alice)
    assert ids(client.get("/api/v1/timelines/public", auth=alice)) == [own["id"]]
    assert ids(client.get("/api/v1/timelines/public?with_muted=true", auth=alice)) == [own["id"]]
    assert ids(client.get("/api/v1/timelines/home", auth=alice)) == [own["id"]]
    client.get(f"/api/v1/statuses/{status['id']}", auth=alice, status=200)


def test_a_mute_hides_until_it_is_asked_for_or_over(client, alice, bob, post, sql):
    status = post(bob, "by bob")
    client.post(f"/api/v1/accounts/{bob.id}/mute", {"duration": "600"}, auth=alice)
    assert ids(client.get("/api/v1/timelines/public", auth=alice)) == []
    assert ids(client.get("/api/v1/timelines/public?with_muted=1", auth=alice)) == [status["id"]]
    assert ids(client.get(f"/api/v1/accounts/{bob.id}/statuses", auth=alice)) == [status["id"]]
    sql("update mutes set expires_at = now() - interval '1 second'")
    assert ids(client.get("/api/v1/timelines/public", auth=alice)) == [status["id"]]


def test_tags_in_any_case_with_any_all_and_none(client, alice, post):
    a, ab, b = post(alice, "#A"), post(alice, "#a #b"), post(alice, "#b")
    post(alice, "#a", visibility="unlisted")
    assert ids(client.get("/api/v1/timelines/tag/A")) == [ab["id"], a["id"]]
    assert ids(client.get("/api/v1/timelines/tag/a?any[]=b")) == [b["id"], ab["id"], a["id"]]
    assert ids(client.get("/api/v1/timelines/tag/a?all[]=B")) == [ab["id"]]
    assert ids(client.get("/api/v1/timelines/tag/a?none[]=b")) == [a["id"]]
    assert ids(client.get("/api/v1/timelines/tag/unknown")) == []


def test_a_tag_of_another_script_pages(client, alice, post):
    status = post(alice, "#ไทย")
    answer = client.get("/api/v1/timelines/tag/%E0%B9%84%E0%B8%97%E0%B8%A2")
    assert ids(answer) == [status["id"]]
    answer.headers["Link"].encode("latin-1")
    assert ids(client.get(links(answer)["next"])) == []


def test_direct_holds_what_one_wrote_or_received(client, alice, bob, carol, post):
    sent = post(alice, "@bob", visibility="direct")
    assert ids(client.get("/api/v1/timelines/direct", auth=alice)) == [sent["id"]]
    assert ids(client.get("/api/v1/timelines/direct", auth=bob)) == [sent["id"]]
    assert ids(client.get("/api/v1/timelines/direct", auth=carol)) == []
    client.get("/api/v1/timelines/direct", status=403)


def test_a_list_holds_statuses_of_followed_members(client, alice, bob, carol, post):
    members = client.post("/api/v1/lists", {"title": "l"}, auth=alice).json["id"]
    client.post(f"/api/v1/accounts/{bob.id}/follow", auth=alice)
    client.post(f"/api/v1/lists/{members}/accounts", {"account_ids[]": str(bob.id)}, auth=alice, status=200)
    status, _ = post(bob, "x"), post(carol, "y")
    assert ids(client.get(f"/api/v1/timelines/list/{members}", auth=alice)) == [status["id"]]
    client.get(f"/api/v1/timelines/list/{members}", auth=bob, status=404)


def test_a_closed_instance_shows_no_timelines_to_strangers(make_client, alice):
    closed = make_client(public=False)
    for path in ("timelines/public", "timelines/tag/x", f"pleroma/accounts/{alice.id}/favourites"):
        answer = closed.get(f"/api/v1/{path}", status=403)
        assert answer.json == {"error": "This resource requires authentication."}
        closed.get(f"/api/v1/{path}", auth=alice, status=200)


def test_a_public_switch_in_the_database_counts_at_once(client, sql):
    client.get("/api/v1/timelines/public", status=200)
    sql("insert into settings (name, value) values ('public', 'false')")
    client.get("/api/v1/timelines/public", status=403)


def test_account_statuses_can_be_narrowed(client, alice, bob, post):
    own = post(alice, "own")
    thread = post(alice, "thread", in_reply_to_id=own["id"])
    answer = post(alice, "to bob", in_reply_to_id=post(bob, "b")["id"])
    wrapper = client.post(f"/api/v1/statuses/{post(bob, 'c')['id']}/reblog", auth=alice).json
    path = f"/api/v1/accounts/{alice.id}/statuses"
    assert ids(client.get(path)) == [wrapper["id"], answer["id"], thread["id"], own["id"]]
    assert ids(client.get(f"{path}?exclude_replies=true")) == [wrapper["id"], thread["id"], own["id"]]
    assert ids(client.get(f"{path}?exclude_reblogs=1")) == [answer["id"], thread["id"], own["id"]]
    assert ids(client.get("/api/v1/accounts/alice/statuses?limit=1")) == [wrapper["id"]]
    client.get("/api/v1/accounts/1/statuses", status=404)


def test_statuses_of_a_deactivated_account_are_not_there(client, alice, bob, post, sql):
    status = post(bob, "x")
    wrapper = client.post(f"/api/v1/statuses/{status['id']}/reblog", auth=alice).json
    sql("update accounts set active = false where id = %s", bob.id)
    assert ids(client.get("/api/v1/timelines/public")) == []
    client.get(f"/api/v1/statuses/{status['id']}", status=404)
    client.get(f"/api/v1/statuses/{wrapper['id']}", status=404)
