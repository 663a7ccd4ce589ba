"""What the tests of views share."""

import hashlib
import http.server
import json

import pytest

from pleroma import db
from pleroma.accounts import second_factor
from tests.authenticator import Authenticator, Clock
from tests.serving import answering


@pytest.fixture
def browser(make_client):
    """A client of a site without TLS, so that it sends the cookie back."""
    return make_client(base_url="http://localhost")


@pytest.fixture
def kocaptcha():
    """A kocaptcha service whose answer is "kotoba"."""

    class Service(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = {"token": "t", "url": "/captchas/t.png", "md5": hashlib.md5(b"kotoba").hexdigest().upper()}
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *arguments):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
    with answering(server):
        yield f"http://127.0.0.1:{server.server_port}"


@pytest.fixture
def clock(monkeypatch):
    """The server's clock of authenticator apps."""
    made = Clock(second_factor.current_step())
    monkeypatch.setattr(second_factor, "current_step", lambda: made.step)
    return made


@pytest.fixture
def set_up(settings, clock):
    """Sets up the second factor of a person and gives the authenticator app: set_up(alice)."""

    def make(person):
        with db.in_transaction() as connection:
            codes = second_factor.new_recovery_codes(connection, person.id)
            key, _ = second_factor.begin(connection, settings, person.id, "Pleroma")
            authenticator = Authenticator(key, clock, codes)
            assert second_factor.confirm(connection, settings, person.id, authenticator.code())
        return authenticator

    return make


@pytest.fixture
def authenticator(set_up, alice):
    """The authenticator app of Alice, who has a second factor."""
    return set_up(alice)
