"""Emoji packs of other servers (docs/api/pleroma.md 6): a stand-in that sends anything, and two real servers."""

import hashlib
import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import zipfile
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.serving import answering

PACKS = "/api/pleroma/emoji/packs"
ROOT = Path(__file__).parents[3]
NO_SUPPORT = {"error": "The requested instance does not support sharing emoji packs"}


class Handler(BaseHTTPRequestHandler):
    """Answers a path with what `server.answers` holds for it: bytes, what becomes JSON, or (status, headers, bytes)."""

    def do_GET(self):
        found = self.server.answers.get(unquote(self.path.partition("?")[0]), (404, {}, b"not found"))
        if not isinstance(found, tuple):
            found = (200, {}, found if isinstance(found, bytes) else json.dumps(found).encode())
        status, headers, body = found
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        with suppress(OSError):  # the other side may have closed it
            self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def stand_in():
    """The other server."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.url = f"http://127.0.0.1:{server.server_port}"
    with answering(server):
        yield server


def zipped(entries):
    """A zip of names and contents."""
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, json.dumps(content) if isinstance(content, dict) else content)
    return output.getvalue()


def sha256(data):
    """Lower-case hex, as some servers write it."""
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def other(stand_in, picture):
    """The other server with one shared pack `theirs`; what it answers can be changed."""
    files = {"fox": "fox.png", "owl": "birds/owl.gif", "same": "fox.png"}
    document = {"pack": {"license": "CC0", "share-files": True}, "files": files}
    data = zipped({"pack.json": document, "fox.png": picture(), "birds/owl.gif": picture("GIF"), "notes": b"x"})
    shown = {**document["pack"], "can-download": True, "download-sha256": sha256(data)}
    stand_in.pack = {"pack": shown, "files": dict(files)}
    stand_in.answers = {
        "/.well-known/nodeinfo": {"links": [{"href": "/old"}, {"href": f"{stand_in.url}/nodeinfo/2.1.json"}]},
        "/nodeinfo/2.1.json": {"metadata": {"features": ["x", "shareable_emoji_packs"]}},
        PACKS: {"theirs": stand_in.pack, "ünsafe/name": {"pack": {}, "files": {}}},
        f"{PACKS}/theirs/download_shared": data,
        "/fallback.zip": zipped({"fox.png": picture(), "birds/owl.gif": picture("GIF")}),
    }
    return stand_in


@pytest.fixture
def admin(make_client, root, emoji_folder, other):
    """Asks as the administrator, with the other server's address filled in."""
    client = make_client(remote_allow_loopback=True)

    def ask(path, status=200, **parameters):
        parameters.setdefault("instance_address", f" {other.url}/ ")
        return client.post_json(f"{PACKS}/{path}", parameters, auth=root, status=status).json

    ask.client = client
    return ask


def left_on_disk(emoji_folder):
    """What lies in the folder of all packs."""
    return sorted(path.name for path in emoji_folder.iterdir() if path.name != ".lock") if emoji_folder.exists() else []


def send(other, content):
    """Let the other server send an archive of this content, with the right fingerprint."""
    data = content if isinstance(content, bytes) else zipped(content)
    other.answers[f"{PACKS}/theirs/download_shared"] = data
    other.pack["pack"]["download-sha256"] = sha256(data)


# The list


def test_the_list_is_passed_on_as_it_is(admin, other):
    assert admin("list_from") == other.answers[PACKS]


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/nodeinfo/2.1.json", {"metadata": {"features": ["pleroma_api"]}}),
        ("/nodeinfo/2.1.json", {"metadata": None}),
        ("/nodeinfo/2.1.json", []),
        ("/.well-known/nodeinfo", {"links": []}),
        ("/.well-known/nodeinfo", {"links": [{"href": 5}]}),
        ("/.well-known/nodeinfo", "text"),
    ],
)
def test_a_server_that_shares_no_packs(admin, other, path, answer):
    other.answers[path] = answer
    assert admin("list_from", status=500) == NO_SUPPORT
    assert admin("download_from", status=500, pack_name="theirs") == NO_SUPPORT


