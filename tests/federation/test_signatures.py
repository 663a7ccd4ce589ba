"""Who made a request: what a signature must cover, when it holds, and which keys are accepted."""

import base64
import hashlib
import time
from email.utils import formatdate

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from hypothesis import given
from hypothesis import strategies as st

from pleroma.federation import claims, signatures
from pleroma.federation.signatures import BadSignature, Request
from tests.federation.peers import public_pem
from tests.federation.signing import BODY, HOST, KEY_ID, NOW, TARGET, assert_refused, by_rsa, holds, pem

USUAL = ("(request-target)", "host", "date", "digest")


def digest_of(body, name="SHA-256", made=hashlib.sha256):
    return f"{name}={base64.b64encode(made(body).digest()).decode()}"


def request(sign, covered=USUAL, *, target=TARGET, host=HOST, method="post", headers=None, body=BODY, **parameters):
    """A request that covers what is named, each as it is sent; parameters are added to the signature as they are."""
    sent = {"date": formatdate(NOW, usegmt=True), "digest": digest_of(body), "host": host} | (headers or {})
    special = {"(request-target)": f"{method} {target}"}
    special |= {f"({name})": parameters[name].strip('"') for name in ("created", "expires") if name in parameters}
    text = "\n".join(f"{name}: {(special | sent)[name]}" for name in covered)
    values = {"keyId": f'"{KEY_ID}"', **parameters, "headers": f'"{" ".join(covered)}"'}
    values["signature"] = f'"{base64.b64encode(sign(text.encode("latin-1"))).decode()}"'
    sent["signature"] = ",".join(f"{name}={value}" for name, value in values.items())
    return Request("POST", TARGET, HOST, sent)


def written(made, signature):
    """The same request with another text of the signature."""
    return Request(made.method, made.target, made.host, {**made.headers, "signature": signature})


def changed(made, old, new):
    assert old in made.headers["signature"]
    return written(made, made.headers["signature"].replace(old, new))


# The key pair, the request and the signatures of draft-cavage-http-signatures, appendix C.
VECTOR_KEY = """-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDCFENGw33yGihy92pDjZQhl0C3
6rPJj+CvfSC8+q28hxA161QFNUd13wuCTUcq0Qd2qsBe/2hFyc2DCJJg0h1L78+6
Z4UMR7EOcpfdUE9Hf3m/hs+FUR45uBJeDK1HSFHD8bHKD6kv8FPGfJTotc+2xjJw
oYi+1hqp1fIekaxsyQIDAQAB
-----END PUBLIC KEY-----
"""
VECTOR_SIGNATURE = (
    "vSdrb+dS3EceC9bcwHSo4MlyKS59iFIrhgYkz8+oVLEEzmYZZvRs8rgOp+63LEM3v+MFHB32NfpB2bEKBIvB1q52LaEUHFv120V01IL+TAD48XaERZF"
    "ukWgHoBTLMhYS2Gb51gWxpeIq8knRmPnYePbF5MOkR0Zkly4zKH7s1dE="
)


def test_the_text_that_is_signed_is_that_of_the_draft(monkeypatch):
    # Its key is shorter than what is accepted elsewhere.
    monkeypatch.setattr(signatures, "_SIZES", range(1024, 4097))
    signatures._loaded.cache_clear()
    covered = "(request-target) host date content-type digest content-length"
    body = b'{"hello": "world"}'
    headers = {
        "host": "example.com",
        "date": "Sun, 05 Jan 2014 21:31:40 GMT",
        "content-type": "application/json",
        "digest": "SHA-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=",
        "content-length": "18",
        "signature": f'keyId="Test",algorithm="rsa-sha256",headers="{covered}",signature="{VECTOR_SIGNATURE}"',
    }
    made = Request("POST", "/foo?param=value&pet=dog", "example.com", headers)
    claim = signatures.claim(made, body, 1_388_957_500)
    assert claim.texts[0].decode() == (
        "(request-target): post /foo?param=value&pet=dog\nhost: example.com\ndate: Sun, 05 Jan 2014 21:31:40 GMT\n"
        "content-type: application/json\ndigest: SHA-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=\n"
        "content-length: 18"
    )
    assert signatures.is_made_by(VECTOR_KEY, claim)
    signatures._loaded.cache_clear()


