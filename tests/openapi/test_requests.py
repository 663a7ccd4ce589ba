"""Requests made of the document, good ones and bad ones: no fault of the server, and every answer as described."""

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings, strategies
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi import checks

CHECKS = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]


# The rules say that these answer 500 when the other server that is named cannot be had.
OF_OTHERS = ("/api/pleroma/emoji/packs/list_from", "/api/pleroma/emoji/packs/download_from")


@pytest.fixture
def things(client, person, post):
    """What there is, by the names that paths have for it; and an administrator, who may ask for all of it."""
    root, alice = person("root", admin=True), person("alice")
    status = post(root, "hello #world @alice", visibility="direct")
    poll = post(root, "which?", poll={"options": ["a", "b"], "expires_in": 600})
    made = client.post_json("/api/v1/lists", {"title": "friends"}, auth=root).json
    wanted = {"title": "x", "context": ["home"], "keywords_attributes": [{"keyword": "x"}]}
    kept = client.post_json("/api/v2/filters", wanted, auth=root).json
    said = client.post_json("/api/v1/pleroma/admin/announcements", {"content": "hello"}, auth=root).json
    conversation = client.get("/api/v1/conversations", auth=root).json[0]
    client.post(f"/api/v1/statuses/{poll['id']}/favourite", auth=alice)
    notification = client.get("/api/v1/notifications", auth=root).json[0]
    return root, {
        "status_id": [status["id"], poll["id"]],
        "account_id": [str(alice.id), str(root.id)],
        "name": ["alice", str(alice.id)],
        "list_id": [made["id"]],
        "filter_id": [kept["id"]],
        "keyword_id": [kept["keywords"][0]["id"]],
        "conversation_id": [conversation["id"]],
        "notification_id": [notification["id"]],
        "announcement_id": [said["id"]],
        "emoji": ["🔥", "❤"],
        "group": ["admin", "moderator"],
        "version": ["2.0", "2.1"],
    }


def _ask(operation, mode, callers, things, examples):
    """Ask so many times, as each of the callers. Raises what schemathesis found."""

    wanted = CHECKS if operation.path in OF_OTHERS else [not_a_server_error, *CHECKS]

    @settings(
        max_examples=examples, derandomize=True, deadline=None, database=None,
        suppress_health_check=list(HealthCheck), phases=[Phase.generate],
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode), place=strategies.integers(0, 3))
    def ask(case, place):
        for name in case.path_parameters or {}:
            known = things.get(name, [])
            # One in two asks for what is there.
            if place < len(known):
                case.path_parameters[name] = known[place]
        for headers in callers:
            case.validate_response(case.call(headers=headers), checks=wanted)

    ask()


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.name.lower())
def test_every_answer_is_as_described(client, things, make_token_of, mode, pytestconfig):
    root, known = things
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", client.app)
    found = []
    for result in schema.get_all_operations():
        operation = result.ok()
        # A new token each time, for some of them end it.
        callers = [{}, {"Authorization": f"Bearer {make_token_of(root)}"}]
        try:
            _ask(operation, mode, callers, known, pytestconfig.getoption("examples"))
        except Unsatisfiable:
            # What takes nothing cannot be asked wrongly.
            assert mode is GenerationMode.NEGATIVE
        except (Exception, BaseExceptionGroup) as error:
            found.append(f"{operation.label}: {error}")
    assert found == [], "\n\n".join(found)
    # Else most of it was asked by nobody.
    client.get("/api/v1/accounts/verify_credentials", auth=make_token_of(root), status=200)
