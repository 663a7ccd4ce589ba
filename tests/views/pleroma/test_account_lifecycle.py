"""Changing address and password, disabling and deleting an account (docs/api/pleroma.md 9)."""

import pytest

from pleroma import db
from pleroma.accounts import lifecycle
from tests.views.mastodon.test_media import png

WRONG = {"error": "Invalid password."}
SUCCESS = {"status": "success"}
ROUTES = ["delete_account", "disable_account", "change_email", "change_password"]


def _log_in(client, login, password, status=200):
    client.authorization = ("Basic", (login, password))
    answer = client.get("/api/v1/accounts/verify_credentials", status=status)
    client.authorization = None
    return answer.json


@pytest.fixture
def call(client):
    """Calls one of the routes: call("disable_account", alice)."""

    def send(route, person, status=200, **parameters):
        sent = {"password": person.password, **parameters}
        return client.post_json(f"/api/pleroma/{route}", sent, auth=person, status=status).json

    return send


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("password", ["", "wrong", None, "x" * 5000])
def test_a_wrong_password_is_told_with_status_200(call, alice, sql, route, password):
    assert call(route, alice, password=password, email="new@mail.example", new_password="n") == WRONG
    assert sql("select * from procrastinate_jobs") == []


@pytest.mark.parametrize("route", ROUTES)
def test_each_needs_a_login_with_the_write_scope(client, person, route):
    answer = client.post(f"/api/pleroma/{route}", {"password": "x"}, status=403)
    assert answer.json == {"error": "Invalid credentials."}
    reader = person("reader", scopes=("read", "follow"))
    answer = client.post(f"/api/pleroma/{route}", {"password": reader.password}, auth=reader, status=403)
    assert answer.json == {"error": "Insufficient permissions: write."}


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("password", [["x"], {"a": "b"}, "\ud800"])
def test_nonsense_is_a_400(call, alice, route, password):
    assert isinstance(call(route, alice, status=400, password=password)["error"], str)


def test_wrong_passwords_are_throttled_and_then_the_right_one_too(make_client, alice):
    client = make_client(rate_limits=True)
    for _ in range(20):
        client.post("/api/pleroma/change_email", {"password": "wrong"}, auth=alice, status=200)
    client.post("/api/pleroma/change_email", {"password": alice.password}, auth=alice, status=429)
    client.get("/api/v1/accounts/verify_credentials", auth=alice, status=200)


# --- change_email


def test_a_new_address_counts_at_once(client, call, alice):
    assert call("change_email", alice, email=" New@Mail.example ") == SUCCESS
    _log_in(client, "new@mail.example", alice.password)
    _log_in(client, alice.email, alice.password, status=403)


@pytest.mark.parametrize(
    ("email", "error"),
    [("", "Email can't be blank."), (None, "Email can't be blank."), ("  ", "Email can't be blank."),
     ("nonsense", "Email has invalid format."), ("a@b@c.example", "Email has invalid format."),
     ("BOB@mail.example", "Email has already been taken.")],
)  # fmt: skip
def test_an_address_that_does_not_fit_is_told(client, call, alice, bob, email, error):
    assert call("change_email", alice, email=email) == {"error": error}
    _log_in(client, alice.email, alice.password)


def test_the_letter_case_of_the_own_address_may_change(client, call, alice):
    assert call("change_email", alice, email=alice.email.upper()) == SUCCESS


def test_the_address_shows_nowhere(client, alice):
    assert alice.email not in client.get("/api/v1/accounts/verify_credentials", auth=alice).text


# --- change_password


def test_a_new_password_ends_every_token_and_session(client, make_client, call, alice, sql):
    sql("insert into password_resets (token_hash, account_id) values ('x', %s)", alice.id)
    browser = make_client(base_url="http://localhost")
    browser.post("/login", {"name": "alice", "password": alice.password}, status=302)
    browser.get("/api/v1/accounts/verify_credentials", status=200)
    new = {"new_password": " ny:passwörd ", "new_password_confirmation": " ny:passwörd "}
    assert call("change_password", alice, **new) == SUCCESS
    client.get("/api/v1/accounts/verify_credentials", auth=alice, status=403)
    browser.get("/api/v1/accounts/verify_credentials", status=403)
    for table in ("tokens", "authorization_codes", "sessions", "password_resets"):
        assert sql(f"select * from {table}") == []
    _log_in(client, "alice", alice.password, status=403)
    client.authorization = None
    app = client.post("/api/v1/apps", {"client_name": "a", "redirect_uris": "a:/"}).json
    parameters = {"grant_type": "password", "client_id": app["client_id"], "client_secret": app["client_secret"]}
    client.post("/oauth/token", {**parameters, "username": "alice", "password": " ny:passwörd "}, status=200)


