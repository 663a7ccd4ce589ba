"""What others send to the inboxes: what is taken, and what is refused with which answer."""

import base64
import datetime
import hashlib
import json

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pleroma import db
from pleroma.db import queries
from pleroma.federation import inbox, signatures
from tests.federation.peers import Key

ALICE = "https://pleroma.example/users/alice"
INBOXES = ("/inbox", "/actor/inbox", "/users/alice/inbox")


@pytest.fixture
def follow(sender, alice):
    """A Follow that is good in all respects."""
    return sender.activity("Follow", ALICE)


@pytest.fixture
def stranger(make_peer):
    """Somebody elsewhere whose key is not here yet."""
    return make_peer("stranger", "strange.example", known=False)


@pytest.fixture
def waiting(sql):
    """What was taken, in its order."""
    return lambda: sql("select host, recipient_id, body, signed from inbox order by id")


@pytest.fixture
def refuse(sql):
    """Refuses a host, as an operator does."""
    return lambda pattern: sql("insert into host_policies (pattern, policy) values (%s, 'reject')", pattern)


@pytest.fixture(scope="session")
def other_key():
    """A key of nobody here known."""
    return Key(rsa.generate_private_key(65537, 2048))


def fill(sql, number, host="other.example", address="192.0.2.1", signed=None):
    """Lets activities wait."""
    sql(
        "insert into inbox (key, host, address, body, signed)"
        " select sha256(n::text::bytea), %s, %s, '{}', %s::jsonb from generate_series(1, %s) n",
        host, address, signed, number,
    )  # fmt: skip


@pytest.mark.parametrize("path", INBOXES)
def test_what_a_known_key_signed_is_taken_in_each_inbox(sender, follow, alice, waiting, path):
    sender.post(follow, path)
    ((host, recipient, body, signed),) = waiting()
    assert (host, signed) == ("peer.example", None)
    assert recipient == (alice.id if "alice" in path else None)
    assert json.loads(body) == follow


@pytest.mark.parametrize("path", ["/users/ALICE/inbox", "/users/Alice/inbox"])
def test_the_letter_case_of_a_nickname_is_nothing(sender, follow, alice, waiting, path):
    sender.post(follow, path)
    assert waiting()[0][1] == alice.id


@pytest.mark.parametrize("path", INBOXES)
def test_an_inbox_is_not_read(federated, alice, path):
    answer = federated.get(path, headers={"Accept": "application/activity+json"}, status=405)
    assert answer.headers["Allow"] == "POST"


@pytest.mark.parametrize("path", INBOXES)
def test_a_server_that_does_not_federate_has_no_inbox(client, alice, path):
    client.post(path, b"{}", headers={"Content-Type": "application/activity+json"}, status=404)


def test_the_inbox_must_be_somebodys(sender, follow, make_peer, sql, person, waiting):
    dora = make_peer("dora", "there.example")
    sql("insert into tombstones (path) values ('/users/gone')")
    inactive = person("inactive")
    sql("update accounts set active = false where id = %s", inactive.id)
    for nickname in ("nobody", dora.account.nickname, "%00", "a" * 2000, "inactive"):
        sender.post(follow, f"/users/{nickname}/inbox", status=404)
    sender.post(follow, "/users/gone/inbox", status=410)
    sender.post(follow, "/users/GONE/inbox", status=410)
    assert waiting() == []


@pytest.mark.parametrize(
    "content_type",
    [
        "application/activity+json",
        "application/activity+json; charset=utf-8",
        'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
        "application/ld+json",
        "Application/Activity+JSON",
    ],
)
def test_the_types_of_activities_are_taken(sender, follow, waiting, content_type):
    sender.post(follow, headers=signed_as(sender, follow, content_type))
    assert len(waiting()) == 1


def signed_as(sender, activity, content_type):
    """The headers of an activity of another type, which is no part of what must be signed."""
    body, key = json.dumps(activity).encode(), sender.key
    sent = signatures.signed("POST", "https://pleroma.example/inbox", sender.key_id, key.private, body)
    covered = ("(request-target)", "host", "date", "digest")
    values = {name.lower(): value for name, value in sent.items()} | {"(request-target)": "post /inbox"}
    text = "\n".join(f"{name}: {values[name]}" for name in covered).encode()
    made = base64.b64encode(signatures._own(key.private).sign(text, padding.PKCS1v15(), hashes.SHA256())).decode()
    written = f'keyId="{sender.key_id}",headers="{" ".join(covered)}",signature="{made}"'
    return sent | {"Content-Type": content_type, "Signature": written}


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "text/html", "text/plain", "application/x-www-form-urlencoded", "image/png", ""],
)
def test_other_types_are_refused(sender, follow, waiting, content_type):
    sender.post(follow, headers={"Content-Type": content_type}, status=415)
    assert waiting() == []


