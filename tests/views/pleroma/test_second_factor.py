"""The second factor, as settings pages of front ends set it up and end it (docs/api/pleroma.md 9.5)."""

from urllib.parse import parse_qs, urlsplit

import pytest

from pleroma import db
from pleroma.accounts import second_factor
from pleroma.db import queries
from tests.authenticator import Authenticator

FAMILIES = ("/api/pleroma/accounts/mfa", "/api/pleroma/profile/mfa")
MFA = FAMILIES[0]
OFF = {"settings": {"enabled": False, "totp": False}}
ON = {"settings": {"enabled": True, "totp": True}}
WRONG_PASSWORD = {"error": "Invalid password."}
WRONG_CODE = {"error": "invalid_token"}


@pytest.fixture
def setting_up(client, alice, clock):
    """The authenticator app of Alice, whose key is not confirmed yet."""
    return Authenticator(client.get(f"{MFA}/setup/totp", auth=alice, status=200).json["key"], clock)


def _confirm(client, person, code, status=200, **sent):
    fields = {"password": person.password, "code": code, **sent}
    return client.post(f"{MFA}/confirm/totp", fields, auth=person, status=status).json


def _is_on(client, person):
    return client.get(MFA, auth=person, status=200).json == ON


# --- Setting it up


@pytest.mark.parametrize("family", FAMILIES)
def test_it_is_set_up_and_ended_as_front_ends_do_it(client, alice, clock, family):
    assert client.get(family, auth=alice, status=200).json == OFF
    codes = client.get(f"{family}/backup_codes", auth=alice, status=200).json["codes"]
    assert len(set(codes)) == 10
    offered = client.get(f"{family}/setup/totp", auth=alice, status=200).json
    assert set(offered) == {"provisioning_uri", "key"}
    assert client.get(family, auth=alice, status=200).json == OFF
    code = Authenticator(offered["key"], clock).code()
    sent = {"password": alice.password, "code": code}
    assert client.post(f"{family}/confirm/totp", sent, auth=alice, status=200).json == {}
    assert client.get(family, auth=alice, status=200).json == ON
    assert client.delete(f"{family}/totp", {"password": alice.password}, auth=alice, status=200).json == {}
    assert client.get(family, auth=alice, status=200).json == OFF


def test_the_address_for_apps_names_server_and_account(make_client, alice):
    client = make_client(instance_name="Wired & co")
    offered = client.get(f"{MFA}/setup/totp", auth=alice, status=200).json
    address = urlsplit(offered["provisioning_uri"])
    assert (address.scheme, address.netloc) == ("otpauth", "totp")
    assert address.path == "/Wired%20%26%20co:alice%40pleroma.example"
    assert parse_qs(address.query) == {"secret": [offered["key"]], "issuer": ["Wired & co"]}


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [("GET", "", "read"), ("GET", "/backup_codes", "write"), ("GET", "/setup/totp", "write"),
     ("POST", "/confirm/totp", "write"), ("DELETE", "/totp", "write")],
)  # fmt: skip
def test_nobody_else_may_and_a_token_needs_the_scope(client, person, family, method, path, scope):
    def ask(status, who=None):
        headers = {"Authorization": f"Bearer {who.token}"} if who else {}
        return client.request(f"{family}{path}", method=method, headers=headers, status=status).json

    assert ask(403) == {"error": "Invalid credentials."}
    granular = person("granular", scopes=(f"{scope}:accounts",))
    assert ask(403, granular) == {"error": f"Insufficient permissions: {scope}."}
    ask(200 if method == "GET" else 422, person("whole", scopes=(f"{scope}:security",)))


def test_an_unknown_method_is_refused(client, alice):
    assert client.get(f"{MFA}/setup/sms", auth=alice, status=400).json == {"error": "undefined method"}
    for send, path in ((client.post, "/confirm/sms"), (client.delete, "/sms")):
        answer = send(f"{MFA}{path}", {"password": alice.password}, auth=alice, status=400)
        assert answer.json == {"error": "undefined mfa method"}


