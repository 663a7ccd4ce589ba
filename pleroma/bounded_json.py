"""JSON from outside, bounded before it is parsed: how deep it is nested, and how many values it makes."""

from __future__ import annotations

import json
import math
import re
from typing import Any

DEEPEST = 32
# A value costs some hundred bytes of memory, however short it was written.
MOST_VALUES = 20_000

# A string that is not closed goes on to the end. Looked at again from each of its quotes, it would take the square.
_STRING_OR_SIGN = re.compile(r'"(?:[^"\\]++|\\(?:.|\Z))*+(?:"|\Z)|[\[\]{},]', re.DOTALL)


class TooMuch(ValueError):
    """JSON that is nested deeper, or has more values, than is parsed."""


def parse(source: bytes | str, most_values: int = MOST_VALUES) -> Any:
    """The value of a JSON text in UTF-8, with or without a byte order mark.

    Raises ValueError for invalid JSON (NaN, Infinity and numbers beyond any float are none), TooMuch for more than
    `most_values` values in lists and objects and for deeper nesting than DEEPEST.
    """
    text = source if isinstance(source, str) else source.decode("utf-8-sig")
    if not _values_fit(text, most_values):
        raise TooMuch("has too many values")
    try:
        value = json.loads(text, parse_constant=_finite, parse_float=_finite)
    except RecursionError as error:
        raise TooMuch("is nested too deep") from error
    if not is_flat(value):
        raise TooMuch("is nested too deep")
    return value


def _values_fit(text: str, most: int) -> bool:
    # Each value takes at least a sign of its own.
    if len(text) <= most:
        return True
    count = 0
    for found in _STRING_OR_SIGN.finditer(text):
        count += text[found.start()] in "[{,"
        if count > most:
            return False
    return True


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is no JSON")
    return number


def is_flat(value: Any, levels: int = DEEPEST) -> bool:
    """Whether lists and objects are nested in each other no deeper than `levels`."""
    if not isinstance(value, dict | list):
        return True
    inner = value.values() if isinstance(value, dict) else value
    return levels > 0 and all(is_flat(item, levels - 1) for item in inner)
