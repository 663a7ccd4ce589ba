"""Emoji packs over HTTP: every answer that the specification names (docs/api/pleroma.md 5)."""

import hashlib
import io
import json
import threading
import zipfile

import pytest
import webtest

from pleroma.emoji import journal, pack_files

PACKS = "/api/pleroma/emoji/packs"
UNSAFE = ["..", ".hidden", "a%5Cb", "a%2Fb", "..%2Fa", "a%00b", "%20", "x" * 256]


@pytest.fixture
def admin(client, root):
    """Asks as the administrator and gives the JSON: admin("post", "/p/update_file", {…}, status=409)."""

    def ask(method, path, parameters=None, status=200, **options):
        call = getattr(client, method)
        arguments = [] if parameters is None else [parameters]
        return call(f"{PACKS}{path}", *arguments, auth=root, status=status, **options).json

    return ask


@pytest.fixture
def installed(client):
    """The shortcodes that clients see."""
    return lambda: sorted(client.get("/api/pleroma/emoji", status=200).json)


def upload(client, root, name, content, status=200, file_name="upload.png", **parameters):
    """Adds an emoji by upload and gives the JSON."""
    return client.post(
        f"{PACKS}/{name}/update_file",
        {"action": "add", **parameters},
        upload_files=[("file", file_name, content)],
        auth=root,
        status=status,
    ).json


def on_disk(folder):
    """What a pack's folder holds: the files, and pack.json read."""
    files = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    return files, json.loads((folder / "pack.json").read_text())


# The list


def test_there_is_none_and_the_folder_is_made(client, emoji_folder):
    for path in ("", "/", "/list"):
        assert client.get(f"{PACKS}{path}", status=200).json == {}
    assert emoji_folder.is_dir()


def test_the_folder_cannot_be_made(client, root, emoji_folder):
    emoji_folder.write_bytes(b"")
    try:
        answer = client.get(PACKS, status=500).json
        assert answer == {"error": f"Failed to create the emoji pack directory at {emoji_folder}"}
        assert client.put(f"{PACKS}/p", auth=root, status=500).json == answer
    finally:
        emoji_folder.unlink()


def test_packs_are_listed_as_they_are(client, make_pack, place):
    make_pack("mine", {"fox": "fox.png"}, license="CC0")
    place("emoji/mine/pack.json", {"pack": {"license": "CC0"}, "files": {"fox": "fox.png"}, "other": [1]})
    place("emoji/bare/x.png", b"")
    assert client.get(PACKS).json == {
        "mine": {"pack": {"license": "CC0", "can-download": False}, "files": {"fox": "fox.png"}, "other": [1]}
    }


@pytest.mark.parametrize(
    "broken", [b"{", b"[]", b'{"files": []}', b'{"files": {"a": 1}}', b'{"pack": "x"}', b"\xff\xfe", b"[" * 100_000,
               b'{"pack": {"n": NaN}}', b'{"pack": {"n": 1e999}}', b" " * 1_000_001,
               b'{"a":' * 900 + b"1" + b"}" * 900],
)  # fmt: skip
def test_a_broken_pack_is_skipped(client, make_pack, place, broken):
    make_pack("good", {"fox": "fox.png"})
    place("emoji/broken/pack.json", broken)
    assert list(client.get(PACKS, status=200).json) == ["good"]


def test_a_byte_order_mark_is_no_fault(client, place):
    place("emoji/p/pack.json", b'\xef\xbb\xbf{"pack": {"share-files": true}, "files": {}}')
    assert client.get(PACKS).json["p"]["pack"]["can-download"] is True
    assert client.get(f"{PACKS}/p/download_shared", status=200)


