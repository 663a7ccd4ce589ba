"""Archives of emoji packs: ours, the same bytes each time (spec 6.1), and those of others, which are not believed."""

from __future__ import annotations

import hashlib
import stat
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from pleroma import emoji_files
from pleroma.emoji_files import PACK_JSON

_FIRST_DAY = (1980, 1, 1, 0, 0, 0)


def build(folder: Path, names: Iterable[str]) -> IO[bytes]:
    """The archive of a pack, a file at its beginning: pack.json and the named files. Raises OSError for missing ones.

    Nothing in it depends on when or where it is made: fixed times and order, and no compression, which the pictures
    have already.
    """
    import zipfile

    file = tempfile.TemporaryFile()  # noqa: SIM115 (the caller sends it)
    try:
        with zipfile.ZipFile(file, "w") as archive:
            for name in (PACK_JSON, *sorted(set(names))):
                info = zipfile.ZipInfo(name, _FIRST_DAY)
                info.create_system = 3
                info.external_attr = (stat.S_IFREG | 0o644) << 16
                data = emoji_files.read(folder / name)
                archive.writestr(info, data.removeprefix(b"\xef\xbb\xbf") if name == PACK_JSON else data)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file


def fingerprint(file: IO[bytes]) -> str:
    """The SHA-256 of an archive as packs show it: upper-case hex."""
    return hashlib.file_digest(file, "sha256").hexdigest().upper()  # type: ignore[arg-type]
