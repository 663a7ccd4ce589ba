"""How parameters are read: repeated ones, sizes, texts that cannot be stored, numbers beyond any."""

import base64
import json
import time

import pytest

from pleroma.web import rate_limits

STATUSES = "/api/v1/statuses"
FLAGS = "🏳️‍🌈"


@pytest.fixture
def three(alice, post):
    """Ids of three statuses, newest first."""
    return [post(alice, f"status {number}")["id"] for number in range(3)][::-1]


def ids(answer):
    """The ids of a page."""
    return [entry["id"] for entry in answer.json]


def test_of_a_repeated_scalar_the_last_one_counts(client, alice, three):  # C02
    path = f"/api/v1/accounts/{alice.id}/statuses"
    assert ids(client.get(f"{path}?limit=3&limit=1", status=200)) == three[:1]
    assert ids(client.get(f"{path}?limit=1&max_id={three[0]}&limit=2", status=200)) == three[1:]
    form = client.post(STATUSES, "status=first&status=last", auth=alice, status=200)
    assert form.json["pleroma"]["content"]["text/plain"] == "last"
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {alice.token}"}
    body = b'{"status": "first", "status": "last"}'
    sent = client.request(STATUSES, method="POST", body=body, headers=headers, status=200)
    assert sent.json["pleroma"]["content"]["text/plain"] == "last"


def test_a_name_with_brackets_is_the_list_in_json_too(client, alice, bob, three):  # C03
    single = client.get(f"{STATUSES}?id[]={three[0]}", status=200)
    assert ids(single) == three[:1]
    made = client.post_json("/api/v1/lists", {"title": "Friends"}, auth=alice, status=200).json["id"]
    client.post(f"/api/v1/accounts/{bob.id}/follow", auth=alice, status=200)
    client.post_json(f"/api/v1/lists/{made}/accounts", {"account_ids[]": [str(bob.id)]}, auth=alice, status=200)
    assert ids(client.get(f"/api/v1/lists/{made}/accounts", auth=alice, status=200)) == [str(bob.id)]


def test_a_number_too_large_for_64_bits_is_a_large_number(client, alice, post):  # C04
    for number in range(25):
        post(alice, f"status {number}")
    path = f"/api/v1/accounts/{alice.id}/statuses"
    assert len(client.get(f"{path}?limit={'9' * 30}", status=200).json) == 25
    assert len(client.get(path, status=200).json) == 20


@pytest.mark.parametrize("content_type", ["multipart/form-data", "multipart/form-data; boundary=x"])
def test_a_body_of_no_bytes_is_no_body(client, alice, bob, content_type):  # S17
    headers = {"Content-Type": content_type, "Authorization": f"Bearer {alice.token}"}
    for action in ("follow", "mute", "unmute"):
        client.request(f"/api/v1/accounts/{bob.id}/{action}", method="POST", body=b"", headers=headers, status=200)


