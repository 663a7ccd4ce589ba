"""Conversations (docs/api/pleroma.md 17)."""

import concurrent.futures
import threading

import pytest

from pleroma import db
from pleroma.db import queries
from pleroma.statuses import posting
from pleroma.statuses.posting import NewStatus


def conversations(client, auth):
    """The list of conversations."""
    return client.get("/api/v1/conversations", auth=auth, status=200).json


@pytest.fixture
def talk(client, alice, bob, post):
    """Alice wrote to bob; the conversation as bob has it."""
    status = post(alice, "@bob hi", visibility="direct")
    (conversation,) = conversations(client, bob)
    return {**conversation, "status": status}


def names(accounts):
    """The nicknames of a list of accounts."""
    return sorted(account["acct"] for account in accounts)


def test_a_direct_status_makes_a_conversation_for_each(client, alice, bob, carol, talk):
    assert set(talk) == {"id", "unread", "accounts", "last_status", "pleroma", "status"}
    assert talk["unread"] is True
    assert names(talk["accounts"]) == ["alice"]
    assert names(talk["pleroma"]["recipients"]) == ["alice", "bob"]
    assert talk["last_status"]["id"] == talk["status"]["id"]
    assert talk["last_status"]["pleroma"]["direct_conversation_id"] == int(talk["id"])
    (own,) = conversations(client, alice)
    assert own["id"] != talk["id"]
    assert str(talk["status"]["pleroma"]["direct_conversation_id"]) == own["id"]
    assert conversations(client, carol) == []


def test_only_direct_statuses_make_conversations(client, alice, bob, post):
    post(alice, "@bob", visibility="private")
    assert conversations(client, bob) == []


def test_conversations_are_their_owners(client, alice, talk):
    path = f"/api/v1/pleroma/conversations/{talk['id']}"
    for answer in (
        client.get(path, auth=alice, status=404),
        client.get(f"{path}/statuses", auth=alice, status=404),
        client.patch(path, {"recipients[]": "1"}, auth=alice, status=404),
        client.post(f"/api/v1/conversations/{talk['id']}/read", auth=alice, status=404),
        client.delete(f"/api/v1/conversations/{talk['id']}", auth=alice, status=404),
    ):
        assert answer.json == {"error": "Record not found"}
    client.get(path, status=403)


def test_reading_marks_only_when_asked(client, bob, talk):
    path = f"/api/v1/pleroma/conversations/{talk['id']}"
    assert client.get(path, auth=bob, status=200).json["unread"] is True
    assert client.get(path, auth=bob).json["unread"] is True
    assert client.post(f"/api/v1/conversations/{talk['id']}/read", auth=bob, status=200).json["unread"] is False
    assert client.post("/api/v1/pleroma/conversations/read", auth=bob, status=200).json == []


def test_all_can_be_read_at_once(client, alice, bob, talk, post):
    post(alice, "@bob again", visibility="direct")
    read = client.post("/api/v1/pleroma/conversations/read", auth=bob, status=200).json
    assert [c["unread"] for c in read] == [False, False]
    assert [c["unread"] for c in conversations(client, bob)] == [False, False]


def test_recipients_change_only_by_their_owner(client, alice, bob, carol, talk, post):
    post(bob, "@carol join us", visibility="direct", in_reply_to_id=talk["status"]["id"])
    (still,) = conversations(client, bob)
    assert names(still["pleroma"]["recipients"]) == ["alice", "bob"]
    (newcomer,) = conversations(client, carol)
    assert names(newcomer["pleroma"]["recipients"]) == ["alice", "bob", "carol"]


@pytest.mark.parametrize("as_json", [True, False])
def test_recipients_are_replaced_and_keep_their_owner(client, alice, bob, carol, talk, as_json):
    path = f"/api/v1/pleroma/conversations/{talk['id']}"
    if as_json:
        changed = client.patch_json(path, {"recipients": [str(carol.id)]}, auth=bob, status=200).json
    else:
        changed = client.patch(path, {"recipients[]": str(carol.id)}, auth=bob, status=200).json
    assert names(changed["pleroma"]["recipients"]) == ["bob", "carol"]
    (own,) = conversations(client, alice)
    assert names(own["pleroma"]["recipients"]) == ["alice", "bob"]
    assert conversations(client, carol) == []
    assert names(client.patch_json(path, {"recipients": []}, auth=bob, status=200).json["pleroma"]["recipients"]) == [
        "bob"
    ]


@pytest.mark.parametrize("parameters", [{}, {"recipients": "x"}, {"recipients": None}, {"recipients": 5}])
def test_recipients_must_be_a_list(client, bob, talk, parameters):
    assert (
        "error"
        in client.patch_json(f"/api/v1/pleroma/conversations/{talk['id']}", parameters, auth=bob, status=400).json
    )


