"""Existing clients, each a process of its own, against a running server."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def test_mastodon_py_walks_through_everything(server):
    script = [sys.executable, HERE / "mastodon_py.py", server]
    done = subprocess.run(script, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_toot_walks_through_everything(server):
    script = [sys.executable, HERE / "toot_walk.py", server]
    done = subprocess.run(script, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
