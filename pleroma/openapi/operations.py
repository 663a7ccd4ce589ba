"""One operation of the document: what a view, its guards and its notes say of a route."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from typing import Any

from pleroma.openapi.entities import schema_of
from pleroma.openapi.kinds import NEEDED, Id, Kind, Text, is_file
from pleroma.openapi.notes import Answer

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
# The statuses of errors that say what is wrong in JSON.
ERRORS = (400, 401, 403, 404, 409, 410, 413, 414, 415, 422, 429, 500, 503, 507)
LIMITS = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")
_ARGUMENT = re.compile(r"<(?:(\w+):)?(\w+)>")
_WITH_BODY = ("POST", "PUT", "PATCH")

View = Callable[..., Any]


def path(rule: str) -> str:
    """A route as the document writes it."""
    return _ARGUMENT.sub(r"{\2}", rule)


def operation(rule: str, method: str, view: View) -> dict[str, Any]:
    """What the document says of one method of a route."""
    summary, _, rest = (view.__doc__ or "").strip().partition("\n")
    described = {
        "summary": summary,
        "description": "\n".join(line.strip() for line in rest.strip().splitlines()),
        "security": list(_security(view)),
        "parameters": [*_path_parameters(rule, view), *_parameters(rule, method, view)],
        "requestBody": _body(_sent(rule, view)) if method in _WITH_BODY else None,
        "responses": _responses(method, view),
    }
    return {name: value for name, value in described.items() if value or name == "security"}


def scopes(view: View) -> list[str]:
    """The scopes of which a token needs one for a view; none where any token will do, or nobody asks for one."""
    scope = (getattr(view, "scope", None) or "").removesuffix("?")
    if scope in ("", "login", "app"):
        return []
    return ["write"] if scope == "admin" else scope.split("|")


def _security(view: View) -> Iterator[dict[str, list[str]]]:
    scope = getattr(view, "scope", None)
    if scope is None:
        return
    yield from ({"oauth2": [one] if one else []} for one in scopes(view) or [""])
    every = ("bearer",) if scope.removesuffix("?") == "app" else ("bearer", "basic", "cookie")
    for way in getattr(view, "ways", every):
        yield {way: []}
    if scope.endswith("?"):
        yield {}


def _sent(rule: str, view: View) -> dict[str, Kind]:
    """The parameters beside those of the path."""
    in_path = {name for _, name in _ARGUMENT.findall(rule)}
    return {name: kind for name, kind in getattr(view, "takes", {}).items() if name not in in_path}


def _path_parameters(rule: str, view: View) -> Iterator[dict[str, Any]]:
    noted = getattr(view, "takes", {})
    for converter, name in _ARGUMENT.findall(rule):
        kind = noted.get(name) or (Id() if converter == "id" else Text(1))
        yield {"name": name, "in": "path", "required": True, "schema": kind}


def _parameters(rule: str, method: str, view: View) -> Iterator[dict[str, Any]]:
    if method not in _WITH_BODY:
        for name, kind in _sent(rule, view).items():
            style = {"style": "deepObject"} if kind["type"] == "object" else {}
            yield {"name": name, "in": "query", "required": NEEDED in kind, **style, "schema": _schema(kind)}
    elif hasattr(view, "scope"):
        yield {"$ref": "#/components/parameters/Idempotency-Key"}


def _schema(kind: dict[str, Any], as_file: bool = False) -> dict[str, Any]:
    """The schema of a kind, with those that it holds; outside of multipart a file is a text that stands for one."""
    schema = {word: value for word, value in kind.items() if word != NEEDED}
    if is_file(kind) and not as_file:
        del schema["format"]
    if "items" in kind:
        schema["items"] = _schema(kind["items"])
    if "properties" in kind:
        schema["properties"] = {name: _schema(inner) for name, inner in kind["properties"].items()}
        schema["required"] = [name for name, inner in kind["properties"].items() if NEEDED in inner]
    return {word: value for word, value in schema.items() if value != []}


def _body(kinds: dict[str, Kind]) -> dict[str, Any] | None:
    if not kinds:
        return None
    files = [name for name, kind in kinds.items() if is_file(kind)]
    # A file without a text that may stand for it can come in multipart alone.
    bare = [name for name in files if not kinds[name].get("description")]
    required = [name for name, kind in kinds.items() if NEEDED in kind]
    content: dict[str, Any] = {}
    for media_type in (JSON, FORM, *([MULTIPART] if files else [])):
        names = [name for name in kinds if media_type == MULTIPART or name not in bare]
        if media_type != MULTIPART and set(bare) & set(required):
            continue
        schema = {
            "type": "object",
            "properties": {name: _schema(kinds[name], media_type == MULTIPART) for name in names},
        }
        content[media_type] = {"schema": {**schema, **({"required": required} if required else {})}}
    return {"required": bool(required), "content": content}


def _responses(method: str, view: View) -> dict[str, Any]:
    noted: tuple[Answer, ...] = getattr(view, "answers", ())
    listed = [*noted, *map(Answer, _of_guards(view, noted))]
    headers = _headers(method, view, noted)
    responses: dict[str, Any] = {}
    for status, links, content in _by_status(listed):
        if not content and status in ERRORS:
            responses[str(status)] = {"$ref": f"#/components/responses/{status}"}
            continue
        sent = {**headers, **({"Link": _header("Link")} if links else {})} if status < 300 else {}
        response = {"description": HTTPStatus(status).phrase, "headers": sent, "content": content}
        responses[str(status)] = {word: value for word, value in response.items() if value}
    return responses


def _by_status(listed: Iterable[Answer]) -> Iterator[tuple[int, bool, dict[str, Any]]]:
    """(status, whether Link leads on, content by media type) for each status once, in order."""
    answers = list(listed)
    for status in sorted({answer.status for answer in answers}):
        of_status = [answer for answer in answers if answer.status == status]
        content: dict[str, Any] = {}
        for answer in of_status:
            if answer.schema is not None:
                content.setdefault(answer.media_type or JSON, {"schema": schema_of(answer.schema)})
            elif answer.media_type is not None:
                content[answer.media_type] = {"schema": {"type": "string"}}
                if status in ERRORS:
                    content.setdefault(JSON, {"schema": schema_of("Error")})
        yield status, any(answer.links for answer in of_status), content


def _of_guards(view: View, noted: tuple[Answer, ...]) -> Iterator[int]:
    """What is answered before the view runs, or when it cannot."""
    own = {answer.status for answer in noted}
    scope, takes = getattr(view, "scope", None), getattr(view, "takes", {})
    found = {414, 503}
    if scope is not None or takes:
        found |= {400, 413}
    if scope is not None:
        # A password of HTTP Basic may have been tried too often.
        found.add(429)
        if not scope.endswith("?"):
            found.add(403)
    if hasattr(view, "limits"):
        found.add(429)
    yield from found - own


def _headers(method: str, view: View, noted: tuple[Answer, ...]) -> dict[str, Any]:
    names = list(LIMITS) if hasattr(view, "limits") or any(answer.status == 429 for answer in noted) else []
    if method in _WITH_BODY and hasattr(view, "scope"):
        names.append("Idempotent-Replayed")
    return {name: _header(name) for name in names}


def _header(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/headers/{name}"}
