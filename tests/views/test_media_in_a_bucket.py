"""The server with its media in a bucket: the same answers as with files, and 503 or 507 with nothing kept otherwise."""

import dataclasses
import io
import json
import shutil
import socket
import zipfile

import pytest

from pleroma import media, safe_files, upkeep
from pleroma.media import bucket as buckets
from tests.picture_files import encoded, photo
from tests.views.mastodon.test_media import png

BASE = "https://pleroma.example"
HEADERS = (
    "Content-Type", "Content-Length", "Cache-Control", "X-Content-Type-Options", "Content-Security-Policy",
    "Access-Control-Allow-Origin", "Accept-Ranges", "Content-Range",
)  # fmt: skip
FULL = (403, b"<Error><Code>QuotaExceeded</Code></Error>")


@pytest.fixture
def stored(make_client, bucket, door):
    """A client of the server that keeps media in the bucket, behind the door."""
    return make_client(**bucket.settings)


def _upload(client, who, content, status=200, **parameters):
    files = [("file", "x.png", content)]
    return client.post("/api/v1/media", parameters, upload_files=files, auth=who, status=status).json


def _path(attachment, name="url"):
    assert attachment[name].startswith(f"{BASE}/media/")
    return attachment[name].removeprefix(BASE)


def test_an_upload_is_in_the_bucket_alone_and_at_the_same_address(stored, bucket, alice, settings):
    attachment = _upload(stored, alice, encoded(photo(1600, 900)))
    for name in ("url", "preview_url"):
        path = _path(attachment, name)
        key = f"ours/{path.removeprefix('/media/')}"
        assert stored.get(path, status=200).body == bucket.read(key)[1]
        assert not (settings.data_dir / path[1:]).exists()
    assert len(bucket.names()) == 2


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({}, 200),
        ({"Range": "bytes=2-5"}, 206),
        ({"Range": "bytes=5-"}, 206),
        ({"Range": "bytes=-3"}, 206),
        ({"Range": "bytes=0-999999"}, 206),
        ({"Range": "bytes=999999-"}, 416),
        ({"Range": "lines=1-2"}, 416),
        ({"Range": "bytes=2-5", "If-Range": '"another"'}, 200),
        ({"If-None-Match": '"another"'}, 200),
        ({"If-Modified-Since": "Thu, 01 Jan 2026 00:00:00 GMT"}, 200),
    ],
)
def test_reading_is_as_from_files_byte_for_byte(client, stored, alice, asked, status, monkeypatch):
    monkeypatch.setattr(buckets, "_PIECE", 4)
    content = png()
    answers = []
    for one in (client, stored):
        path = _path(_upload(one, alice, content))
        answer = one.get(path, headers=asked, status=status)
        head = one.head(path, headers=asked, status=status)
        assert head.body == b""
        answers.append((answer.body if status != 416 else b"", [answer.headers.get(name) for name in HEADERS]))
    assert answers[0] == answers[1]


def test_who_has_it_already_is_sent_nothing(stored, alice, door):
    path = _path(_upload(stored, alice, png()))
    first = stored.get(path, status=200)
    asked = len(door.asked)
    same = stored.get(path, headers={"If-None-Match": first.headers["ETag"]}, status=304)
    assert same.body == b""
    stored.get(path, headers={"If-Modified-Since": first.headers["Last-Modified"]}, status=304)
    stored.get(path, headers={"Range": "bytes=0-3", "If-Range": first.headers["ETag"]}, status=206)
    assert [method for method, _ in door.asked[asked:] if method == "GET"] == ["GET"]


@pytest.mark.parametrize("name", ["00/" + "0" * 30 + ".png", "x", "archives/" + "0" * 64 + ".zip", "../secret_key"])
def test_what_is_not_there_is_a_404(stored, name):
    stored.get(f"/media/{name}", status=404)


def test_what_is_deleted_goes_from_the_bucket_by_the_job(stored, alice, sql, bucket, run_jobs):
    path = _path(_upload(stored, alice, encoded(photo(1600, 900))))
    sql("update media set unused_since = now() - interval '3 days'")
    sql("select defer_job('upkeep', 'remove_what_is_over', '{}')")
    run_jobs(**bucket.settings)
    assert bucket.names() == []
    assert sql("select name from removed_files") == []
    stored.get(path, status=404)


