"""What lets somebody in, for all who ask: how tokens are kept, and which scopes meet which."""

from __future__ import annotations

import hashlib
from collections.abc import Collection

# A scope of a route: the granted scopes that meet it, besides itself and its first part.
_ALSO_MET_BY = {
    "follow": ("write", "write:follows"),
    "follow:blocks": ("write", "write:blocks"),
    "follow:mutes": ("write", "write:mutes"),
    "read:follows": ("follow",),
    "read:blocks": ("follow",),
    "read:mutes": ("follow",),
}


def token_hash(token: str) -> bytes:
    """What the database keeps of a token: its SHA-256."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


def meets(scope: str, granted: Collection[str] | None) -> bool:
    """Whether granted scopes meet the scope of a route (docs/api/mastodon.md 2.2). Alternatives are joined by |."""
    if granted is None or not scope:
        return True
    return any(
        one in granted
        or one.partition(":")[0] in granted
        or any(other in granted for other in _ALSO_MET_BY.get(one, ()))
        for one in scope.split("|")
    )


def missing_scope(scope: str) -> str:
    """What a client hears whose token lacks a scope."""
    return f"Insufficient permissions: {scope.partition('|')[0].partition(':')[0]}."
