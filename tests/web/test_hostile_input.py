"""Every route answers nonsense with its 4xx as JSON: never a 5xx, never a stack trace (docs/api/pleroma.md 1)."""

import json

import pytest

from tests.filled_routes import routes

HUGE = ("id", "max_id", "limit", "expires_in", "length", "page", "page_size", "duration", "max_use", "offset")
NONSENSE = {
    "wrong types": {"id": {"a": [1]}, "ids": 5, "status": ["x"], "limit": {"a": 1}, "account_ids": {"x": "y"}},
    "huge numbers": dict.fromkeys(HUGE, 10**40),
    "text that is none": {"status": "a\0b\ud800", "q": "\0", "title": "\ud800", "nickname": "\0"},
    "nulls": dict.fromkeys(["id", "status", "limit", "max_id", "recipients", "visibility", "sensitive", "password"]),
    "lists of lists": {"media_ids": [[1]], "to": [[1]], "recipients": [{"id": 1}], "nicknames": [[1]]},
    "maps": {"poll": {"options": {"x": 1}}, "source": "x", "fields_attributes": [[1]], "configs": {"a": 1}},
}  # fmt: skip


def fillable(app):
    """(method, path) of every route whose arguments could all be filled in."""
    return [(method, path) for method, path, _ in routes(app) if "<" not in path]


@pytest.mark.parametrize("nonsense", NONSENSE.values(), ids=NONSENSE.keys())
def test_nonsense_as_json(client, person, nonsense):
    root = person("root", admin=True)
    for method, path in fillable(client.app):
        answer = client.request(
            path,
            method=method,
            body=json.dumps(nonsense).encode(),
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {root.token}"},
            expect_errors=True,
        )
        assert answer.status_int < 500, (method, path, answer.text)
        if answer.status_int >= 400 and path.startswith(("/api", "/oauth/token", "/oauth/mfa")):
            assert isinstance(answer.json["error"], str), (method, path)


@pytest.mark.parametrize(
    "body",
    [b"{", b"[" * 100_000, b"nul", b"\xff\xfe", b'{"a":' * 40 + b"1" + b"}" * 40, b'"text"', b"NaN", b"1e999", b""],
    ids=["open", "deep list", "word", "no utf-8", "too deep", "text", "nan", "infinity", "empty"],
)
def test_broken_json(client, alice, body):
    for method, path in fillable(client.app):
        if method == "GET":
            continue
        answer = client.request(
            path,
            method=method,
            body=body,
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {alice.token}"},
            expect_errors=True,
        )
        assert answer.status_int < 500, (method, path, answer.text)


FIELD = b'--x\r\nContent-Disposition: form-data; name="'


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/x-www-form-urlencoded", b"status=%ff%fe&id=%00&max_id=%F0%9F&a[b][c]=1&a[]=2&a=3&[=1&]=2"),
        ("multipart/form-data; boundary=x", FIELD + b'status"\r\n\r\n\xff\r\n--x--'),
        ("multipart/form-data; boundary=x", FIELD + b'file"; filename="\xff"\r\n\r\nx'),
        ("multipart/form-data", b"no boundary"),
        ("text/plain", b"\xff\xff"),
        ("nonsense", b"a"),
    ],
    ids=["form", "multipart text", "multipart cut", "no boundary", "plain", "nonsense"],
)
def test_broken_forms(client, alice, content_type, body):
    for method, path in fillable(client.app):
        answer = client.request(
            path,
            method=method,
            body=body,
            headers={"Content-Type": content_type, "Authorization": f"Bearer {alice.token}"},
            expect_errors=True,
        )
        assert answer.status_int < 500, (method, path, answer.text)


@pytest.mark.parametrize(
    "query", ["limit=%00&max_id=%ff", "a[" * 50, "id[]=" + "9" * 5000, "q=" + "%F0" * 2000, "ids[][]=1&ids[x]=2"]
)
def test_broken_queries(client, alice, query):
    for method, path in fillable(client.app):
        if method == "GET":
            answer = client.get(f"{path}?{query}", auth=alice, expect_errors=True)
            assert answer.status_int < 500, (path, answer.text)


@pytest.mark.parametrize(
    "path", ["/api/v1/nonsense", "/api/v1/statuses/1/edit", "/api/nonsense", "/api/v2/notifications"]
)
def test_unknown_paths_and_methods_are_404(client, path):
    assert client.get(path, status=404).json == {"error": "Not implemented"}
    assert client.patch("/api/v1/statuses/1", status=404).json == {"error": "Not implemented"}
    assert client.request("/api/v1/statuses", method="BREW", status=404).json == {"error": "Not implemented"}


def test_doubled_and_trailing_slashes_and_suffixes_are_answered(client, alice):
    for path in ("//api//v1/instance", "/api/v1/instance/", "/api/v1/instance.json", "/api/v1//blocks/"):
        client.get(path, auth=alice, status=200)


def test_preflight_and_cross_origin_headers(client):
    answer = client.options("/api/v1/statuses", status=204)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Idempotency-Key" in answer.headers["Access-Control-Allow-Headers"]
    refused = client.get("/api/v1/notifications", status=403)
    assert refused.headers["Access-Control-Allow-Origin"] == "*"
    assert "Link" in refused.headers["Access-Control-Expose-Headers"]
    assert "Access-Control-Allow-Credentials" not in refused.headers
    assert refused.headers["Cache-Control"] == "private, no-store"
    assert "WWW-Authenticate" not in refused.headers


@pytest.mark.parametrize(
    "content_type",
    ['multipart/form-data; boundary="a b"; charset=utf-8', 'multipart/form-data; charset=UTF-8; boundary="a b"'],
)
def test_quoted_boundaries_and_charsets(client, alice, content_type):
    body = (
        '--a b\r\nContent-Disposition: form-data; name="status"\r\n'
        "Content-Type: text/plain; charset=utf-8\r\n\r\nhällo\r\n--a b--\r\n"
    ).encode()
    answer = client.request(
        "/api/v1/statuses",
        method="POST",
        body=body,
        headers={"Content-Type": content_type, "Authorization": f"Bearer {alice.token}"},
        status=200,
    )
    assert answer.json["content"] == "hällo"


def test_a_body_that_is_too_large_is_413(client, alice):
    answer = client.post("/api/v1/statuses", "x" * 20_000_000, auth=alice, status=413)
    assert isinstance(answer.json["error"], str)


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("false", False),
        ("0", False),
        ("off", False),
        ("true", True),
        ("1", True),
        ("on", True),
        (None, False),
        ("", False),
    ],
)
def test_one_reading_of_booleans(client, alice, value, meant):
    status = client.post_json("/api/v1/statuses", {"status": "x", "sensitive": value}, auth=alice, status=200).json
    assert status["sensitive"] is meant
    if value is not None:
        assert (
            client.post("/api/v1/statuses", {"status": "x", "sensitive": value}, auth=alice).json["sensitive"] is meant
        )
