"""Requests to addresses that others chose reach nothing inside, and cost neither time nor memory."""

import gzip
import socket
import ssl
import threading
import time
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pleroma import remote
from pleroma.remote import RemoteError
from tests.serving import answering


class Handler(BaseHTTPRequestHandler):
    """Answers /hello, /echo, /redirect?TARGET, /loop, /large, /bomb."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.seen.append((self.command, self.path, dict(self.headers)))
        path, _, query = self.path.partition("?")
        if path == "/redirect":
            self.answer(302, b"ignored", {"Location": query})
        elif path == "/post-redirect":
            self.answer(303, b"", {"Location": "/hello"})
        elif path == "/loop":
            self.answer(301, b"", {"Location": "/loop"})
        elif path == "/large":
            self.answer(200, b"x" * 100_000)
        elif path == "/bomb":
            self.answer(200, gzip.compress(b"\0" * 200_000_000, 9), {"Content-Encoding": "gzip"})
        elif path == "/zipped":
            self.answer(200, gzip.compress(b"hello"), {"Content-Encoding": "gzip"})
        elif path == "/missing":
            self.answer(404, b"no")
        else:
            self.answer(200, b"hello " + self.rfile.read(int(self.headers.get("Content-Length", 0))))

    do_POST = do_GET

    def answer(self, status, body, headers=None):
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def server():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.seen = []
    server.url = f"http://127.0.0.1:{server.server_port}"
    with answering(server):
        yield server


@contextmanager
def raw_server(talk):
    """Serve one connection by `talk(connection)`."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def run():
            connection, _ = listener.accept()
            with connection, suppress(OSError):
                talk(connection)

        threading.Thread(target=run, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"


def fetch(url, **options):
    return remote.fetch(url, allow_loopback=True, **options)


def test_an_answer_has_status_headers_and_body(server):
    response = fetch(f"{server.url}/hello")
    assert (response.status, response.body, response.url) == (200, b"hello ", f"{server.url}/hello")
    assert response.headers["content-length"] == "6"
    assert server.seen[-1][2]["Host"] == f"127.0.0.1:{server.server_port}"
    assert fetch(f"{server.url}/missing").status == 404
    assert fetch(f"{server.url}/zipped").body == b"hello"


def test_a_body_can_be_posted(server):
    assert fetch(f"{server.url}/echo", method="POST", data=b"you").body == b"hello you"


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "localhost", "LOCALHOST.", "[::1]",
        "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:0:0:1]", "0.0.0.0", "0", "[::]", "user@127.0.0.1",
        "10.0.0.1", "192.168.0.1", "172.16.0.1", "169.254.169.254", "100.64.0.1", "[fe80::1]", "[fc00::1]",
        "[fec0::1]", "[::ffff:10.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "224.0.0.1", "255.255.255.255",
        "192.0.2.1", "198.18.0.1", "240.0.0.1", "[2001:db8::1]", "[::127.0.0.1]", "[ff02::1]",
    ],
)  # fmt: skip
def test_nothing_inside_is_reached_in_any_spelling(server, host):
    seen = len(server.seen)
    started = time.monotonic()
    with pytest.raises(RemoteError):
        remote.fetch(f"http://{host}:{server.server_port}/hello", total=3)
    assert len(server.seen) == seen
    assert time.monotonic() - started < 2.9


@pytest.mark.parametrize("host", ["10.0.0.1", "169.254.169.254", "0.0.0.0", "[fc00::1]", "[::ffff:192.168.0.1]"])
def test_the_switch_for_tests_opens_loopback_only(host):
    with pytest.raises(RemoteError):
        fetch(f"http://{host}/", total=3)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://127.0.0.1/", "file:///etc/passwd", "gopher://127.0.0.1/", "//127.0.0.1/", "",
        "http://", "http://[", "http://a b/", "http://\0/", "http://x\r\nHost: y/", "http://.", "http://" + "a" * 300,
    ],
)  # fmt: skip
def test_other_schemes_and_nonsense_are_refused(url):
    with pytest.raises(RemoteError):
        fetch(url, total=3)


def test_redirects_are_followed_and_each_is_checked(server):
    assert fetch(f"{server.url}/redirect?/hello").url == f"{server.url}/hello"
    for target in ("http://10.0.0.1/", "http://169.254.169.254/latest", "file:///etc/passwd", "ftp://127.0.0.1/"):
        with pytest.raises(RemoteError):
            fetch(f"{server.url}/redirect?{target}", total=3)


def test_redirects_end(server):
    seen = len(server.seen)
    with pytest.raises(RemoteError, match="Too many redirects"):
        fetch(f"{server.url}/loop", redirects=5)
    assert len(server.seen) - seen == 6


def test_credentials_stay_with_the_host_they_were_meant_for(server):
    headers = {"Authorization": "Bearer secret", "X-Other": "kept"}
    fetch(f"{server.url}/redirect?http://localhost:{server.server_port}/hello", headers=headers)
    assert server.seen[-2][2]["Authorization"] == "Bearer secret"
    assert "Authorization" not in server.seen[-1][2]
    assert server.seen[-1][2]["X-Other"] == "kept"


