"""The list of installed emoji: its sources, its two forms, and when it is read again."""

import psycopg
import pytest

from pleroma import db
from pleroma.db import queries
from pleroma.emoji import installed


@pytest.fixture
def reload(client, root):
    """Reads the emoji again and gives the list by shortcode."""

    def run():
        assert client.post("/api/pleroma/admin/reload_emoji", auth=root, status=200).json == "ok"
        return client.get("/api/pleroma/emoji", status=200).json

    return run


def test_there_are_none(client, place, reload):
    assert reload() == {}
    assert client.get("/api/v1/custom_emojis", status=200).json == []


def test_emoji_of_a_pack(client, picture, place, reload):
    place("emoji/my cats/pack.json", {"pack": {}, "files": {"cat": "faces/cat é.png", "gone": "gone.png"}})
    place("emoji/my cats/faces/cat é.png", picture())
    path = "/emoji/my%20cats/faces/cat%20%C3%A9.png"
    assert reload() == {"cat": {"image_url": path, "tags": ["pack:my cats"]}}
    assert client.get(path, status=200).body == picture()
    assert client.get("/api/v1/custom_emojis", status=200).json == [
        {
            "shortcode": "cat",
            "url": f"https://pleroma.example{path}",
            "static_url": f"https://pleroma.example{path}",
            "visible_in_picker": True,
            "tags": ["pack:my cats"],
            "category": "pack:my cats",
        }
    ]


def test_emoji_of_a_folder_with_a_list(client, picture, place, reload):
    place("emoji/listed/a.png", picture())
    place("emoji/listed/b.png", picture())
    place("emoji/listed/emoji.txt", b"a, a.png, Funny, Small\nb, /emoji/listed/b.png\n\nnonsense\nc, missing.png\n")
    assert reload() == {
        "a": {"image_url": "/emoji/listed/a.png", "tags": ["Funny", "Small"]},
        "b": {"image_url": "/emoji/listed/b.png", "tags": ["Custom"]},
    }
    assert [emoji["category"] for emoji in client.get("/api/v1/custom_emojis").json] == ["Funny,Small", ""]


def test_emoji_of_a_bare_folder(picture, place, reload):
    place("emoji/bare/Shouting.PNG", picture())
    place("emoji/bare/in a folder/deep/moves.gif", picture("GIF"))
    for name in ("._Shouting.PNG", ".DS_Store", "Thumbs.db", "__MACOSX/x.png", ".git/y.png", "photo.jpg"):
        place(f"emoji/bare/{name}", picture())
    place("emoji/loose.png", picture())
    assert reload() == {
        "Shouting": {"image_url": "/emoji/bare/Shouting.PNG", "tags": ["Custom"]},
        "moves": {"image_url": "/emoji/bare/in%20a%20folder/deep/moves.gif", "tags": ["Custom"]},
    }


def test_emoji_of_the_operators_lists(picture, place, reload):
    place("emoji/p/pack.json", {"pack": {}, "files": {"fox": "fox.png"}})
    place("emoji/p/fox.png", picture())
    place("emoji.txt", b"firefox, /static/Firefox.gif, Gif, Fun\nfox, /static/other.png\n")
    place("custom_emoji.txt", b"\xef\xbb\xbfblank, /emoji/p/fox.png\r\nevil, https://host.example/x.png\r\n")
    assert reload() == {
        "firefox": {"image_url": "/static/Firefox.gif", "tags": ["Gif", "Fun"]},
        "fox": {"image_url": "/static/other.png", "tags": []},
        "blank": {"image_url": "/emoji/p/fox.png", "tags": ["Custom"]},
    }


def test_a_broken_pack_hides_no_other(picture, place, reload):
    place("emoji/broken/pack.json", b"{")
    place("emoji/good/pack.json", {"pack": {}, "files": {"x": "x.png"}})
    place("emoji/good/x.png", picture())
    assert list(reload()) == ["x"]


def test_a_list_that_cannot_be_read_hides_no_other(settings, picture, place, reload):
    place("emoji/good/x.png", picture())
    (settings.data_dir / "emoji.txt").mkdir()
    try:
        assert list(reload()) == ["x"]
    finally:
        (settings.data_dir / "emoji.txt").rmdir()


