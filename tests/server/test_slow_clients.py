"""Clients that send slowly hold up nobody: a thread gets a request when all of it is here (a real server)."""

import contextlib
import http.client
import json
import re
import socket
import time
from urllib.parse import urlsplit

import pytest

from tests.picture_files import encoded, photo


@pytest.fixture
def connect(server):
    """Opens connections, and sends a text on each."""
    port = urlsplit(server).port
    with contextlib.ExitStack() as stack:

        def start(text=b""):
            client = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=30))
            client.sendall(text)
            return client

        yield start


@pytest.fixture
def ask(server):
    """Makes one request on a connection of its own, and gives status, body and seconds."""

    def run(method, path, body=None, headers=None, timeout=30):
        connection = http.client.HTTPConnection(urlsplit(server).netloc, timeout=timeout)
        started = time.monotonic()
        with contextlib.closing(connection):
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read(), time.monotonic() - started

    return run


@pytest.fixture
def token(ask):
    """A token of alice."""
    app = {"client_name": "slow", "redirect_uris": "urn:ietf:wg:oauth:2.0:oob", "scopes": "read write"}
    as_json = {"Content-Type": "application/json"}
    _, body, _ = ask("POST", "/api/v1/apps", json.dumps(app), as_json)
    made = json.loads(body)
    login = {"grant_type": "password", "username": "alice", "password": "secret"}
    client = {name: made[name] for name in ("client_id", "client_secret")}
    _, body, _ = ask("POST", "/oauth/token", json.dumps({**login, **client}), as_json)
    return json.loads(body)["access_token"]


def answer_of(client):
    """Status and body of an answer."""
    answer = http.client.HTTPResponse(client)
    answer.begin()
    return answer.status, answer.read()


AS_JSON = b"POST /api/v1/apps HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
HALF = b"POST /api/v1/statuses HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nstatu"


@pytest.mark.parametrize(
    "half",
    [
        HALF,
        b"GET /api/v1/instance HTTP/1.1\r\nHost: x\r\nX-A: b",
        b"\r\n\r\nGET ",
        b"POST /api/v1/statuses HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"POST /api/v1/media HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000\r\n\r\n" + b"a" * 100_000,
        b"GET /api/v1/instance HTTP/1.1\r\nHost: x\r\n\r\n" + HALF,
    ],
    ids=["body", "head", "nothing", "chunk", "upload", "second request"],
)
def test_forty_half_requests_hold_up_nobody(connect, ask, half):
    for _ in range(40):
        connect(half)
    for _ in range(10):
        status, _, seconds = ask("GET", "/api/v1/timelines/public")
        assert status == 200 and seconds < 5


def test_a_request_that_comes_byte_by_byte_is_answered(connect):
    client = connect()
    for (
        byte
    ) in b"POST /api/v1/apps HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Type: application/json\r\n\r\n{}":
        client.sendall(bytes([byte]))
        time.sleep(0.002)
    assert answer_of(client)[0] == 422


def test_a_small_request_that_does_not_end_is_refused_within_half_a_minute(connect):
    client = connect(HALF)
    client.settimeout(40)
    started = time.monotonic()
    status, body = answer_of(client)
    assert status == 408 and json.loads(body)["error"]
    assert 15 < time.monotonic() - started < 30


def test_an_upload_on_a_bad_line_arrives(ask, token, server):
    boundary = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
    body = boundary + encoded(photo(600, 600)) + b"\r\n--x--\r\n"
    head = (
        f"POST /api/v1/media HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Length: {len(body)}\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", urlsplit(server).port), timeout=60) as client:
        client.sendall(head.encode())
        step = max(1, len(body) // 8)
        for start in range(0, len(body), step):
            client.sendall(body[start : start + step])
            time.sleep(0.2)
        status, answer = answer_of(client)
    assert status == 200 and json.loads(answer)["type"] == "image"


def test_chunks_and_requests_behind_each_other_are_answered_in_order(connect):
    chunked = AS_JSON + b"Transfer-Encoding: chunked\r\n\r\n1;a=b\r\n{\r\n1\r\n}\r\n0\r\nA: b\r\n\r\n"
    sized = AS_JSON + b"Content-Length: 1\r\n\r\n{"
    client = connect(chunked + sized + b"GET /api/v1/instance/peers HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    answers = b""
    while piece := client.recv(65_536):
        answers += piece
    assert re.findall(rb"HTTP/1\.1 (\d+)", answers) == [b"422", b"400", b"200"]


def test_who_waits_to_be_asked_for_the_body_is_asked_once(connect):
    client = connect(AS_JSON + b"Expect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\n")
    assert client.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
    client.sendall(b"{}")
    rest = b""
    while piece := client.recv(65_536):
        rest += piece
    assert rest.startswith(b"HTTP/1.1 422") and rest.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize("length", [3_000_000, 100_000_000])
def test_a_body_that_is_too_large_is_refused_and_the_answer_arrives(connect, length):
    client = connect(f"POST /api/v1/statuses HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode())
    with contextlib.suppress(OSError):
        # What no server waits for need not be sent.
        client.sendall(b"a" * min(length, 3_000_000))
    status, body = answer_of(client)
    assert status == 413 and json.loads(body)["error"]


def test_a_client_that_goes_away_in_the_middle_leaves_nothing(connect, ask):
    for _ in range(20):
        connect(HALF).close()
    assert ask("GET", "/api/v1/instance")[0] == 200
