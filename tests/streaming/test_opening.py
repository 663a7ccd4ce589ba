"""How a stream is opened, by WebSocket and by server-sent events, and how it is refused (real servers)."""

import contextlib
import http.client
import json
import socket as sockets

import pytest
from websockets.exceptions import InvalidStatus

from tests.meanwhile import until
from tests.streaming.conftest import running


@pytest.fixture(scope="module", params=["4", "1"], ids=["threads", "sync"])
def shared_world(request, tmp_path_factory):
    """A server with each kind of web worker."""
    with running(tmp_path_factory.mktemp("opening"), PLEROMA_THREADS=request.param, PLEROMA_WORKERS="2") as world:
        yield world


def refused(world, stream=None, **options):
    """Status and error of a WebSocket that is not opened."""
    with pytest.raises(InvalidStatus) as caught:
        world.socket(stream, **options)
    response = caught.value.response
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["X-Request-Id"]
    return response.status_code, json.loads(response.body)["error"]


def raw(world, text, seconds=10):
    """All that is answered to some bytes, until the other side ends or stands still."""
    with sockets.create_connection(("127.0.0.1", world.server.port), timeout=seconds) as client:
        client.sendall(text)
        answer = b""
        with contextlib.suppress(TimeoutError):
            while piece := client.recv(65_536):
                answer += piece
        return answer


def head(path, *headers):
    """The head of a request."""
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: x", *headers, "", ""]).encode()