@pytest.mark.parametrize("path", ["/.well-known/nodeinfo", "/nodeinfo/2.1.json", PACKS])
@pytest.mark.parametrize(
    "answer", [b"<html>", b"\xff", b"[" * 100_000, (404, {}, b"{}"), (302, {"Location": "file:///etc/passwd"}, b""),
               (302, {"Location": "http://10.0.0.1/"}, b""), b" " * 4_000_001, (200, {"Content-Length": "5"}, b"")],
)  # fmt: skip
def test_garbage_is_told(admin, other, emoji_folder, path, answer):
    other.answers[path] = answer
    assert admin("list_from", status=500)["error"]
    assert admin("download_from", status=500, pack_name="theirs")["error"]
    assert left_on_disk(emoji_folder) == []


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1:1", "http://0x7f000001", "http://2130706433", "http://0177.0.0.1", "http://[::1]",
     "http://[::ffff:127.0.0.1]", "http://10.0.0.1", "http://169.254.169.254", "http://[fd00::1]", "http://localhost",
     "http://0.0.0.0", "ftp://host.example", "file:///etc/passwd", "host.example", "//", "http://",
     "http://[", "x" * 5000],
)  # fmt: skip
def test_no_private_address_is_asked(client, root, emoji_folder, make_pack, address):
    make_pack("mine", {})
    for path, parameters, status in (
        ("list_from", {"instance_address": address}, 500),
        ("download_from", {"instance_address": address, "pack_name": "p"}, 500),
        ("mine/update_metadata", {"new_data": {"fallback-src": address}}, 400),
        ("mine/update_file", {"action": "add", "shortcode": "x", "filename": "x.png", "file": address}, 400),
    ):
        answer = client.post_json(f"{PACKS}/{path}", parameters, auth=root, status=status)
        assert answer.json["error"]
    assert left_on_disk(emoji_folder) == ["mine"]


def test_missing_parameters(admin):
    for path in ("list_from", "download_from"):
        admin(path, status=400, instance_address="", pack_name="theirs")
    admin("download_from", status=400)


