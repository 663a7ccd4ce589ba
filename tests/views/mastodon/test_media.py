"""Media: uploads, descriptions, attachments (docs/api/mastodon.md 7)."""

import io
from pathlib import Path

import pytest
from PIL import Image

PICTURES = Path(__file__).parents[2] / "pictures"


def png(width=32, height=16):
    """A small PNG."""
    file = io.BytesIO()
    Image.new("RGB", (width, height), "orange").save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def upload(client):
    """Uploads a file: upload(alice, data, name, path=…, description=…)."""

    def run(person, data=None, name="cat.png", path="/api/v1/media", status=200, **parameters):
        files = [("file", name, png() if data is None else data)]
        return client.post(path, parameters, upload_files=files, auth=person, status=status).json

    return run


@pytest.mark.parametrize("path", ["/api/v1/media", "/api/v1/upload", "/api/v2/media"])
def test_an_upload_is_done_within_the_request(client, alice, upload, path):
    attachment = upload(alice, path=path, description="a cat", focus="0.5,-0.5")
    assert set(attachment) == {
        "id", "type", "url", "preview_url", "remote_url", "text_url", "description", "blurhash", "meta", "pleroma",
    }  # fmt: skip
    assert (attachment["type"], attachment["pleroma"]["mime_type"]) == ("image", "image/png")
    assert attachment["meta"]["original"] == {"width": 32, "height": 16, "size": "32x16", "aspect": 2.0}
    assert attachment["meta"]["focus"] == {"x": 0.5, "y": -0.5}
    assert attachment["description"] == "a cat"
    served = client.get(attachment["url"].removeprefix("https://pleroma.example"), status=200)
    assert served.content_type == "image/png"
    assert served.headers["X-Content-Type-Options"] == "nosniff"
    assert served.headers["Access-Control-Allow-Origin"] == "*"
    assert "immutable" in served.headers["Cache-Control"]
    assert (
        client.get(
            attachment["url"].removeprefix("https://pleroma.example"), headers={"Range": "bytes=0-3"}, status=206
        ).body
        == b"\x89PNG"
    )


@pytest.mark.parametrize("name", sorted(path.name for path in PICTURES.iterdir() if "cut" not in path.name))
def test_every_picture_mode_uploads(alice, upload, name):
    attachment = upload(alice, (PICTURES / name).read_bytes(), name)
    assert attachment["type"] == "image"
    assert attachment["blurhash"]


def test_faults_are_told_apart(client, alice, upload, make_client):
    assert "error" in client.post("/api/v1/media", auth=alice, status=400).json
    assert "error" in upload(alice, b"", status=422)
    assert "error" in upload(alice, png()[:40], status=422)
    assert "error" in upload(alice, b"no picture at all", "x.png", status=422)
    small = make_client(upload_limit=50)
    answer = small.post("/api/v1/media", upload_files=[("file", "x.png", png(300, 300))], auth=alice, status=413)
    assert isinstance(answer.json["error"], str)


def test_other_files_are_kept_with_a_safe_type(client, alice, upload):
    attachment = upload(alice, b"<script>alert(1)</script>", "x.html")
    assert (attachment["type"], attachment["pleroma"]["mime_type"]) == ("unknown", "application/octet-stream")
    served = client.get(attachment["url"].removeprefix("https://pleroma.example"))
    assert served.content_type == "application/octet-stream"


@pytest.mark.parametrize("name", ["кот.png", "../../etc/passwd", "a/b.png", "x" * 300 + ".png", "a b;c.png"])
def test_odd_file_names_work(alice, upload, name):
    assert upload(alice, name=name)["type"] == "image"


