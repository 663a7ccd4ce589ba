"""Reports of the admin API (14)."""

import pytest

REPORTS = "/api/pleroma/admin/reports"


@pytest.fixture
def report(client, alice, bob, post):
    """Alice reports bob for a status."""
    status = post(bob, "bad")
    sent = {"account_id": str(bob.id), "status_ids": [status["id"]], "comment": "see <this>"}
    return client.post_json("/api/v1/reports", sent, auth=alice, status=200).json["id"]


def test_the_entity(client, root, alice, bob, report):
    found = client.get(f"{REPORTS}/{report}", auth=root, status=200).json
    assert (found["state"], found["content"]) == ("open", "see &lt;this&gt;")
    assert (found["account"]["nickname"], found["actor"]["nickname"]) == ("bob", "alice")
    assert {"tags", "deactivated", "local", "acct", "note"} <= set(found["account"])
    assert [s["pleroma"]["content"]["text/plain"] for s in found["statuses"]] == ["bad"]
    client.get(f"{REPORTS}/0", auth=root, status=404)


def test_the_list_by_state_and_page(client, root, alice, bob, report):
    second = client.post("/api/v1/reports", {"account_id": str(bob.id)}, auth=alice).json["id"]

    def ids(query):
        answer = client.get(f"{REPORTS}?{query}", auth=root, status=200).json
        return [r["id"] for r in answer["reports"]], answer["total"]

    assert ids("") == ([second, report], 2)
    assert ids("limit=1&max_id=") == ([second], 2)
    assert ids(f"limit=5&max_id={second}") == ([report], 2)
    assert ids("page=2&page_size=1") == ([report], 2)
    client.put(f"{REPORTS}/{report}", {"state": "closed"}, auth=root, status=200)
    assert ids("state=open") == ([second], 1)
    assert ids("state=nonsense") == ([], 0)


def test_states(client, root, report, log):
    for state in ("closed", "resolved", "open", "open"):
        assert client.put(f"{REPORTS}/{report}", {"state": state}, auth=root, status=200).json["state"] == state
    assert log()[0] == f"@root updated report #{report} with 'open' state"
    assert client.put(f"{REPORTS}/{report}", {"state": "x"}, auth=root, status=400).json == {
        "error": "Unsupported state"
    }
    client.put(f"{REPORTS}/{report}", auth=root, status=400)
    client.put(f"{REPORTS}/0", {"state": "x"}, auth=root, status=404)
    assert len(log()) == 3


def test_states_of_many_all_or_none(client, root, alice, bob, report, log):
    body = {"reports": [{"id": report, "state": "closed"}, {"id": "0", "state": "closed"}]}
    client.patch_json(REPORTS, body, auth=root, status=404)
    assert client.get(f"{REPORTS}/{report}", auth=root).json["state"] == "open"
    client.patch_json(REPORTS, {"reports": body["reports"][:1]}, auth=root, status=204)
    assert client.get(f"{REPORTS}/{report}", auth=root).json["state"] == "closed"
    assert len(log()) == 1


def test_responding(client, root, alice, bob, report, log):
    status = client.post(
        f"{REPORTS}/{report}/respond", {"status": "thanks", "visibility": "public"}, auth=root, status=200
    ).json
    assert (status["visibility"], [m["acct"] for m in status["mentions"]]) == ("direct", ["alice"])
    assert [n["type"] for n in client.get("/api/v1/notifications", auth=alice).json] == ["mention"]
    assert len(client.get("/api/v1/conversations", auth=alice).json) == 1
    client.get(f"/api/v1/statuses/{status['id']}", auth=bob, status=404)
    assert log() == [f"@root responded with 'thanks' to report #{report}"]
    client.post(f"{REPORTS}/{report}/respond", auth=root, status=400)
    client.post(f"{REPORTS}/0/respond", {"status": "x"}, auth=root, status=404)


def test_staff_gets_a_mail(client, root, alice, bob, report, sql, run_jobs, settings):
    run_jobs()
    mails = [path.read_text() for path in (settings.data_dir / "mail").glob("*.eml")]
    assert any("Subject: Pleroma Report" in mail and "root@mail.example" in mail for mail in mails)
