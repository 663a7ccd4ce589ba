"""Who made a request, by the newer form of signatures (RFC 9421): what it must cover, and when it holds."""

import base64
import hashlib
import json
import time

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from hypothesis import given
from hypothesis import strategies as st

from pleroma.federation import claims, inbox, signatures
from pleroma.federation.signatures import BadSignature, Claim, Request
from tests.federation import elsewhere
from tests.federation.signing import BODY, HOST, KEY_ID, NOW, TARGET, assert_refused, by_rsa, holds

USUAL = ("@method", "@target-uri", "content-digest")
PARAMETERS = {"created": NOW, "keyid": f'"{KEY_ID}"', "alg": '"rsa-v1_5-sha256"'}


def digest_of(body, name="sha-256", made=hashlib.sha256):
    return f"{name}=:{base64.b64encode(made(body).digest()).decode()}:"


def request(sign, covered=USUAL, *, values=None, headers=None, label="sig1", target=TARGET, **parameters):
    """A request whose signature covers what is named; `values` are signed in place of the true ones."""
    sent = {"content-digest": digest_of(BODY), "date": "Thu, 01 Jan 2026 00:00:00 GMT"} | (headers or {})
    path, _, query = target.partition("?")
    derived = {"@method": "POST", "@target-uri": f"https://{HOST}{target}", "@authority": HOST, "@path": path,
               "@query": f"?{query}", "@request-target": target, "@scheme": "https"}  # fmt: skip
    written = {name: value for name, value in (PARAMETERS | parameters).items() if value is not None}
    named = " ".join(f'"{name}"' for name in covered)
    described = f"({named})" + "".join(f";{name}={value}" for name, value in written.items())
    signed = derived | sent | (values or {})
    lines = [*(f'"{name}": {signed[name]}' for name in covered), f'"@signature-params": {described}']
    made = base64.b64encode(sign("\n".join(lines).encode("latin-1"))).decode()
    signature = {"signature-input": f"{label}={described}", "signature": f"{label}=:{made}:"}
    return Request("POST", target, HOST, sent | signature)


def changed(made, **headers):
    """A request with some headers otherwise: _ stands for - in their names."""
    return Request("POST", TARGET, HOST, made.headers | {name.replace("_", "-"): headers[name] for name in headers})


def test_the_text_that_is_signed_is_that_of_the_rfc():
    """The example of RFC 9421 2.5, but for its algorithm."""
    digest = "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:"
    described = (
        '("@method" "@authority" "@path" "content-digest" "content-length" "content-type")'
        ';created=1618884473;keyid="test-key-rsa-pss"'
    )
    headers = {"content-digest": digest, "content-length": "18", "content-type": "application/json",
               "signature-input": f"sig1={described}", "signature": "sig1=:AAAA:"}  # fmt: skip
    made = Request("POST", "/foo?param=Value&Pet=dog", "example.com", headers)
    claim = claims.read(made, b'{"hello": "world"}', 1618884473)
    assert claim.texts == (
        b'"@method": POST\n'
        b'"@authority": example.com\n'
        b'"@path": /foo\n'
        b'"content-digest": ' + digest.encode() + b"\n"
        b'"content-length": 18\n'
        b'"content-type": application/json\n'
        b'"@signature-params": ' + described.encode(),
    )  # fmt: skip
    assert (claim.key_id, claim.algorithm, claim.signature) == ("test-key-rsa-pss", "", b"\0\0\0")


def test_a_whole_signature_holds_and_that_of_another_key_does_not(key):
    made = request(by_rsa(key))
    assert holds(made, key)
    assert not holds(made, rsa.generate_private_key(65537, 2048))


@pytest.mark.parametrize(
    "covered",
    [
        ("@method", "@authority", "@path", "content-digest"),
        ("@path", "content-digest", "@authority", "@query", "@method", "date"),
        ("@request-target", "@scheme", *USUAL),
    ],
)
def test_the_address_may_be_signed_whole_or_in_its_parts(key, covered):
    assert holds(request(by_rsa(key), covered), key)


