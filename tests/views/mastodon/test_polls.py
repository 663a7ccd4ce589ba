"""Polls (docs/api/mastodon.md 10.4, 11.7)."""

import concurrent.futures

import pytest


@pytest.fixture
def ask(client, alice):
    """Posts a status with a poll and gives it back."""

    def run(options=("yes", "no"), status=200, **more):
        poll = {"options": list(options), "expires_in": "600", **more}
        return client.post_json("/api/v1/statuses", {"status": "well?", "poll": poll}, auth=alice, status=status).json

    return run


def vote(client, poll, person, *choices, status=200):
    """The answer to a vote."""
    path = f"/api/v1/polls/{poll['id']}/votes"
    return client.post_json(path, {"choices": list(choices)}, auth=person, status=status).json


def test_the_entity(client, alice, bob, ask):
    status = ask()
    poll = status["poll"]
    assert set(poll) == {
        "id", "expires_at", "expired", "multiple", "votes_count", "voters_count", "options", "emojis", "voted",
        "own_votes",
    }  # fmt: skip
    assert poll["options"] == [{"title": "yes", "votes_count": 0}, {"title": "no", "votes_count": 0}]
    assert (poll["voted"], poll["own_votes"], poll["expired"]) == (True, [], False)
    seen = client.get(f"/api/v1/polls/{poll['id']}", status=200).json
    assert (seen["voted"], seen["own_votes"], seen["emojis"]) == (False, [], [])
    assert client.get(f"/api/v1/statuses/{status['id']}", auth=bob).json["poll"]["id"] == poll["id"]
    wrapper = client.post(f"/api/v1/statuses/{status['id']}/reblog", auth=bob).json
    assert wrapper["poll"]["id"] == wrapper["reblog"]["poll"]["id"] == poll["id"]


def test_a_form_with_brackets_asks_too(client, alice):
    form = [("status", "x"), ("poll[options][]", "a"), ("poll[options][]", "b"), ("poll[expires_in]", "60")]
    poll = client.post("/api/v1/statuses", [*form, ("poll[multiple]", "true")], auth=alice, status=200).json["poll"]
    assert (poll["multiple"], [option["title"] for option in poll["options"]]) == (True, ["a", "b"])


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"options": ["a"]}, "Invalid poll"),
        ({"options": ["a", "a"]}, "Invalid poll"),
        ({"options": ["a", " "]}, "Invalid poll"),
        ({"options": "x"}, "Invalid poll"),
        ({"options": [str(number) for number in range(21)]}, "Poll can't contain more than 20 options"),
        ({"options": ["a", "b" * 201]}, "Poll options cannot be longer than 200 characters each"),
        ({"expires_in": None}, "Invalid poll"),
        ({"expires_in": -1}, "Expiration date is too soon"),
        ({"expires_in": 10**9}, "Expiration date is too far in the future"),
    ],
)
def test_faults(client, alice, change, error):
    poll = {"options": ["a", "b"], "expires_in": 60, **change}
    answer = client.post_json("/api/v1/statuses", {"status": "x", "poll": poll}, auth=alice, status=422)
    assert answer.json == {"error": error}
    assert client.get(f"/api/v1/accounts/{alice.id}/statuses").json == []


def test_a_poll_needs_a_text(client, alice):
    poll = {"options": ["a", "b"], "expires_in": 60}
    client.post_json("/api/v1/statuses", {"poll": poll}, auth=alice, status=422)


def test_one_vote_each(client, alice, bob, carol, ask):
    poll = ask()["poll"]
    assert vote(client, poll, alice, 0, status=422) == {"error": "Poll's author can't vote"}
    assert vote(client, poll, bob, 0, 1, status=422) == {"error": "Too many choices"}
    for bad in ([-1], [2], ["x"], []):
        assert vote(client, poll, bob, *bad, status=422) == {"error": "Invalid indices"}
    voted = vote(client, poll, bob, 1)
    assert (voted["voted"], voted["own_votes"], voted["votes_count"]) == (True, [1], 1)
    assert vote(client, poll, bob, 0, status=422) == {"error": "Already voted"}
    assert [option["votes_count"] for option in vote(client, poll, carol, 0)["options"]] == [1, 1]


def test_several_choices_also_as_one_text(client, bob, ask):
    poll = ask(options=("a", "b", "c"), multiple=True)["poll"]
    voted = client.post(f"/api/v1/polls/{poll['id']}/votes", {"choices": "0,2"}, auth=bob, status=200).json
    assert (voted["own_votes"], voted["votes_count"], voted["voters_count"]) == ([0, 2], 2, 1)


def test_two_votes_at_once_count_once(make_client, client, bob, ask):
    poll = ask()["poll"]

    def send(choice):
        return (
            make_client()
            .post_json(f"/api/v1/polls/{poll['id']}/votes", {"choices": [choice % 2]}, auth=bob, expect_errors=True)
            .status_int
        )

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(send, range(6))) == [200, *[422] * 5]
    assert client.get(f"/api/v1/polls/{poll['id']}").json["votes_count"] == 1


def test_hidden_totals_show_at_the_end_and_voters_are_told(client, alice, bob, carol, ask, sql, run_jobs):
    poll = ask(hide_totals=True)["poll"]
    assert [option["votes_count"] for option in vote(client, poll, bob, 0)["options"]] == [None, None]
    sql("update polls set expires_at = now() - interval '1 second'")
    sql("update procrastinate_jobs set scheduled_at = now() where task_name = 'end_poll'")
    run_jobs()
    ended = client.get(f"/api/v1/polls/{poll['id']}").json
    assert (ended["expired"], [option["votes_count"] for option in ended["options"]]) == (True, [1, 0])
    assert vote(client, poll, carol, 0, status=422) == {"error": "The poll has ended"}
    for person in (alice, bob):
        (notification,) = client.get("/api/v1/notifications?types[]=poll", auth=person).json
        assert notification["status"]["poll"]["id"] == poll["id"]
    assert client.get("/api/v1/notifications", auth=carol).json == []


def test_a_hidden_status_hides_its_poll(client, alice, bob):
    poll = {"options": ["a", "b"], "expires_in": 60}
    sent = {"status": "x", "poll": poll, "visibility": "direct"}
    made = client.post_json("/api/v1/statuses", sent, auth=alice).json["poll"]
    client.get(f"/api/v1/polls/{made['id']}", auth=bob, status=404)
    vote(client, made, bob, 0, status=404)
    client.get("/api/v1/polls/1", status=404)
