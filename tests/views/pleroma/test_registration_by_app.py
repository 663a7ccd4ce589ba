"""Accounts that apps register (docs/api/pleroma.md 19.2)."""

import pytest

BY_APP = {"username": "lain", "email": "lain@wired.example", "password": "close the world", "agreement": "true"}
TAKEN = ["has already been taken"]


@pytest.mark.parametrize("agreement", [True, "true", "1", 1])
def test_an_app_registers_an_account_and_gets_its_token(client, app_token, agreement, log_in):
    answer = client.post_json("/api/v1/accounts", {**BY_APP, "agreement": agreement}, auth=app_token, status=200).json
    assert answer["token_type"] == "Bearer"
    assert answer["scope"] == "read write"
    assert isinstance(answer["created_at"], int)
    account = client.get("/api/v1/accounts/verify_credentials", auth=answer["access_token"], status=200).json
    assert (account["username"], account["display_name"]) == ("lain", "lain")
    assert account["pleroma"]["confirmation_pending"] is True
    log_in(client)


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


def test_an_app_is_told_the_faults_of_fields(client, app_token, alice, faults):
    answer = client.post("/api/v1/accounts", {**BY_APP, "username": "Alice"}, auth=app_token, status=400)
    assert faults(answer) == {"nickname": TAKEN}


def test_an_app_needs_invite_and_captcha_as_well(make_client, app_token, known_answers, invite, faults, solve):
    closed = make_client(registrations_open=False)
    assert closed.post("/api/v1/accounts", BY_APP, auth=app_token, status=400).json == {"error": "Invalid token"}
    closed.post("/api/v1/accounts", {**BY_APP, "token": invite()}, auth=app_token, status=200)
    guarded = make_client(captcha="native")
    other = {**BY_APP, "username": "other", "email": "other@wired.example"}
    assert "captcha" in faults(guarded.post("/api/v1/accounts", other, auth=app_token, status=400))
    guarded.post("/api/v1/accounts", {**other, **solve(guarded)}, auth=app_token, status=200)


def test_the_token_of_an_unconfirmed_account_works_once_it_is_confirmed(strict, app_token, mails, link):
    token = strict.post("/api/v1/accounts", BY_APP, auth=app_token, status=200).json["access_token"]
    strict.get("/api/v1/accounts/verify_credentials", auth=token, status=403)
    strict.get(link(mails()[0]), status=302)
    strict.get("/api/v1/accounts/verify_credentials", auth=token, status=200)
