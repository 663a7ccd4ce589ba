"""Emoji packs of other servers: listed, downloaded, and checked, because nobody vouches for them.

Rules: docs/api/pleroma.md 6.
"""

from __future__ import annotations

import hashlib
import time
from typing import Any
from urllib.parse import quote, unquote, urljoin, urlsplit

from pleroma import bounded_json, remote
from pleroma.emoji import journal, pack_files
from pleroma.emoji.archives import MAX_ENTRIES, Archive, BadArchive
from pleroma.emoji.pack_files import MAX_PACK_JSON, MAX_VALUES, PACK_JSON, BrokenPack
from pleroma.emoji.packs import Packs
from pleroma.errors import ApiError, InvalidParameters
from pleroma.remote import RemoteError
from pleroma.text.clean import clean_tree

MAX_DOWNLOAD = 32_000_000
_FEATURE = "shareable_emoji_packs"
# What the list adds to a pack and no pack.json holds.
_COMPUTED = ("can-download", "download-sha256")
_MAX_LIST = 4_000_000
_MAX_NODEINFO = 1_000_000
_JSON_SECONDS = 10.0
# For all of it: what is left after the download is for unpacking.
_SECONDS = 25.0


class Instance:
    """Another server, asked within one time limit. Each question raises a 500 when it cannot be answered."""

    def __init__(self, address: str, *, allow_loopback: bool) -> None:
        self._base = address.strip().rstrip("/")
        self._allow_loopback = allow_loopback
        self.give_up = time.monotonic() + _SECONDS

    def packs(self) -> dict[str, Any]:
        """Its list of packs as it is, once it was seen that it shares some."""
        if not self._shares():
            raise ApiError("The requested instance does not support sharing emoji packs", 500)
        listed = self._json(f"{self._base}/api/pleroma/emoji/packs", _MAX_LIST)
        if not isinstance(listed, dict):
            raise ApiError("The requested instance sent no list of packs", 500)
        return listed

    def shared_archive(self, name: str) -> bytes:
        """The archive of a pack that it shares."""
        return self.fetch(f"{self._base}/api/pleroma/emoji/packs/{quote(name, safe='')}/download_shared", MAX_DOWNLOAD)

    def fetch(self, url: str, limit: int, seconds: float = _SECONDS) -> bytes:
        """The body of an answer of status 200."""
        left = self.give_up - time.monotonic()
        try:
            answer = remote.fetch(
                url, allow_loopback=self._allow_loopback, max_bytes=limit, total=max(0.1, min(seconds, left))
            )
        except RemoteError as error:
            raise ApiError(str(error), 500) from error
        if answer.status != 200:
            raise ApiError(f"{urlsplit(url).hostname} answered with status {answer.status}", 500)
        return answer.body

    def _shares(self) -> bool:
        links = self._json(f"{self._base}/.well-known/nodeinfo", _MAX_NODEINFO)
        try:
            href = links["links"][-1]["href"]
            info = self._json(urljoin(f"{self._base}/", href), _MAX_NODEINFO)
            return _FEATURE in info["metadata"]["features"]
        except (KeyError, IndexError, TypeError, AttributeError, ValueError):
            return False

    def _json(self, url: str, limit: int) -> Any:
        try:
            return bounded_json.parse(self.fetch(url, limit, _JSON_SECONDS), MAX_VALUES)
        except ValueError as error:
            raise ApiError("The requested instance sent no JSON", 500) from error


def download(packs: Packs, instance: Instance, pack_name: str, name: str) -> None:
    """Make a pack of another server one of ours, under `name`, whole or not at all.

    Raises InvalidParameters for names that are not safe, Conflict for one that is taken, a 500 for all that is wrong
    with the other server's pack.
    """
    pack_files.check_pack_name(pack_name)
    packs.require_free(name)
    entry = _entry(instance.packs(), pack_name)
    try:
        data, is_shared = _archive(instance, pack_name, entry["pack"])
        archive = Archive(data, instance.give_up)
        document = _shared_document(archive, entry) if is_shared else _without_computed(entry)
        with journal.workspace(packs.root) as folder:
            journal.fill(folder, document, archive.pictures(sorted(set(entry["files"].values()))))
            journal.install(packs.root, folder, name)
    except (BadArchive, BrokenPack, OSError, InvalidParameters) as error:
        raise ApiError(f"The pack cannot be taken: {error}", 500) from error


