"""Ended tokens, bounds, and clients that misbehave (a real server)."""

import contextlib
import json
import os
import socket as sockets
import struct
import time

import pytest
from websockets.exceptions import InvalidStatus

from tests.meanwhile import until
from tests.streaming.conftest import running

UPGRADE = (
    b"GET /api/v1/streaming?stream=public HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


@pytest.fixture(scope="module")
def shared_world(tmp_path_factory):
    """A server for few connections, whose only process of streams gives its figures."""
    settings = {"PLEROMA_STREAMING_CONNECTIONS": "260", "PLEROMA_TRUSTED_PROXIES": "127.0.0.1"}
    with running(tmp_path_factory.mktemp("limits"), **settings) as world:
        yield world


def refused(world, **options):
    """Status, error and Retry-After of a WebSocket that is not opened."""
    with pytest.raises(InvalidStatus) as caught:
        world.socket("public", **options)
    response = caught.value.response
    return response.status_code, json.loads(response.body)["error"], response.headers.get("Retry-After")


def raw_socket(world, receive_buffer=None):
    """A WebSocket without a library behind it."""
    client = sockets.socket()
    if receive_buffer:
        client.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, receive_buffer)
    client.settimeout(15)
    client.connect(("127.0.0.1", world.server.port))
    client.sendall(UPGRADE)
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += client.recv(1)
    assert answer.startswith(b"HTTP/1.1 101 ")
    return client


def masked(first, payload):
    """A frame of a client."""
    length = struct.pack("!BQ", 0xFF, len(payload))
    return bytes([first]) + length + bytes(4) + payload


def code_of(client):
    """The code with which a WebSocket is closed, once all that comes before it is read."""
    said = b""
    with contextlib.suppress(OSError):
        while piece := client.recv(65_536):
            said += piece
    place = 0
    while place < len(said):
        kind, length, place = said[place] & 0x0F, said[place + 1], place + 2
        if length == 126:
            (length,) = struct.unpack("!H", said[place : place + 2])
            place += 2
        elif length == 127:
            (length,) = struct.unpack("!Q", said[place : place + 8])
            place += 8
        if kind == 8:
            return struct.unpack("!H", said[place : place + 2])[0]
        place += length
    return None


def change_password(person):
    person.world.sql("select end_ways_in(array[%s::bigint])", person.id)


def deactivate(person):
    person.world.sql("update accounts set active = false where id = %s", person.id)


def delete(person):
    person.world.sql("delete from accounts where id = %s", person.id)


def revoke(person):
    (token,) = person.ask("GET", "/api/oauth_tokens")
    person.world.server.get()
    person.world.sql("delete from tokens where id = %s", token["id"])


@pytest.mark.parametrize("end", [change_password, deactivate, delete, revoke])
def test_a_token_that_ends_ends_its_connections_within_two_seconds(world, end):
    person, other = world.person(), world.person()
    socket, events, stays = person.socket("user"), world.events("/api/v1/streaming/user", person.token), other.socket()
    later = world.socket()
    later.say(type="pleroma:authenticate", token=person.token)
    events.readline()
    end(person)
    started = time.monotonic()
    assert (socket.code(), later.code(), events.read()) == (1008, 1008, b"")
    assert time.monotonic() - started < 2
    assert stays.say(type="subscribe", stream="user")["result"] == "success"
    assert refused(world, access_token=person.token)[:2] == (403, "Invalid credentials.")


def test_another_token_of_the_account_stays(world):
    person = world.person()
    socket = world.socket("user", access_token=world.token(person.id))
    world.sql("delete from tokens where account_id = %s and id = (select min(id) from tokens where account_id = %s)",
              person.id, person.id)  # fmt: skip
    assert socket.say(type="subscribe", stream="public")["result"] == "success"


def test_what_an_account_may_no_longer_follow_is_refused_by_message(world):
    person = world.person()
    socket = person.socket()
    world.sql("insert into settings (name, value) values ('public', 'false')")
    try:
        assert refused(world)[:2] == (403, "This resource requires authentication.")
        assert socket.say(type="subscribe", stream="public")["result"] == "success"
    finally:
        world.sql("delete from settings")


def test_closing_the_instance_hides_public_streams_from_strangers_at_once(world):
    author = world.person()
    stranger, member = world.socket("public"), author.socket("public")
    world.sql("insert into settings (name, value) values ('public', 'false')")
    try:
        hidden = author.post("for members")
        assert member.events(1) == [("update", hidden["id"])]
    finally:
        world.sql("delete from settings")
    shown = author.post("for all")
    assert stranger.events(1) == [("update", shown["id"])]


def test_an_account_has_fifty_connections(world):
    person = world.person()
    sockets_of_one = [person.socket() for _ in range(50)]
    status, error, seconds = refused(world, access_token=person.token)
    assert (status, seconds) == (429, "30") and error
    stranger = world.socket()
    assert stranger.say(type="pleroma:authenticate", token=person.token)["error"] == "unauthorized"
    sockets_of_one[0].close()
    until(lambda: _opens(person.socket))


def _opens(make):
    with contextlib.suppress(InvalidStatus):
        make()
        return True
    return False