def test_a_whole_signature_holds_and_that_of_another_key_does_not(key):
    made = request(by_rsa(key))
    assert holds(made, key)
    assert not holds(made, rsa.generate_private_key(65537, 2048))
    claim = signatures.claim(made, BODY, NOW)
    assert (claim.key_id, claim.algorithm) == (KEY_ID, "")


@pytest.mark.parametrize("left_out", USUAL)
def test_target_host_digest_and_date_must_be_signed(key, left_out):
    assert_refused(request(by_rsa(key), [name for name in USUAL if name != left_out]), "too little")


def test_a_request_without_a_body_needs_no_digest_and_a_digest_it_signs_is_of_nothing(key):
    bare = request(by_rsa(key), USUAL[:3])
    assert holds(bare, key, None)
    assert_refused(bare, "too little", b"")
    assert holds(request(by_rsa(key), body=b""), key, None)
    assert_refused(request(by_rsa(key)), "digest", None)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('headers="(request-target) host date digest",', "", "lacks"),
        ('"(request-target) host date digest"', '""', "lacks"),
        ("host date", "host host date", "different names"),
        ("host date", "host  date", "different names"),
        ("host date", "host\tdate", "different names"),
        ('"(request-target) ', '" (request-target) ', "different names"),
        ("host date", "host date (status)", "not known"),
        ("host date", "host date x-absent", "not there"),
        ("host date", "host date " + " ".join(f"x-{number}" for number in range(40)), "different names"),
        (f'keyId="{KEY_ID}",', "", "lacks"),
        (f'keyId="{KEY_ID}"', 'keyId=""', "lacks"),
        ("keyId=", 'keyId="https://other.example/",keyId=', "not well formed"),
        ("headers=", 'headers="date",headers=', "not well formed"),
        ("signature=", 'signature="AAAA",signature=', "not well formed"),
        ("keyId=", "keyId ", "not well formed"),
        ("keyId=", "Signature keyId=", "not well formed"),
        ("keyId=", ",keyId=", "not well formed"),
        ('signature="', 'signature="!', "Base64"),
        ('signature="', 'signature="é', "Base64"),
    ],
)
def test_a_signature_that_lacks_doubles_or_twists_something_is_refused(key, old, new, why):
    assert_refused(changed(request(by_rsa(key)), old, new), why)


def test_no_signature_and_one_without_end_are_refused(key):
    assert_refused(Request("POST", TARGET, HOST, {}), "no signature")
    assert_refused(written(request(by_rsa(key)), ""), "no signature")
    assert_refused(written(request(by_rsa(key)), 'keyId="' + "a" * 10_000), "too long")


def test_nothing_but_the_quotes_ends_a_value(key):
    made = changed(request(by_rsa(key)), KEY_ID, "https://peer.example/a,b=c,headers='x'")
    assert signatures.claim(made, BODY, NOW).key_id == "https://peer.example/a,b=c,headers='x'"
    assert signatures.is_made_by(pem(key), signatures.claim(made, BODY, NOW))


def test_blanks_between_parameters_and_unknown_ones_are_nothing(key):
    made = request(by_rsa(key))
    assert holds(written(made, made.headers["signature"].replace(",", " , ") + ',opaque="x"'), key)


@pytest.mark.parametrize("name", ["rsa-sha256", "hs2019", "RSA-SHA256"])
def test_the_usual_algorithms_are_accepted(key, name):
    assert holds(request(by_rsa(key), algorithm=f'"{name}"'), key)


@pytest.mark.parametrize("name", ["", "none", "rsa-sha1", "rsa-sha512", "hmac-sha256", "ecdsa-sha256", "rsa"])
def test_other_algorithms_are_refused(key, name):
    assert_refused(request(by_rsa(key), algorithm=f'"{name}"'), "algorithm")


