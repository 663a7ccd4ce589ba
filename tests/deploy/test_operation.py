"""docs/operation.md speaks of what exists: settings, commands, files."""

import dataclasses
import re
from pathlib import Path

import app
from pleroma.config import Config

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operation.md").read_text()


def test_its_settings_exist():
    known = {field.name for field in dataclasses.fields(Config)} | {"config"}
    assert {name.lower() for name in re.findall(r"PLEROMA_([A-Z0-9_]+)", PAGE)} <= known


def test_its_commands_exist():
    commands = set(re.findall(r"\bas-pleroma ([a-z]+)(?:\s+([a-z-]+))?", PAGE))
    assert len(commands) > 5
    for name, below in commands:
        command = app.cli.commands[name]
        assert not hasattr(command, "commands") or below in command.commands


def test_it_names_every_file_of_deploy():
    files = {path.name for path in (ROOT / "deploy").iterdir() if path.is_file()}
    assert set(re.findall(r"deploy/([a-z0-9_.-]*[a-z])", PAGE)) == files


def test_links_and_pages_that_it_names_exist():
    named = re.findall(r"\b(?:docs/[a-z]+|README|CHANGELOG)\.md", PAGE)
    assert named and all((ROOT / name).exists() for name in named)
