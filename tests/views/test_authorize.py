"""The page that lets an app in, and the codes it gives (docs/api/pleroma.md 19.1, docs/api/mastodon.md 12.3)."""

import base64
import concurrent.futures
import hashlib
import re
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from bs4 import BeautifulSoup

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
CALLBACK = "https://app.example/callback"
INVALID = {"error": "Invalid credentials"}


def _credentials(app):
    return {"client_id": app["client_id"], "client_secret": app["client_secret"]}


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


# --- Codes


def test_a_code_gets_a_token_once(client, app, alice, get_code):
    code = get_code(app, alice)
    token = client.post("/oauth/token", _exchange(app, code), status=200).json
    assert token["me"] == "https://pleroma.example/users/alice"
    client.get("/api/v1/accounts/verify_credentials", auth=token["access_token"], status=200)
    assert client.post("/oauth/token", _exchange(app, code), status=400).json == INVALID


def test_no_code_is_stored_in_the_clear(app, alice, get_code, sql):
    assert get_code(app, alice) not in str(sql("select * from authorization_codes"))


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


def test_a_code_is_bound_to_client_and_address(client, register_app, alice, get_code):
    app = register_app(f"{CALLBACK} https://app.example/other")
    code = get_code(app, alice)
    for wrong in (
        {"redirect_uri": "https://app.example/other"},
        {"redirect_uri": ""},
        {"client_secret": "x"},
        {"code": "x"},
        {"code": ""},
        _credentials(register_app()),
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


@pytest.mark.parametrize("scopes", ["scope", "scopes"])
def test_the_fields_of_the_form_may_be_sent_by_their_plain_names_too(client, app, alice, scopes):
    sent = _login(app, alice, **{scopes: "read"})
    plain = {name.removeprefix("authorization[").removesuffix("]"): value for name, value in sent.items()}
    code = _code(client.post("/oauth/authorize", plain, status=302))
    assert client.post("/oauth/token", _exchange(app, code), status=200).json["scope"] == "read"


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


def test_without_an_address_the_code_is_shown(client, register_app, alice):
    app = register_app(OUT_OF_BAND)
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


def test_a_missing_address_means_the_first_one(client, register_app, alice):
    app = register_app([CALLBACK, "https://app.example/other"])
    fields = _login(app, alice)
    del fields["authorization[redirect_uri]"]
    code = _code(client.post("/oauth/authorize", fields, status=302))
    exchange = _exchange(app, code)
    client.post("/oauth/token", {**exchange, "redirect_uri": ""}, status=200)


@pytest.mark.parametrize("address", [CALLBACK, "https://app.example/other", OUT_OF_BAND])
def test_each_registered_address_works_for_page_and_token(client, register_app, alice, address):
    app = register_app(f"{CALLBACK}\nhttps://app.example/other\n{OUT_OF_BAND}")
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
def test_an_address_keeps_every_character(client, register_app, alice, address, start):
    answer = client.post("/oauth/authorize", _login(register_app(address), alice, state="s"), status=302)
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


def test_scopes_beyond_the_apps_are_refused(client, register_app, alice):
    app = register_app(scopes="read")
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


def test_what_an_app_calls_itself_is_escaped(client, register_app):
    app = client.post("/api/v1/apps", {"client_name": "<script>alert(1)</script>", "redirect_uris": CALLBACK}).json
    assert "<script>" not in _ask(client, app, state="<script>", scope="<script>").text


def test_a_trailing_slash_is_answered(client, app):
    client.get(f"/oauth/authorize/?client_id={app['client_id']}&redirect_uri={CALLBACK}", status=200)


# --- Programs on the person's own machine


@pytest.mark.parametrize(
    ("registered", "asked"),
    [
        ("http://127.0.0.1/callback", "http://127.0.0.1:49152/callback"),
        ("http://127.0.0.1:8000/callback?x=1", "http://127.0.0.1:49152/callback?x=1"),
        ("http://[::1]/", "http://[::1]:5/"),
        ("http://127.0.0.1", "http://127.0.0.1:49152"),
        ("http://127.0.0.1:8000/callback", "http://127.0.0.1/callback"),
    ],
)
def test_a_program_on_the_own_machine_may_come_back_to_any_port(client, register_app, alice, registered, asked):
    app = register_app(registered)
    client.get("/oauth/authorize", {"client_id": app["client_id"], "redirect_uri": asked}, status=200)
    granted = client.post("/oauth/authorize", _login(app, alice, redirect_uri=asked), status=302)
    assert granted.location.startswith(asked)
    exchange = _exchange(app, _code(granted), redirect_uri=asked)
    assert client.post("/oauth/token", exchange, status=200).json["token_type"] == "Bearer"
    granted = client.post("/oauth/authorize", _login(app, alice, redirect_uri=asked), status=302)
    client.post("/oauth/token", _exchange(app, _code(granted), redirect_uri=registered), status=200)


@pytest.mark.parametrize(
    ("registered", "asked"),
    [
        ("http://127.0.0.1/callback", "http://127.0.0.1:49152/other"),
        ("http://127.0.0.1/callback", "http://127.0.0.1:49152@evil.example/callback"),
        ("http://127.0.0.1/callback", "http://127.0.0.1.evil.example/callback"),
        ("http://127.0.0.1/callback", "https://127.0.0.1:49152/callback"),
        ("http://127.0.0.1/callback", "http://[::1]:49152/callback"),
        ("http://localhost/callback", "http://localhost:49152/callback"),
        ("https://app.example/callback", "https://app.example:49152/callback"),
    ],
)
def test_everything_but_that_port_is_compared(client, register_app, alice, registered, asked):
    app = register_app(registered)
    client.post("/oauth/authorize", _login(app, alice, redirect_uri=asked), status=400)
