"""A server of another kind: it records what it is sent, answers as a test wants, and may lie."""

import http.server
import json
import threading
import time
from contextlib import contextmanager
from typing import NamedTuple

ACTIVITY = "application/activity+json"


class Sent(NamedTuple):
    """A request as it came."""

    method: str
    path: str
    headers: dict
    body: bytes

    @property
    def activity(self):
        return json.loads(self.body)


class Recorder:
    """Answers `pages` by their paths: (status, headers, body); an inbox answers `inbox`, after `seconds`."""

    def __init__(self, port):
        self.host, self.address = f"127.0.0.1:{port}", f"http://127.0.0.1:{port}"
        self.sent, self.pages, self.inbox, self.seconds = [], {}, (202, {}), 0.0

    @property
    def activities(self):
        """What came into the inbox."""
        return [each.activity for each in self.sent if each.method == "POST"]

    def put(self, path, document, *, content_type=ACTIVITY, status=200, **headers):
        """Answer a path with a document."""
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        self.pages[path] = (status, {"Content-Type": content_type, **headers}, body)

    def actor(self, nickname, key="", **changes):
        """Have somebody here, found by handle; gives the document."""
        uri = f"{self.address}/users/{nickname}"
        document = {
            "@context": "https://www.w3.org/ns/activitystreams", "id": uri, "type": "Person",
            "preferredUsername": nickname, "inbox": f"{uri}/inbox", "followers": f"{uri}/followers",
            "endpoints": {"sharedInbox": f"{self.address}/inbox"},
            "publicKey": {"id": f"{uri}#main-key", "owner": uri, "publicKeyPem": key},
        } | changes  # fmt: skip
        self.put(f"/users/{nickname}", document)
        self.finger(nickname, uri)
        return document

    def finger(self, nickname, uri, subject=None):
        """Answer for a handle."""
        name = f"acct:{nickname}@{self.host}"
        found = {"subject": subject or name, "links": [{"rel": "self", "type": ACTIVITY, "href": uri}]}
        path = f"/.well-known/webfinger?resource=acct%3A{nickname}%40{self.host.replace(':', '%3A')}"
        self.put(path, found, content_type="application/jrd+json")


@contextmanager
def recording():
    """A recorder that runs meanwhile."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def _answer(self):
            length = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(length)
            headers = {name.lower(): value for name, value in self.headers.items()}
            recorder.sent.append(Sent(self.command, self.path, headers, body))
            if self.command == "POST":
                time.sleep(recorder.seconds)
                status, answered, body = *recorder.inbox, b""
            else:
                status, answered, body = recorder.pages.get(self.path, (404, {}, b""))
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(body))} | answered).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = _answer

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    recorder = Recorder(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield recorder
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
