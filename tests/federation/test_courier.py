"""How what is done here gets to other servers: signed, in order, again when it fails, and not for ever."""

import dataclasses
import threading

import pytest

from pleroma.federation import claims, courier, signatures
from tests.federation.recorder import recording
from tests.meanwhile import until


@pytest.fixture
def config(settings):
    return dataclasses.replace(settings, federation=True, remote_allow_loopback=True, delivery_threads=2)


@pytest.fixture
def bring(config, sql):
    """Brings out what is due, until nothing is; what waits for a time is as it is."""

    def run():
        stop = threading.Event()
        thread = threading.Thread(target=courier.run, args=(config, stop))
        thread.start()
        try:
            until(lambda: sql(
                "select not exists (select from outgoing where body is null and due_at <= now())"
                " and not exists (select from hosts where due_at <= now() + interval '30 seconds' and not is_dead)"
                # Two minutes are those of a host that somebody is at; no pause after a failure is as long.
                " and not exists (select from hosts where due_at"
                " between now() + interval '90 seconds' and now() + interval '2 minutes')"
            ) == [(True,)])  # fmt: skip
        finally:
            stop.set()
            thread.join()

    return run


@pytest.fixture
def follower(recorder, remote_account, sql, alice):
    """Makes followers of alice on the recorder: follower("dora")."""

    def make(nickname="dora"):
        account = remote_account(
            nickname, recorder.host, uri=f"{recorder.address}/users/{nickname}",
            inbox=f"{recorder.address}/users/{nickname}/inbox", shared_inbox=f"{recorder.address}/inbox",
        )  # fmt: skip
        sql("insert into follows (follower_id, followed_id, uri) values (%s, %s, 'x')", account.id, alice.id)
        sql("delete from outgoing")
        return account

    return make


def _waiting(sql):
    return sql("select tries from deliveries order by id")


def test_delivery_is_signed_by_its_author(federated, document, publish, recorder, follower, bring, alice):
    follower()
    status = publish(alice, "hello")
    bring()
    (sent,) = recorder.sent
    assert (sent.method, sent.path) == ("POST", "/inbox")
    assert sent.headers["content-type"] == "application/activity+json"
    assert sent.headers["user-agent"].startswith("pleroma-api/")
    claim = claims.read(signatures.Request("POST", "/inbox", recorder.host, sent.headers), sent.body)
    key = document(f"/users/{alice.nickname}")["publicKey"]
    assert claim.key_id == key["id"]
    assert signatures.is_made_by(key["publicKeyPem"], claim)
    assert (sent.activity["type"], sent.activity["object"]["id"]) == ("Create", status["uri"])


def test_shared_inbox_gets_it_once(publish, recorder, follower, bring, alice):
    follower("dora")
    follower("erin")
    publish(alice, "hello")
    bring()
    assert [each.path for each in recorder.sent] == ["/inbox"]


def test_direct_status_goes_to_whom_it_names_alone(publish, recorder, follower, bring, alice):
    follower("dora")
    erin = follower("erin")
    publish(alice, f"@{erin.acct} hello", visibility="direct")
    bring()
    (activity,) = recorder.activities
    assert (activity["to"], activity["cc"]) == ([erin.uri], [])


@pytest.mark.parametrize("visibility", ["list", "direct"])
def test_what_is_for_people_here_stays_here(federated, publish, recorder, follower, bring, alice, sql, visibility):
    follower()
    lists = federated.post_json("/api/v1/lists", {"title": "x"}, auth=alice).json
    publish(alice, "hello", visibility=visibility if visibility == "direct" else f"list:{lists['id']}")
    bring()
    assert recorder.sent == []


def test_order_of_one_host_is_kept(federated, publish, recorder, follower, bring, alice):
    follower()
    first = publish(alice, "one")
    publish(alice, "two")
    federated.delete(f"/api/v1/statuses/{first['id']}", auth=alice)
    bring()
    assert [each["type"] for each in recorder.activities] == ["Create", "Delete"]
    assert "two" in recorder.activities[0]["object"]["content"]


@pytest.mark.parametrize("status", [400, 403, 404, 405, 406, 410, 413, 415, 422])
def test_refused_delivery_is_dropped(publish, recorder, follower, bring, alice, sql, status):
    follower()
    recorder.inbox = (status, {})
    publish(alice, "hello")
    bring()
    assert (len(recorder.sent), _waiting(sql)) == (1, [])
    assert sql("select failures from hosts") == [(0,)]


