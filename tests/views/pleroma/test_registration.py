"""Making an account and being invited (docs/api/pleroma.md 10.1, 10.2; docs/api/admin.md 12.2)."""

import base64
import concurrent.futures
import re

import pytest

from pleroma.accounts import passwords
from tests.views.pleroma.newcomer import NEW

BASE = "https://pleroma.example"
TAKEN, BLANK = ["has already been taken"], ["can't be blank"]


# --- POST /api/account/register


def test_the_answer_is_the_user_object_of_the_document(client, register, log_in):
    user = register(bio="fediverse idol\nhi <you>").json
    account = log_in(client)
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
def test_parameters_come_as_form_json_or_query(client, send, log_in):
    if send == "query":
        query = "&".join(f"{name}={value.replace(' ', '+')}" for name, value in NEW.items())
        client.post(f"/api/account/register?{query}", status=200)
    else:
        getattr(client, send)("/api/account/register", NEW, status=200)
    assert log_in(client)["display_name"] == "Lain Iwakura"


def test_the_bio_is_marked_up(register, client, alice, log_in):
    user = register(bio="see https://example.org and ask @alice").json
    assert f'data-user="{alice.id}"' in user["description_html"]
    assert '<a href="https://example.org"' in user["description_html"]
    account = log_in(client)
    assert account["note"] == user["description_html"]
    assert account["source"]["note"] == "see https://example.org and ask @alice"


def test_emoji_of_the_name_are_pictures_and_tags_are_text(client, register, sql, log_in):
    sql("insert into emojis (shortcode, path, tags) values ('blob', '/emoji/pack/blob.png', '{}')")
    user = register(fullname="La <b>in</b> & :blob: :gone:").json
    assert user["name"] == "La in & :blob: :gone:"
    picture = f'<img class="emoji" alt=":blob:" title=":blob:" src="{BASE}/emoji/pack/blob.png">'
    assert user["name_html"] == f"La in &amp; {picture} :gone:"
    assert [emoji["shortcode"] for emoji in log_in(client)["emojis"]] == ["blob"]


@pytest.mark.parametrize(
    ("changes", "expected"),
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
def test_a_fault_is_told_by_its_field(register, accounts, changes, expected, faults):
    assert faults(register(400, **changes)) == expected
    assert accounts() == []


def test_all_faults_are_told_at_once(client, faults):
    faults = faults(client.post("/api/account/register", {}, status=400))
    assert faults == dict.fromkeys(("nickname", "name", "email", "password", "password_confirmation"), BLANK)


def test_nickname_and_address_are_unique_in_any_letter_case(register, alice, faults):
    faults = faults(register(400, nickname="Alice", email="ALICE@mail.example"))
    assert faults == {"nickname": TAKEN, "email": TAKEN}


def test_of_simultaneous_registrations_of_a_name_one_wins(make_client, accounts, faults):
    def send(number):
        parameters = {**NEW, "email": f"lain{number}@wired.example"}
        return make_client().post("/api/account/register", parameters, expect_errors=True)

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(send, range(6)))
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 5
    assert all(faults(answer) == {"nickname": TAKEN} for answer in answers if answer.status_code == 400)
    assert accounts() == ["lain"]


@pytest.mark.parametrize("password", [" x ", "pässwörd: ☃", "a:b:c", '"', "x" * 1000])
def test_a_password_is_taken_as_typed(client, register, password):
    register(password=password, confirm=password)
    token = base64.b64encode(f"lain:{password}".encode()).decode()
    client.get("/api/v1/accounts/verify_credentials", headers={"Authorization": f"Basic {token}"}, status=200)


def test_a_password_is_stored_as_a_slow_hash(register, sql, slow_method, monkeypatch):
    assert slow_method == "scrypt:16384:8:1"
    monkeypatch.setattr(passwords, "_METHOD", slow_method)
    register()
    ((stored,),) = sql("select password_hash from users")
    assert stored.startswith(f"{slow_method}$") and NEW["password"] not in stored


def test_spaces_around_name_and_address_are_a_keyboards(client, register):
    assert register(nickname=" lain ", email=" lain@wired.example ").json["screen_name"] == "lain"


def test_extended_nicknames_are_the_operators_choice(make_client, register):
    answer = register(to=make_client(extended_nicknames=True), nickname="la-i_n")
    assert answer.json["screen_name"] == "la-i_n"


def test_hidden_favourites_are_the_operators_choice(make_client, register, sql):
    register(to=make_client(hide_favorites=True))
    assert sql("select hide_favorites from accounts") == [(True,)]


def test_limits_changed_at_run_time_count(register, sql, faults):
    sql("insert into settings (name, value) values ('name_limit', '3'), ('bio_limit', '4')")
    assert set(faults(register(400, bio="12345"))) == {"name", "bio"}


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
    user = client.post_json("/api/account/register", {**NEW, "fullname": "a\ud800b", "bio": "\x01/x"}, status=200).json
    assert (user["name"], user["description"]) == ("ab", "/x")


def test_too_many_registrations_from_one_address_are_throttled(make_client, register):
    client = make_client(rate_limits=True)
    for _ in range(25):
        register(400, client, nickname="")
    assert register(429, client).json == {"error": "Throttled"}


# --- Invites


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


def test_a_failed_registration_takes_nothing_from_the_invite(closed, register, invite, sql, alice, faults):
    invite(max_use=1)
    faults(register(400, closed, token="welcome", email="nonsense"))
    faults(register(400, closed, token="welcome", nickname="alice"))
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


def test_the_error_is_json_without_spaces_as_old_front_ends_compare_it(client):
    fields = {"nickname": "", "fullname": "L", "email": "l@wired.example", "password": "secret", "confirm": "secret"}
    answer = client.post("/api/account/register", fields, status=400)
    assert answer.json["error"] == '{"nickname":["can\'t be blank"]}'
