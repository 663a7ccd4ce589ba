"""Logging in where the password is not enough: tokens, codes and pages (docs/api/pleroma.md 9.5)."""

import concurrent.futures
from urllib.parse import parse_qs, urlsplit

import pytest

from pleroma import db
from pleroma.db import queries
from tests.authenticator import challenge, credentials, page_fields, password_grant, wait

CALLBACK = "https://app.example/callback"
CREDENTIALS = "/api/v1/accounts/verify_credentials"
INVALID = {"error": "Invalid credentials"}
INVALID_CODE = {"error": "Invalid code"}


def _let_in(client, app, person, authenticator, **more):
    """The answer that the app gets from the page, once the code is given."""
    form = client.post("/oauth/authorize", page_fields(app, person, **more), status=200).forms[0]
    form["authorization[code]"] = authenticator.next_code()
    return form.submit(status=302).location


def _token_of_code(client, app, location):
    code = parse_qs(urlsplit(location).query)["code"][0]
    sent = {"grant_type": "authorization_code", **credentials(app), "code": code, "redirect_uri": CALLBACK}
    return client.post("/oauth/token", sent, status=200).json


# --- POST /oauth/token and /oauth/mfa/challenge


@pytest.mark.parametrize("send", ["post", "post_json"])
def test_a_token_takes_password_and_code(client, app, alice, authenticator, send):
    token = wait(client, app, alice, scope="read write:statuses")
    sent = {**credentials(app), "mfa_token": token, "code": authenticator.next_code(), "challenge_type": "totp"}
    granted = getattr(client, send)("/oauth/mfa/challenge", sent, status=200).json
    assert granted["scope"] == "read write:statuses"
    assert granted["me"] == "https://pleroma.example/users/alice"
    assert granted["token_type"] == "Bearer" and granted["refresh_token"]
    client.get(CREDENTIALS, auth=granted["access_token"], status=200)
    again = {"grant_type": "refresh_token", **credentials(app), "refresh_token": granted["refresh_token"]}
    client.post("/oauth/token", again, status=200)


def test_without_scopes_the_token_has_all_of_the_app(client, app, alice, authenticator):
    token = wait(client, app, alice)
    assert challenge(client, app, token, authenticator.next_code())["scope"] == "read write follow push"


def test_a_client_on_another_origin_reads_the_answers(client, app, alice, authenticator):
    sent = {**credentials(app), "mfa_token": wait(client, app, alice), "code": "", "challenge_type": "totp"}
    refused = client.post("/oauth/mfa/challenge", sent, status=400)
    assert refused.headers["Access-Control-Allow-Origin"] == "*"
    assert "no-store" in refused.headers["Cache-Control"]


def test_no_token_of_a_waiting_login_is_stored_in_the_clear_nor_lets_anybody_in(client, app, alice, authenticator, sql):
    token = wait(client, app, alice)
    assert token not in str(sql("select * from waiting_logins"))
    client.get(CREDENTIALS, auth=token, status=403)
    sent = {"grant_type": "authorization_code", **credentials(app), "code": token, "redirect_uri": CALLBACK}
    assert client.post("/oauth/token", sent, status=400).json == INVALID
    sent = {"grant_type": "refresh_token", **credentials(app), "refresh_token": token}
    assert client.post("/oauth/token", sent, status=400).json == INVALID


def test_a_wrong_code_gets_nothing_and_the_login_waits_on(client, app, alice, authenticator):
    token = wait(client, app, alice)
    wrong = [authenticator.wrong_code(), "", "x", "1" * 5000, "\0", "١٢٣٤٥٦", authenticator.recovery_codes[0]]
    for code in wrong:
        assert challenge(client, app, token, code, 400) == INVALID_CODE
    challenge(client, app, token, authenticator.next_code())


def test_only_the_kinds_that_there_are_count(client, app, alice, authenticator):
    token, code = wait(client, app, alice), authenticator.next_code()
    assert challenge(client, app, token, code, 400, kind="recovery") == INVALID_CODE
    assert challenge(client, app, token, code, 400, kind="sms") == INVALID_CODE
    assert challenge(client, app, token, authenticator.recovery_codes[0], 400, kind="sms") == INVALID_CODE
    challenge(client, app, token, code)


