"""Polls elsewhere: votes from here are added to what was counted there, until it counts again."""

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest

from pleroma import db
from pleroma.db import queries
from pleroma.federation import objects, storing


def question(hours=1, counts=(3, 4), several=False, **changes):
    options = [
        {"type": "Note", "name": name, "replies": {"type": "Collection", "totalItems": count}}
        for name, count in zip(("tea", "coffee"), counts, strict=True)
    ]
    ends = None if hours is None else (datetime.now(UTC) + timedelta(hours=hours)).isoformat()
    return {"type": "Question", "anyOf" if several else "oneOf": options, "endTime": ends, "votersCount": 6} | changes


@pytest.fixture
def ask(remote_status, dora):
    """Dora asks; the id of the poll."""
    return lambda **changes: remote_status(dora, "<p>what?</p>", **question(**changes))


@pytest.fixture
def poll(federated):
    """A poll as somebody sees it."""
    return lambda status_id, who: federated.get(f"/api/v1/polls/{status_id}", auth=who, status=200).json


@pytest.fixture
def vote(federated):
    """Votes in a poll: vote(alice, poll, 0)."""

    def cast(who, status_id, *choices, status=200):
        return federated.post_json(
            f"/api/v1/polls/{status_id}/votes", {"choices": choices}, auth=who, status=status
        ).json

    return cast


@pytest.fixture
def count_again(settings, dora):
    """The poll as its server counts it later."""

    def change(status_id, **changes):
        document = {"id": "https://there.example/objects/1", "attributedTo": dora.uri} | question(**changes)
        config = dataclasses.replace(settings, federation=True)
        with db.in_transaction() as connection:
            storing.put_poll(connection, status_id, objects.read(document, config))

    return change


def numbers(poll):
    return [option["votes_count"] for option in poll["options"]], poll["votes_count"], poll["voters_count"]


def test_a_poll_elsewhere_shows_what_was_counted_there(ask, poll, alice):
    shown = poll(ask(), alice)
    assert numbers(shown) == ([3, 4], 7, 6)
    assert [option["title"] for option in shown["options"]] == ["tea", "coffee"]
    assert (shown["multiple"], shown["expired"], shown["voted"], shown["own_votes"]) == (False, False, False, [])


def test_a_vote_is_sent_and_adds_one_until_its_server_counts_again(
    ask, vote, poll, count_again, outgoing, alice, bob, dora
):
    status = ask()
    assert numbers(vote(alice, status, 1)) == ([3, 5], 8, 7)
    assert [(row["kind"], row["account"], row["target"], row["status"], row["about"]) for row in outgoing()] == [
        ("vote", alice.id, dora.id, status, {"choice": 1})
    ]
    shown = poll(status, alice)
    assert (numbers(shown), shown["voted"], shown["own_votes"]) == (([3, 5], 8, 7), True, [1])
    assert numbers(poll(status, bob)) == ([3, 5], 8, 7)
    assert "Already voted" in vote(alice, status, 0, status=422)["error"]
    count_again(status, counts=(10, 20), votersCount=30)
    shown = poll(status, alice)
    assert (numbers(shown), shown["own_votes"]) == (([10, 20], 30, 30), [1])
    assert outgoing() == []


def test_several_choices_are_sent_one_by_one_and_make_one_voter(ask, vote, outgoing, alice):
    assert numbers(vote(alice, ask(several=True), 0, 1)) == ([4, 5], 9, 7)
    assert [(row["kind"], row["about"]["choice"]) for row in outgoing()] == [("vote", 0), ("vote", 1)]


def test_a_poll_without_an_end_stays_open(ask, vote, poll, sql, run_jobs, federated, alice, dora):
    status = ask(hours=None)
    assert numbers(vote(alice, status, 0)) == ([4, 4], 8, 7)
    shown = poll(status, alice)
    assert (shown["expires_at"], shown["expired"]) == (None, False)
    run_jobs(federation=True)
    entity = federated.get(f"/api/v1/statuses/{status}", auth=alice, status=200).json
    assert entity["poll"] == shown
    assert sql("select count(*) from procrastinate_jobs where task_name = 'end_poll'") == [(0,)]


def test_a_poll_that_is_over_takes_no_vote(ask, vote, alice):
    assert vote(alice, ask(hours=-1), 0, status=422)["error"] == "The poll has ended"


def _notified(client, who):
    return [
        (each["type"], each["account"]["acct"])
        for each in client.get("/api/v1/notifications", auth=who, status=200).json
    ]


def test_voters_hear_of_the_end(ask, vote, sql, run_jobs, federated, alice, bob, carol):
    status = ask()
    vote(alice, status, 0)
    vote(bob, status, 0)
    assert sql("select count(*) from procrastinate_jobs where task_name = 'end_poll'") == [(1,)]
    sql("update polls set expires_at = now() - interval '1 second'")
    sql("update procrastinate_jobs set scheduled_at = now() where task_name = 'end_poll'")
    run_jobs(federation=True)
    notified = [("poll", "dora@there.example")]
    assert [_notified(federated, who) for who in (alice, bob, carol)] == [notified, notified, []]


def test_voters_hear_once_when_its_server_ends_it_early(ask, vote, run_jobs, count_again, federated, alice):
    status = ask(hours=None)
    vote(alice, status, 0)
    for _ in range(2):
        count_again(status, hours=None, closed=True)
        run_jobs(federation=True)
    assert _notified(federated, alice) == [("poll", "dora@there.example")]


def test_others_hear_at_once_that_a_poll_of_ours_has_ended(federated, run_jobs, sql, outgoing, alice):
    poll = {"options": ["tea", "coffee"], "expires_in": 3600}
    status = federated.post_json("/api/v1/statuses", {"status": "what?", "poll": poll}, auth=alice, status=200).json
    outgoing()
    sql("update polls set expires_at = now() - interval '1 second'")
    sql("update procrastinate_jobs set scheduled_at = now() where task_name = 'end_poll'")
    run_jobs(federation=True)
    (row,) = sql("select kind, account_id, status_id, due_at <= now() from outgoing")
    assert row == ("votes", alice.id, int(status["id"]), True)


def test_numbers_that_wait_go_out_when_the_poll_ends(federated, vote, run_jobs, sql, outgoing, alice, bob):
    poll = {"options": ["tea", "coffee"], "expires_in": 3600}
    status = federated.post_json("/api/v1/statuses", {"status": "what?", "poll": poll}, auth=alice, status=200).json
    outgoing()
    vote(bob, status["id"], 0)
    assert sql("select due_at > now() from outgoing where kind = 'votes'") == [(True,)]
    sql("update polls set expires_at = now() - interval '1 second'")
    sql("update procrastinate_jobs set scheduled_at = now() where task_name = 'end_poll'")
    run_jobs(federation=True)
    assert sql("select due_at <= now() from outgoing where kind = 'votes'") == [(True,)]


def test_nothing_of_a_vote_is_sent_when_the_server_does_not_federate(ask, client, outgoing, alice):
    status = ask()
    client.post_json(f"/api/v1/polls/{status}/votes", {"choices": [0]}, auth=alice, status=200)
    assert outgoing() == []


def test_votes_here_are_counted_as_ever(publish, vote, poll, sql, alice, bob):
    status = publish(alice, "what?", poll={"options": ["tea", "coffee"], "expires_in": 3600})
    assert numbers(vote(bob, status["id"], 1)) == ([0, 1], 1, 1)
    assert sql("select remote_counts, remote_voters from polls") == [(None, None)]
    with db.connection() as connection:
        assert queries.polls.has_voted(connection, viewer_id=bob.id, status_id=int(status["id"])).voted
