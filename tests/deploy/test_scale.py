"""docs/scale.md speaks of what exists: settings, commands, files."""

import dataclasses
import re
import subprocess
from pathlib import Path

import app
from pleroma.config import Config

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "scale.md").read_text()
GONE = {"database_replica_url"}


def test_its_settings_exist_and_those_of_the_nodes_too():
    known = {field.name for field in dataclasses.fields(Config)}
    assert {name.lower() for name in re.findall(r"PLEROMA_([A-Z0-9_]+)", PAGE)} <= known | GONE
    settings = re.findall(
        r"^PLEROMA_([A-Z0-9_]+)=", (ROOT / "deploy" / "cluster" / "pleroma.env").read_text(), re.MULTILINE
    )
    assert settings and {name.lower() for name in settings} <= known


def test_its_commands_exist():
    commands = set(re.findall(r"\bas-pleroma ([a-z]+)", PAGE))
    assert commands and commands <= set(app.cli.commands)


def test_it_names_every_file_of_the_cluster():
    files = {path.name for path in (ROOT / "deploy" / "cluster").iterdir() if path.is_file()}
    assert set(re.findall(r"deploy/cluster/([a-z_.-]*[a-z])", PAGE)) == files


def test_the_nodes_of_nginx_take_the_place_of_its_own():
    (script,) = re.findall(r"/\^upstream.*?/d", PAGE)
    left = subprocess.run(["sed", script, ROOT / "deploy" / "nginx.conf"], capture_output=True, text=True).stdout
    assert "upstream pleroma" not in left and "proxy_pass http://pleroma;" in left
    assert left.count("server {") == 2
    assert "upstream pleroma {" in (ROOT / "deploy" / "cluster" / "nginx.conf").read_text()
