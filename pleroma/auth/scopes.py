"""The scopes of tokens, as apps write them (docs/api/pleroma.md 19.1, docs/api/mastodon.md 12.2).

Unknown ones are kept and granted without effect, because clients insist on getting what they asked for.
"""

from __future__ import annotations

import re
from typing import Any

from pleroma.errors import InvalidParameters
from pleroma.web.params import clean

_BETWEEN = re.compile(r"[\s,]+")
_MOST = 100
_LONGEST = 200

KNOWN = (
    "read", "read:accounts", "read:blocks", "read:bookmarks", "read:favourites", "read:filters", "read:follows",
    "read:lists", "read:mutes", "read:notifications", "read:search", "read:statuses",
    "write", "write:accounts", "write:blocks", "write:bookmarks", "write:conversations", "write:favourites",
    "write:filters", "write:follows", "write:lists", "write:media", "write:mutes", "write:notifications",
    "write:reports", "write:statuses",
    "follow", "push",
)  # fmt: skip


def parse(value: Any) -> list[str]:
    """The scopes of a parameter, each once: a text (spaces or commas between them) or a list of texts.

    Raises InvalidParameters for anything else, and for more than anybody needs.
    """
    if value is None:
        return []
    parts = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else [value]
    if not all(isinstance(part, str) for part in parts):
        raise InvalidParameters("scope must be a text")
    if sum(map(len, parts)) > _MOST * _LONGEST:
        raise InvalidParameters("scope is too long")
    names = [name for part in parts for name in _BETWEEN.split(clean(part)) if name]
    unique = list(dict.fromkeys(names))
    if len(unique) > _MOST or any(len(name) > _LONGEST for name in unique):
        raise InvalidParameters("scope is too long")
    return unique
