"""ActivityStreams as others write it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pleroma.federation import vocabulary
from pleroma.federation.vocabulary import PUBLIC, Unreadable


def test_an_object_is_read_fit_to_be_stored():
    source = json.dumps({"a\x00": "b\x01\ud800c", "d": [{"e": "\uffff"}], "f": 1.5, "g": None}).encode()
    assert vocabulary.parse(source) == {"a": "bc", "d": [{"e": ""}], "f": 1.5, "g": None}
    assert vocabulary.parse(b'\xef\xbb\xbf{"a": "\xc3\xa9"}') == {"a": "é"}


@pytest.mark.parametrize(
    "source",
    [
        b"", b"[]", b"[{}]", b'"a"', b"1", b"null", b"{", b"{}}", b"{'a': 1}", b'{"a": NaN}', b'{"a": Infinity}',
        b'{"a": 1e999}',
        b'{"a": "\xff"}', b'{"a": \xed\xa0\x80}', b"{" * 100_000, b'{"a": %s}' % (b"[" * 32 + b"]" * 32),
        b'{"a": [%s1]}' % (b"1," * 20_001),
    ],
    ids=range(17),
)  # fmt: skip
def test_what_is_no_object_or_too_much_is_refused(source):
    with pytest.raises(Unreadable):
        vocabulary.parse(source)


@pytest.mark.parametrize(
    "source",
    [
        b'{"id": 1, "id": 1}', b'{"id": 1, "a": 2, "id": 3}', b'{"object": {"id": 1, "id": 2}}',
        b'{"id": 1, "i\\u0064": 2}', b'{"id": 1, "i\\u0000d": 2}', b'{"object": {"id": 1, "id\\ud800": 2}}',
    ],
)  # fmt: skip
def test_a_key_twice_on_the_first_two_levels_is_refused(source):
    with pytest.raises(Unreadable, match="twice"):
        vocabulary.parse(source)


def test_deeper_the_last_of_a_key_counts():
    assert vocabulary.parse(b'{"a": {"b": {"c": 1, "c": 2}}, "b": [{"c": 1, "c": 2}]}') == {
        "a": {"b": {"c": 2}},
        "b": [{"c": 2}],
    }


def test_a_value_may_be_missing_one_or_many():
    assert [vocabulary.many(value) for value in (None, "a", ["a", "b"], {"a": 1}, [])] == [
        [],
        ["a"],
        ["a", "b"],
        [{"a": 1}],
        [],
    ]
    assert vocabulary.many(["a"] * 600) == ["a"] * 500
    assert [vocabulary.one(value) for value in (None, [], "a", ["a", "b"])] == [None, None, "a", "a"]


@pytest.mark.parametrize(
    "name", ["Note", "as:Note", "https://www.w3.org/ns/activitystreams#Note", "toot:Note", "litepub:Note",
             ["Note", "b"], ["as:Note"]]
)  # fmt: skip
def test_a_type_is_known_with_the_name_of_its_vocabulary(name):
    assert vocabulary.kind({"type": name}) == "Note"


@pytest.mark.parametrize(
    "document", [None, 1, "Note", [], {}, {"type": None}, {"type": 1}, {"type": []}, {"type": [["Note"]]}]
)
def test_what_has_no_type_has_none(document):
    assert vocabulary.kind(document) == ""


def test_an_address_is_a_text_an_id_or_where_a_link_leads():
    assert vocabulary.address("a") == "a"
    assert vocabulary.address({"id": "a", "href": "b"}) == "a"
    assert vocabulary.address({"type": "Link", "href": "b", "id": "a"}) == "b"
    assert vocabulary.address([{"id": "a"}, "b"]) == "a"
    for other in (None, 1, [], {}, {"id": 1}, {"id": {"id": "a"}}, {"type": "Link", "id": "a"}, [["a"]]):
        assert vocabulary.address(other) == ""


def test_of_many_addresses_each_counts_once():
    assert vocabulary.addresses(["a", {"id": "a"}, None, 1, {"type": "Link", "href": "b"}]) == ["a", "b"]
    assert len(vocabulary.addresses([str(number) for number in range(600)])) == 500


def test_everybody_has_three_names():
    assert all(map(vocabulary.is_public, (PUBLIC, "as:Public", "Public")))
    assert not any(
        map(vocabulary.is_public, ("public", "", "https://www.w3.org/ns/activitystreams#public", PUBLIC + "/"))
    )


def test_a_text_is_a_text():
    assert [vocabulary.text(value) for value in ("a", ["a", "b"], None, 1, {"a": 1}, [1])] == ["a", "a", "", "", "", ""]


@given(
    st.binary()
    | st.text().map(str.encode)
    | st.dictionaries(st.text(max_size=3), st.text()).map(json.dumps).map(str.encode)
)
def test_any_bytes_are_read_or_refused(source):
    try:
        document = vocabulary.parse(source)
    except Unreadable:
        return
    assert isinstance(document, dict) and json.dumps(document, ensure_ascii=False).encode()
