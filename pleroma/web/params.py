"""Parameters of a request, wherever they came from.

Query string, form, multipart and JSON merge into one map; the body wins over the query string. Bracket
names nest (docs/api/pleroma.md 1.1, docs/api/mastodon.md 14).
"""

from __future__ import annotations

import io
import json
import re
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, cast

from flask import Request, request
from werkzeug.datastructures import FileStorage, Headers, MultiDict
from werkzeug.exceptions import BadRequest
from werkzeug.formparser import FormDataParser, MultiPartParser

from pleroma import settings
from pleroma.errors import ApiError, InvalidParameters
from pleroma.text.clean import clean as clean
from pleroma.text.clean import clean_tree as clean_tree
from pleroma.web.state import configured

MAXIMUM_DEPTH = 32
MAXIMUM_ID = 2**63 - 1
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_STRICT = {"true": True, "1": True, "false": False, "0": False}
_FALSE = {"false", "False", "FALSE", "0", "f", "F", "off", "OFF"}
_BRACKETS = re.compile(r"\[([^\]\[]*)\]")
_LEADING_DIGITS = re.compile(r"\s*([+-]?[0-9]+)")
_LONGEST_NUMBER = 18
_IDENTIFIER = re.compile(r"[0-9]{1,19}", re.ASCII)


class _NamelessFiles(MultiPartParser):
    """Takes a part without a file name for a file when its bytes are no text."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "cls": list})
        self._parts: list[tuple[str, Headers]] = []

    def get_part_charset(self, headers: Headers) -> str:
        """Note the charset of a part, and let its bytes through as they are."""
        self._parts.append((super().get_part_charset(headers), headers))
        return "iso-8859-1"

    def parse(self, stream: Any, boundary: bytes, content_length: int | None) -> Any:
        """The (fields, files) of a body."""
        pairs, found = cast(Any, super().parse(stream, boundary, content_length))
        fields, files = [], MultiDict(found)
        for (name, value), (charset, headers) in zip(pairs, self._parts, strict=True):
            content = value.encode("iso-8859-1")
            try:
                fields.append((name, content.decode(charset)))
            except UnicodeDecodeError:
                files.add(name, FileStorage(io.BytesIO(content), "", name, headers=headers))
        return MultiDict(fields), files


class StrictFormParser(FormDataParser):
    """Raises on bytes that are no UTF-8 instead of showing an empty form."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **{**options, "silent": False})

    def _parse_multipart(
        self, stream: Any, mimetype: str, content_length: int | None, options: dict[str, str]
    ) -> tuple[Any, Any, Any]:
        boundary = options.get("boundary", "").encode("ascii")
        if not boundary:
            raise ValueError("Missing boundary")
        parser = _NamelessFiles(
            stream_factory=self.stream_factory,
            max_form_memory_size=self.max_form_memory_size,
            max_form_parts=self.max_form_parts,
        )
        return stream, *parser.parse(stream, boundary, content_length)


class ApiRequest(Request):
    """A request whose form fields may be as large as the uploads that clients send as data URIs."""

    form_data_parser_class = StrictFormParser

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """All parameters as one map of texts, files, lists and maps."""
        if self.content_length and self.content_length > (self.max_content_length or 0):
            # An administrator may have raised the limits since the start.
            self.max_content_length = self.max_form_memory_size = settings.largest_body_in_force(configured())
        return _merged(self)


def _assign(target: dict[str, Any], name: str, value: Any) -> None:
    head, bracket, rest = name.partition("[")
    keys = [head] + (_BRACKETS.findall("[" + rest) if bracket else [])
    if len(keys) > MAXIMUM_DEPTH:
        raise InvalidParameters(f"{head} is nested too deep")
    node: Any = target
    for key, following in zip(keys, [*keys[1:], None], strict=True):
        if isinstance(node, list):
            node = _list_step(node, following, value)
        elif following is None:
            node[key] = value
        else:
            kind: type = list if following == "" else dict
            if not isinstance(node.get(key), kind):
                node[key] = kind()
            node = node[key]


def _list_step(node: list[Any], following: str | None, value: Any) -> Any:
    if following is None:
        node.append(value)
        return node
    # a[][b]=1&a[][c]=2 makes one entry; a repeated key starts the next one.
    if not node or not isinstance(node[-1], dict) or following in node[-1]:
        node.append({})
    return node[-1]


def _merge_pairs(target: dict[str, Any], pairs: Any) -> None:
    nested: dict[str, Any] = {}
    for name, values in pairs:
        for value in values:
            if "[" in name:
                _assign(nested, name, value)
            elif name in nested and len(values) > 1:
                nested[name] = [*nested[name], value] if isinstance(nested[name], list) else [nested[name], value]
            else:
                nested[name] = value
    target.update(nested)


def _depth_within(value: Any, left: int = MAXIMUM_DEPTH) -> bool:
    if left < 0:
        return False
    if isinstance(value, dict):
        return all(_depth_within(item, left - 1) for item in value.values())
    if isinstance(value, list):
        return all(_depth_within(item, left - 1) for item in value)
    return True