def test_a_shared_pack_shows_the_fingerprint_of_what_it_sends(client, make_pack):
    make_pack("my pack", {"fox": "fox.png", "same": "fox.png", "owl": "birds/owl.gif"}, **{"share-files": True})
    shown = client.get(PACKS).json["my pack"]["pack"]
    answer = client.get(f"{PACKS}/my%20pack/download_shared", status=200)
    assert shown["can-download"] is True
    assert shown["download-sha256"] == hashlib.sha256(answer.body).hexdigest().upper()
    assert answer.headers["Content-Disposition"] == 'attachment; filename="my pack.zip"'
    assert answer.content_type == "application/zip"
    assert int(answer.headers["Content-Length"]) == len(answer.body)
    with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
        assert archive.namelist() == ["pack.json", "birds/owl.gif", "fox.png"]
        assert json.loads(archive.read("pack.json"))["files"]["owl"] == "birds/owl.gif"
    assert client.get(f"{PACKS}/download_shared/my%20pack").body == answer.body


def test_a_name_outside_ascii_reaches_the_header(client, make_pack):
    make_pack("キツネ", {}, **{"share-files": True})
    answer = client.get(f"{PACKS}/%E3%82%AD%E3%83%84%E3%83%8D/download_shared", status=200)
    assert answer.headers["Content-Disposition"].endswith("filename*=UTF-8''%E3%82%AD%E3%83%84%E3%83%8D.zip")


def test_a_change_on_disk_is_seen(client, make_pack, place, picture, emoji_folder, monkeypatch):
    monkeypatch.setattr("pleroma.emoji.listing._TRUSTED_SECONDS", 0)

    def shown():
        pack = client.get(PACKS).json["p"]["pack"]
        archive = client.get(f"{PACKS}/p/download_shared", expect_errors=True)
        if pack["can-download"]:
            assert pack["download-sha256"] == hashlib.sha256(archive.body).hexdigest().upper()
        return pack.get("download-sha256")

    make_pack("p", {"fox": "fox.png", "owl": "deep/owl.png"}, **{"share-files": True})
    seen = [shown()]
    place("emoji/p/fox.png", picture(colour=99))
    seen.append(shown())
    make_pack("p", {"fox": "fox.png", "owl": "deep/owl.png"}, license="x", **{"share-files": True})
    seen.append(shown())
    (emoji_folder / "p/deep/owl.png").unlink()
    assert shown() is None
    place("emoji/p/deep/owl.png", picture(colour=98))
    seen.append(shown())
    assert len({*seen}) == 4 and None not in seen


def test_what_may_not_be_downloaded(client, make_pack, place, emoji_folder):
    make_pack("closed", {"fox": "fox.png"})
    make_pack("text", {"fox": "fox.png"}, **{"share-files": "true", "can-download": True, "download-sha256": "AA"})
    make_pack("gone", {"fox": "fox.png"}, **{"share-files": True})
    (emoji_folder / "gone/fox.png").unlink()
    make_pack("linked", {"fox": "fox.png"}, **{"share-files": True})
    (emoji_folder / "linked/fox.png").unlink()
    (emoji_folder / "linked/fox.png").symlink_to("/etc/passwd")
    place("emoji/leaving/pack.json", {"pack": {"share-files": True}, "files": {"x": "../closed/fox.png"}})
    for name in ("closed", "text", "gone", "linked", "leaving"):
        pack = client.get(PACKS).json[name]["pack"]
        assert pack["can-download"] is False and "download-sha256" not in pack
        assert client.get(f"{PACKS}/{name}/download_shared", status=403).json == {
            "error": f"Pack {name} cannot be downloaded from this instance, either pack sharing was disabled for this"
            " pack or some files are missing"
        }
    answer = client.get(f"{PACKS}/nothing/download_shared", status=404)
    assert answer.json == {"error": "Pack nothing does not exist"}


# Making and deleting


def test_a_pack_is_made_once(admin, emoji_folder):
    assert admin("put", "/new") == "ok"
    assert on_disk(emoji_folder / "new") == (["pack.json"], {"pack": {}, "files": {}})
    assert admin("put", "/new/", status=409) == {"error": 'A pack named "new" already exists'}


def test_a_bare_folder_has_the_name_already(admin, place):
    place("emoji/bare/x.png", b"")
    admin("put", "/bare", status=409)


def test_a_dot_json_belongs_to_the_name(admin, emoji_folder):
    admin("put", "/a.json")
    assert (emoji_folder / "a.json").is_dir()


