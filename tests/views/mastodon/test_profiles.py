"""PATCH accounts/update_credentials (docs/api/mastodon.md 3.2)."""

import io

import pytest
from PIL import Image

PATH = "/api/v1/accounts/update_credentials"


def test_only_what_is_sent_changes(client, alice):
    changed = client.patch(PATH, {"display_name": "Alice <b>A</b> & <3", "locked": "true"}, auth=alice, status=200).json
    assert (changed["display_name"], changed["locked"]) == ("Alice A & <3", True)
    changed = client.patch_json(PATH, {"note": "two\nlines @alice https://a.example"}, auth=alice, status=200).json
    assert (changed["display_name"], changed["locked"]) == ("Alice A & <3", True)
    assert changed["source"]["note"] == "two\nlines @alice https://a.example"
    assert changed["note"].startswith("two<br>lines <span")
    assert client.get("/api/v1/accounts/verify_credentials", auth=alice).json == changed


def test_an_empty_display_name_shows_the_nickname(client, alice):
    assert client.patch(PATH, {"display_name": ""}, auth=alice, status=200).json["display_name"] == "alice"


@pytest.mark.parametrize(
    "sent",
    [
        [
            ("fields_attributes[0][name]", "Town"),
            ("fields_attributes[0][value]", "https://t.example"),
            ("fields_attributes[1][name]", ""),
            ("fields_attributes[1][value]", ""),
        ],
        [("fields[][name]", "Town"), ("fields[][value]", "https://t.example")],
    ],
)
def test_fields_in_every_spelling(client, alice, sent):
    changed = client.patch(PATH, sent, auth=alice, status=200).json
    assert changed["source"]["fields"] == [{"name": "Town", "value": "https://t.example"}]
    (field,) = changed["fields"]
    assert field["name"] == "Town"
    assert '<a href="https://t.example"' in field["value"]
    assert field["verified_at"] is None


def test_fields_are_replaced_and_cleared(client, alice):
    many = [{"name": f"n{number}", "value": "v"} for number in range(10)]
    assert len(client.patch_json(PATH, {"fields": many}, auth=alice, status=200).json["fields"]) == 10
    assert client.patch_json(PATH, {"fields": []}, auth=alice, status=200).json["fields"] == []


@pytest.mark.parametrize(
    "sent",
    [
        {"display_name": "x" * 101},
        {"note": "x" * 5001},
        {"fields": [{"name": "n", "value": "v"}] * 11},
        {"fields": [{"name": "n" * 513, "value": "v"}]},
        {"fields": [{"name": "n", "value": "v" * 2049}]},
    ],
)
def test_what_is_too_long_changes_nothing(client, alice, sent):
    assert client.patch_json(PATH, {"locked": True, **sent}, auth=alice, status=403).json == {
        "error": "Invalid request"
    }
    assert client.get("/api/v1/accounts/verify_credentials", auth=alice).json["locked"] is False


def test_source_and_switches(client, alice):
    sent = {
        "source": {"privacy": "unlisted", "sensitive": "1", "language": "de"},
        "hide_favorites": "true",
        "bot": True,
    }
    changed = client.patch_json(PATH, sent, auth=alice, status=200).json
    assert (changed["source"]["privacy"], changed["source"]["sensitive"], changed["source"]["language"]) == (
        "unlisted",
        True,
        "de",
    )
    assert (changed["pleroma"]["hide_favorites"], changed["bot"]) == (True, True)
    client.patch_json(PATH, {"source": {"privacy": "secret"}}, auth=alice, status=422)
    assert client.patch(PATH, {"default_scope": "private"}, auth=alice).json["source"]["privacy"] == "private"


def test_settings_of_front_ends_are_replaced_one_by_one(client, alice):
    client.patch_json(PATH, {"pleroma_settings_store": {"a": {"x": 1, "y": 2}, "b": {}}}, auth=alice, status=200)
    changed = client.patch_json(PATH, {"pleroma_settings_store": {"a": {"x": 3}}}, auth=alice, status=200).json
    assert changed["pleroma"]["settings_store"] == {"a": {"x": 3}, "b": {}}


def test_pictures_by_upload_and_reset(client, alice, run_jobs):
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "PNG")
    content_type, body = client.encode_multipart([("display_name", "A")], [("avatar", "a.png", file.getvalue())])
    headers = {"Content-Type": content_type, "Authorization": f"Bearer {alice.token}"}
    changed = client.request(PATH, method="PATCH", body=body, headers=headers, status=200).json
    assert changed["avatar"].startswith("https://pleroma.example/media/")
    assert client.patch(PATH, {"avatar": ""}, auth=alice, status=200).json["avatar"].endswith("/images/avi.png")
    client.patch(PATH, {"header": "nonsense"}, auth=alice, status=422)
    file = changed["avatar"].removeprefix("https://pleroma.example")
    client.get(file, status=200)
    run_jobs()
    client.get(file, status=404)


def test_unlocking_accepts_who_waits(client, alice, bob):
    client.patch(PATH, {"locked": "true"}, auth=alice)
    client.post(f"/api/v1/accounts/{alice.id}/follow", auth=bob)
    client.patch(PATH, {"locked": "false"}, auth=alice, status=200)
    assert client.get(f"/api/v1/accounts/{alice.id}").json["followers_count"] == 1


def test_emoji_of_a_profile_are_listed(client, alice, sql):
    sql("insert into emojis (shortcode, pack, path, tags) values ('fox', 'p', '/emoji/p/fox.png', '{pack:p}')")
    changed = client.patch_json(PATH, {"display_name": "A :fox:", "note": ":none:"}, auth=alice, status=200).json
    assert [emoji["shortcode"] for emoji in changed["emojis"]] == ["fox"]
    assert changed["emojis"][0]["url"] == "https://pleroma.example/emoji/p/fox.png"