def test_it_takes_the_password_to_set_it_up(client, alice, setting_up):
    for password in ("wrong", ""):
        assert _confirm(client, alice, setting_up.code(), 422, password=password) == WRONG_PASSWORD
    assert not _is_on(client, alice)
    assert _confirm(client, alice, setting_up.code()) == {}


def test_it_takes_a_code_of_the_new_key_to_set_it_up(client, alice, setting_up):
    for code in (setting_up.wrong_code(), setting_up.code(2), setting_up.code(-2), "", "code", "١٢٣٤٥٦", "1" * 5000):
        assert _confirm(client, alice, code, 422) == WRONG_CODE
    assert not _is_on(client, alice)
    assert _confirm(client, alice, f" {setting_up.code()[:3]} {setting_up.code()[3:]}") == {}
    assert _confirm(client, alice, setting_up.next_code(), 422) == WRONG_CODE


def test_without_a_key_nothing_is_confirmed(client, alice):
    assert _confirm(client, alice, "123456", 422) == WRONG_CODE


def test_a_new_key_counts_only_once_it_is_confirmed(client, alice, authenticator, settings):
    offered = client.get(f"{MFA}/setup/totp", auth=alice, status=200).json
    new = Authenticator(offered["key"], authenticator.clock)
    assert _is_on(client, alice)
    assert _confirm(client, alice, authenticator.next_code(), 422) == WRONG_CODE
    assert _confirm(client, alice, new.next_code()) == {}
    with db.in_transaction() as connection:
        key = bytes(_stored(connection, alice))
        assert not second_factor.spend(connection, settings, alice.id, key, authenticator.next_code(), "totp")
        assert second_factor.spend(connection, settings, alice.id, key, new.code(), "totp")


def _stored(connection, person):
    return connection.execute("select key from second_factors where account_id = %s", (person.id,)).fetchone()[0]


def test_the_database_alone_shows_no_key_and_no_code(client, alice, setting_up, sql):
    codes = client.get(f"{MFA}/backup_codes", auth=alice, status=200).json["codes"]

    def stored():
        ((row,),) = sql("select to_jsonb(f)::text from second_factors f")
        return row

    def shown(text):
        return text in stored() or text.encode().hex() in stored()

    assert not shown(setting_up.key)
    _confirm(client, alice, setting_up.code())
    assert not shown(setting_up.key)
    assert not any(shown(code) or shown(code.replace("-", "")) for code in codes)


def test_a_key_is_good_for_its_account_alone(client, alice, bob, authenticator, settings, sql):
    sql("insert into second_factors (account_id, key) select %s, key from second_factors", bob.id)
    with db.in_transaction() as connection:
        code = authenticator.next_code()
        assert not second_factor.spend(connection, settings, bob.id, bytes(_stored(connection, bob)), code, "totp")
        assert second_factor.spend(connection, settings, alice.id, bytes(_stored(connection, alice)), code, "totp")


def test_what_was_got_by_the_password_alone_ends_and_logins_stay(client, browser, alice, app, setting_up, sql):
    browser.post("/login", {"name": "alice", "password": alice.password}, status=302)
    client.post("/auth/password", {"email": alice.email}, status=204)
    sent = {"client_id": app["client_id"], "redirect_uri": app["redirect_uris"][0]}
    sent |= {"name": "alice", "password": alice.password}
    client.post("/oauth/authorize", {f"authorization[{name}]": text for name, text in sent.items()}, status=302)
    _confirm(client, alice, setting_up.code())
    assert sql("select 1 from authorization_codes") == sql("select 1 from password_resets") == []
    client.get("/api/v1/accounts/verify_credentials", auth=alice, status=200)
    browser.get("/api/v1/accounts/verify_credentials", status=200)


# --- Requests by which another site could do harm, or a program that looks at links


