"""Accounts and statuses elsewhere, as clients of this server see them."""

from datetime import UTC, datetime, timedelta

import pytest

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
ALICE, BOB = (f"https://pleroma.example/users/{name}" for name in ("alice", "bob"))


@pytest.fixture
def show(federated):
    """A status as somebody sees it, or nobody: show(status_id, alice)."""

    def read(status_id, who=None, status=200):
        return federated.get(f"/api/v1/statuses/{status_id}", auth=who, status=status).json

    return read


@pytest.fixture
def notified(federated):
    """The notifications of somebody: type, account and status, newest first."""

    def read(who, **parameters):
        rows = federated.get("/api/v1/notifications", parameters, auth=who, status=200).json
        return [(row["type"], row["account"]["acct"], int(row["status"]["id"])) for row in rows]

    return read


def mention(name, href=None):
    return {"type": "Mention", "href": href or f"https://pleroma.example/users/{name}", "name": f"@{name}"}


def test_an_account_elsewhere_has_the_address_of_its_server(federated, remote_account):
    dora = remote_account(
        is_group=True, bot=True, locked=True, followers_count=3, following_count=4, statuses_count=5,
        display_name="Dora <3", note="<p>hi</p>", fields='[{"name":"a","value":"b","source":{"name":"a","value":"b"}}]',
    )  # fmt: skip
    shown = federated.get(f"/api/v1/accounts/{dora.id}", status=200).json
    expected = {
        "acct": "dora@there.example", "username": "dora", "url": "https://there.example/@dora", "group": True,
        "bot": True, "locked": True, "moved": None, "display_name": "Dora <3",
    }  # fmt: skip
    assert {name: shown[name] for name in expected} == expected
    assert [shown[f"{name}_count"] for name in ("followers", "following", "statuses")] == [3, 4, 5]
    assert (shown["note"], shown["fields"][0]["value"]) == ("<p>hi</p>", "b")
    assert federated.get("/api/v1/accounts/lookup?acct=dora@there.example", status=200).json["id"] == shown["id"]


def test_an_account_without_a_page_has_the_address_of_its_actor(federated, remote_account):
    dora = remote_account(url=None)
    assert federated.get(f"/api/v1/accounts/{dora.id}", status=200).json["url"] == "https://there.example/users/dora"


def test_an_account_that_has_moved_shows_whereto(federated, sql, dora, remote_account):
    erin = remote_account("erin", "over.example")
    sql("update accounts set moved_to_id = %s where id = %s", erin.id, dora.id)
    shown = federated.get(f"/api/v1/accounts/{dora.id}", status=200).json
    assert (shown["acct"], shown["moved"]["acct"]) == ("dora@there.example", "erin@over.example")


def test_a_status_elsewhere_has_the_addresses_of_its_server(show, dora, remote_status, alice):
    shown = show(remote_status(dora, "<p>hello <b>you</b><script>alert(1)</script></p>", summary="careful"), alice)
    assert (shown["uri"], shown["url"]) == ("https://there.example/objects/1", "https://there.example/@dora/1")
    assert (shown["content"], shown["spoiler_text"]) == ("<p>hello <b>you</b></p>", "careful")
    assert (shown["application"], shown["visibility"], shown["account"]["acct"]) == (
        None,
        "public",
        "dora@there.example",
    )
    assert (shown["pleroma"]["local"], shown["pleroma"]["content"]["text/plain"]) == (False, "hello you")
    assert (shown["edited_at"], shown["in_reply_to_id"], shown["poll"], shown["card"]) == (None, None, None, None)


def test_tags_and_the_language_of_a_status_elsewhere_are_kept(federated, show, dora, remote_status):
    tags = [{"type": "Hashtag", "name": "#Cats", "href": "https://there.example/tags/cats"}]
    shown = show(remote_status(dora, "<p>hi</p>", tag=tags, contentMap={"en": "<p>hi</p>"}))
    assert ([tag["name"] for tag in shown["tags"]], shown["language"]) == (["cats"], "en")
    assert [each["id"] for each in federated.get("/api/v1/timelines/tag/cats", status=200).json] == [shown["id"]]


def test_files_of_a_status_elsewhere_stay_where_they_are(show, federated, dora, remote_status):
    files = [
        {"type": "Document", "mediaType": "image/png", "url": "https://cdn.example/a.png", "name": "a cat", "width": 30,
         "height": 20, "blurhash": "UBL_:rOpGG-oBUNG"},
        {"type": "Document", "mediaType": "video/mp4", "url": "https://cdn.example/b.mp4"},
    ]  # fmt: skip
    first, second = show(remote_status(dora, attachment=files))["media_attachments"]
    assert [first[name] for name in ("url", "remote_url", "preview_url")] == ["https://cdn.example/a.png"] * 3
    assert (first["type"], first["description"], first["blurhash"]) == ("image", "a cat", "UBL_:rOpGG-oBUNG")
    assert first["meta"]["original"]["width"] == 30
    assert (first["pleroma"]["mime_type"], second["type"], second["url"]) == (
        "image/png", "video", "https://cdn.example/b.mp4",
    )  # fmt: skip
    shown = federated.get(f"/api/v1/accounts/{dora.id}/statuses?only_media=true", status=200).json
    assert len(shown) == 1


