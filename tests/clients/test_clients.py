"""Existing clients, each a process of its own, against a running server."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
# A folder with node_modules in which masto and megalodon are.
NODE_CLIENTS = os.environ.get("NODE_CLIENTS", "")


def test_mastodon_py_walks_through_everything(server):
    script = [sys.executable, HERE / "mastodon_py.py", server]
    done = subprocess.run(script, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_toot_walks_through_everything(server):
    script = [sys.executable, HERE / "toot_walk.py", server]
    done = subprocess.run(script, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(
    not shutil.which("node") or not Path(NODE_CLIENTS, "node_modules", "masto").is_dir(),
    reason="NODE_CLIENTS names no folder with masto and megalodon",
)
@pytest.mark.parametrize("script", ["masto_js.cjs", "megalodon.cjs"])
def test_clients_for_node_follow_streams(server, script):
    done = subprocess.run(["node", HERE / script, server], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
