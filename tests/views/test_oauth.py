"""Tokens and the page that gives them (spec 19.1, Mastodon page 12, cases L)."""

import base64
import concurrent.futures
import hashlib
import re
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest
from bs4 import BeautifulSoup

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
CALLBACK = "https://app.example/callback"
INVALID = {"error": "Invalid credentials"}


@pytest.fixture
def register(client):
    """Registers an app: register(scopes="read", redirect_uris=CALLBACK)."""

    def make(redirect_uris=CALLBACK, scopes="read write follow push"):
        parameters = {"client_name": "App", "redirect_uris": redirect_uris, "scopes": scopes}
        return client.post_json("/api/v1/apps", parameters, status=200).json

    return make


@pytest.fixture
def app(register):
    """An app with one address and all scopes."""
    return register()


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


def _login(app, person, **more):
    fields = {"client_id": app["client_id"], "response_type": "code", "redirect_uri": app["redirect_uris"][0], **more}
    return {
        **{f"authorization[{name}]": value for name, value in fields.items()},
        "authorization[name]": person.nickname,
        "authorization[password]": person.password,
    }


def _code(answer):
    return parse_qs(urlsplit(answer.location).query)["code"][0]


@pytest.fixture
def get_code(client):
    """Logs a person in on the page and gives the code."""

    def get(app, person, **more):
        return _code(client.post("/oauth/authorize", _login(app, person, **more), status=302))

    return get


def _exchange(app, granted, **more):
    return {
        "grant_type": "authorization_code",
        **_credentials(app),
        "code": granted,
        "redirect_uri": app["redirect_uris"][0],
        **more,
    }


# --- POST /oauth/token


@pytest.fixture
def browser(make_client):
    """A client of a site without TLS, so that it sends the cookie back."""
    return make_client(base_url="http://localhost")


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


def test_what_an_app_lets_in_is_repeated_literally(client, register, alice):
    app = register(scopes="read write follow push admin profile")
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


def test_neither_token_nor_code_is_stored_in_the_clear(client, app, alice, get_code, sql):
    token = client.post("/oauth/token", _password(app, alice), status=200).json
    code = get_code(app, alice)
    stored = str(sql("select * from tokens")) + str(sql("select * from authorization_codes"))
    assert all(secret not in stored for secret in (token["access_token"], token["refresh_token"], code))


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
    page = client.post("/oauth/authorize", _login(app, alice), status=403)
    assert error in page.text


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


def test_a_refresh_token_is_bound_to_its_client(client, register, app, alice):
    token = client.post("/oauth/token", _password(app, alice), status=200).json
    assert client.post("/oauth/token", _refresh(register(), token), status=400).json == INVALID
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


# --- Codes


def test_a_code_gets_a_token_once(client, app, alice, get_code):
    code = get_code(app, alice)
    token = client.post("/oauth/token", _exchange(app, code), status=200).json
    assert token["me"] == "https://pleroma.example/users/alice"
    client.get("/api/v1/accounts/verify_credentials", auth=token["access_token"], status=200)
    assert client.post("/oauth/token", _exchange(app, code), status=400).json == INVALID


def test_of_simultaneous_exchanges_one_wins(make_client, app, alice, get_code):
    code = get_code(app, alice)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(
                lambda _: make_client().post("/oauth/token", _exchange(app, code), expect_errors=True).status_code,
                range(8),
            )
        )
    assert sorted(answers) == [200] + [400] * 7


def test_a_code_is_bound_to_client_and_address(client, register, alice, get_code):
    app = register(f"{CALLBACK} https://app.example/other")
    code = get_code(app, alice)
    for wrong in (
        {"redirect_uri": "https://app.example/other"},
        {"redirect_uri": ""},
        {"client_secret": "x"},
        {"code": "x"},
        {"code": ""},
        _credentials(register()),
    ):
        assert client.post("/oauth/token", _exchange(app, code, **wrong), status=400).json == INVALID
    client.post("/oauth/token", _exchange(app, code), status=200)


def test_a_code_lives_ten_minutes(client, app, alice, get_code, sql):
    code = get_code(app, alice)
    sql("update authorization_codes set created_at = now() - interval '11 minutes'")
    client.post("/oauth/token", _exchange(app, code), status=400)


def test_a_code_carries_the_scopes_that_were_asked_for(client, app, alice, get_code):
    code = get_code(app, alice, **{"scope][": "read:statuses"})
    assert client.post("/oauth/token", _exchange(app, code), status=200).json["scope"] == "read:statuses"


CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(b"verifier" * 6).digest()).decode().rstrip("=")


def test_a_challenge_needs_its_verifier(client, app, alice, get_code):
    code = get_code(app, alice, code_challenge=CHALLENGE, code_challenge_method="S256")
    client.post("/oauth/token", _exchange(app, code), status=400)
    assert client.post("/oauth/token", _exchange(app, code, code_verifier="wrong"), status=400).json == INVALID
    client.post("/oauth/token", _exchange(app, code, code_verifier=CHALLENGE), status=400)
    client.post("/oauth/token", _exchange(app, code, code_verifier="verifier" * 6), status=200)


def test_a_verifier_without_challenge_is_ignored(client, app, alice, get_code):
    client.post("/oauth/token", _exchange(app, get_code(app, alice), code_verifier="x"), status=200)


@pytest.mark.parametrize("method", ["plain", ""])
def test_only_s256_challenges_are_taken(client, app, method):
    query = (
        f"client_id={app['client_id']}&redirect_uri={CALLBACK}&code_challenge=x&code_challenge_method={method}&state=1"
    )
    answer = client.get(f"/oauth/authorize?{query}", status=302)
    assert answer.location == f"{CALLBACK}?error=invalid_request&state=1"


# --- GET and POST /oauth/authorize


def _ask(client, app, **more):
    parameters = {
        "response_type": "code",
        "client_id": app["client_id"],
        "redirect_uri": app["redirect_uris"][0],
        **more,
    }
    return client.get("/oauth/authorize", parameters)


def test_the_form_has_the_fields_that_clients_know(client, app, alice):
    page = _ask(client, app, scope="read write", state="abc")
    assert page.content_type == "text/html"
    form = page.forms[0]
    assert form.method.lower() == "post" and form.action == "/oauth/authorize"
    hidden = {
        name: form[f"authorization[{name}]"].value for name in ("client_id", "response_type", "redirect_uri", "state")
    }
    assert hidden == {
        "client_id": app["client_id"], "response_type": "code", "redirect_uri": CALLBACK, "state": "abc",
    }  # fmt: skip
    assert [field.value for field in form.fields["authorization[scope][]"]] == ["read", "write"]
    form["authorization[name]"] = "alice"
    form["authorization[password]"] = alice.password
    answer = form.submit(status=302)
    assert answer.location.startswith(f"{CALLBACK}?code=")
    assert answer.location.endswith("&state=abc")


def test_the_page_carries_its_headers_and_no_form_action(client, app):
    page = _ask(client, app)
    policy = page.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy and "default-src 'self'" in policy
    assert "form-action" not in policy and "unsafe" not in policy
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert "no-store" in page.headers["Cache-Control"]
    assert "<script" not in page.text
    assert BeautifulSoup(page.text, "html.parser").html["lang"] == "en"


def test_a_login_sets_the_session_cookie(client, app, alice):
    cookie = client.post("/oauth/authorize", _login(app, alice), status=302).headers["Set-Cookie"]
    assert cookie.startswith("_pleroma_key=")
    assert all(part in cookie for part in ("HttpOnly", "SameSite=Lax", "Path=/", "Secure"))


def test_the_session_cookie_alone_authenticates(browser, app, alice):
    browser.post("/oauth/authorize", _login(app, alice), status=302)
    assert browser.get("/api/v1/accounts/verify_credentials", status=200).json["username"] == "alice"


def test_without_an_address_the_code_is_shown(client, register, alice):
    app = register(OUT_OF_BAND)
    page = client.post("/oauth/authorize", _login(app, alice), status=200)
    code = BeautifulSoup(page.text, "html.parser").find("code").text
    assert "_pleroma_key=" in page.headers["Set-Cookie"]
    client.post("/oauth/token", _exchange(app, code), status=200)


def test_a_wrong_password_shows_the_form_again(client, app, alice):
    page = client.post("/oauth/authorize", {**_login(app, alice), "authorization[password]": "wrong"}, status=401)
    assert "Invalid Username/Password" in page.text
    assert page.forms[0]["authorization[client_id]"].value == app["client_id"]
    assert page.forms[0]["authorization[name]"].value == "alice"
    assert "Set-Cookie" not in page.headers and "WWW-Authenticate" not in page.headers


