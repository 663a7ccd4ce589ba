"""Administrators who act at the same moment: on each other, and on the same thing."""

import concurrent.futures
import threading

import pytest

from pleroma.auth import guard

USERS = "/api/pleroma/admin/users"


@pytest.fixture
def let_in(monkeypatch):
    """Lets something happen whenever an administrator was let in, and before that has had a consequence."""
    authorize = guard.Authentication.authorize
    then = []

    def authorize_and_wait(self, role, user, credentials):
        is_let_in = authorize(self, role, user, credentials)
        if is_let_in and user.is_admin and then:
            then[0](user)
        return is_let_in

    monkeypatch.setattr(guard.Authentication, "authorize", authorize_and_wait)
    return then


@pytest.fixture
def all_at_once(make_client, let_in):
    """Sends requests that are all let in before any of them goes on; gives the answers' statuses, sorted."""

    def run(*requests):
        barrier = threading.Barrier(len(requests))
        let_in[:] = [lambda user: barrier.wait(10)]

        def send(request):
            method, path, who = request
            return make_client().request(path, method=method, headers=_bearer(who), expect_errors=True).status_code

        with concurrent.futures.ThreadPoolExecutor(len(requests)) as pool:
            statuses = sorted(pool.map(send, requests))
        let_in.clear()
        return statuses

    return run


def _bearer(person):
    return {"Authorization": f"Bearer {person.token}"}


AGAINST = {
    "revoke": ("DELETE", f"{USERS}/{{}}/permission_group/admin"),
    "revoke many": ("DELETE", f"{USERS}/permission_group/admin?nicknames[]={{}}"),
    "deactivate": ("PATCH", f"{USERS}/deactivate?nicknames[]={{}}"),
    "toggle": ("PATCH", f"{USERS}/{{}}/toggle_activation"),
    "delete": ("DELETE", f"{USERS}?nickname={{}}"),
}


@pytest.mark.parametrize("mine", AGAINST)
@pytest.mark.parametrize("yours", ["revoke", "deactivate"])
def test_of_two_who_end_each_others_role_one_stays(all_at_once, client, person, sql, mine, yours):
    ann, ben, third = (person(name, admin=True) for name in ("ann", "ben", "third"))
    requests = [(AGAINST[mine], ben, ann), (AGAINST[yours], ann, ben)]
    statuses = all_at_once(*((method, path.format(other.nickname), who) for (method, path), other, who in requests))
    assert statuses == [200, 403]
    left = "select nickname from accounts where is_admin and active and nickname <> 'third'"
    assert len(sql(left)) == 1
    client.get(USERS, auth=third, status=200)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *AGAINST.values(),
        ("POST", f"{USERS}/{{}}/permission_group/admin"),
        ("POST", f"{USERS}/permission_group/moderator?nicknames[]={{}}"),
        ("PUT", f"{USERS}/{{}}/activation_status?status=false"),
        ("PATCH", f"{USERS}/activate?nicknames[]={{}}"),
        ("GET", f"{USERS}/{{}}/password_reset"),
        ("PATCH", f"{USERS}/{{}}/force_password_reset"),
        ("PATCH", f"{USERS}/force_password_reset?nicknames[]={{}}"),
    ],
)
def test_who_lost_the_role_meanwhile_changes_no_rights(
    client, make_client, let_in, root, alice, person, sql, method, path
):
    ben, other = person("ben", admin=True), make_client()
    state = "select nickname, is_admin, is_moderator, active, login_version from accounts order by id"
    expected = [row if row[0] != "ben" else ("ben", False, *row[2:]) for row in sql(state)]

    def revoke(user):
        if user.account_id == ben.id:
            other.delete(f"{USERS}/ben/permission_group/admin", auth=root, status=200)

    let_in.append(revoke)
    answer = client.request(path.format("alice"), method=method, headers=_bearer(ben), status=403)
    assert answer.json == {"error": "User is not admin."}
    assert sql(state) == expected
    assert sql("select count(*) from password_resets") == [(0,)]


def test_two_toggles_at_once_are_two_toggles(all_at_once, person, alice, sql):
    ann, ben = (person(name, admin=True) for name in ("ann", "ben"))
    path = f"{USERS}/alice/toggle_activation"
    assert all_at_once(("PATCH", path, ann), ("PATCH", path, ben)) == [200, 200]
    assert sql("select active from accounts where nickname = 'alice'") == [(True,)]


