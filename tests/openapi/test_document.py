"""The document of the API: it is about every route and nothing else, and any program can read it."""

import json
import subprocess
import sys

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from pleroma.openapi import entities
from pleroma.streaming import streams

BASE = "https://pleroma.example"
ROOTS = ("/api/", "/oauth/", "/auth/", "/nodeinfo/", "/.well-known/")


@pytest.fixture
def document(client):
    """The document as anybody gets it."""
    return client.get("/api/openapi.json", status=200).json


def _operations(document):
    return {
        (method, path): operation
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }


def _routed(app):
    """Method and path in braces of every route of the API, from the map of URLs."""
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(ROOTS) or rule.rule == "/health":
            path = rule.rule
            for argument in rule.arguments:
                for converter in ("", "id:", "path:"):
                    path = path.replace(f"<{converter}{argument}>", f"{{{argument}}}")
            for method in rule.methods - {"HEAD", "OPTIONS"}:
                yield method.lower(), path


def test_every_route_of_the_api_is_an_operation_and_nothing_else_is(client, document):
    assert set(_operations(document)) == set(_routed(client.app))


def test_the_document_is_valid(document):
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []


def test_each_operation_has_a_name_of_its_own_an_area_and_a_summary(client, document):
    operations = _operations(document)
    names = [operation["operationId"] for operation in operations.values()]
    areas = {tag["name"] for tag in document["tags"]}
    assert len(set(names)) == len(names)
    assert operations["get", "/api/v1/timelines/home"]["operationId"] == "timelines.home"
    assert {name.partition(".")[0] for name in names} == areas
    assert [key for key, operation in operations.items() if not operation.get("summary")] == []
    assert operations["get", "/api/v1/statuses/{status_id}"]["summary"] == (
        "One Status. Raises NotFound, also for a status that the caller may not see."
    )


def test_each_argument_of_a_path_is_a_required_parameter(document):
    for (method, path), operation in _operations(document).items():
        named = {p["name"] for p in operation.get("parameters", ()) if p.get("in") == "path" and p["required"]}
        assert named == {part[1:-1] for part in path.split("/") if part.startswith("{")}, (method, path)


def test_the_document_says_who_may_ask(document):
    operations = _operations(document)
    others = [{"bearer": []}, {"basic": []}, {"cookie": []}]
    assert operations["get", "/api/v1/timelines/home"]["security"] == [{"oauth2": ["read:statuses"]}, *others]
    assert operations["get", "/api/v1/timelines/public"]["security"] == [{"oauth2": ["read:statuses"]}, *others, {}]
    either = [{"oauth2": ["read"]}, {"oauth2": ["write"]}]
    assert operations["get", "/api/v1/pleroma/mascot"]["security"] == [*either, *others]
    assert operations["get", "/api/pleroma/admin/users"]["security"] == [{"oauth2": ["write"]}, *others]
    assert operations["get", "/api/oauth_tokens"]["security"] == [{"oauth2": []}, *others]
    assert operations["get", "/api/v1/apps/verify_credentials"]["security"] == [{"oauth2": []}, {"bearer": []}]
    assert operations["get", "/api/v1/instance"]["security"] == []


def test_every_scope_that_a_route_needs_can_be_asked_for(document):
    flows = document["components"]["securitySchemes"]["oauth2"]["flows"]
    assert set(flows) == {"authorizationCode", "password", "clientCredentials"}
    needed = {
        scope
        for operation in _operations(document).values()
        for way in operation["security"]
        for scope in way.get("oauth2", ())
    }
    assert needed and all(needed <= set(flow["scopes"]) for flow in flows.values())


def test_parameters_stand_in_the_query_or_in_the_body(document):
    operations = _operations(document)
    home = operations["get", "/api/v1/timelines/home"]
    assert {p["name"]: p["in"] for p in home["parameters"]} == dict.fromkeys(
        ("max_id", "since_id", "min_id", "limit", "with_muted", "only_media"), "query"
    )
    body = operations["post", "/api/v1/lists"]["requestBody"]["content"]
    assert set(body) == {"application/json", "application/x-www-form-urlencoded"}
    assert body["application/json"]["schema"]["properties"]["title"] == {
        "type": "string", "minLength": 1, "maxLength": 1000,
    }  # fmt: skip
    upload = operations["post", "/api/v2/media"]["requestBody"]
    assert set(upload["content"]) == {"multipart/form-data"} and upload["required"]
    removed = operations["delete", "/api/v1/lists/{list_id}/accounts"]
    assert "requestBody" not in removed and "account_ids" in {p["name"] for p in removed["parameters"]}


def test_answers_name_entities_and_headers(document):
    answers = _operations(document)["get", "/api/v1/timelines/home"]["responses"]
    assert answers["200"]["content"]["application/json"]["schema"] == {
        "type": "array", "items": {"$ref": "#/components/schemas/Status"},
    }  # fmt: skip
    assert "Link" in answers["200"]["headers"]
    posted = _operations(document)["post", "/api/v1/statuses"]["responses"]["200"]["headers"]
    assert {"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Idempotent-Replayed"} == set(posted)


def test_entities_are_closed(document):
    account = document["components"]["schemas"]["Account"]
    assert account["additionalProperties"] is False
    assert set(account["properties"]) - set(account["required"]) == {"follow_requests_count"}
    assert "optional" not in json.dumps(sorted(account))


def test_every_entity_is_in_use(document):
    text = json.dumps(document)
    # What clients send over a WebSocket, which no operation can name, and what only servers that federate answer.
    meant = {"StreamMessage", "WebFinger"}
    assert {name for name in entities.read() if f'"#/components/schemas/{name}"' not in text} == meant


def test_the_streams_have_the_names_that_their_process_knows(document):
    stream, _, _ = _operations(document)["get", "/api/v1/streaming"]["parameters"]
    assert set(stream["schema"]["enum"]) == streams._OPEN | set(streams._SCOPES)


def test_the_document_names_this_server(document):
    assert document["openapi"].startswith("3.1.")
    assert document["servers"] == [{"url": BASE}]
    assert document["info"]["version"] == "1.1.50"


def test_the_document_is_open_to_all_origins_and_may_be_kept_for_an_hour(client):
    answer = client.get("/api/openapi.json", headers={"Origin": "https://elsewhere.example"})
    assert answer.content_type == "application/json"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cache-Control"] == "public, max-age=3600"
    again = client.get("/api/openapi.json", headers={"If-None-Match": answer.headers["ETag"]}, status=304)
    assert again.body == b""


def test_a_server_that_nobody_asks_does_not_hold_the_document():
    program = (
        "import sys; from pleroma import config, create_app; create_app(config.load());"
        "print('pleroma.openapi.document' in sys.modules, 'pleroma.openapi.entities' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
