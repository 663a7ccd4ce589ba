"""Two servers that know each other: what people do on one is seen on the other."""

import pytest

from tests.federation.servers import Federated, end


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    """Two servers, each with its people; both are asked to end at the end."""
    directory = tmp_path_factory.mktemp("servers")
    both = [Federated(directory / name) for name in ("first", "second")]
    try:
        yield [server.wait() for server in both]
    finally:
        for server in both:
            end(server)


@pytest.fixture(scope="module")
def alice(servers):
    return servers[0].person("alice", "--admin")


@pytest.fixture(scope="module")
def bob(servers):
    return servers[1].person("bob")


@pytest.fixture(scope="module")
def friends(alice, bob):
    """alice and bob, who follow each other."""
    alice.follow(bob)
    bob.follow(alice)
    return alice, bob


def test_account_elsewhere_is_found_by_its_handle_and_by_its_address(alice, bob):
    found = alice.find(bob.handle)
    assert (found["acct"], found["url"]) == (bob.handle, bob.uri)
    assert alice.find(bob.uri)["id"] == found["id"]


def test_follow_begins_when_the_other_server_has_accepted_it(friends):
    alice, bob = friends
    assert [each["account"]["acct"] for each in bob.notifications("follow")] == [alice.handle]
    assert alice.get(f"/api/v1/accounts/{alice.id}/following")[0]["acct"] == bob.handle


def test_status_comes_with_everything_it_has(friends):
    alice, bob = friends
    alice.write(f"hello @{bob.handle} #Town", spoiler_text="warning", language="en")
    seen = bob.received("hello")
    assert seen["account"]["acct"] == alice.handle
    assert (seen["spoiler_text"], seen["language"], seen["visibility"]) == ("warning", "en", "public")
    assert [tag["name"] for tag in seen["tags"]] == ["town"]
    assert [mention["acct"] for mention in seen["mentions"]] == ["bob"]
    assert bob.wait_for(lambda: bob.notifications("mention"))[0]["status"]["id"] == seen["id"]
