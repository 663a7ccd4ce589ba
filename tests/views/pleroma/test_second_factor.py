"""The second factor, as settings pages of front ends ask for it."""


def test_settings_page_sees_that_there_is_none(client, alice):
    settings = client.get("/api/pleroma/profile/mfa", auth=alice, status=200).json
    assert settings == {"settings": {"enabled": False, "totp": False}}


def test_nobody_else_sees_it(client):
    client.get("/api/pleroma/profile/mfa", status=403)


def test_a_token_needs_to_read_what_is_about_security(client, person):
    granular = person("granular", scopes=("read:accounts",))
    refused = client.get("/api/pleroma/profile/mfa", auth=granular, status=403)
    assert refused.json == {"error": "Insufficient permissions: read."}
    client.get("/api/pleroma/profile/mfa", auth=person("reader", scopes=("read:security",)), status=200)
