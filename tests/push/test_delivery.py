"""How a push is sent: both encodings, who signs, what an answer means, and what is never reached or logged."""

import base64
import json
import logging
import re
import socket
import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import mastodon
import pytest
from py_vapid import Vapid01, Vapid02

from pleroma import remote, vapid
from pleroma.config import vapid_public_key
from pleroma.push import encryption
from tests.push_service import Reader, from_digits

SUBSCRIPTION = "/api/v1/push/subscription"


@pytest.fixture
def notify(post, bob):
    """Bob notifies somebody of something."""
    return lambda who: post(bob, f"@{who.nickname} hello")


@pytest.fixture
def waiting(sql):
    """The jobs that are still to be run: the seconds until then."""
    statement = (
        "select extract(epoch from scheduled_at - now())::float from procrastinate_jobs"
        " where task_name = 'push' and status = 'todo' order by id"
    )
    return lambda: [seconds for (seconds,) in sql(statement)]


def claims(token):
    """What the token of an Authorization header says."""
    return json.loads(from_digits(token.split(".")[1]))


# --- What is sent


def test_clients_get_the_old_encoding_unless_they_ask_for_the_standard(settings, alice, notify, subscribe, deliver):
    reader = subscribe(alice, "mention")
    notify(alice)
    (one,) = deliver()
    key = vapid_public_key(settings)
    assert one.headers["Content-Encoding"] == "aesgcm"
    assert re.fullmatch(r"salt=[A-Za-z0-9_-]{22}", one.headers["Encryption"])
    assert re.fullmatch(rf"dh=[A-Za-z0-9_-]{{87}};p256ecdsa={key}", one.headers["Crypto-Key"])
    assert re.fullmatch(r"WebPush [\w-]+\.[\w-]+\.[\w-]{86}", one.headers["Authorization"])
    assert Vapid01.verify(key, one.headers["Authorization"])
    assert reader.read(one)["access_token"] == alice.token


def test_who_asks_for_the_standard_gets_it(settings, alice, notify, subscribe, deliver):
    reader = subscribe(alice, "mention", standard=True)
    notify(alice)
    (one,) = deliver()
    key = vapid_public_key(settings)
    assert one.headers["Content-Encoding"] == "aes128gcm"
    assert "Encryption" not in one.headers and "Crypto-Key" not in one.headers
    assert re.fullmatch(rf"vapid t=[\w-]+\.[\w-]+\.[\w-]{{86}}, k={key}", one.headers["Authorization"])
    assert Vapid02.verify(one.headers["Authorization"].replace(", ", ","))
    assert reader.read(one)["access_token"] == alice.token


@pytest.mark.parametrize("standard", [True, False])
def test_what_push_services_need_to_know_stands_in_the_headers(alice, notify, subscribe, deliver, standard):
    subscribe(alice, "mention", standard=standard)
    notify(alice)
    (one,) = deliver()
    names = ("TTL", "Urgency", "Content-Type", "Content-Length")
    assert [one.headers[name] for name in names] == ["172800", "high", "application/octet-stream", str(len(one.body))]


def test_only_mentions_are_urgent(client, alice, bob, subscribe, deliver):
    subscribe(alice, "follow")
    client.post(f"/api/v1/accounts/{alice.id}/follow", auth=bob, status=200)
    (one,) = deliver()
    assert one.headers["Urgency"] == "normal"


def test_nothing_is_encrypted_twice_alike(alice, notify, subscribe, deliver):
    subscribe(alice, "mention")
    notify(alice)
    notify(alice)
    first, second = deliver()
    assert first.headers["Encryption"] != second.headers["Encryption"]
    assert first.headers["Crypto-Key"] != second.headers["Crypto-Key"]


