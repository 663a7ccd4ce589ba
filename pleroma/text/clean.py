"""Texts from outside, made fit to be stored."""

from __future__ import annotations

import math
import re
from typing import Any

# The character that stands for the base URL in what is stored; no text from outside holds one.
BASE = "\x01"
# Half surrogates and control characters can be stored nowhere; U+0001 stands for the base address, U+FFFF too.
_UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\uffff]")


def clean(text: str) -> str:
    """`text` without characters that cannot be stored."""
    return _UNSTORABLE.sub("", text)


def is_storable(text: str) -> bool:
    """Whether a text can be stored just as it is."""
    return _UNSTORABLE.search(text) is None


def clean_tree(value: Any) -> Any:
    """A value out of JSON with every text in it, keys included, fit to be stored."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean(key): clean_tree(item) for key, item in value.items()}
    if isinstance(value, list):
        return [clean_tree(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