def test_unknown_recipients_change_nothing(client, bob, carol, talk):
    path = f"/api/v1/pleroma/conversations/{talk['id']}"
    client.patch_json(path, {"recipients": [str(carol.id), "1"]}, auth=bob, status=404)
    assert names(client.get(path, auth=bob).json["pleroma"]["recipients"]) == ["alice", "bob"]


@pytest.mark.parametrize("kind", [str, int])
def test_posting_into_a_conversation_addresses_its_recipients(client, alice, bob, carol, talk, post, kind):
    client.patch_json(
        f"/api/v1/pleroma/conversations/{talk['id']}", {"recipients": [str(alice.id), str(carol.id)]}, auth=bob
    )
    status = post(bob, "hello all, not @nobody", in_reply_to_conversation_id=kind(talk["id"]), visibility="public")
    assert status["visibility"] == "direct"
    assert names(status["mentions"]) == ["alice", "carol"]
    assert status["pleroma"]["conversation_id"] == talk["status"]["pleroma"]["conversation_id"]
    assert status["pleroma"]["direct_conversation_id"] == int(talk["id"])
    assert [n["type"] for n in client.get("/api/v1/notifications", auth=carol).json] == ["mention"]
    (own,) = conversations(client, alice)
    assert own["unread"] is True


@pytest.mark.parametrize("conversation", ["0", "x", 5, "99999999999999999999", [1], True])
def test_posting_into_what_is_no_conversation_posts_nothing(client, alice, conversation):
    answer = client.post_json(
        "/api/v1/statuses", {"status": "x", "in_reply_to_conversation_id": conversation}, auth=alice, expect_errors=True
    )
    assert answer.status_int in (400, 404, 422)
    assert client.get(f"/api/v1/accounts/{alice.id}/statuses", auth=alice).json == []


def test_posting_into_a_strangers_conversation_posts_nothing(client, carol, talk):
    client.post("/api/v1/statuses", {"status": "x", "in_reply_to_conversation_id": talk["id"]}, auth=carol, status=404)


def test_statuses_of_a_conversation_newest_first(client, alice, bob, talk, post):
    second = post(bob, "@alice 2", visibility="direct", in_reply_to_id=talk["status"]["id"])
    hidden = post(alice, "to myself", visibility="direct", in_reply_to_id=second["id"], to=["alice"])
    path = f"/api/v1/pleroma/conversations/{talk['id']}/statuses"
    assert hidden["visibility"] == "direct"
    found = client.get(path, auth=bob, status=200)
    assert [s["id"] for s in found.json][-2:] == [second["id"], talk["status"]["id"]]
    page = client.get(f"{path}?limit=1&max_id={second['id']}", auth=bob)
    assert [s["id"] for s in page.json] == [talk["status"]["id"]]
    assert "Link" in page.headers


def test_the_last_direct_status_left_is_shown_or_none(client, alice, bob, talk, post):
    second = post(bob, "@alice 2", visibility="direct", in_reply_to_id=talk["status"]["id"])
    client.delete(f"/api/v1/statuses/{second['id']}", auth=bob)
    (left,) = conversations(client, bob)
    assert left["last_status"]["id"] == talk["status"]["id"]
    client.delete(f"/api/v1/statuses/{talk['status']['id']}", auth=alice)
    assert conversations(client, bob) == []


def test_the_newest_status_that_is_there_is_shown_wherever_a_conversation_is(client, alice, bob, carol, sql, post):
    first = post(alice, "@bob @carol 1", visibility="direct")
    post(carol, "@bob @alice 2", visibility="direct", in_reply_to_id=first["id"])
    ((own,), path) = conversations(client, bob), "/api/v1/pleroma/conversations"
    ways = {
        "list": lambda: conversations(client, bob),
        "one": lambda: [client.get(f"{path}/{own['id']}", auth=bob, status=200).json],
        "read": lambda: [client.post(f"/api/v1/conversations/{own['id']}/read", auth=bob, status=200).json],
        "read all": lambda: client.post(f"{path}/read", auth=bob, status=200).json,
        "change": lambda: [client.patch_json(f"{path}/{own['id']}", {"recipients": []}, auth=bob, status=200).json],
    }
    sql("update accounts set active = false where id = %s", carol.id)
    for way, shown in ways.items():
        sql("update participations set unread = true")
        (conversation,) = shown()
        assert conversation["last_status"]["id"] == first["id"], way
        assert "carol" not in names(conversation["accounts"] + conversation["pleroma"]["recipients"]), way
    sql("update accounts set active = false where id = %s", alice.id)
    for way, shown in ways.items():
        sql("update participations set unread = true")
        assert [c["last_status"] for c in shown()] == ([] if way == "list" else [None]), way