def test_what_is_larger_than_a_megabyte_is_refused(sender, follow, waiting):
    sender.post(follow | {"content": "a" * 2**20}, status=413)
    sender.post(b" " * (2**20 + 1), status=413)
    assert waiting() == []
    sender.post(follow | {"content": "a" * (2**20 - 1000)})


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"1", b'"a"', b"null", b"\xff\xfe{}", b'{"a": "\xff"}', b'{"a": NaN}', b"a=b",
        b'{"a": %s}' % (b"[" * 32 + b"]" * 32),
        b"[" * 100_000,
        b'{"a": 1%s}' % (b"0" * 5000),
        b'{"a": [%s1]}' % (b"1," * 30_000),
    ],
    ids=range(14),
)  # fmt: skip
def test_what_is_no_object_is_refused(sender, waiting, body):
    sender.post(body, status=400)
    assert waiting() == []


def test_a_key_twice_on_the_first_two_levels_is_refused(sender, follow, waiting):
    body = json.dumps(follow | {"object": {"id": ALICE, "deep": {"x": 1}}}).encode()
    for place, twice in (
        (b'"type"', b'"type": "Undo", '),
        (b'"id": "https://pleroma', b'"id": "https://peer.example/1", '),
        (b'"type"', b'"ty\\u0000pe": "Undo", '),
    ):
        assert place in body
        sender.post(body.replace(place, twice + place), status=400)
    assert waiting() == []
    sender.post(body.replace(b'"x": 1', b'"x": 1, "x": 2'))


def test_a_nested_object_is_taken_up_to_32_levels(sender, follow, waiting):
    sender.post(follow | {"deep": json.loads("[" * 31 + "]" * 31)})
    assert len(waiting()) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"type": None}, {"type": ""}, {"type": 1}, {"type": []}, {"type": {"a": 1}},
        {"actor": None}, {"actor": ""}, {"actor": 1}, {"actor": {}}, {"actor": {"id": 1}}, {"actor": []},
        {"actor": "http://peer.example/users/sender"}, {"actor": "acct:sender@peer.example"},
        {"actor": "/users/sender"},
        {"actor": "https://a@peer.example/users/sender"}, {"actor": "https://a:b@peer.example/users/sender"},
        {"actor": "https:///users/sender"}, {"actor": "https://peer.example/" + "a" * 2000},
        {"actor": "https://peer.example/users/ sender"}, {"actor": "https://peer.example:99999/"},
        {"actor": "https://[::1/"}, {"actor": ALICE, "id": "https://pleroma.example/activities/1"},
        {"actor": "https://PLEROMA.example:443/users/alice", "id": "https://pleroma.example/activities/1"},
        {"id": None}, {"id": ""}, {"id": 1}, {"id": {"id": "https://peer.example/1"}}, {"id": ["https://peer.example/1"]},
        {"id": "https://other.example/1"}, {"id": "http://peer.example/1"}, {"id": "https://peer.example:444/1"},
        {"id": "https://a@peer.example/1"}, {"id": "urn:uuid:0b5c7c5e-3a51-4a57-a36e-5d6b8c0f0e11"},
        {"id": "https://pleroma.example/activities/1"}, {"id": "https://evil.peer.example/1"},
    ],
    ids=json.dumps,
)  # fmt: skip
def test_type_actor_and_id_must_be_there_and_of_one_server_elsewhere(sender, follow, waiting, change):
    sender.post(follow | change, status=400)
    assert waiting() == []


@pytest.mark.parametrize(
    "change",
    [
        {"actor": {"id": "https://peer.example/users/sender", "type": "Person"}},
        {"id": "https://PEER.example:443/activities/1"},
        {"type": ["Follow"]},
        {"type": "as:Follow"},
    ],
    ids=json.dumps,
)
def test_other_ways_to_write_the_same_are_taken(sender, follow, waiting, change):
    sender.post(follow | change)
    assert len(waiting()) == 1


def test_only_some_kinds_may_be_without_an_id(sender, alice, waiting):
    for kind in ("Accept", "Reject", "Undo", "Delete"):
        activity = sender.activity(kind, f"{ALICE}#{kind}")
        del activity["id"]
        sender.post(activity)
        sender.post(activity)
    assert len(waiting()) == 4
    for kind in ("Create", "Follow", "Like", "Announce", "Update", "Flag"):
        activity = sender.activity(kind, ALICE)
        del activity["id"]
        sender.post(activity, status=400)
    assert len(waiting()) == 4


