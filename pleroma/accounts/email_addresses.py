"""E-mail addresses: which ones are accepted (docs/api/pleroma.md 10.1)."""

from __future__ import annotations

import re

_ADDRESS = re.compile(
    r"[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(\.[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*",
    re.ASCII,
)
LONGEST = 254


def is_valid(address: str) -> bool:
    """Whether an address has the form that registration and invitations accept."""
    return len(address) <= LONGEST and _ADDRESS.fullmatch(address) is not None
