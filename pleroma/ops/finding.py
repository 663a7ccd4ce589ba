"""What `doctor` says of one thing."""

from __future__ import annotations

from typing import NamedTuple


class Finding(NamedTuple):
    """One thing that was looked at; `advice` says what to do when it is wrong."""

    text: str
    advice: str = ""
