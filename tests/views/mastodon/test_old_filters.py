"""Filters of the first version (docs/api/mastodon.md 10.2)."""

import pytest

FILTERS = "/api/v1/filters"


@pytest.fixture
def spoilers(client, alice):
    """A filter of alice's."""
    return client.post(
        FILTERS, [("phrase", "spoiler"), ("context[]", "home"), ("context[]", "public")], auth=alice
    ).json


def test_the_entity(client, alice, spoilers):
    assert spoilers == {
        "id": spoilers["id"], "phrase": "spoiler", "context": ["home", "public"], "whole_word": False,
        "irreversible": False, "expires_at": None,
    }  # fmt: skip
    assert client.get(FILTERS, auth=alice, status=200).json == [spoilers]
    assert client.get(f"{FILTERS}/{spoilers['id']}", auth=alice, status=200).json == spoilers


def test_changing_partly(client, alice, spoilers):
    path = f"{FILTERS}/{spoilers['id']}"
    changed = client.put(path, {"whole_word": "true", "expires_in": "60"}, auth=alice, status=200).json
    assert (changed["phrase"], changed["whole_word"]) == ("spoiler", True)
    assert changed["expires_at"].endswith("Z")
    assert client.put(path, {"phrase": "x"}, auth=alice).json["expires_at"] == changed["expires_at"]
    assert client.put_json(path, {"expires_in": None}, auth=alice).json["expires_at"] is None


def test_an_expired_filter_is_left_out(client, alice, spoilers, sql):
    sql("update filters set expires_at = now() - interval '1 second'")
    assert client.get(FILTERS, auth=alice).json == []


@pytest.mark.parametrize(
    "sent",
    [{}, {"phrase": "x"}, {"context": ["home"]}, {"phrase": "x", "context": ["moon"]}, {"phrase": "x", "context": []}],
)
def test_phrase_and_context_are_needed(client, alice, sent):
    client.post_json(FILTERS, sent, auth=alice, status=422)


def test_filters_are_their_owners(client, bob, spoilers):
    path = f"{FILTERS}/{spoilers['id']}"
    for answer in (
        client.get(path, auth=bob, status=404),
        client.put(path, {"phrase": "x"}, auth=bob, status=404),
        client.delete(path, auth=bob, status=404),
    ):
        assert answer.json == {"error": "Record not found"}


def test_deleting(client, alice, spoilers):
    assert client.delete(f"{FILTERS}/{spoilers['id']}", auth=alice, status=200).json == {}
    assert client.get(FILTERS, auth=alice).json == []
