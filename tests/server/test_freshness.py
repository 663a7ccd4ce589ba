"""No response of any process is older than the last write of another one."""

import json
import urllib.error
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest


def ask(server, path, bearer=None, method="GET", **values):
    """The JSON of a response. Each request is a connection of its own, so that any process may take it."""
    headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
    body = urllib.parse.urlencode(values).encode() if method != "GET" else None
    request = urllib.request.Request(f"{server}{path}", body, headers, method=method)
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)


@pytest.fixture(scope="module")
def tokens(server):
    """A token of alice and one of bob, who follows her."""
    app = ask(server, "/api/v1/apps", method="POST", client_name="x", redirect_uris="urn:ietf:wg:oauth:2.0:oob",
              scopes="read write follow")  # fmt: skip
    client = {"client_id": app["client_id"], "client_secret": app["client_secret"], "grant_type": "password"}
    alice, bob = (
        ask(
            server, "/oauth/token", method="POST", username=name, password="secret", scope="read write follow", **client
        )
        for name in ("alice", "bob")
    )
    account = ask(server, "/api/v1/accounts/verify_credentials", alice["access_token"])
    ask(server, f"/api/v1/accounts/{account['id']}/follow", bob["access_token"], "POST")
    return alice["access_token"], bob["access_token"], account["id"]


def test_what_one_process_has_stored_every_other_one_shows(server, tokens):
    alice, bob, alice_id = tokens
    places = ("/api/v1/timelines/home", "/api/v1/timelines/public", f"/api/v1/accounts/{alice_id}/statuses")
    with ThreadPoolExecutor(6) as pool:
        for number in range(40):
            status = ask(server, "/api/v1/statuses", alice, "POST", status=f"number {number}")["id"]
            for page in pool.map(lambda path: ask(server, path, bob), places * 2):
                assert page[0]["id"] == status
            marked = ask(server, f"/api/v1/statuses/{status}/favourite", bob, "POST")
            assert marked["favourited"]
            for shown in pool.map(lambda path: ask(server, path, bob), [f"/api/v1/statuses/{status}"] * 4):
                assert shown["favourited"] and shown["favourites_count"] == 1
            ask(server, f"/api/v1/statuses/{status}", alice, "DELETE")
            for page in pool.map(lambda path: ask(server, path, bob), places):
                assert status not in [shown["id"] for shown in page]


def test_a_name_is_that_of_now(server, tokens):
    alice, bob, alice_id = tokens
    with ThreadPoolExecutor(4) as pool:
        for number in range(20):
            name = f"Alice {number}"
            ask(server, "/api/v1/accounts/update_credentials", alice, "PATCH", display_name=name)
            for shown in pool.map(lambda _: ask(server, f"/api/v1/accounts/{alice_id}", bob), range(4)):
                assert shown["display_name"] == name
            for page in pool.map(lambda _: ask(server, "/api/v1/timelines/home", bob), range(4)):
                assert {shown["account"]["display_name"] for shown in page if shown["account"]["id"] == alice_id} <= {
                    name
                }


def test_a_token_that_was_revoked_is_refused_by_every_process(server, tokens):
    app = ask(server, "/api/v1/apps", method="POST", client_name="x", redirect_uris="urn:ietf:wg:oauth:2.0:oob",
              scopes="read")  # fmt: skip
    client = {"client_id": app["client_id"], "client_secret": app["client_secret"]}
    grant = {"grant_type": "password", "username": "bob", "password": "secret", "scope": "read", **client}
    for _ in range(5):
        token = ask(server, "/oauth/token", method="POST", **grant)["access_token"]
        for _ in range(12):
            ask(server, "/api/v1/timelines/home", token)
        ask(server, "/oauth/revoke", method="POST", token=token, **client)
        for _ in range(12):
            with pytest.raises(urllib.error.HTTPError, match="403"):
                ask(server, "/api/v1/timelines/home", token)
