"""`serve` as a process: start, signals, deaths of its children, recovery (README, running it)."""

import concurrent.futures
import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from pleroma.server import generation, postgres
from tests.meanwhile import requests_all_the_time, until
from tests.serving import Server, environment, free_port

ROOT = Path(__file__).parents[2]
SECONDS = 30


def _confirmation_required(data_dir):
    """What the database knows of the environment."""
    with psycopg.connect(postgres.running_url(data_dir)) as connection:
        return connection.execute("select confirmation_required()").fetchone()[0]


@pytest.fixture
def serve(tmp_path):
    """Starts servers on one data directory; whatever is left of them ends after the test."""
    started = []

    def start(*arguments, **settings):
        started.append(Server(tmp_path, *arguments, **settings))
        return started[-1]

    yield start
    for server in started:
        if server.process.poll() is None:
            server.kill_everything()
    until(lambda: not postgres.is_running(tmp_path / "instance"))


def test_first_start_says_where_and_how_to_go_on(serve):
    server = serve(fresh=True).wait()
    until(lambda: f"Serving http://127.0.0.1:{server.port}" in server.said())
    assert "user create NICK" in server.said()


def test_sigterm_answers_running_requests_and_leaves_nothing_to_recover(serve):
    server = serve().wait()
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(
            b"POST /api/v1/apps HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{"
        )
        time.sleep(0.3)
        server.process.terminate()
        time.sleep(0.5)
        client.sendall(b"}")
        assert client.recv(100).startswith(b"HTTP/1.1 4")
    assert server.process.wait(SECONDS) == 0
    assert not postgres.is_running(server.data_dir)
    serve().wait()
    assert "recovery" not in (server.data_dir / "postgres.log").read_text()


def test_sighup_hands_over_without_a_refused_request(serve):
    server = serve().wait()
    until(lambda: "Serving" in server.said())
    before = set(server.children("generation"))
    with requests_all_the_time(server.get) as outcomes:
        server.process.send_signal(signal.SIGHUP)
        until(lambda: "new generation serves" in server.said())
        until(lambda: not before & set(server.children("generation")))
    assert set(outcomes) == {200}


def test_sighup_reads_the_settings_again_and_survives_wrong_ones(serve, tmp_path):
    file = tmp_path / "pleroma.env"
    file.write_text("PLEROMA_WORKERS=1\n")
    server = serve(PLEROMA_CONFIG=str(file)).wait()
    until(lambda: "Serving" in server.said())
    file.write_text("PLEROMA_WORKERS=none\n")
    server.process.send_signal(signal.SIGHUP)
    until(lambda: "the old one goes on" in server.said())
    assert server.answers()
    assert not _confirmation_required(server.data_dir)
    file.write_text("PLEROMA_WORKERS=3\nPLEROMA_ACCOUNT_ACTIVATION_REQUIRED=true\n")
    server.process.send_signal(signal.SIGHUP)
    until(lambda: "new generation serves" in server.said())
    # Generation, arbiter, three web workers, streaming, job worker.
    until(lambda: len(server.children("generation")) == 7)
    assert _confirmation_required(server.data_dir)


def test_comes_back_after_everything_was_killed(serve):
    server = serve().wait()
    server.kill_everything()
    assert serve().wait().get() == 200


def test_children_end_with_the_supervisor(serve):
    server = serve().wait()
    family = server.children("")
    server.process.kill()
    server.process.wait()
    until(lambda: not any(_lives(pid) for pid in family), 10)
    assert serve().wait().get() == 200


def _lives(pid):
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def test_postgres_that_dies_is_started_again(serve):
    server = serve().wait()
    with requests_all_the_time(server.get) as outcomes:
        first = server.postmaster()
        os.kill(first, signal.SIGKILL)
        until(lambda: "PostgreSQL is back" in server.said())
        time.sleep(1)
        until(server.answers)
    assert set(outcomes) <= {200, 503}
    assert server.postmaster() != first


