"""The moderation log (docs/api/admin.md 16)."""

import pytest

LOG = "/api/pleroma/admin/moderation_log"


@pytest.fixture
def entries(client, root, person, sql):
    """Three entries, the oldest of 2019, the newest by another administrator."""
    for name in ("ann", "ben"):
        person(name)
        client.put_json("/api/pleroma/admin/users/tag", {"nicknames": [name], "tags": ["50%"]}, auth=root)
    sql("update moderation_log set created_at = '2019-10-01T12:00:00Z' where message like '%%ann%%'")
    other = person("other", admin=True)
    client.put_json("/api/pleroma/admin/users/tag", {"nicknames": ["ann"], "tags": ["y"]}, auth=other)
    return other


def find(client, root, query):
    """(number of items, total) of a query."""
    answer = client.get(f"{LOG}?{query}", auth=root, status=200).json
    return len(answer["items"]), answer["total"]


def test_an_entry(client, root, entries):
    newest = client.get(LOG, auth=root).json["items"][0]
    assert newest["message"] == "@other added tags: y to users: @ann"
    assert newest["data"]["actor"] == {"id": str(entries.id), "nickname": "other", "type": "user"}
    assert newest["data"]["action"] == "tag"
    assert isinstance(newest["time"], int)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", (3, 3)),
        ("page=2&page_size=2", (1, 3)),
        ("search=BEN", (1, 1)),
        ("search=%25", (2, 2)),
        ("search=_", (0, 0)),
        ("start_date=2019-10-02", (2, 2)),
        ("end_date=2019-10-01", (1, 1)),
        ("start_date=2019-10-01T12:00:00&end_date=2019-10-01T12:00:00Z", (1, 1)),
        ("start_date=2019-10-01T14:00:01%2B02:00", (2, 2)),
        ("start_date=&search=&user_id=", (3, 3)),
        ("user_id=1", (0, 0)),
    ],
)
def test_filters(client, root, entries, query, found):
    assert find(client, root, query) == found


def test_by_actor(client, root, entries):
    assert find(client, root, f"user_id={entries.id}") == (1, 1)


def test_what_is_no_date(client, root):
    assert "error" in client.get(f"{LOG}?start_date=soon", auth=root, status=400).json


def _identifiers(value):
    """The values of all keys that end in id, in any depth."""
    if isinstance(value, list):
        return [found for item in value for found in _identifiers(item)]
    if not isinstance(value, dict):
        return []
    own = [item for key, item in value.items() if key.endswith("id")]
    return own + [found for item in value.values() for found in _identifiers(item)]


def test_ids_are_texts_and_one_account_is_one_subject(client, root, alice, bob, post):
    users = "/api/pleroma/admin/users"
    report = client.post("/api/v1/reports", {"account_id": str(bob.id)}, auth=alice, status=200).json["id"]
    invite = client.post(f"{users}/invite_token", auth=root, status=200).json
    for method, path in (
        ("PATCH", f"{users}/alice/toggle_activation"),
        ("PATCH", f"{users}/alice/toggle_activation"),
        ("PUT", f"{users}/alice/activation_status?status=false"),
        ("PATCH", f"{users}/activate?nicknames[]=alice"),
        ("POST", f"{users}/alice/permission_group/admin"),
        ("DELETE", f"{users}/alice/permission_group/admin"),
        ("POST", f"{users}/permission_group/moderator?nicknames[]=alice"),
        ("GET", f"{users}/alice/password_reset"),
        ("POST", f"{users}/follow?follower=bob&followed=alice"),
        ("PUT", f"/api/pleroma/admin/reports/{report}?state=closed"),
        ("POST", f"/api/pleroma/admin/reports/{report}/respond?status=thanks"),
        ("PUT", f"/api/pleroma/admin/statuses/{post(bob, 'x')['id']}?sensitive=true"),
        ("DELETE", f"/api/pleroma/admin/statuses/{post(bob, 'x')['id']}"),
        ("POST", f"{users}/revoke_invite?token={invite['token']}"),
        ("DELETE", f"{users}?nickname=alice"),
    ):
        client.request(path, method=method, headers={"Authorization": f"Bearer {root.token}"})
    entries = client.get(LOG, auth=root).json["items"]
    assert len(entries) == 16
    for entry in entries:
        assert all(isinstance(found, str) for found in _identifiers(entry)), entry
        if entry["data"]["action"] in ("activate", "deactivate", "grant", "revoke", "delete", "password_reset"):
            assert entry["data"]["subject"] == {"id": str(alice.id), "nickname": "alice", "type": "user"}


def test_several_accounts_are_a_list(client, root, alice, bob):
    both = {"nicknames": ["alice", "bob"]}
    client.patch_json("/api/pleroma/admin/users/deactivate", both, auth=root, status=200)
    client.post_json("/api/pleroma/admin/users/permission_group/admin", both, auth=root, status=200)
    for entry in client.get(LOG, auth=root).json["items"]:
        assert [account["nickname"] for account in entry["data"]["subject"]] == ["alice", "bob"]
