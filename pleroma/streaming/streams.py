"""The streams that clients may follow: their names, what they need, and how clients name them.

Rules: docs/api/mastodon.md 10.7.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

_PUBLIC = ("public", "public:local", "public:remote")
_OPEN = frozenset((*_PUBLIC, *(f"{name}:media" for name in _PUBLIC), "hashtag", "hashtag:local"))
_SCOPES = {
    "user": "read:statuses",
    "user:notification": "read:notifications",
    "list": "read:lists",
    "direct": "read:statuses",
}
# The streams of server-sent events by what follows /api/v1/streaming/.
PATHS = {
    "user": "user",
    "user/notification": "user:notification",
    "public": "public",
    "public/local": "public:local",
    "public/remote": "public:remote",
    "hashtag": "hashtag",
    "hashtag/local": "hashtag:local",
    "list": "list",
    "direct": "direct",
}
_NO = ("", "0", "f", "false", "off")
_LONGEST_TAG = 100
_LONGEST_ID = 19


class Stream(NamedTuple):
    """A stream: its name, the tag or the id of the list that it is about, and that tag as the client wrote it."""

    name: str
    argument: str = ""
    written: str = ""

    @property
    def label(self) -> list[str]:
        """How frames name it: the name, and its argument where it has one. Clients compare it with what they wrote."""
        return [self.name, self.written or self.argument] if self.argument else [self.name]

    @property
    def scope(self) -> str | None:
        """The scope that it needs; None for those that are open to anybody."""
        return _SCOPES.get(self.name)

    @property
    def list_id(self) -> int:
        """The list that it is about; 0 for all others."""
        return int(self.argument) if self.name == "list" else 0


class UnknownStream(ValueError):
    """No stream has that name, or its tag or list is missing."""


def named(name: object, parameters: Mapping[str, object]) -> Stream:
    """The stream of a name with its `tag` or `list`. Raises UnknownStream."""
    if name in ("hashtag", "hashtag:local"):
        written = _tag(parameters.get("tag"))
        tag = written.lower()
        return Stream(str(name), tag, "" if written == tag else written)
    if name == "list":
        return Stream("list", _list(parameters.get("list")))
    if not isinstance(name, str) or (name not in _OPEN and name not in _SCOPES):
        raise UnknownStream("Unknown stream type")
    return Stream(name)


def of_path(path: str, parameters: Mapping[str, str]) -> Stream | None:
    """The stream of server-sent events at a path below /api/v1/streaming; None at its root without `stream`.

    Raises UnknownStream.
    """
    if not path:
        return named(parameters["stream"], parameters) if parameters.get("stream") else None
    if path not in PATHS:
        raise UnknownStream("Unknown stream type")
    name = PATHS[path]
    if name in _PUBLIC and parameters.get("only_media", "").lower() not in _NO:
        name += ":media"
    return named(name, parameters)


def _tag(value: object) -> str:
    tag = value.strip().removeprefix("#") if isinstance(value, str) else ""
    if not tag or len(tag) > _LONGEST_TAG or not tag.isprintable():
        raise UnknownStream("The tag is missing")
    return tag


def _list(value: object) -> str:
    number = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not number.isascii() or not number.isdigit() or len(number) > _LONGEST_ID or int(number) >= 2**63:
        raise UnknownStream("The list is missing")
    return str(int(number))