def test_sha_512_is_for_hs2019_alone(key):
    assert holds(request(by_rsa(key, hashes.SHA512), algorithm='"hs2019"'), key)
    assert not holds(request(by_rsa(key, hashes.SHA512), algorithm='"rsa-sha256"'), key)
    assert not holds(request(by_rsa(key, hashes.SHA512)), key)


def test_an_ed25519_key_makes_signatures_too():
    key = ed25519.Ed25519PrivateKey.generate()
    assert holds(request(key.sign, algorithm='"hs2019"'), key)
    assert not holds(request(key.sign, algorithm='"hs2019"'), ed25519.Ed25519PrivateKey.generate())


CREATED = ("(request-target)", "host", "(created)", "digest")


def test_the_time_of_making_stands_for_the_date(key):
    made = request(by_rsa(key), CREATED, algorithm='"hs2019"', created=str(NOW))
    assert holds(made, key)
    assert holds(request(by_rsa(key), CREATED, algorithm='"hs2019"', created=f'"{NOW}"'), key)
    assert_refused(changed(made, f"created={NOW},", ""), "created is not a time")
    assert_refused(changed(made, f"created={NOW}", 'created="soon"'), "created is not a time")
    assert not holds(changed(made, f"created={NOW}", f"created={NOW + 1}"), key)


def test_the_time_of_making_is_not_for_rsa_sha256(key):
    assert_refused(request(by_rsa(key), CREATED, algorithm='"rsa-sha256"', created=str(NOW)), "not for rsa-sha256")


@pytest.mark.parametrize("covered", [(*CREATED, "(expires)"), CREATED])
def test_what_has_expired_is_refused_whether_that_was_signed_or_not(key, covered):
    made = request(by_rsa(key), covered, algorithm='"hs2019"', created=str(NOW), expires=str(NOW + 30))
    assert holds(made, key)
    assert holds(made, key, now=NOW + 30)
    assert_refused(made, "expired", now=NOW + 31)


def test_an_end_that_is_signed_must_be_there(key):
    made = request(by_rsa(key), (*CREATED, "(expires)"), algorithm='"hs2019"', created=str(NOW), expires=str(NOW))
    assert_refused(changed(made, f"expires={NOW},", ""), "expires is not a time")


@pytest.mark.parametrize("way", [-1, 1])
def test_a_time_may_be_an_hour_and_five_minutes_away_either_way(key, way):
    dated = request(by_rsa(key))
    made = request(by_rsa(key), CREATED, algorithm='"hs2019"', created=str(NOW))
    for each in (dated, made):
        assert holds(each, key, now=NOW + way * 65 * 60)
        assert_refused(each, "too far", now=NOW + way * (65 * 60 + 1))


def test_both_times_must_be_near(key):
    covered = ("(request-target)", "host", "date", "(created)", "digest")
    old = {"date": formatdate(NOW - 5000, usegmt=True)}
    assert_refused(request(by_rsa(key), covered, headers=old, algorithm='"hs2019"', created=str(NOW)), "too far")
    # One that nobody signed is looked at too: it says what the sender meant.
    assert_refused(request(by_rsa(key), created=str(NOW - 5000)), "too far")


@pytest.mark.parametrize(
    "date", ["", "yesterday", "Thu, 99 Jan 2026 00:00:00 GMT", "0", "Thu, 01 Jan 99999 00:00:00 GMT"]
)
def test_a_date_that_is_none_is_refused(key, date):
    assert_refused(request(by_rsa(key), headers={"date": date}), "date cannot be read")


