"""Ways around the second factor, none of which leads anywhere, and the limits on guessing (docs/api/pleroma.md 9.5)."""

import dataclasses
from urllib.parse import parse_qs, urlsplit

import pytest

from pleroma import db
from pleroma.accounts import administration
from pleroma.auth import logins
from tests.authenticator import challenge, credentials, page_fields, password_grant, wait

CALLBACK = "https://app.example/callback"
CREDENTIALS = "/api/v1/accounts/verify_credentials"
INVALID_CODE = {"error": "Invalid code"}
REASON = (
    "This account has a second factor, so its password alone is not enough: "
    "log in with a code and use the token that you get"
)


def _basic(client, login, password, path=CREDENTIALS, status=None, **options):
    client.authorization = ("Basic", (login, password))
    try:
        return client.get(path, status=status, **options)
    finally:
        client.authorization = None


def _from(number):
    return {"X-Forwarded-For": f"192.0.2.{number}"}


# --- HTTP Basic


@pytest.mark.parametrize("path", [CREDENTIALS, "/api/v1/timelines/public", "/api/v1/timelines/home"])
@pytest.mark.parametrize("login", ["alice", "ALICE@mail.example"])
def test_basic_with_the_right_password_is_refused_with_the_reason(client, alice, authenticator, path, login):
    assert _basic(client, login, alice.password, path, 403).json == {"error": REASON}


def test_basic_is_refused_from_the_moment_on(client, alice, set_up):
    _basic(client, "alice", alice.password, status=200)
    set_up(alice)
    _basic(client, "alice", alice.password, status=403)


def test_basic_counts_again_when_it_has_ended(client, alice, authenticator):
    client.delete("/api/pleroma/accounts/mfa/totp", {"password": alice.password}, auth=alice, status=200)
    _basic(client, "alice", alice.password, status=200)


def test_nothing_shows_who_has_one_to_those_who_guess(client, app, alice, bob, authenticator):
    def answers(person):
        wrong = dataclasses.replace(person, password="wrong")
        pages = [
            client.post("/oauth/token", password_grant(app, wrong), expect_errors=True),
            client.post("/login", {"name": wrong.nickname, "password": "wrong"}, expect_errors=True),
            client.post("/oauth/authorize", page_fields(app, wrong), expect_errors=True),
            _basic(client, wrong.nickname, "wrong", expect_errors=True),
            _basic(client, wrong.nickname, "wrong", "/api/v1/timelines/public", expect_errors=True),
        ]
        return [(page.status_code, page.text.replace(person.nickname, "")) for page in pages]

    assert answers(alice) == answers(bob)


@pytest.mark.parametrize("route", ["delete_account", "disable_account", "change_email", "change_password"])
def test_what_takes_a_password_takes_a_login_too(client, alice, authenticator, route):
    sent = {"password": alice.password, "email": "new@mail.example"}
    sent |= {"new_password": "new", "new_password_confirmation": "new"}
    client.authorization = ("Basic", (alice.nickname, alice.password))
    assert client.post(f"/api/pleroma/{route}", sent, status=403).json == {"error": REASON}
    client.authorization = None
    answer = client.post(f"/api/pleroma/{route}", sent, auth=alice, status=200)
    assert answer.json == {"status": "success"}


def test_a_reset_by_mail_leaves_the_second_factor(client, app, alice, authenticator, sql):
    client.post("/auth/password", {"email": alice.email}, status=204)
    ((mail,),) = sql("select args from procrastinate_jobs where task_name = 'send_mail'")
    data = {"data[password]": "new", "data[password_confirmation]": "new", "data[token]": mail["values"]["token"]}
    page = client.post("/api/pleroma/password_reset", data, status=200)
    assert "Password changed!" in page.text and "Set-Cookie" not in page.headers
    renewed = dataclasses.replace(alice, password="new")
    _basic(client, "alice", "new", status=403)
    challenge(client, app, wait(client, app, renewed), authenticator.next_code())