def _entry(listed: dict[str, Any], pack_name: str) -> dict[str, Any]:
    try:
        entry = pack_files.check_pack(clean_tree(listed[pack_name]))
    except KeyError as error:
        raise ApiError(f"The requested instance has no pack {pack_name}", 500) from error
    except BrokenPack as error:
        raise ApiError(f"The pack cannot be taken: {error}", 500) from error
    names = set(entry["files"].values())
    if len(names) > MAX_ENTRIES or not all(pack_files.is_file_name(name) for name in names):
        raise ApiError("The pack names files that are not safe", 500)
    return entry


def _archive(instance: Instance, pack_name: str, metadata: dict[str, Any]) -> tuple[bytes, bool]:
    """The bytes of a pack's archive, once their SHA-256 was compared, and whether it is that of the server itself."""
    fallback, digest = metadata.get("fallback-src"), metadata.get("fallback-src-sha256")
    shared_digest = metadata.get("download-sha256")
    is_shared = metadata.get("share-files") is True and metadata.get("can-download") is True
    if is_shared and isinstance(shared_digest, str):
        data, digest = instance.shared_archive(pack_name), shared_digest
    elif isinstance(fallback, str) and fallback and isinstance(digest, str):
        data, is_shared = instance.fetch(fallback, MAX_DOWNLOAD), False
    else:
        raise ApiError("The pack was not set as shared and there is no fallback src to download from", 500)
    if _sha256(data) != digest.upper():
        raise ApiError("SHA256 for the pack doesn't match the one sent by the server", 500)
    return data, is_shared


def _shared_document(archive: Archive, entry: dict[str, Any]) -> dict[str, Any]:
    """The pack.json of a shared archive. Raises BrokenPack when it names other files than the list."""
    document = clean_tree(pack_files.parse_pack(archive.read(PACK_JSON, MAX_PACK_JSON)))
    if set(document["files"].values()) != set(entry["files"].values()):
        raise BrokenPack("its archive holds other files than its list names")
    return document


def _without_computed(entry: dict[str, Any]) -> dict[str, Any]:
    return {**entry, "pack": {key: value for key, value in entry["pack"].items() if key not in _COMPUTED}}


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest().upper()


def update_metadata(packs: Packs, name: str, metadata: dict[str, Any], *, allow_loopback: bool) -> dict[str, Any]:
    """Replace what a pack says of itself, once a new fallback archive was checked, whose SHA-256 is then added.

    Raises InvalidParameters for a fallback that cannot be fetched, is no zip or lacks files; NotFound.
    """
    fallback = metadata.get("fallback-src") or None
    if fallback is not None and not isinstance(fallback, str):
        raise InvalidParameters("fallback-src must be a text")
    if isinstance(shared := metadata.get("share-files"), str):
        metadata = {**metadata, "share-files": {"true": True, "false": False}.get(shared.lower(), shared)}
    held = None
    if fallback != packs.read(name).metadata.get("fallback-src") and fallback is not None:
        data = _fetched(fallback, allow_loopback)
        try:
            held = set(Archive(data).names)
        except BadArchive as error:
            raise InvalidParameters(f"The fallback archive cannot be used: {error}") from error
        metadata = {**metadata, "fallback-src-sha256": _sha256(data)}
    with packs.open(name) as pack:
        pack.describe(metadata, held)
    return metadata


def picture(url: str, *, allow_loopback: bool) -> tuple[str, bytes]:
    """The file name and the bytes of a picture at an address. Raises InvalidParameters."""
    data = _fetched(url, allow_loopback)
    return unquote(urlsplit(url).path.rpartition("/")[2]), data


def _fetched(url: str, allow_loopback: bool) -> bytes:
    try:
        return Instance(url, allow_loopback=allow_loopback).fetch(url, MAX_DOWNLOAD)
    except ApiError as error:
        raise InvalidParameters(str(error)) from error
