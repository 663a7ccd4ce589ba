"""Apps: registering, showing (docs/api/pleroma.md 19.1, docs/api/mastodon.md 12.1)."""

import pytest

from pleroma.config import vapid_public_key

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"


@pytest.mark.parametrize("send", ["post", "post_json"])
def test_an_app_gets_an_id_and_a_secret(client, settings, send):
    sent = {
        "client_name": "Tusky",
        "redirect_uris": OUT_OF_BAND,
        "scopes": "read write",
        "website": "https://tusky.app",
    }
    app = getattr(client, send)("/api/v1/apps", sent, status=200).json
    assert {key: value for key, value in app.items() if key not in ("id", "client_id", "client_secret")} == {
        "name": "Tusky",
        "website": "https://tusky.app",
        "redirect_uri": OUT_OF_BAND,
        "redirect_uris": [OUT_OF_BAND],
        "scopes": ["read", "write"],
        "vapid_key": vapid_public_key(settings),
        "client_secret_expires_at": 0,
    }
    assert isinstance(app["id"], str)
    assert len(app["client_id"]) > 30 and len(app["client_secret"]) > 30


def test_the_secret_is_stored_as_a_hash(client, sql):
    app = client.post("/api/v1/apps", {"client_name": "x", "redirect_uris": OUT_OF_BAND}).json
    assert app["client_secret"] not in str(sql("select * from apps"))


@pytest.mark.parametrize(
    ("sent", "stored"),
    [("read,write", ["read", "write"]), ("read  write read", ["read", "write"]), (["read", "push"], ["read", "push"]),
     ("read:statuses admin profile", ["read:statuses", "admin", "profile"]), ("", ["read"]), (None, ["read"])],
)  # fmt: skip
def test_scopes_may_be_separated_by_spaces_or_commas_and_be_unknown(client, sent, stored):
    parameters = {"client_name": "x", "redirect_uris": OUT_OF_BAND, "scopes": sent}
    assert client.post_json("/api/v1/apps", parameters, status=200).json["scopes"] == stored


@pytest.mark.parametrize(
    "sent",
    ["https://a.example/cb https://b.example/cb", "https://a.example/cb\nhttps://b.example/cb",
     "https://a.example/cb\r\n https://b.example/cb\n", ["https://a.example/cb", "https://b.example/cb"]],
)  # fmt: skip
def test_several_redirect_addresses_are_understood_however_they_come(client, sent):
    app = client.post_json("/api/v1/apps", {"client_name": "x", "redirect_uris": sent}, status=200).json
    assert app["redirect_uris"] == ["https://a.example/cb", "https://b.example/cb"]
    if isinstance(sent, str):
        assert app["redirect_uri"] == sent


@pytest.mark.parametrize(
    "address", ["oauth2redirect://com.example/", "icecubesapp://", "app:/cb", "http://localhost:1/?a=b"]
)
def test_the_schemes_of_apps_are_valid(client, address):
    parameters = {"client_name": "x", "redirect_uris": address}
    assert client.post("/api/v1/apps", parameters, status=200).json["redirect_uri"] == address


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "vbscript:x", "nothing", "//a.example/cb",
     "https://a.example/#cb", OUT_OF_BAND + " javascript:alert(1)"],
)  # fmt: skip
def test_dangerous_or_relative_addresses_are_refused(client, address):
    answer = client.post("/api/v1/apps", {"client_name": "x", "redirect_uris": address}, status=422)
    assert answer.json["field"] == "redirect_uris"


@pytest.mark.parametrize(
    ("parameters", "field"),
    [({"redirect_uris": OUT_OF_BAND}, "client_name"),
     ({"client_name": " ", "redirect_uris": OUT_OF_BAND}, "client_name"),
     ({"client_name": "x"}, "redirect_uris"), ({"client_name": "x", "redirect_uris": ""}, "redirect_uris"),
     ({"client_name": "x", "redirect_uris": []}, "redirect_uris")],
)  # fmt: skip
def test_name_and_redirect_are_needed(client, parameters, field):
    answer = client.post_json("/api/v1/apps", parameters, status=422)
    assert answer.json == {"error": "can't be blank", "field": field}


@pytest.mark.parametrize(
    "parameters",
    [{"client_name": {"a": 1}, "redirect_uris": OUT_OF_BAND}, {"client_name": "x", "redirect_uris": [["x"]]},
     {"client_name": "x", "redirect_uris": OUT_OF_BAND, "scopes": [1]},
     {"client_name": "x" * 10_000, "redirect_uris": "x:y"},
     {"client_name": "x", "redirect_uris": OUT_OF_BAND, "scopes": "x" * 10_000},
     {"client_name": "x", "redirect_uris": OUT_OF_BAND, "scopes": " ".join(map(str, range(1000)))},
     {"client_name": "x", "redirect_uris": OUT_OF_BAND, "website": "w" * 3000}],
)  # fmt: skip
def test_nonsense_is_a_4xx(client, parameters):
    answer = client.post_json("/api/v1/apps", parameters, expect_errors=True)
    assert answer.status_code in (400, 422)
    assert isinstance(answer.json["error"], str)


def test_what_cannot_be_stored_is_left_out(client):
    parameters = {"client_name": "a\0b\ud800c", "redirect_uris": OUT_OF_BAND, "scopes": "re\0ad"}
    app = client.post_json("/api/v1/apps", parameters, status=200).json
    assert (app["name"], app["scopes"]) == ("abc", ["read"])


def test_a_token_shows_its_app(client, settings, alice):
    assert client.get("/api/v1/apps/verify_credentials", auth=alice, status=200).json == {
        "name": "tests",
        "website": None,
        "vapid_key": vapid_public_key(settings),
    }


def test_without_a_token_there_is_no_app_to_show(client):
    expected = {"error": "Invalid credentials."}
    assert client.get("/api/v1/apps/verify_credentials", status=403).json == expected
    assert client.get("/api/v1/apps/verify_credentials", auth="wrong", status=403).json == expected


def test_basic_names_an_account_and_no_app(client, alice):
    client.authorization = ("Basic", (alice.nickname, alice.password))
    client.get("/api/v1/apps/verify_credentials", status=403)
