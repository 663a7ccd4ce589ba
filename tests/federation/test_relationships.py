"""What happens between people here and elsewhere: a follow is a request until it is accepted, and who hears of what."""

import dataclasses
import json

import pytest

from pleroma import db
from pleroma.accounts import lifecycle, relationships
from pleroma.db import queries
from pleroma.federation import courier
from tests.conftest import BASE


def kinds(rows):
    return [(row["kind"], row["account"], row["target"]) for row in rows]


@pytest.fixture
def act(federated):
    """Does something to an account: act(alice, "follow", dora)."""

    def do(who, action, target, status=200, **sent):
        return federated.post_json(f"/api/v1/accounts/{target.id}/{action}", sent, auth=who, status=status).json

    return do


@pytest.fixture
def ask(sql):
    """Somebody elsewhere asks to follow; ask(dora, alice)."""

    def do(follower, followed):
        uri = f"https://{follower.host}/follows/1"
        pair = {"account_id": follower.id, "target_id": followed.id}
        with db.in_transaction() as connection:
            relationships.follow(connection, follower.id, followed.id)
            queries.receiving.name_follow(connection, uri=uri, **pair)
        return uri

    return do


@pytest.fixture
def accept():
    """The server of an account accepts what asked it: accept(alice, dora)."""

    def do(follower, followed):
        with db.in_transaction() as connection:
            queries.outgoing.be_quiet(connection)
            relationships.answer_request(connection, followed.id, follower.id, accept=True)

    return do


def counts(sql, account):
    return sql("select followers_count, following_count from accounts where id = %s", account.id)[0]


@pytest.mark.parametrize("locked", [True, False])
def test_a_follow_of_an_account_elsewhere_is_a_request_until_it_is_accepted(
    act, accept, outgoing, sql, alice, remote_account, locked
):
    dora = remote_account(locked=locked, followers_count=7)
    answer = act(alice, "follow", dora)
    assert (answer["following"], answer["requested"]) == (False, True)
    ((uri,),) = sql("select uri from follow_requests")
    assert uri.startswith("\x01/users/alice#follows/")
    assert [(row["kind"], row["about"]) for row in outgoing()] == [("follow", {"uri": uri})]
    assert (counts(sql, dora), counts(sql, alice)) == ((7, 0), (0, 0))
    accept(alice, dora)
    assert sql("select uri, show_reblogs from follows") == [(uri, True)]
    assert (counts(sql, dora), counts(sql, alice)) == ((8, 0), (0, 1))
    assert outgoing() == []


def test_following_an_account_elsewhere_again_changes_only_the_switches(act, accept, outgoing, sql, alice, dora):
    act(alice, "follow", dora, reblogs=False)
    assert kinds(outgoing()) == [("follow", alice.id, dora.id)]
    act(alice, "follow", dora, notify=True)
    assert sql("select show_reblogs from follow_requests") == [(False,)]
    accept(alice, dora)
    assert sql("select show_reblogs from follows") == [(False,)]
    answer = act(alice, "follow", dora, reblogs=True)
    assert (answer["following"], answer["requested"], answer["notifying"]) == (True, False, True)
    assert outgoing() == []


def test_a_withdrawn_request_and_an_ended_follow_are_taken_back_by_their_id(act, accept, outgoing, sql, alice, dora):
    for is_accepted in (False, True):
        act(alice, "follow", dora)
        uri = outgoing()[0]["about"]["uri"]
        if is_accepted:
            accept(alice, dora)
        answer = act(alice, "unfollow", dora)
        assert (answer["following"], answer["requested"]) == (False, False)
        (row,) = outgoing()
        assert (row["kind"], row["account"], row["target"], row["about"]) == (
            "undo_follow",
            alice.id,
            dora.id,
            {"uri": uri},
        )
    act(alice, "unfollow", dora)
    assert outgoing() == []


def test_nothing_is_sent_of_what_happens_between_people_here(act, outgoing, alice, bob):
    for action in ("follow", "unfollow", "block", "unblock"):
        act(alice, action, bob)
    assert outgoing() == []


def test_nothing_is_sent_when_the_server_does_not_federate(client, outgoing, sql, alice, dora):
    for action in ("follow", "unfollow", "follow", "block", "unblock"):
        client.post(f"/api/v1/accounts/{dora.id}/{action}", auth=alice, status=200)
    assert outgoing() == []


def test_a_follower_elsewhere_is_accepted_at_once_by_an_account_that_is_not_locked(
    ask, federated, outgoing, sql, alice, dora
):
    federated.get("/api/v1/instance", status=200)
    uri = ask(dora, alice)
    assert kinds(outgoing()) == [("accept", alice.id, dora.id)]
    assert sql("select uri from follows") == [(uri,)]


def test_an_answer_to_a_request_from_elsewhere_is_sent_and_the_follow_keeps_its_id(
    federated, ask, outgoing, sql, alice, dora
):
    federated.patch_json("/api/v1/accounts/update_credentials", {"locked": True}, auth=alice, status=200)
    outgoing()
    ask(dora, alice)
    assert outgoing() == []
    federated.post(f"/api/v1/follow_requests/{dora.id}/reject", auth=alice, status=200)
    (row,) = outgoing()
    assert (row["kind"], row["account"], row["target"]) == ("reject", alice.id, dora.id)
    assert row["about"] == {"uri": "https://there.example/follows/1"}
    uri = ask(dora, alice)
    assert [n["type"] for n in federated.get("/api/v1/notifications", auth=alice, status=200).json] == [
        "follow_request"
    ]
    federated.post(f"/api/v1/follow_requests/{dora.id}/authorize", auth=alice, status=200)
    assert kinds(outgoing()) == [("accept", alice.id, dora.id)]
    assert sql("select uri from follows") == [(uri,)]
    assert [n["type"] for n in federated.get("/api/v1/notifications", auth=alice, status=200).json] == ["follow"]