@pytest.mark.parametrize("which", [0, 1, 2, 3])
def test_application_that_dies_is_started_again(serve, which):
    """The generation itself, its web server, what holds the streams, the job worker."""
    server = serve().wait()
    until(lambda: len(server.children("generation")) == 6)
    victim = server.children("generation")[which]
    os.kill(victim, signal.SIGKILL)
    until(lambda: len(set(server.children("generation")) - {victim}) == 6)
    until(server.answers)
    assert victim not in server.children("generation")


def test_metrics_count_what_all_workers_answered_and_outlive_them(serve):
    server = serve().wait()
    until(lambda: len(server.children("generation")) == 6)

    def counted():
        status, body = server.ask("/metrics")
        assert status == 200
        return int(re.search(rb'^pleroma_requests_total{.*route="/health",status="200"} (\d+)', body, re.M)[1])

    with concurrent.futures.ThreadPoolExecutor(8) as clients:
        list(clients.map(lambda _: server.get("/health"), range(200)))
    assert {counted() for _ in range(10)} == {200}
    for victim in _web_workers(server):
        os.kill(victim, signal.SIGKILL)
    until(lambda: len(_web_workers(server)) == 2 and server.answers())
    for _ in range(50):
        server.get("/health")
    assert {counted() for _ in range(10)} == {250}
    server.process.send_signal(signal.SIGHUP)
    until(lambda: "new generation serves" in server.said())
    until(lambda: len(server.children("generation")) == 6)
    server.get("/health")
    assert counted() == 1


def _web_workers(server):
    arbiter = server.children("generation")[1]
    return [int(child) for child in Path(f"/proc/{arbiter}/task/{arbiter}/children").read_text().split()]


def test_no_worker_leaves_the_jobs_alone(serve):
    server = serve("--no-worker").wait()
    until(lambda: len(server.children("generation")) == 5)
    time.sleep(0.5)
    assert len(server.children("generation")) == 5


def test_worker_alone_brings_its_database_and_takes_it_along(tmp_path):
    log = tmp_path / "log"
    command = [sys.executable, str(ROOT / "app.py")]
    refused = subprocess.run([*command, "worker"], cwd=tmp_path, env=environment(), capture_output=True, text=True)
    assert (refused.returncode, "run `python app.py db migrate`" in refused.stderr) == (1, True)
    subprocess.run([*command, "db", "migrate"], cwd=tmp_path, env=environment(), check=True, capture_output=True)
    with open(log, "ab") as output:
        process = subprocess.Popen(
            [*command, "worker"],
            cwd=tmp_path, env=environment(PLEROMA_LOG_LEVEL="debug"), stdout=output, stderr=output,
        )  # fmt: skip
    try:
        until(lambda: "Starting worker on queues" in log.read_text() or process.poll() is not None)
        process.terminate()
        assert process.wait(SECONDS) == 0, log.read_text()
    finally:
        process.kill()
        process.wait()
    assert not postgres.is_running(tmp_path / "instance")


def test_one_thread_is_served_by_sync_workers(serve):
    server = serve("--host", "::1", PLEROMA_THREADS="1")
    until(lambda: "Serving http://[::1]:" in server.said() or server.process.poll() is not None)
    with contextlib.closing(http.client.HTTPConnection("::1", server.port, timeout=10)) as connection:
        connection.request("GET", "/api/v1/instance")
        assert connection.getresponse().status == 200
    server.process.terminate()
    assert server.process.wait(SECONDS) == 0


def test_wrong_setting_stops_the_start(serve):
    server = serve(PLEROMA_COLOUR="red")
    assert server.process.wait(SECONDS) == 2
    assert server.said() == "Error: PLEROMA_COLOUR: there is no such setting\n"


def test_taken_port_is_said(serve):
    first = serve().wait()
    command = [sys.executable, str(ROOT / "app.py"), "serve", "--port", str(first.port)]
    result = subprocess.run(command, cwd=first.log.parent, env=environment(), capture_output=True, text=True)
    assert result.returncode == 1
    assert result.stderr == f"Error: cannot listen on 127.0.0.1 port {first.port}: Address already in use\n"


