"""A push service that takes what is pushed, and a client that reads it."""

import base64
import json
import os
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.serving import answering


class Handler(BaseHTTPRequestHandler):
    """Keeps each request in `server.got`, and answers `server.answer`: a status and headers."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append(Pushed(self.path, dict(self.headers), body))
        status, headers = self.server.answer
        self.send_response(status)
        for name, value in {"Content-Length": "0", **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    do_GET = do_POST

    def log_message(self, *_):
        pass


class Pushed:
    """One request that came."""

    def __init__(self, path, headers, body):
        self.path = path
        self.headers = headers
        self.body = body


@contextmanager
def push_service():
    """The service: `url`, what it `got`, and its next `answer`."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.url = f"http://127.0.0.1:{server.server_port}"
    server.got = []
    server.answer = (201, {})
    with answering(server):
        yield server


def digits(content):
    """Base64url without padding."""
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def from_digits(text):
    """The bytes of base64url without padding."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Reader:
    """The keys of one client."""

    def __init__(self, number=None):
        """Keys that nobody has had before, or always the same of a number."""
        curve = ec.SECP256R1()
        self.private = ec.derive_private_key(number, curve) if number else ec.generate_private_key(curve)
        self.point = self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.auth = os.urandom(16)

    def parameters(self, endpoint, *alerts, standard=None, policy=None):
        """What the client sends to subscribe, as JSON."""
        subscription = {"endpoint": endpoint, "keys": {"p256dh": digits(self.point), "auth": digits(self.auth)}}
        if standard is not None:
            subscription["standard"] = standard
        data = {"alerts": dict.fromkeys(alerts, True), **({"policy": policy} if policy else {})}
        return {"subscription": subscription, "data": data}

    def read(self, pushed):
        """The payload of what was pushed, in whichever encoding it came."""
        how = {"private_key": self.private, "auth_secret": self.auth, "version": pushed.headers["Content-Encoding"]}
        if how["version"] == "aesgcm":
            salt, point = pushed.headers["Encryption"], pushed.headers["Crypto-Key"].partition(";")[0]
            how |= {"salt": from_digits(salt.removeprefix("salt=")), "dh": from_digits(point.removeprefix("dh="))}
        return json.loads(http_ece.decrypt(pushed.body, **how))
