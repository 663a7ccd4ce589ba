"""Two servers that know each other: what people do on one is seen on the other."""

import time
from concurrent.futures import ThreadPoolExecutor

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


def test_answer_comes_back_and_is_counted(friends):
    alice, bob = friends
    first = alice.write("what do you think?")
    seen = bob.received("what do you think?")
    bob.write(f"@{alice.handle} much", in_reply_to_id=seen["id"])
    answer = alice.wait_for(lambda: alice.get(f"/api/v1/statuses/{first['id']}/context")["descendants"])[0]
    assert (answer["account"]["acct"], answer["in_reply_to_id"]) == (bob.handle, first["id"])
    assert alice.get(f"/api/v1/statuses/{first['id']}")["replies_count"] == 1
    alice.write("thanks", in_reply_to_id=answer["id"])
    thread = bob.wait_for(lambda: len(bob.get(f"/api/v1/statuses/{seen['id']}/context")["descendants"]) == 2)
    assert thread


def test_reblog_favourite_and_reaction_come_and_are_taken_back(friends):
    alice, bob = friends
    own = alice.write("a fine day")
    seen = bob.received("a fine day")
    actions = (
        ("post", "reblog", "reblog"),
        ("post", "favourite", "favourite"),
        ("put", "reactions/🐈", "pleroma:emoji_reaction"),
    )
    for method, path, kind in actions:
        api = "/api/v1/pleroma/statuses" if method == "put" else "/api/v1/statuses"
        bob.ask(method, f"{api}/{seen['id']}/{path}")
        notified = alice.wait_for(lambda kind=kind: alice.notifications(kind))[0]
        assert (notified["status"]["id"], notified["account"]["acct"]) == (own["id"], bob.handle)
    status = alice.get(f"/api/v1/statuses/{own['id']}")
    assert (status["reblogs_count"], status["favourites_count"]) == (1, 1)
    assert [each["name"] for each in status["pleroma"]["emoji_reactions"]] == ["🐈"]
    bob.post(f"/api/v1/statuses/{seen['id']}/unreblog")
    bob.post(f"/api/v1/statuses/{seen['id']}/unfavourite")
    bob.ask("delete", f"/api/v1/pleroma/statuses/{seen['id']}/reactions/🐈")

    def is_as_before():
        now = alice.get(f"/api/v1/statuses/{own['id']}")
        return (now["reblogs_count"], now["favourites_count"], now["pleroma"]["emoji_reactions"]) == (0, 0, [])

    assert alice.wait_for(is_as_before)


def test_reblog_of_somebody_unknown_brings_the_original(servers, friends):
    alice, bob = friends
    carol = servers[0].person("carol")
    original = carol.write("nobody elsewhere follows me")
    alice.post(f"/api/v1/statuses/{original['id']}/reblog")
    seen = bob.wait_for(lambda: next((each for each in bob.home() if each["reblog"]), None))
    assert seen["account"]["acct"] == alice.handle
    assert seen["reblog"]["account"]["acct"] == carol.handle
    assert "nobody elsewhere" in seen["reblog"]["content"]


def test_private_status_comes_to_followers_and_direct_one_to_whom_it_names(friends):
    alice, bob = friends
    alice.write("between friends", visibility="private")
    assert bob.received("between friends")["visibility"] == "private"
    alice.write(f"@{bob.handle} a secret", visibility="direct")
    conversation = bob.wait_for(lambda: bob.get("/api/v1/conversations"))[0]
    assert "a secret" in conversation["last_status"]["content"]
    assert conversation["last_status"]["visibility"] == "direct"


def test_poll_is_voted_in_and_counted_on_both_sides(friends):
    alice, bob = friends
    own = alice.write("tea or coffee?", poll={"options": ["tea", "coffee"], "expires_in": 3600})
    seen = bob.received("tea or coffee?")
    poll = bob.post(f"/api/v1/polls/{seen['poll']['id']}/votes", choices=[0])
    assert (poll["voted"], [option["votes_count"] for option in poll["options"]]) == (True, [1, 0])

    def counts():
        options = alice.get(f"/api/v1/polls/{own['poll']['id']}")["options"]
        return [option["votes_count"] for option in options] == [1, 0]

    assert alice.wait_for(counts)


def test_edit_changes_the_copy(friends):
    alice, bob = friends
    own = alice.write("a mistaek")
    seen = bob.received("a mistaek")
    alice.ask("put", f"/api/v1/statuses/{own['id']}", status="a mistake")
    changed = bob.wait_for(lambda: bob.get(f"/api/v1/statuses/{seen['id']}")["edited_at"])
    assert changed
    assert "a mistake" in bob.get(f"/api/v1/statuses/{seen['id']}")["content"]
    assert len(bob.get(f"/api/v1/statuses/{seen['id']}/history")) == 2


def test_deletion_removes_the_copy(friends):
    alice, bob = friends
    own = alice.write("soon gone")
    seen = bob.received("soon gone")
    alice.ask("delete", f"/api/v1/statuses/{own['id']}")
    assert bob.wait_for(lambda: all(each["id"] != seen["id"] for each in bob.home()))
    bob.get(f"/api/v1/statuses/{seen['id']}", code=404)


