"""What a reader may not see is nowhere: every route is asked by everybody who is not to see it, or not any more."""

import re
from urllib.parse import unquote

import pytest

from tests.asked_routes import ACTING, READING, SHOWS_NONE, Request, filled
from tests.world import READERS, World


def routes(client):
    """Method and rule of every route, as the tables name them."""
    return {
        f"{method} {rule.rule}"
        for rule in client.app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }


def admin(client):
    """The routes of the admin API, which show everything to administrators and nothing to anybody else."""
    return sorted(route for route in routes(client) if "/pleroma/admin/" in route.split()[1])


def test_every_route_is_known(client):
    known = [*READING, *ACTING, *SHOWS_NONE, *admin(client)]
    assert set(known) == routes(client)
    assert len(known) == len(set(known))


@pytest.fixture
def world(client, person, sql):
    """The world of a reader, before the change."""
    return lambda kind: World(client, person, sql, kind)


def ask(world, method, request):
    """The answer to the reader."""
    send = getattr(world.client, method.lower() if request.sent is None else f"{method.lower()}_json")
    body = [] if request.sent is None else [request.sent]
    # The pages are for browsers.
    headers = {} if request.path.startswith("/api") else {"Accept": "text/html"}
    return send(request.path, *body, auth=world.reader, headers=headers, expect_errors=True)


def secrets(answer, request):
    """What an answer says, but for what the request itself said."""
    text = unquote(answer.text).lower()
    for asked in re.findall(r"\w*secret\w*", unquote(f"{request.path} {request.sent or ''}").lower()):
        text = re.sub(rf"\b{asked}\b", "", text)
    return re.findall(r".{0,60}secret.{0,40}", text)


def fault(world, route, request):
    """What is wrong with the answer to a request, or None."""
    answer = ask(world, route.split()[0], request)
    status = answer.status_int
    is_right = {
        "refused": status in (400, 403, 404),
        "empty": status == 200 and answer.body.strip() == b"[]",
        "good": status == 200,
    }.get(request.expected, True)
    if secrets(answer, request) == [] and (is_right or world.reader is None and status == 403):
        return None
    return world.kind, route, request, status, secrets(answer, request)


@pytest.mark.parametrize("kind", READERS)
def test_what_a_reader_may_not_see_is_nowhere(world, kind):
    world = world(kind)
    world.change()
    faults = [
        fault(world, route, request)
        for route, asked in (READING | ACTING).items()
        for request in asked.requests(route.split()[1], world)
    ]
    faults += [
        fault(world, route, Request(filled(route.split()[1], "secretgone"), None, "refused"))
        for route in admin(world.client)
    ]
    assert [each for each in faults if each] == []


def test_every_route_shows_it_to_who_may_see_it(world):
    """The same requests before the change: so it is the right ones that are asked after it."""
    world = world("follower and on the list")
    silent = []
    for route, asked in READING.items():
        if asked.shows:
            answers = [ask(world, "GET", request).text for request in asked.requests(route.split()[1], world)]
            if not any("secret" in text.lower() for text in answers):
                silent.append(route)
    assert silent == []