def test_a_waiting_login_is_good_once(client, app, alice, authenticator):
    token = wait(client, app, alice)
    challenge(client, app, token, authenticator.next_code())
    assert challenge(client, app, token, authenticator.next_code(), 400) == INVALID_CODE
    assert challenge(client, app, token, authenticator.recovery_codes[0], 400, kind="recovery") == INVALID_CODE


def test_a_waiting_login_is_good_for_five_minutes(client, app, alice, authenticator, sql):
    token = wait(client, app, alice)
    sql("update waiting_logins set created_at = now() - interval '290 seconds'")
    challenge(client, app, token, authenticator.next_code())
    token = wait(client, app, alice)
    sql("update waiting_logins set created_at = now() - interval '301 seconds'")
    assert challenge(client, app, token, authenticator.next_code(), 400) == INVALID_CODE
    assert len(sql("select 1 from waiting_logins")) == 1
    with db.in_transaction() as connection:
        queries.upkeep.remove_what_is_over(connection)
    assert sql("select 1 from waiting_logins") == []


def test_a_waiting_login_is_that_of_its_app(client, app, register_app, alice, authenticator):
    token, other = wait(client, app, alice), register_app()
    wrong_ones = [{"client_secret": "x"}, {"client_secret": ""}, {"client_id": ""}, {"client_id": "x"}]
    for wrong in (credentials(other), *wrong_ones):
        assert challenge(client, app, token, authenticator.next_code(), 400, **wrong) == INVALID_CODE
    browser = client.post("/login", {"mfa_token": token, "code": authenticator.next_code()}, status=401)
    assert "Set-Cookie" not in browser.headers
    page = client.post(
        "/oauth/authorize",
        page_fields(other, alice, mfa_token=token, code=authenticator.next_code(), password=""),
        status=401,
    )
    assert "Location" not in page.headers and "Set-Cookie" not in page.headers
    challenge(client, app, token, authenticator.next_code())


def test_a_login_on_our_own_page_is_for_no_app(client, app, alice, authenticator):
    page = client.post("/login", {"name": "alice", "password": alice.password}, status=200)
    token = page.forms[0]["mfa_token"].value
    assert challenge(client, app, token, authenticator.next_code(), 400) == INVALID_CODE
    for sent in ({"client_id": ""}, {"client_id": "", "client_secret": ""}):
        assert challenge(client, app, token, authenticator.next_code(), 400, **sent) == INVALID_CODE


@pytest.mark.parametrize("wrong", [{"client_secret": "x"}, {"client_id": "x"}, {"scope": "admin"}])
def test_nothing_waits_for_a_client_that_would_get_no_token(client, app, alice, authenticator, sql, wrong):
    assert client.post("/oauth/token", password_grant(app, alice, **wrong), status=400).json == INVALID
    assert sql("select 1 from waiting_logins") == []


# --- Codes


def test_a_code_counts_once(client, app, alice, authenticator):
    code = authenticator.next_code()
    challenge(client, app, wait(client, app, alice), code)
    token = wait(client, app, alice)
    assert challenge(client, app, token, code, 400) == INVALID_CODE
    assert challenge(client, app, token, authenticator.code(-1), 400) == INVALID_CODE
    challenge(client, app, token, authenticator.code(1))


def test_the_code_that_set_it_up_does_not_log_in(client, app, alice, authenticator):
    assert challenge(client, app, wait(client, app, alice), authenticator.code(), 400) == INVALID_CODE


@pytest.mark.parametrize(("drift", "status"), [(-2, 400), (-1, 200), (0, 200), (1, 200), (2, 400)])
def test_a_clock_may_be_a_step_off(client, app, alice, authenticator, clock, drift, status):
    clock.step += 10
    answer = challenge(client, app, wait(client, app, alice), authenticator.code(drift), status)
    assert ("access_token" in answer) == (status == 200)