def test_pinned_status_is_pinned_elsewhere(friends):
    alice, bob = friends
    own = alice.write("read this first")
    seen = bob.received("read this first")
    alice.post(f"/api/v1/statuses/{own['id']}/pin")
    account = seen["account"]["id"]

    def pinned():
        return [each["id"] for each in bob.get(f"/api/v1/accounts/{account}/statuses", pinned="true")]

    assert bob.wait_for(lambda: pinned() == [seen["id"]])
    alice.post(f"/api/v1/statuses/{own['id']}/unpin")
    assert bob.wait_for(lambda: pinned() == [])


def test_report_that_is_forwarded_comes_to_the_staff_of_the_other_server(friends):
    alice, bob = friends
    account = alice.write("something bad")["account"]
    seen = bob.received("something bad")
    bob.post(
        "/api/v1/reports",
        account_id=seen["account"]["id"], status_ids=[seen["id"]], comment="look at this", forward=True,
    )  # fmt: skip
    log_in = Admin(alice)
    report = alice.wait_for(log_in.reports)[0]
    assert (report["account"]["id"], report["content"]) == (account["id"], "look at this")
    assert "something bad" in report["statuses"][0]["content"]


class Admin:
    """Somebody who looks at reports."""

    def __init__(self, person):
        self._person = person

    def reports(self):
        return self._person.get("/api/pleroma/admin/reports")["reports"]


def test_request_to_locked_account_waits_until_it_is_answered(servers, bob):
    dora = servers[0].person("dora")
    dora.ask("patch", "/api/v1/accounts/update_credentials", locked=True)
    account = bob.find(dora.handle)
    bob.post(f"/api/v1/accounts/{account['id']}/follow")
    waiting = dora.wait_for(lambda: dora.get("/api/v1/follow_requests"))
    assert [each["acct"] for each in waiting] == [bob.handle]
    assert bob.relationship(account["id"])["requested"]
    dora.post(f"/api/v1/follow_requests/{waiting[0]['id']}/reject")
    assert bob.wait_for(lambda: not bob.relationship(account["id"])["requested"])
    bob.post(f"/api/v1/accounts/{account['id']}/follow")
    assert dora.wait_for(lambda: dora.get("/api/v1/follow_requests"))
    dora.post(f"/api/v1/follow_requests/{waiting[0]['id']}/authorize")
    assert bob.wait_for(lambda: bob.relationship(account["id"])["following"])


def test_block_ends_follows_both_ways(servers, bob):
    erin = servers[0].person("erin")
    account = bob.follow(erin)
    followed = erin.follow(bob)
    erin.post(f"/api/v1/accounts/{followed['id']}/block")
    assert bob.wait_for(lambda: not bob.relationship(account["id"])["following"])
    assert bob.wait_for(lambda: not bob.relationship(account["id"])["followed_by"])
    assert bob.wait_for(lambda: bob.relationship(account["id"])["blocked_by"])


def test_profile_that_changes_is_read_again(servers, bob):
    fred = servers[0].person("fred")
    account = bob.follow(fred)
    fred.ask("patch", "/api/v1/accounts/update_credentials", display_name="Frederick")
    assert bob.wait_for(lambda: bob.get(f"/api/v1/accounts/{account['id']}")["display_name"] == "Frederick", seconds=60)


def test_unfollowed_account_sends_nothing_more(servers, bob):
    gina = servers[0].person("gina")
    account = bob.follow(gina)
    gina.write("you follow me")
    bob.received("you follow me")
    bob.post(f"/api/v1/accounts/{account['id']}/unfollow")
    assert gina.wait_for(lambda: gina.get(f"/api/v1/accounts/{gina.id}")["followers_count"] == 0)


def test_deleted_account_is_gone_elsewhere(servers, bob):
    hugo = servers[0].person("hugo")
    account = bob.follow(hugo)
    hugo.write("my last words")
    seen = bob.received("my last words")
    hugo.post("/api/pleroma/delete_account", password="correct horse battery")
    assert bob.wait_for(lambda: all(each["id"] != seen["id"] for each in bob.home()), seconds=60)
    assert bob.get(f"/api/v1/accounts/{account['id']}", code=404)


def test_posts_of_both_sides_arrive_once_and_in_order_when_one_is_killed_meanwhile(servers, friends):
    alice, bob = friends
    number = 150

    def write(author):
        """Post one after the other, as a client does that tries again with its key when there was no answer."""
        for place in range(number):
            author.write_for_sure(f"walk {place:03}", f"{author.nickname}-{place}")

    with ThreadPoolExecutor(2) as threads:
        writing = [threads.submit(write, author) for author in (alice, bob)]
        time.sleep(3)
        bob.server.kill_everything()
        bob.server.start_again()
        for each in writing:
            each.result()
    # Nobody waits here for the minutes until a host is tried again.
    for here, there in ((alice, bob), (bob, alice)):
        here.server.run("host", "retry", there.server.host)
    expected = [f"walk {place:03}" for place in range(number)]
    for reader, author in ((alice, bob), (bob, alice)):
        reader.wait_for(lambda reader=reader, author=author: reader.count_of(author) >= number, seconds=90)
        assert reader.walked(author) == expected
