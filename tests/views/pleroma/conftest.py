"""Emoji packs on disk, and the administrator who looks after them."""

import io
import json
import shutil

import pytest
from PIL import Image


@pytest.fixture(scope="session")
def picture():
    """Draws a small picture: picture(), picture("GIF"), picture(colour=3)."""

    def draw(kind="PNG", colour=0, size=(8, 8)):
        output = io.BytesIO()
        Image.new("RGB", size, (colour, 0, 0)).save(output, kind)
        return output.getvalue()

    return draw


@pytest.fixture
def root(person):
    """The administrator."""
    return person("root", admin=True)


@pytest.fixture
def emoji_folder(settings):
    """The folder of all packs; it is not there before and after."""
    folder = settings.data_dir / "emoji"
    shutil.rmtree(folder, ignore_errors=True)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("emoji.txt", "custom_emoji.txt"):
        (settings.data_dir / name).unlink(missing_ok=True)


@pytest.fixture
def place(settings, emoji_folder):
    """Puts a file into the data directory: place("emoji/a/x.png", b"…"); objects become JSON."""

    def put(name, content):
        path = settings.data_dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(json.dumps(content).encode() if isinstance(content, dict) else content)

    return put


@pytest.fixture
def make_pack(place, picture):
    """Puts a pack on disk, each file another picture: make_pack("p", {"fox": "fox.png"}, license="x")."""

    def make(name, files, **metadata):
        for number, file in enumerate(sorted(set(files.values()))):
            place(f"emoji/{name}/{file}", picture(colour=number))
        place(f"emoji/{name}/pack.json", {"pack": metadata, "files": files})

    return make