def test_mastodon_py_reads_what_is_pushed(make_client, alice, notify, service, deliver):
    library = mastodon.Mastodon(api_base_url="https://pleroma.example", version_check_mode="none")
    private, public = library.push_subscription_generate_keys()
    sent = {
        "subscription[endpoint]": f"{service.url}/x",
        "subscription[keys][p256dh]": base64.b64encode(public["pubkey"]).decode(),
        "subscription[keys][auth]": base64.b64encode(public["auth"]).decode(),
        "data[alerts][mention]": "True",
        "policy": "all",
    }
    make_client(remote_allow_loopback=True).post(SUBSCRIPTION, sent, auth=alice, status=200)
    notify(alice)
    (one,) = deliver()
    message = library.push_subscription_decrypt_push(
        one.body, private, one.headers["Encryption"], one.headers["Crypto-Key"]
    )
    assert (message.access_token, message.notification_type) == (alice.token, "mention")
    assert message.title == "bob mentioned you"


@pytest.mark.parametrize(
    ("endpoint", "encoding"),
    [
        ("https://web.push.apple.com/x", "aes128gcm"), ("https://push.apple.com/x", "aes128gcm"),
        ("https://WEB.PUSH.APPLE.COM./x", "aes128gcm"), ("https://push.apple.com.example/x", "aesgcm"),
        ("https://push.apple.example/?push.apple.com", "aesgcm"), ("https://notpush.apple.com/x", "aesgcm"),
    ],
)  # fmt: skip
def test_apple_gets_the_standard_whatever_was_asked_for(endpoint, encoding):
    reader = Reader()
    _, headers = encryption.encrypt(b"x", endpoint, reader.point, reader.auth, standard=False)
    assert headers["Content-Encoding"] == encoding


# --- Who signs


@pytest.mark.parametrize(
    ("endpoint", "origin"),
    [
        ("https://push.example/a?b", "https://push.example"), ("https://Push.Example:443/", "https://push.example"),
        ("https://push.example:8443/x", "https://push.example:8443"), ("https://[2606:4700::1111]/x", "https://[2606:4700::1111]"),
    ],
)  # fmt: skip
def test_the_signature_names_the_origin_the_contact_and_its_end(settings, endpoint, origin):
    authorization = encryption.sign({}, endpoint, settings)["Authorization"]
    said = claims(authorization.removeprefix("vapid t=").partition(",")[0])
    assert said.keys() == {"aud", "exp", "sub"}
    assert (said["aud"], said["sub"]) == (origin, "mailto:admin@pleroma.example")
    assert 11 * 3600 - 60 < said["exp"] - time.time() <= 12 * 3600
    assert Vapid02.verify(authorization.replace(", ", ","))


def test_a_signature_is_made_once_an_hour_and_origin(settings, monkeypatch):
    now = [time.time()]
    monkeypatch.setattr(encryption.time, "time", lambda: now[0])

    def sign(endpoint):
        return encryption.sign({}, endpoint, settings)["Authorization"]

    first = sign("https://push.example/a")
    assert sign("https://push.example/b") == first
    assert sign("https://other.example/a") != first
    now[0] += 3600
    second = sign("https://push.example/a")
    assert second != first
    ends = [claims(one.removeprefix("vapid t=").partition(",")[0])["exp"] for one in (first, second)]
    assert ends[1] - ends[0] == 3600


def test_a_given_key_signs(settings, alice, notify, subscribe, deliver):
    subscribe(alice, "mention", standard=True)
    notify(alice)
    given = vapid.make()
    (one,) = deliver(vapid_key=given)
    assert one.headers["Authorization"].endswith(f", k={vapid.public_key(given)}")
    assert Vapid02.verify(one.headers["Authorization"].replace(", ", ","))


# --- What an answer means


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_what_was_taken_is_done(sql, alice, notify, service, subscribe, deliver, waiting, status):
    subscribe(alice, "mention")
    service.answer = (status, {})
    notify(alice)
    assert len(deliver()) == 1
    assert deliver() == [] and waiting() == []
    assert sql("select status::text from procrastinate_jobs") == [("succeeded",)]