def test_see_other_is_fetched_without_the_body(server):
    fetch(f"{server.url}/post-redirect", method="POST", data=b"x")
    assert server.seen[-1][:2] == ("GET", "/hello")


def test_a_proxy_of_the_environment_is_not_used(server, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert fetch(f"{server.url}/hello").status == 200


def test_large_answers_are_refused_however_they_come(server):
    assert len(fetch(f"{server.url}/large", max_bytes=100_000).body) == 100_000
    for path in ("/large", "/bomb"):
        with pytest.raises(RemoteError, match="too large"):
            fetch(f"{server.url}{path}", max_bytes=99_999)
    with (
        raw_server(lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 100_000)) as url,
        pytest.raises(RemoteError, match="too large"),
    ):
        fetch(url, max_bytes=99_999)


def drip(start):
    def talk(connection):
        connection.sendall(start)
        for _ in range(100):
            connection.sendall(b"x")
            time.sleep(0.1)

    return talk


@pytest.mark.parametrize(
    "start",
    [b"", b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"],
)
def test_an_answer_that_trickles_ends_at_the_deadline(start):
    started = time.monotonic()
    with raw_server(drip(start)) as url, pytest.raises(RemoteError):
        fetch(url, total=0.6)
    assert time.monotonic() - started < 5


def test_a_silent_server_ends_at_the_deadline():
    started = time.monotonic()
    with raw_server(lambda connection: time.sleep(8)) as url, pytest.raises(RemoteError, match="too long"):
        fetch(url, total=0.5)
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    "answer", [b"", b"nonsense", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", b"HTTP/1.1 abc\r\n\r\n"]
)
def test_a_broken_answer_is_an_error(answer):
    with raw_server(lambda connection: connection.sendall(answer)) as url, pytest.raises(RemoteError):
        fetch(url, total=3)


def test_nobody_there_is_an_error():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(RemoteError, match="cannot be reached"):
        fetch(f"http://127.0.0.1:{port}/")


def test_no_thread_outlives_its_fetch():
    with raw_server(drip(b"HTTP/1.1 200 OK\r\nX-Slow: ")) as url, pytest.raises(RemoteError):
        fetch(url, total=0.3)
    time.sleep(0.3)
    assert not [thread for thread in threading.enumerate() if thread.name == "remote"]


@pytest.fixture
def tls_server():
    """A server whose certificate, which nobody has signed, is one of 127.0.0.1."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.seen = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(Path(__file__).parent / "self_signed.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    with answering(server):
        yield server


@pytest.fixture
def contexts(monkeypatch):
    """The TLS contexts that are made meanwhile; none was made before."""
    from urllib3.util import ssl_

    made = []
    make = ssl_.create_urllib3_context
    monkeypatch.setattr(ssl_, "create_urllib3_context", lambda *a, **k: made.append(make(*a, **k)) or made[-1])
    remote._tls_context.cache_clear()
    yield made
    remote._tls_context.cache_clear()


def test_a_certificate_that_nobody_has_signed_is_refused(tls_server):
    with pytest.raises(RemoteError, match="cannot be reached"):
        fetch(f"https://127.0.0.1:{tls_server.server_port}/hello")
    assert tls_server.seen == []


def test_all_requests_share_one_tls_context_that_reads_the_authorities_once(tls_server, contexts, monkeypatch):
    read = []
    load = ssl.SSLContext.load_verify_locations
    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", lambda *a, **k: read.append(a) or load(*a, **k))
    remote._tls_context(None).load_verify_locations(Path(__file__).parent / "self_signed.pem")
    for _ in range(3):
        assert fetch(f"https://127.0.0.1:{tls_server.server_port}/hello").status == 200
    assert len(contexts) == 1
    assert len(read) == 2


def test_a_certificate_of_another_name_is_refused(tls_server, contexts):
    remote._tls_context(None).load_verify_locations(Path(__file__).parent / "self_signed.pem")
    for _ in range(2):
        assert fetch(f"https://127.0.0.1:{tls_server.server_port}/hello").status == 200
        with pytest.raises(RemoteError, match="cannot be reached"):
            fetch(f"https://localhost:{tls_server.server_port}/hello")


def test_who_wants_only_the_head_reads_nothing_behind_it(server):
    for path in ("/large", "/bomb"):
        response = fetch(f"{server.url}{path}", max_bytes=1, head_only=True)
        assert (response.status, response.body) == (200, b"")
    with raw_server(drip(b"HTTP/1.1 201 Created\r\n\r\n")) as url:
        assert fetch(url, total=0.6, head_only=True).status == 201


def test_who_wants_only_the_head_gets_that_of_a_redirect(server):
    seen = len(server.seen)
    response = fetch(f"{server.url}/redirect?/hello", head_only=True)
    assert (response.status, response.headers["location"]) == (302, "/hello")
    assert len(server.seen) - seen == 1
