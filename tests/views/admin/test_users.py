"""Users of the admin API (4, 7, 8, 9, 10, 11)."""

import pytest

USERS = "/api/pleroma/admin/users"
USER_KEYS = {
    "id", "nickname", "display_name", "avatar", "local", "deactivated", "confirmation_pending", "roles", "tags",
}  # fmt: skip


def names(answer):
    """The nicknames of a list of users."""
    return [user["nickname"] for user in answer.json["users"]]


def test_the_list_is_ordered_counted_and_paged(client, root, alice, bob):
    answer = client.get(f"{USERS}?page=1&page_size=2&filters=", auth=root, status=200)
    assert (names(answer), answer.json["count"], answer.json["page_size"]) == (["alice", "bob"], 3, 2)
    assert set(answer.json["users"][0]) == USER_KEYS
    assert names(client.get(f"{USERS}?page=2&page_size=2", auth=root)) == ["root"]
    beyond = client.get(f"{USERS}?page=9", auth=root).json
    assert (beyond["users"], beyond["count"]) == ([], 3)
    for garbage in ("page=0", "page=x&page_size=-1", "page_size=x"):
        assert len(names(client.get(f"{USERS}?{garbage}", auth=root))) == 3


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("query=LIC", ["alice"]),
        ("query=%25", []),
        ("name=Ali", ["alice"]),
        ("email=ALICE@mail.example", ["alice"]),
        ("email=alice", []),
        ("filters=is_admin", ["root"]),
        ("filters=local,active,nonsense", ["alice", "root"]),
        ("filters=deactivated", ["bob"]),
        ("filters=local,external", []),
        ("tags[]=cat", ["alice"]),
        ("tags[]=cat&filters=is_admin", []),
        ("tags[]=cat&tags[]=dog", ["alice"]),
    ],
)
def test_everything_narrows(client, root, alice, bob, sql, query, found):
    sql("update accounts set active = false where id = %s", bob.id)
    sql("update accounts set tags = '{cat}' where id = %s", alice.id)
    answer = client.get(f"{USERS}?{query}", auth=root, status=200)
    assert (names(answer), answer.json["count"]) == (found, len(found))


def test_one_user_by_nickname_or_id(client, root, alice):
    for name in ("alice", "ALICE", alice.id):
        assert client.get(f"{USERS}/{name}", auth=root, status=200).json["id"] == str(alice.id)
    assert client.get(f"{USERS}/nobody", auth=root, status=404).json == {"error": "Not found"}


def test_tags_come_and_go(client, root, alice, bob, log):
    body = {"nicknames": ["alice", "bob"], "tags": ["Cat", "dog", "cat"]}
    client.put_json(f"{USERS}/tag", body, auth=root, status=204)
    assert client.get(f"{USERS}/alice", auth=root).json["tags"] == ["cat", "dog"]
    assert client.get(f"/api/v1/accounts/{alice.id}").json["pleroma"]["tags"] == ["cat", "dog"]
    client.delete_json(f"{USERS}/tag", {"nicknames": "alice", "tags": ["cat", "bird"]}, auth=root, status=204)
    assert client.get(f"{USERS}/alice", auth=root).json["tags"] == ["dog"]
    assert log() == [
        "@root removed tags: cat, bird from users: @alice",
        "@root added tags: cat, dog to users: @alice, @bob",
    ]
    client.put_json(f"{USERS}/tag", {"nicknames": ["alice", "nobody"], "tags": ["x"]}, auth=root, status=404)
    assert client.get(f"{USERS}/alice", auth=root).json["tags"] == ["dog"]
    for missing in ({"nicknames": ["alice"]}, {"tags": ["x"]}):
        client.put_json(f"{USERS}/tag", missing, auth=root, status=400)
    assert len(log()) == 2


@pytest.mark.parametrize(
    ("tags", "visibility", "becomes"),
    [(["force_unlisted"], "public", "unlisted"), (["mrf_tag:force-unlisted"], "private", "private"),
     (["sandbox"], "unlisted", "private"), (["mrf_tag:sandbox"], "direct", "direct")],
)  # fmt: skip
def test_tags_narrow_the_visibility_of_new_statuses(client, root, alice, post, tags, visibility, becomes):
    client.put_json(f"{USERS}/tag", {"nicknames": ["alice"], "tags": tags}, auth=root)
    assert post(alice, "x", visibility=visibility)["visibility"] == becomes


@pytest.mark.parametrize("tag", ["disable_any_subscription", "mrf_tag:disable-any-subscription"])
def test_a_tag_forbids_follows(client, root, alice, bob, tag):
    client.put_json(f"{USERS}/tag", {"nicknames": ["bob"], "tags": [tag]}, auth=root)
    assert "error" in client.post(f"/api/v1/accounts/{bob.id}/follow", auth=alice, status=403).json
    client.post_json(f"{USERS}/follow", {"follower": "alice", "followed": "bob"}, auth=root, status=200)
    assert client.get(f"/api/v1/accounts/{bob.id}").json["followers_count"] == 1


