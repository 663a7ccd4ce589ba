"""The rooms of the house: what each may import, who knows Flask, and that nothing goes in a circle."""

import ast
import configparser
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "pleroma"
# What stands on nothing of ours but each other.
GROUND = {
    "access",
    "addresses",
    "bounded_json",
    "config",
    "database_address",
    "errors",
    "logs",
    "processes",
    "progress",
    "remote",
    "remote_places",
    "safe_files",
    "sealing",
    "settings_file",
    "vapid",
}
DATA = GROUND | {"db", "settings"}
DOMAIN = DATA | {"text", "media", "jobs", "mail", "instance"}
ALLOWED = {
    **dict.fromkeys(GROUND, GROUND),
    "text": set(),
    "db": GROUND,
    "settings": GROUND | {"db"},
    "media": GROUND,
    "jobs": DATA,
    "mail": DATA | {"jobs"},
    "instance": DATA | {"media"},
    "accounts": DOMAIN,
    "statuses": DOMAIN | {"accounts"},
    "emoji": DATA | {"text"},
    "push": DATA | {"jobs", "text"},
    "openapi": set(),
    "federation": DOMAIN | {"accounts", "statuses"},
    "telemetry": DATA,
    "upkeep": DOMAIN | {"statuses", "accounts"},
    "streaming": DATA | {"telemetry"},
    "web": DOMAIN | {"telemetry"},
    "auth": DOMAIN | {"accounts", "web"},
    "views": DOMAIN | {"accounts", "statuses", "emoji", "push", "federation", "telemetry", "openapi", "web", "auth"},
    "": DOMAIN | {"telemetry", "web", "views"},
    "server": DOMAIN | {"emoji", "federation", "telemetry", "streaming", "web", ""},
    "ops": DOMAIN | {"emoji", "federation", "server"},
}
KNOW_FLASK = {"web", "auth", "views", ""}


def _modules():
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for path in sorted(PACKAGE.rglob("*.py"))
    }


MODULES = _modules()


def _room(module):
    """The room of a module: a folder, or a module that stands by itself; the package itself is ""."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


def _imported(path):
    """Every module that a file imports, wherever in it the import stands."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports by a relative name"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in MODULES else node.module or ""


def _imports(module):
    return {name for name in _imported(MODULES[module]) if name != module}


@pytest.mark.parametrize("module", MODULES)
def test_module_imports_only_what_its_room_may(module):
    room = _room(module)
    ours = {name for name in _imports(module) if name.split(".")[0] == "pleroma"}
    strangers = {name for name in ours if _room(name) != room and _room(name) not in ALLOWED[room]}
    assert strangers == set(), f"{module} may not import {', '.join(sorted(strangers))}"


@pytest.mark.parametrize("module", MODULES)
def test_only_the_web_knows_flask(module):
    if _room(module) in KNOW_FLASK:
        return
    assert {name for name in _imports(module) if name.split(".")[0] in ("flask", "flask_httpauth")} == set()


# Those have connections of their own.
HAVE_CONNECTIONS = {"db", "ops", "streaming"}


@pytest.mark.parametrize("module", MODULES)
def test_a_transaction_is_used_by_the_data_module_alone(module):
    # It begins with the first of the named statements: what psycopg ran before that would be committed by itself.
    if _room(module) in HAVE_CONNECTIONS or module == "pleroma.emoji.installed":
        return
    called = {node.attr for node in ast.walk(ast.parse(MODULES[module].read_text("utf-8")))
              if isinstance(node, ast.Attribute)}  # fmt: skip
    assert called & {"cursor", "execute", "executemany", "transaction"} == set()


def test_no_imports_go_in_a_circle():
    graph = {module: {name for name in _imports(module) if name in MODULES} for module in MODULES}
    # A package's face imports its own modules; who imports the face from inside would make a circle.
    circle = []
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle = error.args[1]
    assert circle == []


def test_every_package_and_what_lies_in_it_is_installed():
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    packages = set(setup["options"]["packages"].split())
    patterns = setup["options.package_data"]["pleroma"].split()

    assert {".".join(path.parent.relative_to(ROOT).parts) for path in PACKAGE.rglob("__init__.py")} < packages
    data = {path for path in PACKAGE.rglob("*") if path.is_file() and path.suffix not in {".py", ".pyc"}}
    assert data == {path for pattern in patterns for path in PACKAGE.glob(pattern) if path.is_file()}


def test_every_room_has_its_rules():
    assert {_room(module) for module in MODULES} == set(ALLOWED)
