"""Documents that depend on who signed the request for them (docs/federation.md)."""

import base64
import threading
import time

import pytest

from pleroma.federation import signatures
from pleroma.views.activitypub import signers
from tests.federation import elsewhere
from tests.federation.conftest import ACTIVITY

BASE = "https://pleroma.example"
BOB = "https://b.example/users/bob"
NEEDED = {"@context", "id", "type", "preferredUsername", "inbox", "endpoints", "publicKey"}


def signed(path, key_id=f"{BOB}#main-key"):
    """The headers of a request that another server signs."""
    made = signatures.signed("GET", f"{BASE}{path}", key_id, elsewhere.pair()[0])
    return {**ACTIVITY, **{name: value for name, value in made.items() if name != "Host"}}


@pytest.fixture
def secure(make_client):
    """A server whose documents are for those alone who sign."""
    return make_client(federation=True, authorized_fetch=True)


@pytest.fixture
def bob(sql, _pool):
    """The id of somebody on another server."""
    return elsewhere.make(sql, "bob", "b.example")


def _path(status):
    return status["uri"].removeprefix(BASE)


def _paths(client, alice):
    status = client.post_json("/api/v1/statuses", {"status": "hello"}, auth=alice, status=200).json
    note, me = _path(status), "/users/alice"
    below = ("outbox", "followers", "following", "collections/featured")
    return [note, f"/notice/{status['id']}", f"{note}/activity", f"{note}/replies", *(f"{me}/{name}" for name in below)]


def test_where_signatures_are_needed_an_unsigned_request_has_no_document(secure, alice, bob):
    for path in _paths(secure, alice):
        answer = secure.get(path, headers=ACTIVITY, status=401)
        assert answer.json == {"error": "Request not signed"}
        secure.get(path, headers=signed(path), status=200)


def test_who_does_not_sign_is_not_answered_what_is_there(secure, alice):
    note, page = _paths(secure, alice)[:2]
    for path in (page, "/notice/1", "/notice/x", note, "/objects/00000000-0000-4000-8000-000000000000"):
        assert secure.get(path, headers=ACTIVITY, status=401).json == {"error": "Request not signed"}


def test_an_actor_shows_what_is_needed_to_speak_with_it(secure, alice, bob):
    secure.patch("/api/v1/accounts/update_credentials", {"note": "private words"}, auth=alice, status=200)
    answer = secure.get("/users/alice", headers=ACTIVITY, status=200)
    assert set(answer.json) == NEEDED
    assert "private words" not in answer.text
    whole = secure.get("/users/alice", headers=signed("/users/alice"), status=200).json
    assert whole["summary"] and {name: whole[name] for name in NEEDED - {"@context"}} == {
        name: answer.json[name] for name in NEEDED - {"@context"}
    }
    secure.get("/users/nobody", headers=ACTIVITY, status=404)


def test_what_others_need_first_needs_no_signature(secure, alice):
    secure.get("/actor", headers=ACTIVITY, status=200)
    secure.get("/actor/outbox", headers=ACTIVITY, status=200)
    secure.get("/.well-known/webfinger?resource=acct:alice@pleroma.example", status=200)
    secure.get("/nodeinfo/2.0.json", status=200)
    # People and clients are not other servers.
    secure.get("/users/alice", headers={"Accept": "text/html"}, status=200)
    secure.get(f"/api/v1/accounts/{alice.id}", status=200)


def test_a_server_that_is_not_public_wants_signatures_too(federated, make_client, alice, bob):
    (path, *_) = _paths(federated, alice)
    closed = make_client(federation=True, public=False)
    closed.get(path, headers=ACTIVITY, status=401)
    closed.get(path, headers=signed(path), status=200)


def _without(name):
    def change(headers):
        covered = headers["Signature"].partition('headers="')[2].partition('"')[0]
        kept = " ".join(each for each in covered.split() if each != name)
        headers["Signature"] = headers["Signature"].replace(covered, kept)

    return change


def _of_another_path(headers):
    headers.update(signed("/users/carol"))


def _damaged(headers):
    head, _, made = headers["Signature"].partition('signature="')
    headers["Signature"] = f'{head}signature="{base64.b64encode(bytes(256)).decode()}"'
    assert made


def _old(headers):
    headers["Date"] = "Sun, 06 Nov 1994 08:49:37 GMT"


@pytest.mark.parametrize(
    "change",
    [_without("(request-target)"), _without("host"), _without("date"), _of_another_path, _damaged, _old],
    ids=["no target", "no host", "no date", "another path", "damaged", "old"],
)
def test_a_signature_that_does_not_hold_counts_as_none(secure, alice, bob, change):
    (path, *_) = _paths(secure, alice)
    headers = signed(path)
    change(headers)
    secure.get(path, headers=headers, status=401)


