"""The feeds behind the home timeline: they show what the statuses themselves say, whatever happens meanwhile."""

import random
import threading

import pytest

from pleroma import upkeep

HOME = "/api/v1/timelines/home"
NEWEST = 9223372036854775807


def ids(response):
    """The ids of a list."""
    return [status["id"] for status in response.json]


@pytest.fixture
def merged(sql):
    """What an account's home holds when it is put together from the statuses."""

    def of(account, *, with_muted=False, only_media=False):
        ((found,),) = sql(
            "select array(select id::text from home_merged(%s, %s, %s, %s, 0, 40))",
            account.id, with_muted, only_media, NEWEST,
        )  # fmt: skip
        return found

    return of


@pytest.fixture
def has_feed(sql):
    """Whether an account has a feed."""
    return lambda account: sql("select count(*) from feeds where account_id = %s", account.id) == [(1,)]


def test_reading_leaves_a_feed_and_another_follow_ends_it(client, alice, bob, carol, post, has_feed):
    client.post(f"/api/v1/accounts/{bob.id}/follow", auth=alice)
    status = post(bob, "before")
    assert not has_feed(alice)
    assert ids(client.get(HOME, auth=alice)) == [status["id"]]
    assert has_feed(alice)
    later = post(bob, "after")
    assert ids(client.get(HOME, auth=alice)) == [later["id"], status["id"]]
    other = post(carol, "somebody else")
    client.post(f"/api/v1/accounts/{carol.id}/follow", auth=alice)
    assert not has_feed(alice)
    assert ids(client.get(HOME, auth=alice)) == [other["id"], later["id"], status["id"]]
    client.post(f"/api/v1/accounts/{bob.id}/unfollow", auth=alice)
    assert ids(client.get(HOME, auth=alice)) == [other["id"]]


def test_what_is_newer_than_a_known_id(client, alice, bob, post):
    client.post(f"/api/v1/accounts/{bob.id}/follow", auth=alice)
    known = post(bob, "known")["id"]
    client.get(HOME, auth=alice)
    assert client.get(f"{HOME}?since_id={known}", auth=alice).json == []
    newer = [post(bob, str(number))["id"] for number in range(4)]
    assert ids(client.get(f"{HOME}?since_id={known}&limit=3", auth=alice)) == newer[:0:-1]
    assert ids(client.get(f"{HOME}?min_id={known}&limit=3", auth=alice)) == newer[2::-1]
    assert ids(client.get(f"{HOME}?max_id={newer[0]}", auth=alice)) == [known]
    for bound in ("since_id", "min_id"):
        assert client.get(f"{HOME}?{bound}={NEWEST}", auth=alice, status=200).json == []


@pytest.mark.long
def test_a_feed_says_what_the_statuses_say_after_anything(client, alice, bob, carol, person, post, merged, sql):
    chance = random.Random(7)
    authors = [alice, bob, carol, person("dave")]
    statuses = []

    def write(author):
        text = chance.choice(["plain", f"@{chance.choice(authors).nickname} hello"])
        visibility = chance.choice(["public", "unlisted", "private", "direct"])
        statuses.append((author, post(author, text, visibility=visibility)["id"]))

    def on_somebody(path, **values):
        def act(author):
            other = chance.choice([one for one in authors if one is not author])
            client.post(f"/api/v1/accounts/{other.id}/{path}", values, auth=author, expect_errors=True)

        return act

    def on_a_status(path):
        return lambda author: client.post(
            f"/api/v1/statuses/{chance.choice(statuses)[1]}/{path}", auth=author, expect_errors=True
        )

    def delete(author):
        owner, status_id = chance.choice(statuses)
        client.delete(f"/api/v1/statuses/{status_id}", auth=owner, expect_errors=True)

    actions = [
        *[write] * 6, on_somebody("follow"), on_somebody("follow", reblogs="false"), on_somebody("unfollow"),
        on_somebody("block"), on_somebody("unblock"), on_somebody("mute"), on_somebody("unmute"),
        on_a_status("reblog"), on_a_status("reblog"), on_a_status("unreblog"), on_a_status("mute"), delete,
    ]  # fmt: skip
    for author in authors:
        write(author)
        client.get(HOME, auth=author)
    for _ in range(250):
        chance.choice(actions)(chance.choice(authors))
        reader = chance.choice(authors)
        with_muted = chance.random() < 0.3
        assert ids(client.get(f"{HOME}?limit=40&with_muted={with_muted}", auth=reader)) == merged(
            reader, with_muted=with_muted
        )
    assert sql("select count(*) > 2 from feeds") == [(True,)]


def test_what_is_posted_and_followed_while_feeds_are_built_is_in_them(make_client, alice, bob, carol, person, merged):
    authors = [bob, carol, *[person(f"a{number}") for number in range(3)]]
    client, failures = make_client(), []

    def repeat(action):
        try:
            for number in range(25):
                action(number)
        except Exception as error:
            failures.append(error)

    def write(author):
        return lambda number: client.post_json("/api/v1/statuses", {"status": str(number)}, auth=author, status=200)

    def follow(number):
        path = "unfollow" if number % 5 == 4 else "follow"
        client.post(f"/api/v1/accounts/{authors[number % 5].id}/{path}", auth=alice, status=200)

    actions = [*[write(author) for author in authors], follow, *[lambda number: client.get(HOME, auth=alice)] * 2]
    threads = [threading.Thread(target=repeat, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    shown = merged(alice)
    assert len(shown) == 40
    assert ids(client.get(f"{HOME}?limit=40", auth=alice)) == shown


def test_a_long_feed_is_shortened_and_pages_go_on_beyond_it(client, alice, bob, post, sql, merged, settings, run_jobs):
    client.post(f"/api/v1/accounts/{bob.id}/follow", auth=alice)
    first = post(bob, "first")["id"]
    client.get(HOME, auth=alice)
    sql(
        "insert into statuses (account_id, thread_id, visibility, involved, body)"
        " select account_id, nextval('thread_sequence'), 'public', involved, body"
        " from statuses, generate_series(1, 900) where id = %s",
        int(first),
    )
    assert sql("select count(*) from feed_statuses") == [(901,)]
    upkeep.shorten_feeds()
    assert sql("select count(*) from feed_statuses") == [(800,)]
    seen, page = [], client.get(f"{HOME}?limit=80", auth=alice)
    while page.json:
        seen += ids(page)
        page = client.get(f"{HOME}?limit=80&max_id={seen[-1]}", auth=alice)
    assert len(seen) == len(set(seen)) == 901
    assert seen[-1] == first
    assert seen == sorted(seen, key=int, reverse=True)


def test_feeds_that_nobody_reads_end(client, alice, bob, post, sql, has_feed):
    client.post(f"/api/v1/accounts/{bob.id}/follow", auth=alice)
    post(bob, "hello")
    client.get(HOME, auth=alice)
    sql("insert into feed_statuses values (1, 1)")
    upkeep.shorten_feeds()
    assert has_feed(alice)
    sql("update feeds set built_at = now() - interval '8 days'")
    upkeep.shorten_feeds()
    assert not has_feed(alice)
    assert sql("select count(*) from feed_statuses") == [(0,)]


def test_a_feed_is_built_again_each_day(client, alice, sql):
    client.get(HOME, auth=alice)
    sql("update feeds set built_at = now() - interval '25 hours'")
    client.get(HOME, auth=alice)
    assert sql("select built_at > now() - interval '1 minute' from feeds") == [(True,)]
