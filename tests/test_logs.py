"""Logs: one line a request, its id, and no secret in it (README, logs)."""

import json
import re

import pytest

TEXT = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z info [0-9a-f]{16} [A-Z]+ \S+ \d{3} account=(-|\d+) ms=\d+\.\d"
    r" statements=\d+ database_ms=\d+\.\d( query=\S+)?"
)


@pytest.fixture
def lines(capfd):
    """The lines of requests since the last call."""
    return lambda: [line for line in capfd.readouterr().err.splitlines() if " info " in line or '"ms"' in line]


def test_line_tells_id_account_route_status_and_times(client, alice, lines):
    answer = client.get("/api/v1/notifications?limit=2", auth=alice)
    (line,) = lines()
    assert TEXT.fullmatch(line)
    assert f" {answer.headers['X-Request-Id']} GET /api/v1/notifications 200 account={alice.id} ms=" in line
    assert " statements=2 " in line
    assert line.endswith(" query=limit=2")


def test_line_as_json(make_client, alice, lines):
    answer = make_client(log_format="json").get(f"/api/v1/accounts/{alice.id}")
    (line,) = map(json.loads, lines())
    assert line.pop("time").endswith("Z")
    assert line.pop("ms") >= line.pop("database_ms") > 0
    assert line == {
        "level": "info", "id": answer.headers["X-Request-Id"], "method": "GET", "status": 200, "account": None,
        "route": "/api/v1/accounts/<name>", "statements": line["statements"], "query": "",
    }  # fmt: skip


def test_no_secret_is_written(client, alice, capfd):
    client.get(f"/api/v1/accounts/verify_credentials?access_token={alice.token}&limit=3")
    client.get(f"/api/v1/accounts/verify_credentials?access%5Ftoken={alice.token}", status="*")
    client.get(f"/api/v1/timelines/home?limit={alice.token}x{'y' * 50}&max_id=1", auth=alice)
    client.get("/registration/secretinvite", status="*")
    client.get("/api/pleroma/password_reset/secretlink", status="*")
    client.post("/oauth/token", {"client_secret": "secretclient", "password": "secretword"}, status="*")
    written = capfd.readouterr().err
    assert len(written.splitlines()) == 6
    assert alice.token not in written
    assert "secret" not in written.replace("client_secret", "")
    assert "query=limit=3\n" in written
    assert "query=max_id=1\n" in written


def test_what_is_not_there_is_named_on_one_line(client, lines):
    client.get("/api/v9/no%0Athing%1b", status=404)
    (line,) = lines()
    assert " GET /api/v9/no?thing? 404 " in line


def test_level_warning_writes_no_line_and_sends_the_id_all_the_same(make_client, capfd):
    answer = make_client(log_level="warning").get("/api/v1/instance")
    assert capfd.readouterr().err == ""
    assert re.fullmatch("[0-9a-f]{16}", answer.headers["X-Request-Id"])


def test_statements_of_a_refused_request_are_counted(client, alice, lines):
    client.post("/api/v1/statuses", {"status": ""}, auth=alice, status=422)
    (line,) = lines()
    assert re.search(r" 422 account=\d+ .* statements=[1-9]", line)
