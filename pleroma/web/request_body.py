"""What a request carries: query string, form, multipart and JSON become one map of parameters.

All of it is bounded before it is parsed: in bytes, in fields, in values. A route takes a small body unless
`takes_files` stands above its view. Bracket names nest; the body wins over the query string.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import IO, Any
from urllib.parse import unquote_to_bytes

from flask import Request, current_app
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, RequestURITooLarge
from werkzeug.formparser import default_stream_factory
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Event, Field, File, MultipartDecoder, NeedData
from werkzeug.wsgi import get_input_stream

from pleroma import bounded_json
from pleroma.config import Config
from pleroma.errors import InvalidParameters
from pleroma.web.state import configured, in_force

SMALL_BODY = 2**20
MOST_FIELDS = 1000
# Of path and query together: as long as gunicorn lets a request line be.
LONGEST_ADDRESS = 8190
_BESIDE_FILES = 2_000_000
_PIECE = 65_536
# Of a part's head, which has to be there as a whole.
_LARGEST_HEAD = 4 * _PIECE
_CHARSETS = frozenset(("ascii", "us-ascii", "utf-8", "iso-8859-1"))
_BRACKETS = re.compile(r"\[([^\]\[]*)\]")


class Repeated(list[Any]):
    """The values of a name that came more than once: a list for who reads one, for all others its last entry."""


@dataclass(frozen=True)
class _Files:
    limits: tuple[str, ...]
    as_text: bool

    def room(self, values: Mapping[str, Any]) -> int:
        """How many bytes a body may have under the values of the settings; base64 makes four bytes of three."""
        size = int(sum(values[name] for name in self.limits))
        return (size * 4 // 3 if self.as_text else size) + _BESIDE_FILES


def takes_files(*limits: str, as_text: bool = False) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Let a view take files as large as the settings `limits` say, together; `as_text` in text fields as well.

    Stands above `auth`.
    """

    def _decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        view.takes_files = _Files(limits, as_text)  # type: ignore[attr-defined]
        return view

    return _decorate


def largest(config: Config) -> int:
    """How many bytes the body of any request may have under the limits of the environment."""
    values = vars(config)
    together = _Files(("avatar_limit", "banner_limit", "background_limit"), as_text=True)
    return max(files.room(values) for files in (together, _Files(("upload_limit",), as_text=True)))


class ApiRequest(Request):
    """A request whose body is bounded by its route and parsed once, for all who read parameters."""

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """All parameters as one map of texts, files, lists and maps. Raises InvalidParameters, or a 413 or 414."""
        merged: dict[str, Any] = {}
        if self.query_string:
            if self.query_string.count(b"&") >= MOST_FIELDS:
                raise RequestURITooLarge()
            merged.update(named(self.args.items(multi=True)))
        if self.content_length == 0 or (self.method == "GET" and not self.environ.get("CONTENT_TYPE")):
            # A body of no bytes is none, whatever type is named.
            return merged
        try:
            merged.update(named(self._body()))
        except UnicodeDecodeError:
            raise
        except bounded_json.TooMuch as error:
            raise InvalidParameters(f"The body {error}") from error
        except (ValueError, BadRequest) as error:
            kind = "is not valid JSON" if self.is_json else "cannot be read"
            raise InvalidParameters(f"The body {kind}") from error
        return merged

    @cached_property
    def multipart_names(self) -> set[str]:
        """The names of the fields of a multipart body, once `parameters` was read."""
        return set()

    @cached_property
    def sent_files(self) -> list[FileStorage]:
        """The files of a multipart body, once `parameters` was read."""
        return []

    @cached_property
    def bare_body(self) -> bytes:
        """The very bytes of the body, for routes that parse it themselves. Raises a 413 above SMALL_BODY."""
        return _everything(get_input_stream(self.environ, max_content_length=SMALL_BODY), SMALL_BODY)

    def _body(self) -> Iterable[tuple[str, Any]]:
        """The names and values of the body, as they were sent."""
        room, text_room = self._room()
        stream = get_input_stream(self.environ, max_content_length=room)
        if self.is_json:
            return _json_pairs(_everything(stream, text_room))
        if self.mimetype == "application/x-www-form-urlencoded":
            return _form_pairs(stream, text_room)
        return self._multipart(stream, text_room) if self.mimetype == "multipart/form-data" else ()

    def _room(self) -> tuple[int, int]:
        """How many bytes the body may have, and how many of them may be text."""
        files = getattr(current_app.view_functions.get(self.endpoint or ""), "takes_files", None)
        if files is None:
            return SMALL_BODY, SMALL_BODY
        room = files.room(vars(configured()))
        if self.content_length is None or self.content_length > room:
            # An administrator may have raised the limits since the start.
            room = files.room(in_force(*files.limits))
        return room, room if files.as_text else SMALL_BODY

    def _multipart(self, stream: IO[bytes], text_room: int) -> Iterator[tuple[str, Any]]:
        parts = _Parts(text_room)
        for name, value in parts.read(stream, self.mimetype_params.get("boundary", "")):
            if isinstance(value, FileStorage):
                # A form sends its empty file fields as parts without name and content.
                if not value.filename and not (value.stream.read(1) and not value.stream.seek(0)):
                    continue
                self.sent_files.append(value)
            else:
                self.multipart_names.add(name)
            yield name, value