def test_of_simultaneous_logins_with_one_code_one_wins(make_client, client, app, alice, authenticator):
    tokens, code = [wait(client, app, alice) for _ in range(6)], authenticator.next_code()

    def answer(token):
        sent = {**credentials(app), "mfa_token": token, "code": code, "challenge_type": "totp"}
        return make_client().post("/oauth/mfa/challenge", sent, expect_errors=True).status_code

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(answer, tokens)) == [200] + [400] * 5


def test_of_simultaneous_codes_for_one_login_one_wins(make_client, client, app, alice, authenticator, sql):
    token = wait(client, app, alice)

    def answer(code):
        sent = {**credentials(app), "mfa_token": token, "code": code, "challenge_type": "recovery"}
        return make_client().post("/oauth/mfa/challenge", sent, expect_errors=True).status_code

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(answer, authenticator.recovery_codes[:6])) == [200] + [400] * 5
    # The codes of those that came too late are still good.
    assert sql("select cardinality(recovery_codes) from second_factors") == [(9,)]


def test_each_recovery_code_counts_once(client, app, alice, authenticator):
    for code in authenticator.recovery_codes:
        challenge(client, app, wait(client, app, alice), code, kind="recovery")
        assert challenge(client, app, wait(client, app, alice), code, 400, kind="recovery") == INVALID_CODE


@pytest.mark.parametrize("typed", [str.upper, lambda code: code.replace("-", ""), lambda code: f" {code} "])
def test_a_recovery_code_may_be_typed_in_other_ways(client, app, alice, authenticator, typed):
    token = wait(client, app, alice)
    assert "access_token" in challenge(client, app, token, typed(authenticator.recovery_codes[0]), kind="recovery")


def test_new_recovery_codes_end_the_old_ones(client, app, alice, authenticator):
    new = client.get("/api/pleroma/accounts/mfa/backup_codes", auth=alice, status=200).json["codes"]
    token = wait(client, app, alice)
    for code in authenticator.recovery_codes:
        assert challenge(client, app, token, code, 400, kind="recovery") == INVALID_CODE
    challenge(client, app, token, new[0], kind="recovery")


def test_codes_are_those_of_the_account(client, app, alice, bob, authenticator, set_up):
    of_bob = set_up(bob)
    token = wait(client, app, alice)
    assert challenge(client, app, token, of_bob.next_code(), 400) == INVALID_CODE
    assert challenge(client, app, token, of_bob.recovery_codes[0], 400, kind="recovery") == INVALID_CODE


def test_under_another_secret_key_recovery_codes_still_log_in(make_client, client, app, alice, authenticator):
    other = make_client(secret_key="y" * 32)
    token = wait(other, app, alice)
    assert challenge(other, app, token, authenticator.next_code(), 400) == INVALID_CODE
    challenge(other, app, token, authenticator.recovery_codes[0], kind="recovery")


# --- Pages


def test_the_log_in_page_asks_for_the_code_on_a_second_page(browser, alice, authenticator):
    page = browser.post("/login", {"name": "alice", "password": alice.password}, status=200)
    assert "Set-Cookie" not in page.headers
    browser.get(CREDENTIALS, status=403)
    form = page.forms[0]
    assert form.action == "/login"
    assert form["code"].attrs["autocomplete"] == "one-time-code"
    assert page.html.find("label", attrs={"for": "code"})
    form["code"] = authenticator.next_code()
    assert form.submit(status=302).location == "/"
    assert browser.get(CREDENTIALS, status=200).json["username"] == "alice"


def test_the_page_takes_a_recovery_code(browser, alice, authenticator):
    form = browser.post("/login", {"name": "alice", "password": alice.password}, status=200).forms[0]
    form["code"] = authenticator.recovery_codes[0]
    form.submit(status=302)
    browser.get(CREDENTIALS, status=200)


def test_a_wrong_code_shows_the_second_page_again(browser, alice, authenticator):
    form = browser.post("/login", {"name": "alice", "password": alice.password}, status=200).forms[0]
    form["code"] = authenticator.wrong_code()
    page = form.submit(status=401)
    assert "Invalid code" in page.text and "Set-Cookie" not in page.headers
    page.forms[0]["code"] = authenticator.next_code()
    page.forms[0].submit(status=302)