def test_a_mentioned_account_is_notified_and_shown(show, notified, dora, remote_status, remote_account, alice, bob):
    erin = remote_account("erin", "over.example")
    status = remote_status(
        dora, to=[PUBLIC], cc=[ALICE, erin.uri],
        tag=[mention("alice"), mention("erin", erin.uri), mention("bob"), mention("dora", "https://gone.example/dora")],
    )  # fmt: skip
    assert notified(alice) == [("mention", "dora@there.example", status)]
    assert notified(bob) == []
    people = [(each["acct"], each["url"]) for each in show(status)["mentions"]]
    assert people == [
        ("alice", ALICE), ("erin@over.example", "https://over.example/@erin"), ("bob", BOB),
    ]  # fmt: skip


def test_a_mention_may_name_the_page_of_somebody(show, dora, remote_status, remote_account):
    remote_account("erin", "over.example")
    shown = show(remote_status(dora, tag=[mention("erin", "https://over.example/@erin")]))
    assert [each["acct"] for each in shown["mentions"]] == ["erin@over.example"]


def test_a_blocked_or_muted_account_elsewhere_notifies_nobody(notified, federated, dora, remote_status, alice, bob):
    federated.post(f"/api/v1/accounts/{dora.id}/block", auth=alice, status=200)
    federated.post(f"/api/v1/accounts/{dora.id}/mute", auth=bob, status=200)
    remote_status(dora, cc=[ALICE, BOB], tag=[mention("alice"), mention("bob")])
    assert (notified(alice), notified(bob)) == ([], [])


@pytest.mark.parametrize("setting", ["remote", "local", "non_follows", "non_followers"])
def test_the_settings_of_notifications_know_whether_somebody_is_elsewhere(
    notified, federated, dora, remote_status, alice, setting
):
    federated.put_json("/api/pleroma/notification_settings", {setting: False}, auth=alice, status=200)
    remote_status(dora, cc=[ALICE], tag=[mention("alice")])
    assert len(notified(alice)) == (setting == "local")


def test_a_direct_status_elsewhere_is_a_conversation_of_those_it_addresses(
    show, notified, federated, dora, remote_status, alice, bob
):
    status = remote_status(dora, to=[ALICE], cc=[], tag=[mention("alice")])
    assert show(status, alice)["visibility"] == "direct"
    show(status, bob, status=404)
    show(status, status=404)
    (conversation,) = federated.get("/api/v1/conversations", auth=alice, status=200).json
    assert (int(conversation["last_status"]["id"]), conversation["unread"]) == (status, True)
    assert [each["acct"] for each in conversation["accounts"]] == ["dora@there.example"]
    assert federated.get("/api/v1/conversations", auth=bob, status=200).json == []
    assert notified(alice) == [("mention", "dora@there.example", status)]
    answer = {"status": "yes", "in_reply_to_id": str(status)}
    assert federated.post_json("/api/v1/statuses", answer, auth=alice, status=200).json["visibility"] == "direct"


def test_what_comes_to_somebodys_own_inbox_without_an_address_is_for_them(show, dora, remote_status, alice, bob):
    status = remote_status(dora, to=[], cc=[], recipient=alice)
    assert show(status, alice)["visibility"] == "direct"
    show(status, bob, status=404)


def test_a_status_for_followers_is_seen_by_followers_and_those_it_addresses(
    show, federated, dora, remote_status, sql, alice, bob, carol
):
    sql("insert into follows (follower_id, followed_id) values (%s, %s)", alice.id, dora.id)
    status = remote_status(dora, to=[dora.followers], cc=[BOB], tag=[mention("bob")])
    assert [show(status, who)["visibility"] for who in (alice, bob)] == ["private", "private"]
    show(status, carol, status=404)
    show(status, status=404)
    assert [int(each["id"]) for each in federated.get("/api/v1/timelines/home", auth=alice, status=200).json] == [
        status
    ]
    assert federated.get("/api/v1/timelines/public", auth=alice, status=200).json == []
    federated.post(f"/api/v1/statuses/{status}/reblog", auth=alice, status=400)


def test_an_unlisted_status_is_seen_and_not_listed(show, federated, dora, remote_status):
    status = remote_status(dora, to=[dora.followers], cc=[PUBLIC])
    assert show(status)["visibility"] == "unlisted"
    assert federated.get("/api/v1/timelines/public", status=200).json == []
    assert len(federated.get(f"/api/v1/accounts/{dora.id}/statuses", status=200).json) == 1


def test_the_same_status_is_stored_once(sql, notified, dora, remote_status, alice):
    sent = {"cc": [ALICE], "tag": [mention("alice")]}
    first = remote_status(dora, **sent)
    assert remote_status(dora, "<p>other</p>", **sent) is None
    assert sql("select id from statuses") == [(first,)]
    assert len(notified(alice)) == 1


