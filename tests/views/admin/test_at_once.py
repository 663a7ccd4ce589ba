"""Administrators who act at the same moment: on each other, and on the same thing."""

import concurrent.futures
import threading

import pytest

from pleroma import auth

USERS = "/api/pleroma/admin/users"


@pytest.fixture
def let_in(monkeypatch):
    """Lets something happen whenever an administrator was let in, and before that has had a consequence."""
    authorize = auth.Authentication.authorize
    then = []

    def authorize_and_wait(self, role, user, credentials):
        is_let_in = authorize(self, role, user, credentials)
        if role == "admin" and is_let_in and then:
            then[0](user)
        return is_let_in

    monkeypatch.setattr(auth.Authentication, "authorize", authorize_and_wait)
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
