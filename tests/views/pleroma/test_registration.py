"""Making an account: captcha, register, confirmation (seed; spec 8, 10, 19.2, admin API 12.2)."""

import base64
import concurrent.futures
import hashlib
import http.server
import json
import re
import threading

import pytest

from pleroma import captcha

NEW = {
    "nickname": "lain",
    "fullname": "Lain Iwakura",
    "email": "lain@wired.example",
    "password": "close the world",
    "confirm": "close the world",
}
BASE = "https://pleroma.example"
TAKEN, BLANK = ["has already been taken"], ["can't be blank"]


def _faults(answer):
    """The complaints by field: the error is JSON in a string."""
    assert answer.status_code == 400
    return json.loads(answer.json["error"])


@pytest.fixture
def register(client):
    """Registers: register(status=400, nickname="x")."""

    def send(status=200, to=client, **changes):
        return to.post("/api/account/register", {**NEW, **changes}, status=status)

    return send


@pytest.fixture
def accounts(sql):
    """The nicknames that there are."""
    return lambda: sorted(nickname for (nickname,) in sql("select nickname from accounts"))


def _log_in(client, nickname="lain", password=NEW["password"], status=200):
    client.authorization = ("Basic", (nickname, password))
    answer = client.get("/api/v1/accounts/verify_credentials", status=status)
    client.authorization = None
    return answer.json


# --- POST /api/account/register


def test_the_answer_is_the_user_object_of_the_seed(client, register):
    user = register(bio="fediverse idol\nhi <you>").json
    account = _log_in(client)
    assert re.fullmatch(r"[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d \+0000 \d{4}", user.pop("created_at"))
    avatar = f"{BASE}/images/avi.png"
    assert user == {
        "id": account["id"],
        "screen_name": "lain",
        "name": "Lain Iwakura",
        "name_html": "Lain Iwakura",
        "description": "fediverse idol\nhi <you>",
        "description_html": "fediverse idol<br>hi &lt;you&gt;",
        "background_image": None,
        "cover_photo": f"{BASE}/images/banner.png",
        "profile_image_url": avatar,
        "profile_image_url_https": avatar,
        "profile_image_url_original": avatar,
        "profile_image_url_profile_size": avatar,
        "default_scope": "public",
        "favourites_count": 0,
        "followers_count": 0,
        "friends_count": 0,
        "statuses_count": 0,
        "fields": [],
        "following": False,
        "follows_you": False,
        "is_local": True,
        "locked": False,
        "no_rich_text": False,
        "statusnet_blocking": False,
        "statusnet_profile_url": f"{BASE}/users/lain",
        "pleroma": {"tags": [], "confirmation_pending": False},
        "rights": {"delete_others_notice": False},
    }


@pytest.mark.parametrize("send", ["post", "post_json", "query"])
def test_parameters_come_as_form_json_or_query(client, send):
    if send == "query":
        query = "&".join(f"{name}={value.replace(' ', '+')}" for name, value in NEW.items())
        client.post(f"/api/account/register?{query}", status=200)
    else:
        getattr(client, send)("/api/account/register", NEW, status=200)
    assert _log_in(client)["display_name"] == "Lain Iwakura"


def test_the_bio_is_marked_up(register, client, alice):
    user = register(bio="see https://example.org and ask @alice").json
    assert f'data-user="{alice.id}"' in user["description_html"]
    assert '<a href="https://example.org"' in user["description_html"]
    account = _log_in(client)
    assert account["note"] == user["description_html"]
    assert account["source"]["note"] == "see https://example.org and ask @alice"


def test_emoji_of_the_name_are_pictures_and_tags_are_text(client, register, sql):
    sql("insert into emojis (shortcode, path, tags) values ('blob', '/emoji/pack/blob.png', '{}')")
    user = register(fullname="La <b>in</b> & :blob: :gone:").json
    assert user["name"] == "La in & :blob: :gone:"
    picture = f'<img class="emoji" alt=":blob:" title=":blob:" src="{BASE}/emoji/pack/blob.png">'
    assert user["name_html"] == f"La in &amp; {picture} :gone:"
    assert [emoji["shortcode"] for emoji in _log_in(client)["emojis"]] == ["blob"]