def test_permission_groups(client, root, alice, log):
    path = f"{USERS}/alice/permission_group"
    assert client.get(path, auth=root, status=200).json == {"is_admin": False, "is_moderator": False}
    for _ in range(2):
        assert client.post(f"{path}/admin", auth=root, status=200).json == {"is_admin": True}
    assert client.get(f"{path}/admin", auth=root, status=200).json == {"is_admin": True, "is_moderator": False}
    assert client.delete(f"{path}/admin", auth=root, status=200).json == {"is_admin": False}
    assert client.post(f"{path}/moderator", auth=root, status=200).json == {"is_moderator": True}
    assert log() == ["@root made @alice moderator", "@root revoked admin role from @alice", "@root made @alice admin"]
    for method in (client.get, client.post, client.delete):
        assert method(f"{path}/cook", auth=root, status=404).json == {"error": "No such permission_group"}
    client.post(f"{USERS}/nobody/permission_group/admin", auth=root, status=404)
    answer = client.delete(f"{USERS}/root/permission_group/admin", auth=root, status=403)
    assert answer.json == {"error": "You can't revoke your own admin status."}


def test_permission_groups_of_many(client, root, alice, bob, log):
    both = {"nicknames": ["alice", "bob"]}
    assert client.post_json(f"{USERS}/permission_group/admin", both, auth=root, status=200).json == {"is_admin": True}
    client.delete_json(f"{USERS}/permission_group/admin", {"nicknames": ["bob", "root"]}, auth=root, status=403)
    assert client.get(f"{USERS}/bob", auth=root).json["roles"]["admin"] is True
    assert log() == ["@root made @alice, @bob admin"]


def test_follows_for_others(client, root, alice, bob, sql, log):
    sql("update accounts set locked = true where id = %s", bob.id)
    pair = {"follower": "alice", "followed": "bob"}
    for _ in range(2):
        assert client.post(f"{USERS}/follow", pair, auth=root, status=200).json == "ok"
    assert client.get(f"/api/v1/accounts/{bob.id}").json["followers_count"] == 1
    assert client.get("/api/v1/notifications", auth=bob).json == []
    assert client.post(f"{USERS}/unfollow", pair, auth=root, status=200).json == "ok"
    assert client.get(f"/api/v1/accounts/{bob.id}").json["followers_count"] == 0
    assert log() == ["@root made @alice unfollow @bob", "@root made @alice follow @bob"]
    client.post(f"{USERS}/follow", {"follower": "alice"}, auth=root, status=400)
    client.post(f"/api/v1/accounts/{alice.id}/block", auth=bob)
    client.post(f"{USERS}/follow", pair, auth=root, status=200)
    assert len(log()) == 2


def test_a_reset_link_is_fresh_each_time(client, root, alice, log):
    first = client.get(f"{USERS}/alice/password_reset", auth=root, status=200).json
    second = client.get(f"{USERS}/alice/password_reset", auth=root, status=200).json
    assert first["token"] != second["token"]
    assert first["link"] == f"https://pleroma.example/api/pleroma/password_reset/{first['token']}"
    assert log()[0] == "@root made a password reset link for @alice"
    client.get(f"{USERS}/nobody/password_reset", auth=root, status=404)


def test_a_forced_reset_ends_every_login(client, root, alice, log):
    client.patch(f"{USERS}/alice/force_password_reset", auth=root, status=204)
    client.get("/api/v1/accounts/verify_credentials", auth=alice, status=403)
    assert log() == ["@root forced password reset for users: @alice"]
    client.patch_json(f"{USERS}/force_password_reset", {"nicknames": ["alice", "nobody"]}, auth=root, status=404)
    client.patch_json(f"{USERS}/force_password_reset", {"nicknames": ["alice"]}, auth=root, status=204)


def test_statuses_of_a_user(client, root, alice, post, sql):
    public, private, direct = (post(alice, "x", visibility=v)["id"] for v in ("public", "private", "direct"))
    sql("update accounts set active = false where id = %s", alice.id)
    path = f"{USERS}/alice/statuses"
    assert [s["id"] for s in client.get(f"{path}?godmode=false", auth=root, status=200).json] == [public]
    assert [s["id"] for s in client.get(f"{path}?godmode=true", auth=root).json] == [direct, private, public]
    assert [s["id"] for s in client.get(f"{path}?godmode=true&page_size=1&page=2", auth=root).json] == [private]
    client.get(f"{USERS}/nobody/statuses", auth=root, status=404)
