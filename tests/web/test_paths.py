"""The spellings of paths that clients use."""

import pytest


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/instance.json", "/api/v1/timelines/public.json", "/api/pleroma/emoji.json",
        "/api/pleroma/emoji/packs.json", "/nodeinfo/2.0.json", "/api//v1///instance/", "/api/v1/custom_emojis.json",
    ],
)  # fmt: skip
def test_a_suffix_and_slashes_make_no_difference(client, path):
    assert client.get(path, status=200).content_type.startswith("application/json")


def test_the_endpoints_of_oauth_take_the_suffix_too(client):
    assert client.post("/oauth/token.json", {"grant_type": "x"}, status=400).json == {"error": "Bad request"}
    assert client.post("/oauth/revoke.json", {}, status=200).json == {}


def test_below_the_packs_it_belongs_to_the_name(client, person, data_directory):
    root = person("root", admin=True)
    client.put("/api/pleroma/emoji/packs/cats.json", auth=root, status=200)
    assert "cats.json" in client.get("/api/pleroma/emoji/packs", status=200).json
    client.delete("/api/pleroma/emoji/packs/cats.json", auth=root, status=200)


def test_each_route_can_be_addressed_by_its_name(client):
    application = client.app
    with application.test_request_context():
        for rule in application.url_map.iter_rules():
            values = dict.fromkeys(rule.arguments, "1")
            address = application.url_for(rule.endpoint, **values, extra="x")
            assert address.startswith("/") and address.endswith("extra=x")
