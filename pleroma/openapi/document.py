"""The OpenAPI document: gathered from the routes, the guards, docstrings and notes of the views, and the entities."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

from pleroma.openapi import entities, operations

# What is below these is the API; what else there is are pages, files and figures.
ROOTS = ("/api", "/oauth", "/auth", "/nodeinfo", "/.well-known", "/health")
_INFO = """\
Two spellings beside those that stand here are understood everywhere: doubled and trailing slashes, and `.json` at the
end of a path. Parameters of DELETE may come in a body too, and those of POST, PUT and PATCH in the query; the body
wins. Lists come as `a[]=1`, as a repeated name, as `a[0]=1` or as an array of JSON; objects as `a[b]=1` or as JSON. A
HEAD is a GET without a body and changes nothing. A token may also come as the parameter `access_token`. Every path
answers OPTIONS, with the headers for other origins. An unknown path is a 404."""


class Route(NamedTuple):
    """One method of a route, with its endpoint."""

    rule: str
    method: str
    endpoint: str


def routes(rules: Iterable[Any]) -> list[Route]:
    """The routes that are the API, of Werkzeug's rules, in a fixed order."""
    return sorted(
        Route(rule.rule, method, rule.endpoint)
        for rule in rules
        if any(rule.rule == root or rule.rule.startswith(f"{root}/") for root in ROOTS)
        for method in rule.methods - {"HEAD", "OPTIONS"}
    )


def gather(
    rules: Iterable[Any], views: Mapping[str, Callable[..., Any]], scopes: Iterable[str], *, version: str, base_url: str
) -> dict[str, Any]:
    """The whole document, for Werkzeug's rules and the views by endpoint; `scopes` are those that apps may ask for."""
    paths: dict[str, dict[str, Any]] = {}
    used: Counter[str] = Counter()
    areas: dict[str, str] = {}
    for rule, method, endpoint in routes(rules):
        view, area = views[endpoint], endpoint.rpartition(".")[0]
        used[endpoint] += 1
        areas.setdefault(area, _first_line(sys.modules[view.__module__].__doc__))
        # A view with several routes has its name once, and numbered from the second on.
        number = f".{used[endpoint]}" if used[endpoint] > 1 else ""
        named = {"operationId": f"{endpoint}{number}", "tags": [area]}
        described = {**named, **operations.operation(rule, method, view)}
        paths.setdefault(operations.path(rule), {})[method.lower()] = described
    needed = {scope for view in views.values() for scope in operations.scopes(view)}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Pleroma API", "version": version, "description": _INFO},
        "servers": [{"url": base_url}],
        "tags": [{"name": area, "description": areas[area]} for area in sorted(areas)],
        "paths": paths,
        "components": {
            "schemas": entities.read(),
            "parameters": _PARAMETERS,
            "headers": _HEADERS,
            "responses": {str(status): _error(status) for status in operations.ERRORS},
            "securitySchemes": _security_schemes(base_url, list(dict.fromkeys([*scopes, *sorted(needed)]))),
        },
    }


def _first_line(text: str | None) -> str:
    return (text or "").strip().partition("\n")[0]


_PARAMETERS = {
    "Idempotency-Key": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "The same answer comes again for a request with the same key, and nothing is done twice.",
        "schema": {"type": "string"},
    }
}
_HEADERS = {
    "Link": {"description": "The next and the previous page (RFC 8288).", "schema": {"type": "string"}},
    "X-RateLimit-Limit": {"description": "How many requests are let through.", "schema": {"type": "string"}},
    "X-RateLimit-Remaining": {"description": "How many are left.", "schema": {"type": "string"}},
    "X-RateLimit-Reset": {"description": "When all of them are there again.", "schema": {"type": "string"}},
    "Retry-After": {"description": "Seconds until it is worth trying again.", "schema": {"type": "string"}},
    "Idempotent-Replayed": {
        "description": "`true` on an answer that comes again.",
        "schema": {"type": "string", "enum": ["true"]},
    },
}


def _error(status: int) -> dict[str, Any]:
    names = (*operations.LIMITS, "Retry-After") if status == HTTPStatus.TOO_MANY_REQUESTS else ()
    headers = {"headers": {name: {"$ref": f"#/components/headers/{name}"} for name in names}} if names else {}
    content = {operations.JSON: {"schema": entities.schema_of("Error")}}
    return {"description": HTTPStatus(status).phrase, **headers, "content": content}


def _security_schemes(base_url: str, scopes: list[str]) -> dict[str, Any]:
    described = {scope: scope.replace(":", " ") for scope in scopes}
    token = {"tokenUrl": f"{base_url}/oauth/token", "refreshUrl": f"{base_url}/oauth/token", "scopes": described}
    code = {"authorizationUrl": f"{base_url}/oauth/authorize", **token}
    return {
        "oauth2": {
            "type": "oauth2",
            "flows": {"authorizationCode": code, "password": token, "clientCredentials": token},
        },
        "bearer": {"type": "http", "scheme": "bearer"},
        "basic": {"type": "http", "scheme": "basic"},
        "cookie": {"type": "apiKey", "in": "cookie", "name": "_pleroma_key"},
    }
