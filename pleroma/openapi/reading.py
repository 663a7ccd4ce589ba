"""The document as people read it: areas with their operations, each in a few words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

_SCHEMAS = "#/components/schemas/"
_TYPES = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false", "null": "null"}


class Parameter(NamedTuple):
    """A parameter: its name, what it may be, whether it must be there, where it stands."""

    name: str
    words: str
    needed: bool
    place: str


class Shown(NamedTuple):
    """An operation: `ways` are the scopes of which a token needs one, `entities` what its good answers hold."""

    name: str
    method: str
    path: str
    summary: str
    description: str
    ways: list[str]
    is_open: bool
    parameters: list[Parameter]
    answers: list[tuple[str, str, list[str]]]


class Area(NamedTuple):
    """What belongs together: the operations of one module of views."""

    name: str
    description: str
    operations: list[Shown]


def areas(document: dict[str, Any]) -> list[Area]:
    """The areas of a document, in its order."""
    found = {tag["name"]: Area(tag["name"], tag["description"], []) for tag in document["tags"]}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            found[operation["tags"][0]].operations.append(_shown(document, path, method, operation))
    return list(found.values())


def _shown(document: dict[str, Any], path: str, method: str, operation: dict[str, Any]) -> Shown:
    asked = operation["security"]
    return Shown(
        operation["operationId"],
        method.upper(),
        path,
        operation["summary"],
        operation.get("description", ""),
        sorted({scope for way in asked for scope in way.get("oauth2", ())}),
        not asked or {} in asked,
        list(_parameters(operation)),
        [(status, *_answer(document, response)) for status, response in operation["responses"].items()],
    )


def _parameters(operation: dict[str, Any]) -> Iterator[Parameter]:
    for one in operation.get("parameters", ()):
        if "$ref" not in one:
            yield Parameter(one["name"], words(one["schema"]), one["required"], one["in"])
    content = operation.get("requestBody", {}).get("content", {})
    # The last of the types knows files too.
    schema = [*content.values()][-1]["schema"] if content else {}
    for name, kind in schema.get("properties", {}).items():
        yield Parameter(name, words(kind), name in schema.get("required", ()), "body")


def _answer(document: dict[str, Any], response: dict[str, Any]) -> tuple[str, list[str]]:
    """What an answer is, and the entities that it names."""
    if "$ref" in response:
        response = document["components"]["responses"][response["$ref"].rpartition("/")[2]]
    schemas = [content["schema"] for content in response.get("content", {}).values()]
    named = [name for schema in schemas for name in _entities(schema)]
    kinds = ", ".join(kind for kind in response.get("content", {}) if kind != "application/json")
    return kinds or response["description"], named


def _entities(schema: dict[str, Any]) -> Iterator[str]:
    if "$ref" in schema:
        yield schema["$ref"].removeprefix(_SCHEMAS)
    for inner in (*schema.get("anyOf", ()), schema.get("items"), schema.get("additionalProperties")):
        if isinstance(inner, dict):
            yield from _entities(inner)


def words(schema: dict[str, Any]) -> str:
    """What a parameter may be."""
    found = _words(schema)
    if "default" in schema:
        found += f"; else {str(schema['default']).lower()}"
    return f"{found}; {schema['description']}" if "description" in schema else found


def _words(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return " or ".join(schema["enum"])
    if schema["type"] == "array":
        return f"list: {words(schema['items'])}"
    if schema["type"] == "object":
        inner = [f"{name} ({words(kind)})" for name, kind in schema.get("properties", {}).items()]
        return f"object: {', '.join(inner)}" if inner else "object"
    kind = {"binary": "file", "date-time": "time"}.get(schema.get("format", ""), _TYPES[schema["type"]])
    least = schema.get("minLength", schema.get("minimum"))
    most = schema.get("maxLength", schema.get("maximum"))
    if "pattern" in schema:
        return "id"
    if most is not None:
        return f"{kind}, {least or 0} to {most}"
    return f"{kind}, at least {least}" if least and schema["type"] == "integer" else kind
