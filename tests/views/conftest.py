"""What the tests of views share."""

import hashlib
import http.server
import json
import threading

import pytest


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
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
