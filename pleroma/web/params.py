"""Reading the parameters of a request: each reader knows the largest value that it looks at.

What is larger is refused before anything parses it. Lengths are counted in characters as people see them, as
`text.length` does. How a request is taken apart stands in request_body.py.
"""

from __future__ import annotations

import datetime as dates
import io
import math
import re
from typing import Any, cast

from flask import request
from werkzeug.datastructures import FileStorage

from pleroma import bounded_json
from pleroma.errors import ApiError, InvalidParameters
from pleroma.text import is_longer
from pleroma.text.clean import clean as clean
from pleroma.text.clean import clean_tree as clean_tree
from pleroma.text.clean import is_storable
from pleroma.web.request_body import SMALL_BODY, ApiRequest, Repeated, named

MAXIMUM_ID = 2**63 - 1
# Characters of a text, of a password or token, of a time; entries of a list. A view may say otherwise.
LONGEST_TEXT = 1000
# For a text whose limit is a setting, and looked at right behind: no body holds more.
LONGEST_OF_ALL = SMALL_BODY
LONGEST_SECRET = 4096
_LONGEST_TIME = 100
MOST_ENTRIES = 1000
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_STRICT = {"true": True, "1": True, "false": False, "0": False}
_FALSE = {"false", "False", "FALSE", "0", "f", "F", "off", "OFF"}
_LEADING_DIGITS = re.compile(r"\s*([+-]?[0-9]{1,100})")
_IDENTIFIER = re.compile(r"[0-9]{1,19}", re.ASCII)
_INDEX = re.compile(r"[0-9]{1,9}", re.ASCII)


def everything() -> dict[str, Any]:
    """All parameters of the request by name; of what came more than once, the last."""
    return {name: _last(value) for name, value in _all().items()}


def _all() -> dict[str, Any]:
    return cast(ApiRequest, request).parameters


def bare_body() -> bytes:
    """The very bytes of the body, for who parses it without parameters. Raises a 413."""
    return cast(ApiRequest, request).bare_body


def _last(value: Any) -> Any:
    return value[-1] if isinstance(value, Repeated) else value


def raw(name: str) -> Any:
    """The parameter as it came, the last one of several, or None."""
    return _last(_all().get(name))


def present(name: str) -> bool:
    """Whether the parameter was sent, be it empty; a JSON null counts as not sent."""
    return raw(name) is not None


def text(
    name: str, default: str | None = None, *, most: int = LONGEST_TEXT, error: ApiError | None = None
) -> str | None:
    """The parameter as text, `default` when it is absent or empty.

    Raises InvalidParameters for maps and lists; for more than `most` characters `error`, or InvalidParameters.
    """
    value = sent_text(name, most=most, error=error)
    return default if value is None or value == "" else value


def sent_text(name: str, *, most: int = LONGEST_TEXT, error: ApiError | None = None) -> str | None:
    """The parameter as text, "" when it was sent empty, None when it was not sent. Raises as `text`."""
    return as_text(name, raw(name), most=most, error=error)


def as_text(name: str, value: Any, *, most: int = LONGEST_TEXT, error: ApiError | None = None) -> str | None:
    """The same of a value that was found already; `name` is for the error."""
    typed = _as_typed(name, value)
    if typed is None:
        return None
    if is_longer(typed, most):
        raise error or too_long(name, most)
    return clean(typed)


def too_long(name: str, most: int) -> InvalidParameters:
    """The error for a text with more than `most` characters."""
    return InvalidParameters(f"{name} should be at most {most} character(s)")


