"""What becomes of streams when processes end, start and change (real servers)."""

import json
import os
import signal
import time

import pytest

from pleroma.server import postgres
from tests.meanwhile import until
from tests.streaming.conftest import running


@pytest.fixture
def world(tmp_path):
    """A server of this test."""
    with running(tmp_path) as world:
        yield world
        world.hang_up()


def opens(world):
    """Whether a stream can be opened."""
    try:
        answer = world.events("/api/v1/streaming/public")
        return answer.status == 200
    except OSError:
        return False


def test_a_streaming_process_that_is_killed_is_started_again_and_nothing_is_lost(world):
    author = world.person()
    socket = author.socket("user")
    seen = author.post("before")
    assert socket.events(1) == [("update", seen["id"])]
    (process,) = world.processes()
    os.kill(process, signal.SIGKILL)
    missed = author.post("meanwhile")
    assert socket.code() == 1006
    until(lambda: process not in world.processes() and world.processes())
    again = author.socket("user")
    last = author.post("after")
    assert again.events(1) == [("update", last["id"])]
    page = author.ask("GET", f"/api/v1/timelines/home?since_id={seen['id']}")
    assert [status["id"] for status in page] == [last["id"], missed["id"]]


def test_connections_wait_while_there_is_no_streaming_process(world):
    (process,) = world.processes()
    os.kill(process, signal.SIGSTOP)
    answers = [world.events_begun("/api/v1/streaming/public") for _ in range(5)]
    time.sleep(0.3)
    os.kill(process, signal.SIGKILL)
    for begun in answers:
        assert begun().readline() == b":)\n"


def test_a_restart_of_postgresql_loses_no_event(world):
    author = world.person()
    socket = author.socket("user")
    first = author.post("before")
    os.kill(world.server.postmaster(), signal.SIGINT)
    until(lambda: "PostgreSQL is back" in world.server.said())
    until(lambda: world.server.answers())
    last = author.post("after")
    assert socket.events(2) == [("update", first["id"]), ("update", last["id"])]


def test_a_crash_of_postgresql_ends_all_connections(world):
    author = world.person()
    socket, stranger = author.socket("user"), world.socket("public")
    events = world.events("/api/v1/streaming/public")
    events.readline()
    first = author.post("before")
    assert socket.events(1) == [("update", first["id"])]
    os.kill(world.server.postmaster(), signal.SIGKILL)
    assert (socket.code(), stranger.code()) == (1012, 1012)
    assert events.read().startswith(b"event: update\n")
    until(lambda: opens(world))
    again = author.socket("user")
    last = author.post("after")
    assert again.events(1) == [("update", last["id"])]


def test_without_the_database_streams_are_not_opened_and_their_health_says_so(world):
    world.events("/api/v1/streaming/public").readline()
    os.kill(world.server.process.pid, signal.SIGSTOP)
    try:
        os.kill(world.server.postmaster(), signal.SIGINT)
        until(lambda: not postgres.is_running(world.server.data_dir))
        until(lambda: world.events("/api/v1/streaming/public").status == 503)
        until(lambda: world.events("/api/v1/streaming/health").status == 503)
        refusal = json.loads(world.events("/api/v1/streaming/health").read())
    finally:
        os.kill(world.server.process.pid, signal.SIGCONT)
    assert refusal == {"error": "The database is not available"}
    until(lambda: world.events("/api/v1/streaming/health").status == 200)
    until(lambda: opens(world))


def test_sighup_moves_connections_over_and_clients_miss_nothing(world):
    author = world.person()
    sockets = [author.socket("user") for _ in range(10)]
    (old,) = world.processes()
    posted = [author.post("before")["id"]]
    world.server.process.send_signal(signal.SIGHUP)
    started = time.monotonic()
    until(lambda: "new generation serves" in world.server.said())
    until(lambda: len(world.processes()) == 2 or old not in world.processes())
    seen = []
    ended = 0
    while ended < len(sockets):
        posted.append(author.post("meanwhile")["id"])
        socket = sockets[ended]
        while True:
            try:
                seen.append(socket.event()[2]["id"])
            except Exception:
                assert socket.connection.close_code == 1012
                ended += 1
                break
            if seen[-1] == posted[-1]:
                break
        time.sleep(0.1)
    assert time.monotonic() - started < 25
    assert set(seen) <= set(posted)
    again = author.socket("user")
    posted.append(author.post("after")["id"])
    assert again.events(1) == [("update", posted[-1])]
    page = author.ask("GET", "/api/v1/timelines/home?limit=40")
    assert {status["id"] for status in page} >= set(posted[-39:])
    until(lambda: old not in world.processes())


def test_sigterm_ends_all_connections_with_1001_at_once(world):
    author = world.person()
    sockets = [author.socket("user") for _ in range(5)]
    events = world.events("/api/v1/streaming/public")
    assert events.readline() == b":)\n"
    (process,) = world.processes()
    world.server.process.send_signal(signal.SIGTERM)
    started = time.monotonic()
    assert [socket.code() for socket in sockets] == [1001] * 5
    assert events.read() == b""
    until(lambda: not os.path.exists(f"/proc/{process}"), seconds=5)
    assert time.monotonic() - started < 6


def test_sigterm_while_connections_are_moved_over_ends_them_at_once(tmp_path):
    # With one web worker and no job worker, none is still starting when the newer generation serves.
    with running(tmp_path, "--no-worker", PLEROMA_WORKERS="1") as world:
        author = world.person()
        sockets = [author.socket("user") for _ in range(40)]
        world.server.process.send_signal(signal.SIGHUP)
        until(lambda: "new generation serves" in world.server.said())
        world.server.process.send_signal(signal.SIGTERM)
        assert {socket.code() for socket in sockets} <= {1001, 1012}
        assert world.server.process.wait(20) == 0


def test_streaming_is_switched_off_by_its_setting(tmp_path):
    with running(tmp_path, PLEROMA_STREAMING_CONNECTIONS="0") as world:
        assert world.processes() == []
        author = world.person()
        author.post("hello")
        for path in ("/api/v1/streaming", "/api/v1/streaming/public", "/api/v1/streaming/health"):
            answer = world.events(path, author.token)
            assert (answer.status, json.loads(answer.read())) == (404, {"error": "Record not found"})
        instance = world.ask("GET", "/api/v1/instance")
        assert "mastodon_api_streaming" not in instance["pleroma"]["metadata"]["features"]
        assert instance["urls"] == {}
        assert world.ask("GET", "/api/v2/instance")["configuration"]["urls"] == {}
        assert "pleroma_streaming" not in world.server.ask("/metrics")[1].decode()


def test_nobody_connected_wakes_nobody(world):
    author = world.person()
    awake = "select count(*) from stream_processes where is_awake"
    until(lambda: world.sql(awake) == [(0,)])
    socket = author.socket("user")
    assert world.sql(awake) == [(1,)]
    socket.close()
    until(lambda: world.sql(awake) == [(0,)])


def test_lines_of_the_log_are_json_where_requests_are(tmp_path):
    with running(tmp_path, "--no-worker", PLEROMA_LOG_FORMAT="json") as world:
        person = world.person()
        socket = person.socket("user")
        identity = socket.connection.response.headers["X-Request-Id"]
        socket.close()
        until(lambda: identity in world.server.said())
        (line,) = [json.loads(line) for line in world.server.said().splitlines() if identity in line]
        assert line.pop("time") and line.pop("seconds") >= 0
        assert line == {
            "level": "info", "id": identity, "method": "GET", "route": "/api/v1/streaming", "status": 101,
            "account": str(person.id), "frames": 0,
        }  # fmt: skip