@pytest.mark.parametrize(
    ("changes", "faults"),
    [({"nickname": ""}, {"nickname": BLANK}), ({"nickname": "la in"}, {"nickname": ["has invalid format"]}),
     ({"nickname": "lain_"}, {"nickname": ["has invalid format"]}),
     ({"nickname": "läin"}, {"nickname": ["has invalid format"]}),
     ({"nickname": "About"}, {"nickname": ["is reserved"]}), ({"nickname": "media"}, {"nickname": ["is reserved"]}),
     ({"nickname": "x" * 101}, {"nickname": ["should be at most 100 character(s)"]}),
     ({"fullname": ""}, {"name": BLANK}), ({"fullname": "  "}, {"name": BLANK}),
     ({"fullname": "x" * 101}, {"name": ["should be at most 100 character(s)"]}),
     ({"bio": "x" * 5001}, {"bio": ["should be at most 5000 character(s)"]}),
     ({"email": ""}, {"email": BLANK}), ({"email": "lain"}, {"email": ["has invalid format"]}),
     ({"email": "lain@a@b.example"}, {"email": ["has invalid format"]}),
     ({"email": "la in@wired.example"}, {"email": ["has invalid format"]}),
     ({"email": "lain@wired..example"}, {"email": ["has invalid format"]}),
     ({"password": "", "confirm": ""}, {"password": BLANK, "password_confirmation": BLANK}),
     ({"confirm": ""}, {"password_confirmation": BLANK}),
     ({"confirm": "x"}, {"password_confirmation": ["does not match confirmation"]}),
     ({"password": "x" * 1001, "confirm": "x" * 1001}, {"password": ["should be at most 1000 character(s)"]})],
)  # fmt: skip
def test_a_fault_is_told_by_its_field(register, accounts, changes, faults):
    assert _faults(register(400, **changes)) == faults
    assert accounts() == []


def test_all_faults_are_told_at_once(client):
    faults = _faults(client.post("/api/account/register", {}, status=400))
    assert faults == dict.fromkeys(("nickname", "name", "email", "password", "password_confirmation"), BLANK)


def test_nickname_and_address_are_unique_in_any_letter_case(register, alice):
    faults = _faults(register(400, nickname="Alice", email="ALICE@mail.example"))
    assert faults == {"nickname": TAKEN, "email": TAKEN}


def test_of_simultaneous_registrations_of_a_name_one_wins(make_client, accounts):
    def send(number):
        parameters = {**NEW, "email": f"lain{number}@wired.example"}
        return make_client().post("/api/account/register", parameters, expect_errors=True)

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(send, range(6)))
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 5
    assert all(_faults(answer) == {"nickname": TAKEN} for answer in answers if answer.status_code == 400)
    assert accounts() == ["lain"]


@pytest.mark.parametrize("password", [" x ", "pässwörd: ☃", "a:b:c", '"', "x" * 1000])
def test_a_password_is_taken_as_typed(client, register, password):
    register(password=password, confirm=password)
    token = base64.b64encode(f"lain:{password}".encode()).decode()
    client.get("/api/v1/accounts/verify_credentials", headers={"Authorization": f"Basic {token}"}, status=200)


def test_a_password_is_stored_as_a_slow_hash(register, sql):
    register()
    ((stored,),) = sql("select password_hash from users")
    assert stored.startswith("scrypt:") and NEW["password"] not in stored


def test_spaces_around_name_and_address_are_a_keyboards(client, register):
    assert register(nickname=" lain ", email=" lain@wired.example ").json["screen_name"] == "lain"


def test_extended_nicknames_are_the_operators_choice(make_client, register):
    register(to=make_client(extended_nicknames=True), nickname="la-i_n")


def test_hidden_favourites_are_the_operators_choice(make_client, register, sql):
    register(to=make_client(hide_favorites=True))
    assert sql("select hide_favorites from accounts") == [(True,)]


def test_limits_changed_at_run_time_count(register, sql):
    sql("insert into settings (name, value) values ('name_limit', '3'), ('bio_limit', '4')")
    assert set(_faults(register(400, bio="12345"))) == {"name", "bio"}


@pytest.mark.parametrize(
    "changes",
    [{"nickname": ["lain"]}, {"password": {"a": 1}}, {"password": "\ud800", "confirm": "\ud800"}, {"bio": [1]},
     {"email": {"a": "b"}}, {"captcha_token": []}, {"token": {}}],
)  # fmt: skip
def test_nonsense_is_a_400(client, accounts, changes):
    answer = client.post_json("/api/account/register", {**NEW, **changes}, status=400)
    assert isinstance(answer.json["error"], str)
    assert accounts() == []


