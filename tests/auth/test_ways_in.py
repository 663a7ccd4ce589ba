"""Whatever lets somebody in as an account ends when its password, its address or its state changes, in every way."""

import concurrent.futures
import hashlib
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from pleroma import auth, db
from pleroma.accounts import administration, lifecycle
from pleroma.auth import logins
from pleroma.db import queries

USERS = "/api/pleroma/admin/users"
RESET = "/api/pleroma/password_reset"
CREDENTIALS = "/api/v1/accounts/verify_credentials"
CALLBACK = "https://app.example/callback"
NEW = "a new password"


@pytest.fixture
def root(person):
    """The administrator."""
    return person("root", admin=True)


@pytest.fixture
def app(client):
    """An app that may do everything."""
    parameters = {"client_name": "App", "redirect_uris": CALLBACK, "scopes": "read write follow push"}
    return client.post_json("/api/v1/apps", parameters, status=200).json


@pytest.fixture
def browser(make_client, alice):
    """Alice's browser, with a session."""
    browser = make_client(base_url="http://localhost")
    browser.post("/login", {"name": alice.nickname, "password": alice.password}, status=302)
    browser.get(CREDENTIALS, status=200)
    return browser


def _login(app, person, password=None):
    fields = {"client_id": app["client_id"], "response_type": "code", "redirect_uri": CALLBACK}
    fields |= {"name": person.nickname, "password": password or person.password}
    return {f"authorization[{name}]": value for name, value in fields.items()}


def _code(client, app, person):
    answer = client.post("/oauth/authorize", _login(app, person), status=302)
    return parse_qs(urlsplit(answer.location).query)["code"][0]


def _exchange(app, code):
    kept = {name: app[name] for name in ("client_id", "client_secret")}
    return {"grant_type": "authorization_code", **kept, "code": code, "redirect_uri": CALLBACK}


@pytest.fixture
def reset_links(client, root, sql):
    """The tokens of two reset links of somebody: one that is mailed, one from an administrator."""

    def make(person):
        client.post("/auth/password", {"email": person.email}, status=204)
        ((mail,),) = sql("select args from procrastinate_jobs where task_name = 'send_mail' order by id desc limit 1")
        given = client.get(f"{USERS}/{person.nickname}/password_reset", auth=root, status=200).json
        return [mail["values"]["token"], given["token"]]

    return make


def _reset(client, token):
    data = {"data[password]": NEW, "data[password_confirmation]": NEW, "data[token]": token}
    return client.post(RESET, data, status=200)


def _change(path, **parameters):
    def change(client, root, alice, settings, links):
        answer = client.post(f"/api/pleroma/{path}", {"password": alice.password, **parameters}, auth=alice, status=200)
        assert answer.json == {"status": "success"}

    return change


def _by_link(client, root, alice, settings, links):
    assert "Password changed!" in _reset(client, links.pop()).text


def _by_command(work):
    def change(client, root, alice, settings, links):
        with db.in_transaction() as connection:
            work(connection, alice.id)

    return change


def _force(client, root, alice, settings, links):
    client.patch(f"{USERS}/alice/force_password_reset", auth=root, status=204)


def _deactivate(client, root, alice, settings, links):
    for _ in range(2):
        client.patch(f"{USERS}/alice/toggle_activation", auth=root, status=200)


def _disable(client, root, alice, settings, links):
    _change("disable_account")(client, root, alice, settings, links)
    client.patch(f"{USERS}/alice/toggle_activation", auth=root, status=200)


NEW_ADDRESS = {
    "change_email": _change("change_email", email="new@mail.example"),
    "user set email": _by_command(
        lambda connection, who: administration.change(connection, who, {"email": "new@mail.example"})
    ),
}
NEW_LOGIN = {
    "change_password": _change("change_password", new_password=NEW, new_password_confirmation=NEW),
    "a reset link": _by_link,
    "user reset-password": _by_command(lambda connection, who: administration.set_password(connection, who, NEW)),
    "force_password_reset": _force,
    "deactivation and activation": _deactivate,
    "disable_account and activation": _disable,
    "user deactivate and activate": _by_command(
        lambda connection, who: [administration.set_active(connection, who, active) for active in (False, True)]
    ),
}  # fmt: skip


@pytest.mark.parametrize("change", [*NEW_ADDRESS, *NEW_LOGIN])
def test_every_reset_link_and_code_ends(client, app, root, alice, settings, reset_links, change):
    links, code = reset_links(alice), _code(client, app, alice)
    {**NEW_ADDRESS, **NEW_LOGIN}[change](client, root, alice, settings, links)
    for link in links:
        assert "Invalid Token" in client.get(f"{RESET}/{link}", status=200).text
        assert "Password reset failed" in _reset(client, link).text
    client.post("/oauth/token", _exchange(app, code), status=400)


@pytest.mark.parametrize("change", NEW_LOGIN)
def test_every_token_and_session_ends(client, app, root, browser, alice, settings, reset_links, change):
    granted = client.post("/oauth/token", _exchange(app, _code(client, app, alice)), status=200).json
    NEW_LOGIN[change](client, root, alice, settings, reset_links(alice))
    for token in (alice.token, granted["access_token"]):
        client.get(CREDENTIALS, auth=token, status=403)
    browser.get(CREDENTIALS, status=403)
    again = {"grant_type": "refresh_token", "refresh_token": granted["refresh_token"]}
    client.post("/oauth/token", {**_exchange(app, ""), **again}, status=400)


