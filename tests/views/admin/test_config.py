"""Settings of the admin API (17)."""

import pytest

CONFIG = "/api/pleroma/admin/config"


def shown(client, root):
    """{(key, option): value} of all settings."""
    configs = client.get(CONFIG, auth=root, status=200).json["configs"]
    assert all(config["group"] == "pleroma" for config in configs)
    return {(c["key"], pair["tuple"][0]): pair["tuple"][1] for c in configs for pair in c["value"]}


def change(client, root, key, value, status=200, **more):
    """Send one entry."""
    return client.post_json(
        CONFIG, {"configs": [{"group": "pleroma", "key": key, "value": value, **more}]}, auth=root, status=status
    )


def test_all_settings_show_and_no_secrets(client, root):
    values = shown(client, root)
    assert values[(":instance", ":name")] == "Pleroma"
    assert values[("Pleroma.Captcha", ":method")] == "Pleroma.Captcha.Native"
    assert values[(":rate_limit", ":enabled")] is False
    assert len(values) == 22


@pytest.mark.parametrize("value", [[{"tuple": [":name", " New "]}], {":name": "New"}, {"name": "New"}])
def test_every_notation(client, root, value, log):
    answer = change(client, root, ":instance", value).json
    assert answer["configs"][0]["value"][0] == {"tuple": [":name", "New"]}
    assert client.get("/api/v1/instance").json["title"] == "New"
    assert log() == ["@root changed settings: INSTANCE_NAME"]
    change(client, root, ":instance", value)
    assert len(log()) == 1


def test_a_setting_counts_in_every_worker_at_once(make_client, client, root, alice):
    other = make_client()
    change(client, root, ":instance", [{"tuple": [":limit", "10"]}])
    other.post("/api/v1/statuses", {"status": "x" * 11}, auth=alice, status=422)


def test_foreign_keys_are_ignored(client, root):
    configs = [
        {"group": "pleroma", "key": "Pleroma.Upload", "value": [{"tuple": [":x", 1]}]},
        {"key": ":instance"},
        5,
        {},
    ]
    assert client.post_json(CONFIG, {"configs": configs}, auth=root, status=200).json == {"configs": []}
    assert change(client, root, ":instance", [{"tuple": [":secret_key", "x"]}, "y", 3]).json == {"configs": []}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (":instance", {":name": ""}),
        (":instance", {":name": ["x"]}),
        (":instance", {":limit": 0}),
        (":instance", {":limit": "x"}),
        (":instance", {":public": "maybe"}),
        ("Pleroma.Captcha", {":method": "x"}),
        ("Pleroma.Captcha", {":seconds_valid": 4000}),
        ("Pleroma.Captcha.Kocaptcha", {":endpoint": "ftp://x"}),
    ],
)
def test_values_that_do_not_fit_change_nothing(client, root, key, value, log):
    configs = [
        {"group": "pleroma", "key": ":instance", "value": {":description": "new"}},
        {"group": "pleroma", "key": key, "value": value},
    ]
    assert "does not fit" in client.post_json(CONFIG, {"configs": configs}, auth=root, status=400).json["error"]
    assert client.get("/api/v1/instance").json["description"] == ""
    assert log() == []


def test_deleting_brings_the_environment_back(client, root):
    change(client, root, ":instance", {":name": "New", ":limit": 10})
    change(client, root, ":instance", None, delete=True, subkeys=[":name"])
    assert shown(client, root)[(":instance", ":name")] == "Pleroma"
    assert shown(client, root)[(":instance", ":limit")] == 10
    change(client, root, ":instance", None, delete="true")
    assert shown(client, root)[(":instance", ":limit")] == 5000


def test_the_captcha_is_two_options_of_one_setting(client, root):
    change(client, root, "Pleroma.Captcha", {":enabled": True, ":method": "Pleroma.Captcha.Kocaptcha"})
    values = shown(client, root)
    assert (values[("Pleroma.Captcha", ":enabled")], values[("Pleroma.Captcha", ":method")]) == (
        True,
        "Pleroma.Captcha.Kocaptcha",
    )
    change(client, root, "Pleroma.Captcha", {":enabled": False})
    values = shown(client, root)
    assert (values[("Pleroma.Captcha", ":enabled")], values[("Pleroma.Captcha", ":method")]) == (
        False,
        "Pleroma.Captcha.Kocaptcha",
    )


@pytest.mark.parametrize("body", [{}, {"configs": "x"}, {"configs": None}, {"configs": {"a": 1}}])
def test_configs_must_be_a_list(client, root, body):
    client.post_json(CONFIG, body, auth=root, status=400)


def test_migrations_do_nothing(client, root):
    assert client.get(f"{CONFIG}/migrate_to_db", auth=root, status=200).json == {}
    assert client.get(f"{CONFIG}/migrate_from_db", auth=root, status=200).json == {}


def test_relays(client, root, log):
    relay = "/api/pleroma/admin/relay"
    assert client.get(relay, auth=root, status=200).json == {"relays": []}
    client.post(relay, {"relay_url": "https://x.example"}, auth=root, status=400)
    client.delete(f"{relay}?relay_url=x", auth=root, status=404)
    client.post(relay, auth=root, status=400)
    client.delete(relay, auth=root, status=400)
    assert log() == []


def test_a_raised_upload_limit_counts_at_once(client, root):
    file = [("file", "a.bin", b"x" * 19_000_000)]
    client.post("/api/v1/media", upload_files=file, auth=root, status=413)
    change(client, root, ":instance", {":upload_limit": 20_000_000})
    answer = client.post("/api/v1/media", upload_files=file, auth=root, status=200)
    assert answer.json["type"] == "unknown"
    larger = [("file", "a.bin", b"x" * 20_000_001)]
    assert client.post("/api/v1/media", upload_files=larger, auth=root, status=413).json["error"]


def test_a_name_of_nothing_that_can_be_stored_does_not_fit(client, root):
    change(client, root, ":instance", {":name": "\0"}, status=400)
