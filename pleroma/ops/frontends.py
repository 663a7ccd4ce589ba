"""Built front ends below the data directory: unpacked, listed, put to use (docs/operation.md).

Each is a link of its name to a folder; a new version is a new folder that the link then leads to, so that there is
always one that is whole. What is in use is a link to that link.
"""

from __future__ import annotations

import os
import secrets
import shutil
import stat
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple

from pleroma import remote
from pleroma.config import ADMIN_FRONTEND, FRONTEND, FRONTENDS

KNOWN = {
    "pleroma-fe": "https://git.pleroma.social/pleroma/pleroma-fe/-/jobs/artifacts/stable/download?job=build",
    "admin-fe": "https://git.pleroma.social/pleroma/admin-fe/-/jobs/artifacts/stable/download?job=build",
}
_LARGEST_ARCHIVE = 100_000_000
_LARGEST_CONTENT = 500_000_000
_MOST_FILES = 20_000
_DOWNLOAD_SECONDS = 600
_PIECE = 1 << 20
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")
_LONGEST_NAME = 60
# Each entry of the directory of a zip begins so.
_DIRECTORY_ENTRY = b"PK\x01\x02"


class BadFrontend(ValueError):
    """What was to be installed is no front end, or not from where it can be had."""


class Installed(NamedTuple):
    """A front end, and where it is in use: at "/", at "/pleroma/admin/", or nowhere."""

    name: str
    addresses: list[str]


def install(data_dir: Path, source: str, name: str | None = None) -> str:
    """Unpack a front end from a file, an address, or by a known name, and give its name.

    The old one of that name stays until the new one is whole. Raises BadFrontend, RemoteError, OSError.
    """
    name = _checked(name or _name_of(source))
    archive = _archive(source)
    folder = data_dir / FRONTENDS
    folder.mkdir(parents=True, exist_ok=True)
    unpacked = folder / f".{name}.{secrets.token_hex(4)}"
    try:
        _unpack(archive, unpacked)
        root = _root(unpacked)
    except BaseException:
        shutil.rmtree(unpacked, ignore_errors=True)
        raise
    before = os.readlink(folder / name) if (folder / name).is_symlink() else None
    _link(folder / name, str(root.relative_to(folder)))
    if before:
        shutil.rmtree(folder / PurePosixPath(before).parts[0], ignore_errors=True)
    return name


def installed(data_dir: Path) -> list[Installed]:
    """The front ends that are there, by name."""
    folder = data_dir / FRONTENDS
    used: dict[str, list[str]] = {}
    for link, address in ((FRONTEND, "/"), (ADMIN_FRONTEND, "/pleroma/admin/")):
        with suppress(OSError):
            used.setdefault(os.readlink(folder / link), []).append(address)
    names = sorted(path.name for path in folder.glob("*") if path.is_symlink() and _is_name(path.name))
    return [Installed(name, used.get(name, [])) for name in names]


def use(data_dir: Path, name: str, *, admin: bool = False) -> bool:
    """Serve a front end at "/", or at "/pleroma/admin/". Says whether another was served there before.

    Raises BadFrontend when none of that name is installed.
    """
    folder = data_dir / FRONTENDS
    if not _is_name(name) or not (folder / name / "index.html").is_file():
        raise BadFrontend(f"There is no front end {name}; `frontend install` it first")
    link = folder / (ADMIN_FRONTEND if admin else FRONTEND)
    was_there = link.is_symlink()
    _link(link, name)
    return was_there


def _is_name(name: str) -> bool:
    return 0 < len(name) <= _LONGEST_NAME and _LETTERS.issuperset(name) and not name.startswith(".")


def _checked(name: str) -> str:
    if not _is_name(name):
        raise BadFrontend("A name has letters, digits, dots, dashes and underscores, and begins with no dot")
    return name


def _name_of(source: str) -> str:
    if source in KNOWN:
        return source
    name = PurePosixPath(source.partition("?")[0].partition("#")[0]).name
    for ending in (".zip", ".tgz", ".tar", ".gz", ".bz2", ".xz", ".tar"):
        name = name.removesuffix(ending)
    return name