@pytest.mark.parametrize("status", [404, 410])
def test_a_subscription_whose_endpoint_is_gone_ends(
    client, alice, notify, service, subscribe, deliver, waiting, status
):
    subscribe(alice, "mention")
    service.answer = (status, {})
    notify(alice)
    assert len(deliver()) == 1
    client.get(SUBSCRIPTION, auth=alice, status=404)
    notify(alice)
    assert deliver() == [] and waiting() == []


def test_a_subscription_with_another_endpoint_by_now_stays(
    client, alice, notify, service, subscribe, deliver, monkeypatch
):
    subscribe(alice, "mention")
    service.answer = (410, {})
    fetch = remote.fetch

    def subscribe_meanwhile(url, **options):
        answer = fetch(url, **options)
        subscribe(alice, "mention", endpoint=f"{service.url}/new")
        return answer

    monkeypatch.setattr(remote, "fetch", subscribe_meanwhile)
    notify(alice)
    assert len(deliver()) == 1
    assert client.get(SUBSCRIPTION, auth=alice, status=200).json["endpoint"] == f"{service.url}/new"


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_service_without_time_is_asked_again_later_and_later(
    sql, client, alice, notify, service, subscribe, deliver, waiting, status
):
    reader = subscribe(alice, "mention")
    service.answer = (status, {})
    notify(alice)
    for attempt in range(1, 4):
        assert len(deliver()) == 1
        (seconds,) = waiting()
        assert 4**attempt - 3 < seconds <= 4**attempt
        assert deliver() == []
        sql("update procrastinate_jobs set scheduled_at = now()")
    service.answer = (201, {})
    (one,) = deliver()
    assert reader.read(one)["title"] == "bob mentioned you"
    assert waiting() == []
    client.get(SUBSCRIPTION, auth=alice, status=200)


@pytest.mark.parametrize(
    ("retry_after", "least", "most"),
    [
        ("600", 597, 600), ("1", 1, 4), ("soon", 1, 4), ("-5", 1, 4), ("", 1, 4),
        ("Mon, 01 Jan 9999999999999999999999 00:00:00 GMT", 1, 4),
        (timedelta(hours=10), 35_000, 36_000), (timedelta(hours=-10), 1, 4),
    ],
    ids=["seconds", "too soon", "nonsense", "negative", "empty", "no year", "a time", "a time that is over"],
)  # fmt: skip
def test_retry_after_is_honoured(alice, notify, service, subscribe, deliver, waiting, retry_after, least, most):
    if isinstance(retry_after, timedelta):
        retry_after = format_datetime(datetime.now(UTC) + retry_after, usegmt=True)
    subscribe(alice, "mention")
    service.answer = (429, {"Retry-After": retry_after})
    notify(alice)
    deliver()
    (seconds,) = waiting()
    assert least <= seconds <= most


@pytest.mark.parametrize("retry_after", ["172801", "9" * 300])
def test_after_two_days_a_push_is_given_up(
    sql, client, alice, notify, service, subscribe, deliver, waiting, retry_after
):
    subscribe(alice, "mention")
    service.answer = (503, {"Retry-After": retry_after})
    notify(alice)
    deliver()
    assert waiting() == []
    assert sql("select status::text from procrastinate_jobs") == [("failed",)]
    client.get(SUBSCRIPTION, auth=alice, status=200)


def test_the_next_time_may_not_be_behind_the_two_days(sql, alice, notify, service, subscribe, deliver, waiting):
    subscribe(alice, "mention")
    service.answer = (503, {})
    notify(alice)
    sql("update procrastinate_jobs set attempts = 7")
    deliver()
    assert 65_000 < waiting()[0] <= 65_536
    sql("update procrastinate_jobs set scheduled_at = now()")
    sql("update notifications set created_at = now() - interval '40 hours'")
    deliver()
    assert waiting() == []


