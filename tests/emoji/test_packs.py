"""Emoji packs on disk: what a crash leaves, archives that mean harm, and packs that operators bring."""

import io
import json
import os
import signal
import stat
import subprocess
import sys
import textwrap
import threading
import time
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from pleroma import config
from pleroma.emoji import importing, journal, pack_files
from pleroma.emoji.archives import Archive, BadArchive
from pleroma.emoji.importing import EmojiImportError
from pleroma.emoji.packs import Packs
from pleroma.errors import ApiError, Conflict

ROOT = Path(__file__).parents[2]


def picture(colour=0, kind="PNG"):
    """A small picture."""
    output = io.BytesIO()
    Image.new("RGB", (8, 8), (colour, 0, 0)).save(output, kind)
    return output.getvalue()


def write(path, content):
    """Puts a file somewhere; objects become JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(json.dumps(content).encode() if isinstance(content, dict) else content)


@pytest.fixture
def packs(tmp_path):
    """The packs of an empty data directory."""
    return Packs(tmp_path / "data")


@pytest.fixture
def pack(packs):
    """The folder of a pack `p` with the emoji fox and owl."""
    folder = packs.root / "p"
    write(folder / "fox.png", picture(1))
    write(folder / "birds/owl.png", picture(2))
    write(folder / "pack.json", {"pack": {}, "files": {"fox": "fox.png", "owl": "birds/owl.png"}})
    return folder


def assert_whole(packs):
    """Every pack.json names the very files that are there, and nothing else lies about."""
    for folder in packs.root.iterdir():
        if folder.name.startswith("."):
            assert folder.name == ".lock"
            continue
        named = set(pack_files.read_pack(folder)["files"].values())
        found = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
        assert found == named | {"pack.json"}
        assert all(any(path.iterdir()) for path in folder.rglob("*") if path.is_dir())


# What dies in the middle

CHANGES = {
    "add": "with packs.open('p') as pack: pack.add('cat', 'new/cat.png', data)",
    "move": "with packs.open('p') as pack: pack.update('fox', 'wolf', 'wolves/wolf.png')",
    "remove": "with packs.open('p') as pack: pack.remove('owl')",
    "create": "packs.create('q')",
    "delete": "packs.delete('p')",
    "metadata": "with packs.open('p') as pack: pack.describe({'license': 'x'}, None)",
}


def change(packs, action):
    """Changes the pack p."""
    with packs.open("p") as opened:
        action(opened)


def run_and_die(packs, change, step):
    """Runs a change in a process that kills itself before its `step`th call that touches the disk; whether it died."""
    code = textwrap.dedent(
        f"""
        import os, signal, sys
        from pathlib import Path
        from pleroma.emoji.packs import Packs
        packs = Packs(Path({str(packs.root.parent)!r}))
        data = (packs.root / 'p/fox.png').read_bytes()
        left = {step}
        def counted(function):
            def call(*arguments, **options):
                global left
                left -= 1
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                return function(*arguments, **options)
            return call
        for name in ('rename', 'unlink', 'mkdir', 'rmdir', 'fsync'):
            setattr(os, name, counted(getattr(os, name)))
        {CHANGES[change]}
        """
    )
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == -signal.SIGKILL


@pytest.mark.parametrize("change", CHANGES)
def test_a_killed_change_leaves_a_pack_that_agrees_with_its_files(packs, pack, tmp_path, change):
    before = pack_files.read_pack(pack)
    deaths = 0
    for step in (1, 2, 4, 6, 8, 11, 14, 18):
        if not pack.exists():
            write(pack / "pack.json", {"pack": {}, "files": {}})
        for name, content in (("fox.png", picture(1)), ("birds/owl.png", picture(2)), ("pack.json", before)):
            write(pack / name, content)
        deaths += run_and_die(packs, change, step)
        for folder in (folder for folder in packs.root.iterdir() if not folder.name.startswith(".")):
            files = pack_files.read_pack(folder)["files"].values()
            assert all((folder / name).is_file() for name in files), f"step {step}"
        packs.recover()
        assert_whole(packs)
        for folder in list(packs.root.iterdir()):
            if not folder.name.startswith("."):
                packs.delete(folder.name)
    assert deaths >= 2


def test_a_full_disk_changes_nothing(packs, pack, monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    before = (pack / "pack.json").read_bytes()
    for attempt in (
        lambda: change(packs, lambda pack: pack.add("cat", "cat.png", picture())),
        lambda: change(packs, lambda pack: pack.update("fox", None, "wolf.png")),
        lambda: change(packs, lambda pack: pack.remove("owl")),
        lambda: packs.create("q"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(pack_files.os, "fsync", full)
            with pytest.raises(ApiError) as refusal:
                attempt()
        assert refusal.value.status == 507
        assert (pack / "pack.json").read_bytes() == before
        assert_whole(packs)


def test_a_workspace_in_use_is_not_swept(packs):
    with journal.workspace(packs.root) as folder:
        packs.create("other")
        assert folder.is_dir()
    assert not folder.exists()


def test_whoever_waits_too_long_is_told(packs, monkeypatch):
    monkeypatch.setattr(journal, "_PATIENCE", 0.1)
    with journal.exclusive(packs.root):
        thread = threading.Thread(
            target=lambda: refusals.append(pytest.raises(ApiError, packs.create, "p").value.status)
        )
        refusals = []
        thread.start()
        thread.join()
    assert refusals == [503]


def test_processes_take_turns(packs, pack):
    code = "import sys; from pathlib import Path; from pleroma.emoji.packs import Packs\n"
    code += "packs = Packs(Path(sys.argv[1])); data = (packs.root / 'p/fox.png').read_bytes()\n"
    code += "for n in range(5):\n"
    code += "  with packs.open('p') as pack: pack.add(sys.argv[2] + str(n), sys.argv[2] + str(n) + '.png', data)"
    running = [
        subprocess.Popen([sys.executable, "-c", code, packs.root.parent, name], cwd=ROOT) for name in ("a", "b", "c")
    ]
    assert [process.wait() for process in running] == [0, 0, 0]
    assert len(packs.read("p").files) == 17
    assert_whole(packs)


def test_the_list_is_kept_until_something_changes(packs, pack, monkeypatch):
    write(pack / "pack.json", {"pack": {"share-files": True}, "files": {"fox": "fox.png"}})
    time.sleep(0.2)
    first = packs.listed()
    monkeypatch.setattr("pleroma.emoji.archives.build", lambda *_: pytest.fail("built again"))
    assert packs.listed() == first
    monkeypatch.undo()
    change(packs, lambda pack: pack.describe({"share-files": True, "license": "x"}, None))
    assert packs.listed() != first


# Archives that mean harm


def zipped(*entries, method=zipfile.ZIP_DEFLATED):
    """A zip of (name or ZipInfo, content)."""
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", method) as archive:
        for name, content in entries:
            archive.writestr(name, content, compress_type=method)
    return output.getvalue()


def linked(name, kind=stat.S_IFLNK):
    """The entry of a link."""
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = (kind | 0o777) << 16
    return info


def flagged(data, bits):
    """The archive with flags set in each entry of its directory and its headers."""
    for mark, place in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        start = 0
        while (found := data.find(mark, start)) >= 0:
            data = data[: found + place] + bytes([data[found + place] | bits]) + data[found + place + 1 :]
            start = found + 4
    return data


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", "not a zip"),
        (b"<html>", "not a zip"),
        (zipped(("x.png", b"y"))[:-30], "not a zip"),
        (zipped(("other.png", picture())), "does not have x.png"),
        (zipped(("x.png/", b"")), "does not have x.png"),
        (zipped((linked("x.png"), b"/etc/passwd")), "not a regular file"),
        (zipped((linked("x.png", stat.S_IFCHR), b"")), "not a regular file"),
        (flagged(zipped(("x.png", picture())), 1), "encrypted"),
        (zipped(("x.png", b"text")), "not a picture"),
        (zipped(("x.png", b"\0" * 65_000_000)), "too large"),
        (zipped(*((f"{number}.png", b"\0" * 13_000_000) for number in range(5)), ("x.png", picture())), "too large"),
        (zipped(*((f"{number}", b"") for number in range(5001))), "too many entries"),
        (zipped(("x.png", picture()), method=zipfile.ZIP_LZMA), "unknown way"),
        (zipped(("x.png", picture()), method=zipfile.ZIP_STORED).replace(b"IDAT", b"IDOT"), "cannot be unpacked"),
    ],
    # An archive holds the time at which it was made, which is another one in each process.
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_an_archive_that_means_harm_is_refused(data, fault):
    start = time.monotonic()
    with pytest.raises(BadArchive, match=fault):
        dict(Archive(data).pictures(["x.png"]))
    assert time.monotonic() - start < 5


def test_an_archive_that_lies_about_its_size_is_bounded():
    data = zipped(("x.png", b"\0" * 30_000_000))
    size = (30_000_000).to_bytes(4, "little")
    with pytest.raises(BadArchive):
        dict(Archive(data.replace(size, (10).to_bytes(4, "little"))).pictures(["x.png"]))


def test_an_archive_that_takes_too_long_is_given_up():
    archive = Archive(zipped(("x.png", picture())), give_up=time.monotonic() - 1)
    with pytest.raises(BadArchive, match="too long"):
        dict(archive.pictures(["x.png"]))


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "/a", "a\\b", "a\0b", ".git", " ", "é" * 128, "a\n", "\ud800"])
def test_names_of_packs_that_are_not_safe(name):
    assert not pack_files.is_pack_name(name)


# What operators bring


@pytest.fixture
def bring(packs, tmp_path):
    """Imports and gives the name, the files by shortcode, and what was left out."""

    def run(source, name=None):
        settings = config.load({}, data_dir=packs.root.parent)
        imported = importing.run(settings, str(source), name)
        assert_whole(packs)
        files = packs.read(imported.name).files
        assert imported.emoji == len(files)
        return imported.name, files, imported.left_out

    return run


def test_a_bare_folder_is_a_pack(bring, tmp_path):
    folder = tmp_path / "my cats"
    write(folder / "One.PNG", picture())
    write(folder / "with a space/deep/two.GIF", picture(kind="GIF"))
    for name in ("._One.PNG", ".DS_Store", "Thumbs.db", "readme.txt", "__MACOSX/x.png"):
        write(folder / name, picture())
    write(folder / "broken.png", b"text")
    files = {"One": "One.PNG", "two": "with a space/deep/two.GIF"}
    assert bring(folder) == ("my cats", files, ["broken"])
    assert bring(folder, "other")[0] == "other"
    with pytest.raises(EmojiImportError, match='"other" already exists'):
        bring(folder, "other")


def test_a_shortcode_that_is_too_long_is_left_out(bring, tmp_path):
    folder = tmp_path / "long"
    write(folder / "a.png", picture())
    write(folder / "emoji.txt", f"a, a.png\n{'x' * 5000}, a.png\n".encode())
    assert bring(folder) == ("long", {"a": "a.png"}, ["x" * 100])


def test_a_folder_with_a_list_is_a_pack(bring, tmp_path):
    write(tmp_path / "listed/a.png", picture())
    write(tmp_path / "listed/emoji.txt", b"a, a.png, Tag\n\nb, a.png\nnothing\nc, missing.png\n")
    assert bring(tmp_path / "listed") == ("listed", {"a": "a.png", "b": "a.png"}, [])


def test_a_folder_with_a_pack_json_is_a_pack(bring, packs, tmp_path):
    folder = tmp_path / "real"
    write(folder / "a.webp", picture(kind="WEBP"))
    files = {"a": "a.webp", "b": "gone.png", "c": "../../secret.png", "d": "link.png"}
    write(folder / "pack.json", b"\xef\xbb\xbf" + json.dumps({"pack": {"license": "x"}, "files": files}).encode())
    write(tmp_path / "secret.png", picture())
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    assert bring(folder, "mine") == ("mine", {"a": "a.webp"}, ["b", "c", "d"])
    assert packs.read("mine").metadata == {"license": "x"}


PACK_JSON = json.dumps({"pack": {}, "files": {"x": "x.png"}})


@pytest.mark.parametrize(
    ("entries", "name", "files"),
    [
        ([("x.png", picture())], "file", {"x": "x.png"}),
        ([("Cats/x.PNG", picture()), ("__MACOSX/Cats/._x.PNG", b""), ("Cats/.DS_Store", b"")], "Cats", {"x": "x.PNG"}),
        ([("a/b/c/pack.json", PACK_JSON), ("a/b/c/x.png", picture()), ("a/y.png", picture())], "c", {"x": "x.png"}),
        ([("a/emoji.txt", "code, x.png"), ("a/x.png", picture()), ("y.png", picture())], "a", {"code": "x.png"}),
        ([("win\\sub\\x.png", picture())], "win", {"x": "sub/x.png"}),
        ([("../evil.png", picture()), ("/abs.png", picture()), ("x.png", picture())], "file", {"x": "x.png"}),
        ([("a/x.png", picture()), ("b/y.gif", picture(kind="GIF"))], "file", {"x": "a/x.png", "y": "b/y.gif"}),
    ],
)  # fmt: skip
def test_a_zip_is_a_pack(bring, tmp_path, entries, name, files):
    write(tmp_path / "file.zip", zipped(*entries))
    assert bring(tmp_path / "file.zip") == (name, files, [])


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"no zip", "not a zip"),
        (zipped(("readme.txt", b"x")), "there are no emoji"),
        (zipped((linked("x.png"), b"/etc/passwd")), "not a regular file"),
        (zipped(("x.png", b"\0" * 65_000_000)), "too large"),
        (zipped(("pack.json", b"{"), ("x.png", picture())), "not valid JSON"),
    ],
)
def test_a_zip_that_is_none_leaves_nothing(bring, packs, tmp_path, content, fault):
    write(tmp_path / "file.zip", content)
    with pytest.raises(EmojiImportError, match=fault):
        bring(tmp_path / "file.zip")
    assert not packs.root.exists() or [path.name for path in packs.root.iterdir()] in ([], [".lock"])


def test_what_cannot_be_imported(bring, tmp_path):
    for source, name, fault in (
        (tmp_path / "nothing", None, "No such file"),
        ("https://host.example", None, "which pack"),
        ("http://127.0.0.1:1", "p", "127.0.0.1"),
        (tmp_path, "../p", "not safe"),
    ):
        with pytest.raises(EmojiImportError, match=fault):
            bring(source, name)


def test_two_imports_of_one_name_make_one_pack(packs, tmp_path):
    write(tmp_path / "p/x.png", picture())
    settings = config.load({}, data_dir=packs.root.parent)
    outcomes = []

    def run():
        try:
            outcomes.append(importing.run(settings, str(tmp_path / "p"), "p").name)
        except EmojiImportError as error:
            outcomes.append(type(error.__cause__))

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes, key=str) == [Conflict, Conflict, "p"]
    assert_whole(packs)


def test_a_folder_that_is_unreadable_is_an_answer_and_no_crash(packs, pack):
    os.mkfifo(pack / "pipe.png")
    write(pack / "pack.json", {"pack": {"share-files": True}, "files": {"pipe": "pipe.png"}})
    assert json.loads(packs.listed())["p"]["pack"] == {"share-files": True, "can-download": False}
