"""The entities as JSON Schema, one file for each family, and words that stand for schemas.

In the files every object is closed: all of its keys are required but those that `optional` lists, and no others may be
there. An object that may hold anything says so by `additionalProperties`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_DIRECTORY = Path(__file__).parent / "entities"
_PLACE = "#/components/schemas/"


def read() -> dict[str, Any]:
    """Every entity by its name, closed."""
    families = [json.loads(path.read_text("utf-8")) for path in sorted(_DIRECTORY.glob("*.json"))]
    return {name: _closed(schema) for family in families for name, schema in sorted(family.items())}


def _closed(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(value) for key, value in schema.items() if key != "optional"}
    if isinstance(schema.get("properties"), dict) and schema.get("type", "object") in ("object", ["object", "null"]):
        closed.setdefault("additionalProperties", False)
        required = [name for name in schema["properties"] if name not in schema.get("optional", ())]
        if required:
            closed.setdefault("required", required)
    return closed


def _named(words: str) -> dict[str, Any]:
    if "|" in words:
        return {"anyOf": [_named(word) for word in words.split("|")]}
    if words.startswith("["):
        return {"type": "array", "items": _named(words[1:-1])}
    if words.startswith("{"):
        return {"type": "object", "additionalProperties": _named(words[1:-1])}
    return {"type": words} if words.islower() else {"$ref": _PLACE + words}


def schema_of(words: str | dict[str, Any]) -> dict[str, Any]:
    """The schema that words stand for (see notes.Answer)."""
    return words if isinstance(words, dict) else _named(words)
