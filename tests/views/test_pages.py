"""The pages of ours: HTML without script (docs/api/pleroma.md 21)."""

import pytest
from bs4 import BeautifulSoup

from pleroma.accounts import captcha

PAGES = [
    "/",
    "/about",
    "/api/openapi",
    "/login",
    "/registration",
    "/registration/welcome",
    "/auth/password",
    "/api/pleroma/password_reset/x",
]
FIELDS = {"nickname": "lain", "fullname": "Lain", "email": "lain@wired.example", "password": "p", "confirm": "p"}


def _soup(page):
    return BeautifulSoup(page.text, "html.parser")


@pytest.mark.parametrize("path", PAGES)
def test_every_page_carries_its_headers(client, path):
    page = client.get(path, status=200)
    assert page.content_type == "text/html"
    policy = page.headers["Content-Security-Policy"]
    assert policy == (
        "default-src 'self'; img-src 'self' data:; media-src 'self'; object-src 'none'; base-uri 'none'; "
        "frame-ancestors 'none'"
    )
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Referrer-Policy"] == "same-origin"
    kept = "private, no-store" if path.startswith("/api") else "no-cache"
    assert page.headers["Cache-Control"] == {"/api/openapi": "public, max-age=3600"}.get(path, kept)


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_plain_semantic_html(make_client, path):
    page = _soup(make_client(languages=("de", "en"), instance_name="<Wired> & co").get(path, status=200))
    assert page.html["lang"] == "de"
    assert page.header and page.main and page.footer and page.main.h1
    assert "<Wired> & co" in page.title.text
    assert not page.find_all(["script", "style"])
    assert not [
        tag for tag in page.find_all(True) if tag.get("style") or any(name.startswith("on") for name in tag.attrs)
    ]
    for field in page.main.select("input:not([type=hidden]), textarea"):
        assert page.find("label", attrs={"for": field["id"]})


def test_the_front_page_tells_what_this_is(make_client):
    client = make_client(instance_name="Wired", description="close the <world>")
    for path in ("/", "/about"):
        page = _soup(client.get(path, status=200))
        assert page.main.h1.text == "Wired"
        assert "close the <world>" in page.main.text
        assert {"/login", "/registration"} <= {link["href"] for link in page.main.find_all("a")}


def test_closed_registrations_are_not_linked(make_client):
    assert "/registration" not in make_client(registrations_open=False).get("/", status=200).text


# --- Forms of other sites

FORMS = ["/login", "/logout", "/registration", "/oauth/authorize", "/auth/password", "/api/pleroma/password_reset"]
ELSEWHERE = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Referer": "https://evil.example/form"},
    {"Sec-Fetch-Site": "cross-site"},
]
HERE = [
    {},
    {"Origin": "https://pleroma.example"},
    {"Referer": "https://pleroma.example/login"},
    {"Origin": "http://host:8080"},
]


def test_every_form_of_ours_is_known_here(client):
    """What takes a POST beside the APIs, in which bearer tokens and passwords of apps come from everywhere."""
    posts = {rule.rule for rule in client.app.url_map.iter_rules() if "POST" in rule.methods}
    apis = ("/api", "/oauth/token", "/oauth/revoke", "/oauth/mfa")
    assert {path for path in posts if not path.startswith(apis)} <= set(FORMS)


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize("headers", ELSEWHERE)
def test_a_form_that_another_site_sends_is_refused(client, alice, path, headers):
    fields = {"name": "alice", "password": alice.password, **FIELDS, "data[password]": "x"}
    page = client.post(path, fields, headers={"Accept": "text/html", **headers}, status=403)
    assert "sent from another site" in page.text
    assert "Set-Cookie" not in page.headers


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize("headers", HERE)
def test_a_form_that_our_page_or_a_program_sends_is_taken(client, path, headers):
    page = client.post(path, FIELDS, headers={"Host": "host:8080", **headers}, expect_errors=True)
    assert "another site" not in page.text


def test_another_site_logs_nobody_in(client, alice):
    sent = {"name": "alice", "password": alice.password}
    assert "Set-Cookie" in client.post("/login", sent, status=302).headers
    refused = client.post("/login", sent, headers={"Origin": "https://evil.example"}, status=403)
    assert "Set-Cookie" not in refused.headers


# --- Logging in and out


def test_the_form_logs_in_and_leads_to_the_front_page(browser, alice):
    form = browser.get("/login", status=200).forms[0]
    form["name"], form["password"] = " ALICE@mail.example ", alice.password
    answer = form.submit(status=302)
    assert answer.location == "/"
    assert browser.get("/api/v1/accounts/verify_credentials", status=200).json["username"] == "alice"


def test_the_cookie_is_for_browsers_alone(client, alice):
    cookie = client.post("/login", {"name": "alice", "password": alice.password}, status=302).headers["Set-Cookie"]
    assert cookie.startswith("_pleroma_key=")
    assert all(part in cookie for part in ("HttpOnly", "SameSite=Lax", "Path=/", "Secure"))


@pytest.mark.parametrize("sent", [{"name": "alice", "password": "x"}, {"name": "nobody", "password": "x"}, {}])
def test_a_wrong_password_shows_the_form_again(client, alice, sent):
    page = client.post("/login", sent, status=401)
    assert "Invalid Username/Password" in page.text
    assert page.forms[0]["name"].value == sent.get("name", "")
    assert "Set-Cookie" not in page.headers


