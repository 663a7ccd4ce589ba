"""What may be the URI of something elsewhere, and whose it is."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pleroma import config
from pleroma.federation import uris

CONFIG = config.load({}, base_url="https://pleroma.example")
OPEN = dataclasses.replace(CONFIG, remote_allow_loopback=True)


@pytest.mark.parametrize(
    "uri",
    [
        "https://peer.example", "https://peer.example/users/a", "https://peer.example:8443/@a?b=c#d",
        "HTTPS://PEER.example/",
        "https://bücher.example/ü", "https://192.0.2.1/", "https://[2001:db8::1]:444/",
        "https://a-b.example/",
        "https://peer.example/" + "a" * 1979,
    ],
)  # fmt: skip
def test_an_https_address_is_accepted_as_it_is_written(uri):
    assert uris.accepted(uri, CONFIG) == uri


@pytest.mark.parametrize(
    "uri",
    [
        None, 1, "", [], {}, ["https://peer.example/"], "peer.example", "/users/a", "//peer.example/a", "https://",
        "https:///a",
        "http://peer.example/", "ftp://peer.example/", "javascript:alert(1)", "data:text/html,a",
        "acct:a@peer.example",
        "urn:uuid:0b5c7c5e-3a51-4a57-a36e-5d6b8c0f0e11", "https://a@peer.example/", "https://a:b@peer.example/",
        "https://@peer.example/", "https://peer.example\\@other.example/", "https://peer.example/a b",
        "https://peer.example/\n",
        " https://peer.example/", "https://peer.example/\x00", "https://peer.example/\x7f",
        "https://peer.example/\xa0",
        "https://peer.example/\u2028", "https://peer.example/\ud800", "https://peer.example/\uffff",
        'https://peer.example/"',
        "https://peer.example/<b>", "https://peer.example:99999/", "https://peer.example:a/", "https://[::1/",
        "https://-a.example/",
        "https://a..example/", "https://" + "a." * 150 + "example/", "https://peer.example/" + "a" * 1980,
        "https://peer.example/" + "é" * 1000, "https://fe80::1%25eth0/",
    ],
    ids=ascii,
)  # fmt: skip
def test_anything_else_is_not(uri):
    with pytest.raises(uris.BadUri):
        uris.accepted(uri, CONFIG)


def test_http_is_spoken_only_where_this_machine_may_be_asked():
    assert uris.accepted("http://127.0.0.1:8000/users/a", OPEN)
    with pytest.raises(uris.BadUri):
        uris.accepted("ftp://127.0.0.1/", OPEN)


@pytest.mark.parametrize(
    ("uri", "host"),
    [
        ("https://Peer.EXAMPLE/a", "peer.example"),
        ("https://peer.example:443/a", "peer.example"),
        ("http://peer.example:80/a", "peer.example"),
        ("https://peer.example:80/a", "peer.example:80"),
        ("https://peer.example:0443/a", "peer.example"),
        ("https://BÜCHER.example/", "xn--bcher-kva.example"),
        ("https://xn--bcher-kva.example/", "xn--bcher-kva.example"),
        ("https://[2001:DB8:0::1]:444/", "[2001:db8::1]:444"),
    ],
)
def test_a_host_has_one_form(uri, host):
    assert uris.host_of(uri) == host
    assert uris.same_origin(uri, f"{uri.partition(':')[0]}://{host}/other")


@pytest.mark.parametrize(
    "other",
    [
        "https://other.example/", "https://a.peer.example/", "https://example/", "http://peer.example/",
        "https://peer.example:444/",
        "https://peer.example.other.example/", "https://peer.example@other.example/", "https://peerexample/", "",
        "peer.example",
    ],
)  # fmt: skip
def test_another_host_scheme_or_port_is_another_origin(other):
    assert not uris.same_origin("https://peer.example/a", other)
    assert not uris.same_origin(other, "https://peer.example/a")


def test_two_that_cannot_be_read_are_not_of_one_origin():
    assert not uris.same_origin("https://[", "https://[")
    assert not uris.same_origin("", "")


def test_what_is_ours_is_known_by_its_host():
    for uri in ("https://pleroma.example/a", "https://PLEROMA.example:443/", "http://pleroma.example/"):
        assert uris.is_ours(uri, CONFIG)
    for uri in (
        "https://pleroma.example:444/",
        "https://a.pleroma.example/",
        "https://pleroma.example@b.example/",
        "",
        "https://[",
    ):
        assert not uris.is_ours(uri, CONFIG)


def test_an_address_of_ours_names_somebody_or_something_here():
    base = CONFIG.base_url
    assert uris.local_nickname(f"{base}/users/alice", CONFIG) == "alice"
    for other in (
        f"{base}/users/",
        f"{base}/users/alice/inbox",
        f"{base}/users/alice#main-key",
        f"{base}/users/alice?a",
        f"{base}/alice",
        "https://peer.example/users/alice",
        "alice",
        "",
    ):
        assert uris.local_nickname(other, CONFIG) is None
    uuid = "0b5c7c5e-3a51-4a57-a36e-5d6b8c0f0e11"
    assert uris.local_uuid(f"{base}/objects/{uuid.upper()}", CONFIG) == uuid
    for other in (
        f"{base}/objects/1",
        f"{base}/objects/{uuid}/activity",
        f"{base}/objects/{uuid}0",
        "https://peer.example/objects/" + uuid,
    ):
        assert uris.local_uuid(other, CONFIG) is None
    assert uris.local_id(f"{base}/notice/12", CONFIG) == 12
    for other in (
        f"{base}/notice/",
        f"{base}/notice/a",
        f"{base}/notice/٣",
        f"{base}/notice/{10**18}",
        "https://peer.example/notice/1",
    ):
        assert uris.local_id(other, CONFIG) is None


def test_the_page_of_something_is_of_its_host():
    of = "https://peer.example/objects/1"
    for page in ("https://peer.example/@a/1", "https://PEER.example:443/1"):
        assert uris.shown(page, of, CONFIG) == page
    for page in ("https://other.example/1", "http://peer.example/1", "javascript:alert(1)", "", None, 1, [], {}):
        assert uris.shown(page, of, CONFIG) == of


@given(st.text() | st.text().map(lambda text: f"https://{text}") | st.none() | st.integers())
def test_any_value_is_accepted_or_refused(value):
    try:
        uri = uris.accepted(value, CONFIG)
    except uris.BadUri:
        return
    assert uris.host_of(uri)
    assert uri.isprintable() or uri.encode()
    assert uris.same_origin(uri, f"https://{uris.host_of(uri)}/")
