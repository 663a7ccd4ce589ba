"""Tokens: granting, renewing, ending, listing (docs/api/pleroma.md 19.1, docs/api/mastodon.md 12.4 to 12.6)."""

import base64
import concurrent.futures
import re
from urllib.parse import urlencode

import pytest

INVALID = {"error": "Invalid credentials"}


def _credentials(app):
    return {"client_id": app["client_id"], "client_secret": app["client_secret"]}


def _password(app, person, **more):
    return {
        "grant_type": "password",
        **_credentials(app),
        "username": person.nickname,
        "password": person.password,
        **more,
    }


# --- POST /oauth/token


@pytest.mark.parametrize("send", ["post", "post_json", "query"])
def test_a_password_gets_a_token_by_form_json_or_query(client, app, alice, send):
    if send == "query":
        answer = client.post(f"/oauth/token?{urlencode(_password(app, alice))}", status=200)
    else:
        answer = getattr(client, send)("/oauth/token", _password(app, alice), status=200)
    token = answer.json
    assert set(token) == {"access_token", "token_type", "scope", "created_at", "expires_in", "refresh_token", "me"}
    assert token["token_type"] == "Bearer"
    assert token["scope"] == "read write follow push"
    assert isinstance(token["created_at"], int)
    assert token["expires_in"] == 31536000
    assert token["me"] == "https://pleroma.example/users/alice"
    assert "no-store" in answer.headers["Cache-Control"]
    account = client.get("/api/v1/accounts/verify_credentials", auth=token["access_token"], status=200).json
    assert account["id"] == str(alice.id)


def test_the_client_may_use_basic(client, app, alice):
    pair = base64.b64encode(f"{app['client_id']}:{app['client_secret']}".encode()).decode()
    parameters = {"grant_type": "password", "username": "alice", "password": alice.password}
    client.post("/oauth/token", parameters, headers={"Authorization": f"Basic {pair}"}, status=200)
    client.post("/oauth/token", parameters, headers={"Authorization": "Basic !"}, status=400)


@pytest.mark.parametrize("name", ["alice", "ALICE", "  alice ", "alice@mail.example", "Alice@Mail.Example "])
@pytest.mark.parametrize("field", ["username", "name"])
def test_nickname_and_address_count_without_case_and_spaces(client, app, alice, name, field):
    parameters = {**_password(app, alice), "username": ""}
    client.post("/oauth/token", {**parameters, field: name}, status=200)


def test_a_password_is_not_trimmed(client, app, alice):
    client.post("/oauth/token", {**_password(app, alice), "password": alice.password + " "}, status=400)


@pytest.mark.parametrize(
    "wrong",
    [{"username": "nobody"}, {"username": ""}, {"password": "wrong"}, {"password": ""}, {"password": "x" * 5000},
     {"client_id": "x"}, {"client_secret": "x"}, {"client_id": ""}, {"client_secret": ""}, {"scope": "read admin"},
     {"username": "a" * 100_000}],
)  # fmt: skip
def test_wrong_user_password_client_or_scope_is_refused(client, app, alice, wrong):
    assert client.post("/oauth/token", {**_password(app, alice), **wrong}, status=400).json == INVALID


@pytest.mark.parametrize("kind", ["", "implicit", "password\0x", "authorization_code "])
def test_an_unknown_grant_is_a_bad_request(client, app, kind):
    answer = client.post("/oauth/token", {"grant_type": kind, **_credentials(app)}, status=400)
    assert answer.json == {"error": "Bad request"}


@pytest.mark.parametrize(
    "wrong",
    [{"username": ["a"]}, {"password": {"a": 1}}, {"password": "\ud800"}, {"scope": 5}, {"client_id": []},
     {"client_secret": {}}, {"grant_type": ["password"]},
     {"username": "ali\0ce", "password": "x"}, {"scope": "s" * 1000}],
)  # fmt: skip
def test_nonsense_is_a_400(client, app, alice, wrong):
    answer = client.post_json("/oauth/token", {**_password(app, alice), **wrong}, status=400)
    assert isinstance(answer.json["error"], str)


def test_what_an_app_lets_in_is_repeated_literally(client, register_app, alice):
    app = register_app(scopes="read write follow push admin profile")
    asked = "read:statuses write follow push admin admin:read"
    assert client.post("/oauth/token", _password(app, alice, scope=asked), status=200).json["scope"] == asked
    assert client.post("/oauth/token", _password(app, alice), status=200).json["scope"] == " ".join(app["scopes"])


