"""What compares the suite with the document of the API: it finds what it is for."""

import json

import pytest

from tests import described


@pytest.fixture
def check(client):
    """Compares an answer again, changed: check("GET", path, answer, status=…, asked=…, key=value…)."""

    def compare(method, path, answer, status=None, asked=(), **more):
        changed = answer.copy()
        changed.status_int = status or answer.status_int
        if more:
            changed.body = json.dumps({**answer.json, **more}).encode()
        described.check(
            client.app, {"REQUEST_METHOD": method, "PATH_INFO": path, described._ASKED: set(asked)}, changed
        )

    return compare


PATH = "/api/v1/preferences"


@pytest.fixture
def answer(client, alice):
    """A good answer of JSON."""
    return client.get(PATH, auth=alice)


def test_an_unknown_key_is_found(check, answer):
    check("GET", PATH, answer)
    with pytest.raises(AssertionError, match="extra"):
        check("GET", PATH, answer, extra=1)


def test_a_key_that_is_missing_or_of_another_type_is_found(check, client, alice):
    poll = client.post_json("/api/v1/lists", {"title": "x"}, auth=alice)
    path = f"/api/v1/lists/{poll.json['id']}"
    shown = client.get(path, auth=alice)
    check("GET", path, shown)
    with pytest.raises(AssertionError, match="title"):
        check("GET", path, shown, title=None)
    shown.body = b"{}"
    with pytest.raises(AssertionError, match="required"):
        check("GET", path, shown)


def test_a_time_in_another_form_is_found(check, client, post, alice):
    status = post(alice, "hello")
    path = f"/api/v1/statuses/{status['id']}"
    with pytest.raises(AssertionError, match="created_at"):
        check("GET", path, client.get(path), created_at="2026-01-01T00:00:00Z")


def test_an_undescribed_status_is_found(check, answer):
    with pytest.raises(AssertionError, match="answers 418"):
        check("GET", PATH, answer, status=418)


def test_an_undescribed_type_is_found(check, answer):
    answer.content_type = "text/html"
    with pytest.raises(AssertionError, match="text/html"):
        check("GET", PATH, answer)


def test_a_parameter_without_a_note_is_found(check, answer):
    with pytest.raises(AssertionError, match="surprise"):
        check("GET", PATH, answer, asked=["access_token", "surprise"])


def test_what_a_view_asks_for_is_seen(client, alice):
    client.get("/api/v1/accounts/lookup?acct=alice", auth=alice, status=200)
    assert "acct" in described.asked["accounts.lookup"]


def test_a_note_that_no_view_asked_for_is_found(monkeypatch):
    monkeypatch.setattr(described, "declared", {"a.b": {"x", "y"}, "streaming.stream": {"z"}})
    monkeypatch.setattr(described, "asked", {"a.b": {"x"}})
    assert described.never_asked() == ["a.b y"]