@pytest.mark.parametrize(
    ("new", "again", "error"),
    [("", "", "New password can't be blank."), (None, None, "New password can't be blank."),
     ("a", "b", "New password does not match confirmation."), ("a", None, "New password does not match confirmation."),
     ("x" * 1001, "x" * 1001, "New password should be at most 1000 character(s).")],
)  # fmt: skip
def test_a_new_password_that_does_not_fit_is_told(client, call, alice, new, again, error):
    assert call("change_password", alice, new_password=new, new_password_confirmation=again) == {"error": error}
    _log_in(client, "alice", alice.password)


def test_a_new_password_lifts_the_mark_that_one_is_required(call, alice, sql):
    sql("update users set password_reset_required = true")
    assert call("change_password", alice, new_password="n", new_password_confirmation="n") == SUCCESS
    assert sql("select password_reset_required from users") == [(False,)]


# --- disable_account


def test_a_disabled_account_cannot_log_in_by_any_way(client, make_client, call, run_jobs, alice):
    browser = make_client(base_url="http://localhost")
    browser.post("/login", {"name": "alice", "password": alice.password}, status=302)
    assert call("disable_account", alice) == SUCCESS
    run_jobs()
    expected = {"error": "Invalid credentials."}
    assert client.get("/api/v1/accounts/verify_credentials", auth=alice, status=403).json == expected
    assert browser.get("/api/v1/accounts/verify_credentials", status=403).json == expected
    assert _log_in(client, "alice", alice.password, status=403) == expected
    page = client.post("/login", {"name": "alice", "password": alice.password}, status=403)
    assert "Your account is currently disabled" in page.text


@pytest.mark.parametrize("route", ["disable_account", "delete_account"])
def test_nobody_waits_for_a_job_to_be_logged_out(client, make_client, call, alice, sql, route):
    browser = make_client(base_url="http://localhost")
    browser.post("/login", {"name": "alice", "password": alice.password}, status=302)
    assert call(route, alice) == SUCCESS
    client.get("/api/v1/accounts/verify_credentials", auth=alice, status=403)
    browser.get("/api/v1/accounts/verify_credentials", status=403)
    _log_in(client, "alice", alice.password, status=403)
    client.get(f"/api/v1/accounts/{alice.id}", status=404)
    for table in ("tokens", "authorization_codes", "sessions", "password_resets"):
        assert sql(f"select * from {table}") == []


def test_a_deletion_leaves_the_rest_to_a_job(call, alice, sql):
    call("delete_account", alice)
    assert sql("select queue_name, task_name, args from procrastinate_jobs") == [
        ("background", "delete_account", {"account_id": alice.id})
    ]


@pytest.fixture
def counters(client):
    """Followers and followed accounts that somebody shows, which must be as many as are listed."""

    def read(person):
        account = client.get(f"/api/v1/accounts/{person.id}", auth=person, status=200).json
        shown = (account["followers_count"], account["following_count"])
        listed = tuple(
            len(client.get(f"/api/v1/accounts/{person.id}/{relation}", status=200).json)
            for relation in ("followers", "following")
        )
        assert shown == listed
        return shown

    return read


@pytest.fixture
def follow(client):
    """Lets somebody follow somebody."""
    return lambda follower, followed: client.post(f"/api/v1/accounts/{followed.id}/follow", auth=follower, status=200)


def _deactivate(person):
    with db.in_transaction() as connection:
        return lifecycle.deactivate(connection, person.id)


def _activate(person):
    with db.in_transaction() as connection:
        return lifecycle.activate(connection, person.id)


def test_others_do_not_count_a_disabled_account(client, call, run_jobs, follow, counters, alice, bob, carol):
    follow(alice, bob)
    follow(bob, alice)
    follow(carol, bob)
    follow(carol, alice)
    assert counters(bob) == (2, 1)
    call("disable_account", alice)
    run_jobs()
    assert counters(bob) == (1, 0)
    assert counters(carol) == (0, 1)
    assert _activate(alice) is True
    assert counters(bob) == (2, 1)
    assert counters(carol) == (0, 2)
    assert counters(alice) == (2, 1)


def test_doing_it_again_counts_nothing_twice(follow, counters, alice, bob):
    follow(alice, bob)
    follow(bob, alice)
    assert [_deactivate(alice), _deactivate(alice)] == [True, False]
    assert counters(bob) == (0, 0)
    assert [_activate(alice), _activate(alice)] == [True, False]
    assert counters(bob) == (1, 1)


def test_a_follow_that_ends_meanwhile_is_not_counted_later(client, follow, counters, alice, bob, carol):
    follow(alice, bob)
    follow(bob, alice)
    follow(carol, bob)
    _deactivate(alice)
    client.post(f"/api/v1/accounts/{alice.id}/unfollow", auth=bob, status=200)
    assert counters(bob) == (1, 0)
    _activate(alice)
    assert counters(bob) == (2, 0)
    assert counters(alice) == (0, 1)


