"""Nicknames that may be taken (docs/api/pleroma.md 2)."""

from __future__ import annotations

import re

RESERVED = frozenset(
    ".well-known ~ about activities actor api auth check_password collections contexts dev friend-requests inbox "
    "internal main media nodeinfo notice oauth objects ostatus_subscribe outbox pleroma proxy push registration relay "
    "settings status tag user-search "
    "user_exists users web emoji images instance login logout metrics health static".split()
)
_LONGEST = 100
_PLAIN = re.compile(r"[a-zA-Z0-9]+", re.ASCII)
_EXTENDED = re.compile(r"[a-zA-Z0-9_-]+", re.ASCII)


def fault(nickname: str, extended: bool) -> str | None:
    """What is wrong with a nickname, in the words of the API; None when nothing is."""
    if not nickname:
        return "can't be blank"
    if not (_EXTENDED if extended else _PLAIN).fullmatch(nickname):
        return "has invalid format"
    if len(nickname) > _LONGEST:
        return f"should be at most {_LONGEST} character(s)"
    return "is reserved" if nickname.lower() in RESERVED else None
