"""Hosts that an operator refuses: what ends, what is hidden, and what comes back."""

import pytest

from pleroma import db
from pleroma.db import queries
from pleroma.federation import courier, policies, uris
from tests.federation import elsewhere


@pytest.fixture
def refuse(config):
    """Refuses a host: refuse("b.example")."""

    def run(written, reason=""):
        with db.in_transaction() as connection:
            return policies.refuse(connection, written, reason, config)

    return run


def accept(written):
    with db.in_transaction() as connection:
        return policies.accept(connection, written)


def _counts(sql, account_id):
    return sql("select followers_count, following_count from accounts where id = %s", account_id)[0]


def test_follows_of_a_refused_host_end_without_a_word(federated, alice, bob, sql, refuse):
    eve = elsewhere.make(sql, "eve", "b.example")
    federated.get("/api/v1/instance")
    elsewhere.follow(sql, eve, alice.id)
    elsewhere.follow(sql, alice.id, eve)
    elsewhere.follow(sql, bob.id, alice.id, None)
    sql("insert into follow_requests (follower_id, followed_id) values (%s, %s)", bob.id, eve)
    sql("delete from outgoing")
    assert refuse("b.example", "spam") == (1, 2, 0)
    assert sql("select follower_id from follows") == [(bob.id,)]
    assert sql("select count(*) from follow_requests") == [(0,)]
    assert (_counts(sql, alice.id), _counts(sql, eve)) == ((1, 0), (0, 0))
    assert sql("select kind from outgoing") == []
    assert sql("select pattern, policy, reason from host_policies") == [("b.example", "reject", "spam")]


def test_its_accounts_are_hidden_and_come_back_without_follows(federated, alice, sql, refuse):
    eve = elsewhere.make(sql, "eve", "b.example")
    elsewhere.follow(sql, eve, alice.id)
    federated.get(f"/api/v1/accounts/{eve}", auth=alice, status=200)
    refuse("b.example")
    federated.get(f"/api/v1/accounts/{eve}", auth=alice, status=404)
    assert accept("b.example") == 1
    federated.get(f"/api/v1/accounts/{eve}", auth=alice, status=200)
    assert sql("select count(*) from follows") == [(0,)]
    assert accept("b.example") is None


def test_who_was_hidden_for_another_reason_stays_so(sql, refuse, _pool):
    eve = elsewhere.make(sql, "eve", "b.example")
    sql("update accounts set active = false where id = %s", eve)
    refuse("b.example")
    assert accept("b.example") == 0
    assert sql("select active from accounts where id = %s", eve) == [(False,)]


def test_who_is_refused_by_another_pattern_still_stays_hidden(sql, refuse, _pool):
    eve = elsewhere.make(sql, "eve", "a.b.example")
    assert refuse("b.example").accounts == 1
    assert refuse("*.b.example").accounts == 0
    assert accept("b.example") == 0
    assert accept("*.b.example") == 1
    assert sql("select active from accounts where id = %s", eve) == [(True,)]


@pytest.mark.parametrize(
    ("written", "hidden"),
    [
        ("b.example", {"b.example", "a.b.example", "b.example:8443"}),
        ("*.b.example", {"a.b.example"}),
        ("B.EXAMPLE", {"b.example", "a.b.example", "b.example:8443"}),
        ("b.example:8443", {"b.example:8443"}),
        ("example", {"b.example", "a.b.example", "ab.example", "b.example:8443"}),
    ],
)
def test_a_pattern_is_a_host_with_all_below_it_or_what_is_below_alone(sql, refuse, _pool, written, hidden):
    for host in ("b.example", "a.b.example", "ab.example", "b.example:8443"):
        elsewhere.make(sql, "eve", host)
    refuse(written)
    assert {host for (host,) in sql("select domain from accounts where not active")} == hidden


@pytest.mark.parametrize(
    "written", ["", "b.example/users", "*", "a@b.example", "b example", "pleroma.example", "*.*.b"]
)
def test_what_is_no_host_or_ours_is_refused(refuse, sql, _pool, written):
    with pytest.raises(uris.BadUri):
        refuse(written)
    assert sql("select count(*) from host_policies") == [(0,)]


def test_nothing_waits_for_a_refused_host_any_more(federated, alice, publish, sql, refuse, config):
    eve, zoe = elsewhere.make(sql, "eve", "b.example"), elsewhere.make(sql, "zoe", "c.example")
    for each in (eve, zoe):
        elsewhere.follow(sql, each, alice.id, f"https://b.example/follows/{each}")
    publish(alice, "hello")
    while courier.expand(config):
        pass
    waiting = sql("select host, count(*) from deliveries group by host order by host")
    assert [host for host, _ in waiting] == ["b.example", "c.example"]
    sql("insert into lookups (kind, name, host) values ('uri', 'https://b.example/1', 'b.example')")
    sql("insert into inbox (key, host, address, body) values ('k', 'b.example', '::1', '{}')")
    assert refuse("b.example").deliveries == waiting[0][1]
    assert sql("select distinct host from deliveries") == [("c.example",)]
    assert sql("select name from hosts where due_at is not null") == [("c.example",)]
    assert sql("select count(*) from lookups where due_at is not null") == [(0,)]
    assert sql("select count(*) from inbox where body is not null") == [(0,)]
    # What is posted from now on does not wait for it either.
    publish(alice, "hello again")
    while courier.expand(config):
        pass
    assert sql("select distinct host from deliveries") == [("c.example",)]


def test_a_delivery_that_slipped_in_is_removed_with_the_next_tidying(alice, sql, refuse, _pool):
    refuse("b.example")
    sql("insert into hosts (name) values ('b.example'), ('c.example')")
    ((one,),) = sql("insert into outgoing (kind, account_id, body) values ('create', %s, 'x') returning id", alice.id)
    for host in ("b.example", "c.example"):
        sql("insert into deliveries (host, outgoing_id, inbox, priority) values (%s, %s, 'https://x', 1)", host, one)
    courier.tidy()
    assert sql("select host from deliveries") == [("c.example",)]


def test_a_host_that_is_tried_again_counts_as_one_that_answers(alice, sql, _pool):
    sql(
        "insert into hosts (name, failures, failing_since, is_dead, due_at)"
        " values ('b.example', 7, now() - interval '8 days', true, null),"
        " ('c.example', 3, now(), false, now() + interval '3 hours')"
    )
    ((one,),) = sql("insert into outgoing (kind, account_id, body) values ('create', %s, 'x') returning id", alice.id)
    sql("insert into deliveries (host, outgoing_id, inbox, priority) values ('c.example', %s, 'https://x', 1)", one)
    with db.in_transaction() as connection:
        assert queries.hosts.retry(connection, name="b.example").waiting == 0
        assert queries.hosts.retry(connection, name="c.example").waiting == 1
        assert queries.hosts.retry(connection, name="d.example") is None
    state = "select name, failures, failing_since is null, is_dead, due_at <= now() from hosts order by name"
    assert sql(state) == [("b.example", 0, True, False, None), ("c.example", 0, True, False, True)]