def test_a_store_that_is_away_when_files_go_is_asked_again(stored, alice, sql, bucket, door, run_jobs):
    _upload(stored, alice, png())
    sql("delete from media")
    door.answer = lambda method, path: (503, b"")
    run_jobs(**bucket.settings)
    assert len(sql("select name from removed_files")) == len(bucket.names()) == 1
    door.answer = lambda method, path: None
    sql("delete from procrastinate_jobs")
    sql("select defer_job('upkeep', 'remove_files', '{}')")
    run_jobs(**bucket.settings)
    assert sql("select name from removed_files") == [] == bucket.names()


def test_files_that_belong_to_nothing_go_and_others_stay(stored, alice, bucket, settings, monkeypatch):
    monkeypatch.setattr(upkeep, "_FORGOTTEN_AFTER", -60)
    path = _path(_upload(stored, alice, png()))
    bucket.put("ours/ab/" + "0" * 30 + ".png", b"forgotten")
    assert upkeep.remove_forgotten_files(dataclasses.replace(settings, **bucket.settings)) == (1, 9)
    assert bucket.names() == [f"ours/{path.removeprefix('/media/')}"]


@pytest.mark.parametrize("place", ["media", "avatar", "profile", "mascot"])
@pytest.mark.parametrize(
    ("answer", "status", "error"),
    [
        ((503, b""), 503, "The storage is not available"),
        ((200, b"<html>hello</html>"), 503, "The storage is not available"),
        (FULL, 507, "There is no room for the file"),
    ],
)
def test_without_the_store_nothing_is_kept(stored, door, bucket, alice, sql, place, answer, status, error, run_jobs):
    before = stored.get("/api/v1/accounts/verify_credentials", auth=alice).json
    # Where there is a preview, the picture itself is stored before the store fails.
    good = 1 if place in ("media", "mascot") else 0
    door.answer = lambda method, path: answer if method == "PUT" and len(door.asked) > good else None
    content = encoded(photo(1600, 900))
    method, address, field = {
        "media": (stored.post, "/api/v1/media", "file"),
        "avatar": (stored.patch, "/api/v1/pleroma/accounts/update_avatar", "img"),
        "profile": (stored.patch, "/api/v1/accounts/update_credentials", "header"),
        "mascot": (stored.put, "/api/v1/pleroma/mascot", "image"),
    }[place]
    refused = method(address, {}, upload_files=[(field, "x.png", content)], auth=alice, status=status)
    assert refused.json == {"error": error}
    assert (refused.headers.get("Retry-After") is not None) == (status == 503)
    assert sql("select count(*) from media") == [(0,)]
    assert stored.get("/api/v1/accounts/verify_credentials", auth=alice).json == before
    door.answer = lambda method, path: None
    run_jobs(**bucket.settings)
    assert bucket.names() == []
    assert sql("select name from removed_files") == []


def test_reading_while_the_store_is_away_is_a_503_and_the_rest_goes_on(make_client, stored, alice, bucket):
    path = _path(_upload(stored, alice, png()))
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        away = make_client(**{**bucket.settings, "s3_endpoint": f"http://127.0.0.1:{closed.getsockname()[1]}"})
        for headers in ({}, {"Range": "bytes=0-3"}):
            refused = away.get(path, headers=headers, status=503)
            assert refused.json == {"error": "The storage is not available"}
            assert "immutable" not in refused.headers.get("Cache-Control", "")
        away.post_json("/api/v1/statuses", {"status": "still here"}, auth=alice, status=200)


def test_an_upload_through_one_server_is_read_and_deleted_through_another(make_client, bucket, alice, tmp_path):
    one, other = (make_client(data_dir=tmp_path / name, **bucket.settings) for name in ("one", "other"))
    attachment = _upload(one, alice, png())
    assert other.get(_path(attachment), status=200).body == one.get(_path(attachment), status=200).body
    status = other.post_json("/api/v1/statuses", {"media_ids": [attachment["id"]]}, auth=alice, status=200).json
    assert status["media_attachments"][0]["url"] == attachment["url"]