def test_an_account_that_is_unlocked_accepts_everybody_elsewhere_too(federated, ask, outgoing, sql, alice, dora):
    federated.patch_json("/api/v1/accounts/update_credentials", {"locked": True}, auth=alice, status=200)
    uri = ask(dora, alice)
    outgoing()
    federated.patch_json("/api/v1/accounts/update_credentials", {"locked": False}, auth=alice, status=200)
    assert sorted(kinds(outgoing())) == [("accept", alice.id, dora.id), ("profile", alice.id, None)]
    assert sql("select uri from follows") == [(uri,)]


def test_a_removed_follower_elsewhere_is_refused(act, ask, federated, outgoing, alice, dora):
    federated.get("/api/v1/instance", status=200)
    uri = ask(dora, alice)
    outgoing()
    act(alice, "remove_from_followers", dora)
    (row,) = outgoing()
    assert (row["kind"], row["about"]) == ("reject", {"uri": uri})


def test_a_block_ends_both_follows_and_an_unblock_takes_the_block_back(act, ask, accept, outgoing, sql, alice, dora):
    act(alice, "follow", dora)
    accept(alice, dora)
    ask(dora, alice)
    outgoing()
    act(alice, "block", dora)
    rows = outgoing()
    assert kinds(rows) == [(kind, alice.id, dora.id) for kind in ("undo_follow", "reject", "block")]
    assert counts(sql, alice) == (0, 0)
    block = rows[2]["about"]
    act(alice, "block", dora)
    assert outgoing() == []
    act(alice, "unblock", dora)
    (row,) = outgoing()
    assert (row["kind"], row["about"]) == ("undo_block", block)


def test_a_follow_of_somebody_blocked_elsewhere_takes_the_block_back_first(act, outgoing, alice, dora):
    act(alice, "block", dora)
    outgoing()
    act(alice, "follow", dora)
    assert [row["kind"] for row in outgoing()] == ["undo_block", "follow"]


def test_an_administrator_asks_for_a_follow_elsewhere_and_makes_nobody_elsewhere_follow(
    federated, outgoing, sql, person, alice, dora
):
    root = person("root", admin=True)

    def follow(follower, followed):
        sent_names = {"follower": follower, "followed": followed}
        federated.post_json("/api/pleroma/admin/users/follow", sent_names, auth=root, status=200)

    follow("alice", dora.acct)
    follow("alice", dora.acct)
    assert kinds(outgoing()) == [("follow", alice.id, dora.id)]
    follow(dora.acct, "alice")
    assert outgoing() == []
    assert sql("select count(*) from follows") == [(0,)]
    assert sql("select count(*) from moderation_log") == [(1,)]


def test_the_end_of_an_account_sends_no_end_of_its_follows(
    act, ask, accept, outgoing, sql, alice, bob, dora, remote_account
):
    erin = remote_account("erin", "over.example")
    act(alice, "follow", dora)
    accept(alice, dora)
    act(bob, "follow", erin)
    ask(erin, alice)
    ask(dora, bob)
    outgoing()
    with db.in_transaction() as connection:
        lifecycle.deactivate(connection, bob.id)
    assert outgoing() == []
    with db.in_transaction() as connection:
        lifecycle.delete(connection, dora.id)
        lifecycle.delete(connection, erin.id)
    assert outgoing() == []
    assert counts(sql, alice) == (0, 0)


def test_answers_and_ends_hold_the_follow_by_its_own_id(act, ask, federated, settings, sql, alice, bob, dora):
    act(alice, "follow", dora)
    ((request,),) = sql("select uri from follow_requests")
    act(alice, "unfollow", dora)
    uri = ask(dora, alice)
    act(alice, "remove_from_followers", dora)
    ask(dora, bob)
    courier.expand(dataclasses.replace(settings, federation=True))
    rows = [
        (kind, json.loads((body or "{}").replace("\x01", BASE)))
        for kind, body in sql("select kind, body from outgoing order by id")
    ]
    follow = {"id": request.replace("\x01", BASE), "type": "Follow", "actor": f"{BASE}/users/alice", "object": dora.uri}
    asked = {"id": uri, "type": "Follow", "actor": dora.uri, "object": f"{BASE}/users/alice"}
    sent = [(kind, {name: body[name] for name in ("type", "actor", "object") if body}) for kind, body in rows]
    assert sent[0] == ("follow", {"type": "Follow", "actor": f"{BASE}/users/alice", "object": dora.uri})
    assert rows[0][1]["id"] == follow["id"]
    assert sent[1] == ("undo_follow", {"type": "Undo", "actor": f"{BASE}/users/alice", "object": follow})
    # By then it was ended again.
    assert sent[2] == ("accept", {})
    assert sent[3] == ("reject", {"type": "Reject", "actor": f"{BASE}/users/alice", "object": asked})
    assert sent[4] == (
        "accept",
        {"type": "Accept", "actor": f"{BASE}/users/bob", "object": asked | {"object": f"{BASE}/users/bob"}},
    )