def test_strangers_are_counted_by_address(world):
    here = {"X-Forwarded-For": "192.0.2.7, 2001:db8::1"}
    for _ in range(100):
        world.socket(headers=here)
    status, _, seconds = refused(world, headers={"X-Forwarded-For": "2001:db8::ffff"})
    assert (status, seconds) == (429, "30")
    world.socket(headers={"X-Forwarded-For": "2001:db8:0:1::1"})
    world.person().socket("user", headers=here)


def test_all_connections_are_bounded(world):
    for number in range(260):
        world.socket(headers={"X-Forwarded-For": f"192.0.2.{number % 250}"})
    status, error, seconds = refused(world)
    assert (status, seconds) == (503, "30") and error
    assert world.events("/api/v1/streaming/public").status == 503
    assert world.events("/api/v1/streaming/health").status == 200
    assert world.server.get() == 200


def test_a_connection_follows_fifty_streams(world):
    socket = world.socket()
    for number in range(50):
        assert socket.say(type="subscribe", stream="hashtag", tag=f"tag{number}")["result"] == "success"
    assert socket.say(type="subscribe", stream="public")["error"] == "too_many_subscriptions"
    socket.say(type="unsubscribe", stream="hashtag", tag="tag0")
    # Sixty messages a minute is all there is.
    assert socket.say(type="subscribe", stream="public")["result"] == "success"


def test_too_many_messages_close_with_1008(world):
    socket = world.socket()
    for _ in range(61):
        socket.connection.send("nonsense")
    assert socket.code() == 1008


def test_a_flood_of_pings_closes_with_1008_and_holds_up_nobody(world):
    socket, other = world.socket(), world.socket("public")
    # A ping with nothing in it, masked as frames of clients are: the most frames for the fewest bytes.
    with contextlib.suppress(OSError):
        socket.connection.socket.sendall(b"\x89\x80abcd" * 200_000)
    assert socket.code() == 1008
    status = world.person().post("meanwhile")
    assert other.events(1) == [("update", status["id"])]


def test_binary_frames_close_with_1003(world):
    socket = world.socket()
    socket.connection.send(b"bytes")
    assert socket.code() == 1003


@pytest.mark.parametrize("size", [5000, 1_000_000])
def test_long_texts_close_with_1009(world, size):
    with raw_socket(world) as client:
        with contextlib.suppress(OSError):
            client.sendall(masked(0x81, b"x" * size))
        assert code_of(client) == 1009


def test_long_texts_in_pieces_close_with_1009(world):
    with raw_socket(world) as client:
        for first in (0x01, 0x00, 0x00):
            client.sendall(masked(first, b"x" * 2000))
        assert code_of(client) == 1009


@pytest.mark.parametrize("frame", [b"\x81\x05hello", b"\xf1\x80\x00\x00\x00\x00", b"\x8f\x80\x00\x00\x00\x00"])
def test_broken_frames_close_with_1002(world, frame):
    with raw_socket(world) as client:
        client.sendall(frame)
        assert code_of(client) == 1002


def test_clients_that_say_goodbye_are_answered(world):
    with raw_socket(world) as client:
        client.sendall(b"\x88\x82" + bytes(4) + struct.pack("!H", 1001))
        assert code_of(client) == 1001


def test_pings_of_clients_are_answered(world):
    with raw_socket(world) as client:
        client.sendall(b"\x89\x84" + bytes(4) + b"ping")
        assert client.recv(6) == b"\x8a\x04ping"


def test_a_reader_who_never_reads_is_dropped_and_holds_up_nobody(world):
    author = world.person()
    reader = author.socket("public")
    text = "x" * 4900
    before = _drops(world, "slow")
    with raw_socket(world, receive_buffer=4096) as lazy:
        sent = 0
        while _drops(world, "slow") == before:
            status = author.post(f"{text} {sent}")
            assert reader.events(1) == [("update", status["id"])]
            sent += 1
            assert sent < 400
        lazy.settimeout(5)
        assert code_of(lazy) in (1013, None)
    assert sent > 20


def _drops(world, reason):
    """How many connections were ended for a reason."""
    _, text = world.server.ask("/metrics")
    (line,) = [
        line for line in text.decode().splitlines()
        if line.startswith("pleroma_streaming_drops_total") and f'"{reason}"' in line
    ]  # fmt: skip
    return float(line.rpartition(" ")[2])


def test_a_hundred_half_requests_hold_up_nobody(world):
    half = b"GET /api/v1/streaming?stream=public HTTP/1.1\r\nHost: x\r\nX-A: "
    with contextlib.ExitStack() as stack:
        for _ in range(100):
            client = stack.enter_context(sockets.create_connection(("127.0.0.1", world.server.port), timeout=5))
            client.sendall(half)
        person = world.person()
        socket = person.socket("user")
        status = person.post("meanwhile")
        assert socket.events(1) == [("update", status["id"])]


def test_what_clients_hold_is_given_back(world):
    (process,) = world.processes()
    before = len(os.listdir(f"/proc/{process}/fd"))
    opened = [world.socket("public", headers={"X-Forwarded-For": f"192.0.2.{number}"}) for number in range(40)]
    assert len(os.listdir(f"/proc/{process}/fd")) >= before + 40
    for socket in opened[:20]:
        socket.close()
    for socket in opened[20:]:
        socket.connection.socket.close()
    until(lambda: len(os.listdir(f"/proc/{process}/fd")) <= before)
