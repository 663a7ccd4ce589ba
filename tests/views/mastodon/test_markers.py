"""Markers and preferences (docs/api/mastodon.md 9.1, 9.2)."""


def test_markers_move_and_count_their_versions(client, alice):
    assert client.get("/api/v1/markers?timeline[]=home", auth=alice, status=200).json == {}
    first = client.post("/api/v1/markers", {"home[last_read_id]": "5"}, auth=alice, status=200).json
    assert (first["home"]["last_read_id"], first["home"]["version"]) == ("5", 1)
    sent = {"home": {"last_read_id": "3"}, "notifications": {"last_read_id": 7}, "nonsense": {"last_read_id": "1"}}
    second = client.post_json("/api/v1/markers", sent, auth=alice, status=200).json
    assert (second["home"]["last_read_id"], second["home"]["version"]) == ("3", 2)
    assert second["notifications"]["pleroma"] == {"unread_count": 0}
    assert set(second) == {"home", "notifications"}
    assert set(client.get("/api/v1/markers?timeline[]=home", auth=alice).json) == {"home"}
    assert set(client.get("/api/v1/markers", auth=alice).json) == {"home", "notifications"}


def test_preferences(client, alice):
    assert client.get("/api/v1/preferences", auth=alice, status=200).json == {
        "posting:default:visibility": "public",
        "posting:default:sensitive": False,
        "posting:default:language": None,
        "reading:expand:media": "default",
        "reading:expand:spoilers": False,
    }


def test_one_way_to_count_what_is_unread(client, alice, bob, carol, post, sql):
    marker = client.post("/api/v1/markers", {"notifications[last_read_id]": "1"}, auth=alice, status=200)
    assert marker.json["notifications"]["pleroma"] == {"unread_count": 0}

    def counted():
        """The number of unread notifications, as each route counts them."""
        count = client.get("/api/v1/notifications/unread_count", auth=alice, status=200).json["count"]
        marker = client.get("/api/v1/markers?timeline[]=notifications", auth=alice, status=200).json["notifications"]
        assert marker["pleroma"]["unread_count"] == count
        return count

    for author in (bob, carol):
        post(author, "@alice hello")
    assert counted() == 2
    client.post(f"/api/v1/accounts/{bob.id}/mute", auth=alice, status=200)
    assert counted() == 1
    sql("update accounts set active = false where id = %s", carol.id)
    assert counted() == 0