def test_an_endless_answer_ends(admin, monkeypatch):
    monkeypatch.setattr("pleroma.emoji.exchange._JSON_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        start = time.monotonic()
        admin("list_from", status=500, instance_address=f"http://127.0.0.1:{silent.getsockname()[1]}")
        assert time.monotonic() - start < 3


# Downloading


def test_a_shared_pack_is_taken(admin, other, emoji_folder, picture):
    assert admin("download_from", pack_name="theirs", **{"as": None}) == "ok"
    listed = admin.client.get(PACKS).json["theirs"]
    assert listed["files"] == other.pack["files"]
    assert listed["pack"]["license"] == "CC0" and listed["pack"]["can-download"] is True
    found = sorted(str(path.relative_to(emoji_folder)) for path in emoji_folder.rglob("*") if path.is_file())
    assert found == [".lock", "theirs/birds/owl.gif", "theirs/fox.png", "theirs/pack.json"]
    assert (emoji_folder / "theirs/fox.png").read_bytes() == picture()
    assert sorted(admin.client.get("/api/pleroma/emoji").json) == ["fox", "owl", "same"]


def test_a_pack_is_taken_under_another_name(admin, emoji_folder):
    assert admin("download_from", pack_name="theirs", **{"as": "ours"}) == "ok"
    assert left_on_disk(emoji_folder) == ["ours"]


def test_a_pack_is_taken_from_its_fallback(admin, other, emoji_folder):
    other.pack["pack"] = {
        "share-files": False,
        "license": "x",
        "can-download": False,
        "fallback-src": f"{other.url}/fallback.zip",
        "fallback-src-sha256": sha256(other.answers["/fallback.zip"]),
    }
    assert admin("download_from", pack_name="theirs") == "ok"
    pack = json.loads((emoji_folder / "theirs/pack.json").read_text())
    assert pack["files"] == other.pack["files"]
    assert sorted(pack["pack"]) == ["fallback-src", "fallback-src-sha256", "license", "share-files"]


def test_a_pack_that_is_not_shared(admin, other, emoji_folder):
    for metadata in (
        {},
        {"share-files": True, "can-download": True},
        {"share-files": "true", "can-download": True, "download-sha256": "00"},
        {"fallback-src": "http://x"},
        {"fallback-src": 1, "fallback-src-sha256": "00"},
    ):
        other.pack["pack"] = metadata
        assert admin("download_from", status=500, pack_name="theirs") == {
            "error": "The pack was not set as shared and there is no fallback src to download from"
        }
    assert left_on_disk(emoji_folder) == []


def test_an_archive_that_is_another(admin, other, emoji_folder):
    other.pack["pack"]["download-sha256"] = "00" * 32
    assert admin("download_from", status=500, pack_name="theirs") == {
        "error": "SHA256 for the pack doesn't match the one sent by the server"
    }
    assert left_on_disk(emoji_folder) == []


def test_an_unknown_pack(admin, emoji_folder):
    admin("download_from", status=500, pack_name="nothing")
    assert left_on_disk(emoji_folder) == []


@pytest.mark.parametrize("name", ["..", "a/b", ".hidden", "a\\b", "x" * 300])
def test_names_that_are_not_safe(admin, emoji_folder, name):
    admin("download_from", status=400, pack_name=name)
    admin("download_from", status=400, pack_name="theirs", **{"as": name})
    assert left_on_disk(emoji_folder) == []


def test_a_name_that_is_taken(admin, make_pack, emoji_folder):
    make_pack("mine", {"cat": "cat.png"})
    answer = admin("download_from", status=409, pack_name="theirs", **{"as": "mine"})
    assert answer == {"error": 'A pack named "mine" already exists'}
    assert sorted(path.name for path in (emoji_folder / "mine").iterdir()) == ["cat.png", "pack.json"]


@pytest.mark.parametrize(
    "file", ["../x.png", "/x.png", "a\\x.png", "pack.json", "x.svg", "", "a/../../x.png", 5, ".x.png"]
)
def test_a_list_that_names_files_outside(admin, other, emoji_folder, picture, file):
    other.pack["files"] = {"x": file}
    send(other, {"pack.json": {"pack": {}, "files": {"x": file}}, str(file) or "x": picture()})
    admin("download_from", status=500, pack_name="theirs")
    assert left_on_disk(emoji_folder) == []


def test_archives_that_mean_harm(admin, other, emoji_folder, picture):
    good = {"pack.json": {"pack": {}, "files": {"x": "x.png"}}, "x.png": picture()}
    other.pack["files"] = {"x": "x.png"}
    for content in (
        b"no zip", {**good, "x.png": b"<svg/>"}, {"pack.json": good["pack.json"]}, {"x.png": picture()},
        {**good, "pack.json": b"{"}, {**good, "pack.json": {"files": {"x": "../x.png"}}},
        {**good, "pack.json": {"files": {"x": "x.png", "y": "y.png"}}}, {**good, "pack.json": b" " * 1_000_001},
        {**good, "x.png": b"\0" * 65_000_000}, {**good, **{f"{number}": b"" for number in range(5000)}},
        b"\0" * 32_000_001,
    ):  # fmt: skip
        send(other, content)
        assert admin("download_from", status=500, pack_name="theirs")["error"]
        assert left_on_disk(emoji_folder) == []
    send(other, good)
    assert admin("download_from", pack_name="theirs") == "ok"


def test_files_that_stand_in_each_others_way(admin, other, emoji_folder, picture):
    files = {"x": "x.png", "y": "x.png/y.png"}
    other.pack["files"] = files
    send(other, {"pack.json": {"pack": {}, "files": files}, "x.png": picture(), "x.png/y.png": picture()})
    admin("download_from", status=500, pack_name="theirs")
    assert left_on_disk(emoji_folder) == []


# Fallback archives and pictures by address


def test_a_fallback_is_checked_and_its_fingerprint_stored(admin, other, make_pack, emoji_folder):
    make_pack("mine", {"fox": "fox.png", "owl": "birds/owl.gif"})
    new = {"license": "x", "fallback-src": f"{other.url}/fallback.zip"}
    stored = admin("mine/update_metadata", new_data=new)
    assert stored == {**new, "fallback-src-sha256": sha256(other.answers["/fallback.zip"]).upper()}
    assert json.loads((emoji_folder / "mine/pack.json").read_text())["pack"] == stored
    del other.answers["/fallback.zip"]
    assert admin("mine/update_metadata", new_data={**stored, "license": "y"})["license"] == "y"


def test_a_fallback_without_all_files(admin, other, make_pack, emoji_folder):
    make_pack("mine", {"cat": "cat.png"})
    answer = admin("mine/update_metadata", status=400, new_data={"fallback-src": f"{other.url}/fallback.zip"})
    assert answer == {"error": "The fallback archive does not have all files specified in pack.json"}
    assert json.loads((emoji_folder / "mine/pack.json").read_text())["pack"] == {}


@pytest.mark.parametrize("answer", [b"no zip", (404, {}, b""), b"\0" * 32_000_001])
def test_a_fallback_that_is_no_archive(admin, other, make_pack, answer):
    make_pack("mine", {})
    other.answers["/fallback.zip"] = answer
    assert admin("mine/update_metadata", status=400, new_data={"fallback-src": f"{other.url}/fallback.zip"})["error"]


def test_a_picture_is_added_by_its_address(admin, other, make_pack, picture, emoji_folder):
    make_pack("mine", {})
    other.answers |= {
        "/a/ö x.png": picture(),
        "/redirect": (302, {"Location": "/a/%C3%B6%20x.png"}, b""),
        "/text": b"x",
    }
    add = {"action": "add", "shortcode": "x"}
    files = admin("mine/update_file", file=f"{other.url}/a/%C3%B6%20x.png?y", **add)
    assert files == {"x": "ö x.png"}
    admin("mine/update_file", status=409, file=f"{other.url}/redirect", **add)
    files = admin("mine/update_file", file=f"{other.url}/redirect", action="add", shortcode="y", filename="y.png")
    assert (emoji_folder / "mine" / files["y"]).read_bytes() == picture()
    for file in ("/text", "/missing", "/redirect"):
        admin("mine/update_file", status=400, file=f"{other.url}{file}", action="add", shortcode="z")


# Two real servers


def start(directory):
    """A server in an empty directory: its process and its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PLEROMA_")}
    environment |= {"PLEROMA_REMOTE_ALLOW_LOOPBACK": "true", "PLEROMA_RATE_LIMITS": "false", "PLEROMA_WORKERS": "1"}
    with (directory / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, ROOT / "app.py", "serve", "--port", str(port)],
            cwd=directory, env=environment, stdout=log, stderr=log,
        )  # fmt: skip
    return process, f"http://127.0.0.1:{port}", environment


@pytest.fixture
def two_servers(tmp_path):
    """The directories and addresses of two running servers; root:secret is an administrator of the second."""
    started = []
    try:
        for name in ("first", "second"):
            (tmp_path / name).mkdir()
            started.append((tmp_path / name, *start(tmp_path / name)))
        for directory, process, address, _ in started:
            end = time.monotonic() + 60
            while not answers(address):
                assert process.poll() is None and time.monotonic() < end, (directory / "log").read_text()
                time.sleep(0.1)
        directory, _, _, environment = started[1]
        user = ["user", "create", "root", "--email", "root@mail.example", "--password", "secret", "--admin"]
        subprocess.run([sys.executable, ROOT / "app.py", *user], cwd=directory, env=environment, check=True)
        yield [(directory, address, environment) for directory, _, address, environment in started]
    finally:
        for _, process, *_ in started:
            process.send_signal(signal.SIGTERM)
        assert [process.wait(40) for _, process, *_ in started] == [0] * len(started)


def answers(address):
    """Whether a server is there."""
    try:
        with urllib.request.urlopen(f"{address}/api/pleroma/emoji", timeout=5):
            return True
    except OSError:
        return False


def ask(address, path, **parameters):
    """The JSON that an address answers to its administrator; a POST when there are parameters."""
    request = urllib.request.Request(f"{address}{path}", json.dumps(parameters).encode() if parameters else None)
    request.add_header("Authorization", "Basic cm9vdDpzZWNyZXQ=")
    request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request, timeout=40) as answer:
        return json.load(answer)


@pytest.mark.long
def test_a_pack_moves_from_one_server_to_another(two_servers, tmp_path, picture):
    (first_directory, first, environment), (_, second, _) = two_servers
    (tmp_path / "Cats").mkdir()
    (tmp_path / "Cats/cat.png").write_bytes(picture())
    (tmp_path / "Cats/pack.json").write_text('{"pack": {"share-files": true}, "files": {"cat": "cat.png"}}')
    subprocess.run(
        [sys.executable, ROOT / "app.py", "emoji", "import", tmp_path / "Cats"],
        cwd=first_directory, env=environment, check=True,
    )  # fmt: skip
    assert list(ask(first, "/api/pleroma/emoji")) == ["cat"]
    listed = ask(first, PACKS)
    assert ask(second, f"{PACKS}/list_from", instance_address=first) == listed
    assert ask(second, f"{PACKS}/download_from", instance_address=first, pack_name="Cats") == "ok"
    assert ask(second, PACKS) == listed
    path = ask(second, "/api/pleroma/emoji")["cat"]["image_url"]
    with urllib.request.urlopen(f"{second}{path}") as answer:
        assert answer.read() == picture()
