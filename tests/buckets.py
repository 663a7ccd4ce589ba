"""Buckets for tests: a double of an S3 store in memory, and a door before it that answers as faulty stores do."""

import contextlib
import http.client
import http.server
import time
import urllib.parse
import urllib.request
import uuid
from xml.etree import ElementTree

from tests.serving import answering


class Bucket:
    """A bucket of its own in the double, and the settings that lead to it."""

    def __init__(self, server):
        self.name = f"media-{uuid.uuid4().hex[:12]}"
        self.server = server
        self.door = None
        self._ask("PUT")

    @property
    def settings(self):
        """The settings as `Config` has them."""
        return {
            "s3_bucket": self.name,
            "s3_endpoint": self.door.address if self.door else self.server,
            "s3_access_key": "key",
            "s3_secret_key": "very-secret",
            "s3_prefix": "ours",
        }

    @property
    def environment(self):
        """The same as a process has them."""
        return {f"PLEROMA_{name.upper()}": value for name, value in self.settings.items()}

    def names(self):
        """The keys of all objects."""
        listed = ElementTree.fromstring(self._ask("GET", query="?list-type=2")[1])
        return sorted(key.text for key in listed.iter("{http://s3.amazonaws.com/doc/2006-03-01/}Key"))

    def read(self, key):
        """The headers and the content of an object."""
        return self._ask("GET", key)

    def put(self, key, content):
        self._ask("PUT", key, content)

    def remove(self, key):
        self._ask("DELETE", key)

    def _ask(self, method, key="", content=None, query=""):
        # Everybody with a name may do everything.
        headers = {
            "Authorization": "AWS4-HMAC-SHA256 Credential=key/20260101/us-east-1/s3/aws4_request",
            "Content-Type": "application/octet-stream",
        }
        request = urllib.request.Request(f"{self.server}/{self.name}/{key}{query}", content, headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.headers, answer.read()


class Door:
    """Passes requests on to the double; `answer(method, path)` may give (status, body), None, or wait first."""

    def __init__(self, server):
        self.asked = []
        self.answer = lambda method, path: None
        self.lets_strangers_in = True
        door = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _handle(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                door.asked.append((self.command, self.path))
                answered = door.answer(self.command, self.path)
                if not door.lets_strangers_in and "Authorization" not in self.headers:
                    answered = 403, b"<Error><Code>AccessDenied</Code></Error>"
                if answered is None:
                    status, headers, content = _passed_on(server, self, body)
                else:
                    (status, content), headers = answered, [("Content-Length", str(len(answered[1])))]
                self.send_response(status)
                for name, text in headers:
                    self.send_header(name, text)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content)

            do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _handle

            def log_message(self, *arguments):
                pass

        own = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        own.handle_error = lambda *_: None
        self.address = f"http://127.0.0.1:{own.server_port}"
        self._closing = contextlib.ExitStack()
        self._closing.enter_context(answering(own))

    def close(self):
        """Let nobody in any more."""
        self._closing.close()


def _passed_on(server, asked, body):
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(server).netloc, timeout=30)
    headers = {name: text for name, text in asked.headers.items() if name.lower() not in ("host", "connection")}
    connection.request(asked.command, asked.path, body or None, headers)
    answer = connection.getresponse()
    content = answer.read()
    kept = [pair for pair in answer.getheaders() if pair[0].lower() not in ("connection", "server", "date")]
    connection.close()
    return answer.status, kept, content


def hanging(seconds):
    """An answer of a store that takes its time."""

    def answer(method, path):
        time.sleep(seconds)

    return answer