def test_a_code_that_comes_too_late_begins_again(browser, alice, authenticator, sql):
    form = browser.post("/login", {"name": "alice", "password": alice.password}, status=200).forms[0]
    sql("update waiting_logins set created_at = now() - interval '301 seconds'")
    form["code"] = authenticator.next_code()
    page = form.submit(status=401)
    assert "Log in again" in page.text and "Set-Cookie" not in page.headers
    assert "password" in page.forms[0].fields


def test_the_page_that_lets_an_app_in_asks_for_the_code(browser, app, alice, authenticator):
    page = browser.post("/oauth/authorize", page_fields(app, alice, state="a b", scope="read"), status=200)
    assert "Set-Cookie" not in page.headers and "no-store" in page.headers["Cache-Control"]
    assert "authorization[password]" not in page.forms[0].fields
    page.forms[0]["authorization[code]"] = authenticator.wrong_code()
    page = page.forms[0].submit(status=401)
    page.forms[0]["authorization[code]"] = authenticator.next_code()
    answer = page.forms[0].submit(status=302)
    assert answer.location.startswith(f"{CALLBACK}?code=") and answer.location.endswith("&state=a%20b")
    assert _token_of_code(browser, app, answer.location)["scope"] == "read"
    # The session that this started counts as both factors.
    ask = browser.get("/oauth/authorize", {"client_id": app["client_id"], "redirect_uri": CALLBACK}, status=200)
    assert ask.forms[0].submit(status=302).location.startswith(f"{CALLBACK}?code=")


def test_a_challenge_of_the_app_goes_along(client, app, alice, authenticator):
    location = _let_in(client, app, alice, authenticator, code_challenge="x" * 43, code_challenge_method="S256")
    code = parse_qs(urlsplit(location).query)["code"][0]
    sent = {"grant_type": "authorization_code", **credentials(app), "code": code, "redirect_uri": CALLBACK}
    assert client.post("/oauth/token", sent, status=400).json == INVALID


def test_the_scopes_are_those_of_the_first_step(client, app, alice, authenticator):
    form = client.post("/oauth/authorize", page_fields(app, alice, scope="read"), status=200).forms[0]
    sent = {name: form[name].value for name in form.fields if name}
    sent |= {"authorization[code]": authenticator.next_code(), "authorization[scope]": "read write"}
    location = client.post("/oauth/authorize", sent, status=302).location
    assert _token_of_code(client, app, location)["scope"] == "read"


def test_scopes_beyond_the_apps_are_refused_before_a_code_is_asked_for(client, register_app, alice, authenticator, sql):
    page = client.post("/oauth/authorize", page_fields(register_app(scopes="read"), alice, scope="write"), status=401)
    assert "outside the authorized scopes" in page.text
    assert sql("select 1 from waiting_logins") == []


def test_without_an_address_the_code_of_the_app_is_shown(client, register_app, alice, authenticator):
    app = register_app("urn:ietf:wg:oauth:2.0:oob")
    fields = page_fields(app, alice, redirect_uri="urn:ietf:wg:oauth:2.0:oob")
    form = client.post("/oauth/authorize", fields, status=200).forms[0]
    form["authorization[code]"] = authenticator.next_code()
    page = form.submit(status=200)
    assert page.html.find("code") and "_pleroma_key=" in page.headers["Set-Cookie"]


def test_another_site_cannot_send_the_code(client, app, alice, authenticator):
    elsewhere = {"Origin": "https://evil.example"}
    form = client.post("/login", {"name": "alice", "password": alice.password}, status=200).forms[0]
    form["code"] = authenticator.next_code()
    assert "Set-Cookie" not in form.submit(headers=elsewhere, status=403).headers
    form = client.post("/oauth/authorize", page_fields(app, alice), status=200).forms[0]
    form["authorization[code]"] = authenticator.next_code()
    assert "Location" not in form.submit(headers=elsewhere, status=403).headers