@pytest.mark.parametrize("name", UNSAFE)
def test_a_name_that_is_not_safe_is_refused(admin, emoji_folder, name):
    admin("put", f"/{name}", status=400)
    admin("delete", f"/{name}", status=400)
    admin("post", f"/{name}/update_file", {"action": "remove", "shortcode": "x"}, status=400)
    admin("post", f"/{name}/update_metadata", {"new_data[license]": "x"}, status=400)
    assert not emoji_folder.exists()


def test_a_pack_is_deleted_with_everything_in_it(admin, installed, make_pack, place, emoji_folder):
    make_pack("p", {"fox": "fox.png"})
    place("emoji/p/notes/readme", b"x")
    admin("post", "/import_from_fs")
    assert installed() == ["fox"]
    assert admin("delete", "/p") == "ok"
    assert installed() == []
    assert [path.name for path in emoji_folder.iterdir()] == [".lock"]
    assert "error" in admin("delete", "/p", status=404)


def test_a_pack_that_cannot_be_deleted(admin, make_pack, monkeypatch):
    def refuse(*_):
        raise PermissionError

    make_pack("p", {})
    monkeypatch.setattr(journal.os, "rename", refuse)
    assert admin("delete", "/p", status=500) == {"error": "Couldn't delete the pack p"}


# Files: add


def test_an_upload_is_added(client, root, admin, installed, make_pack, picture, emoji_folder):
    make_pack("p", {"fox": "fox.png"})
    data = picture("GIF", 7)
    files = upload(client, root, "p", data, file_name="C:/pictures/owl.GIF", shortcode="owl")
    assert files == {"fox": "fox.png", "owl": "owl.GIF"}
    files = upload(client, root, "p", picture(), shortcode="cat", filename="a folder/deep/cat.png")
    assert files["cat"] == "a folder/deep/cat.png"
    names, document = on_disk(emoji_folder / "p")
    assert names == ["a folder/deep/cat.png", "fox.png", "owl.GIF", "pack.json"]
    assert document["files"] == files
    assert (emoji_folder / "p/owl.GIF").read_bytes() == data
    assert installed() == ["cat", "fox", "owl"]
    assert client.get("/emoji/p/a%20folder/deep/cat.png").content_type == "image/png"


@pytest.mark.parametrize("kind", ["PNG", "GIF", "JPEG", "WEBP", "AVIF"])
def test_every_kind_of_picture_is_kept_byte_for_byte(client, root, make_pack, picture, kind):
    make_pack("p", {})
    data = picture(kind)
    upload(client, root, "p", data, shortcode="x", filename=f"x.{kind.lower()}")
    answer = client.get(f"/emoji/p/x.{kind.lower()}")
    assert answer.body == data
    assert answer.content_type == f"image/{kind.lower()}"


def test_a_taken_shortcode_is_told_first(client, root, make_pack, picture):
    make_pack("p", {"fox": "fox.png"})
    taken = {"error": 'An emoji with the "fox" shortcode already exists'}
    assert upload(client, root, "p", picture(), status=409, shortcode="fox", filename="") == taken
    assert upload(client, root, "p", b"no picture", status=409, shortcode="fox") == taken


@pytest.mark.parametrize("blank", [{"shortcode": ""}, {"shortcode": " "}, {}, {"shortcode": "x", "filename": " "},
                                   {"shortcode": "x", "filename": ""}])  # fmt: skip
def test_a_blank_shortcode_or_file_name_is_refused(client, root, make_pack, picture, blank):
    make_pack("p", {})
    answer = upload(client, root, "p", picture(), status=400, **blank)
    assert answer == {"error": "shortcode or filename cannot be empty"}