def test_descriptions_and_focus_change_and_show_in_statuses(client, alice, bob, upload, post):
    media_id = upload(alice)["id"]
    status = post(alice, "look", media_ids=[media_id])
    changed = client.put(f"/api/v1/media/{media_id}", {"description": "a <b>cat</b> <3"}, auth=alice, status=200).json
    assert changed["description"] == "a cat <3"
    shown = client.get(f"/api/v1/statuses/{status['id']}").json["media_attachments"]
    assert [attachment["description"] for attachment in shown] == ["a cat <3"]
    assert (
        client.put(f"/api/v1/media/{media_id}", {"description": ""}, auth=alice, status=200).json["description"] is None
    )
    assert client.put(f"/api/v1/media/{media_id}", {"focus": "1,1"}, auth=alice, status=200).json["meta"]["focus"] == {
        "x": 1,
        "y": 1,
    }
    assert client.put(f"/api/v1/media/{media_id}", auth=alice, status=400).json == {"error": "bad_request"}
    client.put(f"/api/v1/media/{media_id}", {"focus": "2,0"}, auth=alice, status=422)
    client.put(f"/api/v1/media/{media_id}", {"description": "x"}, auth=bob, status=404)
    client.get(f"/api/v1/media/{media_id}", auth=bob, status=404)
    assert client.get(f"/api/v1/media/{media_id}", auth=alice, status=200).json["id"] == media_id


@pytest.mark.parametrize("spelling", ["media_ids[]", "media_ids"])
def test_attachments_keep_their_order_in_every_spelling(client, alice, upload, spelling):
    ids = [upload(alice)["id"] for _ in range(3)][::-1]
    form = [("status", "x"), *((spelling, media_id) for media_id in ids)]
    status = client.post("/api/v1/statuses", form, auth=alice, status=200).json
    assert [a["id"] for a in status["media_attachments"]] == ids
    again = client.post_json("/api/v1/statuses", {"media_ids": ids}, auth=alice, status=200).json
    assert [a["id"] for a in again["media_attachments"]] == ids


def test_media_of_others_and_unknown_media_are_refused(client, alice, bob, upload):
    media_id = upload(alice)["id"]
    for ids in ([media_id], ["1"], ["x"]):
        client.post_json("/api/v1/statuses", {"status": "x", "media_ids": ids}, auth=bob, status=422)
    client.post_json(
        "/api/v1/statuses", {"media_ids": [media_id] * 1 + [str(n) for n in range(16)]}, auth=alice, status=422
    )


def test_a_status_may_be_media_alone_and_media_may_be_used_again(client, alice, upload):
    media_id = upload(alice)["id"]
    first = client.post_json("/api/v1/statuses", {"media_ids": [media_id]}, auth=alice, status=200).json
    client.delete(f"/api/v1/statuses/{first['id']}", auth=alice, status=200)
    again = client.post_json(
        "/api/v1/statuses", {"media_ids": [media_id], "status": "better"}, auth=alice, status=200
    ).json
    assert [a["id"] for a in again["media_attachments"]] == [media_id]
    assert [s["id"] for s in client.get("/api/v1/timelines/home?only_media=true", auth=alice).json] == [again["id"]]


def test_unused_media_are_removed_after_two_days(alice, upload, sql, run_jobs, settings):
    upload(alice)
    sql("update media set unused_since = now() - interval '3 days'")
    ((name,),) = sql("select file from media")
    assert (settings.data_dir / "media" / name).exists()
    sql("select defer_job('upkeep', 'remove_what_is_over', '{}')")
    run_jobs()
    assert sql("select count(*) from media") == [(0,)]
    assert not (settings.data_dir / "media" / name).exists()


def test_an_admins_tags_strip_or_hide_media(client, alice, person, upload):
    root = person("root", admin=True)

    def tag(name):
        client.put_json("/api/pleroma/admin/users/tag", {"nicknames": ["alice"], "tags": [name]}, auth=root)

    tag("force_nsfw")
    status = client.post_json("/api/v1/statuses", {"media_ids": [upload(alice)["id"]]}, auth=alice, status=200).json
    assert status["sensitive"] is True
    tag("mrf_tag:media-strip")
    client.post_json("/api/v1/statuses", {"media_ids": [upload(alice)["id"]]}, auth=alice, status=422)
    status = client.post_json("/api/v1/statuses", {"status": "x", "media_ids": [upload(alice)["id"]]}, auth=alice).json
    assert status["media_attachments"] == []