def test_a_host_that_is_refused_is_refused_before_its_signature_is_looked_at(sender, follow, refuse, waiting):
    refuse("peer.example")
    sender.post(follow, status=403)
    sender.post(follow, headers={"Signature": None}, status=403)
    sender.post(b"{}", status=400)
    assert waiting() == []


@pytest.mark.parametrize("pattern", ["example", "*.example"])
def test_a_host_is_refused_with_all_below(sender, follow, refuse, waiting, pattern):
    refuse(pattern)
    sender.post(follow, status=403)
    assert waiting() == []


def test_a_key_of_a_host_that_is_refused_is_refused(sender, follow, refuse, waiting):
    refuse("refused.example")
    sender.post(follow, key_id="https://refused.example/users/a#main-key", status=403)
    assert waiting() == []
    sender.post(follow)


@pytest.mark.parametrize(
    "headers",
    [
        {"Signature": None},
        {"Signature": ""},
        {"Signature": "é"},
        {"Signature": 'keyId="https://peer.example/users/sender#main-key",headers="date",signature="AAAA"'},
        {"Digest": "SHA-256=" + base64.b64encode(hashlib.sha256(b"{}").digest()).decode()},
        {"Digest": None},
        {"Date": None},
        {"Date": "Thu, 01 Jan 2026 00:00:00 GMT"},
    ],
    ids=str,
)
def test_a_signature_that_does_not_hold_is_refused(sender, follow, waiting, headers):
    answer = sender.post(follow, headers=headers, status=401)
    assert "signature" in answer.json["error"]
    assert waiting() == []


@pytest.mark.parametrize(
    "key_id", ["main-key", "http://peer.example/users/sender", "https://a@peer.example/", "https://peer.example/\x01"]
)
def test_a_key_must_have_an_address(sender, follow, waiting, key_id):
    sender.post(follow, key_id=key_id, status=401)
    assert waiting() == []


def test_a_request_that_was_sent_to_another_server_or_inbox_is_refused(sender, follow, waiting):
    sender.post(follow, base="https://other.example", status=401)
    headers = sender.signed("/users/alice/inbox", json.dumps(follow).encode())
    sender.post(follow, headers=headers, status=401)
    assert waiting() == []


def test_who_signs_must_be_the_actor(sender, make_peer, follow, waiting):
    other = make_peer("other")
    sender.post(follow | {"actor": other.uri}, status=401)
    assert waiting() == []


def test_an_unknown_key_of_another_server_is_never_asked_for(sender, follow, waiting):
    sender.post(follow, key_id="https://strange.example/users/stranger#main-key", status=401)
    assert waiting() == []


def test_a_known_key_that_did_not_make_it_may_have_changed_unless_it_was_just_asked_for(
    sender, follow, waiting, sql, other_key
):
    sender.post(follow, key=other_key, status=401)
    assert waiting() == []
    sql("update remote_keys set fetched_at = now() - interval '6 minutes'")
    sender.post(follow, key=other_key)
    ((_, _, _, signed),) = waiting()
    assert signed["key_id"] == sender.key_id


@pytest.mark.parametrize("written", ["id", "object"])
def test_the_end_of_somebody_never_seen_is_taken_and_not_kept(sender, stranger, waiting, sql, written):
    sql("delete from accounts where id = %s", stranger.id)
    what = stranger.uri if written == "id" else {"id": stranger.uri, "type": "Person"}
    stranger.post(stranger.activity("Delete", what))
    assert waiting() == []
    # It is not looked whether it holds: nothing is done.
    stranger.post(stranger.activity("Delete", what), headers={"Date": None}, status=401)
    stranger.post(stranger.activity("Delete", "https://strange.example/objects/1"))
    sender.post(sender.activity("Delete", sender.uri))
    assert [host for host, *_ in waiting()] == ["strange.example", "peer.example"]


def test_what_an_unknown_key_signed_waits_with_what_was_signed(stranger, alice, waiting):
    activity = stranger.activity("Follow", ALICE)
    stranger.post(activity, "/users/alice/inbox")
    ((host, recipient, body, signed),) = waiting()
    assert (host, recipient, json.loads(body)) == ("strange.example", alice.id, activity)
    claim = inbox.claimed(signed)
    assert claim.key_id == stranger.key_id
    assert signatures.is_made_by(stranger.key.public, claim)


def test_twenty_of_a_host_wait_for_their_keys(stranger, sender, alice, follow, sql):
    fill(sql, 19, host="strange.example", signed="{}")
    stranger.post(stranger.activity("Follow", ALICE))
    answer = stranger.post(stranger.activity("Follow", ALICE), status=429)
    assert answer.headers["Retry-After"] == "300"
    sender.post(follow)