def _as_typed(name: str, value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    raise InvalidParameters(f"{name} must be a text")


def required_text(name: str, *, most: int = LONGEST_TEXT) -> str:
    """The parameter as text that is not empty. Raises InvalidParameters."""
    value = text(name, most=most)
    if value is None:
        raise InvalidParameters(f"{name} is missing")
    return value


def exact(name: str, *, most: int = LONGEST_TEXT) -> str | None:
    """A name or an address exactly as sent, "" when it was sent empty, None when it was not sent.

    Raises InvalidParameters also for what cannot be stored as it is: without that it would be another name.
    """
    return as_exact(name, raw(name), most=most)


def as_exact(name: str, value: Any, *, most: int = LONGEST_TEXT) -> str | None:
    """The same of a value that was found already; `name` is for the error."""
    typed = _as_typed(name, value)
    if typed is None:
        return None
    if is_longer(typed, most):
        raise too_long(name, most)
    if not is_storable(typed):
        raise InvalidParameters(f"{name} has characters that cannot be stored")
    return typed


def required_exact(name: str, *, most: int = LONGEST_TEXT) -> str:
    """The same as `exact`, not empty. Raises InvalidParameters."""
    value = exact(name, most=most)
    if not value:
        raise InvalidParameters(f"{name} is missing")
    return value


def secret(name: str) -> str:
    """A password, a token or a name exactly as typed, "" when absent. Raises InvalidParameters if it is not text."""
    return as_secret(name, raw(name))


def as_secret(name: str, value: Any, *, most: int = LONGEST_SECRET) -> str:
    """The same of a value that was found already; `name` is for the error.

    One of more than `most` characters is cut to one more: it is wrong in any case, and still too long.
    """
    typed = _as_typed(name, None if isinstance(value, bool) else value)
    if typed is None and value is not None:
        raise InvalidParameters(f"{name} must be a text")
    typed = (typed or "")[: most + 1]
    try:
        typed.encode()
    except UnicodeEncodeError as error:
        raise InvalidParameters(f"{name} is not valid UTF-8") from error
    return typed


def somebody(name: str) -> str:
    """A nickname or an address that names somebody, trimmed; "" when it was not sent or cannot be one."""
    typed = secret(name)
    return typed.strip() if is_storable(typed) else ""


def as_boolean(value: Any) -> bool | None:
    """One reading of booleans for forms and JSON (docs/api/pleroma.md 1.1): None when unset."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return value not in _FALSE
    return bool(value)


def boolean(name: str, default: bool | None = None) -> Any:
    """The parameter as a boolean, `default` when it is absent, null or empty."""
    value = as_boolean(raw(name))
    return default if value is None else value


def strict_boolean(name: str) -> bool | None:
    """The parameter as true, false, 1 or 0, None when it is absent or empty. Raises InvalidParameters for the rest."""
    value = text(name)
    if value is None:
        return None
    if value not in _STRICT:
        raise InvalidParameters(f"{name} is neither true nor false")
    return _STRICT[value]


def as_integer(value: Any) -> int | None:
    """A whole number from its leading digits, cut to what 64 bits hold; None for garbage (docs/api/pleroma.md 1.1)."""
    if isinstance(value, str):
        match = _LEADING_DIGITS.match(value)
        value = int(match[1]) if match else None
    if not isinstance(value, int | float) or isinstance(value, float) and not math.isfinite(value):
        return None
    return max(-MAXIMUM_ID, min(int(value), MAXIMUM_ID))


def integer(name: str, default: int | None = None) -> Any:
    """The parameter as a whole number, `default` for garbage."""
    value = as_integer(raw(name))
    return default if value is None else value


def as_pattern(words: str) -> str:
    """Words as a pattern of `like` that stands for just them."""
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def as_identifier(value: Any) -> int | None:
    """An id as 64-bit integer; None for what names nothing (docs/api/mastodon.md 2.1)."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    digits = str(value)
    if not _IDENTIFIER.fullmatch(digits) or int(digits) > MAXIMUM_ID:
        return None
    return int(digits)


def identifier(name: str) -> int | None:
    """The parameter as an id, None when it is absent or names nothing."""
    return as_identifier(raw(name))


def values(name: str, *, most: int = MOST_ENTRIES, alone: bool = True) -> list[Any] | None:
    """The parameter as a list, however it was spelled: name[]=, name=, name[0]=, JSON; None when it was not sent.

    A value that stands `alone` is a list too. Raises InvalidParameters if it is not a list, and for more than `most`
    entries.
    """
    value = _all().get(name)
    if value is None:
        return None
    found = as_list(value) if alone or isinstance(value, list | dict) else None
    if found is None:
        raise InvalidParameters(f"{name} must be a list")
    if len(found) > most:
        raise InvalidParameters(f"{name} should have at most {most} entries")
    return found


def as_list(value: Any) -> list[Any] | None:
    """A value as a list, a single one included; None for a map whose keys are no indices."""
    if isinstance(value, dict):
        if not all(_INDEX.fullmatch(key) for key in value):
            return None
        return [value[key] for key in sorted(value, key=int)]
    return value if isinstance(value, list) else [value]


def texts(name: str, *, most: int = MOST_ENTRIES, longest: int = LONGEST_TEXT) -> list[str]:
    """The parameter as a list of texts, empty ones left out. Raises InvalidParameters."""
    found = [as_text(name, value, most=longest) for value in values(name, most=most) or []]
    return [value for value in found if value]


def exacts(name: str, *, most: int = MOST_ENTRIES, longest: int = LONGEST_TEXT) -> list[str]:
    """The parameter as a list of names or addresses exactly as sent, empty ones left out. Raises InvalidParameters."""
    found = [as_exact(name, value, most=longest) for value in values(name, most=most) or []]
    return [value for value in found if value]


def identifiers(name: str, *, most: int = MOST_ENTRIES) -> list[int]:
    """The parameter as a list of ids; what names nothing is left out, doubles too. Raises InvalidParameters."""
    found = [as_identifier(value) for value in values(name, most=most) or []]
    return list(dict.fromkeys(value for value in found if value is not None))


def tree(name: str) -> dict[str, Any] | None:
    """The parameter as a map with the keys as sent, None when absent. Raises InvalidParameters.

    A text that holds a JSON object counts.
    """
    value = raw(name)
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            value = bounded_json.parse(value)
        except bounded_json.TooMuch as error:
            raise InvalidParameters(f"{name} {error}") from error
        except ValueError as error:
            raise InvalidParameters(f"{name} is not valid JSON") from error
    if value is None or value == "":
        return None
    if not isinstance(value, dict):
        raise InvalidParameters(f"{name} must be an object")
    return value


def mapping(name: str) -> dict[str, Any] | None:
    """The same with the brackets of its names understood: `options[]` is `options`."""
    value = tree(name)
    return None if value is None else named(value.items())


def upload(name: str) -> FileStorage | None:
    """The uploaded file of that name, None when there is none. A part that came without a file name is one too."""
    value = raw(name)
    if isinstance(value, FileStorage):
        return value
    if isinstance(value, str) and value and name in cast(ApiRequest, request).multipart_names:
        return FileStorage(io.BytesIO(value.encode()), "", name)
    return None


def datetime(name: str) -> dates.datetime | None:
    """The parameter as an ISO 8601 time, None when absent; UTC without a zone. Raises a 422."""
    invalid = ApiError(f"{name} is not a time", 422)
    value = text(name, most=_LONGEST_TIME, error=invalid)
    if value is None:
        return None
    try:
        parsed = dates.datetime.fromisoformat(value)
    except ValueError as error:
        raise invalid from error
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=dates.UTC)