@pytest.mark.parametrize(
    "file_name",
    ["../x.png", "/x.png", "a/../../x.png", "a\\x.png", "a//x.png", "./x.png", "pack.json", "a/pack.json", "x.svg", "x",
     ".x.png", "link/x.png", "fox.png/x.png", "deep", "x.png/", "y" * 252 + ".png", "__MACOSX/x.png",
     "a/" * 600 + "x.png"],
)  # fmt: skip
def test_a_file_name_that_is_not_safe_is_refused(client, root, make_pack, picture, emoji_folder, tmp_path, file_name):
    make_pack("p", {"fox": "fox.png", "owl": "deep/owl.png"})
    (emoji_folder / "p/link").symlink_to(tmp_path)
    before = on_disk(emoji_folder / "p")
    upload(client, root, "p", picture(), status=400, shortcode="x", filename=file_name)
    moved = {"action": "update", "shortcode": "owl", "new_filename": file_name}
    client.post(f"{PACKS}/p/update_file", moved, auth=root, status=400)
    assert on_disk(emoji_folder / "p") == before
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "content",
    [b"", b"text", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\x89PNG\r\n\x1a\n" + b"x" * 99,
     b"GIF89a" + b"x" * 99, b"\xff\xd8\xff" + b"x" * 99, b"RIFF\x10\0\0\0WEBP" + b"x" * 99, b"BM" + b"x" * 99],
)  # fmt: skip
def test_a_file_that_is_no_picture_is_refused(client, root, make_pack, emoji_folder, content):
    make_pack("p", {})
    assert upload(client, root, "p", content, status=400, shortcode="x") == {"error": "The file is not an image"}
    assert on_disk(emoji_folder / "p")[0] == ["pack.json"]


def test_half_a_picture_is_refused(client, root, make_pack, picture):
    make_pack("p", {})
    upload(client, root, "p", picture("PNG", size=(200, 200))[:-60], status=400, shortcode="x")


def test_an_existing_file_is_not_overwritten(client, root, admin, make_pack, place, picture, emoji_folder):
    make_pack("p", {"fox": "fox.png", "owl": "owl.png"})
    place("emoji/p/loose.png", picture(colour=50))
    before = (emoji_folder / "p/fox.png").read_bytes()
    for name in ("fox.png", "loose.png"):
        upload(client, root, "p", picture(colour=60), status=409, shortcode="x", filename=name)
        admin("post", "/p/update_file", {"action": "update", "shortcode": "owl", "new_filename": name}, status=409)
    assert (emoji_folder / "p/fox.png").read_bytes() == before


def test_an_upload_over_the_limit_is_too_large(make_client, root, make_pack, picture):
    make_pack("p", {})
    upload(make_client(upload_limit=50), root, "p", picture(), status=413, shortcode="x")


def test_what_is_missing_is_named(admin, make_pack):
    make_pack("p", {})
    assert "action" in admin("post", "/p/update_file", {"shortcode": "x"}, status=400)["error"]
    assert "file" in admin("post", "/p/update_file", {"action": "add", "shortcode": "x"}, status=400)["error"]
    answer = admin("post_json", "/p/update_file", {"action": "dance"}, status=400)
    assert answer == {"error": "Unknown action: dance"}


@pytest.mark.parametrize("action", ["add", "update", "remove"])
def test_an_unknown_pack_is_not_found(admin, emoji_folder, action):
    admin("post", "/nothing/update_file", {"action": action, "shortcode": "x", "new_shortcode": "y"}, status=404)


# Files: update and remove


def test_a_shortcode_or_a_file_is_changed_alone(admin, installed, make_pack, emoji_folder):
    make_pack("p", {"fox": "old/fox.png", "owl": "owl.png"})
    files = admin("post", "/p/update_file", {"action": "update", "shortcode": "fox", "new_shortcode": "wolf"})
    assert list(files.items()) == [("wolf", "old/fox.png"), ("owl", "owl.png")]
    files = admin("post_json", "/p/update_file", {"action": "update", "shortcode": "wolf", "new_filename": "new/w.png"})
    assert files == {"wolf": "new/w.png", "owl": "owl.png"}
    assert on_disk(emoji_folder / "p") == (["new/w.png", "owl.png", "pack.json"], {"pack": {}, "files": files})
    assert not (emoji_folder / "p/old").exists()
    assert installed() == ["owl", "wolf"]