def test_limits_count_what_a_reader_takes_for_a_character(client, alice):  # S20
    update = "/api/v1/accounts/update_credentials"
    assert client.patch(update, {"display_name": FLAGS * 26}, auth=alice, status=200).json["display_name"] == FLAGS * 26
    poll = {"status": "which?", "poll": {"options": [FLAGS * 26, "no"], "expires_in": 3600}}
    assert client.post_json(STATUSES, poll, auth=alice, status=200).json["poll"]["options"][0]["title"] == FLAGS * 26
    limit = client.get("/api/v1/instance").json["description_limit"]
    assert client.patch(update, {"note": FLAGS * (limit // 2)}, auth=alice, status=200).json["note"]


def test_a_password_with_a_zero_byte_is_another_password(client, alice):  # D05
    statuses = []
    for password in (alice.password, f"{alice.password}\0"):
        credentials = base64.b64encode(f"{alice.nickname}:{password}".encode()).decode()
        headers = {"Authorization": f"Basic {credentials}"}
        answer = client.get("/api/v1/accounts/verify_credentials", headers=headers, expect_errors=True)
        statuses.append(answer.status_int)
    assert statuses == [200, 403]


@pytest.mark.parametrize("field", ["nickname", "password"])
def test_names_and_passwords_that_cannot_be_stored_are_refused(client, sql, field):  # D05, R27
    for ending in ("\0", "\ud800"):
        new = {"nickname": "carol", "fullname": "Carol", "email": "carol@mail.example", "bio": "", "password": "secret"}
        new[field] += ending
        answer = client.post_json("/api/account/register", {**new, "confirm": new["password"]}, expect_errors=True)
        assert 400 <= answer.status_int < 500 and answer.json["error"]
    assert sql("select count(*) from accounts where nickname ^@ 'carol'") == [(0,)]


def test_an_address_is_never_formatted(client, alice):  # D06
    address = "https://example.org/*x*?y=*z*"
    new = {"status": f"see {address} *there*", "content_type": "text/markdown"}
    content = client.post_json(STATUSES, new, auth=alice, status=200).json["content"]
    assert f'href="{address}"' in content and "<em>there</em>" in content and "<em>x</em>" not in content


def test_an_object_is_no_list(client, alice, bob, post):  # D07
    post(alice, "@bob hello", visibility="direct")
    (conversation,) = client.get("/api/v1/conversations", auth=alice, status=200).json
    path = f"/api/v1/pleroma/conversations/{conversation['id']}"
    answer = client.patch_json(path, {"recipients": {"id": str(alice.id)}}, auth=alice, status=400)
    assert answer.json["error"]


@pytest.mark.parametrize("types", [["\ud800"], ["mention\udfff"], "\ud800"])
def test_a_half_surrogate_is_no_fault_of_the_server(client, alice, types):  # R27
    body = {"types": types}
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {alice.token}"}
    answer = client.request(
        "/api/v1/notifications", method="GET", body=json.dumps(body).encode(), headers=headers, expect_errors=True
    )
    assert answer.status_int < 500


@pytest.mark.parametrize("vote", ["Infinity", "-Infinity", "NaN", "1e400", "1.5", '"x"', "null", "[[0]]"])
def test_a_vote_that_is_no_number_of_an_option(client, alice, bob, vote):  # R27
    new = {"status": "which?", "poll": {"options": ["yes", "no"], "expires_in": 3600}}
    poll = client.post_json(STATUSES, new, auth=alice, status=200).json["poll"]["id"]
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {bob.token}"}
    answer = client.request(
        f"/api/v1/polls/{poll}/votes", method="POST", body=f'{{"choices": [{vote}]}}'.encode(), headers=headers,
        expect_errors=True,
    )  # fmt: skip
    assert 400 <= answer.status_int < 500
    assert client.get(f"/api/v1/polls/{poll}", auth=alice, status=200).json["votes_count"] == 0


def test_a_hashtag_ends_after_a_hundred_letters(client, alice):  # R26
    answer = client.post(STATUSES, {"status": f"#{'a' * 4500} #{'b' * 100}"}, auth=alice, status=200)
    assert [tag["name"] for tag in answer.json["tags"]] == ["a" * 100, "b" * 100]


def test_a_long_key_at_a_long_path_is_no_fault_of_the_database(client, alice):  # R26
    headers = {"Idempotency-Key": "k" * 3000}
    first = client.post(STATUSES, {"status": "once"}, auth=alice, headers=headers, expect_errors=True)
    assert first.status_int in (200, 400)
    second = client.post(f"{STATUSES}/{'9' * 3000}/favourite", auth=alice, headers=headers, expect_errors=True)
    assert second.status_int in (400, 404)


@pytest.mark.parametrize("content_type", ["text/plain", "text/markdown", "text/html", "text/bbcode"])
def test_a_status_far_over_its_limit_is_refused_by_its_length(client, alice, content_type):  # R4
    typed = ("@a@b.example #c :d: [e](http://f) <b>" * 30_000)[:1_000_000]
    started = time.process_time()
    answer = client.post_json(STATUSES, {"status": typed, "content_type": content_type}, auth=alice, expect_errors=True)
    assert answer.status_int in (413, 422) and time.process_time() - started < 2


def test_apps_are_limited_for_each_address(make_client):  # R6
    client = make_client(rate_limits=True)
    new = {"client_name": "app", "redirect_uris": "urn:ietf:wg:oauth:2.0:oob"}
    for _ in range(rate_limits.APP_REGISTRATION.requests):
        client.post("/api/v1/apps", new, status=200)
    client.post("/api/v1/apps", new, status=429)
    client.post("/api/v1/apps", new, extra_environ={"REMOTE_ADDR": "192.0.2.9"}, status=200)


def test_captchas_are_limited_for_each_address(make_client):  # R6
    client = make_client(rate_limits=True, captcha="native")
    for _ in range(rate_limits.CAPTCHA.requests):
        client.get("/api/pleroma/captcha", status=200)
    client.get("/api/pleroma/captcha", status=429)