def test_the_list_is_filled_at_the_start(client, settings, database_url, picture, place):
    place("emoji/p/x.png", picture())
    place("emoji/.work-0/x.png", picture())
    installed.reload_at_start(database_url, settings.data_dir)
    assert list(client.get("/api/pleroma/emoji").json) == ["x"]
    assert not (settings.data_dir / "emoji/.work-0").exists()
    installed.reload_at_start("postgresql://nobody@127.0.0.1:1/x", settings.data_dir)


def test_one_bad_shortcode_hides_no_other(picture, place, reload, caplog):
    long = "x" * 5000
    place(
        "emoji/a/pack.json", {"pack": {}, "files": {"fox": "x.png", long: "x.png", "  ": "x.png", "l" * 100: "x.png"}}
    )
    place("emoji/a/x.png", picture())
    place("emoji/b/emoji.txt", f"{long}, x.png\nowl, x.png\n".encode())
    place("emoji/b/x.png", picture())
    place("emoji/c/own.png", picture())
    place("emoji.txt", f"{'é' * 101}, /emoji/a/x.png\ncat, /emoji/a/x.png\n".encode())
    assert set(reload()) == {"fox", "owl", "own", "cat", "l" * 100}
    left_out = [record.getMessage() for record in caplog.records if "left out" in record.getMessage()]
    assert len(left_out) == 3
    assert "2 emoji" in left_out[0] and all(len(message) < 500 for message in left_out)


def test_no_link_is_followed(settings, picture, place, reload):
    place("secret.png", picture())
    place("emoji/p/pack.json", {"pack": {}, "files": {"a": "link.png", "b": "../../secret.png", "c": "/etc/passwd"}})
    (settings.data_dir / "emoji/p/link.png").symlink_to(settings.data_dir / "secret.png")
    (settings.data_dir / "emoji/linked").symlink_to(settings.data_dir / "emoji/p")
    assert reload() == {}


def test_reading_again_is_logged(client, place, reload, root):
    reload()
    log = client.get("/api/pleroma/admin/moderation_log", auth=root).json["items"]
    assert [(item["message"], item["data"]["action"]) for item in log] == [("@root reloaded emoji", "reload_emoji")]


def test_statuses_and_profiles_show_emoji(client, alice, post, picture, place, reload):
    place("emoji/p/pack.json", {"pack": {}, "files": {"blobCat": "x.png", "blob-2": "x.png"}})
    place("emoji/p/x.png", picture())
    reload()
    status = post(alice, "hi :blobCat::blob-2: :unknown:", spoiler_text="")
    assert [emoji["shortcode"] for emoji in status["emojis"]] == ["blob-2", "blobCat"]
    changed = client.patch(
        "/api/v1/accounts/update_credentials",
        {
            "display_name": ":blobCat:",
            "fields_attributes[0][name]": "a",
            "fields_attributes[0][value]": ":blob-2:",
        },
        auth=alice,
    ).json
    assert [emoji["shortcode"] for emoji in changed["emojis"]] == ["blob-2", "blobCat"]
    assert status["emojis"][0]["url"] == "https://pleroma.example/emoji/p/x.png"


def test_pictures_are_cached_for_a_day_and_run_nothing(client, picture, place):
    place("emoji/p/x.png", picture())
    answer = client.get("/emoji/p/x.png", status=200)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "max-age=86400" in answer.headers["Cache-Control"]
    client.get("/emoji/p/x.png", headers={"If-None-Match": answer.headers["ETag"]}, status=304)


def test_what_a_change_has_not_finished_is_not_served(client, picture, place):
    for name in (".work-1/x.png", ".lock", "p/.x.png"):
        place(f"emoji/{name}", picture())
        client.get(f"/emoji/{name}", status=404)


def test_emoji_change_while_a_backup_reads_the_files(client, root, database_url):
    with psycopg.connect(database_url, autocommit=True) as backup, backup.transaction():
        queries.backup.lock_files(backup, key=db.FILES_LOCK)
        assert client.post("/api/pleroma/admin/reload_emoji", auth=root, status=200).json == "ok"


def test_no_two_locks_have_the_same_key():
    assert len({db.SCHEMA_LOCK, db.FILES_LOCK, db.EMOJI_LOCK}) == 3
