"""What the servers of others send, whole and in their own ways, and what comes of it here (cases/PEER/*.json)."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.conftest import BASE

CASES = Path(__file__).parent / "cases"


@pytest.fixture
def replay(make_peer, carry_out, alice):
    """Has its actor send a case, signed, twice: replay("snac/follow", status) gives who sent it."""
    peers = {}

    def send(name, status=None, follow="", change=("", ""), **changes):
        was, becomes = change
        text = (CASES / f"{name}.json").read_text("utf-8")
        for placeholder, value in {
            '"US"': f'"{BASE}/users/{alice.nickname}"', "US\\\"": f"{BASE}/users/{alice.nickname}\\\"",
            '"IT"': f'"{status["uri"]}"' if status else "null", '"FOLLOW"': f'"{follow}"',
            '"US/': f'"{BASE}/users/{alice.nickname}/', "NOW": datetime.now(UTC).isoformat(),
        }.items():  # fmt: skip
            text = text.replace(placeholder, value)
        activity = json.loads(text.replace(was, becomes) if was else text)
        uri = activity["actor"]
        if uri not in peers:
            host = uri.split("/")[2]
            inbox = {"uri": uri, "inbox": f"{uri}/inbox", "followers": f"{uri}/followers"}
            peers[uri] = make_peer(uri.strip("/").split("/")[-1].strip("@").partition("@")[0], host, **inbox | changes)
        for _ in range(2):
            peers[uri].post(activity)
            carry_out()
        return peers[uri]

    return send


@pytest.fixture
def poll(publish, alice):
    return publish(alice, "tea?", poll={"options": ["tea", "milk", "water"], "expires_in": 3600, "multiple": True})


@pytest.fixture
def status(publish, alice):
    return publish(alice, "hello")


@pytest.fixture
def asks(federated, make_peer, alice, outgoing):
    """Has alice ask to follow somebody; gives the id of the Follow."""

    def follow(peer):
        federated.post(f"/api/v1/accounts/{peer.id}/follow", auth=alice)
        return outgoing()[0]["about"]["uri"].replace("\x01", BASE)

    return follow


def _mentioned(federated, alice):
    """The statuses that alice was notified of."""
    found = federated.get("/api/v1/notifications?types[]=mention", auth=alice).json
    return [each["status"] for each in found]


def _state(federated, alice, peer):
    return federated.get(f"/api/v1/accounts/relationships?id={peer.id}", auth=alice).json[0]


def test_mastodon_posts_and_deletes(federated, replay, alice):
    replay("mastodon/create")
    (seen,) = _mentioned(federated, alice)
    assert (seen["spoiler_text"], seen["sensitive"], seen["language"]) == ("careful", True, "en")
    assert [tag["name"] for tag in seen["tags"]] == ["town"]
    assert [mention["acct"] for mention in seen["mentions"]] == ["alice"]
    assert seen["url"] == "https://m.example/@a/1"
    (media,) = seen["media_attachments"]
    assert (media["type"], media["url"], media["description"]) == ("image", "https://m.example/media/1.png", "a cat")
    replay("mastodon/delete_status")
    assert _mentioned(federated, alice) == []


def test_mastodon_deletes_an_account(replay, run_jobs, sql):
    peer = replay("mastodon/create")
    replay("mastodon/delete_account")
    run_jobs()
    assert sql("select count(*) from accounts where id = %s", peer.id) == [(0,)]


@pytest.mark.parametrize(
    ("case", "uri"),
    [
        ("mastodon/accept", "https://m.example/users/a"), ("misskey/accept", "https://k.example/users/9x"),
        ("hollo/accept", "https://o.example/@j"),
    ],
)  # fmt: skip
def test_follow_is_accepted(federated, make_peer, carry_out, asks, alice, case, uri):
    peer = make_peer(uri.rpartition("/")[2].strip("@"), uri.split("/")[2], uri=uri, inbox=f"{uri}/inbox")
    name = asks(peer)
    text = (CASES / f"{case}.json").read_text("utf-8")
    text = text.replace('"US"', f'"{BASE}/users/alice"').replace('"FOLLOW"', f'"{name}"')
    peer.post(text.encode())
    carry_out()
    assert _state(federated, alice, peer)["following"]


def test_pleroma_names_files_by_links(federated, replay, alice):
    replay("pleroma/create")
    (seen,) = _mentioned(federated, alice)
    assert [media["url"] for media in seen["media_attachments"]] == ["https://p.example/media/x.png"]
    assert seen["content"] == "look :blob:"


def test_pleroma_takes_back_by_the_id_alone(federated, replay, status):
    replay("pleroma/like", status)
    assert federated.get(f"/api/v1/statuses/{status['id']}").json["favourites_count"] == 1
    replay("pleroma/undo")
    assert federated.get(f"/api/v1/statuses/{status['id']}").json["favourites_count"] == 0


@pytest.mark.parametrize("case", ["pleroma/emoji_react", "misskey/like"])
def test_reaction_with_an_emoji_of_theirs_is_a_favourite(federated, replay, status, case):
    replay(case, status)
    assert federated.get(f"/api/v1/statuses/{status['id']}").json["favourites_count"] == 1


def test_gotosocial_sends_single_values_and_deletes_without_an_id(federated, replay, alice):
    replay("gotosocial/create")
    (seen,) = _mentioned(federated, alice)
    assert (seen["visibility"], seen["media_attachments"][0]["description"]) == ("public", "alt")
    replay("gotosocial/delete")
    assert _mentioned(federated, alice) == []


def test_gotosocial_names_every_update_of_a_status_alike(federated, replay):
    replay("gotosocial/create")
    replay("gotosocial/update")
    replay("gotosocial/update", change=("mended", "mended twice"))
    (seen,) = federated.get("/api/v1/timelines/public").json
    assert (seen["content"], seen["spoiler_text"]) == ("<p>no picture</p>", "mended twice")


@pytest.mark.parametrize(
    ("case", "counts"), [("gotosocial/votes", [1, 1, 0]), ("snac/vote", [1, 0, 0]), ("takahe/vote", [1, 0, 0])]
)
def test_votes_are_counted(federated, replay, poll, sql, case, counts):
    replay(case, poll)
    now = federated.get(f"/api/v1/polls/{poll['poll']['id']}").json
    assert [option["votes_count"] for option in now["options"]] == counts
    assert sql("select count(*) from statuses where not local") == [(0,)]


def test_misskey_answers_an_embedded_note_and_quotes(federated, replay, status, alice):
    replay("misskey/create", status)
    (seen,) = _mentioned(federated, alice)
    assert (seen["in_reply_to_id"], seen["spoiler_text"], seen["sensitive"]) == (status["id"], "", True)
    assert 'href="https://k.example/notes/8"' in seen["content"]
    assert federated.get(f"/api/v1/statuses/{status['id']}").json["replies_count"] == 1


def test_pixelfed_posts_a_picture_without_text(federated, replay, alice, sql):
    peer = replay("pixelfed/create")
    (media,) = sql("select remote_url, description from media where account_id = %s", peer.id)
    assert media == ("https://x.example/s/1.jpg", None)


def test_lemmy_s_group_shares_by_id_and_never_by_what_it_embeds(replay, make_peer, sql, alice):
    group = make_peer(
        "cats", "l.example", uri="https://l.example/c/cats", inbox="https://l.example/c/cats/inbox", is_group=True
    )
    sql("insert into follows (follower_id, followed_id) values (%s, %s)", alice.id, group.id)
    replay("lemmy/announce", is_group=True)
    replay("lemmy/announce_vote", is_group=True)
    assert sql("select count(*) from statuses") == [(0,)]
    assert sql("select name from lookups") == [("https://l.example/post/3",)]


def test_lemmy_sends_messages_without_a_mention(federated, replay, alice):
    replay("lemmy/private_message")
    (conversation,) = federated.get("/api/v1/conversations", auth=alice).json
    assert conversation["last_status"]["content"] == "<p>hi</p>"


def test_peertube_s_channel_shares_a_video_by_id(replay, make_peer, sql, alice):
    uri = "https://t.example/video-channels/c"
    channel = make_peer("c", "t.example", uri=uri, inbox=f"{uri}/inbox", is_group=True)
    sql("insert into follows (follower_id, followed_id) values (%s, %s)", alice.id, channel.id)
    replay("peertube/announce", is_group=True)
    assert sql("select name from lookups") == [("https://t.example/videos/watch/u1",)]


def test_wordpress_comments_under_an_address_with_a_query(federated, replay, status, alice):
    replay("wordpress/comment", status)
    (answer,) = federated.get(f"/api/v1/statuses/{status['id']}/context").json["descendants"]
    assert (answer["uri"], answer["content"]) == ("https://w.example/?c=3", "<p>Nice</p>")


@pytest.mark.parametrize("case", ["snac/follow", "takahe/follow"])
def test_follow_from_an_address_of_another_form(federated, replay, alice, case):
    peer = replay(case)
    assert _state(federated, alice, peer)["followed_by"]


def test_takahe_pins_without_an_id(federated, replay, alice, sql):
    peer = replay("takahe/direct")
    sql("update statuses set visibility = 'public'")
    sql("update remote_accounts set featured = %s", f"{peer.uri}collections/featured/")
    uri = sql("select uri from statuses")[0][0]
    for case, number in (("takahe/add", 1), ("takahe/remove", 0)):
        replay(case, change=("https://h.example/@h@h.example/posts/1/", uri))
        pinned = federated.get(f"/api/v1/accounts/{peer.id}/statuses?pinned=true", auth=alice).json
        assert len(pinned) == number


def test_takahe_follows_again_under_the_same_id(federated, replay, alice, sql):
    for _ in range(2):
        peer = replay("takahe/follow")
        assert _state(federated, alice, peer)["followed_by"]
        replay("takahe/undo_follow")
        assert not _state(federated, alice, peer)["followed_by"]
        sql("update inbox set received_at = now() - interval '1 minute'")


def test_snac_takes_back_a_request_by_the_name_of_the_person(federated, replay, alice):
    federated.patch_json("/api/v1/accounts/update_credentials", {"locked": True}, auth=alice)
    replay("snac/follow")
    assert len(federated.get("/api/v1/follow_requests", auth=alice).json) == 1
    replay("snac/undo_waiting_follow")
    assert federated.get("/api/v1/follow_requests", auth=alice).json == []


def test_takahe_addresses_direct_posts_in_cc(federated, replay, alice):
    replay("takahe/direct")
    (conversation,) = federated.get("/api/v1/conversations", auth=alice).json
    assert conversation["last_status"]["visibility"] == "direct"


def test_each_case_is_replayed():
    named = Path(__file__).read_text("utf-8")
    cases = [path.relative_to(CASES).with_suffix("").as_posix() for path in CASES.rglob("*.json")]
    assert [case for case in cases if f'"{case}"' not in named] == []