def test_two_who_are_disabled_come_back_in_any_order(follow, counters, alice, bob, carol):
    for follower, followed in ((alice, bob), (bob, alice), (carol, alice), (alice, carol)):
        follow(follower, followed)
    _deactivate(alice)
    _deactivate(bob)
    assert counters(carol) == (0, 0)
    _activate(alice)
    assert counters(alice) == (1, 1)
    _activate(bob)
    assert counters(alice) == (2, 2)
    assert counters(bob) == (1, 1)


def test_what_a_disabled_account_wrote_is_hidden_and_comes_back(client, call, run_jobs, post, alice, bob):
    status = post(alice, "hello @bob")
    call("disable_account", alice)
    run_jobs()
    client.get(f"/api/v1/statuses/{status['id']}", auth=bob, status=404)
    assert client.get("/api/v1/timelines/public", status=200).json == []
    assert client.get("/api/v1/notifications", auth=bob, status=200).json == []
    client.get(f"/api/v1/accounts/{alice.id}", auth=bob, status=404)
    _activate(alice)
    client.get(f"/api/v1/statuses/{status['id']}", auth=bob, status=200)
    _log_in(client, "alice", alice.password)
    assert len(client.get("/api/v1/notifications", auth=bob, status=200).json) == 1


# --- delete_account

# Tables in which an account may leave something.
TRACES = {
    "accounts": "id", "users": "account_id", "tokens": "account_id", "sessions": "account_id", "statuses": "account_id",
    "interactions": "account_id", "notifications": "from_account_id", "follows": "follower_id", "media": "account_id",
    "participations": "account_id", "participation_recipients": "account_id", "direct_statuses": "account_id",
    "blocks": "target_id", "list_members": "account_id", "password_resets": "account_id",
    "push_subscriptions": "account_id",
}  # fmt: skip


def _traces(sql, person):
    return [name for name, column in TRACES.items() if sql(f"select 1 from {name} where {column} = %s", person.id)]


def test_a_deleted_account_is_gone(client, call, run_jobs, post, follow, counters, alice, bob, sql):
    status = post(alice, "hello @bob")
    follow(alice, bob)
    follow(bob, alice)
    assert call("delete_account", alice) == SUCCESS
    run_jobs()
    client.get("/api/v1/accounts/verify_credentials", auth=alice, status=403)
    _log_in(client, "alice", alice.password, status=403)
    assert client.get(f"/api/v1/accounts/{alice.id}", status=404).json == {"error": "Can't find user"}
    client.get(f"/api/v1/statuses/{status['id']}", auth=bob, status=404)
    assert client.get("/api/v1/timelines/home", auth=bob, status=200).json == []
    assert client.get("/api/v1/notifications", auth=bob, status=200).json == []
    assert counters(bob) == (0, 0)
    assert _traces(sql, alice) == []


def test_counters_of_others_statuses_go_down(client, run_jobs, call, post, alice, bob, carol):
    status = post(bob, "mine")
    for person in (alice, carol):
        client.post(f"/api/v1/statuses/{status['id']}/favourite", auth=person, status=200)
        client.post(f"/api/v1/statuses/{status['id']}/reblog", auth=person, status=200)
        post(person, "yes", in_reply_to_id=status["id"])
    post(alice, "again", in_reply_to_id=status["id"])
    call("delete_account", alice)
    run_jobs()
    left = client.get(f"/api/v1/statuses/{status['id']}", status=200).json
    assert (left["favourites_count"], left["reblogs_count"], left["replies_count"]) == (1, 1, 1)
    for who in ("favourited_by", "reblogged_by"):
        accounts = client.get(f"/api/v1/statuses/{status['id']}/{who}", status=200).json
        assert [account["username"] for account in accounts] == ["carol"]


def test_threads_of_own_answers_and_reblogs_of_own_statuses_go_too(client, run_jobs, call, post, alice, bob, sql):
    first = post(alice, "one")
    second = post(alice, "two", in_reply_to_id=first["id"])
    answer = post(bob, "three", in_reply_to_id=second["id"])
    client.post(f"/api/v1/statuses/{first['id']}/reblog", auth=alice, status=200)
    client.post(f"/api/v1/statuses/{first['id']}/reblog", auth=bob, status=200)
    client.post(f"/api/v1/statuses/{first['id']}/bookmark", auth=bob, status=200)
    call("delete_account", alice)
    run_jobs()
    assert sql("select id from statuses") == [(int(answer["id"]),)]
    left = client.get(f"/api/v1/statuses/{answer['id']}", status=200).json
    assert (left["in_reply_to_id"], left["in_reply_to_account_id"]) == (None, None)
    assert client.get("/api/v1/bookmarks", auth=bob, status=200).json == []
    assert _traces(sql, alice) == []