def test_what_cannot_be_stored_is_left_out(client):
    user = client.post_json(
        "/api/account/register", {**NEW, "nickname": "la\0in", "fullname": "a\ud800b", "bio": "\x01/x"}, status=200
    ).json
    assert (user["screen_name"], user["name"], user["description"]) == ("lain", "ab", "/x")


def test_too_many_registrations_from_one_address_are_throttled(make_client, register):
    client = make_client(rate_limits=True)
    for _ in range(25):
        register(400, client, nickname="")
    assert register(429, client).json == {"error": "Throttled"}


# --- Invites


@pytest.fixture
def closed(make_client):
    """A client of a server with closed registrations."""
    return make_client(registrations_open=False)


@pytest.fixture
def invite(sql):
    """Makes an invite: invite("used", max_use=2, expires_at="2020-01-01")."""

    def make(token="welcome", max_use=None, expires_at=None):
        sql("insert into invites (token, max_use, expires_at) values (%s, %s, %s)", token, max_use, expires_at)
        return token

    return make


@pytest.mark.parametrize("token", ["", "unknown", "\0", "x" * 10_000])
def test_closed_registrations_need_an_invite(closed, register, token):
    assert register(400, closed, token=token).json == {"error": "Invalid token"}
    assert closed.post("/api/account/register", NEW, status=400).json == {"error": "Invalid token"}


def test_registrations_may_be_closed_at_run_time(register, sql):
    sql("insert into settings (name, value) values ('registrations_open', 'false')")
    assert register(400).json == {"error": "Invalid token"}


def test_a_one_time_invite_makes_one_account(closed, register, invite, sql):
    register(to=closed, token=invite())
    assert sql("select used, uses from invites") == [(True, 0)]
    answer = register(400, closed, token="welcome", nickname="other", email="other@wired.example")
    assert answer.json == {"error": "Expired token"}


def test_a_reusable_invite_makes_as_many_as_it_says(closed, register, invite, sql):
    invite(max_use=2)
    register(to=closed, token="welcome", nickname="one", email="one@wired.example")
    assert sql("select used, uses from invites") == [(False, 1)]
    register(to=closed, token="welcome", nickname="two", email="two@wired.example")
    assert sql("select used, uses from invites") == [(True, 2)]
    assert register(400, closed, token="welcome").json == {"error": "Expired token"}


def test_a_date_limited_invite_is_good_through_its_day(closed, register, invite, sql):
    ((today, yesterday),) = sql("select (now() at time zone 'UTC')::date, (now() at time zone 'UTC')::date - 1")
    invite("today", expires_at=today)
    for number in range(3):
        register(to=closed, token="today", nickname=f"lain{number}", email=f"{number}@wired.example")
    assert sql("select used, uses from invites") == [(False, 0)]
    invite("yesterday", expires_at=yesterday)
    assert register(400, closed, token="yesterday").json == {"error": "Expired token"}
    invite("both", max_use=5, expires_at=yesterday)
    assert register(400, closed, token="both").json == {"error": "Expired token"}


def test_a_failed_registration_takes_nothing_from_the_invite(closed, register, invite, sql, alice):
    invite(max_use=1)
    _faults(register(400, closed, token="welcome", email="nonsense"))
    _faults(register(400, closed, token="welcome", nickname="alice"))
    assert sql("select used, uses from invites") == [(False, 0)]
    register(to=closed, token="welcome")


def test_the_invite_comes_before_the_fields(closed, register):
    assert register(400, closed, nickname="", token="unknown").json == {"error": "Invalid token"}


def test_open_registrations_use_no_invite(register, invite, sql):
    register(token=invite())
    register(token="unknown", nickname="other", email="other@wired.example")
    assert sql("select used from invites") == [(False,)]


def test_twenty_registrations_at_once_with_a_one_time_invite_make_one_account(make_client, invite, accounts):
    invite()

    def send(number):
        parameters = {**NEW, "nickname": f"n{number}", "email": f"{number}@wired.example", "token": "welcome"}
        return make_client(registrations_open=False).post("/api/account/register", parameters, expect_errors=True)

    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(send, range(20)))
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 19
    assert {answer.json["error"] for answer in answers if answer.status_code == 400} == {"Expired token"}
    assert len(accounts()) == 1


# --- Captcha


@pytest.fixture
def known_answers(monkeypatch):
    """Native captchas whose answer is "answer"."""
    monkeypatch.setattr(captcha, "native", lambda: ("ANSWER", "data:image/png;base64,AAAA"))


@pytest.fixture
def guarded(make_client, known_answers):
    """A client of a server with captchas."""
    return make_client(captcha="native")


