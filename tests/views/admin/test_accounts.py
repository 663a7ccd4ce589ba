"""Making, deleting and (de)activating users (docs/api/admin.md 5 and 6)."""

import pytest

USERS = "/api/pleroma/admin/users"


def entry(nickname, email=None, password="secret"):
    """One entry of the list."""
    return {"nickname": nickname, "email": f"{nickname}@new.example" if email is None else email, "password": password}


def test_users_are_made_in_the_order_sent_and_work_at_once(make_client, root, log):
    client = make_client(account_activation_required=True, registrations_open=False, captcha="native")
    made = client.post_json(USERS, {"users": [entry("zoe"), entry("ann")]}, auth=root, status=200).json
    assert made == [
        {"type": "success", "code": 200, "data": {"nickname": name, "email": f"{name}@new.example"}}
        for name in ("zoe", "ann")
    ]
    assert client.get("/api/v1/accounts/zoe", status=200).json["source"]["note"] == "."
    assert log() == ["@root created users: @zoe, @ann"]


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        (entry("ALICE"), "nickname has already been taken"),
        (entry("good"), "nickname has already been taken"),
        (entry("x y"), "nickname has invalid format"),
        (entry("admin-api"), "nickname has invalid format"),
        (entry("pleroma"), "nickname is reserved"),
        (entry(""), "nickname can't be blank"),
        (entry("new", "ALICE@mail.example"), "email has already been taken"),
        (entry("new", "good@NEW.example"), "email has already been taken"),
        (entry("new", "nonsense"), "email has invalid format"),
        (entry("new", ""), "email can't be blank"),
        (entry("new", password=""), "password can't be blank"),
        ({"nickname": "new", "email": "new@new.example"}, "password can't be blank"),
    ],
)
def test_all_or_none(client, root, alice, bad, error, log):
    answer = client.post_json(USERS, {"users": [entry("good"), bad]}, auth=root, status=409).json
    assert [result["error"] for result in answer] == ["", error]
    assert all((result["type"], result["code"]) == ("error", 409) for result in answer)
    client.get("/api/v1/accounts/good", status=404)
    assert log() == []


@pytest.mark.parametrize("users", [None, [], "x", ["x"], [1], {}])
def test_users_must_be_a_list_of_objects(client, root, users):
    client.post_json(USERS, {"users": users}, auth=root, status=400)


def test_deleting_ends_logins_at_once_and_a_job_does_the_rest(client, root, alice, post, log, run_jobs):
    status = post(alice, "x")
    assert client.delete(f"{USERS}?nickname=alice", auth=root, status=200).json == "alice"
    client.get("/api/v1/accounts/verify_credentials", auth=alice, status=403)
    run_jobs()
    client.get(f"{USERS}/alice", auth=root, status=404)
    client.get(f"/api/v1/statuses/{status['id']}", status=404)
    assert log() == ["@root deleted user @alice"]


def test_deleting_many_all_or_none(client, root, alice, bob, log, run_jobs):
    client.delete_json(USERS, {"nicknames": ["alice", "nobody"]}, auth=root, status=404)
    assert client.delete_json(USERS, {"nicknames": ["alice", "bob"]}, auth=root, status=200).json == ["alice", "bob"]
    run_jobs()
    assert client.get(f"{USERS}", auth=root).json["count"] == 1
    assert log() == ["@root deleted users: @alice, @bob"]


def test_oneself_and_the_last_administrator_stay(client, root, person, sql):
    for refused in (
        client.delete(f"{USERS}?nickname=root", auth=root, status=403),
        client.patch(f"{USERS}/root/toggle_activation", auth=root, status=403),
        client.put(f"{USERS}/root/activation_status", {"status": "false"}, auth=root, status=403),
    ):
        assert isinstance(refused.json["error"], str)
    other = person("other", admin=True)
    client.patch(f"{USERS}/other/toggle_activation", auth=root, status=200)
    client.get(USERS, auth=other, status=403)


def test_toggling(client, root, alice, bob, post, log):
    client.post(f"/api/v1/accounts/{alice.id}/follow", auth=bob)
    post(alice, "x")
    assert client.patch(f"{USERS}/alice/toggle_activation", auth=root, status=200).json["deactivated"] is True
    client.get("/api/v1/accounts/verify_credentials", auth=alice, status=403)
    assert client.get("/api/v1/timelines/public").json == []
    assert client.get(f"/api/v1/accounts/{bob.id}").json["following_count"] == 0
    assert client.patch(f"{USERS}/alice/toggle_activation", auth=root, status=200).json["deactivated"] is False
    assert len(client.get("/api/v1/timelines/public").json) == 1
    assert client.get(f"/api/v1/accounts/{bob.id}").json["following_count"] == 1
    assert log() == ["@root activated user @alice", "@root deactivated user @alice"]


def test_activation_status_logs_what_happened(client, root, alice, log):
    for status in ("false", "0", "true", "1"):
        client.put(f"{USERS}/alice/activation_status", {"status": status}, auth=root, status=204)
    assert log() == ["@root activated user @alice", "@root deactivated user @alice"]
    for bad in ({}, {"status": "maybe"}):
        client.put(f"{USERS}/alice/activation_status", bad, auth=root, status=400)
    client.put(f"{USERS}/nobody/activation_status", {"status": "true"}, auth=root, status=404)


def test_an_answer_without_content_is_replayed_without_a_type(client, root, alice):
    for _ in range(2):
        answer = client.put(
            f"{USERS}/alice/activation_status",
            {"status": "false"},
            headers={"Idempotency-Key": "k"},
            auth=root,
            status=204,
        )
        assert (answer.body, answer.headers.get("Content-Type")) == (b"", None)
    assert answer.headers["Idempotent-Replayed"] == "true"


def test_many_at_once(client, root, alice, bob, log):
    both = {"nicknames": ["alice", "bob"]}
    answer = client.patch_json(f"{USERS}/deactivate", both, auth=root, status=200).json
    assert [(user["nickname"], user["deactivated"]) for user in answer["users"]] == [("alice", True), ("bob", True)]
    client.patch_json(f"{USERS}/activate", both, auth=root, status=200)
    assert log() == ["@root activated users: @alice, @bob", "@root deactivated users: @alice, @bob"]


def test_administrators_see_deactivation_in_accounts(client, root, alice, bob):
    client.patch(f"{USERS}/alice/toggle_activation", auth=root)
    assert client.get(f"/api/v1/accounts/{alice.id}", auth=root, status=200).json["pleroma"]["deactivated"] is True
    client.get(f"/api/v1/accounts/{alice.id}", auth=bob, status=404)
