"""Long work shows how far it is: on a terminal, and nowhere else (README, commands)."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PICTURES = ROOT / "tests" / "pictures"


@pytest.fixture
def run(tmp_path):
    """Runs a command in a directory of its own and gives what it wrote to standard error."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PLEROMA_")}

    def command(*arguments, terminal):
        ours, its = os.openpty() if terminal else os.pipe()
        try:
            process = subprocess.Popen(
                [sys.executable, str(ROOT / "app.py"), *map(str, arguments)],
                cwd=tmp_path, env={**kept, "TERM": "xterm"}, stdout=subprocess.DEVNULL, stderr=its,
            )  # fmt: skip
        finally:
            os.close(its)
        written = _all_of(ours)
        assert process.wait() == 0, written
        return written

    return command


def _all_of(descriptor):
    written = b""
    with open(descriptor, "rb", buffering=0) as reader:
        try:
            while data := reader.read(10_000):
                written += data
        except OSError:
            # So ends a terminal whose other end is closed.
            pass
    return written.decode()


@pytest.fixture
def pack(tmp_path):
    """A folder of emoji."""
    folder = tmp_path / "cats"
    folder.mkdir()
    for number in range(3):
        shutil.copy(PICTURES / "transparent_disc.png", folder / f"cat{number}.png")
    return folder


def test_terminal_shows_progress(run, pack, tmp_path):
    written = run("emoji", "import", pack, terminal=True)
    assert "Checking" in written and "Copying" in written and "100%" in written
    archive = shutil.make_archive(tmp_path / "more", "zip", pack)
    assert "Unpacking ..." in run("emoji", "import", archive, terminal=True)
    written = run("backup", tmp_path / "backup.tar", terminal=True)
    assert "Database ..." in written and "Files" in written and "100%" in written


def test_elsewhere_it_is_silent(run, pack):
    assert run("emoji", "import", pack, terminal=False) == ""