def _solve(client, solution="answer"):
    token = client.get("/api/pleroma/captcha").json["token"]
    return {"captcha_token": token, "captcha_solution": solution}


def test_without_captchas_the_type_is_none(client):
    assert client.get("/api/pleroma/captcha", status=200).json == {"type": "none"}


def test_a_native_captcha_is_a_picture_and_no_answer(make_client):
    shown = make_client(captcha="native").get("/api/pleroma/captcha", status=200).json
    assert set(shown) == {"type", "token", "url", "answer_data"}
    assert shown["type"] == "native"
    prefix, data = shown["url"].split(",")
    assert prefix == "data:image/png;base64"
    assert base64.b64decode(data).startswith(b"\x89PNG")


def test_captchas_may_be_switched_on_at_run_time(client, sql):
    sql("insert into settings (name, value) values ('captcha', '\"native\"')")
    assert client.get("/api/pleroma/captcha", status=200).json["type"] == "native"


@pytest.mark.parametrize("solution", ["answer", "ANSWER", " answer "])
def test_token_and_solution_suffice(guarded, register, solution):
    register(to=guarded, **_solve(guarded, solution))


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"captcha_solution": "answer"},
        {"captcha_token": "x", "captcha_solution": "answer"},
        {"captcha_solution": ""},
    ],
)
def test_a_missing_or_wrong_captcha_is_told(guarded, register, accounts, sent):
    assert _faults(register(400, guarded, **sent)) == {"captcha": ["Invalid CAPTCHA"]}
    assert _faults(register(400, guarded, **_solve(guarded, "wrong"))) == {"captcha": ["Invalid CAPTCHA"]}
    assert accounts() == []


def test_the_captcha_comes_before_invite_and_fields(make_client, known_answers, register):
    client = make_client(captcha="native", registrations_open=False)
    assert "captcha" in _faults(register(400, client, nickname=""))
    assert register(400, client, nickname="", **_solve(client)).json == {"error": "Invalid token"}


def test_a_captcha_works_once(guarded, register):
    solved = _solve(guarded)
    register(to=guarded, **solved)
    answer = register(400, guarded, **solved, nickname="other", email="other@wired.example")
    assert _faults(answer) == {"captcha": ["CAPTCHA already used"]}


def test_a_failed_registration_leaves_the_captcha(guarded, register):
    solved = _solve(guarded)
    assert "email" in _faults(register(400, guarded, **solved, email="nonsense"))
    register(to=guarded, **solved)


def test_a_captcha_is_good_for_its_seconds(make_client, known_answers, register, sql):
    client = make_client(captcha="native", captcha_seconds=30)
    solved = _solve(client)
    sql("update captchas set created_at = now() - interval '29 seconds'")
    register(to=client, **solved)
    solved = _solve(client)
    sql("update captchas set created_at = now() - interval '31 seconds'")
    answer = register(400, client, **solved, nickname="other", email="other@wired.example")
    assert _faults(answer) == {"captcha": ["CAPTCHA expired"]}


def test_a_captcha_makes_one_account_although_many_come_at_once(make_client, guarded, accounts):
    solved = _solve(guarded)

    def send(number):
        parameters = {**NEW, "nickname": f"n{number}", "email": f"{number}@wired.example", **solved}
        return make_client(captcha="native").post("/api/account/register", parameters, expect_errors=True)

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 7
    refused = [_faults(answer) for answer in answers if answer.status_code == 400]
    assert refused == [{"captcha": ["CAPTCHA already used"]}] * 7
    assert len(accounts()) == 1


@pytest.fixture
def kocaptcha():
    """A kocaptcha service whose answer is "kotoba"."""

    class Service(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = {"token": "t", "url": "/captchas/t.png", "md5": hashlib.md5(b"kotoba").hexdigest().upper()}
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *arguments):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_kocaptcha_is_solved_by_its_md5(make_client, kocaptcha, register):
    client = make_client(captcha="kocaptcha", kocaptcha_url=kocaptcha, remote_allow_loopback=True)
    shown = client.get("/api/pleroma/captcha", status=200).json
    assert set(shown) == {"type", "token", "url", "answer_data"}
    assert shown["type"] == "kocaptcha"
    assert shown["url"] == f"{kocaptcha}/captchas/t.png"
    assert hashlib.md5(b"kotoba").hexdigest() not in str(shown).lower()
    wrong = register(400, client, captcha_token=shown["token"], captcha_solution="x")
    assert _faults(wrong) == {"captcha": ["Invalid CAPTCHA"]}
    register(to=client, captcha_token=shown["token"], captcha_solution="kotoba")


