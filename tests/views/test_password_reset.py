"""Forgotten passwords (docs/api/pleroma.md 10.4; docs/api/admin.md 10)."""

import concurrent.futures
import hashlib
import re

import pytest

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
RESET = "/api/pleroma/password_reset"


@pytest.fixture
def mailed(sql):
    """The tokens of the reset mails that wait to be sent."""
    statement = "select args from procrastinate_jobs where task_name = 'send_mail' order by id"
    return lambda: [arguments["values"]["token"] for (arguments,) in sql(statement)]


@pytest.fixture
def token(sql, alice):
    """The token of a link for Alice."""
    sql(
        "insert into password_resets (token_hash, account_id) values (%s, %s)",
        hashlib.sha256(b"token").digest(),
        alice.id,
    )
    return "token"


def _new(token, password="new password", again=None):
    return {
        "data[password]": password,
        "data[password_confirmation]": password if again is None else again,
        "data[token]": token,
    }


def _works(client, password):
    client.authorization = ("Basic", ("alice", password))
    works = client.get("/api/v1/accounts/verify_credentials", expect_errors=True).status_code == 200
    client.authorization = None
    return works


# --- The mail


@pytest.mark.parametrize("sent", [{"email": " Alice@Mail.example"}, {"nickname": "ALICE "}])
def test_a_link_is_mailed(client, alice, sql, sent):
    assert client.post("/auth/password", sent, status=204).body == b""
    ((queue, mail),) = sql("select queue_name, args from procrastinate_jobs where task_name = 'send_mail'")
    assert queue == "mailer"
    assert (mail["template"], mail["to"], mail["values"]["nickname"]) == ("password_reset", alice.email, "alice")
    assert mail["values"]["token"] not in str(sql("select * from password_resets"))


def test_the_mail_that_is_sent_holds_a_link_that_works(client, alice, run_jobs, data_directory, sql):
    before = set((data_directory / "mail").glob("*.eml"))
    client.post("/auth/password", {"email": alice.email}, status=204)
    run_jobs()
    (path,) = set((data_directory / "mail").glob("*.eml")) - before
    text = path.read_text().replace("=\n", "")
    path.unlink()
    assert "Subject: Password reset" in text
    (link,) = set(re.findall(r"https://pleroma.example(/api/pleroma/password_reset/[\w-]+)", text))
    assert client.get(link, status=200).forms


@pytest.mark.parametrize(
    "sent", [{"email": "nobody@x.example"}, {"nickname": "nobody"}, {"email": "alice", "nickname": "x"}]
)
def test_the_answer_never_tells_who_is_there(client, alice, mailed, sent):
    assert client.post("/auth/password", sent, status=204).body == b""
    assert mailed() == []


def test_a_deactivated_account_gets_no_mail(client, alice, mailed, sql):
    sql("update accounts set active = false")
    client.post("/auth/password", {"email": alice.email}, status=204)
    assert mailed() == []


@pytest.mark.parametrize(
    "sent", [{}, {"email": ""}, {"email": " ", "nickname": ""}, {"email": ["x"]}, {"nickname": {"a": 1}}]
)
def test_without_parameters_it_is_a_400(client, sent):
    assert isinstance(client.post_json("/auth/password", sent, status=400).json["error"], str)


def test_mails_are_limited(make_client, alice):
    client = make_client(rate_limits=True)
    for _ in range(5):
        client.post("/auth/password", {"email": "x@y.example"}, status=204)
    assert client.post("/auth/password", {"email": "x@y.example"}, status=429).json == {"error": "Throttled"}


def test_a_browser_gets_a_form_and_a_page(client, alice, mailed):
    form = client.get("/auth/password", status=200).forms[0]
    form["email"] = alice.email
    answer = form.submit(headers=BROWSER, status=200)
    assert answer.content_type == "text/html"
    assert len(mailed()) == 1
    assert client.post("/auth/password", {}, headers=BROWSER, status=400).content_type == "text/html"


# --- The page