def test_both_are_changed_at_once(admin, make_pack):
    make_pack("p", {"fox": "fox.png"})
    change = {"action": "update", "shortcode": "fox", "new_shortcode": "wolf", "new_filename": "wolf.png"}
    assert admin("post", "/p/update_file", change) == {"wolf": "wolf.png"}
    same = {"action": "update", "shortcode": "wolf", "new_shortcode": "wolf", "new_filename": "wolf.png"}
    assert admin("post", "/p/update_file", same) == {"wolf": "wolf.png"}


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"shortcode": "cat", "new_shortcode": "x"}, 400, 'Emoji "cat" does not exist'),
        ({"new_shortcode": "x"}, 400, 'Emoji "" does not exist'),
        ({"shortcode": "fox"}, 400, "new_shortcode or new_file were not specified"),
        ({"shortcode": "fox", "new_shortcode": " "}, 400, "new_shortcode or new_filename cannot be empty"),
        (
            {"shortcode": "fox", "new_shortcode": "x", "new_filename": ""},
            400,
            "new_shortcode or new_filename cannot be empty",
        ),
        ({"shortcode": "fox", "new_shortcode": "owl"}, 409, 'An emoji with the "owl" shortcode already exists'),
    ],
)
def test_an_update_that_cannot_be(admin, make_pack, emoji_folder, change, status, error):
    make_pack("p", {"fox": "fox.png", "owl": "owl.png"})
    before = on_disk(emoji_folder / "p")
    assert admin("post", "/p/update_file", {"action": "update", **change}, status=status) == {"error": error}
    assert on_disk(emoji_folder / "p") == before


def test_a_file_that_two_share_stays_for_the_other(admin, make_pack, emoji_folder):
    make_pack("p", {"fox": "one.png", "wolf": "one.png", "dog": "one.png"})
    admin("post", "/p/update_file", {"action": "update", "shortcode": "fox", "new_filename": "two.png"})
    assert on_disk(emoji_folder / "p")[0] == ["one.png", "pack.json", "two.png"]
    admin("post", "/p/update_file", {"action": "remove", "shortcode": "wolf"})
    assert "one.png" in on_disk(emoji_folder / "p")[0]
    admin("post", "/p/update_file", {"action": "remove", "shortcode": "dog"})
    assert on_disk(emoji_folder / "p") == (["pack.json", "two.png"], {"pack": {}, "files": {"fox": "two.png"}})


def test_an_emoji_is_removed_with_its_file_and_empty_folders(admin, installed, make_pack, emoji_folder):
    make_pack("p", {"fox": "a/b/fox.png", "owl": "a/owl.png"})
    assert admin("post", "/p/update_file", {"action": "remove", "shortcode": "fox"}) == {"owl": "a/owl.png"}
    assert not (emoji_folder / "p/a/b").exists()
    assert installed() == ["owl"]
    answer = admin("post", "/p/update_file", {"action": "remove", "shortcode": "fox"}, status=400)
    assert answer == {"error": 'Emoji "fox" does not exist'}
    admin("post", "/p/update_file", {"action": "remove", "shortcode": "owl"})
    assert on_disk(emoji_folder / "p") == (["pack.json"], {"pack": {}, "files": {}})


def test_a_picture_that_is_gone_can_be_removed_and_not_moved(admin, place):
    place("emoji/p/pack.json", {"pack": {}, "files": {"fox": "fox.png", "evil": "../../x.png"}, "kept": 1})
    admin("post", "/p/update_file", {"action": "update", "shortcode": "fox", "new_filename": "x.png"}, status=400)
    admin("post", "/p/update_file", {"action": "remove", "shortcode": "evil"})
    assert admin("post", "/p/update_file", {"action": "remove", "shortcode": "fox"}) == {}