def test_an_answer_to_a_status_here_is_counted_and_stands_in_its_thread(
    show, federated, publish, notified, dora, remote_status, alice
):
    parent = publish(alice, "hello?")
    status = remote_status(dora, inReplyTo=parent["uri"], cc=[ALICE], tag=[mention("alice")])
    assert show(parent["id"])["replies_count"] == 1
    shown = show(status)
    assert (shown["in_reply_to_id"], shown["in_reply_to_account_id"]) == (parent["id"], str(alice.id))
    assert shown["pleroma"]["in_reply_to_account_acct"] == "alice"
    context = federated.get(f"/api/v1/statuses/{parent['id']}/context", status=200).json
    assert [each["id"] for each in context["descendants"]] == [shown["id"]]
    assert notified(alice) == [("mention", "dora@there.example", status)]


@pytest.mark.parametrize("arrives", [True, False])
def test_an_answer_that_came_before_what_it_answers_is_hung_on_it(
    show, federated, dora, remote_account, remote_status, arrives
):
    erin = remote_account("erin", "over.example")
    now = datetime.now(UTC)
    answer = remote_status(erin, "<p>yes</p>", inReplyTo="https://there.example/objects/1", published=now.isoformat())
    below = remote_status(dora, "<p>good</p>", number=2, inReplyTo="https://over.example/objects/1")
    assert show(answer)["in_reply_to_id"] is None
    parent = remote_status(dora, "<p>?</p>", published=(now - timedelta(hours=1)).isoformat(), arrives=arrives)
    assert parent < answer < below
    shown = show(answer)
    assert (shown["in_reply_to_id"], shown["in_reply_to_account_id"]) == (str(parent), str(dora.id))
    assert shown["pleroma"]["in_reply_to_account_acct"] == "dora@there.example"
    assert show(parent)["replies_count"] == 1
    context = federated.get(f"/api/v1/statuses/{parent}/context", status=200).json
    assert [int(each["id"]) for each in context["descendants"]] == [answer, below]


def test_an_answer_that_was_faster_than_what_it_answers_stands_above_it(show, dora, remote_account, remote_status):
    erin = remote_account("erin", "over.example")
    answer = remote_status(erin, "<p>yes</p>", inReplyTo="https://there.example/objects/1")
    parent = remote_status(dora, "<p>?</p>")
    assert parent < answer
    assert show(answer)["in_reply_to_id"] == str(parent)


def test_conversations_and_muted_threads_join_when_what_stood_between_them_comes(
    show, federated, sql, dora, remote_account, remote_status, alice, bob
):
    erin = remote_account("erin", "over.example")
    for_both = {"to": [ALICE, BOB], "cc": [], "tag": [mention("alice"), mention("bob")]}
    first = remote_status(dora, "<p>1</p>", **for_both)
    last = remote_status(erin, "<p>3</p>", number=3, inReplyTo="https://there.example/objects/2", **for_both)
    assert len(federated.get("/api/v1/conversations", auth=alice, status=200).json) == 2
    federated.post(f"/api/v1/statuses/{last}/mute", auth=bob, status=200)
    middle = {"to": [ALICE], "cc": [], "tag": [mention("alice")], "inReplyTo": "https://there.example/objects/1"}
    remote_status(dora, "<p>2</p>", number=2, **middle)
    (conversation,) = federated.get("/api/v1/conversations", auth=alice, status=200).json
    assert (int(conversation["last_status"]["id"]), conversation["unread"]) == (last, True)
    people = sorted(each["acct"] for each in conversation["accounts"])
    assert people == ["bob", "dora@there.example", "erin@over.example"]
    assert show(first, bob)["muted"] and not show(first, alice)["muted"]
    assert sql("select count(distinct thread_id) from notifications") == [(1,)]


def test_what_was_published_long_ago_is_sorted_by_that(show, federated, publish, dora, remote_status, alice):
    here = publish(alice, "now")
    old = remote_status(dora, published="2020-02-02T00:00:00Z", arrives=False)
    assert show(old)["created_at"] == "2020-02-02T00:00:00.000Z"
    assert [each["id"] for each in federated.get("/api/v1/timelines/public", status=200).json] == [here["id"], str(old)]


def test_a_subscriber_is_notified(notified, federated, dora, remote_status, sql, alice):
    sql("insert into subscriptions (account_id, target_id) values (%s, %s)", alice.id, dora.id)
    status = remote_status(dora)
    assert notified(alice) == [("mention", "dora@there.example", status)]


def test_what_was_asked_for_notifies_nobody(notified, dora, remote_status, alice):
    remote_status(dora, cc=[ALICE], tag=[mention("alice")], arrives=False)
    assert notified(alice) == []


def test_a_boost_of_a_status_elsewhere_shows_it(federated, publish, dora, remote_status, alice, outgoing):
    status = remote_status(dora)
    outgoing()
    shown = federated.post(f"/api/v1/statuses/{status}/reblog", auth=alice, status=200).json
    assert (shown["reblog"]["uri"], shown["reblog"]["reblogs_count"]) == ("https://there.example/objects/1", 1)
    federated.post(f"/api/v1/statuses/{status}/favourite", auth=alice, status=200)
    assert [row["kind"] for row in outgoing()] == ["announce", "like"]
