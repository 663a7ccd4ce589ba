"""ActivityStreams as others write it: a value may be missing, one or a list, and an address have several forms.

No JSON-LD is processed: keys are read as they are usually written, and what two readers could understand in two ways
is not read at all (docs/federation.md).
"""

from __future__ import annotations

import json
from typing import Any

from pleroma import bounded_json
from pleroma.text.clean import clean, clean_tree

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
_PUBLICS = frozenset((PUBLIC, "as:Public", "Public"))
_NAMESPACES = (
    "https://www.w3.org/ns/activitystreams#",
    "http://joinmastodon.org/ns#",
    "http://litepub.social/ns#",
    "as:",
    "toot:",
    "litepub:",
)
Document = dict[str, Any]


class Unreadable(ValueError):
    """The source is not a document that is accepted; the text says why."""


def parse(source: bytes) -> Document:
    """An object in JSON, fit to be stored. Raises Unreadable, also for a key twice on the first two levels."""
    try:
        bounded_json.parse(source)
        value = json.loads(source.decode("utf-8-sig"), object_pairs_hook=_Pairs)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"The body is no JSON that is accepted: {error}") from error
    if not isinstance(value, _Pairs):
        raise Unreadable("The body is no object")
    for pairs in (value, *(part for _, part in value.items if isinstance(part, _Pairs))):
        # As they are stored: what no text can hold makes no other name.
        if len({clean(name) for name, _ in pairs.items}) < len(pairs.items):
            raise Unreadable("A key is there twice")
    read = clean_tree(_plain(value))
    assert isinstance(read, dict)  # noqa: S101 (it was one above)
    return read


class _Pairs:
    """An object as it was written, each key as often as it was there."""

    def __init__(self, items: list[tuple[str, Any]]) -> None:
        self.items = items


def _plain(value: Any) -> Any:
    if isinstance(value, _Pairs):
        return {name: _plain(part) for name, part in value.items}
    return [_plain(part) for part in value] if isinstance(value, list) else value


def many(value: Any, most: int = 500) -> list[Any]:
    """A value that may be none, one or several as a list, of which `most` are kept."""
    if value is None:
        return []
    return value[:most] if isinstance(value, list) else [value]


def one(value: Any) -> Any:
    """The first of several values, or the only one."""
    found = many(value, 1)
    return found[0] if found else None


def kind(document: Any) -> str:
    """The type of an object, without the name of its vocabulary; "" for none."""
    name = one(document.get("type")) if isinstance(document, dict) else None
    if not isinstance(name, str):
        return ""
    for namespace in _NAMESPACES:
        name = name.removeprefix(namespace)
    return name


def address(value: Any) -> str:
    """What a value names: a string itself, an object by its id, a Link by its href; "" for none."""
    value = one(value)
    if isinstance(value, dict):
        value = value.get("href") if kind(value) == "Link" else value.get("id")
    return value if isinstance(value, str) else ""


def addresses(value: Any, most: int = 500) -> list[str]:
    """What several values name, each once."""
    return list(dict.fromkeys(found for found in map(address, many(value, most)) if found))


def is_public(name: str) -> bool:
    """Whether an address stands for everybody."""
    return name in _PUBLICS


def text(value: Any) -> str:
    """A text, of several the first; "" for what is none."""
    value = one(value)
    return value if isinstance(value, str) else ""