def test_who_registers_has_none(client):
    new = {"nickname": "dora", "fullname": "Dora", "email": "dora@mail.example", "password": "p", "confirm": "p"}
    client.post("/api/account/register", new, status=200)
    _basic(client, "dora", "p", status=200)


# --- What ends a login that waits


def _change_password(client, root, alice):
    sent = {"password": alice.password, "new_password": "new", "new_password_confirmation": "new"}
    client.post("/api/pleroma/change_password", sent, auth=alice, status=200)


def _change_email(client, root, alice):
    sent = {"password": alice.password, "email": "new@mail.example"}
    client.post("/api/pleroma/change_email", sent, auth=alice, status=200)


def _force_reset(client, root, alice):
    client.patch("/api/pleroma/admin/users/alice/force_password_reset", auth=root, status=204)


def _deactivate(client, root, alice):
    for _ in range(2):
        client.patch("/api/pleroma/admin/users/alice/toggle_activation", auth=root, status=200)


def _end_it(client, root, alice):
    client.delete("/api/pleroma/accounts/mfa/totp", {"password": alice.password}, auth=alice, status=200)


def _administrator(client, root, alice):
    client.put("/api/pleroma/admin/users/disable_mfa", {"nickname": "alice"}, auth=root, status=200)


def _command(client, root, alice):
    with db.in_transaction() as connection:
        administration.set_password(connection, alice.id, "new")


@pytest.mark.parametrize(
    "change", [_change_password, _change_email, _force_reset, _deactivate, _end_it, _administrator, _command]
)
def test_what_changes_the_account_ends_the_login_that_waits(client, person, app, alice, authenticator, sql, change):
    token = wait(client, app, alice)
    change(client, person("root", admin=True), alice)
    assert sql("select 1 from waiting_logins") == []
    assert challenge(client, app, token, authenticator.next_code(), 400) == INVALID_CODE


def test_somebody_who_is_not_there_does_not_finish_a_login(client, app, alice, authenticator, sql):
    token = wait(client, app, alice)
    sql("update accounts set active = false where id = %s", alice.id)
    assert challenge(client, app, token, authenticator.next_code(), 400) == INVALID_CODE


@pytest.mark.parametrize("state", ["active = false", "confirmed = false"])
def test_who_may_not_log_in_is_asked_for_no_code(make_client, app, alice, authenticator, sql, state):
    client = make_client(account_activation_required=True)
    sql(f"update accounts set {state} where id = %s", alice.id)
    assert "identifier" in client.post("/oauth/token", password_grant(app, alice), status=403).json
    assert _basic(client, "alice", alice.password, status=403).json == {"error": "Invalid credentials."}


def _token_grant(browser, app, alice):
    token = browser.post("/oauth/token", password_grant(app, alice), status=200).json["access_token"]
    browser.get(CREDENTIALS, auth=token, status=403)


def _page_grant(browser, app, alice):
    answer = browser.post("/oauth/authorize", page_fields(app, alice), status=302)
    code = parse_qs(urlsplit(answer.location).query)["code"][0]
    sent = {"grant_type": "authorization_code", **credentials(app), "code": code, "redirect_uri": CALLBACK}
    browser.post("/oauth/token", sent, status=400)


def _log_in_page(browser, app, alice):
    browser.post("/login", {"name": "alice", "password": alice.password}, status=302)


@pytest.mark.parametrize("log_in", [_token_grant, _page_grant, _log_in_page])
def test_a_login_that_is_overtaken_by_the_second_factor_opens_nothing(
    make_client, app, alice, monkeypatch, set_up, log_in
):
    check = logins.check

    def check_too_early(name, password):
        user = check(name, password)
        with db.scope():
            set_up(alice)
        return user

    monkeypatch.setattr(logins, "check", check_too_early)
    browser = make_client(base_url="http://localhost")
    log_in(browser, app, alice)
    browser.get(CREDENTIALS, status=403)


# --- Limits on guessing


@pytest.fixture
def limited(make_client):
    """A client of a server with limits."""
    return make_client(rate_limits=True)


