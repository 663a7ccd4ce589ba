"""Editing statuses, and what they were before (docs/api/mastodon.md 4.16)."""

import datetime
import threading

import pytest

from tests.views.mastodon.test_media import png

STATUSES = "/api/v1/statuses"


@pytest.fixture
def edit(client):
    """Edits a status and gives it back: edit(alice, status, status="new")."""

    def put(author, status, /, **parameters):
        return client.put_json(f"{STATUSES}/{status['id']}", parameters, auth=author, status=200).json

    return put


@pytest.fixture
def history(client):
    """The versions of a status as somebody sees them."""
    return lambda reader, status: client.get(f"{STATUSES}/{status['id']}/history", auth=reader, status=200).json


@pytest.fixture
def upload(client):
    """Uploads a picture: upload(alice, "a cat")."""

    def send(who, description):
        sent = {"description": description}
        return client.post("/api/v1/media", sent, upload_files=[("file", "x.png", png())], auth=who).json

    return send


def times(versions):
    return [version["created_at"] for version in versions]


def test_the_new_text_is_rendered_and_the_rest_stays(client, alice, bob, post, edit):
    status = post(alice, "first #one", spoiler_text="subject", sensitive=True, language="de")
    client.post(f"{STATUSES}/{status['id']}/favourite", auth=bob)
    client.post(f"{STATUSES}/{status['id']}/pin", auth=alice)
    edited = edit(alice, status, status="second #two @bob :x:")
    assert "second" in edited["content"] and [tag["name"] for tag in edited["tags"]] == ["two"]
    assert [mention["acct"] for mention in edited["mentions"]] == ["bob"]
    assert edited["pleroma"]["content"]["text/plain"] == "second #two @bob :x:"
    assert (edited["spoiler_text"], edited["sensitive"], edited["language"]) == ("subject", True, "de")
    assert (edited["favourites_count"], edited["pinned"]) == (1, True)
    assert [edited[key] for key in ("id", "uri", "url", "created_at")] == [
        status[key] for key in ("id", "uri", "url", "created_at")
    ]
    assert status["edited_at"] is None
    assert datetime.datetime.fromisoformat(edited["edited_at"]) > datetime.datetime.fromisoformat(edited["created_at"])
    assert client.get(f"{STATUSES}/{status['id']}", auth=bob).json["content"] == edited["content"]
    source = client.get(f"{STATUSES}/{status['id']}/source", auth=alice).json
    assert (source["text"], source["spoiler_text"]) == ("second #two @bob :x:", "subject")


def test_search_and_tags_follow_the_text(client, alice, post, edit):
    status = post(alice, "aardvark #zoo")
    edit(alice, status, status="buffalo #farm")
    found = {
        word: client.get(f"/api/v2/search?q={word}", auth=alice).json["statuses"] for word in ("aardvark", "buffalo")
    }
    assert [len(found[word]) for word in found] == [0, 1]
    assert client.get("/api/v1/timelines/tag/zoo").json == []
    assert [each["id"] for each in client.get("/api/v1/timelines/tag/farm").json] == [status["id"]]


def test_what_changes_nothing_has_no_effect(client, alice, bob, post, edit, history):
    status = post(alice, "same", spoiler_text="s")
    client.post(f"{STATUSES}/{status['id']}/reblog", auth=bob)
    for nothing in ({}, {"status": "same"}, {"status": " same ", "spoiler_text": "s", "sensitive": False}):
        assert edit(alice, status, **nothing)["edited_at"] is None
    assert len(history(alice, status)) == 1
    assert client.get("/api/v1/notifications?types[]=update", auth=bob).json == []


def test_only_the_author_edits(client, alice, bob, person, post):
    status = post(alice, "hello")
    wrapper = client.post(f"{STATUSES}/{status['id']}/reblog", auth=alice).json
    moderator = person("mod", moderator=True)
    for who, status_id in ((bob, status["id"]), (moderator, status["id"]), (alice, wrapper["id"]), (alice, "1")):
        answer = client.put(f"{STATUSES}/{status_id}", {"status": "x"}, auth=who, status=404)
        assert answer.json == {"error": "Record not found"}
    client.put(f"{STATUSES}/{status['id']}", {"status": "x"}, status=403)
    assert client.get(f"{STATUSES}/{status['id']}").json["content"] == status["content"]


