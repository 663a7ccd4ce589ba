"""The head of an answer: each header once, the right length (RFC 9110), whatever made the answer."""

from collections import Counter

import pytest


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/timelines/home", 200),
        ("GET", "/api/v1/instance", 200),
        ("GET", "/api/v1/statuses/1", 404),
        ("GET", "/api/v9/nothing", 404),
        ("POST", "/api/v1/apps", 422),
        ("GET", "/api/pleroma/emoji", 200),
        ("GET", "/images/avi.png", 200),
        ("GET", "/about", 200),
        ("HEAD", "/api/v1/timelines/public", 200),
        ("OPTIONS", "/api/v1/statuses", 204),
    ],
)
def test_each_header_stands_once(client, alice, method, path, status):
    for _ in range(2):
        answer = client.request(path, method=method, headers={"Authorization": f"Bearer {alice.token}"}, status=status)
        names = Counter(name.lower() for name, _ in answer.headerlist)
        assert {name: number for name, number in names.items() if number > 1} == {}
        if method != "HEAD" and "Content-Length" in answer.headers:
            assert int(answer.headers["Content-Length"]) == len(answer.body)
        assert answer.headers["X-Request-Id"]


def test_a_page_tells_its_length_also_without_its_body(client, alice, post):
    post(alice, "hello")
    whole = client.get("/api/v1/timelines/public")
    head = client.head("/api/v1/timelines/public")
    assert head.body == b""
    assert head.headers["Content-Length"] == whole.headers["Content-Length"] == str(len(whole.body))