def test_a_token_can_do_only_what_its_scope_says(client, app, alice):
    token = client.post("/oauth/token", _password(app, alice, scope="read"), status=200).json["access_token"]
    answer = client.post("/api/v1/statuses", {"status": "x"}, auth=token, status=403)
    assert answer.json == {"error": "Insufficient permissions: write."}


def test_client_credentials_give_a_token_of_nobody(client, app):
    token = client.post("/oauth/token", {"grant_type": "client_credentials", **_credentials(app)}, status=200).json
    assert "me" not in token
    assert token["scope"] == "read write follow push"
    assert client.get("/api/v1/apps/verify_credentials", auth=token["access_token"], status=200).json["name"] == "App"
    answer = client.get("/api/v1/accounts/verify_credentials", auth=token["access_token"], status=403)
    assert answer.json == {"error": "Invalid credentials."}


def test_no_token_is_stored_in_the_clear(client, app, alice, sql):
    token = client.post("/oauth/token", _password(app, alice), status=200).json
    stored = str(sql("select * from tokens"))
    assert token["access_token"] not in stored and token["refresh_token"] not in stored


@pytest.mark.parametrize(
    ("change", "error", "identifier"),
    [("update accounts set active = false", "Your account is currently disabled", "account_is_disabled"),
     ("update users set password_reset_required = true", "Password reset is required", "password_reset_required"),
     ("update accounts set confirmed = false", "Your login is missing a confirmed e-mail address",
      "missing_confirmed_email")],
)  # fmt: skip
def test_an_account_that_may_not_log_in_gets_no_token(make_client, app, alice, sql, change, error, identifier):
    client = make_client(account_activation_required=True)
    sql(change)
    answer = client.post("/oauth/token", _password(app, alice), status=403)
    assert answer.json == {"error": error, "identifier": identifier}
    assert client.post("/oauth/token", {**_password(app, alice), "password": "wrong"}, status=400).json == INVALID


def test_an_unconfirmed_account_logs_in_while_confirmation_is_not_required(client, app, alice, sql):
    sql("update accounts set confirmed = false")
    client.post("/oauth/token", _password(app, alice), status=200)


def test_too_many_logins_from_one_address_are_throttled(make_client, app, alice):
    client = make_client(rate_limits=True)
    for _ in range(15):
        client.post("/oauth/token", _password(app, alice), status=200)
    answer = client.post("/oauth/token", _password(app, alice), status=429)
    assert answer.json == {"error": "Throttled"}
    assert int(answer.headers["Retry-After"]) > 0


def test_wrong_passwords_are_counted_although_they_are_refused(make_client, app, alice, sql):
    client = make_client(rate_limits=True)
    for _ in range(3):
        client.post("/oauth/token", {**_password(app, alice), "password": "wrong"}, status=400)
    assert max(hits for (hits,) in sql("select hits from rate_limits where key like 'password:%%'")) == 3


# --- Refreshing


def _refresh(app, token, **more):
    return {"grant_type": "refresh_token", **_credentials(app), "refresh_token": token["refresh_token"], **more}


def test_a_refresh_ends_the_old_token_and_refresh_token(client, app, alice):
    old = client.post("/oauth/token", _password(app, alice), status=200).json
    new = client.post("/oauth/token", _refresh(app, old), status=200).json
    assert new["scope"] == old["scope"] and new["me"] == old["me"]
    client.get("/api/v1/accounts/verify_credentials", auth=old["access_token"], status=403)
    client.get("/api/v1/accounts/verify_credentials", auth=new["access_token"], status=200)
    assert client.post("/oauth/token", _refresh(app, old), status=400).json == INVALID
    client.post("/oauth/token", _refresh(app, new), status=200)


def test_a_refresh_token_is_bound_to_its_client(client, register_app, app, alice):
    token = client.post("/oauth/token", _password(app, alice), status=200).json
    assert client.post("/oauth/token", _refresh(register_app(), token), status=400).json == INVALID
    client.post("/oauth/token", _refresh(app, token, client_secret="x"), status=400)
    client.post("/oauth/token", _refresh(app, token), status=200)


def test_a_refresh_may_narrow_the_scope_but_not_widen_it(client, app, alice):
    token = client.post("/oauth/token", _password(app, alice, scope="read"), status=200).json
    client.post("/oauth/token", _refresh(app, token, scope="read write"), status=400)
    assert (
        client.post("/oauth/token", _refresh(app, token, scope="read:lists"), status=200).json["scope"] == "read:lists"
    )


