"""Accounts elsewhere as their servers describe them."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pleroma import config
from pleroma.federation import actors, vocabulary
from pleroma.federation.actors import BadActor
from pleroma.federation.uris import BadUri

CONFIG = config.load({}, base_url="https://pleroma.example")
URI = "https://peer.example/users/dora"


@pytest.fixture
def actor(peer_key):
    """Reads the usual actor, changed: actor(name="Dora")."""

    def read(**changes):
        document = {
            "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"],
            "id": URI,
            "type": "Person",
            "preferredUsername": "dora",
            "name": "Dora",
            "summary": "<p>hi</p>",
            "url": "https://peer.example/@dora",
            "inbox": f"{URI}/inbox",
            "outbox": f"{URI}/outbox",
            "followers": f"{URI}/followers",
            "following": f"{URI}/following",
            "featured": f"{URI}/collections/featured",
            "endpoints": {"sharedInbox": "https://peer.example/inbox"},
            "manuallyApprovesFollowers": True,
            "discoverable": True,
            "published": "2019-09-01T08:00:00.000Z",
            "alsoKnownAs": ["https://old.example/users/dora"],
            "movedTo": "https://new.example/users/dora",
            "attachment": [{"type": "PropertyValue", "name": "Town", "value": "Tokyo"}],
            "icon": {"type": "Image", "mediaType": "image/png", "url": "https://media.example/a.png"},
            "image": {"type": "Image", "url": "https://media.example/b.png"},
            "publicKey": {"id": f"{URI}#main-key", "owner": URI, "publicKeyPem": peer_key.public},
        }
        whole = {name: value for name, value in (document | changes).items() if value is not ...}
        return actors.read(whole, CONFIG)

    return read


def test_an_actor_is_read_with_all_it_says(actor, peer_key):
    read = actor()
    assert (read.uri, read.kind, read.nickname, read.host) == (URI, "Person", "dora", "peer.example")
    assert (read.display_name, read.note, read.url) == ("Dora", "<p>hi</p>", "https://peer.example/@dora")
    assert (read.inbox, read.shared_inbox) == (f"{URI}/inbox", "https://peer.example/inbox")
    assert (read.outbox, read.followers, read.following) == (f"{URI}/outbox", f"{URI}/followers", f"{URI}/following")
    assert read.featured == f"{URI}/collections/featured"
    assert (read.locked, read.discoverable, read.is_bot, read.is_group) == (True, True, False, False)
    assert (read.avatar_url, read.header_url) == ("https://media.example/a.png", "https://media.example/b.png")
    assert (read.also_known_as, read.moved_to) == (
        ["https://old.example/users/dora"],
        "https://new.example/users/dora",
    )
    assert read.created_at == datetime(2019, 9, 1, 8, tzinfo=UTC)
    assert read.fields == [{"name": "Town", "value": "Tokyo", "source": {"name": "Town", "value": "Tokyo"}}]
    assert read.keys == [actors.Key(f"{URI}#main-key", peer_key.public)]


def test_what_may_be_missing_may(actor):
    named = ("id", "type", "preferredUsername", "inbox")
    others = ("name summary url outbox followers following featured endpoints manuallyApprovesFollowers discoverable"
              " published alsoKnownAs movedTo attachment icon image publicKey").split()  # fmt: skip
    for nothing in (..., None, [], {}, 1):
        read = actor(**dict.fromkeys(others, nothing))
        assert (read.display_name, read.note, read.url, read.shared_inbox) == ("", "", URI, None)
        assert (read.outbox, read.followers, read.featured, read.moved_to) == (None, None, None, None)
        assert (read.locked, read.discoverable, read.fields, read.keys, read.also_known_as) == (
            False,
            False,
            [],
            [],
            [],
        )
        assert datetime.now(UTC) - read.created_at < timedelta(minutes=1)
    for name in named:
        with pytest.raises((BadActor, BadUri)):
            actor(**{name: ...})


@pytest.mark.parametrize(
    ("kind", "is_bot", "is_group"),
    [("Person", False, False), ("Service", True, False), ("Application", True, False), ("Group", False, True),
     ("Organization", False, False), ("as:Person", False, False)],
)  # fmt: skip
def test_bots_and_groups_are_known_by_their_kind(actor, kind, is_bot, is_group):
    read = actor(type=kind)
    assert (read.is_bot, read.is_group) == (is_bot, is_group)


@pytest.mark.parametrize("kind", ["Note", "person", "", None, 1, [], "Tombstone", "Collection"])
def test_other_kinds_are_no_actors(actor, kind):
    with pytest.raises(BadActor):
        actor(type=kind)


@pytest.mark.parametrize("nickname", ["a", "_", "dora.b-c_D", "a" * 64, "0", "peer.example"])
def test_a_nickname_may_have_points_and_hyphens_within(actor, nickname):
    assert actor(preferredUsername=nickname).nickname == nickname


@pytest.mark.parametrize(
    "nickname", ["", ".a", "a.", "-a", "a" * 65, "a b", "a@b", "é", "a/b", "a\n", None, 1, {}, "<b>", "other.example."]
)
def test_other_nicknames_are_refused(actor, nickname):
    with pytest.raises(BadActor):
        actor(preferredUsername=nickname)


OTHERS = ("https://other.example/a", "https://peer.example:444/a", "https://a@peer.example/", "/inbox",
"javascript:alert(1)",
          "", None, 1, {}, "https://peer.example/" + "a" * 2000)  # fmt: skip


@pytest.mark.parametrize("address", OTHERS)
def test_inboxes_and_collections_of_another_server_count_for_nothing(actor, address):
    with pytest.raises(BadActor):
        actor(inbox=address)
    names = ("outbox", "followers", "following", "featured")
    read = actor(**dict.fromkeys(names, address), endpoints={"sharedInbox": address})
    assert [getattr(read, name) for name in (*names, "shared_inbox")] == [None] * 5


@pytest.mark.parametrize("address", [*OTHERS, "http://peer.example/@dora"])
def test_the_page_of_another_server_is_not_shown(actor, address):
    assert actor(url=address).url == URI


def test_of_several_addresses_that_of_the_page_is_shown(actor):
    links = [{"type": "Link", "mediaType": "application/activity+json", "href": URI},
             {"type": "Link", "mediaType": "text/html", "href": "https://peer.example/@d"}]  # fmt: skip
    assert actor(url=links).url == "https://peer.example/@d"
    assert actor(url=["https://peer.example/@e"]).url == "https://peer.example/@e"


def test_pictures_are_addresses(actor):
    for icon in ("https://a.example/b", [{"url": "https://a.example/b"}], {"url": {"type": "Link",
    "href": "https://a.example/b"}},
                 {"url": ["https://a.example/b", "c"]}):  # fmt: skip
        assert (
            actor(icon=icon, image=icon).avatar_url == "https://a.example/b" == actor(icon=icon, image=icon).header_url
        )
    for icon in (
        "javascript:alert(1)",
        {"url": "data:image/png;base64,A"},
        {"url": None},
        {"href": 1},
        "/a.png",
        [None],
    ):
        assert actor(icon=icon).avatar_url is None


def test_names_are_text_and_cut(actor):
    assert actor(name="<script>x</script>D &amp; <b>E</b>").display_name == "xD & E"
    assert actor(name="a" * 1000).display_name == "a" * 200


def test_a_bio_is_clean_html_and_cut(actor):
    assert actor(summary='<p onclick="a">x</p><script>y</script>').note == "<p>x</p>"
    assert actor(summary="a" * 30_000).note == "a" * 20_000


def test_fields_are_links_and_text(actor):
    value = '<a href="https://a.example" class="invisible" rel="me">a</a><img src="https://a.example/b">'
    (field,) = actor(attachment={"type": "schema:PropertyValue", "name": "<b>N</b>", "value": value}).fields
    assert field["name"] == "N"
    assert field["value"] == '<a href="https://a.example" rel="nofollow noopener noreferrer ugc">a</a>'
    assert field["source"] == {"name": "N", "value": "a"}
    assert len(actor(attachment=[{"type": "PropertyValue", "name": "a", "value": "b"}] * 30).fields) == 20
    odd = [
        None,
        1,
        "a",
        [],
        {"type": "Note"},
        {"type": "PropertyValue"},
        {"type": "PropertyValue", "name": 1, "value": []},
    ]
    assert [field["value"] for field in actor(attachment=odd).fields] == ["", ""]


def test_twenty_other_names_are_kept(actor):
    read = actor(alsoKnownAs=[f"https://a.example/{number}" for number in range(30)])
    assert read.also_known_as == [f"https://a.example/{number}" for number in range(20)]
    assert actor(alsoKnownAs=["javascript:a", "https://a.example/b", 1, "acct:a@b"]).also_known_as == [
        "https://a.example/b"
    ]
    assert actor(alsoKnownAs="https://a.example/b").also_known_as == ["https://a.example/b"]
    assert actor(movedTo="/users/a").moved_to is None


@pytest.mark.parametrize(
    "change",
    [
        {"owner": "https://peer.example/users/other"}, {"id": "https://other.example/users/dora#main-key"},
        {"id": None},
        {"id": "main-key"}, {"publicKeyPem": "A"}, {"publicKeyPem": None},
        {"owner": {"id": "https://other.example/"}},
    ],
)  # fmt: skip
def test_keys_of_others_and_odd_ones_are_left_out(actor, peer_key, change):
    good = {"id": f"{URI}#main-key", "owner": URI, "publicKeyPem": peer_key.public}
    assert actor(publicKey=good | change).keys == []
    assert [key.id for key in actor(publicKey=[good | change, good, "a", None]).keys] == [good["id"]]


def test_several_keys_are_kept(actor, peer_key):
    keys = [{"id": f"{URI}#{number}", "publicKeyPem": peer_key.public} for number in range(9)]
    assert [key.id for key in actor(publicKey=keys).keys] == [f"{URI}#{number}" for number in range(5)]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2019-09-01T08:00:00Z", datetime(2019, 9, 1, 8, tzinfo=UTC)),
        ("2019-09-01T08:00:00.123456+09:00", datetime(2019, 8, 31, 23, 0, 0, 123456, tzinfo=UTC)),
        ("2019-09-01T08:00:00", datetime(2019, 9, 1, 8, tzinfo=UTC)),
        ("2019-09-01", datetime(2019, 9, 1, tzinfo=UTC)),
        ("0001-01-01T00:00:00+14:00", datetime(1970, 1, 1, tzinfo=UTC)),
        ("1969-12-31T23:59:59Z", datetime(1970, 1, 1, tzinfo=UTC)),
        *((odd, None) for odd in ("", "soon", "2019", "2019-13-01T00:00:00Z", "2019-09-01T25:00:00Z", None,
        1567324800, [],
                                  {"a": 1}, "2019-09-01T08:00:00Z" + "0" * 100)),
    ],
)  # fmt: skip
def test_a_time_is_as_it_was_written_from_1970_on(written, read):
    assert actors.moment(written) == read
    assert actors.moment_to_come(written) == read


def test_a_time_to_come_is_now_unless_it_may_be_later():
    far = "9999-12-31T23:59:59-14:00"
    assert abs(datetime.now(UTC) - actors.moment(far)) < timedelta(minutes=1)
    assert actors.moment_to_come(far) == datetime(9000, 12, 31, tzinfo=UTC)
    assert actors.moment_to_come("2100-01-01T00:00:00Z") == datetime(2100, 1, 1, tzinfo=UTC)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10) | st.sampled_from([URI,
    "https://["]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from("id type href url name owner publicKeyPem mediaType".split()), inner,
    max_size=4),
    max_leaves=8,
)  # fmt: skip
NAMES = st.sampled_from(
    "id type preferredUsername name summary url inbox endpoints icon image publicKey attachment published alsoKnownAs"
    " movedTo".split()
)  # fmt: skip


@given(st.dictionaries(NAMES, VALUES))
def test_any_document_is_an_actor_or_refused(changes):
    document = {"id": URI, "type": "Person", "preferredUsername": "dora", "inbox": f"{URI}/inbox"} | changes
    try:
        read = actors.read(vocabulary.parse(json.dumps(document).encode()), CONFIG)
    except (BadActor, BadUri, vocabulary.Unreadable):
        return
    assert read.host
