"""A change of an account's key: what the one before still signs, and from when on the new one does."""

import json

from pleroma import db
from pleroma.federation import courier, keys
from tests.federation import elsewhere


def _rotate(nickname="alice"):
    with db.in_transaction() as connection:
        return keys.rotate(connection, nickname)


def _private():
    with db.in_transaction() as connection:
        return keys.private_key(connection, "/users/alice", "alice")


def _claimed(config):
    while courier.expand(config):
        pass
    return [
        (json.loads(each.body.replace("\x01", "https://pleroma.example")), each.private_key)
        for _, of_host in courier._claimed(8)
        for each in of_host
    ]


def test_the_notice_of_a_new_key_and_what_was_stored_before_are_signed_by_the_old_one(
    federated, alice, publish, document, sql, config
):
    eve = elsewhere.make(sql, "eve", "b.example")
    before = document("/users/alice")["publicKey"]
    old = _private()
    federated.get("/api/v1/instance")
    sql("insert into follows (follower_id, followed_id, uri) values (%s, %s, 'https://b.example/1')", eve, alice.id)
    sql("delete from outgoing")
    publish(alice, "before")
    assert _rotate()
    new = _private()
    shown = document("/users/alice")["publicKey"]
    assert new != old and shown["id"] == before["id"] and shown["publicKeyPem"] != before["publicKeyPem"]
    publish(alice, "after")
    sent = _claimed(config)
    assert [activity["type"] for activity, _ in sent] == ["Create", "Update", "Create"]
    assert [key == old for _, key in sent] == [True, True, False]
    assert sent[2][1] == new
    assert sent[1][0]["object"]["publicKey"] == shown


def test_the_old_key_is_good_for_two_hours(federated, alice, document, sql, config):
    eve = elsewhere.make(sql, "eve", "b.example")
    document("/users/alice")
    sql("insert into follows (follower_id, followed_id, uri) values (%s, %s, 'https://b.example/1')", eve, alice.id)
    sql("delete from outgoing")
    assert _rotate()
    assert not _rotate()
    sql("update account_keys set former_until = now() - interval '1 second'")
    ((_, key),) = _claimed(config)
    assert key == _private()
    courier.tidy()
    assert sql("select former_private_key, former_until, former_last_id from account_keys") == [(None, None, None)]
    assert _rotate()


def test_a_profile_that_waits_goes_out_with_the_new_key_at_once(federated, alice, document, sql):
    elsewhere.make(sql, "eve", "b.example")
    document("/users/alice")
    federated.patch("/api/v1/accounts/update_credentials", {"note": "changed"}, auth=alice, status=200)
    assert sql("select due_at > now() from outgoing") == [(True,)]
    assert _rotate()
    assert sql("select kind, due_at <= now() from outgoing") == [("profile", True)]


def test_an_account_without_a_key_has_one_afterwards(alice, sql, _pool):
    assert _rotate()
    assert sql("select owner, account_id from account_keys") == [("/users/alice", alice.id)]