def _json_body() -> dict[str, Any]:
    data = request.get_data(cache=True)
    if not data.strip():
        return {}
    try:
        body = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InvalidParameters("The body is not valid JSON") from error
    if not _depth_within(body):
        raise InvalidParameters("The body is nested too deep")
    return body if isinstance(body, dict) else {"_json": body}


def everything() -> dict[str, Any]:
    """All parameters of the request as one map of texts, files, lists and maps."""
    return cast(ApiRequest, request).parameters


def _merged(asked: Request) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    if asked.query_string:
        _merge_pairs(merged, asked.args.lists())
    if asked.method == "GET" and not asked.environ.get("CONTENT_TYPE") and not asked.content_length:
        return merged
    if asked.is_json:
        merged.update(_json_body())
    elif asked.method != "GET" or asked.content_length:
        try:
            _merge_pairs(merged, asked.form.lists())
            _merge_pairs(merged, ((name, _real(files)) for name, files in asked.files.lists()))
        except (ValueError, BadRequest) as error:
            if isinstance(error, UnicodeDecodeError):
                raise
            raise InvalidParameters("The body cannot be read") from error
    return merged


def _real(files: list[FileStorage]) -> list[FileStorage]:
    # A form sends its empty file fields as parts without name and content.
    return [file for file in files if file.filename or (file.stream.read(1) and not file.stream.seek(0))]


def raw(name: str) -> Any:
    """The parameter as it came, or None."""
    return everything().get(name)


def present(name: str) -> bool:
    """Whether the parameter was sent, be it empty; a JSON null counts as not sent."""
    return raw(name) is not None


def text(name: str, default: str | None = None) -> str | None:
    """The parameter as text, `default` when it is absent or empty. Raises InvalidParameters for maps and lists."""
    value = sent_text(name)
    return default if value is None or value == "" else value


def sent_text(name: str) -> str | None:
    """The parameter as text, "" when it was sent empty, None when it was not sent."""
    return _as_text(name, raw(name))


def _as_text(name: str, value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    raise InvalidParameters(f"{name} must be a text")


def required_text(name: str) -> str:
    """The parameter as text that is not empty. Raises InvalidParameters."""
    value = text(name)
    if value is None:
        raise InvalidParameters(f"{name} is missing")
    return value


def secret(name: str) -> str:
    """A password or token exactly as typed, "" when absent. Raises InvalidParameters for what no text is."""
    return as_secret(name, raw(name))


def as_secret(name: str, value: Any) -> str:
    """The same of a value that was found already; `name` is for the error."""
    if value is None:
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise InvalidParameters(f"{name} must be a text")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise InvalidParameters(f"{name} is not valid UTF-8") from error
    return value


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
    """A whole number from its leading digits; None for garbage (docs/api/pleroma.md 1.1)."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int):
        return value if abs(value) < 10**_LONGEST_NUMBER else None
    if isinstance(value, float):
        return int(value) if abs(value) < 10**15 else None
    match = _LEADING_DIGITS.match(value[:100]) if isinstance(value, str) else None
    return int(match[1]) if match and len(match[1]) <= _LONGEST_NUMBER else None


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


def values(name: str) -> list[Any] | None:
    """The parameter as a list, however it was spelled: name[]=, name=, name[0]=, JSON; None when it was not sent."""
    value = raw(name)
    if value is None:
        return None
    if isinstance(value, dict):
        return [value[key] for key in sorted(value, key=lambda key: (len(key), key))]
    return value if isinstance(value, list) else [value]


def texts(name: str) -> list[str]:
    """The parameter as a list of texts, empty ones left out."""
    found = [_as_text(name, value) for value in values(name) or []]
    return [value for value in found if value]


def identifiers(name: str) -> list[int]:
    """The parameter as a list of ids; what names nothing is left out, doubles too."""
    found = [as_identifier(value) for value in values(name) or []]
    return list(dict.fromkeys(value for value in found if value is not None))


def mapping(name: str) -> dict[str, Any] | None:
    """The parameter as a map, None when absent. A text that holds a JSON object counts. Raises InvalidParameters."""
    value = raw(name)
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError) as error:
            raise InvalidParameters(f"{name} is not valid JSON") from error
    if value is None or value == "":
        return None
    if not isinstance(value, dict) or not _depth_within(value):
        raise InvalidParameters(f"{name} must be an object")
    return value


def upload(name: str) -> FileStorage | None:
    """The uploaded file of that name, None when there is none. A part that came without a file name is one too."""
    value = raw(name)
    if isinstance(value, FileStorage):
        return value
    if isinstance(value, str) and value and request.mimetype == "multipart/form-data" and name in request.form:
        return FileStorage(io.BytesIO(value.encode()), "", name)
    return None


def moment(name: str) -> datetime | None:
    """The parameter as an ISO 8601 time, None when absent; UTC without a zone. Raises a 422."""
    value = text(name)
    if value is None:
        return None
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError as error:
        raise ApiError(f"{name} is not a time", 422) from error
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