@pytest.mark.parametrize("status", [400, 401, 403, 413, 301, 302, 307, 308])
def test_what_is_refused_is_given_up_and_the_tenth_time_in_a_row_ends_the_subscription(
    client, alice, notify, service, subscribe, deliver, waiting, status
):
    subscribe(alice, "mention")
    service.answer = (status, {"Location": f"{service.url}/elsewhere"})
    for _ in range(9):
        notify(alice)
    assert [one.path for one in deliver()] == ["/alice"] * 9
    client.get(SUBSCRIPTION, auth=alice, status=200)
    notify(alice)
    assert [one.path for one in deliver()] == ["/alice"]
    assert waiting() == []
    client.get(SUBSCRIPTION, auth=alice, status=404)


def test_a_success_forgets_what_was_refused(client, alice, notify, service, subscribe, deliver):
    subscribe(alice, "mention")
    for answer, times in ((400, 9), (201, 1), (400, 9)):
        service.answer = (answer, {})
        for _ in range(times):
            notify(alice)
        assert len(deliver()) == times
    client.get(SUBSCRIPTION, auth=alice, status=200)


def test_a_service_that_is_not_there_is_asked_again(alice, notify, subscribe, deliver, waiting):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    subscribe(alice, "mention", endpoint=f"http://127.0.0.1:{port}/x")
    notify(alice)
    deliver()
    (seconds,) = waiting()
    assert 1 < seconds <= 4


def test_a_silent_service_is_asked_again(alice, notify, subscribe, deliver, waiting, monkeypatch):
    monkeypatch.setattr("pleroma.push.delivery._SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        subscribe(alice, "mention", endpoint=f"http://127.0.0.1:{listener.getsockname()[1]}/x")
        notify(alice)
        started = time.monotonic()
        deliver()
        assert time.monotonic() - started < 9
    assert len(waiting()) == 1


def test_an_answer_without_an_end_is_an_answer(client, alice, notify, subscribe, deliver, waiting):
    def answer(listener):
        connection, _ = listener.accept()
        with connection:
            connection.recv(10_000)
            connection.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 999999999\r\n\r\n" + b"x" * 100_000)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer, args=(listener,))
        thread.start()
        subscribe(alice, "mention", endpoint=f"http://127.0.0.1:{listener.getsockname()[1]}/x")
        notify(alice)
        deliver()
        thread.join()
    assert waiting() == []
    client.get(SUBSCRIPTION, auth=alice, status=200)


# --- What is never reached


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:10.0.0.1"])
def test_a_name_that_has_a_private_address_by_now_is_refused(
    client, sql, alice, notify, subscribe, service, run_jobs, waiting, monkeypatch, address
):
    subscribe(alice, "mention", endpoint="https://push.example/x")
    look_up = socket.getaddrinfo
    asked = []

    def look_up_here(host, port, *arguments, **options):
        if host != "push.example":
            return look_up(host, port, *arguments, **options)
        asked.append(host)
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [(family, socket.SOCK_STREAM, 6, "", (address, port or 443))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up_here)
    for _ in range(10):
        notify(alice)
    run_jobs()
    assert asked == ["push.example"] * 10
    assert service.got == [] and waiting() == []
    client.get(SUBSCRIPTION, auth=alice, status=404)


def test_endpoint_and_keys_are_in_no_log(alice, notify, service, subscribe, deliver, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        nobody = f"http://127.0.0.1:{listener.getsockname()[1]}/secret-path"
    for endpoint, answer in (
        (f"{service.url}/secret-path", (201, {})), (f"{service.url}/secret-path", (503, {"Retry-After": "999999"})),
        (f"{service.url}/secret-path", (302, {"Location": "/secret-path"})), (nobody, None),
    ):  # fmt: skip
        reader = subscribe(alice, "mention", endpoint=endpoint)
        service.answer = answer
        notify(alice)
        deliver()
    logged = "".join(caplog.handler.format(record) for record in caplog.records)
    logged += "".join(capfd.readouterr())
    assert "push" in logged
    for secret in ("secret-path", alice.token, reader.parameters("")["subscription"]["keys"]["p256dh"]):
        assert secret not in logged