def test_from_one_address_an_account_has_ten_guesses_an_hour(limited, app, alice, authenticator, sql):
    token = wait(limited, app, alice)
    for _ in range(10):
        challenge(limited, app, token, authenticator.wrong_code(), 400)
    assert challenge(limited, app, token, authenticator.next_code(), 429) == {"error": "Throttled"}
    recovery = authenticator.recovery_codes[0]
    assert challenge(limited, app, token, recovery, 429, kind="recovery") == {"error": "Throttled"}
    limited.get(CREDENTIALS, auth=alice, status=200)
    sql("update rate_limits set ends_at = now()")
    challenge(limited, app, token, authenticator.next_code())


def test_new_logins_give_no_new_guesses(limited, app, alice, authenticator, sql):
    for _ in range(10):
        challenge(limited, app, wait(limited, app, alice), authenticator.wrong_code(), 400)
        sql("delete from rate_limits where key like 'login:%%'")
    challenge(limited, app, wait(limited, app, alice), authenticator.next_code(), status=429)


def _guess(client, app, token, code, number, status):
    sent = {**credentials(app), "mfa_token": token, "code": code, "challenge_type": "totp"}
    client.post("/oauth/mfa/challenge", sent, headers=_from(number), status=status)


def test_from_all_addresses_an_account_has_twenty_guesses_an_hour(limited, app, alice, authenticator):
    token = wait(limited, app, alice)
    for number in range(20):
        _guess(limited, app, token, authenticator.wrong_code(), number, status=400)
    _guess(limited, app, token, authenticator.next_code(), 20, status=429)


def test_from_all_addresses_an_account_has_sixty_guesses_a_day(limited, app, alice, authenticator, sql):
    token = wait(limited, app, alice)
    for number in range(60):
        if number % 20 == 0:
            # An hour is over.
            sql("delete from rate_limits where ends_at < now() + interval '2 hours'")
        _guess(limited, app, token, authenticator.wrong_code(), number, status=400)
    sql("delete from rate_limits where ends_at < now() + interval '2 hours'")
    _guess(limited, app, token, authenticator.next_code(), 60, status=429)


def test_one_address_has_a_hundred_guesses_at_all_accounts(limited, app, alice, authenticator, sql):
    token = wait(limited, app, alice)
    sql(
        "insert into rate_limits (key, hits, ends_at) values ('code:127.0.0.1', 100, now() + interval '1 hour')"
        " on conflict (key) do update set hits = 100"
    )
    challenge(limited, app, token, authenticator.next_code(), status=429)


def test_guesses_on_the_pages_count_too(limited, app, alice, authenticator):
    login = limited.post("/login", {"name": "alice", "password": alice.password}, status=200).forms[0]
    login["code"] = authenticator.wrong_code()
    page = limited.post("/oauth/authorize", page_fields(app, alice), status=200).forms[0]
    page["authorization[code]"] = authenticator.wrong_code()
    for _ in range(5):
        login.submit(status=401)
        page.submit(status=401)
    login["code"] = page["authorization[code]"] = authenticator.next_code()
    refused = login.submit(headers={"Accept": "text/html"}, status=429)
    assert "Throttled" in refused.text and "Set-Cookie" not in refused.headers
    page.submit(status=429)


def test_right_codes_do_not_count(limited, app, alice, authenticator, sql):
    for number in range(25):
        waiting = limited.post("/oauth/token", password_grant(app, alice), headers=_from(number), status=403).json
        sent = {**credentials(app), "mfa_token": waiting["mfa_token"], "code": authenticator.next_code()}
        limited.post("/oauth/mfa/challenge", sent, headers=_from(number), status=200)
    assert sql("select max(hits) from rate_limits where key like 'code%%'") == [(0,)]


def test_guesses_from_other_addresses_are_limited_to_fifteen_a_minute_each(limited, app, alice, authenticator):
    sent = {**credentials(app), "mfa_token": "x", "code": "x", "challenge_type": "totp"}
    for _ in range(15):
        limited.post("/oauth/mfa/challenge", sent, status=400)
    limited.post("/oauth/mfa/challenge", sent, status=429)