def test_a_date_without_a_zone_is_not_that_of_this_machine(key, monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        for zone in ("", " -0000"):
            date = formatdate(NOW, usegmt=True).replace(" GMT", zone)
            assert holds(request(by_rsa(key), headers={"date": date}), key)
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("name", ["SHA-256", "sha-256", "Sha-256"])
def test_the_digest_is_of_the_very_bytes(key, name):
    made = request(by_rsa(key), headers={"digest": digest_of(BODY, name)})
    assert holds(made, key)
    assert_refused(made, "digest", BODY + b" ")
    assert_refused(made, "digest", BODY.replace(b" ", b""))


def test_of_several_digests_the_known_one_counts(key):
    others = [digest_of(BODY, "SHA-512", hashlib.sha512), digest_of(BODY)]
    assert holds(request(by_rsa(key), headers={"digest": ",".join(others)}), key)
    assert holds(request(by_rsa(key), headers={"digest": ", ".join(others[::-1])}), key)
    assert_refused(request(by_rsa(key), headers={"digest": others[0]}), "digest")
    assert_refused(request(by_rsa(key), headers={"digest": f"{others[1]},{digest_of(b'other')}"}), "digest")
    assert_refused(request(by_rsa(key), headers={"digest": f"{others[1]},{others[1]}"}), "digest")


@pytest.mark.parametrize("digest", ["", "SHA-256=", "SHA-256", "é", "SHA-256=é", "MD5=x"])
def test_a_digest_that_is_none_is_refused(key, digest):
    assert_refused(request(by_rsa(key), headers={"digest": digest}), "digest")


def test_a_request_to_somebody_else_is_not_good_here(key):
    assert not holds(request(by_rsa(key), host="other.example"), key)
    # Also when it is sent here under that name.
    assert not holds(request(by_rsa(key), headers={"host": "other.example"}), key)


def test_the_query_may_be_left_out_of_the_signature_and_nothing_else(key):
    assert holds(request(by_rsa(key), target="/inbox"), key)
    for target in ("/inbox?a=2", "/inbox?", "/", "/users/alice/inbox"):
        assert not holds(request(by_rsa(key), target=target), key)
    assert not holds(request(by_rsa(key), method="get"), key)


@pytest.mark.parametrize("header", ["date", "digest", "content-type"])
def test_a_signed_header_that_was_changed_does_not_hold(key, header):
    covered, body = (*USUAL, "content-type"), b'{"b": 1}'
    changes = {"date": formatdate(NOW + 1, usegmt=True), "digest": digest_of(body), "content-type": "text/plain"}
    made = request(by_rsa(key), covered, headers={"content-type": "application/activity+json"})
    assert holds(made, key)
    other = Request("POST", TARGET, HOST, {**made.headers, header: changes[header]})
    assert not holds(other, key, body if header == "digest" else BODY)


def test_a_header_counts_by_its_very_bytes(key):
    as_server_gives_it = "ünï".encode().decode("latin-1")
    assert holds(request(by_rsa(key), (*USUAL, "x-name"), headers={"x-name": as_server_gives_it}), key)


def test_keys_of_2048_to_4096_bits_are_accepted():
    good = [rsa.generate_private_key(65537, 2048), rsa.generate_private_key(65537, 4096)]
    for each in (*good, ed25519.Ed25519PrivateKey.generate()):
        assert signatures.require_good(pem(each)) is None


def odd_keys():
    number = rsa.generate_private_key(65537, 2048).public_key().public_numbers().n
    yield "short", pem(rsa.generate_private_key(65537, 1024))
    yield "long", public_pem(rsa.RSAPublicNumbers(65537, number << 2049 | 1).public_key())
    yield "large exponent", public_pem(rsa.RSAPublicNumbers(2**32 + 3, number).public_key())
    yield "curve", pem(ec.generate_private_key(ec.SECP256R1()))
    yield "dsa", pem(dsa.generate_private_key(2048))
    yield "private", rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()  # fmt: skip
    yield "none", ""
    yield "text", "ssh-rsa AAAA"
    yield "half", pem(rsa.generate_private_key(65537, 2048))[:200]
    yield "not ASCII", "-----BEGIN PUBLIC KEY-----\n\ud800é\n-----END PUBLIC KEY-----"
    yield "without end", "-----BEGIN PUBLIC KEY-----\n" + "A" * 100_000


def test_other_keys_are_refused_and_make_no_signature(key):
    claim = signatures.claim(request(by_rsa(key)), BODY, NOW)
    for name, odd in odd_keys():
        with pytest.raises(ValueError, match=r"."):
            signatures.require_good(odd)
        assert not signatures.is_made_by(odd, claim), name


def test_an_even_exponent_is_refused():
    number = rsa.generate_private_key(65537, 2048).public_key().public_numbers().n
    # No library writes such a key: the exponent 65537 of a good one becomes 65538.
    good = rsa.RSAPublicNumbers(65537, number).public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )  # fmt: skip
    assert good.endswith(b"\x02\x03\x01\x00\x01")
    even = base64.encodebytes(good[:-1] + b"\x02").decode()
    with pytest.raises(ValueError, match=r"."):
        signatures.require_good(f"-----BEGIN PUBLIC KEY-----\n{even}-----END PUBLIC KEY-----\n")