def test_a_deactivated_recipient_is_not_addressed(client, alice, bob, talk, sql, post):
    sql("update accounts set active = false where id = %s", alice.id)
    status = post(bob, "anybody?", in_reply_to_conversation_id=talk["id"])
    assert status["mentions"] == []


def test_a_hidden_conversation_comes_back_with_a_new_status(client, alice, bob, talk, post):
    assert client.delete(f"/api/v1/conversations/{talk['id']}", auth=bob, status=200).json == {}
    assert conversations(client, bob) == []
    post(alice, "@bob 2", visibility="direct", in_reply_to_id=talk["status"]["id"])
    assert [c["id"] for c in conversations(client, bob)] == [talk["id"]]


def test_the_last_change_comes_first_and_pages(client, alice, bob, carol, post):
    for text in ("@bob 1", "@carol 2", "@bob @carol 3"):
        post(alice, text, visibility="direct")
    answer = client.get("/api/v1/conversations?limit=2", auth=alice)
    assert [c["last_status"]["pleroma"]["content"]["text/plain"][-1] for c in answer.json] == ["3", "2"]
    following = answer.headers["Link"].split(">")[0].removeprefix("<https://pleroma.example")
    assert [
        c["last_status"]["pleroma"]["content"]["text/plain"][-1] for c in client.get(following, auth=alice).json
    ] == ["1"]


def test_a_direct_status_can_be_bookmarked(client, bob, talk):
    client.post(f"/api/v1/statuses/{talk['status']['id']}/bookmark", auth=bob, status=200)
    (status,) = client.get(f"/api/v1/pleroma/conversations/{talk['id']}/statuses", auth=bob).json
    assert status["bookmarked"] is True
    assert len(client.get("/api/v1/bookmarks", auth=bob).json) == 1


def _newest(sql):
    """(the newest direct status, the last ones of all conversations)."""
    ((newest,),) = sql("select max(id) from statuses where visibility = 'direct'")
    return newest, {last for (last,) in sql("select last_status_id from participations")}


def test_of_many_statuses_at_once_the_newest_is_the_last(client, person, post, sql):
    people = [person(f"p{number}") for number in range(10)]
    first = post(people[0], " ".join(f"@{one.nickname}" for one in people), visibility="direct")

    def answer(author):
        """Answer everybody."""
        sent = {"status": "hi", "to": [one.nickname for one in people], "in_reply_to_id": first["id"]}
        client.post_json("/api/v1/statuses", sent, auth=author, status=200)

    for _ in range(5):
        with concurrent.futures.ThreadPoolExecutor(len(people)) as pool:
            list(pool.map(answer, people))
        newest, last = _newest(sql)
        assert last == {newest}


def test_a_status_that_is_stored_earlier_and_committed_later_is_not_the_last(
    client, alice, bob, talk, post, sql, monkeypatch
):
    deliver_direct, stored, may_go_on = queries.statuses.deliver_direct, threading.Event(), threading.Event()

    def wait(connection, **asked):
        if not stored.is_set():
            stored.set()
            may_go_on.wait(10)
        return deliver_direct(connection, **asked)

    monkeypatch.setattr(queries.statuses, "deliver_direct", wait)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        early = pool.submit(post, alice, "@bob early", visibility="direct", in_reply_to_id=talk["status"]["id"])
        assert stored.wait(10)
        late = post(bob, "@alice late", visibility="direct", in_reply_to_id=talk["status"]["id"])
        may_go_on.set()
        early = early.result()
    assert int(early["id"]) < int(late["id"])
    assert _newest(sql) == (int(late["id"]), {int(late["id"])})
    assert [c["unread"] for c in (*conversations(client, alice), *conversations(client, bob))] == [True, True]


def test_a_status_that_comes_while_another_is_deleted_is_the_last(client, alice, bob, talk, post, sql, settings):
    second = post(alice, "@bob second", visibility="direct", in_reply_to_id=talk["status"]["id"])
    new = NewStatus("@alice third", visibility="direct", in_reply_to_id=int(second["id"]))
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        with db.in_transaction() as connection:
            posting.publish(connection, bob.id, new, settings)
            deletion = pool.submit(client.delete, f"/api/v1/statuses/{talk['status']['id']}", auth=alice, status=200)
            with pytest.raises(concurrent.futures.TimeoutError):
                deletion.result(1)
        deletion.result(10)
    newest, last = _newest(sql)
    assert last == {newest}