@pytest.mark.parametrize(
    ("change", "text"),
    [("update accounts set active = false", "Your account is currently disabled"),
     ("update users set password_reset_required = true", "Password reset is required"),
     ("update accounts set confirmed = false", "Your login is missing a confirmed e-mail address")],
)  # fmt: skip
def test_an_account_that_may_not_log_in_is_told_why(make_client, alice, sql, change, text):
    client = make_client(account_activation_required=True)
    sql(change)
    page = client.post("/login", {"name": "alice", "password": alice.password}, status=403)
    assert text in page.text and "Set-Cookie" not in page.headers


def test_logging_out_ends_the_session(browser, alice, sql):
    browser.post("/login", {"name": "alice", "password": alice.password}, status=302)
    kept = browser.cookies["_pleroma_key"]
    assert browser.post("/logout", status=302).location == "/"
    assert sql("select * from sessions") == []
    assert "_pleroma_key" not in browser.cookies
    browser.get("/api/v1/accounts/verify_credentials", headers={"Cookie": f"_pleroma_key={kept}"}, status=403)


def test_a_link_cannot_log_out(browser, alice):
    browser.get("/logout", status=404)
    browser.post("/logout", status=302)


def test_too_many_logins_show_a_page(make_client):
    client = make_client(rate_limits=True)
    for _ in range(15):
        client.post("/login", {"name": "x", "password": "x"}, status=401)
    page = client.post("/login", {"name": "x", "password": "x"}, headers={"Accept": "text/html"}, status=429)
    assert page.content_type == "text/html" and "Throttled" in page.text


@pytest.mark.parametrize("sent", [{"name": ["x"]}, {"password": {"a": 1}}, {"name": "\0", "password": "\ud800"}])
def test_nonsense_is_a_4xx(client, sent):
    assert client.post_json("/login", sent, expect_errors=True).status_code in (400, 401)


# --- Registering


def test_the_form_makes_an_account_and_logs_in(browser):
    form = browser.get("/registration", status=200).forms[0]
    for name, value in {**FIELDS, "bio": "\nhello"}.items():
        form[name] = value
    assert form.submit(status=302).location == "/"
    account = browser.get("/api/v1/accounts/verify_credentials", status=200).json
    assert (account["username"], account["display_name"]) == ("lain", "Lain")


def test_faults_show_the_form_again_without_the_passwords(client, alice):
    sent = {**FIELDS, "nickname": "alice", "email": "<x>", "bio": "</textarea>"}
    page = client.post("/registration", sent, status=400)
    shown = [item.text for item in _soup(page).select("ul.error li")]
    assert shown == ["Nickname has already been taken", "E-mail address has invalid format"]
    form = page.forms[0]
    assert (form["nickname"].value, form["email"].value, form["bio"].value) == ("alice", "<x>", "</textarea>")
    assert (form["password"].value, form["confirm"].value) == ("", "")


def test_an_address_with_an_invite_registers_with_it(make_client, sql):
    client = make_client(registrations_open=False)
    sql("insert into invites (token) values ('welcome')")
    form = client.get("/registration/welcome", status=200).forms[0]
    for name, value in FIELDS.items():
        form[name] = value
    form["email"] = "nonsense"
    again = form.submit(status=400).forms[0]
    assert sql("select used from invites") == [(False,)]
    again["email"], again["password"], again["confirm"] = FIELDS["email"], "p", "p"
    again.submit(status=302)
    assert sql("select used from invites") == [(True,)]


def test_without_an_invite_a_closed_registration_says_so(make_client):
    client = make_client(registrations_open=False)
    assert "Invalid token" in client.post("/registration", FIELDS, status=400).text


def test_an_account_that_must_be_confirmed_is_not_logged_in(make_client, sql):
    client = make_client(account_activation_required=True)
    page = client.post("/registration", FIELDS, status=200)
    assert "mail" in page.text and "Set-Cookie" not in page.headers
    assert sql("select count(*) from procrastinate_jobs where task_name = 'send_mail'") == [(1,)]


def test_the_form_asks_for_the_captcha_and_after_a_fault_for_another(make_client, monkeypatch, sql):
    monkeypatch.setattr(captcha, "native", lambda: ("KOTOBA", "data:image/png;base64,AAAA"))
    client = make_client(captcha="native")
    form = client.get("/registration", status=200).forms[0]
    for name, value in FIELDS.items():
        form[name] = value
    form["captcha_solution"] = "wrong"
    page = form.submit(status=400)
    assert "Text in the picture Invalid CAPTCHA" in page.text
    assert _soup(page).main.img["src"] == "data:image/png;base64,AAAA"
    again = page.forms[0]
    assert again["captcha_token"].value != form["captcha_token"].value
    again["captcha_solution"], again["password"], again["confirm"] = "kotoba", "p", "p"
    again.submit(status=302)


def test_the_picture_of_a_kocaptcha_may_be_shown(make_client, kocaptcha):
    client = make_client(captcha="kocaptcha", kocaptcha_url=kocaptcha, remote_allow_loopback=True)
    page = client.get("/registration", status=200)
    assert _soup(page).main.img["src"] == f"{kocaptcha}/captchas/t.png"
    assert f"img-src 'self' data: {kocaptcha};" in page.headers["Content-Security-Policy"]


def test_a_kocaptcha_service_that_is_down_is_told(make_client):
    client = make_client(captcha="kocaptcha", kocaptcha_url="http://127.0.0.1:9", remote_allow_loopback=True)
    page = client.get("/registration", status=200)
    assert "Kocaptcha service unavailable" in page.text
    assert "img-src 'self' data:;" in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/registration/%00", "/registration/%F0%9F%90%BB", "/registration/" + "x" * 5000])
def test_odd_invites_are_only_text(client, path):
    client.get(path, status=200)