@pytest.mark.parametrize("covered", [
    ("@target-uri", "content-digest"),
    ("@method", "content-digest"),
    ("@method", "@authority", "content-digest"),
    ("@method", "@path", "content-digest"),
    ("@method", "@request-target", "content-digest"),
    ("@method", "@target-uri"),
    (),
])  # fmt: skip
def test_method_address_and_digest_must_be_signed(key, covered):
    assert_refused(request(by_rsa(key), covered), "too little")


def test_a_request_without_a_body_needs_no_digest_and_a_digest_it_signs_is_of_nothing(key):
    made = request(by_rsa(key), ("@method", "@target-uri"))
    assert holds(made, key, body=None)
    assert_refused(request(by_rsa(key)), "digest", body=None)
    assert holds(request(by_rsa(key), headers={"content-digest": digest_of(b"")}), key, body=None)


@pytest.mark.parametrize(
    "values",
    [
        {"@method": "GET"},
        {"@target-uri": f"https://other.example{TARGET}"},
        {"@target-uri": f"http://{HOST}{TARGET}"},
        {"@target-uri": f"https://{HOST}/inbox"},
    ],
)
def test_a_request_of_another_kind_or_to_somebody_else_is_not_good_here(key, values):
    assert not holds(request(by_rsa(key), values=values), key)


def test_a_signed_header_that_was_changed_does_not_hold(key):
    made = request(by_rsa(key), (*USUAL, "date"))
    assert holds(made, key)
    assert not holds(changed(made, date="Fri, 02 Jan 2026 00:00:00 GMT"), key)


def test_a_header_that_is_signed_must_be_there(key):
    assert_refused(request(by_rsa(key), (*USUAL, "x-name"), values={"x-name": "a"}), "not there")


@pytest.mark.parametrize("name", ["@status", "@query-param", "@signature-params", "@anything"])
def test_no_part_is_signed_that_a_request_does_not_have(key, name):
    assert_refused(request(by_rsa(key), (*USUAL, name), values={name: "a"}), "not there")


@pytest.mark.parametrize("digest", [
    digest_of(BODY, "sha-512", hashlib.sha512),
    f"{digest_of(BODY)}, {digest_of(BODY, 'sha-512', hashlib.sha512)}",
    f"md5=:AAAA:, {digest_of(BODY)}",
])  # fmt: skip
def test_the_digest_is_of_the_very_bytes(key, digest):
    made = request(by_rsa(key), headers={"content-digest": digest})
    assert holds(made, key)
    assert_refused(made, "digest", body=BODY + b" ")


@pytest.mark.parametrize("digest", [
    "", "sha-256", "sha-256=1", 'sha-256="AAAA"', "sha-256=:AAAA:", "md5=:AAAA:", ":AAAA:",
    f"{digest_of(BODY)}, {digest_of(b'', 'sha-512', hashlib.sha512)}", f"{digest_of(BODY)}, sha-256=:AAAA:",
    f"sha-256=(:{base64.b64encode(hashlib.sha256(BODY).digest()).decode()}:)",
])  # fmt: skip
def test_a_digest_that_is_none_or_another_one_is_refused(key, digest):
    assert_refused(request(by_rsa(key), headers={"content-digest": digest}), r".")


@pytest.mark.parametrize("way", [-1, 1])
def test_it_was_made_an_hour_and_five_minutes_from_now_at_most(key, way):
    made = request(by_rsa(key), created=NOW + way * signatures.WINDOW)
    assert holds(made, key)
    assert_refused(made, "too far", now=NOW - way)


@pytest.mark.parametrize("created", [None, '"1767225600"', "1767225600.0", "?1", "@1767225600"])
def test_when_it_was_made_must_be_there(key, created):
    assert_refused(request(by_rsa(key), created=created), "created")


def test_what_has_expired_is_refused(key):
    assert holds(request(by_rsa(key), expires=NOW), key)
    assert_refused(request(by_rsa(key), expires=NOW - 1), "expired")
    assert_refused(request(by_rsa(key), expires="?1"), "expired")


