"""What the server says of itself (docs/api/mastodon.md 9.5, 11.11 to 11.13, 13)."""

import pytest

VERSION = "2.7.2 (compatible; Pleroma 1.1.50)"


def test_version_1(client, alice, post):
    post(alice, "x")
    instance = client.get("/api/v1/instance", status=200).json
    assert instance["uri"] == "https://pleroma.example"
    assert instance["version"] == VERSION
    assert instance["stats"] == {"user_count": 1, "status_count": 1, "domain_count": 1}
    assert instance["urls"] == {"streaming_api": "wss://pleroma.example"}
    assert instance["poll_limits"]["max_options"] == 20
    assert instance["pleroma"]["metadata"]["fields_limits"]["max_fields"] == 10
    assert instance["configuration"]["media_attachments"]["image_matrix_limit"] == 33177600


def test_version_2(client):
    instance = client.get("/api/v2/instance", status=200).json
    assert (instance["domain"], instance["version"]) == ("pleroma.example", VERSION)
    assert "api_versions" not in instance
    assert instance["configuration"]["urls"] == {"streaming": "wss://pleroma.example"}
    assert instance["contact"] == {"email": "admin@pleroma.example", "account": None}


def test_settings_of_the_database_count(client, sql):
    sql("insert into settings (name, value) values ('instance_name', '\"Renamed\"'), ('status_limit', '10')")
    instance = client.get("/api/v1/instance").json
    assert (instance["title"], instance["max_toot_chars"]) == ("Renamed", 10)


def test_nodeinfo(client, person):
    person("root", admin=True)
    links = client.get("/.well-known/nodeinfo", status=200).json["links"]
    assert links[-1]["href"] == "https://pleroma.example/nodeinfo/2.1.json"
    for version in ("2.0", "2.1"):
        for suffix in ("", ".json"):
            answer = client.get(f"/nodeinfo/{version}{suffix}", status=200)
            assert answer.headers["Content-Type"].startswith("application/json; profile=")
            assert answer.json["software"]["name"] == "pleroma"
            assert answer.json["metadata"]["staffAccounts"] == ["https://pleroma.example/users/root"]
            assert "shareable_emoji_packs" in answer.json["metadata"]["features"]
    assert client.get("/nodeinfo/3.0", status=404).json == {"error": "Nodeinfo schema version not handled"}


def test_the_old_front_ends_configuration(client):
    site = client.get("/api/statusnet/config.json", status=200).json["site"]
    assert (site["textlimit"], site["closed"], site["server"]) == ("5000", "0", "https://pleroma.example")
    assert client.get("/api/statusnet/version", status=200).json == "Pleroma 1.1.50"
    assert "pleroma_fe" in client.get("/api/pleroma/frontend_configurations", status=200).json


@pytest.mark.parametrize(
    "path",
    ["instance/peers", "instance/rules", "instance/activity", "instance/domain_blocks", "directory", "trends",
     "trends/tags", "trends/statuses", "trends/links"],
)  # fmt: skip
def test_lists_that_are_empty_for_everybody(client, path):
    assert client.get(f"/api/v1/{path}", status=200).json == []


@pytest.mark.parametrize(
    "path",
    ["announcements", "suggestions", "featured_tags", "featured_tags/suggestions", "followed_tags",
     "scheduled_statuses", "filters", "endorsements", "domain_blocks", "follow_requests", "blocks", "mutes", "lists"],
)  # fmt: skip
def test_lists_that_are_empty_for_the_caller(client, alice, path):
    assert client.get(f"/api/v1/{path}", auth=alice, status=200).json == []
    client.get(f"/api/v1/{path}", status=403)


def test_front_end_settings_are_kept(client, alice, sql):
    assert client.put_json("/api/web/settings", {"data": {"a": "\ud800b"}}, auth=alice, status=200).json == {}
    assert sql("select web_settings from users where account_id = %s", alice.id) == [({"a": "b"},)]
    client.put_json("/api/web/settings", {"data": "x"}, auth=alice, status=400)


def test_domain_blocks(client, alice):
    assert client.post("/api/v1/domain_blocks", {"domain": "Evil.example"}, auth=alice, status=200).json == {}
    assert client.get("/api/v1/domain_blocks", auth=alice).json == ["evil.example"]
    client.delete("/api/v1/domain_blocks", {"domain": "evil.example"}, auth=alice, status=200)
    assert client.get("/api/v1/domain_blocks", auth=alice).json == []
    for domain in ("", "pleroma.example"):
        client.post("/api/v1/domain_blocks", {"domain": domain}, auth=alice, status=422)


def test_reports_are_stored(client, alice, bob, post, sql):
    status, other = post(bob, "bad"), post(alice, "mine")
    report = client.post_json(
        "/api/v1/reports",
        {"account_id": str(bob.id), "status_ids": [status["id"], other["id"], "1"], "comment": "rude & <b>"},
        auth=alice,
        status=200,
    ).json
    assert (report["action_taken"], report["status_ids"], report["comment"]) == (False, [status["id"]], "rude & <b>")
    assert report["target_account"]["id"] == str(bob.id)
    assert sql("select state, content from reports") == [("open", "rude &amp; &lt;b&gt;")]


def test_reports_that_are_refused(client, alice, bob):
    def refusal(**parameters):
        return client.post("/api/v1/reports", parameters, auth=alice, status=400).json["error"]

    assert refusal() == "Valid `account_id` required"
    assert refusal(account_id="1") == "Account not found"
    assert refusal(account_id=str(bob.id), comment="x" * 1001) == "Comment must be up to 1000 characters"


def test_health(client):
    assert client.get("/health", status=200).text == "OK"


@pytest.mark.parametrize(("connections", "address"), [(0, None), (2000, "wss://pleroma.example")])
def test_streaming_is_named_only_where_it_runs(make_client, connections, address):
    client = make_client(streaming_connections=connections)
    first, second = client.get("/api/v1/instance").json, client.get("/api/v2/instance").json
    assert first["urls"].get("streaming_api") == second["configuration"]["urls"].get("streaming") == address
    features = [
        first["pleroma"]["metadata"]["features"],
        second["pleroma"]["metadata"]["features"],
        client.get("/nodeinfo/2.1.json").json["metadata"]["features"],
    ]
    assert ["mastodon_api_streaming" in one for one in features] == [address is not None] * 3


def test_streams_are_not_found_under_a_server_that_has_none(client):
    for path in ("", "/", "/user", "/public/local", "/health"):
        assert client.get(f"/api/v1/streaming{path}", status=404).json["error"]