class _Parts:
    """The parts of a multipart body: texts, and files on disk. A part that is no text is a file too."""

    def __init__(self, text_room: int) -> None:
        self._text_room = text_room

    def read(self, stream: IO[bytes], boundary: str) -> Iterator[tuple[str, str | FileStorage]]:
        """Yield name and value of each part. Raises ValueError if the body is not multipart."""
        content: IO[bytes] | None = None
        head: Field | File | None = None
        for event in _events(stream, boundary):
            if isinstance(event, Field | File):
                head, content = event, default_stream_factory(None, None, None)
            elif isinstance(event, Data) and head is not None and content is not None:
                content.write(event.data)
                if not event.more_data and head.name is not None:
                    yield head.name, self._value(head, content)

    def _value(self, head: Field | File, content: IO[bytes]) -> str | FileStorage:
        size = content.tell()
        content.seek(0)
        if isinstance(head, File):
            return FileStorage(content, head.filename, head.name, headers=head.headers)
        if size <= self._text_room:
            _, parameters = parse_options_header(head.headers.get("content-type"))
            charset = parameters.get("charset", "").lower()
            try:
                text = content.read().decode(charset if charset in _CHARSETS else "utf-8")
            except UnicodeDecodeError:
                content.seek(0)
            else:
                self._text_room -= size
                return text
        return FileStorage(content, "", head.name, headers=head.headers)


def _events(stream: IO[bytes], boundary: str) -> Iterator[Event]:
    piece: bytes | None = stream.read(_PIECE)
    if not piece:
        return
    if not boundary:
        raise ValueError("Missing boundary")
    decoder = MultipartDecoder(boundary.encode("ascii"), _LARGEST_HEAD, max_parts=MOST_FIELDS)
    while True:
        decoder.receive_data(piece)
        while not isinstance(event := decoder.next_event(), NeedData | Epilogue):
            yield event
        if piece is None:
            return
        piece = stream.read(_PIECE) or None


def _pieces(stream: IO[bytes], most: int) -> Iterator[bytes]:
    """All that is left of a stream, piece by piece. Raises a 413 for more than `most` bytes."""
    while piece := stream.read(_PIECE):
        most -= len(piece)
        if most < 0:
            raise RequestEntityTooLarge()
        yield piece


def _everything(stream: IO[bytes], most: int) -> bytes:
    """The same as a whole, which is held once."""
    buffer = io.BytesIO()
    buffer.writelines(_pieces(stream, most))
    return buffer.getvalue()