# --- The same thing, done by many


@pytest.fixture
def eight(person):
    """Eight administrators."""
    return [person(f"admin{number}", admin=True) for number in range(8)]


def _entries(client, person):
    return client.get("/api/pleroma/admin/moderation_log?page_size=100", auth=person, status=200).json["items"]


@pytest.mark.parametrize("kind", ["status", "reblog", "direct"])
def test_of_eight_who_delete_a_status_one_does(all_at_once, client, eight, alice, bob, post, kind):
    status_id = post(alice, "@bob hello", visibility="direct" if kind == "direct" else "public")["id"]
    if kind == "reblog":
        status_id = client.post(f"/api/v1/statuses/{status_id}/reblog", auth=bob, status=200).json["id"]
    paths = [f"/api/pleroma/admin/statuses/{status_id}"] * 8
    if kind == "status":
        # By the other API it is the same.
        paths[::2] = [f"/api/v1/statuses/{status_id}"] * 4
    assert all_at_once(*(("DELETE", path, who) for path, who in zip(paths, eight, strict=True))) == [200] + [404] * 7
    (entry,) = _entries(client, eight[0])
    assert entry["message"].endswith(f"deleted status #{status_id}")
    assert client.get(f"/api/v1/accounts/{alice.id}").json["statuses_count"] == (1 if kind == "reblog" else 0)


ONCE = {
    "deactivate": ("PATCH", f"{USERS}/deactivate?nicknames[]=alice", "deactivated user @alice"),
    "delete": ("DELETE", f"{USERS}?nickname=alice", "deleted user @alice"),
    "grant": ("POST", f"{USERS}/alice/permission_group/moderator", "made @alice moderator"),
    "tag": ("PUT", f"{USERS}/tag?nicknames[]=alice&tags[]=x", "added tags: x to users: @alice"),
    "untag": ("DELETE", f"{USERS}/tag?nicknames[]=alice&tags[]=old", "removed tags: old from users: @alice"),
    "follow": ("POST", f"{USERS}/follow?follower=bob&followed=alice", "made @bob follow @alice"),
    "unfollow": ("POST", f"{USERS}/unfollow?follower=alice&followed=bob", "made @alice unfollow @bob"),
    "close": (
        "PUT",
        "/api/pleroma/admin/reports/{report}?state=closed",
        "updated report #{report} with 'closed' state",
    ),
    "invite": ("POST", f"{USERS}/revoke_invite?token={{token}}", "revoked invite #{invite}"),
    "force": ("PATCH", f"{USERS}/alice/force_password_reset", "forced password reset for users: @alice"),
}


@pytest.mark.parametrize("action", ONCE)
def test_of_eight_who_do_the_same_one_is_logged(all_at_once, client, eight, alice, bob, sql, action):
    sql("update accounts set tags = '{old}' where id = %s", alice.id)
    client.post(f"/api/v1/accounts/{bob.id}/follow", auth=alice, status=200)
    report = client.post("/api/v1/reports", {"account_id": str(bob.id)}, auth=alice, status=200).json["id"]
    invite = client.post(f"{USERS}/invite_token", auth=eight[0], status=200).json
    sql("delete from moderation_log")
    method, path, message = ONCE[action]
    path = path.format(report=report, token=invite["token"])
    statuses = all_at_once(*((method, path, who) for who in eight))
    assert set(statuses) <= {200, 204}
    (entry,) = _entries(client, eight[0])
    assert entry["message"].partition(" ")[2] == message.format(report=report, invite=invite["id"])
    for who in eight[:2]:
        client.request(path, method=method, headers=_bearer(who))
    assert len(_entries(client, eight[0])) == 1
    assert sql("select count(*) from procrastinate_jobs where task_name = 'delete_account'") == [(action == "delete",)]


def test_of_eight_who_change_a_setting_one_is_logged(let_in, make_client, eight, client):
    barrier = threading.Barrier(8)
    let_in.append(lambda user: barrier.wait(10))
    body = {"configs": [{"group": ":pleroma", "key": ":instance", "value": [{"tuple": [":name", "New"]}]}]}
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(
            pool.map(
                lambda who: make_client().post_json("/api/pleroma/admin/config", body, auth=who, status=200), eight
            )
        )
    let_in.clear()
    (entry,) = _entries(client, eight[0])
    assert entry["data"]["settings"] == ["INSTANCE_NAME"]