@pytest.mark.parametrize("key_id", [None, '""', "a", "1", ":AAAA:", '%"a"'])
def test_the_key_must_be_named(key, key_id):
    assert_refused(request(by_rsa(key), keyid=key_id), "keyid")


@pytest.mark.parametrize("algorithm", ['"rsa-pss-sha512"', '"hmac-sha256"', '"rsa-sha256"', "ed25519", "1", '""x'])
def test_other_algorithms_are_refused(key, algorithm):
    assert_refused(request(by_rsa(key), alg=algorithm), r".")


@pytest.mark.parametrize(("algorithm", "is_good"), [(None, True), ('"ed25519"', True), ('"rsa-v1_5-sha256"', False)])
def test_an_ed25519_key_makes_signatures_of_its_own_kind(algorithm, is_good):
    key = ed25519.Ed25519PrivateKey.generate()
    assert holds(request(key.sign, alg=algorithm), key) is is_good


def test_an_rsa_key_makes_none_of_the_other_kind(key):
    assert holds(request(by_rsa(key), alg=None), key)
    assert not holds(request(by_rsa(key), alg='"ed25519"'), key)


def test_a_nonce_and_a_tag_are_signed_and_mean_nothing(key):
    assert holds(request(by_rsa(key), nonce='"abc"', tag='"app"', anything="?0"), key)


def test_one_signature_is_read_neither_none_nor_several(key):
    made = request(by_rsa(key))
    written, signature = made.headers["signature-input"], made.headers["signature"]
    two = changed(
        made, signature_input=f"{written}, {written.replace('sig1', 'sig2', 1)}",
        signature=f"{signature}, {signature.replace('sig1', 'sig2', 1)}",
    )  # fmt: skip
    assert_refused(two, "several")
    assert_refused(changed(made, signature_input=f"{written}, {written}"), "twice")
    assert_refused(changed(made, signature=f"{signature}, {signature}"), "twice")
    assert_refused(changed(made, signature_input=f'{written};keyid="b"'), "twice")
    assert_refused(changed(made, signature=signature.replace("sig1", "sig2")), "different")
    assert_refused(changed(made, signature_input=""), "none")
    assert_refused(changed(made, signature=""), "none")


@pytest.mark.parametrize(
    "named", ['"@method"', '"Date"', '"date";sf', '"date";bs', '"date";tr', '"date";req', '"date";key="a"', "date", "1"]
)
def test_doubles_parts_of_headers_and_what_is_no_name_are_refused(key, named):
    made = request(by_rsa(key))
    written = made.headers["signature-input"].replace('"content-digest")', f'"content-digest" {named})')
    assert_refused(changed(made, signature_input=written), "twice|not known")


@pytest.mark.parametrize(
    "written", ["sig1", "sig1=?1", 'sig1="a"', "sig1=(", "sig1=(1)", "sig1=(a)", "sig1=()é", "\x00"]
)
def test_what_is_not_well_formed_is_refused(key, written):
    made = request(by_rsa(key))
    assert_refused(changed(made, signature_input=written), r".")
    assert_refused(changed(made, signature=written), r".")


def test_what_is_too_long_is_refused(key):
    made = request(by_rsa(key))
    for name in ("signature_input", "signature", "content_digest"):
        assert_refused(changed(made, **{name: "a" * 8193}), "too long")
    many = tuple(f"x-{number}" for number in range(41))
    assert_refused(request(by_rsa(key), many, headers=dict.fromkeys(many, "a")), "too much")


def test_an_older_signature_beside_it_is_not_read(peer_key):
    sent = signatures.signed("POST", f"https://{HOST}{TARGET}", KEY_ID, peer_key.private, BODY)
    older = Request("POST", TARGET, HOST, {name.lower(): value for name, value in sent.items()})
    assert signatures.is_made_by(peer_key.public, claims.read(older, BODY))
    for written in ("", "sig1=", 'sig1=("@method" "@target-uri" "content-digest")'):
        assert_refused(changed(older, signature_input=written), r".")