@pytest.mark.parametrize("with_query", [True, False])
@pytest.mark.parametrize("body", [None, b"", BODY])
def test_what_is_signed_here_holds_here(peer_key, body, with_query):
    sent = signatures.signed("POST", f"https://{HOST}{TARGET}", KEY_ID, peer_key.private, body, with_query=with_query)
    made = Request("POST", TARGET, HOST, {name.lower(): value for name, value in sent.items()})
    claim = claims.read(made, body)
    assert signatures.is_made_by(peer_key.public, claim)
    assert (claim.key_id, claim.algorithm) == (KEY_ID, "rsa-sha256")
    signs = "(request-target) host date" + ("" if body is None else " digest content-type")
    assert f'algorithm="rsa-sha256",headers="{signs}"' in sent["Signature"]
    assert signatures.is_made_by(peer_key.public, claim) and (b"?a=1" in claim.texts[0])
    # Only one of the two texts is the one that was signed.
    one = [text for text in claim.texts if signatures.is_made_by(peer_key.public, _only(claim, text))]
    assert [b"?a=1" in text for text in one] == [with_query]


def _only(claim, text):
    return signatures.Claim(claim.key_id, claim.algorithm, claim.signature, (text,))


@pytest.mark.parametrize(
    ("url", "host", "target"),
    [
        ("https://PEER.example:443", "peer.example", "/"),
        ("https://peer.example:8443/a%c3%a9?b=%c3", "peer.example:8443", "/a%C3%A9?b=%C3"),
        ("https://bücher.example/é", "xn--bcher-kva.example", "/%C3%A9"),
        ("https://peer.example/a/../inbox#part", "peer.example", "/inbox"),
    ],
)
def test_a_request_is_signed_as_it_is_sent(peer_key, url, host, target):
    sent = signatures.signed("GET", url, KEY_ID, peer_key.private)
    assert sent["Host"] == host
    made = Request("GET", target, host, {name.lower(): value for name, value in sent.items()})
    assert signatures.is_made_by(peer_key.public, claims.read(made, None))


PIECES = st.sampled_from(
    ['keyId="a"', 'headers="(request-target) host date digest"', 'signature="AAAA"', 'algorithm="hs2019"', ",", '"',
     "=", "created=1", "expires=9", "SHA-256=", "Thu, 01 Jan 2026 00:00:00 GMT", " ", "é", "\x00"]
)  # fmt: skip
TEXTS = st.text() | st.lists(PIECES | st.text(max_size=3), max_size=12).map("".join)


@given(st.dictionaries(st.sampled_from(["signature", "date", "digest", "host", "x-a"]), TEXTS), st.binary() | st.none())
def test_whatever_the_headers_say_is_a_claim_or_refused(headers, body):
    try:
        claim = signatures.claim(Request("POST", "/inbox", HOST, headers), body, NOW)
    except BadSignature:
        return
    assert isinstance(claim, signatures.Claim)


@given(TEXTS, TEXTS)
def test_whatever_date_and_digest_say_is_a_claim_or_refused(date, digest):
    signature = 'keyId="a",headers="(request-target) host date digest",signature="AAAA"'
    headers = {"signature": signature, "date": date, "digest": digest}
    # No text that is made up is the digest of the body.
    assert_refused(Request("POST", "/inbox", HOST, headers), r".")
