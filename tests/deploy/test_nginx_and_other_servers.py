"""deploy/nginx.conf in a real nginx, between other servers and one that federates."""

import json
import os
import subprocess
import sys

import pytest

from tests.deploy.test_nginx import NGINX, ROOT, Site, running

pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed (apt-get install nginx-light)")
DOCUMENT = "application/activity+json"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A site that federates, with the account alice."""
    site = Site(tmp_path_factory.mktemp("site"))
    site.environment["PLEROMA_FEDERATION"] = "true"
    with running(site) as site:
        yield site


def _cached(site):
    return {name for _, _, names in os.walk(site.directory / "cache") for name in names}


def test_a_signed_fetch_is_neither_answered_from_the_cache_nor_kept(site):
    signed = {"Accept": DOCUMENT, "Signature": 'keyId="https://b.example/actor#main-key"'}
    answers = [site.ask("GET", "/users/alice", **signed) for _ in range(3)]
    assert {answer.headers["X-Cache"] for answer in answers} == {"BYPASS"}
    assert _cached(site) == set()
    # Without it a document is kept for a moment, and even then who signs asks the server.
    states = [site.ask("GET", "/users/alice", Accept=DOCUMENT).headers["X-Cache"] for _ in range(3)]
    assert "HIT" in states
    assert site.ask("GET", "/users/alice", **signed).headers["X-Cache"] == "BYPASS"


def test_page_and_document_are_kept_apart(site):
    for _ in range(2):
        page = site.ask("GET", "/users/alice", Accept="text/html")
        document = site.ask("GET", "/users/alice", Accept=DOCUMENT)
        assert page.headers["Content-Type"].startswith("text/html")
        assert json.loads(document.content)["preferredUsername"] == "alice"
        assert document.headers["Vary"] == "Accept, Signature"


@pytest.mark.parametrize("path", ["/inbox", "/users/alice/inbox"])
def test_what_others_send_reaches_the_server_up_to_its_bound(site, path):
    def send(size, status):
        body = json.dumps({"type": "Like", "x": "y" * size}).encode()
        return site.ask("POST", path, body, status, Content_Type=DOCUMENT)

    # The server itself reads it, and finds that it is no activity.
    assert "X-Request-Id" in send(990_000, 400).headers
    assert "X-Request-Id" in send(1_100_000, 413).headers


def test_doctor_looks_as_others_do(site):
    certificate = str(site.directory / "fullchain.pem")
    trusted = {"PLEROMA_REMOTE_CA_FILE": certificate, "PLEROMA_REMOTE_ALLOW_LOOPBACK": "true"}

    def ask(status, **settings):
        environment = {**site.environment, "SSL_CERT_FILE": certificate, **settings}
        command = [sys.executable, str(ROOT / "app.py"), "doctor"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout

    said = ask(0, **trusted)
    assert "ok     others find accounts by their handle" in said
    assert f"ok     others know this server as localhost:{site.secure}" in said
    assert "ok     others can check what this server signs" in said
    # Without that it asks as a server elsewhere would: this machine is on no open internet.
    assert "WRONG  localhost:" in ask(1)
    # What nobody has vouched for, others do not believe.
    assert "WRONG  others cannot ask https://localhost:" in ask(1, PLEROMA_REMOTE_ALLOW_LOOPBACK="true")