@pytest.mark.parametrize("sent", [{"status": ""}, {"status": "x" * 5001}, {"media_ids": ["1"]}, {"status": " "}])
def test_what_could_not_be_posted_changes_nothing(client, alice, post, history, sent):
    status = post(alice, "hello")
    assert "error" in client.put_json(f"{STATUSES}/{status['id']}", sent, auth=alice, status=422).json
    assert [version["content"] for version in history(alice, status)] == [status["content"]]


def test_visibility_and_parent_cannot_be_changed(alice, post, edit):
    parent = post(alice, "parent")
    status = post(alice, "hello", visibility="unlisted")
    edited = edit(alice, status, status="x", visibility="direct", in_reply_to_id=parent["id"], expires_in=3600)
    assert (edited["visibility"], edited["in_reply_to_id"]) == ("unlisted", None)


def test_history_is_oldest_first_and_the_current_version_last(client, alice, bob, post, edit, history):
    status = post(alice, "one")
    (only,) = history(bob, status)
    assert only == {
        "content": status["content"], "spoiler_text": "", "sensitive": False, "created_at": status["created_at"],
        "account": only["account"], "media_attachments": [], "emojis": [],
    }  # fmt: skip
    assert only["account"]["id"] == str(alice.id)
    first = edit(alice, status, status="two", spoiler_text="now with one", sensitive=True)
    second = edit(alice, status, status="three")
    versions = history(bob, status)
    assert [version["content"] for version in versions] == [each["content"] for each in (status, first, second)]
    assert times(versions) == [status["created_at"], first["edited_at"], second["edited_at"]]
    assert [version["sensitive"] for version in versions] == [False, True, True]
    wrapper = client.post(f"{STATUSES}/{status['id']}/reblog", auth=bob).json
    assert history(bob, wrapper) == versions


def test_history_is_for_those_who_see_the_status(client, alice, bob, post, edit):
    status = post(alice, "one", visibility="private")
    edit(alice, status, status="two")
    for who in (bob, None):
        client.get(f"{STATUSES}/{status['id']}/history", auth=who, status=404)


def test_history_knows_links_to_this_server(alice, post, edit, history):
    status = post(alice, "@alice #tag")
    edit(alice, status, status="gone")
    assert history(alice, status)[0]["content"] == status["content"]
    assert "https://pleroma.example/tag/tag" in status["content"]


def test_media_can_come_and_go(client, alice, post, edit, history, upload):
    first, second = upload(alice, "first"), upload(alice, "second")
    status = post(alice, "hello", media_ids=[first["id"]])
    edited = edit(alice, status, media_ids=[second["id"], first["id"]])
    assert [media["id"] for media in edited["media_attachments"]] == [second["id"], first["id"]]
    assert [media["id"] for media in edit(alice, status, status="x")["media_attachments"]] == [
        second["id"],
        first["id"],
    ]
    assert edit(alice, status, media_ids=[])["media_attachments"] == []
    assert [len(version["media_attachments"]) for version in history(alice, status)] == [1, 2, 2, 0]
    form = client.put(f"{STATUSES}/{status['id']}", [("media_ids[]", first["id"])], auth=alice, status=200).json
    assert [media["id"] for media in form["media_attachments"]] == [first["id"]]
    emptied = client.put(f"{STATUSES}/{status['id']}", [("media_ids[]", "")], auth=alice, status=200).json
    assert emptied["media_attachments"] == []


def test_descriptions_change_and_history_keeps_the_old_ones(alice, post, edit, history, upload):
    media = upload(alice, "before")
    status = post(alice, "hello", media_ids=[media["id"]])
    change = {"id": media["id"], "description": "after", "focus": "0.5,-0.5"}
    edited = edit(alice, status, media_attributes=[change])
    (attachment,) = edited["media_attachments"]
    assert (attachment["description"], attachment["meta"]["focus"]) == ("after", {"x": 0.5, "y": -0.5})
    descriptions = [version["media_attachments"][0]["description"] for version in history(alice, status)]
    assert descriptions == ["before", "after"]
    assert edit(alice, status, media_attributes=[change])["edited_at"] == edited["edited_at"]


