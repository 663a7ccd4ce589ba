"""What the tests of web push share: a push service, and people who subscribe."""

import pytest

from tests.push_service import Reader, push_service


@pytest.fixture(scope="module")
def _running():
    with push_service() as server:
        yield server


@pytest.fixture
def service(_running):
    """The push service, which takes everything."""
    _running.got.clear()
    _running.answer = (201, {})
    return _running


@pytest.fixture
def subscribe(make_client, service):
    """Subscribes a person and gives who reads what comes: subscribe(alice, "mention", policy="none")."""
    client = make_client(remote_allow_loopback=True)

    def send(who, *alerts, endpoint=None, **options):
        reader = Reader()
        parameters = reader.parameters(endpoint or f"{service.url}/{getattr(who, 'nickname', 'x')}", *alerts, **options)
        client.post_json("/api/v1/push/subscription", parameters, auth=who, status=200)
        return reader

    return send


@pytest.fixture
def deliver(run_jobs, service):
    """Runs the jobs that are due, and gives what was pushed."""

    def run(**changes):
        before = len(service.got)
        run_jobs(remote_allow_loopback=True, **changes)
        return service.got[before:]

    return run


@pytest.fixture
def pushed(deliver):
    """The payloads that a reader gets when jobs run: pushed(reader)."""
    return lambda reader: [reader.read(one) for one in deliver()]