def test_a_kocaptcha_service_that_is_down_is_told_with_the_type(make_client):
    client = make_client(captcha="kocaptcha", kocaptcha_url="http://127.0.0.1:9", remote_allow_loopback=True)
    expected = {"type": "kocaptcha", "error": "Kocaptcha service unavailable"}
    assert client.get("/api/pleroma/captcha", status=200).json == expected


# --- Confirmation


@pytest.fixture
def strict(make_client):
    """A client of a server that requires confirmation."""
    return make_client(account_activation_required=True)


@pytest.fixture
def mails(sql):
    """The mails that wait to be sent."""

    def read():
        rows = sql("select queue_name, args from procrastinate_jobs where task_name = 'send_mail' order by id")
        assert {queue for queue, _ in rows} <= {"mailer"}
        return [arguments for _, arguments in rows]

    return read


def _link(mail):
    return f"/api/account/confirm_email/{mail['values']['account_id']}/{mail['values']['token']}"


def test_no_mail_goes_out_while_confirmation_is_not_required(register, mails):
    register()
    assert mails() == []


def test_an_account_waits_for_the_link_of_its_mail(strict, register, mails):
    user = register(to=strict).json
    assert user["pleroma"]["confirmation_pending"] is True
    (mail,) = mails()
    assert (mail["template"], mail["to"], mail["to_name"]) == ("confirmation", "lain@wired.example", "Lain Iwakura")
    _log_in(strict, status=403)
    strict.get(f"/api/v1/accounts/{user['id']}", status=404)
    answer = strict.get(_link(mail), status=302)
    assert answer.location == "/"
    assert _log_in(strict)["pleroma"]["confirmation_pending"] is False
    strict.get(f"/api/v1/accounts/{user['id']}", status=200)


def test_the_mail_that_is_sent_holds_the_link(strict, register, run_jobs, data_directory):
    before = set((data_directory / "mail").glob("*.eml"))
    register(to=strict)
    run_jobs(account_activation_required=True)
    (path,) = set((data_directory / "mail").glob("*.eml")) - before
    (link,) = set(re.findall(rf"{BASE}(/api/account/confirm_email/\d+/\w+)", path.read_text().replace("=\n", "")))
    path.unlink()
    strict.get(link, status=302)
    _log_in(strict)


def test_a_wrong_or_used_link_confirms_nothing(strict, register, mails, alice):
    register(to=strict)
    (mail,) = mails()
    link = _link(mail)
    for wrong in (
        link + "x",
        link[:-1],
        link.rsplit("/", 1)[0] + "/%C3%BC",
        link.replace(str(mail["values"]["account_id"]), "5"),
    ):
        assert isinstance(strict.get(wrong, status=404).json["error"], str)
    strict.get(f"/api/account/confirm_email/x/{mail['values']['token']}", status=404)
    strict.get(f"/api/account/confirm_email/{alice.id}/{mail['values']['token']}", status=404)
    _log_in(strict, status=403)
    strict.get(link, status=302)
    strict.get(link, status=404)


def test_a_browser_gets_a_page_for_a_wrong_link(strict):
    page = strict.get("/api/account/confirm_email/1/x", headers={"Accept": "text/html,*/*;q=0.8"}, status=404)
    assert page.content_type == "text/html"


def test_a_link_is_for_the_address_it_was_mailed_to(strict, register, mails, sql):
    register(to=strict)
    sql("update users set email = 'other@wired.example'")
    strict.get(_link(mails()[0]), status=404)


RESEND = "/api/v1/pleroma/accounts/confirmation_resend"


@pytest.mark.parametrize("sent", [{"email": "Lain@Wired.example "}, {"nickname": "LAIN"}])
def test_the_mail_is_sent_again_with_the_same_link(strict, register, mails, sent):
    register(to=strict)
    assert strict.post(RESEND, sent, status=204).body == b""
    first, second = mails()
    assert first == second


@pytest.mark.parametrize(
    "sent",
    [{}, {"email": ""}, {"email": "nobody@x.example"}, {"nickname": "nobody"}, {"email": "\0"},
     {"email": "alice@mail.example"}, {"nickname": "alice"}],
)  # fmt: skip
def test_resending_never_tells_who_is_there(strict, mails, alice, sent):
    assert strict.post_json(RESEND, sent, status=204).body == b""
    assert mails() == []