def test_unreachable_database_is_said(monkeypatch):
    monkeypatch.setattr(generation, "_DATABASE_PATIENCE", 1)
    with pytest.raises(generation.GenerationError, match="no database: .*refused"):
        generation._migrate(f"postgresql://nobody@127.0.0.1:{free_port()}/none")


def test_wsgi_needs_a_database_and_its_schema(serve, tmp_path):
    def load(**settings):
        return subprocess.run(
            [sys.executable, "-c", "import wsgi; print(wsgi.application)"],
            cwd=ROOT, env=environment(PLEROMA_DATA_DIR=str(tmp_path / "instance"), **settings),
            capture_output=True, text=True,
        )  # fmt: skip

    assert "set PLEROMA_DATABASE_URL" in load().stderr
    url = postgres.start(tmp_path / "instance")
    try:
        assert "the schema is behind" in load().stderr
        assert "the schema is behind" in load(PLEROMA_DATABASE_URL=url).stderr
    finally:
        postgres.stop(tmp_path / "instance")
    serve().wait()
    assert load(PLEROMA_ACCOUNT_ACTIVATION_REQUIRED="true").returncode == 0
    assert _confirmation_required(tmp_path / "instance")


def test_two_instances_live_side_by_side(serve, tmp_path_factory):
    first = serve().wait()
    second = Server(tmp_path_factory.mktemp("second"), HOME="/nonexistent")
    try:
        second.wait()
        assert first.get() == second.get() == 200
    finally:
        second.process.terminate()
        assert second.process.wait(SECONDS) == 0


def test_clients_that_do_not_close_their_end_hold_up_nobody(serve):
    server = serve().wait()
    with contextlib.ExitStack() as stack:
        held = [
            stack.enter_context(contextlib.closing(socket.create_connection(("127.0.0.1", server.port))))
            for _ in range(20)
        ]
        for client in held:
            client.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        time.sleep(0.1)
        start = time.monotonic()
        assert server.get() == 200
        assert time.monotonic() - start < 1
        assert all(client.recv(15) == b"HTTP/1.1 200 OK" for client in held)
        for client in held:
            client.settimeout(SECONDS)
            while client.recv(1000):
                pass


@pytest.mark.parametrize("threads", ["1", "4"])
def test_what_gunicorn_refuses_by_itself_is_json_for_every_origin(serve, threads):
    server = serve(PLEROMA_THREADS=threads)
    server.wait()
    for request, status in (
        (b"GET /api/v1/instance?" + b"x" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
        (b"GET /api/v1/instance HTTP/1.1\r\nHost: x\r\nX-Long: " + b"x" * 9000 + b"\r\n\r\n", 431),
        (b"GET /api/v1/instance HTTP/1.1\r\nHost: x\r\n" + b"X-Many: x\r\n" * 200 + b"\r\n", 431),
        (b"nonsense\r\n\r\n", 400),
        (b"POST /api/v1/apps HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n", 400),
    ):
        with socket.create_connection(("127.0.0.1", server.port), 10) as client:
            client.sendall(request)
            response = http.client.HTTPResponse(client)
            response.begin()
            assert (response.status, response.headers["Access-Control-Allow-Origin"]) == (status, "*")
            assert isinstance(json.loads(response.read())["error"], str)


def _register(server, name):
    values = {"nickname": name, "fullname": name, "email": f"{name}@mail.example", "bio": "", "password": "secret",
              "confirm": "secret"}  # fmt: skip
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    with contextlib.closing(connection):
        connection.request("POST", "/api/account/register", json.dumps(values), {"Content-Type": "application/json"})
        assert connection.getresponse().status == 200


def _of_its_own(pid):
    """Kilobytes that one process has written and shares with none."""
    return int(re.search(r"Private_Dirty: +(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text())[1])


@pytest.mark.skipif(os.confstr("CS_GNU_LIBC_VERSION") is None, reason="another library gives back as it likes")
def test_what_a_password_took_is_given_back(serve):
    server = serve(PLEROMA_RATE_LIMITS="false").wait()
    for number in range(12):
        _register(server, f"person{number}")
    # Each took 16 MB for a moment, where 17 are usual.
    assert max(_of_its_own(pid) for pid in server.children("generation")) < 25_000