def test_keys_that_we_do_not_know_stay(admin, place, picture, emoji_folder):
    place("emoji/p/pack.json", {"pack": {"x": [1]}, "files": {"fox": "fox.png"}, "kept": {"a": 1}})
    place("emoji/p/fox.png", picture())
    admin("post", "/p/update_file", {"action": "update", "shortcode": "fox", "new_shortcode": "wolf"})
    admin("post_json", "/p/update_metadata", {"new_data": {"license": "é"}})
    assert on_disk(emoji_folder / "p")[1] == {
        "pack": {"license": "é"}, "files": {"wolf": "fox.png"}, "kept": {"a": 1},
    }  # fmt: skip


def test_two_administrators_at_once_lose_nothing(make_client, admin, root, make_pack, picture, emoji_folder):
    make_pack("p", {f"old{number}": f"old{number}.png" for number in range(4)})
    faults = []

    def add(number):
        try:
            upload(make_client(), root, "p", picture(), shortcode=f"new{number}", filename=f"new{number}.png")
        except webtest.AppError as error:
            faults.append(error)

    def remove(number):
        try:
            parameters = {"action": "remove", "shortcode": f"old{number}"}
            make_client().post(f"{PACKS}/p/update_file", parameters, auth=root, status=200)
        except webtest.AppError as error:
            faults.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4) for work in (add, remove)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    names, document = on_disk(emoji_folder / "p")
    assert sorted(document["files"]) == ["new0", "new1", "new2", "new3"]
    assert names == [*sorted(document["files"].values()), "pack.json"]
    assert sorted(make_client().get("/api/pleroma/emoji").json) == sorted(document["files"])


