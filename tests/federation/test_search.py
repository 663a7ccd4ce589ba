"""Search for what is elsewhere: looked up for accounts that are logged in and want it; what is here, by its address."""

import dataclasses
import threading
import time

import pytest

from pleroma.federation import lookups

PATHS = ("/api/v2/search", "/api/v1/search", "/api/v1/accounts/search")


@pytest.fixture
def search(federated):
    """The accounts and statuses that are found: search("@dora@there.example", alice)."""

    def ask(query, auth=None, path=PATHS[0], status=200, **parameters):
        answer = federated.get(path, {"q": query, **parameters}, auth=auth, status=status).json
        if status != 200:
            return answer
        found = answer if isinstance(answer, list) else answer["accounts"]
        texts = [] if isinstance(answer, list) else answer["statuses"]
        return [each["acct"] for each in found], [each["url"] for each in texts]

    return ask


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("@dora@there.example", ("handle", "dora@there.example")),
        ("Dora@THERE.example", ("handle", "dora@there.example")),
        ("dora@thére.example", ("handle", "dora@xn--thre-cpa.example")),
        ("https://there.example/users/dora", ("uri", "https://there.example/users/dora")),
        ("https://there.example/@dora", ("uri", "https://there.example/@dora")),
    ],
)
def test_an_account_elsewhere_is_looked_up_and_found(search, find, sql, alice, remote_account, path, query, asked):
    asked_for = []

    def make(kind, name):
        asked_for.append((kind, name))
        return remote_account().id, None

    find(make)
    assert search(query, alice, path, resolve="true") == (["dora@there.example"], [])
    assert asked_for == [asked]


@pytest.mark.parametrize("path", PATHS[:2])
def test_a_status_elsewhere_is_looked_up_and_found(search, find, alice, dora, remote_status, path):
    find(lambda kind, name: (None, remote_status(dora, arrives=False)))
    assert search("https://there.example/objects/1", alice, path, resolve="true") == (
        [],
        ["https://there.example/@dora/1"],
    )


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("query", ["@dora@there.example", "https://there.example/users/dora"])
def test_nothing_is_looked_up_for_strangers_and_unless_it_is_wanted(search, client, sql, alice, path, query):
    assert search(query, None, path, resolve="true") == ([], [])
    assert search(query, alice, path) == ([], [])
    assert search(query, alice, path, resolve="true", offset=1) == ([], [])
    assert sql("select count(*) from lookups") == [(0,)]


@pytest.mark.parametrize(
    "query",
    [
        "alice", "@alice", "alice@pleroma.example", "alice@nowhere", "al ice@there.example", "@alice@there.example/x",
        "al!ce@there.example", "http://there.example/users/dora", "https://pleroma.example/users/nobody",
        "https://user@there.example/", "https://", "mailto:dora@there.example", "@@there.example", "@a@b@there.example",
    ],
)  # fmt: skip
def test_what_is_no_address_of_anything_elsewhere_is_not_looked_up(search, sql, alice, query):
    for path in PATHS:
        search(query, alice, path, resolve="true")
    assert sql("select count(*) from lookups") == [(0,)]


def test_nothing_is_looked_up_when_the_server_does_not_federate(client, sql, alice):
    for path in PATHS:
        client.get(path, {"q": "@dora@there.example", "resolve": "true"}, auth=alice, status=200)
    assert sql("select count(*) from lookups") == [(0,)]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "query", ["@dora@there.example", "https://there.example/users/dora", "https://there.example/@dora"]
)
def test_an_account_that_is_here_is_found_without_looking_it_up(search, sql, alice, dora, path, query):
    for parameters in ({"resolve": "true"}, {}):
        assert search(query, alice, path, **parameters) == (["dora@there.example"], [])
    assert sql("select count(*) from lookups") == [(0,)]


@pytest.mark.parametrize("address", ["https://there.example/objects/1", "https://there.example/@dora/1"])
def test_a_status_that_is_here_is_found_without_looking_it_up(search, sql, alice, dora, remote_status, address):
    remote_status(dora)
    found = ([], ["https://there.example/@dora/1"])
    assert [search(address, who, resolve="true") for who in (alice, None)] == [found, found]
    assert sql("select count(*) from lookups") == [(0,)]


def test_a_status_that_is_here_is_found_by_those_who_may_see_it(search, sql, alice, bob, dora, remote_status):
    remote_status(dora, to=["https://pleroma.example/users/alice"], cc=[])
    address = "https://there.example/objects/1"
    assert search(address, alice, resolve="true") == ([], ["https://there.example/@dora/1"])
    assert search(address, bob, resolve="true") == ([], [])
    assert search(address) == ([], [])
    assert sql("select count(*) from lookups") == [(0,)]


def test_an_account_is_never_looked_up_by_lookup(federated, sql, alice):
    federated.get("/api/v1/accounts/lookup?acct=dora@there.example&resolve=true", auth=alice, status=404)
    assert sql("select count(*) from lookups") == [(0,)]


def test_what_is_not_to_be_had_is_not_found(search, find, alice):
    find(lambda kind, name: (None, None))
    assert search("@dora@there.example", alice, resolve="true") == ([], [])


def test_more_than_30_look_ups_in_5_minutes_are_refused(make_client, find, alice, bob):
    client = make_client(federation=True, rate_limits=True)
    find(lambda kind, name: (None, None))

    def ask(who, number, status):
        query = {"q": f"@dora{number}@there.example", "resolve": "true"}
        return client.get("/api/v1/accounts/search", query, auth=who, status=status)

    for number in range(30):
        ask(alice, number, 200)
    assert int(ask(alice, 30, 429).headers["Retry-After"]) > 60
    client.get("/api/v2/search", {"q": "hello", "resolve": "true"}, auth=alice, status=200)
    ask(bob, 30, 200)


@pytest.mark.long
def test_half_of_the_threads_wait_and_the_others_answer_from_what_is_here(settings, sql, _pool):
    config = dataclasses.replace(settings, federation=True, threads=3)
    waiting = threading.Thread(target=lookups.wait_for, args=("handle", "dora@there.example", config, 30))
    waiting.start()
    end = time.monotonic() + 20
    while not sql("select from lookups") and time.monotonic() < end:
        time.sleep(0.02)
    time.sleep(0.2)
    start = time.monotonic()
    assert lookups.wait_for("handle", "erin@there.example", config, 25) == lookups.Result()
    assert time.monotonic() - start < 10
    assert sql("select name from lookups order by name") == [("dora@there.example",), ("erin@there.example",)]
    sql("update lookups set done_at = now(), due_at = null")
    waiting.join()
    assert lookups.wait_for("handle", "erin@there.example", config, 25) == lookups.Result()
