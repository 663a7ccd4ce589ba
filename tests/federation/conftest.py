"""What the tests of federation share."""

import dataclasses
import itertools

import pytest

from pleroma.federation import keys, reader
from tests.federation.peers import make_peer, peer_key, sender  # noqa: F401 (fixtures)
from tests.federation.recorder import recording
from tests.federation.remote_people import dora, find, outgoing, remote_account, remote_status  # noqa: F401 (fixtures)
from tests.federation.signing import key  # noqa: F401 (a fixture)

ACTIVITY = {"Accept": "application/activity+json"}


@pytest.fixture(scope="session", autouse=True)
def _pairs_in_turn():
    """Eight key pairs for all accounts: to make one takes longer than most tests."""
    pairs = itertools.cycle([keys._made() for _ in range(8)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keys, "_made", lambda: next(pairs))
        yield


@pytest.fixture
def federated(make_client, settings):
    """A client of a server that federates."""
    return make_client(federation=True)


@pytest.fixture
def config(settings):
    """The settings of a server that federates."""
    return dataclasses.replace(settings, federation=True)


@pytest.fixture
def recorder():
    """A server elsewhere that keeps what it is sent, and answers as wanted."""
    with recording() as running:
        yield running


@pytest.fixture
def document(federated):
    """A document as another server reads it: document("/users/alice")."""

    def read(path, status=200):
        path = path.removeprefix("https://pleroma.example")
        answer = federated.get(path, headers=ACTIVITY, status=status)
        if status == 200:
            assert answer.headers["Content-Type"] == "application/activity+json; charset=utf-8"
            assert answer.headers["Vary"] == "Accept, Signature"
            assert answer.headers["Access-Control-Allow-Origin"] == "*"
        return answer.json

    return read


@pytest.fixture
def publish(federated):
    """Posts a status on it: publish(alice, "hello", visibility="unlisted")."""

    def post(author, text, **parameters):
        return federated.post_json("/api/v1/statuses", {"status": text, **parameters}, auth=author, status=200).json

    return post


@pytest.fixture
def carry_out(settings):
    """Does what the worker does with what came in."""

    def read():
        config = dataclasses.replace(settings, federation=True)
        while reader.read(config, reader.Pace()):
            continue

    return read