def test_media_of_others_and_of_other_statuses_are_refused(client, alice, bob, post, upload):
    status, foreign, used = post(alice, "hello"), upload(bob, "bob's"), upload(alice, "used")
    post(alice, "other", media_ids=[used["id"]])
    for media in (foreign, used):
        client.put_json(f"{STATUSES}/{status['id']}", {"media_ids": [media["id"]]}, auth=alice, status=422)
    sent = {"media_attributes": [{"id": foreign["id"], "description": "mine"}], "status": "x"}
    client.put_json(f"{STATUSES}/{status['id']}", sent, auth=alice, status=200)
    assert client.get(f"/api/v1/media/{foreign['id']}", auth=bob).json["description"] == "bob's"


def test_who_is_newly_mentioned_is_notified_once_and_sees_it(client, alice, bob, carol, post, edit):
    status = post(alice, "@bob hello", visibility="private")
    client.get(f"{STATUSES}/{status['id']}", auth=carol, status=404)
    edited = edit(alice, status, status="@carol hello")
    assert [mention["acct"] for mention in edited["mentions"]] == ["carol"]
    edit(alice, status, status="@carol @bob hello again")
    for who in (bob, carol):
        assert [each["type"] for each in client.get("/api/v1/notifications", auth=who).json] == ["mention"]
        client.get(f"{STATUSES}/{status['id']}", auth=who, status=200)


def test_a_direct_status_takes_new_people_into_its_conversation(client, alice, bob, carol, post, edit):
    status = post(alice, "@bob hello", visibility="direct")
    client.post(f"/api/v1/conversations/{client.get('/api/v1/conversations', auth=bob).json[0]['id']}/read", auth=bob)
    edit(alice, status, status="@bob @carol hello")
    (conversation,) = client.get("/api/v1/conversations", auth=carol).json
    assert conversation["last_status"]["id"] == status["id"] and conversation["unread"]
    assert [each["id"] for each in client.get("/api/v1/timelines/direct", auth=carol).json] == [status["id"]]
    assert not client.get("/api/v1/conversations", auth=bob).json[0]["unread"]


def test_who_reblogged_is_notified_of_the_last_edit(client, alice, bob, carol, post, edit):
    status = post(alice, "one")
    client.post(f"{STATUSES}/{status['id']}/reblog", auth=bob)
    client.post(f"{STATUSES}/{status['id']}/favourite", auth=carol)
    edit(alice, status, status="two")
    (first,) = client.get("/api/v1/notifications", auth=bob).json
    edit(alice, status, status="three")
    (second,) = client.get("/api/v1/notifications", auth=bob).json
    assert (second["type"], second["account"]["acct"], second["status"]["id"]) == ("update", "alice", status["id"])
    assert "three" in second["status"]["content"] and second["id"] != first["id"]
    assert client.get("/api/v1/notifications", auth=carol).json == []
    assert len(client.get("/api/v1/notifications?exclude_types[]=update", auth=bob).json) == 0


def test_reblogs_show_the_edited_status(client, alice, bob, carol, post, edit):
    status = post(alice, "one")
    client.post(f"/api/v1/accounts/{bob.id}/follow", auth=carol)
    client.post(f"{STATUSES}/{status['id']}/reblog", auth=bob)
    edited = edit(alice, status, status="two")
    (wrapper,) = client.get("/api/v1/timelines/home", auth=carol).json
    assert (wrapper["content"], wrapper["edited_at"]) == (edited["content"], edited["edited_at"])
    assert wrapper["reblog"]["edited_at"] == edited["edited_at"]


POLL = {"options": ["a", "b"], "expires_in": 3600, "multiple": False}


def vote(client, who, status):
    client.post_json(f"/api/v1/polls/{status['poll']['id']}/votes", {"choices": [0]}, auth=who, status=200)


