"""No request makes much work: the largest bodies are answered in a moment, with 20 MB beside their files at most."""

import io
import json
import time
import tracemalloc

import pytest

from pleroma.web.request_body import SMALL_BODY
from tests.filled_routes import routes

MOST_MEMORY = 20_000_000
MOST_SECONDS = 5
NAMES = (
    "status",
    "spoiler_text",
    "comment",
    "title",
    "phrase",
    "q",
    "note",
    "display_name",
    "fullname",
    "nickname",
    "scope",
)
FORM, JSON, PARTS = "application/x-www-form-urlencoded", "application/json", "multipart/form-data; boundary=x"
PART = b'--x\r\nContent-Disposition: form-data; name="status"\r\n\r\n'


def as_json(value):
    """A value as a body."""
    return json.dumps(value).encode()


BODIES = {
    "a field as large as the body": (FORM, b"status=" + b"a" * (SMALL_BODY - 10)),
    "a field of escapes": (FORM, b"status=" + b"%41" * (SMALL_BODY // 3 - 10)),
    "ten million bytes in a field": (FORM, b"status=" + b"a" * 10_000_000),
    "a million fields": (FORM, b"a&" * 500_000),
    "a field that is repeated": (FORM, b"a=1&" * 250_000),
    "a list of a form": (FORM, b"ids[]=1&" * 120_000),
    "brackets": (FORM, b"a" + b"[a]" * 300_000 + b"=1"),
    "texts everywhere": (JSON, as_json(dict.fromkeys(NAMES, "<script>" * 10_000))),
    "marks everywhere": (JSON, as_json(dict.fromkeys(NAMES, "@a@a #a :a [" * 7000))),
    "a text as large as the body": (JSON, as_json({"status": "<a b=" * 190_000, "content_type": "text/html"})),
    "a text far over every limit": (JSON, as_json(dict.fromkeys(NAMES, "\u0301" * 14_000))),
    "empty lists": (JSON, b"[" + b"[]," * 330_000 + b"[]]"),
    "numbers": (JSON, b'{"ids":[' + b"1," * 500_000 + b"1]}"),
    "names": (JSON, as_json({f"a{number}": 1 for number in range(70_000)})),
    "a deep list": (JSON, b"[" * SMALL_BODY),
    "a deep object": (JSON, b'{"a":' * 200_000),
    "an open string": (JSON, b'{"a":"' + b'\\"' * 500_000 + b"\\"),
    "long numbers": (JSON, as_json({"limit": 10**4000, "id": 10**4000, "max_id": "9" * 900_000})),
    "ten million bytes of lists": (JSON, b"[" + b"[]," * 3_300_000 + b"[]]"),
    "parts": (PARTS, PART.replace(b"status", b"a") * 15_000),
    "a part as large as the body": (PARTS, PART + b"a" * 900_000 + b"\r\n--x--\r\n"),
    "a part of ten million bytes": (PARTS, PART + b"a" * 10_000_000 + b"\r\n--x--\r\n"),
    "line ends": (PARTS, PART + b"\r\n-" * 300_000),
    "a head": (PARTS, b"--x\r\nContent-Disposition: form-data" + b";a=b" * 250_000),
    "another type": ("text/plain", b"a" * SMALL_BODY),
}  # fmt: skip
QUERIES = ["q=" + "a" * 8000, "a&" * 4000, "ids[]=1&" * 900, "a[" * 4000]
# What a parser meets it meets on these routes as on all. To the others goes what their views would work with.
SOME = ("/api/v1/statuses", "/api/v1/accounts/update_credentials", "/api/v1/media", "/api/pleroma/follow_import")
EVERYWHERE = ("texts everywhere", "marks everywhere", "a text as large as the body", "empty lists", "a million fields")


def takes_text_as_file(view):
    """Whether a view takes files that come as text, too."""
    files = getattr(view, "takes_files", None)
    return files is not None and files.as_text


class Measured:
    """Asks the application, and counts what a request took."""

    def __init__(self, app, token):
        self.app = app
        self.token = token
        # What is made at first use is not the request's.
        self.ask("GET", "/api/v1/instance")

    def ask(self, method, path, query="", content_type="", body=b""):
        """The status of an answer, its seconds of the processor, its bytes at the worst moment."""
        environ = {
            "REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query, "SERVER_NAME": "x", "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1", "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(), "wsgi.url_scheme": "http",
        }  # fmt: skip
        if content_type:
            environ |= {"CONTENT_TYPE": content_type, "CONTENT_LENGTH": str(len(body))}
        if self.token:
            environ["HTTP_AUTHORIZATION"] = f"Bearer {self.token}"
        statuses = []
        tracemalloc.reset_peak()
        before, started = tracemalloc.get_traced_memory()[0], time.process_time()
        for _ in self.app(environ, lambda status, headers, exc_info=None: statuses.append(int(status[:3]))):
            pass
        return statuses[-1], time.process_time() - started, tracemalloc.get_traced_memory()[1] - before


@pytest.fixture(params=["logged out", "logged in"])
def measured(request, client, person):
    """The application, asked by nobody or by an administrator, whom no route refuses."""
    tracemalloc.start()
    yield Measured(client.app, person("root", admin=True).token if request.param == "logged in" else None)
    tracemalloc.stop()


@pytest.mark.parametrize("name", BODIES)
def test_the_largest_bodies_on_every_route(measured, name):
    content_type, body = BODIES[name]
    for method, path, view in routes(measured.app):
        if path not in SOME and name not in EVERYWHERE:
            continue
        status, seconds, memory = measured.ask(method, path, "", content_type, body)
        assert status < 500, (method, path, status)
        assert seconds < MOST_SECONDS, (method, path, seconds)
        # Where a picture may come as text, so large a text is a file.
        assert memory < MOST_MEMORY + (len(body) if takes_text_as_file(view) else 0), (method, path, memory)


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query[:10])
def test_the_largest_queries_on_every_route(measured, query):
    for method, path, _ in routes(measured.app):
        status, seconds, memory = measured.ask(method, path, query)
        assert status < 500, (method, path, status)
        assert seconds < MOST_SECONDS and memory < MOST_MEMORY, (method, path, seconds, memory)


def test_no_body_is_too_many_fields_or_too_many_values(client, alice):
    form = {"Content-Type": FORM, "Authorization": f"Bearer {alice.token}"}
    fields = "&".join(f"a{number}=1" for number in range(999))
    client.request("/api/v1/statuses", method="POST", body=f"status=x&{fields}".encode(), headers=form, status=200)
    too_many = client.request(
        "/api/v1/statuses", method="POST", body=f"status=x&b=1&{fields}".encode(), headers=form, status=413
    )
    assert too_many.json["error"]
    values = {"status": "y", "a": [1] * 19_000}
    client.post_json("/api/v1/statuses", values, auth=alice, status=200)
    refused = client.post_json("/api/v1/statuses", {"status": "y", "a": [1] * 21_000}, auth=alice, status=400)
    assert refused.json == {"error": "The body has too many values"}


def test_commas_and_brackets_inside_of_a_text_are_no_values(client, alice):
    answer = client.post_json(
        "/api/v1/statuses", {"status": "x", "language": "[,{" * 300, "a": "[],{}" * 50_000}, auth=alice
    )
    assert answer.status_int == 200
    client.post_json("/api/pleroma/follow_import", {"list": "bob,true\n" * 30_000}, auth=alice, status=200)


def test_a_query_longer_than_any_server_passes_on_is_refused(measured):
    for query in ("a=" * 500_000, "a=1&" * 250_000):
        for path in ("/api/v1/timelines/public", "/api/v2/search", "/about"):
            status, seconds, memory = measured.ask("GET", path, query)
            assert status == 414 and seconds < MOST_SECONDS and memory < MOST_MEMORY


def test_the_address_of_a_request_is_bounded(client):
    assert client.get("/api/v1/timelines/public?a=" + "b" * 9000, status=414).json["error"]
    assert client.get("/api/v1/timelines/tag/" + "b" * 9000, status=414).json["error"]
