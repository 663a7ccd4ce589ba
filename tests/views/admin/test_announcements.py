"""Announcements (docs/api/admin.md 19, docs/api/mastodon.md 9.7)."""

import pytest

ADMIN, PUBLIC = "/api/v1/pleroma/admin/announcements", "/api/v1/announcements"


@pytest.fixture
def root(person):
    """An administrator."""
    return person("root", admin=True)


@pytest.fixture
def announce(client, root):
    """Makes an announcement: announce("hello", all_day=True)."""
    return lambda content, **more: client.post_json(ADMIN, {"content": content, **more}, auth=root, status=200).json


def test_the_entity(client, alice, root, announce):
    made = announce("**Hello** <script>", ends_at="2999-01-01T00:00:00.000Z", all_day=True)
    entity = {
        "id": made["id"], "content": made["content"], "starts_at": None, "ends_at": "2999-01-01T00:00:00.000Z",
        "all_day": True, "published_at": made["published_at"], "updated_at": made["published_at"], "read": False,
        "mentions": [], "statuses": [], "tags": [], "emojis": [], "reactions": [],
    }  # fmt: skip
    assert made == {**entity, "pleroma": {"raw_content": "**Hello** <script>"}}
    assert "<strong>Hello</strong>" in made["content"] and "<script>" not in made["content"]
    assert client.get(PUBLIC, auth=alice, status=200).json == [entity]
    assert client.get(f"{ADMIN}/{made['id']}", auth=root, status=200).json == made


def test_only_those_whose_time_it_is_newest_first(client, alice, announce):
    announce("over", ends_at="2001-01-01T00:00:00Z")
    first = announce("first", starts_at="2001-01-01T00:00:00Z")
    announce("not yet", starts_at="2999-01-01T00:00:00Z")
    second = announce("second")
    assert [each["id"] for each in client.get(PUBLIC, auth=alice).json] == [second["id"], first["id"]]


def test_dismissing(client, alice, bob, announce):
    made = announce("hello")
    for _ in range(2):
        assert client.post(f"{PUBLIC}/{made['id']}/dismiss", auth=alice, status=200).json == {}
    assert client.get(PUBLIC, auth=alice).json == []
    assert [each["read"] for each in client.get(f"{PUBLIC}?with_dismissed=true", auth=alice).json] == [True]
    assert [each["read"] for each in client.get(PUBLIC, auth=bob).json] == [False]
    hidden = announce("not yet", starts_at="2999-01-01T00:00:00Z")
    for unknown in (hidden["id"], "1"):
        client.post(f"{PUBLIC}/{unknown}/dismiss", auth=alice, status=404)


def test_changing_what_is_sent(client, alice, root, announce):
    made = announce("hello", starts_at="2001-01-01T00:00:00Z")
    path = f"{ADMIN}/{made['id']}"
    changed = client.patch_json(path, {"content": "_new_"}, auth=root, status=200).json
    assert "<em>new</em>" in changed["content"] and changed["starts_at"] == made["starts_at"]
    assert changed["updated_at"] > made["updated_at"] and changed["published_at"] == made["published_at"]
    changed = client.patch_json(path, {"starts_at": None, "all_day": True}, auth=root, status=200).json
    assert (changed["starts_at"], changed["all_day"], changed["pleroma"]["raw_content"]) == (None, True, "_new_")
    assert client.delete(path, auth=root, status=200).json == {}
    client.delete(path, auth=root, status=404)
    client.patch_json(path, {"content": "x"}, auth=root, status=404)
    assert client.get(PUBLIC, auth=alice).json == []


@pytest.mark.parametrize(
    "sent",
    [{}, {"content": ""}, {"content": "x" * 5001}, {"content": "x", "starts_at": "soon"},
     {"content": "x", "starts_at": "2002-01-01T00:00:00Z", "ends_at": "2001-01-01T00:00:00Z"}],
)  # fmt: skip
def test_what_cannot_be_announced(client, alice, root, sent):
    assert "error" in client.post_json(ADMIN, sent, auth=root, expect_errors=True).json
    assert client.get(ADMIN, auth=root).json == []


def test_pages(client, root, announce):
    ids = [announce(str(number))["id"] for number in range(4)][::-1]
    assert [each["id"] for each in client.get(ADMIN, auth=root).json] == ids
    assert [each["id"] for each in client.get(f"{ADMIN}?limit=2&offset=1", auth=root).json] == ids[1:3]


def test_for_administrators_alone(client, alice, announce):
    made = announce("hello")
    for answer in (
        client.get(ADMIN, auth=alice, status=403),
        client.post_json(ADMIN, {"content": "x"}, auth=alice, status=403),
        client.patch_json(f"{ADMIN}/{made['id']}", {"content": "x"}, auth=alice, status=403),
        client.delete(f"{ADMIN}/{made['id']}", auth=alice, status=403),
    ):
        assert "error" in answer.json


def test_each_change_is_in_the_moderation_log(client, root, announce):
    made = announce("hello")
    client.patch_json(f"{ADMIN}/{made['id']}", {"content": "x"}, auth=root)
    client.delete(f"{ADMIN}/{made['id']}", auth=root)
    log = client.get("/api/pleroma/admin/moderation_log", auth=root).json["items"]
    assert [entry["data"]["action"] for entry in log] == [
        "announcement_delete", "announcement_update", "announcement_create",
    ]  # fmt: skip
    assert log[0]["message"] == f"@root deleted announcement #{made['id']}"