def test_of_simultaneous_refreshes_one_wins(make_client, client, app, alice):
    token = client.post("/oauth/token", _password(app, alice), status=200).json
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(
                lambda _: make_client().post("/oauth/token", _refresh(app, token), expect_errors=True).status_code,
                range(8),
            )
        )
    assert sorted(answers) == [200] + [400] * 7


@pytest.mark.parametrize(
    "change",
    ["update tokens set last_used_at = now() - interval '366 days'", "update accounts set active = false"],
)
def test_an_old_token_or_a_deactivated_account_refreshes_nothing(client, app, alice, sql, change):
    token = client.post("/oauth/token", _password(app, alice), status=200).json
    sql(change)
    client.get("/api/v1/accounts/verify_credentials", auth=token["access_token"], status=403)
    assert client.post("/oauth/token", _refresh(app, token), status=400).json == INVALID


# --- Revoking and listing


@pytest.mark.parametrize("named", ["access_token", "refresh_token"])
def test_a_client_ends_its_own_token(client, app, alice, named):
    token = client.post("/oauth/token", _password(app, alice), status=200).json
    assert client.post("/oauth/revoke", {**_credentials(app), "token": token[named]}, status=200).json == {}
    client.get("/api/v1/accounts/verify_credentials", auth=token["access_token"], status=403)
    client.post("/oauth/token", _refresh(app, token), status=400)
    client.post("/oauth/revoke", {**_credentials(app), "token": token[named]}, status=200)


def test_another_client_or_none_ends_nothing(client, register_app, app, alice):
    token = client.post("/oauth/token", _password(app, alice), status=200).json["access_token"]
    for credentials in ({}, _credentials(register_app()), {**_credentials(app), "client_secret": "x"}):
        assert client.post("/oauth/revoke", {**credentials, "token": token}, status=200).json == {}
    for parameters in ({}, {"token": ""}, {"token": "unknown"}):
        assert client.post_json("/oauth/revoke", {**_credentials(app), **parameters}, status=200).json == {}
    client.get("/api/v1/accounts/verify_credentials", auth=token, status=200)


def test_own_tokens_are_listed_and_can_be_ended(client, app, alice, bob):
    first = client.post("/oauth/token", _password(app, alice), status=200).json["access_token"]
    listed = client.get("/api/oauth_tokens", auth=first, status=200).json
    assert [token["app_name"] for token in listed] == ["App", "tests"]
    assert all(set(token) == {"id", "app_name", "valid_until"} for token in listed)
    assert isinstance(listed[0]["id"], int)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", listed[0]["valid_until"])
    client.delete(f"/api/oauth_tokens/{listed[0]['id']}", auth=bob, status=201)
    answer = client.delete(f"/api/oauth_tokens/{listed[0]['id']}", auth=alice, status=201)
    assert answer.json == ""
    client.get("/api/v1/accounts/verify_credentials", auth=first, status=403)
    for unknown in ("0", "x", "9" * 30):
        client.delete(f"/api/oauth_tokens/{unknown}", auth=alice, status=201)
    client.get("/api/oauth_tokens", status=403)
    client.delete(f"/api/oauth_tokens/{listed[1]['id']}", status=403)


# --- Metadata


def test_the_metadata_names_the_endpoints(client):
    metadata = client.get("/.well-known/oauth-authorization-server", status=200).json
    base = "https://pleroma.example"
    assert metadata["issuer"] == base
    assert metadata["authorization_endpoint"] == f"{base}/oauth/authorize"
    assert metadata["token_endpoint"] == f"{base}/oauth/token"
    assert metadata["revocation_endpoint"] == f"{base}/oauth/revoke"
    assert metadata["app_registration_endpoint"] == f"{base}/api/v1/apps"
    assert metadata["grant_types_supported"] == [
        "authorization_code",
        "client_credentials",
        "password",
        "refresh_token",
    ]
    assert metadata["code_challenge_methods_supported"] == ["S256"]
    assert {"read", "write", "follow", "push"} <= set(metadata["scopes_supported"])


def test_there_is_no_metadata_over_http(make_client):
    make_client(base_url="http://127.0.0.1:5000").get("/.well-known/oauth-authorization-server", status=404)


def test_errors_of_the_token_endpoint_are_open_to_other_origins(client):
    answer = client.post("/oauth/token", {}, status=400)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    client.get("/oauth/token", status=404)


def test_a_trailing_slash_is_answered(client, app, alice):
    client.post("/oauth/token/", _password(app, alice), status=200)