def test_fifty_of_an_address_wait_for_their_keys(stranger, sender, alice, follow, sql):
    fill(sql, 49, address="127.0.0.1", signed="{}")
    stranger.post(stranger.activity("Follow", ALICE))
    answer = stranger.post(stranger.activity("Follow", ALICE), status=429)
    assert answer.headers["Retry-After"] == "300"
    sender.post(follow)


def test_what_is_verified_or_done_is_not_counted_among_what_waits_for_keys(stranger, alice, sql):
    fill(sql, 60, host="strange.example", address="127.0.0.1")
    stranger.post(stranger.activity("Follow", ALICE))
    sql("update inbox set signed = '{}'")
    stranger.post(stranger.activity("Follow", ALICE), status=429)
    sql("update inbox set body = null")
    stranger.post(stranger.activity("Follow", ALICE))


def test_two_thousand_of_a_host_wait(sender, make_peer, alice, follow, sql):
    fill(sql, 1999, host=sender.host)
    sender.post(follow)
    answer = sender.post(sender.activity("Follow", ALICE), status=503)
    assert answer.headers["Retry-After"] == "60"
    other = make_peer("dora", "there.example")
    other.post(other.activity("Follow", ALICE))


def test_twenty_thousand_wait_in_all(sender, alice, follow, sql):
    fill(sql, 19_999)
    sender.post(follow)
    answer = sender.post(sender.activity("Follow", ALICE), status=503)
    assert answer.headers["Retry-After"] == "60"
    sql("update inbox set body = null")
    sender.post(sender.activity("Follow", ALICE))


def test_each_activity_is_taken_once_and_each_time_with_the_same_answer(sender, stranger, follow, waiting, sql):
    for _ in range(3):
        sender.post(follow)
        sender.post(follow, "/users/alice/inbox")
        stranger.post(stranger.activity("Like", ALICE) | {"id": "https://strange.example/1"})
    assert [host for host, *_ in waiting()] == ["peer.example", "strange.example"]


def test_what_can_be_done_only_once_is_not_taken_again_when_it_is_done(sender, waiting, sql):
    create = sender.activity("Create", {"type": "Note"})
    sender.post(create)
    sql("update inbox set body = null")
    sender.post(create)
    assert [body for _, _, body, _ in waiting()] == [None]


def test_what_can_be_done_again_may_come_again_after_a_while_behind_all_others(sender, follow, waiting, sql):
    sender.post(follow)
    sql("update inbox set body = null")
    sender.post(sender.activity("Like", ALICE))
    sender.post(follow)
    assert [body is None for _, _, body, _ in waiting()] == [True, False]
    sql("update inbox set received_at = received_at - interval '1 minute'")
    sender.post(follow)
    assert [json.loads(body)["type"] for _, _, body, _ in waiting()] == ["Like", "Follow"]


def test_what_waits_gives_way_to_something_newer_only_from_whom_it_is_known_who_sent_it(sender, stranger, waiting):
    for person, newest in ((sender, "second"), (stranger, "first")):
        update = person.activity("Update", ALICE)
        for text in ("first", "second"):
            person.post(update | {"summary": text})
        (body,) = [body for host, _, body, _ in waiting() if host == person.host]
        assert json.loads(body)["summary"] == newest


def test_without_an_id_the_same_bytes_are_taken_once(sender, alice, waiting):
    activity = sender.activity("Undo", ALICE)
    del activity["id"]
    sender.post(activity)
    sender.post(activity)
    sender.post(activity | {"object": f"{ALICE}#2"})
    assert len(waiting()) == 2


def test_what_was_done_is_remembered_for_three_hours(sender, follow, waiting, sql):
    sender.post(follow)
    for hours, left in ((2.9, 1), (3.1, 0)):
        received = datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=hours)
        sql("update inbox set body = null, received_at = %s", received)
        with db.in_transaction() as connection:
            queries.inbox.forget(connection)
        assert len(waiting()) == left


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
    | st.sampled_from([ALICE, "https://peer.example/users/sender", "https://peer.example/1", "https://[", "Follow"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["id", "type", "href", "a"]), inner),
    max_leaves=8,
)  # fmt: skip
NAMES = st.sampled_from(["id", "type", "actor", "object", "to", "cc", "@context", "target"]) | st.text(max_size=5)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.dictionaries(NAMES, VALUES, max_size=6), st.booleans())
def test_whatever_json_is_sent_it_is_taken_or_refused(sender, alice, change, is_whole):
    activity = (sender.activity("Follow", ALICE) if is_whole else {}) | change
    answer = sender.post(activity, status="*")
    assert answer.status_int == 202 or 400 <= answer.status_int < 500


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.binary(max_size=200) | st.text(max_size=100).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_whatever_bytes_are_sent_they_are_refused(sender, body):
    assert 400 <= sender.post(body, status="*").status_int < 500
