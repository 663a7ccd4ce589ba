"""The URIs by which something elsewhere is known: what they may be, whose they are, and who may speak of what.

The origin of each thing that is believed is looked at here, and hosts are compared in this one form.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from pleroma.addresses import host_and_port
from pleroma.config import Config

LONGEST = 2000
# Spaces and control characters are in no URI, and some characters beyond ASCII look like something else.
_UNSAFE = re.compile(r'[\x00-\x20\x7f-\xa0"<>\\^`{|}\u2028\u2029\ud800-\udfff\ufeff\uffff]')


_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class BadUri(ValueError):
    """The value is not a URI that is accepted; the text says why."""


def accepted(value: Any, config: Config) -> str:
    """The URI of something that federates, as it is written.

    It is https (for tests, where loopback is open, http as well), has a host, no user part, and at most LONGEST bytes.
    Raises BadUri.
    """
    if not isinstance(value, str) or not value:
        raise BadUri("is no URI")
    if len(value) > LONGEST or len(value.encode("utf-8", "replace")) > LONGEST or _UNSAFE.search(value):
        raise BadUri("is too long for a URI, or holds what none can hold")
    scheme, host = _parts(value)
    if scheme != "https" and not (scheme == "http" and config.remote_allow_loopback) or not host:
        raise BadUri("is no https address")
    return value


def host_of(uri: str) -> str:
    """The host of a URI: lower case, punycode, with its port unless that is the usual one. Raises BadUri."""
    return _parts(uri)[1]


def origin_of(uri: str) -> tuple[str, str]:
    """Scheme and host of a URI. Raises BadUri."""
    return _parts(uri)


def same_origin(first: str, second: str) -> bool:
    """Whether two URIs are of the same server, so that it may speak of the one by the other (FEP-fe34)."""
    try:
        return _parts(first) == _parts(second)
    except BadUri:
        return False


def is_ours(uri: str, config: Config) -> bool:
    """Whether a URI is of this server."""
    try:
        return host_of(uri) == config.domain
    except BadUri:
        return False


def local_nickname(uri: str, config: Config) -> str | None:
    """The nickname in the address of one of our actors; None for any other address."""
    nickname = uri.removeprefix(f"{config.base_url}/users/")
    return nickname if nickname != uri and nickname and not set("/?#") & set(nickname) else None


def local_uuid(uri: str, config: Config) -> str | None:
    """The UUID in the address of one of our statuses; None for any other address."""
    found = _UUID.fullmatch(uri.removeprefix(f"{config.base_url}/objects/"))
    return found[0].lower() if found else None


def local_id(uri: str, config: Config) -> int | None:
    """The id in the address of the page of one of our statuses; None for any other address."""
    written = uri.removeprefix(f"{config.base_url}/notice/")
    return int(written) if written.isascii() and written.isdigit() and len(written) < 19 else None


def without_fragment(uri: str) -> str:
    """The address that a URI is asked at."""
    return uri.partition("#")[0]


def shown(value: Any, of: str, config: Config) -> str:
    """The address of a page that something names as its own: `of`, its URI, unless the page is of the same host."""
    try:
        return accepted(value, config) if host_of(accepted(value, config)) == host_of(of) else of
    except BadUri:
        return of


def _parts(uri: str) -> tuple[str, str]:
    # An activity names few hosts, many times. Longer ones than are accepted fill no cache.
    return _read_parts(uri) if len(uri) <= LONGEST else _read_parts.__wrapped__(uri)


@lru_cache(maxsize=256)
def _read_parts(uri: str) -> tuple[str, str]:
    try:
        parts = urlsplit(uri)
        if parts.username is not None or parts.password is not None or "@" in parts.netloc:
            raise BadUri("names a user")
        return parts.scheme.lower(), host_and_port(parts.scheme.lower(), parts.hostname or "", parts.port)
    except BadUri:
        raise
    except ValueError as error:
        raise BadUri(str(error)) from error