def test_a_refused_host_is_shown_no_document_and_still_finds_what_everybody_does(federated, alice, bob, sql):
    paths = [*_paths(federated, alice), "/users/alice"]
    for path in paths:
        federated.get(path, headers=signed(path), status=200)
    sql("insert into host_policies (pattern, policy) values ('b.example', 'reject')")
    for path in paths:
        assert federated.get(path, headers=signed(path), status=403).json == {"error": "Your server is refused here"}
        federated.get(path, headers=ACTIVITY, status=200)
    federated.get("/actor", headers=signed("/actor"), status=200)
    webfinger = "/.well-known/webfinger?resource=acct:alice@pleroma.example"
    federated.get(webfinger, headers=signed(webfinger), status=200)
    federated.get("/nodeinfo/2.0.json", headers=signed("/nodeinfo/2.0.json"), status=200)


def test_a_private_status_is_for_signed_followers_and_their_server(federated, alice, bob, publish, sql):
    path = _path(publish(alice, "for followers", visibility="private"))
    elsewhere.make(sql, "carl", "b.example")
    elsewhere.make(sql, "carl", "c.example")
    elsewhere.keep_key(sql, "https://b.example/actor#key", "https://b.example/actor", is_application=True)
    elsewhere.keep_key(sql, "https://c.example/actor#key", "https://c.example/actor", is_application=True)
    elsewhere.keep_key(sql, "https://b.example/bot#key", "https://b.example/bot")

    def seen():
        federated.get(path, headers=ACTIVITY, status=404)
        asked = {
            "bob": f"{BOB}#main-key", "server": "https://b.example/actor#key", "carl": "https://b.example/users/carl#main-key",
            "another": "https://c.example/actor#key", "stranger": "https://b.example/bot#key",
        }  # fmt: skip
        return {
            name
            for name, key in asked.items()
            if federated.get(path, headers=signed(path, key), status="*").status_int == 200
        }

    assert seen() == set()
    elsewhere.follow(sql, bob, alice.id)
    assert seen() == {"bob", "server"}
    assert federated.get(path, headers=signed(path)).json["content"] == "for followers"
    sql("insert into blocks (account_id, target_id) values (%s, %s)", alice.id, bob)
    assert seen() == set()


def test_a_direct_status_is_for_those_it_is_addressed_to(federated, alice, bob, publish, sql):
    elsewhere.make(sql, "carl", "b.example")
    elsewhere.follow(sql, bob, alice.id)
    path = _path(publish(alice, "@carl@b.example hello", visibility="direct"))
    federated.get(path, headers=signed(path, "https://b.example/users/carl#main-key"), status=200)
    federated.get(path, headers=signed(path), status=404)
    federated.get(path, headers=ACTIVITY, status=404)


def test_an_account_is_not_there_for_those_whom_it_blocks(federated, alice, bob, sql):
    elsewhere.make(sql, "carl", "b.example")
    sql("insert into blocks (account_id, target_id) values (%s, %s)", alice.id, bob)
    federated.get("/users/alice", headers=signed("/users/alice"), status=404)
    federated.get("/users/alice", headers=signed("/users/alice", "https://b.example/users/carl#main-key"), status=200)
    federated.get("/users/alice", headers=ACTIVITY, status=200)


def test_an_actor_that_everybody_may_read_is_not_kept_back_for_a_key(federated, alice, sql):
    federated.get("/users/alice", headers=signed("/users/alice"), status=200)
    assert sql("select count(*) from lookups") == [(0,)]


def test_a_key_that_is_not_here_is_asked_of_the_worker_by_one_request_at_a_time(secure, alice, sql, monkeypatch):
    (path, *_) = _paths(secure, alice)
    monkeypatch.setattr(signers, "_PATIENCE", 20.0)
    done = []

    def ask():
        done.append(secure.get(path, headers=signed(path), status="*").status_int)

    first = threading.Thread(target=ask)
    first.start()
    give_up = time.monotonic() + 15
    while not (rows := sql("select kind, name, host from lookups")) and time.monotonic() < give_up:
        time.sleep(0.05)
    assert rows == [("key", f"{BOB}#main-key", "b.example")]
    # While one waits, another does not.
    secure.get(path, headers=signed(path), status=401)
    assert done == []
    elsewhere.make(sql, "bob", "b.example")
    sql("update lookups set due_at = null, done_at = now()")
    first.join(20)
    assert done == [200]


def test_a_key_that_is_not_to_be_had_leaves_the_request_unsigned(secure, alice, sql, monkeypatch):
    (path, *_) = _paths(secure, alice)
    monkeypatch.setattr(signers, "_PATIENCE", 0.2)
    secure.get(path, headers=signed(path), status=401)
    secure.get("/users/alice", headers=signed("/users/alice"), status=200)


def test_nobody_makes_us_ask_for_keys_by_addresses_that_are_nothing(federated, alice, sql):
    path = "/objects/00000000-0000-4000-8000-000000000000"
    federated.get(path, headers=signed(path), status=404)
    assert sql("select count(*) from lookups") == [(0,)]