def test_the_same_options_leave_the_votes(client, alice, bob, post, edit):
    status = post(alice, "which?", poll=POLL)
    vote(client, bob, status)
    edited = edit(alice, status, poll={**POLL, "expires_in": 7200, "hide_totals": True})
    assert edited["poll"]["votes_count"] == 1
    assert edited["poll"]["expires_at"] > status["poll"]["expires_at"]
    assert edit(alice, status, status="what?")["poll"]["votes_count"] == 1
    assert [each["type"] for each in client.get("/api/v1/notifications", auth=bob).json] == ["update"]


@pytest.mark.parametrize("change", [{"options": ["b", "a"]}, {"options": ["a", "b", "c"]}, {"multiple": True}])
def test_other_options_start_again(client, alice, bob, post, edit, history, change):
    status = post(alice, "which?", poll=POLL)
    vote(client, bob, status)
    edited = edit(alice, status, poll={**POLL, **change})
    assert edited["poll"]["votes_count"] == 0
    vote(client, bob, status)
    options = [[option["title"] for option in version["poll"]["options"]] for version in history(bob, status)]
    assert options == [["a", "b"], change.get("options", ["a", "b"])]


def test_a_poll_can_come_and_go(client, alice, post, edit):
    status = post(alice, "which?")
    assert [option["title"] for option in edit(alice, status, poll=POLL)["poll"]["options"]] == ["a", "b"]
    assert edit(alice, status, poll={"options": []})["poll"] is None


def test_an_ended_poll_cannot_be_changed(client, alice, post, sql):
    status = post(alice, "which?", poll=POLL)
    sql("update polls set expires_at = now() - interval '1 second'")
    for poll in (POLL, {"options": []}):
        client.put_json(f"{STATUSES}/{status['id']}", {"poll": poll}, auth=alice, status=422)
    client.put_json(f"{STATUSES}/{status['id']}", {"status": "still editable"}, auth=alice, status=200)


def test_a_reply_is_edited_also_when_its_parent_is_gone(client, alice, bob, post, edit):
    parent = post(bob, "parent")
    reply = post(alice, "@bob reply", in_reply_to_id=parent["id"])
    client.delete(f"{STATUSES}/{parent['id']}", auth=bob)
    assert "changed" in edit(alice, reply, status="changed")["content"]


def test_a_repeated_request_with_a_key_edits_once(client, alice, post, history):
    status = post(alice, "one")
    path, headers = f"{STATUSES}/{status['id']}", {"Idempotency-Key": "k"}
    first = client.put(path, {"status": "two"}, headers=headers, auth=alice, status=200)
    client.put(path, {"status": "three"}, auth=alice, status=200)
    again = client.put(path, {"status": "two"}, headers=headers, auth=alice, status=200)
    assert again.json == first.json and len(history(alice, status)) == 3


def test_edits_at_the_same_time_come_one_after_the_other(client, alice, post, history):
    status = post(alice, "start")

    def send(number):
        client.put(f"{STATUSES}/{status['id']}", {"status": f"edit {number}"}, auth=alice, status=200)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    versions = history(alice, status)
    assert len(versions) == 7 and times(versions) == sorted(times(versions))
    assert versions[-1]["content"] == client.get(f"{STATUSES}/{status['id']}").json["content"]


def test_a_status_has_at_most_a_thousand_edits(client, alice, post, edit, sql):
    status = post(alice, "one")
    edit(alice, status, status="two")
    sql(
        "insert into status_edits select status_id, number + 1 + n, created_at, content, spoiler_text, sensitive, media"
        " from status_edits, generate_series(0, 998) n where number = 1"
    )
    client.put(f"{STATUSES}/{status['id']}", {"status": "too many"}, auth=alice, status=422)


def test_versions_go_with_the_status(client, alice, post, edit, sql):
    status = post(alice, "one")
    edit(alice, status, status="two")
    client.delete(f"{STATUSES}/{status['id']}", auth=alice, status=200)
    assert sql("select count(*) from status_edits") == [(0,)]
