"""Scrobbles (docs/api/pleroma.md 18)."""

import pytest


def test_a_scrobble_comes_back_whole(client, alice):
    sent = {"title": "Some <b>Title</b>", "artist": "Some Artist", "album": "Some Album", "length": "180000"}
    scrobble = client.post("/api/v1/pleroma/scrobble", sent, auth=alice, status=200).json
    assert scrobble["title"] == "Some Title"
    assert (scrobble["artist"], scrobble["album"], scrobble["length"]) == ("Some Artist", "Some Album", 180000)
    assert scrobble["account"]["id"] == str(alice.id)
    assert set(scrobble) == {"id", "account", "title", "artist", "album", "length", "created_at"}
    assert client.get(f"/api/v1/pleroma/accounts/{alice.id}/scrobbles", status=200).json == [scrobble]
    assert client.get("/api/v1/pleroma/accounts/alice/scrobbles", status=200).json == [scrobble]
    assert client.get(f"/api/v1/accounts/{alice.id}").json["statuses_count"] == 0


@pytest.mark.parametrize("parameters", [{}, {"title": ""}, {"title": "  "}, {"title": None}, {"title": ["a"]}])
def test_a_title_is_needed(client, alice, parameters):
    assert "error" in client.post_json("/api/v1/pleroma/scrobble", parameters, auth=alice, status=400).json


@pytest.mark.parametrize("length", ["x", "", None, -5, "99999999999999999999999"])
def test_a_length_that_is_none_becomes_null(client, alice, length):
    scrobble = client.post_json(
        "/api/v1/pleroma/scrobble", {"title": "t", "length": length}, auth=alice, status=200
    ).json
    assert scrobble["length"] is None


def test_newest_first_and_paged(client, alice):
    ids = [client.post("/api/v1/pleroma/scrobble", {"title": t}, auth=alice).json["id"] for t in "abc"]
    path = f"/api/v1/pleroma/accounts/{alice.id}/scrobbles"
    assert [s["id"] for s in client.get(f"{path}?limit=2").json] == ids[:0:-1]
    assert [s["id"] for s in client.get(f"{path}?max_id={ids[1]}").json] == [ids[0]]
    assert [s["id"] for s in client.get(f"{path}?min_id={ids[0]}&limit=1").json] == [ids[1]]
    client.get("/api/v1/pleroma/accounts/nobody/scrobbles", status=404)


def test_private_scrobbles_show_to_followers(client, alice, bob):
    client.post("/api/v1/pleroma/scrobble", {"title": "t", "visibility": "private"}, auth=alice)
    path = f"/api/v1/pleroma/accounts/{alice.id}/scrobbles"
    assert client.get(path, auth=bob).json == []
    client.post(f"/api/v1/accounts/{alice.id}/follow", auth=bob)
    assert len(client.get(path, auth=bob).json) == 1