def _archive(source: str) -> IO[bytes]:
    """The archive, opened. Raises BadFrontend, RemoteError."""
    address = KNOWN.get(source, source)
    if not address.startswith(("http://", "https://")):
        path = Path(source)
        if not path.is_file():
            raise BadFrontend(f"{source} is no file, no address, and none of {', '.join(KNOWN)}")
        if path.stat().st_size > _LARGEST_ARCHIVE:
            raise BadFrontend("The archive is too large")
        return path.open("rb")
    import io

    answer = remote.fetch(address, max_bytes=_LARGEST_ARCHIVE, total=_DOWNLOAD_SECONDS)
    if answer.status != 200:
        raise BadFrontend(f"{address} answers {answer.status}")
    return io.BytesIO(answer.body)


def _unpack(archive: IO[bytes], target: Path) -> None:
    """Write the files of a zip or tar below `target`, which is not there yet. Raises BadFrontend."""
    left = _LARGEST_CONTENT
    with archive:
        for number, (name, content) in enumerate(_files(archive)):
            if number >= _MOST_FILES:
                raise BadFrontend("The archive has too many files")
            path = target / _inside(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            with content, path.open("xb") as file:
                while piece := content.read(min(_PIECE, left + 1)):
                    left -= len(piece)
                    if left < 0:
                        raise BadFrontend("The archive holds too much")
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())
            path.chmod(0o644)


def _inside(name: str) -> PurePosixPath:
    """A name of an archive as a path that stays below where it is unpacked. Raises BadFrontend."""
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or "\0" in name or not path.parts:
        raise BadFrontend(f"{name!r} leads out of the archive")
    return path


def _files(archive: IO[bytes]) -> Iterator[tuple[str, IO[bytes]]]:
    """The regular files of a zip or tar. Links and devices are left out: a front end needs none."""
    try:
        if zipfile.is_zipfile(archive):
            archive.seek(0)
            yield from _files_of_zip(archive)
        else:
            archive.seek(0)
            yield from _files_of_tar(archive)
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, NotImplementedError, RuntimeError) as error:
        raise BadFrontend("This is no zip or tar that can be unpacked") from error


def _files_of_zip(archive: IO[bytes]) -> Iterator[tuple[str, IO[bytes]]]:
    if sum(piece.count(_DIRECTORY_ENTRY) for piece in iter(lambda: archive.read(_PIECE), b"")) > 2 * _MOST_FILES:
        raise BadFrontend("The archive has too many files")
    archive.seek(0)
    with zipfile.ZipFile(archive) as unzipped:
        for info in unzipped.infolist():
            if not info.is_dir() and stat.S_IFMT(info.external_attr >> 16) in (0, stat.S_IFREG):
                yield info.filename, unzipped.open(info)


def _files_of_tar(archive: IO[bytes]) -> Iterator[tuple[str, IO[bytes]]]:
    with tarfile.open(fileobj=archive, mode="r:*") as untarred:
        for number, member in enumerate(untarred):
            if number >= 2 * _MOST_FILES:
                raise BadFrontend("The archive has too many files")
            content = untarred.extractfile(member) if member.isreg() else None
            if content is not None:
                yield member.name, content


def _root(unpacked: Path) -> Path:
    """The folder of the archive that holds index.html: the nearest to its top. Raises BadFrontend."""
    pages = sorted(unpacked.rglob("index.html"), key=lambda path: (len(path.parts), str(path)))
    if not pages:
        raise BadFrontend("The archive holds no index.html")
    return pages[0].parent


def _link(link: Path, target: str) -> None:
    """Let a link lead somewhere else, at once."""
    if link.exists() and not link.is_symlink():
        raise BadFrontend(f"{link} is in the way")
    temporary = link.with_name(f".{link.name}.{secrets.token_hex(4)}")
    temporary.symlink_to(target)
    temporary.replace(link)