@pytest.mark.parametrize("change", NEW_ADDRESS)
def test_a_new_address_leaves_tokens_and_sessions(client, app, root, browser, alice, settings, change):
    granted = client.post("/oauth/token", _exchange(app, _code(client, app, alice)), status=200).json
    NEW_ADDRESS[change](client, root, alice, settings, [])
    browser.get(CREDENTIALS, status=200)
    client.get(CREDENTIALS, auth=alice, status=200)
    again = {"grant_type": "refresh_token", "refresh_token": granted["refresh_token"]}
    client.post("/oauth/token", {**_exchange(app, ""), **again}, status=200)
    assert len(client.get("/api/oauth_tokens", auth=alice).json) >= 2


def test_a_confirmation_link_of_the_old_address_ends(make_client, sql, settings):
    client = make_client(account_activation_required=True)
    new = {"nickname": "dora", "fullname": "Dora", "email": "dora@mail.example", "password": "p", "confirm": "p"}
    client.post("/api/account/register", new, status=200)
    ((mail,),) = sql("select args from procrastinate_jobs where task_name = 'send_mail'")
    values = mail["values"]
    with db.in_transaction() as connection:
        administration.change(connection, values["account_id"], {"email": "new@mail.example"})
    client.get(f"/api/account/confirm_email/{values['account_id']}/{values['token']}", status=404)


def test_a_code_that_is_used_twice_ends_its_token(client, app, alice):
    code = _code(client, app, alice)
    granted = client.post("/oauth/token", _exchange(app, code), status=200).json
    other = client.post("/oauth/token", _exchange(app, _code(client, app, alice)), status=200).json
    again = {"grant_type": "refresh_token", "refresh_token": granted["refresh_token"]}
    renewed = client.post("/oauth/token", {**_exchange(app, ""), **again}, status=200).json
    client.post("/oauth/token", _exchange(app, code), status=400)
    client.get(CREDENTIALS, auth=renewed["access_token"], status=403)
    client.post("/oauth/token", {**_exchange(app, ""), **again, "refresh_token": renewed["refresh_token"]}, status=400)
    client.get(CREDENTIALS, auth=other["access_token"], status=200)


def test_a_code_that_is_refused_at_first_still_gets_its_token(client, app, alice):
    code = _code(client, app, alice)
    client.post("/oauth/token", {**_exchange(app, code), "redirect_uri": ""}, status=400)
    granted = client.post("/oauth/token", _exchange(app, code), status=200).json
    client.get(CREDENTIALS, auth=granted["access_token"], status=200)


# --- At the same moment


@pytest.fixture
def changed_meanwhile(monkeypatch):
    """Lets a password be set after one was found right, and before that has had a consequence: for once the same."""
    check = logins.check

    def check_too_early(name, password):
        user = check(name, password)
        with db.scope(), db.in_transaction() as connection:
            administration.set_password(connection, user.account_id, password)
        return user

    monkeypatch.setattr(logins, "check", check_too_early)


def test_a_login_that_a_new_password_overtakes_opens_nothing(client, make_client, app, alice, changed_meanwhile):
    kept = {name: app[name] for name in ("client_id", "client_secret")}
    sent = {"grant_type": "password", **kept, "username": "alice", "password": alice.password}
    token = client.post("/oauth/token", sent, status=200).json["access_token"]
    client.get(CREDENTIALS, auth=token, status=403)
    client.post("/oauth/token", _exchange(app, _code(client, app, alice)), status=400)
    browser = make_client(base_url="http://localhost")
    browser.post("/login", {"name": "alice", "password": alice.password}, status=302)
    browser.get(CREDENTIALS, status=403)


@pytest.mark.parametrize("end", [
    lambda connection, who: administration.set_password(connection, who, NEW),
    lambda connection, who: queries.admin_users.require_password_reset(connection, account_ids=[who]),
    lifecycle.deactivate,
], ids=["a new password", "a forced reset", "a deactivation"])  # fmt: skip
def test_a_code_that_is_being_redeemed_meanwhile_opens_nothing(client, app, alice, database_url, end):
    code, token = _code(client, app, alice), "token"

    def end_it():
        with db.in_transaction() as connection:
            end(connection, alice.id)
            lifecycle.activate(connection, alice.id)

    with (
        psycopg.connect(database_url, autocommit=True) as connection,
        concurrent.futures.ThreadPoolExecutor(1) as pool,
    ):
        with connection.transaction():
            redeemed = queries.oauth.redeem(
                connection,
                client_id=app["client_id"],
                client_secret_hash=hashlib.sha256(app["client_secret"].encode()).digest(),
                code_hash=auth.token_hash(code),
                redirect_uri=CALLBACK,
                code_challenge="",
                token_hash=auth.token_hash(token),
                refresh_hash=auth.token_hash("refresh"),
                confirmation_required="false",
            )
            assert redeemed is not None
            ended = pool.submit(end_it)
            waiting = "select from pg_stat_activity where wait_event_type = 'Lock' and pid <> pg_backend_pid()"
            while not ended.done() and connection.execute(waiting).fetchone() is None:
                continue
        ended.result(10)
    client.get(CREDENTIALS, auth=token, status=403)


def test_two_links_at_once_set_one_password(make_client, alice, reset_links):
    links = reset_links(alice)

    def use(number):
        data = {
            "data[password]": f"p{number}",
            "data[password_confirmation]": f"p{number}",
            "data[token]": links[number],
        }
        return make_client().post(RESET, data, status=200).text

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        pages = list(pool.map(use, range(2)))
    assert sum("Password changed!" in page for page in pages) == 1
