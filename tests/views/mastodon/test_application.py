"""Which app a status was posted with (docs/api/mastodon.md 11.3)."""

import base64

import pytest

STATUSES = "/api/v1/statuses"
WEB = {"name": "Web", "website": None}


@pytest.fixture
def tusky(client, alice, sql):
    """A token of alice's for an app with a website."""
    sql("update apps set name = 'Tusky \"<b>\"', website = 'https://tusky.app'")
    return alice


def test_the_app_and_its_website(client, tusky, bob, post):
    app = {"name": 'Tusky "<b>"', "website": "https://tusky.app"}
    status = post(tusky, "hello")
    assert status["application"] == app
    assert client.get(f"{STATUSES}/{status['id']}").json["application"] == app
    wrapper = client.post(f"{STATUSES}/{status['id']}/reblog", auth=bob).json
    assert wrapper["application"] == wrapper["reblog"]["application"] == app


def test_without_a_token_it_is_the_web(client, alice):
    password = base64.b64encode(f"alice:{alice.password}".encode()).decode()
    status = client.post(STATUSES, {"status": "x"}, headers={"Authorization": f"Basic {password}"}, status=200).json
    assert status["application"] == WEB


def test_it_stays_when_the_app_is_gone(client, tusky, bob, post, sql):
    status = post(tusky, "hello")
    sql("delete from apps where website is not null")
    assert client.get(f"{STATUSES}/{status['id']}").json["application"]["website"] == "https://tusky.app"


def test_who_does_not_disclose_it_still_sees_it(client, tusky, bob, post):
    status = post(tusky, "hello")
    wrapper = client.post(f"{STATUSES}/{status['id']}/reblog", auth=bob).json
    path = "/api/v1/accounts/update_credentials"
    client.patch(path, {"disclose_client": "false"}, auth=tusky, status=200)
    for who in (bob, None):
        assert client.get(f"{STATUSES}/{status['id']}", auth=who).json["application"] is None
    shown = client.get(f"{STATUSES}/{wrapper['id']}", auth=bob).json
    assert (shown["application"], shown["reblog"]["application"]) == (None, None)
    assert client.get(f"{STATUSES}/{status['id']}", auth=tusky).json["application"]["website"] == "https://tusky.app"
    client.patch(path, {"disclose_client": "true"}, auth=tusky, status=200)
    assert client.get(f"{STATUSES}/{status['id']}").json["application"]["website"] == "https://tusky.app"


def test_a_scheduled_status_names_it_too(client, tusky, run_jobs, sql):
    client.post_json(STATUSES, {"status": "later", "scheduled_at": "2999-01-01T00:00:00Z"}, auth=tusky, status=200)
    sql("update scheduled_statuses set scheduled_at = now()")
    sql("update procrastinate_jobs set scheduled_at = now()")
    run_jobs()
    (status,) = client.get("/api/v1/timelines/public").json
    assert status["application"]["website"] == "https://tusky.app"