def test_files_are_read_while_they_move_to_the_bucket(make_client, client, bucket, alice):
    old = _path(_upload(client, alice, png()))
    moving = make_client(media_also="files", **bucket.settings)
    new = _path(_upload(moving, alice, png(40)))
    assert [len(name) for name in bucket.names()] == [len("ours/" + new.removeprefix("/media/"))]
    for path in (old, new):
        served = moving.get(path, status=200)
        assert (served.content_type, served.headers["X-Content-Type-Options"]) == ("image/png", "nosniff")
        moving.get(path, headers={"Range": "bytes=0-3"}, status=206)
        moving.get(path, headers={"If-None-Match": served.headers["ETag"]}, status=304)
    client.get(new, status=404)
    make_client(**bucket.settings).get(old, status=404)


@pytest.fixture
def room(monkeypatch, settings):
    """The disk has room, whatever that of the tests has, and no archives."""
    monkeypatch.setattr(safe_files, "is_nearly_full", lambda directory, wanted=0: False)
    shutil.rmtree(settings.data_dir / "archives", ignore_errors=True)


def _archive_path(client, who):
    (entry,) = client.get("/api/v1/pleroma/backups", auth=who, status=200).json
    return entry["url"].removeprefix(BASE)


@pytest.mark.usefixtures("room")
def test_an_archive_holds_what_is_in_the_bucket_and_is_had_from_every_node(
    make_client, stored, alice, bucket, run_jobs, sql, tmp_path, settings
):
    attachment = _upload(stored, alice, png())
    stored.post_json("/api/v1/statuses", {"media_ids": [attachment["id"]]}, auth=alice, status=200)
    stored.post("/api/v1/pleroma/backups", auth=alice, status=200)
    run_jobs(**bucket.settings)
    assert list((settings.data_dir / "archives").iterdir()) == []
    other = make_client(data_dir=tmp_path, **bucket.settings)
    answer = other.get(_archive_path(other, alice), status=200)
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=alice-")
    zipped = zipfile.ZipFile(io.BytesIO(answer.body))
    assert zipped.testzip() is None
    name = _path(attachment).removeprefix("/media/")
    assert zipped.read(f"media_attachments/{name}") == bucket.read(f"ours/{name}")[1]
    assert json.loads(zipped.read("outbox.json"))["totalItems"] == 1
    assert [len(name) for name in bucket.names() if "archives" in name] == [len("ours/archives/.zip") + 64]
    # Through the address of media nobody gets it.
    (key,) = [name for name in bucket.names() if "archives" in name]
    stored.get(f"/media/{key.removeprefix('ours/')}", status=404)
    sql("update archives set created_at = now() - interval '8 days'")
    sql("select defer_job('upkeep', 'remove_archives', '{}')")
    run_jobs(**bucket.settings)
    assert [name for name in bucket.names() if "archives" in name] == []


@pytest.mark.usefixtures("room")
def test_an_archive_waits_for_a_store_that_is_away(stored, alice, bucket, door, run_jobs, sql, settings):
    stored.post("/api/v1/pleroma/backups", auth=alice, status=200)
    door.answer = lambda method, path: (503, b"")
    run_jobs(**bucket.settings)
    assert sql("select state::text from archives") == [("running",)]
    assert list((settings.data_dir / "archives").iterdir()) == []
    door.answer = lambda method, path: None
    sql("update procrastinate_jobs set scheduled_at = null")
    run_jobs(**bucket.settings)
    stored.get(_archive_path(stored, alice), status=200)


def test_two_stores_are_never_mixed_up(bucket, make_client, alice, stored):
    path = _path(_upload(stored, alice, png()))
    make_client(**{**bucket.settings, "s3_prefix": "theirs"}).get(path, status=404)
    assert isinstance(media.store_of(stored.app.extensions["pleroma"].config), buckets.BucketStore)
