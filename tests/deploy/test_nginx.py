"""deploy/nginx.conf in a real nginx in front of a running server."""

import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.parse
from pathlib import Path

import pytest
from websockets.sync.client import connect

from tests.meanwhile import until

ROOT = Path(__file__).parents[2]
PASSWORD = "correct horse battery staple"
PICTURE = (ROOT / "tests" / "pictures" / "still.webp").read_bytes()
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")

pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed (apt-get install nginx-light)")


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Site:
    """A server on a data directory, and nginx in front of it."""

    def __init__(self, directory):
        self.directory, self.data = directory, directory / "instance"
        self.port, self.secure, self.plain = _free_port(), _free_port(), _free_port()
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PLEROMA_")}
        self.environment = {
            **kept, "PLEROMA_DATA_DIR": str(self.data), "PLEROMA_BASE_URL": f"https://localhost:{self.secure}",
            "PLEROMA_LOG_LEVEL": "warning",
        }  # fmt: skip
        self.processes = []

    def start(self):
        command = [sys.executable, str(ROOT / "app.py"), "serve", "--port", str(self.port)]
        log = self._run(command, "log")
        until(lambda: "Serving" in log.read_text(), 60, log)
        self.start_nginx()

    def start_nginx(self):
        self._certificate()
        file = self.directory / "nginx.conf"
        file.write_text(self._configuration())
        errors = self._run([NGINX, "-c", str(file), "-e", "stderr"], "nginx.log")
        until(lambda: _listening(self.secure), 60, errors)

    def _run(self, command, name):
        log = self.directory / name
        with open(log, "wb") as output:
            self.processes.append(subprocess.Popen(command, env=self.environment, stdout=output, stderr=output))
        return log

    def _certificate(self):
        command = (
            "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
        )
        files = ["-keyout", str(self.directory / "privkey.pem"), "-out", str(self.directory / "fullchain.pem")]
        subprocess.run([*command.split(), *files], check=True, capture_output=True)

    def _configuration(self):
        """The file as it is, with other places and ports."""
        text = (ROOT / "deploy" / "nginx.conf").read_text()
        for place, other in (
            ("/etc/letsencrypt/live/social.example", str(self.directory)),
            ("/var/cache/nginx-pleroma", str(self.directory / "cache")),
            ("/var/log/nginx", str(self.directory)),
            ("/var/lib/pleroma", str(self.data)),
            ("127.0.0.1:5000", f"127.0.0.1:{self.port}"),
            ("social.example", "localhost"),
            ("listen 443", f"listen 127.0.0.1:{self.secure}"),
            ("listen 80;", f"listen 127.0.0.1:{self.plain};"),
        ):
            assert place in text
            text = text.replace(place, other)
        text = re.sub(r"listen \[::\].*;\n", "", text)
        # pytest keeps its directories to itself, so nginx reads them as we do.
        user = "user root;" if os.geteuid() == 0 else ""
        temporary = "\n".join(
            f"{name}_temp_path {self.directory}/{name};"
            for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        return (
            f"{user} daemon off; pid {self.directory}/nginx.pid; worker_processes 1;\n"
            f"events {{ worker_connections 256; }}\nhttp {{ include /etc/nginx/mime.types; {temporary}\n{text}\n}}\n"
        )

    def reload(self):
        """Have nginx read its file again."""
        children = Path(f"/proc/{self.processes[1].pid}/task/{self.processes[1].pid}/children")
        old = set(children.read_text().split())
        self.processes[1].send_signal(signal.SIGHUP)
        until(lambda: not old & set(children.read_text().split()), 60, self.directory / "nginx.log")

    def stop(self):
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
        assert [process.wait(40) for process in self.processes] == [0, 0]

    def ask(self, method, path, body=None, status=200, source="127.0.0.1", secure=True, **headers):
        """The answer with its headers and body."""
        if isinstance(body, dict):
            body = urllib.parse.urlencode(body)
            headers.setdefault("Content_Type", "application/x-www-form-urlencoded")
        context = ssl.create_default_context(cafile=self.directory / "fullchain.pem")
        options = {"timeout": 30, "source_address": (source, 0)}
        connection = (
            http.client.HTTPSConnection("localhost", self.secure, context=context, **options)
            if secure
            else http.client.HTTPConnection("127.0.0.1", self.plain, **options)
        )
        with contextlib.closing(connection):
            connection.request(method, path, body, {name.replace("_", "-"): text for name, text in headers.items()})
            answer = connection.getresponse()
            answer.content = answer.read()
        assert answer.status == status, (answer.status, answer.content)
        return answer


def _listening(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


@contextlib.contextmanager
def running(site):
    """A site that is started, with the account alice."""
    try:
        site.start()
        user = ["user", "create", "alice", "--email", "a@mail.example", "--password", PASSWORD]
        subprocess.run([sys.executable, str(ROOT / "app.py"), *user], env=site.environment, check=True)
        yield site
    finally:
        site.stop()


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site with the account alice."""
    with running(Site(tmp_path_factory.mktemp("site"))) as site:
        yield site


@pytest.fixture(scope="module")
def token(site):
    """Alice's token, as a header."""
    form = {"client_name": "tests", "redirect_uris": "urn:ietf:wg:oauth:2.0:oob", "scopes": "read write"}
    app = json.loads(site.ask("POST", "/api/v1/apps", form).content)
    form = {"grant_type": "password", "username": "alice", "password": PASSWORD, "scope": "read write"}
    form.update(client_id=app["client_id"], client_secret=app["client_secret"])
    return f"Bearer {json.loads(site.ask('POST', '/oauth/token', form).content)['access_token']}"


def _upload(site, token, content, status=200):
    body = b"\r\n".join(
        [b"--x", b'Content-Disposition: form-data; name="file"; filename="a.webp"', b"", content, b"--x--", b""]
    )
    kind = "multipart/form-data; boundary=x"
    return site.ask("POST", "/api/v1/media", body, status, Authorization=token, Content_Type=kind)


@pytest.mark.skipif(not Path("/etc/debian_version").exists(), reason="it is written for Debian and its kin")
def test_directories_of_the_file_are_those_of_the_package():
    text = (ROOT / "deploy" / "nginx.conf").read_text()
    (cache,) = re.findall(r"^proxy_cache_path (\S+)", text, re.MULTILINE)
    # nginx makes a directory of its own, but none above it.
    places = [Path(cache).parent, *(Path(name).parent for name in re.findall(r"_log (/\S+)", text))]
    # Where certbot asks before this file is in place, and at each renewal.
    places += [Path(name) for name in re.findall(r"root (/var/www/\S+);", text)]
    assert len(places) == 4
    assert [place for place in places if not place.is_dir()] == []


def test_an_archive_is_the_servers_to_hand_out_and_nobody_keeps_it(site, token):
    (entry,) = json.loads(site.ask("POST", "/api/v1/pleroma/backups", "", Authorization=token).content)
    listed = {"method": "GET", "path": "/api/v1/pleroma/backups", "Authorization": token}
    until(lambda: json.loads(site.ask(**listed).content)[0]["processed"])
    path = urllib.parse.urlsplit(entry["url"]).path
    answer = site.ask("GET", path)
    assert answer.content.startswith(b"PK")
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "X-Request-Id" in answer.headers
    assert answer.headers.get("X-Cache", "") == ""
    (file,) = (site.data / "archives").iterdir()
    # nginx reads the directory that holds it, and hands out nothing of it.
    for other in (
        f"/archives/{file.name}",
        "/archives/",
        f"/media/../archives/{file.name}",
        f"/media/backups/{file.name}",
    ):
        site.ask("GET", other, status=404)
    for log in ("log", "pleroma.log", "nginx.log"):
        assert path.rpartition("/")[2] not in (site.directory / log).read_text()


def test_plain_http_leads_to_tls_and_http_2_is_spoken(site):
    answer = site.ask("GET", "/about?x=1", status=301, secure=False, Host="localhost")
    assert answer.headers["Location"] == "https://localhost/about?x=1"
    context = ssl.create_default_context(cafile=site.directory / "fullchain.pem")
    context.set_alpn_protocols(["h2", "http/1.1"])
    with (
        socket.create_connection(("127.0.0.1", site.secure)) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as secure,
    ):
        assert secure.selected_alpn_protocol() == "h2"
    headers = site.ask("GET", "/about").headers
    assert headers["Strict-Transport-Security"] == "max-age=63072000"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"].startswith("default-src 'self'")
    assert headers["Server"] == "nginx"


def uploaded(site, token):
    """The path of a picture that was uploaded."""
    address = json.loads(_upload(site, token, PICTURE).content)["url"]
    assert address.startswith(f"https://localhost:{site.secure}/media/")
    return urllib.parse.urlsplit(address).path


def require_media(site, path, content):
    """An upload has its content, each header that makes it safe once, and parts."""
    answer = site.ask("GET", path)
    assert answer.content == content
    # The server's own answers carry an id.
    assert "X-Request-Id" not in answer.headers
    expected = {
        "Content-Type": "image/webp",
        "Cache-Control": "public, max-age=31536000, immutable",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Access-Control-Allow-Origin": "*",
        "Strict-Transport-Security": "max-age=63072000",
    }
    assert {name: answer.headers.get_all(name) for name in expected} == {
        name: [text] for name, text in expected.items()
    }
    part = site.ask("GET", path, status=206, Range="bytes=2-5")
    assert part.content == content[2:6]
    assert part.headers["Content-Range"] == f"bytes 2-5/{len(content)}"
    site.ask("GET", path, status=304, If_None_Match=answer.headers["ETag"])
    return answer


def test_upload_is_served_by_nginx_with_ranges_and_safe_headers(site, token):
    path = uploaded(site, token)
    require_media(site, path, (site.data / path[1:]).read_bytes())
    assert "X-Request-Id" in site.ask("OPTIONS", path, status=204).headers
    assert "X-Request-Id" in site.ask("GET", "/media/00/" + "0" * 30 + ".png", status=404).headers


def test_emoji_are_served_and_hidden_files_are_not(site):
    pack = site.data / "emoji" / "cats"
    (pack / ".new").mkdir(parents=True)
    for name in ("cat.webp", ".new/cat.webp", ".cat.webp"):
        (pack / name).write_bytes(PICTURE)
    headers = site.ask("GET", "/emoji/cats/cat.webp").headers
    assert (headers["Cache-Control"], headers["Content-Type"]) == ("public, max-age=86400", "image/webp")
    for name in (".new/cat.webp", ".cat.webp", "..%2f..%2fsecret_key", "%2e%2e/secret_key"):
        site.ask("GET", f"/emoji/cats/{name}", status=404)


def test_limits_of_uploads_answer_in_json(site, token):
    large = _upload(site, token, b"x" * 16_500_000, status=413)
    assert "error" in json.loads(large.content)
    context = ssl.create_default_context(cafile=site.directory / "fullchain.pem")
    with contextlib.closing(http.client.HTTPSConnection("localhost", site.secure, context=context)) as connection:
        connection.putrequest("POST", "/api/v1/media")
        connection.putheader("Content-Length", str(10**9))
        connection.endheaders()
        answer = connection.getresponse()
        assert answer.status == 413
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert json.loads(answer.read()) == {"error": "Request is too large"}


@pytest.mark.parametrize(
    ("request_head", "status"),
    [
        (b"GET /api/v1/instance?" + b"x" * 20_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 414),
        (b"GET /api/v1/instance HTTP/1.1\r\nHost: localhost\r\nX-Long: " + b"x" * 40_000 + b"\r\n\r\n", 431),
        (b"GET /api/v1/instance HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n", 400),
        (b"POST /api/v1/statuses HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"GET /api/v1/instance HTTP/1.1\r\n\r\n", 400),
        (b"TRACE /api/v1/instance HTTP/1.1\r\nHost: localhost\r\n\r\n", 405),
        (b"POST /api/v1/statuses HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
    ],
)
def test_what_nginx_refuses_by_itself_is_json_for_every_origin(site, request_head, status):
    context = ssl.create_default_context(cafile=site.directory / "fullchain.pem")
    with (
        socket.create_connection(("127.0.0.1", site.secure), 30) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as client,
    ):
        client.sendall(request_head)
        answer = http.client.HTTPResponse(client)
        answer.begin()
        assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (status, "*")
        assert isinstance(json.loads(answer.read())["error"], str)


def test_plain_http_on_the_port_of_https_is_refused_in_json(site):
    connection = http.client.HTTPConnection("127.0.0.1", site.secure, timeout=30)
    with contextlib.closing(connection):
        connection.request("GET", "/api/v1/instance")
        answer = connection.getresponse()
        assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (400, "*")
        assert isinstance(json.loads(answer.read())["error"], str)


def test_anonymous_reads_are_cached_for_a_moment_and_nothing_else(site, token):
    path = "/api/v1/timelines/public?local=true"
    states = [site.ask("GET", path).headers["X-Cache"] for _ in range(3)]
    assert "HIT" in states
    bare = token.removeprefix("Bearer ")
    for target, headers in (
        (path, {"Authorization": token}),
        (path, {"Cookie": "_pleroma_key=x"}),
        (f"{path}&access_token={bare}", {}),
        (f"{path}&access%5Ftoken={bare}", {}),
    ):
        assert {site.ask("GET", target, **headers).headers["X-Cache"] for _ in range(3)} == {"BYPASS"}
    answers = [site.ask("GET", path, {"access_token": bare}) for _ in range(2)]
    assert {answer.headers["X-Cache"] for answer in answers} == {"BYPASS"}
    # Who is logged in leaves nothing behind for others.
    status = json.loads(site.ask("POST", "/api/v1/statuses", {"status": "hello"}, Authorization=token).content)
    one = f"/api/v1/statuses/{status['id']}"
    assert json.loads(site.ask("GET", one, Authorization=token).content)["bookmarked"] is False
    assert site.ask("GET", one).headers["X-Cache"] == "MISS"
    assert site.ask("GET", one, status=200, Authorization=token).headers["Cache-Control"] == "private, no-store"
    time.sleep(2.1)
    assert site.ask("GET", path).headers["X-Cache"] == "EXPIRED"
    assert site.ask("GET", "/api/v1/apps/verify_credentials", status=403).headers["X-Cache"] is None


def test_limits_count_the_real_client(site):
    def ask(source, forged, status):
        form = {"email": "a@mail.example"}
        return site.ask("POST", "/auth/password", form, status, source, X_Forwarded_For=forged)

    for number in range(5):
        ask("127.0.0.1", f"192.0.2.{number}", 204)
    assert json.loads(ask("127.0.0.1", "192.0.2.99", 429).content) == {"error": "Throttled"}
    ask("127.0.0.2", "127.0.0.1", 204)


def test_streams_pass_by_websocket_and_as_events_without_delay(site, token):
    context = ssl.create_default_context(cafile=site.directory / "fullchain.pem")
    address = f"wss://localhost:{site.secure}/api/v1/streaming?stream=user&access_token={token.removeprefix('Bearer ')}"
    events = http.client.HTTPSConnection("localhost", site.secure, context=context, timeout=10)
    with connect(address, ssl=context) as stream, contextlib.closing(events):
        events.request("GET", "/api/v1/streaming//public/", headers={"Accept-Encoding": "gzip"})
        answer = events.getresponse()
        assert (answer.status, answer.headers["Content-Type"]) == (200, "text/event-stream")
        assert "Content-Encoding" not in answer.headers
        assert answer.readline() == b":)\n"
        posted = json.loads(site.ask("POST", "/api/v1/statuses", {"status": "live"}, Authorization=token).content)
        frame = json.loads(stream.recv(5))
        assert (frame["event"], json.loads(frame["payload"])["id"]) == ("update", posted["id"])
        assert answer.readline() == b"event: update\n"
    assert site.ask("GET", "/api/v1/streaming/health").content == b"OK"


def test_doctor_asks_through_nginx(site):
    def ask(status):
        certificate = {"SSL_CERT_FILE": str(site.directory / "fullchain.pem")}
        command = [sys.executable, str(ROOT / "app.py"), "doctor"]
        done = subprocess.run(command, env={**site.environment, **certificate}, capture_output=True, text=True)
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout

    said = ask(0)
    assert "limits count this machine as 127.0.0.1" in said and "ok     streams answer" in said
    file = site.directory / "nginx.conf"
    text = file.read_text()
    try:
        file.write_text(text.replace("proxy_set_header X-Forwarded-For $remote_addr;", ""))
        site.reload()
        assert "WRONG  the server believes an X-Forwarded-For that a client sends" in ask(1)
        file.write_text(text.replace("proxy_set_header Upgrade $http_upgrade;", ""))
        site.reload()
        assert "WRONG  no WebSocket opens at wss://" in ask(1)
    finally:
        file.write_text(text)
        site.reload()


def test_internal_paths_are_closed(site):
    for path in ("/metrics", "/metrics/", "//metrics", "/%6detrics", "/metrics?x=1"):
        answer = site.ask("GET", path, status=404)
        assert b"pleroma_" not in answer.content
    for path in ("/secret_key", "/media/../secret_key", "/postgres/PG_VERSION", "/mail/", "/postgres.log"):
        site.ask("GET", path, status=404)


def test_log_of_nginx_holds_no_token(site, token):
    bare = token.removeprefix("Bearer ")
    site.ask("GET", f"/api/v1/accounts/verify_credentials?access_token={bare}")
    time.sleep(0.2)
    for name in ("pleroma.log", "pleroma-error.log", "nginx.log"):
        assert bare not in (site.directory / name).read_text()