def test_the_form_sets_the_password_and_ends_every_login(client, make_client, alice, token, sql):
    browser = make_client(base_url="http://localhost")
    browser.post("/login", {"name": "alice", "password": alice.password}, status=302)
    sql("update users set password_reset_required = true")
    form = client.get(f"{RESET}/{token}", status=200).forms[0]
    assert form["data[token]"].value == token
    form["data[password]"] = form["data[password_confirmation]"] = " näw:word "
    answer = form.submit(status=200)
    assert answer.content_type == "text/html"
    assert "Password changed!" in answer.text
    client.get("/api/v1/accounts/verify_credentials", auth=alice, status=403)
    browser.get("/api/v1/accounts/verify_credentials", status=403)
    assert sql("select * from tokens") == [] and sql("select * from sessions") == []
    assert sql("select password_reset_required from users") == [(False,)]
    assert not _works(client, alice.password)
    browser.post("/login", {"name": "alice", "password": " näw:word "}, status=302)


def test_parameters_may_come_as_json(client, token):
    data = {"password": "new", "password_confirmation": "new", "token": token}
    assert "Password changed!" in client.post_json(RESET, {"data": data}, status=200).text
    assert _works(client, "new")


def test_a_link_works_once(client, alice, token):
    assert "Password changed!" in client.post(RESET, _new(token), status=200).text
    assert "Invalid Token" in client.get(f"{RESET}/{token}", status=200).text
    assert "Password reset failed" in client.post(RESET, _new(token, "third"), status=200).text
    assert _works(client, "new password")


def test_of_simultaneous_uses_one_wins(make_client, token):
    def send(number):
        return make_client().post(RESET, _new(token, f"password {number}"), status=200).text

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        pages = list(pool.map(send, range(6)))
    assert sum("Password changed!" in page for page in pages) == 1


def test_a_link_is_good_for_a_day(client, alice, token, sql):
    sql("update password_resets set created_at = now() - interval '23 hours 59 minutes'")
    assert client.get(f"{RESET}/{token}", status=200).forms
    sql("update password_resets set created_at = now() - interval '24 hours 1 minute'")
    assert "Invalid Token" in client.get(f"{RESET}/{token}", status=200).text
    assert "Password reset failed" in client.post(RESET, _new(token), status=200).text
    assert _works(client, alice.password)


@pytest.mark.parametrize("used", [0, 1])
def test_a_newer_link_leaves_the_older_one_good_until_one_is_used(client, alice, mailed, used):
    for _ in range(2):
        client.post("/auth/password", {"email": alice.email}, status=204)
    links = mailed()
    assert all(client.get(f"{RESET}/{token}", status=200).forms for token in links)
    assert "Password changed!" in client.post(RESET, _new(links[used]), status=200).text
    assert "Password reset failed" in client.post(RESET, _new(links[1 - used]), status=200).text


@pytest.mark.parametrize("unknown", ["x", "%00", "%C3%BC", "x" * 5000])
def test_an_unknown_link_says_so(client, unknown):
    assert "Invalid Token" in client.get(f"{RESET}/{unknown}", status=200).text


@pytest.mark.parametrize(("password", "again"), [("", ""), ("a", "b"), ("a", ""), ("x" * 1001, "x" * 1001)])
def test_a_password_that_does_not_fit_fails_and_leaves_the_link(client, alice, token, password, again):
    assert "Password reset failed" in client.post(RESET, _new(token, password, again), status=200).text
    assert _works(client, alice.password)
    assert "Password changed!" in client.post(RESET, _new(token), status=200).text


@pytest.mark.parametrize(
    "data",
    [None, "x", [], {"password": ["a"], "password_confirmation": ["a"]}, {"password": "\ud800"}, {"token": {"a": 1}}],
)
def test_nonsense_fails(client, alice, token, data):
    if isinstance(data, dict):
        data = {"password": "a", "password_confirmation": "a", "token": token, **data}
    assert "Password reset failed" in client.post_json(RESET, {"data": data}, status=200).text
    assert _works(client, alice.password)


def test_the_address_with_the_token_is_not_passed_on(client, token):
    page = client.get(f"{RESET}/{token}", status=200)
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert page.headers["Cache-Control"] == "private, no-store"