@pytest.mark.parametrize(
    "redirect_uri", ["https://evil.example/", CALLBACK + "/", CALLBACK + "?x", "javascript:alert(1)"]
)
def test_an_address_that_is_not_registered_never_gets_a_redirect(client, app, alice, redirect_uri):
    for more in ({}, {"response_type": "token"}, {"scope": "admin"}):
        page = client.get(
            "/oauth/authorize", {"client_id": app["client_id"], "redirect_uri": redirect_uri, **more}, status=400
        )
        assert "Location" not in page.headers
        page = client.post("/oauth/authorize", _login(app, alice, redirect_uri=redirect_uri, **more), status=400)
        assert "Location" not in page.headers and "Set-Cookie" not in page.headers


def test_an_unknown_app_gets_a_page_and_no_form(client, alice, app):
    for client_id in ("", "x", "\0", "ü"):
        page = client.get("/oauth/authorize", {"client_id": client_id, "redirect_uri": CALLBACK}, status=400)
        assert not page.forms
    client.post("/oauth/authorize", _login(app, alice, client_id="x"), status=400)


def test_a_missing_address_means_the_first_one(client, register, alice):
    app = register([CALLBACK, "https://app.example/other"])
    fields = _login(app, alice)
    del fields["authorization[redirect_uri]"]
    code = _code(client.post("/oauth/authorize", fields, status=302))
    exchange = _exchange(app, code)
    client.post("/oauth/token", {**exchange, "redirect_uri": ""}, status=200)


@pytest.mark.parametrize("address", [CALLBACK, "https://app.example/other", OUT_OF_BAND])
def test_each_registered_address_works_for_page_and_token(client, register, alice, address):
    app = register(f"{CALLBACK}\nhttps://app.example/other\n{OUT_OF_BAND}")
    answer = client.post("/oauth/authorize", _login(app, alice, redirect_uri=address))
    if address == OUT_OF_BAND:
        code = re.search("<code>(.*)</code>", answer.text)[1]
    else:
        assert answer.location.startswith(f"{address}?code=")
        code = _code(answer)
    client.post("/oauth/token", _exchange(app, code, redirect_uri=address), status=200)


@pytest.mark.parametrize(
    ("address", "start"),
    [("icecubesapp://", "icecubesapp://?code="), ("app:/cb", "app:/cb?code="),
     ("https://a.example/cb?x=%2F&y=a+b", "https://a.example/cb?x=%2F&y=a+b&code="),
     ("https://a.example/cb?", "https://a.example/cb?code="), ("https://a.example?x=1&", "https://a.example?x=1&code="),
     ("HTTPS://A.example:443/%7e/../b", "HTTPS://A.example:443/%7e/../b?code="),
     ("oauth2redirect://com.example.app/", "oauth2redirect://com.example.app/?code=")],
)  # fmt: skip
def test_an_address_keeps_every_character(client, register, alice, address, start):
    answer = client.post("/oauth/authorize", _login(register(address), alice, state="s"), status=302)
    assert answer.headers["Location"].startswith(start)
    assert answer.headers["Location"].endswith("&state=s")


@pytest.mark.parametrize("state", ["a b+c%20d%2B", "ü✓&=?#/", "eyJ4IjoiMSJ9==", '"><script>', "", "  ", "%"])
def test_state_comes_back_byte_for_byte(client, app, alice, state):
    page = _ask(client, app, state=state)
    form = page.forms[0]
    form["authorization[name]"], form["authorization[password]"] = "alice", alice.password
    location = form.submit(status=302).headers["Location"]
    assert dict(parse_qsl(urlsplit(location).query, keep_blank_values=True))["state"] == state
    assert "+" not in urlsplit(location).query


def test_no_state_stays_no_state(client, app, alice):
    assert "state" not in client.post("/oauth/authorize", _login(app, alice), status=302).location


def test_scopes_beyond_the_apps_are_refused(client, register, alice):
    app = register(scopes="read")
    client.post("/oauth/authorize", _login(app, alice, **{"scope][": "write"}), status=401)
    code = client.post("/oauth/authorize", _login(app, alice, **{"scope][": "read:statuses"}), status=302)
    assert _code(code)


def test_no_scope_means_all_of_the_apps(client, app, alice, get_code):
    scope = client.post("/oauth/token", _exchange(app, get_code(app, alice)), status=200).json["scope"]
    assert scope == "read write follow push"


def test_another_response_type_is_told_to_the_app(client, app):
    answer = _ask(client, app, response_type="token", state="s")
    assert answer.location == f"{CALLBACK}?error=unsupported_response_type&state=s"