def sent_by(peer, path, body=None):
    """The headers with which somebody elsewhere sends a request now, a GET when there is no body."""
    private = serialization.load_pem_private_key(peer.key.private.encode(), None)
    covered = USUAL if body is not None else USUAL[:2]
    values = {} if body is not None else {"@method": "GET"}
    made = request(
        by_rsa(private), covered, values=values, target=path, headers={"content-digest": digest_of(body or b"")},
        created=int(time.time()), keyid=f'"{peer.key_id}"',
    )  # fmt: skip
    return {**made.headers, "Content-Type": "application/activity+json", "Accept": "application/activity+json"}


def test_an_activity_that_is_signed_so_is_taken(federated, sender, alice, sql):
    body = json.dumps(sender.activity("Follow", f"https://{HOST}/users/alice")).encode()
    headers = sent_by(sender, "/users/alice/inbox", body)
    federated.post("/users/alice/inbox", body + b" ", headers=headers, status=401)
    federated.post("/inbox", body, headers=headers, status=401)
    assert sql("select count(*) from inbox")[0][0] == 0
    federated.post("/users/alice/inbox", body, headers=headers, status=202)
    assert sql("select host, signed from inbox") == [("peer.example", None)]


def test_what_an_unknown_key_signed_so_waits_with_what_was_signed(federated, make_peer, alice, sql):
    stranger = make_peer("stranger", "strange.example", known=False)
    body = json.dumps(stranger.activity("Follow", f"https://{HOST}/users/alice")).encode()
    federated.post("/inbox", body, headers=sent_by(stranger, "/inbox", body), status=202)
    ((kept,),) = sql("select signed from inbox")
    assert signatures.is_made_by(stranger.key.public, inbox.claimed(kept))


def test_a_document_is_given_to_who_signs_so(make_client, sender, alice):
    secure = make_client(federation=True, authorized_fetch=True)
    whole = secure.get("/users/alice", headers=sent_by(sender, "/users/alice"), status=200).json
    assert whole["inbox"] == f"https://{HOST}/users/alice/inbox"
    path = "/users/alice/outbox"
    secure.get(path, headers=sent_by(sender, path), status=200)
    secure.get(path, headers=sent_by(sender, "/users/alice"), status=401)


def test_a_private_status_is_for_the_follower_who_signs_so(federated, make_peer, alice, publish, sql):
    follower, stranger = make_peer("follower"), make_peer("stranger", "strange.example")
    elsewhere.follow(sql, follower.id, alice.id)
    path = publish(alice, "for followers", visibility="private")["uri"].removeprefix(f"https://{HOST}")
    assert federated.get(path, headers=sent_by(follower, path)).json["content"] == "for followers"
    federated.get(path, headers=sent_by(stranger, path), status=404)
    other = {name: text for name, text in sent_by(follower, path).items() if name != "signature-input"}
    federated.get(path, headers=other, status=404)
    sql("insert into host_policies (pattern, policy) values ('peer.example', 'reject')")
    federated.get(path, headers=sent_by(follower, path), status=403)


PIECES = st.sampled_from([
    "sig1=", '("@method" "@target-uri" "content-digest")', ";created=1767225600", f';keyid="{KEY_ID}"', ":AAAA:", ",",
    "(", ")", '"', ";alg=", '"ed25519"', "sha-256=", "?1", "@1", "1.5", "é", "\x00", " ",
])  # fmt: skip
TEXTS = st.text() | st.lists(PIECES | st.text(max_size=3), max_size=12).map("".join)
HEADERS = st.dictionaries(st.sampled_from(["signature", "content-digest", "date"]), TEXTS)


@given(HEADERS, TEXTS, st.binary() | st.none())
def test_whatever_the_headers_say_is_a_claim_or_refused(headers, written, body):
    try:
        claim = claims.read(Request("POST", "/inbox", HOST, headers | {"signature-input": written}), body, NOW)
    except BadSignature:
        return
    assert isinstance(claim, Claim)