def test_nothing_is_sent_again_while_confirmation_is_not_required(client, strict, register, mails):
    register(to=strict)
    client.post(RESEND, {"email": NEW["email"]}, status=204)
    assert len(mails()) == 1


def test_resending_is_limited(make_client):
    client = make_client(rate_limits=True)
    for _ in range(5):
        client.post(RESEND, {"email": "x@y.example"}, status=204)
    client.post(RESEND, {"email": "x@y.example"}, status=429)


# --- POST /api/v1/accounts


@pytest.fixture
def app_token(client):
    """The token of an app alone."""
    app = client.post("/api/v1/apps", {"client_name": "App", "redirect_uris": "app:/", "scopes": "read write"}).json
    parameters = {"grant_type": "client_credentials", **{name: app[name] for name in ("client_id", "client_secret")}}
    return client.post("/oauth/token", parameters, status=200).json["access_token"]


BY_APP = {"username": "lain", "email": NEW["email"], "password": NEW["password"], "agreement": "true"}


@pytest.mark.parametrize("agreement", [True, "true", "1", 1])
def test_an_app_registers_an_account_and_gets_its_token(client, app_token, agreement):
    answer = client.post_json("/api/v1/accounts", {**BY_APP, "agreement": agreement}, auth=app_token, status=200).json
    assert answer["token_type"] == "Bearer"
    assert answer["scope"] == "read write"
    assert isinstance(answer["created_at"], int)
    account = client.get("/api/v1/accounts/verify_credentials", auth=answer["access_token"], status=200).json
    assert (account["username"], account["display_name"]) == ("lain", "lain")
    assert account["pleroma"]["confirmation_pending"] is True
    _log_in(client)


def test_an_app_may_send_name_and_bio(client, app_token):
    answer = client.post("/api/v1/accounts", {**BY_APP, "fullname": "Lain", "bio": "hi"}, auth=app_token, status=200)
    account = client.get("/api/v1/accounts/verify_credentials", auth=answer.json["access_token"], status=200).json
    assert (account["display_name"], account["note"]) == ("Lain", "hi")


@pytest.mark.parametrize("missing", ["username", "email", "password", "agreement"])
def test_what_an_app_must_send(client, app_token, missing):
    for sent in ({**BY_APP, missing: ""}, {name: value for name, value in BY_APP.items() if name != missing}):
        answer = client.post("/api/v1/accounts", sent, auth=app_token, status=400)
        assert answer.json == {"error": "Missing parameters"}
    answer = client.post("/api/v1/accounts", {**BY_APP, "agreement": "false"}, auth=app_token, status=400)
    assert answer.json == {"error": "Missing parameters"}


def test_only_an_app_token_registers(client, alice):
    expected = {"error": "Invalid credentials"}
    assert client.post("/api/v1/accounts", BY_APP, status=403).json == expected
    assert client.post("/api/v1/accounts", BY_APP, auth="wrong", status=403).json == expected
    assert client.post("/api/v1/accounts", BY_APP, auth=alice, status=403).json == expected
    client.authorization = ("Basic", (alice.nickname, alice.password))
    assert client.post("/api/v1/accounts", BY_APP, status=403).json == expected


def test_an_app_is_told_the_faults_of_fields(client, app_token, alice):
    answer = client.post("/api/v1/accounts", {**BY_APP, "username": "Alice"}, auth=app_token, status=400)
    assert _faults(answer) == {"nickname": TAKEN}


def test_an_app_needs_invite_and_captcha_as_well(make_client, app_token, known_answers, invite):
    closed = make_client(registrations_open=False)
    assert closed.post("/api/v1/accounts", BY_APP, auth=app_token, status=400).json == {"error": "Invalid token"}
    closed.post("/api/v1/accounts", {**BY_APP, "token": invite()}, auth=app_token, status=200)
    guarded = make_client(captcha="native")
    other = {**BY_APP, "username": "other", "email": "other@wired.example"}
    assert "captcha" in _faults(guarded.post("/api/v1/accounts", other, auth=app_token, status=400))
    guarded.post("/api/v1/accounts", {**other, **_solve(guarded)}, auth=app_token, status=200)


def test_the_token_of_an_unconfirmed_account_works_once_it_is_confirmed(strict, app_token, mails):
    token = strict.post("/api/v1/accounts", BY_APP, auth=app_token, status=200).json["access_token"]
    strict.get("/api/v1/accounts/verify_credentials", auth=token, status=403)
    strict.get(_link(mails()[0]), status=302)
    strict.get("/api/v1/accounts/verify_credentials", auth=token, status=200)
