"""How others find an account: WebFinger, host-meta, nodeinfo (docs/federation.md 2)."""

import pytest

BASE = "https://pleroma.example"
WEBFINGER = "/.well-known/webfinger"


def links_of(actor):
    return [
        {"rel": "http://webfinger.net/rel/profile-page", "type": "text/html", "href": actor},
        {"rel": "self", "type": "application/activity+json", "href": actor},
        {
            "rel": "self",
            "type": 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
            "href": actor,
        },
    ]


@pytest.mark.parametrize(
    "resource",
    ["acct:alice@pleroma.example", "ACCT:Alice@Pleroma.Example", "acct:@alice@pleroma.example", f"{BASE}/users/alice"],
)
def test_an_account_by_its_handle_or_address(federated, alice, resource):
    answer = federated.get(WEBFINGER, {"resource": resource}, status=200)
    actor = f"{BASE}/users/alice"
    assert answer.json == {"subject": "acct:alice@pleroma.example", "aliases": [actor], "links": links_of(actor)}
    assert answer.headers["Content-Type"] == "application/jrd+json; charset=utf-8"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_the_server_itself(federated):
    for resource in ("acct:pleroma.example@pleroma.example", f"{BASE}/actor"):
        found = federated.get(WEBFINGER, {"resource": resource}, status=200).json
        assert found["subject"] == "acct:pleroma.example@pleroma.example"
        assert [link["href"] for link in found["links"]] == [BASE, f"{BASE}/actor", f"{BASE}/actor"]


def test_rel_narrows_the_links(federated, alice):
    asked = f"{WEBFINGER}?resource=acct:alice@pleroma.example&rel=self&rel=other"
    assert [link["rel"] for link in federated.get(asked, status=200).json["links"]] == ["self", "self"]


@pytest.mark.parametrize(
    ("resource", "status"),
    [
        (None, 400),
        ("", 400),
        ("alice", 400),
        ("acct:alice", 404),
        ("acct:@pleroma.example", 404),
        ("acct:alice@other.example", 404),
        ("acct:alice@pleroma.example.evil.example", 404),
        ("acct:nobody@pleroma.example", 404),
        ("acct:a\x00@pleroma.example", 400),
        ("https://other.example/users/alice", 404),
        (f"{BASE}/users/nobody", 404),
        (f"{BASE}/alice", 404),
        ("x" * 3000, 400),
    ],
)
def test_what_is_not_found(federated, alice, resource, status):
    query = {} if resource is None else {"resource": resource}
    assert "error" in federated.get(WEBFINGER, query, status=status).json


def test_a_deactivated_account_is_not_found_and_a_deleted_one_is_gone(federated, alice, bob, sql):
    sql("update accounts set active = false where id = %s", alice.id)
    federated.get(WEBFINGER, {"resource": "acct:alice@pleroma.example"}, status=404)
    sql("delete from accounts where id = %s", bob.id)
    federated.get(WEBFINGER, {"resource": "acct:Bob@pleroma.example"}, status=410)


def test_the_nickname_of_a_deleted_account_is_never_free_again(federated, bob, sql):
    sql("delete from accounts where id = %s", bob.id)
    sent = {
        "nickname": "BOB", "fullname": "Bob", "email": "other@mail.example", "bio": "", "password": "x" * 12,
        "confirm": "x" * 12,
    }  # fmt: skip
    assert "already been taken" in federated.post("/api/account/register", sent, status=400).text


def test_host_meta(federated):
    answer = federated.get("/.well-known/host-meta", status=200)
    assert answer.headers["Content-Type"] == "application/xrd+xml; charset=utf-8"
    assert f'template="{BASE}/.well-known/webfinger?resource={{uri}}"' in answer.text


def test_nodeinfo_says_so_and_names_the_server_itself(federated, client):
    first, *_, last = federated.get("/.well-known/nodeinfo").json["links"]
    assert first == {"rel": "https://www.w3.org/ns/activitystreams#Application", "href": f"{BASE}/actor"}
    assert last["href"].endswith("/nodeinfo/2.1.json")
    assert federated.get("/nodeinfo/2.1.json").json["metadata"]["federation"]["enabled"] is True
    assert client.get("/nodeinfo/2.1.json").json["metadata"]["federation"]["enabled"] is False


@pytest.mark.parametrize(
    "path",
    ["/.well-known/webfinger?resource=acct:alice@pleroma.example", "/.well-known/host-meta", "/actor",
     "/users/alice/outbox", "/users/alice/followers", "/objects/11111111-1111-1111-1111-111111111111/activity"],
)  # fmt: skip
def test_without_federation_there_is_none_of_it(client, alice, path):
    client.get(path, headers={"Accept": "application/activity+json"}, status=404)
    assert all("activitypub" not in name for name in client.app.view_functions)