def _form_pairs(stream: IO[bytes], most: int) -> Iterator[tuple[str, str]]:
    """The names and values of a form. What is large in it is held once, and once more when it becomes text."""
    # Bytes are no text when they are not quoted; what is quoted may be anything.
    unquoted = codecs.getincrementaldecoder("utf-8")()
    field, number, cut = _FormField(), 1, b""
    for piece in _pieces(stream, most):
        unquoted.decode(piece)
        *ended, rest = (cut + piece).split(b"&")
        number += len(ended)
        if number > MOST_FIELDS:
            raise RequestEntityTooLarge()
        for part in ended:
            field.add(part)
            yield from field.pairs()
            field = _FormField()
        # What is quoted may be cut in two by the end of a piece.
        percent = rest.rfind(b"%", max(0, len(rest) - 2))
        rest, cut = (rest[:percent], rest[percent:]) if percent >= 0 else (rest, b"")
        field.add(rest)
    unquoted.decode(b"", final=True)
    field.add(cut)
    yield from field.pairs()


class _FormField:
    def __init__(self) -> None:
        self._name: str | None = None
        self._content = io.BytesIO()

    def add(self, quoted: bytes) -> None:
        """Go on with the next piece of the field, which is still quoted."""
        if self._name is None and b"=" in quoted:
            name, _, quoted = quoted.partition(b"=")
            self._write(name)
            self._name, self._content = self._text(), io.BytesIO()
        self._write(quoted)

    def pairs(self) -> Iterator[tuple[str, str]]:
        """The name and its value; nothing of an empty field."""
        if self._name is not None:
            yield self._name, self._text()
        elif self._content.tell():
            yield self._text(), ""

    def _write(self, quoted: bytes) -> None:
        self._content.write(unquote_to_bytes(quoted.replace(b"+", b" ")))

    def _text(self) -> str:
        return self._content.getvalue().decode("utf-8", "werkzeug.url_quote")


def _json_pairs(body: bytes) -> Iterable[tuple[str, Any]]:
    if not body.strip():
        return ()
    try:
        value = bounded_json.parse(body)
    except UnicodeDecodeError as error:
        raise ValueError("not UTF-8") from error
    return value.items() if isinstance(value, dict) else (("_json", value),)


def named(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Names and values as one map, in which the names with brackets are nested. Raises InvalidParameters."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if "[" in name:
            _assign(found, name, value)
        elif isinstance(before := found.get(name), list):
            _append(before, value)
        elif name in found and not isinstance(before, dict):
            found[name] = Repeated((before, value))
        else:
            found[name] = value
    return found


def _assign(target: dict[str, Any], name: str, value: Any) -> None:
    head, _, rest = name.partition("[")
    # One more than fits, so that a longer name is seen to be one.
    keys = [head, *(match[1] for match in islice(_BRACKETS.finditer("[" + rest), bounded_json.DEEPEST))]
    if len(keys) > bounded_json.DEEPEST:
        raise InvalidParameters(f"{head[:100]} is nested too deep")
    node: Any = target
    for key, following in zip(keys, [*keys[1:], None], strict=True):
        if isinstance(node, list):
            node = _list_step(node, following, value)
        elif following is None:
            node[key] = value
        else:
            node = _inner(node, key, following)


def _inner(node: dict[str, Any], key: str, following: str) -> Any:
    """The list or map that a name goes on in, made when there is none."""
    kind: type = list if following == "" else dict
    before = node.get(key)
    if not isinstance(before, kind):
        # a=1&a[]=2 is a list of both.
        alone = following == "" and before is not None and not isinstance(before, dict)
        node[key] = [before] if alone else kind()
    return node[key]


def _list_step(node: list[Any], following: str | None, value: Any) -> Any:
    if following is None:
        _append(node, value)
        return node
    # a[][b]=1&a[][c]=2 makes one entry; a repeated key starts the next one.
    if not node or not isinstance(node[-1], dict) or following in node[-1]:
        node.append({})
    return node[-1]


def _append(entries: list[Any], value: Any) -> None:
    # {"a[]": [1, 2]} in JSON.
    if isinstance(value, list):
        entries.extend(value)
    else:
        entries.append(value)