def test_one_of_two_wins_the_same_shortcode(make_client, root, make_pack, picture, emoji_folder):
    make_pack("p", {})
    statuses = []

    def add(number):
        answer = make_client().post(
            f"{PACKS}/p/update_file",
            {"action": "add", "shortcode": "fox", "filename": f"fox{number}.png"},
            upload_files=[("file", "fox.png", picture())],
            auth=root,
            expect_errors=True,
        )
        statuses.append(answer.status_int)

    threads = [threading.Thread(target=add, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, 409, 409]
    names, document = on_disk(emoji_folder / "p")
    assert names == [document["files"]["fox"], "pack.json"]


# Metadata


def test_metadata_is_replaced_whole(admin, make_pack, emoji_folder):
    make_pack("p", {"fox": "fox.png"}, license="old", homepage="https://a.example")
    new = {"license": "new", "share-files": False, "mine": {"deep": [1, None]}}
    assert admin("post_json", "/p/update_metadata", {"new_data": new}) == new
    assert on_disk(emoji_folder / "p")[1] == {"pack": new, "files": {"fox": "fox.png"}}


def test_metadata_of_a_form_holds_booleans(client, admin, make_pack):
    make_pack("p", {"fox": "fox.png"})
    form = {"new_data[share-files]": "true", "new_data[license]": "true"}
    assert admin("post", "/p/update_metadata", form) == {"share-files": True, "license": "true"}
    assert client.get(PACKS).json["p"]["pack"]["can-download"] is True
    assert admin("post", "/p/update_metadata", {"new_data[share-files]": "false"}) == {"share-files": False}


@pytest.mark.parametrize("body", [{}, {"new_data": []}, {"new_data": "x"}, {"new_data": None}, {"new_data": 1},
                                  {"new_data": {"fallback-src": 1}}, {"new_data": {"x": "y" * 1_000_001}}])  # fmt: skip
def test_metadata_that_is_no_object_is_refused(admin, make_pack, emoji_folder, body):
    make_pack("p", {})
    assert "error" in admin("post_json", "/p/update_metadata", body, status=400)
    assert on_disk(emoji_folder / "p")[1] == {"pack": {}, "files": {}}


def test_metadata_of_an_unknown_pack(admin, emoji_folder):
    admin("post_json", "/nothing/update_metadata", {"new_data": {}}, status=404)


# From the file system


def test_folders_become_packs(admin, installed, place, picture, emoji_folder):
    place("emoji/bare/One.PNG", picture())
    place("emoji/bare/in here/two.gif", picture("GIF"))
    for name in ("._One.PNG", ".DS_Store", "Thumbs.db", "__MACOSX/three.png", "photo.jpg"):
        place(f"emoji/bare/{name}", picture())
    place("emoji/listed/a.png", picture())
    place("emoji/listed/emoji.txt", b"a, a.png, Tag\r\n\r\nb,a.png\nnonsense\nc, ../bare/One.PNG\nd, missing.png\n")
    place("emoji/done/pack.json", {"pack": {}, "files": {}})
    assert admin("post", "/import_from_fs") == ["bare", "listed"]
    assert on_disk(emoji_folder / "bare")[1] == {"pack": {}, "files": {"One": "One.PNG", "two": "in here/two.gif"}}
    assert on_disk(emoji_folder / "listed")[1] == {"pack": {}, "files": {"a": "a.png", "b": "a.png"}}
    assert installed() == ["One", "a", "b", "two"]
    assert admin("post", "/import_from_fs") == []


def test_folders_that_cannot_be_read(admin, monkeypatch, emoji_folder):
    def refuse(*_):
        raise PermissionError

    monkeypatch.setattr("pleroma.emoji.folders.folders", refuse)
    assert admin("post", "/import_from_fs", status=500) == {"error": "Error accessing emoji pack directory"}


# Long shortcodes


@pytest.mark.parametrize("code", ["x" * 101, "é" * 101, "x" * 5000])
def test_a_shortcode_that_no_text_can_hold_is_refused(client, admin, root, make_pack, picture, installed, code):
    make_pack("p", {"fox": "fox.png"})
    assert "at most 100" in upload(client, root, "p", picture(), 400, shortcode=code)["error"]
    rename = {"action": "update", "shortcode": "fox", "new_shortcode": code}
    assert "at most 100" in admin("post", "/p/update_file", rename, status=400)["error"]
    upload(client, root, "p", picture(), 200, shortcode="y" * 100, filename="y.png")
    assert installed() == ["fox", "y" * 100]


def test_a_pack_with_a_bad_shortcode_can_be_changed(client, admin, root, make_pack, picture, installed):
    make_pack("p", {"fox": "fox.png", "x" * 5000: "fox.png"})
    upload(client, root, "p", picture(), 200, shortcode="owl", filename="owl.png")
    assert installed() == ["fox", "owl"]
    admin("post", "/p/update_file", {"action": "update", "shortcode": "x" * 5000, "new_shortcode": "short"})
    assert installed() == ["fox", "owl", "short"]


# One pack at a time


def test_after_a_change_only_that_pack_is_read_again(admin, installed, make_pack, emoji_folder, monkeypatch):
    make_pack("a", {"fox": "fox.png", "owl": "owl.png"})
    make_pack("b", {"cat": "cat.png"})
    admin("post", "/import_from_fs")
    assert installed() == ["cat", "fox", "owl"]
    read = []
    whole = pack_files.read_pack
    monkeypatch.setattr(pack_files, "read_pack", lambda folder: read.append(folder.name) or whole(folder))
    admin("post", "/a/update_file", {"action": "remove", "shortcode": "fox"})
    admin("delete", "/a")
    assert installed() == ["cat"]
    assert "b" not in read


@pytest.mark.parametrize("removal", ["shortcode", "pack"])
def test_an_emoji_of_two_packs_is_that_of_the_other_when_one_is_gone(admin, client, place, make_pack, removal):
    make_pack("a", {"fox": "first.png"})
    make_pack("b", {"fox": "second.png"})
    place("custom_emoji.txt", b"owl, /emoji/a/first.png\n")
    admin("post", "/import_from_fs")
    shown = client.get("/api/v1/custom_emojis").json
    assert [(emoji["shortcode"], emoji["url"].rpartition("/emoji/")[2]) for emoji in shown] == [
        ("fox", "b/second.png"),
        ("owl", "a/first.png"),
    ]
    if removal == "pack":
        admin("delete", "/b")
    else:
        admin("post", "/b/update_file", {"action": "remove", "shortcode": "fox"})
    shown = client.get("/api/v1/custom_emojis").json
    assert [emoji["url"].rpartition("/emoji/")[2] for emoji in shown] == ["a/first.png", "a/first.png"]