@pytest.mark.parametrize("path", ["backup_codes", "setup/totp"])
def test_what_changes_something_by_a_get_takes_a_token(browser, client, alice, sql, path):
    browser.post("/login", {"name": "alice", "password": alice.password}, status=302)
    assert browser.get(f"{MFA}/{path}", status=403).json == {"error": "Invalid credentials."}
    client.authorization = ("Basic", (alice.nickname, alice.password))
    client.get(f"{MFA}/{path}", status=403)
    client.authorization = None
    client.head(f"{MFA}/{path}", auth=alice, status=200)
    assert sql("select 1 from second_factors") == []


def test_another_site_can_not_end_it(browser, alice, set_up):
    browser.post("/login", {"name": "alice", "password": alice.password}, status=302)
    set_up(alice)
    elsewhere = {"Origin": "https://evil.example"}
    browser.delete(f"{MFA}/totp", {"password": alice.password}, headers=elsewhere, status=403)
    assert browser.get(MFA, status=200).json == ON
    browser.delete(f"{MFA}/totp", {"password": alice.password}, status=200)


# --- Ending it


@pytest.mark.parametrize("method", ["totp", "mfa"])
def test_it_takes_the_password_to_end_it(client, alice, authenticator, sql, method):
    for password in ("wrong", ""):
        answer = client.delete(f"{MFA}/{method}", {"password": password}, auth=alice, status=422)
        assert answer.json == WRONG_PASSWORD
    assert client.delete(f"{MFA}/{method}", auth=alice, status=422).json == WRONG_PASSWORD
    assert _is_on(client, alice)
    client.delete(f"{MFA}/{method}", {"password": alice.password}, auth=alice, status=200)
    assert sql("select 1 from second_factors") == []


def test_it_ends_for_its_account_alone(client, alice, bob, authenticator, set_up):
    set_up(bob)
    client.delete(f"{MFA}/totp", {"password": alice.password}, auth=alice, status=200)
    assert _is_on(client, bob)


def test_ending_what_is_not_there_is_fine(client, alice):
    assert client.delete(f"{MFA}/totp", {"password": alice.password}, auth=alice, status=200).json == {}


def test_it_goes_with_its_account(client, alice, authenticator, sql, run_jobs):
    client.post("/api/pleroma/delete_account", {"password": alice.password}, auth=alice, status=200)
    run_jobs()
    assert sql("select 1 from second_factors") == []


# --- Limits


@pytest.mark.parametrize("keys", [False, True], ids=["without", "with Idempotency-Key"])
def test_passwords_are_not_guessed_here(make_client, alice, authenticator, keys):
    client = make_client(rate_limits=True)
    for number in range(20):
        headers = {"Idempotency-Key": str(number)} if keys else {}
        sent = {"password": "wrong", "code": authenticator.code()}
        client.post(f"{MFA}/confirm/totp", sent, auth=alice, headers=headers, status=422)
    client.delete(f"{MFA}/totp", {"password": alice.password}, auth=alice, status=429)
    assert _is_on(client, alice)


@pytest.mark.parametrize("keys", [False, True], ids=["without", "with Idempotency-Key"])
def test_codes_are_not_guessed_here(make_client, alice, setting_up, keys):
    client = make_client(rate_limits=True)
    for number in range(10):
        headers = {"Idempotency-Key": str(number)} if keys else {}
        sent = {"password": alice.password, "code": setting_up.wrong_code()}
        client.post(f"{MFA}/confirm/totp", sent, auth=alice, headers=headers, status=422)
    _confirm(client, alice, setting_up.code(), 429)
    assert not _is_on(client, alice)


def test_a_key_that_was_replaced_while_it_was_confirmed_does_not_count(client, alice, setting_up, settings, sql):
    with db.in_transaction() as connection:
        looked_at = queries.second_factor.pending(connection, account_id=alice.id).key
    client.get(f"{MFA}/setup/totp", auth=alice, status=200)
    with db.in_transaction() as connection:
        step = setting_up.clock.step
        assert queries.second_factor.confirm(connection, account_id=alice.id, key=looked_at, step=step) is None
    assert not _is_on(client, alice)
