"""Captchas: showing and solving them (docs/api/pleroma.md 8)."""

import base64
import concurrent.futures
import hashlib

import pytest

from tests.views.pleroma.newcomer import NEW


@pytest.fixture
def guarded(make_client, known_answers):
    """A client of a server with captchas."""
    return make_client(captcha="native")


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
def test_token_and_solution_suffice(guarded, register, accounts, solution, solve):
    register(to=guarded, **solve(guarded, solution))
    assert accounts() == ["lain"]


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"captcha_solution": "answer"},
        {"captcha_token": "x", "captcha_solution": "answer"},
        {"captcha_solution": ""},
    ],
)
def test_a_missing_or_wrong_captcha_is_told(guarded, register, accounts, sent, faults, solve):
    assert faults(register(400, guarded, **sent)) == {"captcha": ["Invalid CAPTCHA"]}
    assert faults(register(400, guarded, **solve(guarded, "wrong"))) == {"captcha": ["Invalid CAPTCHA"]}
    assert accounts() == []


def test_the_captcha_comes_before_invite_and_fields(make_client, known_answers, register, faults, solve):
    client = make_client(captcha="native", registrations_open=False)
    assert "captcha" in faults(register(400, client, nickname=""))
    assert register(400, client, nickname="", **solve(client)).json == {"error": "Invalid token"}


def test_a_captcha_works_once(guarded, register, faults, solve):
    solved = solve(guarded)
    register(to=guarded, **solved)
    answer = register(400, guarded, **solved, nickname="other", email="other@wired.example")
    assert faults(answer) == {"captcha": ["CAPTCHA already used"]}


def test_a_failed_registration_leaves_the_captcha(guarded, register, faults, solve):
    solved = solve(guarded)
    assert "email" in faults(register(400, guarded, **solved, email="nonsense"))
    register(to=guarded, **solved)


def test_a_captcha_is_good_for_its_seconds(make_client, known_answers, register, sql, faults, solve):
    client = make_client(captcha="native", captcha_seconds=30)
    solved = solve(client)
    sql("update captchas set created_at = now() - interval '29 seconds'")
    register(to=client, **solved)
    solved = solve(client)
    sql("update captchas set created_at = now() - interval '31 seconds'")
    answer = register(400, client, **solved, nickname="other", email="other@wired.example")
    assert faults(answer) == {"captcha": ["CAPTCHA expired"]}


def test_a_captcha_makes_one_account_although_many_come_at_once(make_client, guarded, accounts, faults, solve):
    solved = solve(guarded)

    def send(number):
        parameters = {**NEW, "nickname": f"n{number}", "email": f"{number}@wired.example", **solved}
        return make_client(captcha="native").post("/api/account/register", parameters, expect_errors=True)

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 7
    refused = [faults(answer) for answer in answers if answer.status_code == 400]
    assert refused == [{"captcha": ["CAPTCHA already used"]}] * 7
    assert len(accounts()) == 1


def test_a_kocaptcha_is_solved_by_its_md5(make_client, kocaptcha, register, faults):
    client = make_client(captcha="kocaptcha", kocaptcha_url=kocaptcha, remote_allow_loopback=True)
    shown = client.get("/api/pleroma/captcha", status=200).json
    assert set(shown) == {"type", "token", "url", "answer_data"}
    assert shown["type"] == "kocaptcha"
    assert shown["url"] == f"{kocaptcha}/captchas/t.png"
    assert hashlib.md5(b"kotoba").hexdigest() not in str(shown).lower()
    wrong = register(400, client, captcha_token=shown["token"], captcha_solution="x")
    assert faults(wrong) == {"captcha": ["Invalid CAPTCHA"]}
    register(to=client, captcha_token=shown["token"], captcha_solution="kotoba")


def test_a_kocaptcha_service_that_is_down_is_told_with_the_type(make_client):
    client = make_client(captcha="kocaptcha", kocaptcha_url="http://127.0.0.1:9", remote_allow_loopback=True)
    expected = {"type": "kocaptcha", "error": "Kocaptcha service unavailable"}
    assert client.get("/api/pleroma/captcha", status=200).json == expected