def test_conversations_stay_for_the_others(client, run_jobs, call, post, alice, bob, carol):
    first = post(bob, "@alice @carol one", visibility="direct")
    post(alice, "@bob @carol two", visibility="direct", in_reply_to_id=first["id"])
    post(alice, "@bob only", visibility="direct")
    assert len(client.get("/api/v1/conversations", auth=bob).json) == 2
    call("delete_account", alice)
    run_jobs()
    (conversation,) = client.get("/api/v1/conversations", auth=bob, status=200).json
    assert conversation["last_status"]["id"] == first["id"]
    assert conversation["last_status"]["account"]["username"] == "bob"
    assert [account["username"] for account in conversation["accounts"]] == ["carol"]
    (conversation,) = client.get("/api/v1/conversations", auth=carol, status=200).json
    assert [account["username"] for account in conversation["accounts"]] == ["bob"]


def _upload_everything(client, person):
    """Give a person an avatar, a header, a background, a mascot, and one upload in a status and one that nothing uses.

    Returns the paths of the files.
    """
    pictures = {"update_avatar": "img", "update_banner": "banner", "update_background": "img"}
    urls = [
        client.patch(
            f"/api/v1/pleroma/accounts/{name}", upload_files=[(field, "x.png", png())], auth=person, status=200
        ).json["url"]
        for name, field in pictures.items()
    ]
    files = [("file", "x.png", png(2000, 1000))]
    used, unused = (client.post("/api/v1/media", upload_files=files, auth=person, status=200).json for _ in range(2))
    client.post("/api/v1/statuses", {"media_ids[]": used["id"]}, auth=person, status=200)
    mascot = client.put("/api/v1/pleroma/mascot", upload_files=files, auth=person, status=200).json
    urls += [media[key] for media in (used, unused, mascot) for key in ("url", "preview_url")]
    assert len(set(urls)) == 9
    return [url.removeprefix("https://pleroma.example") for url in urls]


def test_the_files_of_an_account_go_right_behind_it(client, run_jobs, call, alice, bob):
    files, kept = _upload_everything(client, alice), _upload_everything(client, bob)
    for path in (*files, *kept):
        client.get(path, status=200)
    call("delete_account", alice)
    run_jobs()
    for path in files:
        client.get(path, status=404)
    for path in kept:
        client.get(path, status=200)


def test_a_nickname_is_free_after_the_deletion(client, run_jobs, call, alice):
    call("delete_account", alice)
    run_jobs()
    new = {"nickname": "alice", "fullname": "A", "email": alice.email, "password": "p", "confirm": "p"}
    client.post("/api/account/register", new, status=200)


def test_a_deletion_works_in_batches_and_goes_on_after_a_crash(
    client, post, follow, counters, alice, bob, sql, monkeypatch
):
    monkeypatch.setattr(lifecycle, "_BATCH", 2)
    follow(bob, alice)
    parent = post(bob, "mine")
    client.post(f"/api/v1/statuses/{parent['id']}/favourite", auth=alice, status=200)
    client.post(f"/api/v1/statuses/{parent['id']}/reblog", auth=alice, status=200)
    for number in range(7):
        post(alice, f"@bob {number}", in_reply_to_id=parent["id"])
    steps, batches = lifecycle._STEPS, []

    def crashing(connection, account_id):
        if len(batches) == 2:
            raise ConnectionError
        batches.append(account_id)
        return steps[1](connection, account_id)

    monkeypatch.setattr(lifecycle, "_STEPS", (steps[0], crashing))
    with pytest.raises(ConnectionError):
        lifecycle.delete_account(alice.id)
    assert sql("select count(*) from statuses where account_id = %s", alice.id) == [(4,)]
    assert counters(bob) == (0, 0)
    client.get(f"/api/v1/accounts/{alice.id}", status=404)
    monkeypatch.setattr(lifecycle, "_STEPS", steps)
    lifecycle.delete_account(alice.id)
    assert _traces(sql, alice) == []
    assert counters(bob) == (0, 0)
    left = client.get(f"/api/v1/statuses/{parent['id']}", status=200).json
    assert (left["favourites_count"], left["reblogs_count"], left["replies_count"]) == (0, 0, 0)


def test_a_deletion_that_runs_again_does_no_harm(call, run_jobs, alice, bob, sql):
    call("delete_account", alice)
    with db.in_transaction() as connection:
        lifecycle.begin_deletion(connection, alice.id)
    run_jobs()
    lifecycle.delete_account(alice.id)
    assert sql("select nickname from accounts") == [("bob",)]
    assert {status for (status,) in sql("select status from procrastinate_jobs")} == {"succeeded"}