@pytest.mark.parametrize("status", [302, 408, 425, 429, 500, 503])
def test_delivery_that_fails_is_tried_again_later(publish, recorder, follower, bring, alice, sql, status):
    follower()
    recorder.inbox = (status, {"Location": f"{recorder.address}/elsewhere"})
    publish(alice, "one")
    publish(alice, "two")
    bring()
    # The others wait for the first one, and have used no try.
    assert (len(recorder.sent), _waiting(sql)) == (1, [(1,), (0,)])
    assert sql(
        "select failures, failing_since is not null, due_at between now() + interval '30 s' and now() + interval '90 s'"
        " from hosts"
    ) == [(1, True, True)]
    recorder.inbox = (202, {})
    sql("update hosts set due_at = now()")
    bring()
    assert (len(recorder.sent), _waiting(sql)) == (3, [])
    assert sql("select failures, failing_since from hosts") == [(0, None)]


def test_server_says_when_to_come_again(publish, recorder, follower, bring, alice, sql):
    follower()
    recorder.inbox = (429, {"Retry-After": "1200"})
    publish(alice, "one")
    bring()
    assert sql(
        "select due_at between now() + interval '19 min' and now() + interval '21 min' from hosts"
    ) == [(True,)]  # fmt: skip


def test_signature_that_is_refused_three_times_drops_the_delivery(publish, recorder, follower, bring, alice, sql):
    follower()
    recorder.inbox = (401, {})
    publish(alice, "one")
    for _ in range(3):
        assert len(_waiting(sql)) == 1 or not recorder.sent
        sql("update hosts set due_at = now()")
        bring()
    assert (len(recorder.sent), _waiting(sql)) == (3, [])


def test_ninth_try_is_the_last(publish, recorder, follower, bring, alice, sql):
    follower()
    recorder.inbox = (500, {})
    publish(alice, "one")
    for _ in range(9):
        sql("update hosts set due_at = now()")
        bring()
    assert (len(recorder.sent), _waiting(sql)) == (9, [])
    assert sql("select failures from hosts") == [(9,)]


def test_host_that_is_away_for_seven_days_is_dead_until_it_is_heard_of(publish, recorder, follower, bring, alice, sql):
    follower()
    recorder.inbox = (500, {})
    publish(alice, "one")
    bring()
    sql("update hosts set due_at = now(), failing_since = now() - interval '8 days'")
    bring()
    courier.tidy()
    assert sql("select is_dead from hosts") == [(True,)]
    assert _waiting(sql) == []
    publish(alice, "two")
    bring()
    assert (len(recorder.sent), _waiting(sql)) == (2, [])


@pytest.mark.long
def test_slow_host_takes_nobody_s_place(
    publish, recorder, follower, remote_account, bring, alice, sql, config, monkeypatch
):
    monkeypatch.setattr(courier, "_SLOW", 0.3)
    follower()
    recorder.seconds = 4.0
    with recording() as quick:
        other = remote_account(
            "erin", quick.host, uri=f"{quick.address}/users/erin",
            inbox=f"{quick.address}/users/erin/inbox", shared_inbox=None,
        )  # fmt: skip
        sql("insert into follows (follower_id, followed_id) values (%s, %s)", other.id, alice.id)
        publish(alice, "hello")
        one_place = dataclasses.replace(config, delivery_threads=1)
        courier.expand(one_place)
        sql("update hosts set due_at = due_at - interval '1 second' where name = %s", recorder.host)
        stop = threading.Event()
        thread = threading.Thread(target=courier.run, args=(one_place, stop))
        thread.start()
        try:
            until(lambda: quick.sent, 3.5)
        finally:
            stop.set()
            thread.join()
    assert (len(recorder.sent), sql("select count(*) from deliveries")) == (1, [(0,)])


def test_refused_host_gets_nothing(publish, recorder, follower, bring, alice, sql):
    follower()
    sql("insert into host_policies (pattern, policy) values ('127.0.0.1', 'reject')")
    publish(alice, "one")
    bring()
    assert recorder.sent == []


def test_backlog_is_bounded_and_keeps_what_matters(publish, recorder, follower, alice, sql, config, monkeypatch):
    monkeypatch.setattr(courier, "_MOST_OF_HOST", 2)
    dora = follower()
    for text in ("one", "two", f"@{dora.acct} three"):
        publish(alice, text)
    courier.expand(config)
    courier.tidy()
    kept = sql("select o.body from deliveries d join outgoing o on o.id = d.outgoing_id order by d.id")
    assert ["two" in kept[0][0], "three" in kept[1][0], len(kept)] == [True, True, 2]


def test_nothing_is_sent_of_what_others_did(federated, make_peer, carry_out, publish, alice, outgoing):
    status = publish(alice, "hello")
    outgoing()
    peer = make_peer()
    peer.post(peer.activity("Like", status["uri"]))
    peer.post(peer.activity("Announce", status["uri"], to=["https://www.w3.org/ns/activitystreams#Public"]))
    carry_out()
    assert federated.get(f"/api/v1/statuses/{status['id']}").json["favourites_count"] == 1
    assert outgoing() == []
