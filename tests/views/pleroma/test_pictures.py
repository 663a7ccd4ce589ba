"""Avatar, banner, background and mascot (docs/api/pleroma.md 14 and 15)."""

import base64
import io
from pathlib import Path

import pytest
from PIL import Image

PICTURES = Path(__file__).parents[2] / "pictures"
PLACES = [("update_avatar", "img", "avatar"), ("update_banner", "banner", "header"), ("update_background", "img", None)]


def png(width=32, height=16):
    """A small PNG."""
    file = io.BytesIO()
    Image.new("RGB", (width, height), "orange").save(file, "PNG")
    return file.getvalue()


def as_uri(data, kind="image/png"):
    """A data URI."""
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def shown(client, person, key):
    """The picture that the account shows."""
    account = client.get(f"/api/v1/accounts/{person.id}").json
    return account[key] if key else account["pleroma"]["background_image"]


@pytest.mark.parametrize(("endpoint", "parameter", "key"), PLACES)
@pytest.mark.parametrize("way", ["uri", "json", "file"])
def test_pictures_are_set_and_cleared(client, alice, endpoint, parameter, key, way, run_jobs, settings):
    path = f"/api/v1/pleroma/accounts/{endpoint}"
    before = shown(client, alice, key)
    if way == "uri":
        answer = client.patch(path, {parameter: as_uri(png())}, auth=alice, status=200)
    elif way == "json":
        answer = client.patch_json(path, {parameter: as_uri(png())}, auth=alice, status=200)
    else:
        body = [(parameter, "x.png", png())]
        content_type, encoded = client.encode_multipart([], body)
        answer = client.request(
            path, method="PATCH", body=encoded, status=200,
            headers={"Content-Type": content_type, "Authorization": f"Bearer {alice.token}"},
        )  # fmt: skip
    url = answer.json["url"]
    assert shown(client, alice, key) == url
    local = url.removeprefix("https://pleroma.example")
    assert client.get(local, status=200).content_type == "image/png"
    assert client.patch(path, {parameter: ""}, auth=alice, status=200).json == {"url": None}
    assert shown(client, alice, key) == before
    run_jobs()
    client.get(local, status=404)


@pytest.mark.parametrize(("endpoint", "parameter", "key"), PLACES)
def test_what_is_no_picture_leaves_the_old_one(client, alice, endpoint, parameter, key):
    path = f"/api/v1/pleroma/accounts/{endpoint}"
    url = client.patch(path, {parameter: as_uri(png())}, auth=alice, status=200).json["url"]
    for bad in ("nonsense", "data:image/png;base64,!!!!", as_uri(b"text"), as_uri(png()[:50])):
        assert "error" in client.patch(path, {parameter: bad}, auth=alice, status=422).json
    assert "error" in client.patch(path, auth=alice, status=400).json
    assert shown(client, alice, key) == url


def test_pictures_are_limited(make_client, alice):
    client = make_client(avatar_limit=100)
    answer = client.patch(
        "/api/v1/pleroma/accounts/update_avatar", {"img": as_uri(png(500, 500))}, auth=alice, status=413
    )
    assert isinstance(answer.json["error"], str)


def test_a_large_data_uri_fits_into_a_form(client, alice):
    noise = io.BytesIO()
    Image.effect_noise((1400, 1000), 100).save(noise, "PNG")
    assert len(noise.getvalue()) > 1_000_000
    client.patch("/api/v1/pleroma/accounts/update_banner", {"banner": as_uri(noise.getvalue())}, auth=alice, status=200)


@pytest.mark.parametrize("name", sorted(path.name for path in PICTURES.iterdir() if "cut" not in path.name))
def test_every_picture_mode_is_a_profile_picture(client, alice, name):
    uri = as_uri((PICTURES / name).read_bytes())
    for endpoint, parameter, _ in PLACES:
        client.patch(f"/api/v1/pleroma/accounts/{endpoint}", {parameter: uri}, auth=alice, status=200)


def test_the_default_mascot_can_be_fetched(client, alice):
    mascot = client.get("/api/v1/pleroma/mascot", auth=alice, status=200).json
    assert (mascot["id"], mascot["type"], mascot["pleroma"]) == ("default-mascot", "image", {"mime_type": "image/png"})
    assert client.get(mascot["url"].removeprefix("https://pleroma.example"), status=200).content_type == "image/png"
    client.get("/api/v1/pleroma/mascot", status=403)


@pytest.mark.parametrize("parameter", ["image", "file"])
def test_a_mascot_is_its_owners(client, alice, bob, parameter, run_jobs):
    def put(data, status):
        return client.put(
            "/api/v1/pleroma/mascot", upload_files=[(parameter, "x.png", data)], auth=alice, status=status
        ).json

    first, second = put(png(), 200), put(png(64, 64), 200)
    assert client.get("/api/v1/pleroma/mascot", auth=alice).json == second
    assert put(b"text", 415) == {"error": "mascots can only be images"}
    assert client.get("/api/v1/pleroma/mascot", auth=alice).json == second
    assert client.get("/api/v1/pleroma/mascot", auth=bob).json["id"] == "default-mascot"
    run_jobs()
    client.get(first["url"].removeprefix("https://pleroma.example"), status=404)
    client.get(second["url"].removeprefix("https://pleroma.example"), status=200)
    client.put("/api/v1/pleroma/mascot", auth=alice, status=400)