UPGRADE = (
    "Connection: keep-alive, Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)  # fmt: skip


def test_the_token_comes_as_subprotocol_header_or_parameter(world):
    reader = world.person()
    by_protocol = world.socket("user", subprotocols=[reader.token])
    assert by_protocol.connection.subprotocol == reader.token
    among_others = world.socket("user", subprotocols=["other", reader.token])
    assert among_others.connection.subprotocol == reader.token
    by_header = world.socket("user", headers={"Authorization": f"Bearer {reader.token}"})
    by_parameter = world.socket("user", access_token=reader.token)
    status = reader.post("hello")
    for socket in (by_protocol, among_others, by_header, by_parameter):
        assert socket.events(1) == [("update", status["id"])]


def test_compression_is_declined(world):
    response = raw(world, head("/api/v1/streaming", *UPGRADE, "Sec-WebSocket-Extensions: permessage-deflate"), 1)
    assert response.startswith(b"HTTP/1.1 101 ")
    assert b"permessage-deflate" not in response and b"X-Request-Id: " in response


@pytest.mark.parametrize("path", ["/api/v1/streaming/", "//api//v1//streaming//", "/api/v1/streaming/?stream=public"])
def test_the_path_may_have_more_slashes(world, path):
    assert raw(world, head(path, *UPGRADE), 1).startswith(b"HTTP/1.1 101 ")


def test_bad_tokens_are_refused_on_public_streams_too(world):
    gone = world.person(present=False, active=False)
    for token in ("nonsense", gone.token):
        assert refused(world, "public", access_token=token) == (403, "Invalid credentials.")
        assert refused(world, access_token=token) == (403, "Invalid credentials.")
    assert refused(world, "user", access_token=world.token(None)) == (403, "Invalid credentials.")


@pytest.mark.parametrize("stream", ["user", "user:notification", "direct"])
def test_streams_of_an_account_need_one(world, stream):
    assert refused(world, stream) == (403, "Invalid credentials.")


def test_cookie_and_password_let_nobody_in(world):
    reader = world.person()
    for headers in ({"Cookie": f"_pleroma_key={reader.token}"}, {"Authorization": "Basic bm9ib2R5OnB3"}):
        assert refused(world, "user", headers=headers) == (403, "Invalid credentials.")


def test_missing_scopes_are_said(world):
    reader = world.person(scopes=("write", "read:search"))
    for stream in ("user", "user:notification", "direct"):
        assert refused(world, stream, access_token=reader.token) == (403, "Insufficient permissions: read.")


def test_unknown_streams_are_not_found(world):
    reader, other = world.person(), world.person()
    made = other.ask("POST", "/api/v1/lists", {"title": "friends"})
    for parameters in (
        {"stream": "nonsense"}, {"stream": "hashtag"}, {"stream": "list"}, {"stream": "list", "list": made["id"]},
        {"stream": "hashtag", "tag": "x" * 101},
    ):  # fmt: skip
        status, error = refused(world, access_token=reader.token, **parameters)
        assert status == 404 and error


def test_a_request_without_a_stream_is_refused(world):
    answer = world.events("/api/v1/streaming")
    assert answer.status == 400 and json.loads(answer.read())["error"]


def test_a_handshake_that_is_none_is_refused(world):
    assert raw(world, head("/api/v1/streaming", *UPGRADE[:2])).startswith(b"HTTP/1.1 400 ")
    assert raw(world, head("/api/v1/streaming", *UPGRADE[:2], "Sec-WebSocket-Version: 8", UPGRADE[3])).startswith(
        b"HTTP/1.1 400 "
    )
    assert raw(world, b"GET /api/v1/streaming NONSENSE\r\nx\r\n\r\n").startswith(b"HTTP/1.1 400 ")
    assert raw(world, b"GET /api/v1/streaming HTTP/1.1\r\nno colon\r\n\r\n").startswith(b"HTTP/1.1 400 ")


def test_server_sent_events_byte_for_byte(world):
    reader = world.person()
    answer = world.events("/api/v1/streaming/user", reader.token)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/event-stream"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["X-Accel-Buffering"] == "no"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["X-Request-Id"]
    assert "Content-Length" not in answer.headers and "Content-Encoding" not in answer.headers
    assert answer.readline() == b":)\n"
    status = reader.post("hello\n\nworld")
    assert answer.readline() == b"event: update\n"
    data = answer.readline()
    assert data.startswith(b'data: {"id":"') and json.loads(data[6:])["id"] == status["id"]
    assert answer.readline() == b"\n"
    reader.ask("POST", "/api/v1/filters", {"phrase": "x", "context": ["home"]})
    assert [answer.readline() for _ in range(3)] == [b"event: filters_changed\n", b"data: null\n", b"\n"]
    reader.ask("DELETE", f"/api/v1/statuses/{status['id']}")
    assert [answer.readline() for _ in range(3)] == [b"event: delete\n", f"data: {status['id']}\n".encode(), b"\n"]


def test_every_stream_has_its_path(world):
    reader = world.person()
    made = reader.ask("POST", "/api/v1/lists", {"title": "friends"})
    paths = [
        "user", "user/notification", "public", "public/local", "public/remote", "public?only_media=true", "direct",
        "hashtag?tag=cats", "hashtag/local?tag=cats", f"list?list={made['id']}", "?stream=user", "/public/",
    ]  # fmt: skip
    for path in paths:
        answer = world.events(f"/api/v1/streaming/{path}", reader.token)
        assert (path, answer.status, answer.readline()) == (path, 200, b":)\n")


def test_only_media_narrows_server_sent_events(world):
    author = world.person()
    answer = world.events("/api/v1/streaming/public?only_media=true")
    everything = world.events("/api/v1/streaming/public?only_media=false")
    for one in (answer, everything):
        one.readline()
    status = author.post("no picture")
    assert everything.readline() == b"event: update\n"
    author.ask("DELETE", f"/api/v1/statuses/{status['id']}")
    world.sql("update statuses set has_media = true where account_id = %s", author.id)
    later = author.post("soon with media")
    world.sql("update statuses set has_media = true where id = %s", int(later["id"]))
    world.sql("insert into stream_events (kind, status_id) values ('update', %s)", int(later["id"]))
    assert answer.readline() == b"event: update\n"
    assert json.loads(answer.readline()[6:])["id"] == later["id"]


@pytest.mark.parametrize("path", ["user", "direct", "list?list=1", "user/notification"])
def test_server_sent_events_of_an_account_need_one(world, path):
    answer = world.events(f"/api/v1/streaming/{path}")
    assert (answer.status, json.loads(answer.read())) == (403, {"error": "Invalid credentials."})


@pytest.mark.parametrize("path", ["nonsense", "hashtag", "public/nonsense", "user/user", "hashtag/local?tag="])
def test_paths_of_no_stream_are_not_found(world, path):
    answer = world.events(f"/api/v1/streaming/{path}", world.person().token)
    assert answer.status == 404 and json.loads(answer.read())["error"]


def test_the_health_of_the_streams_is_told_by_them(world):
    answer = world.events("/api/v1/streaming/health")
    assert (answer.status, answer.read()) == (200, b"OK")
    assert answer.headers["Content-Type"].startswith("text/plain")


def test_other_origins_may_ask_and_other_methods_find_nothing(world):
    connection = http.client.HTTPConnection("127.0.0.1", world.server.port, timeout=10)
    with contextlib.closing(connection):
        headers = {"Origin": "https://web.example", "Access-Control-Request-Method": "GET",
                   "Access-Control-Request-Headers": "authorization"}  # fmt: skip
        connection.request("OPTIONS", "/api/v1/streaming/user", headers=headers)
        answer = connection.getresponse()
        answer.read()
        assert answer.status in (200, 204) and answer.headers["Access-Control-Allow-Origin"]
        connection.request("POST", "/api/v1/streaming/user")
        assert connection.getresponse().status == 404


def test_ordinary_requests_before_a_stream_on_its_connection(world):
    connection = http.client.HTTPConnection("127.0.0.1", world.server.port, timeout=10)
    with contextlib.closing(connection):
        for path, status in (("/api/v1/instance", 200), ("/api/v1/streamings", 404), ("/api/v1/instance", 200)):
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            assert answer.status == status
        connection.request("GET", "/api/v1/streaming/public")
        answer = connection.getresponse()
        assert (answer.status, answer.readline()) == (200, b":)\n")
        status = world.person().post("hello")
        answer.readline()
        assert json.loads(answer.readline()[6:])["id"] == status["id"]


def test_a_request_for_a_stream_may_come_slowly(world):
    with sockets.create_connection(("127.0.0.1", world.server.port), timeout=10) as client:
        client.setsockopt(sockets.IPPROTO_TCP, sockets.TCP_NODELAY, 1)
        for byte in head("/api/v1/streaming/health"):
            client.sendall(bytes([byte]))
        assert client.recv(100).startswith(b"HTTP/1.1 200 OK")


def test_messages_sent_with_the_handshake_are_answered(world):
    text = json.dumps({"type": "subscribe", "stream": "public"}).encode()
    frame = bytes([0x81, 0x80 | len(text)]) + bytes(4) + text
    answer = raw(world, head("/api/v1/streaming", *UPGRADE) + frame, 1)
    assert answer.startswith(b"HTTP/1.1 101 ") and b"success" in answer


def test_a_line_of_the_log_for_each_connection(world):
    reader = world.person()
    socket = world.socket("user", access_token=reader.token)
    identity = socket.connection.response.headers["X-Request-Id"]
    reader.post("one")
    socket.event()
    socket.close()
    world.events(f"/api/v1/streaming/{reader.token}").read()
    until(lambda: identity in world.server.said())
    (line,) = [line for line in world.server.said().splitlines() if identity in line]
    assert f"info {identity} GET /api/v1/streaming 101 account={reader.id} seconds=" in line
    assert line.endswith("frames=1")
    assert reader.token not in world.server.said()
