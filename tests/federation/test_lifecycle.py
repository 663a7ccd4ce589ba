"""The end of an account here, as other servers hear of it."""

from pleroma import db
from pleroma.accounts import lifecycle
from pleroma.db import queries
from pleroma.federation import keys
from tests.conftest import PASSWORD


def _delete(client, who):
    client.post_json("/api/pleroma/delete_account", {"password": PASSWORD}, auth=who, status=200)


def test_other_servers_hear_once_that_an_account_is_gone_and_of_nothing_else(
    federated, publish, document, run_jobs, outgoing, sql, alice, bob, dora, remote_status
):
    status = publish(alice, "hello")
    publish(alice, "secret @dora@there.example", visibility="direct")
    parent = remote_status(dora)
    federated.post(f"/api/v1/statuses/{parent}/favourite", auth=alice, status=200)
    federated.post(f"/api/v1/statuses/{parent}/reblog", auth=alice, status=200)
    federated.post(f"/api/v1/accounts/{dora.id}/follow", auth=alice, status=200)
    key = document("/users/alice")["publicKey"]["publicKeyPem"]
    outgoing()
    _delete(federated, alice)
    assert outgoing() == []
    run_jobs(federation=True)
    (row,) = outgoing()
    assert (row["kind"], row["account"], row["about"]) == ("delete_account", alice.id, {"path": "/users/alice"})
    assert sql("select count(*) from accounts where id = %s", alice.id) == [(0,)]
    assert sql("select owner, account_id, public_key from account_keys where owner <> '/actor'") == [
        ("/users/alice", None, key)
    ]
    document("/users/alice", status=410)
    document(status["uri"], status=410)


def test_others_are_answered_that_it_is_gone_as_soon_as_they_hear_of_it(federated, document, outgoing, alice):
    federated.get("/api/v1/instance", status=200)
    with db.in_transaction() as connection:
        lifecycle._end_logins(connection, alice.id)
    assert [row["kind"] for row in outgoing()] == ["delete_account"]
    document("/users/alice", status=410)


def test_a_deletion_that_is_begun_again_is_sent_once(federated, outgoing, sql, alice):
    federated.get("/api/v1/instance", status=200)
    for _ in range(2):
        with db.in_transaction() as connection:
            lifecycle._end_logins(connection, alice.id)
    assert [row["kind"] for row in outgoing()] == ["delete_account"]


def test_the_key_of_a_deleted_account_goes_when_nothing_is_left_to_be_signed_with_it(federated, sql, alice):
    federated.get("/api/v1/instance", status=200)
    with db.in_transaction() as connection:
        keys.public_key(connection, "/users/alice", "alice")
        lifecycle.delete(connection, alice.id)
    for left in (1, 0):
        with db.in_transaction() as connection:
            queries.outgoing.forget_keys(connection)
        assert sql("select count(*) from account_keys where owner = '/users/alice'") == [(left,)]
        sql("delete from outgoing")


def test_nothing_is_sent_of_a_deactivation(federated, publish, outgoing, alice):
    publish(alice, "hello")
    outgoing()
    with db.in_transaction() as connection:
        lifecycle.deactivate(connection, alice.id)
        lifecycle.activate(connection, alice.id)
    assert outgoing() == []


def test_nothing_is_sent_when_an_account_elsewhere_is_deleted(federated, publish, outgoing, alice, dora, remote_status):
    parent = remote_status(dora)
    publish(alice, "yes", in_reply_to_id=str(parent))
    federated.post(f"/api/v1/statuses/{parent}/favourite", auth=alice, status=200)
    federated.post(f"/api/v1/statuses/{parent}/reblog", auth=alice, status=200)
    outgoing()
    lifecycle.delete_account(dora.id)
    assert outgoing() == []


def test_nothing_is_sent_of_a_deletion_when_the_server_does_not_federate(client, post, outgoing, sql, alice):
    post(alice, "hello")
    lifecycle.delete_account(alice.id)
    assert outgoing() == []
    assert sql("select count(*) from tombstones") == [(0,)]