def test_refusing_leads_back_with_access_denied(client, app):
    page = _ask(client, app, state="a b")
    links = [link["href"] for link in BeautifulSoup(page.text, "html.parser").main.find_all("a")]
    assert links == [f"{CALLBACK}?error=access_denied&state=a%20b"]


def test_a_session_gets_a_page_with_one_button(browser, app, alice):
    browser.post("/oauth/authorize", _login(app, alice), status=302)
    page = _ask(browser, app, state="s")
    assert page.status_code == 200
    assert "alice" in page.text and "authorization[password]" not in page.text
    assert len(BeautifulSoup(page.text, "html.parser").find_all("button")) == 1
    answer = page.forms[0].submit(status=302)
    assert answer.location.endswith("&state=s")
    browser.post("/oauth/token", _exchange(app, _code(answer)), status=200)


def test_force_login_shows_the_form_in_spite_of_a_session(browser, app, alice):
    browser.post("/oauth/authorize", _login(app, alice), status=302)
    assert "authorization[password]" in _ask(browser, app, force_login="true").forms[0].fields
    assert "authorization[password]" not in _ask(browser, app, force_login="false").forms[0].fields


def test_no_other_site_can_press_the_button(browser, make_client, app, alice, bob):
    browser.post("/oauth/authorize", _login(app, alice), status=302)
    fields = {
        f"authorization[{name}]": value
        for name, value in {"client_id": app["client_id"], "redirect_uri": CALLBACK, "response_type": "code"}.items()
    }
    # Without the page's own mark it is a login without password.
    browser.post("/oauth/authorize", fields, status=401)
    browser.post("/oauth/authorize", {**fields, "authorization[consent]": "x"}, status=403)
    other = make_client(base_url="http://localhost")
    other.post("/oauth/authorize", _login(app, bob), status=302)
    consent = _ask(other, app).forms[0]["authorization[consent]"].value
    browser.post("/oauth/authorize", {**fields, "authorization[consent]": consent}, status=403)
    make_client(base_url="http://localhost").post(
        "/oauth/authorize", {**fields, "authorization[consent]": consent}, status=403
    )
    other.post("/oauth/authorize", {**fields, "authorization[consent]": consent}, status=302)


@pytest.mark.parametrize(
    "fields",
    [{"state": {"a": 1}}, {"state": "\ud800"}, {"redirect_uri": [1]}, {"client_id": 5}, {"scope": {"a": {"b": 1}}},
     {"name": ["x"]}, {"password": 5}, {"code_challenge": {}}, {"scope": ["\0", 4]}, {"consent": {"a": 1}}],
)  # fmt: skip
def test_nonsense_on_the_page_is_a_4xx(client, app, fields):
    known = {"client_id": app["client_id"], "redirect_uri": CALLBACK, "name": "x", "password": "x"}
    answer = client.post_json("/oauth/authorize", {"authorization": {**known, **fields}}, expect_errors=True)
    assert answer.status_code in (400, 401)


def test_what_an_app_calls_itself_is_escaped(client, register):
    app = client.post("/api/v1/apps", {"client_name": "<script>alert(1)</script>", "redirect_uris": CALLBACK}).json
    assert "<script>" not in _ask(client, app, state="<script>", scope="<script>").text


def test_trailing_slashes_are_answered(client, app, alice):
    client.get(f"/oauth/authorize/?client_id={app['client_id']}&redirect_uri={CALLBACK}", status=200)
    client.post("/oauth/token/", _password(app, alice), status=200)


# --- Revoking and listing


@pytest.mark.parametrize("named", ["access_token", "refresh_token"])
def test_a_client_ends_its_own_token(client, app, alice, named):
    token = client.post("/oauth/token", _password(app, alice), status=200).json
    assert client.post("/oauth/revoke", {**_credentials(app), "token": token[named]}, status=200).json == {}
    client.get("/api/v1/accounts/verify_credentials", auth=token["access_token"], status=403)
    client.post("/oauth/token", _refresh(app, token), status=400)
    client.post("/oauth/revoke", {**_credentials(app), "token": token[named]}, status=200)


def test_another_client_or_none_ends_nothing(client, register, app, alice):
    token = client.post("/oauth/token", _password(app, alice), status=200).json["access_token"]
    for credentials in ({}, _credentials(register()), {**_credentials(app), "client_secret": "x"}):
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
