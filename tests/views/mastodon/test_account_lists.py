"""Lists of accounts are paged by the ids of their rows, as their links say, and by those of accounts."""

from typing import NamedTuple

import pytest

from pleroma import db
from pleroma.accounts import lifecycle


class Members(NamedTuple):
    """A list of accounts with five members: its path, the members newest first, and what makes one leave."""

    path: str
    ids: list
    leave: object


def _acting(client, owner, people, action, undo):
    """Members to whom the owner does something."""
    for person in people:
        client.post(f"/api/v1/accounts/{person.id}/{action}", auth=owner, status=200)
    return lambda person: client.post(f"/api/v1/accounts/{person.id}/{undo}", auth=owner, status=200)


def followers(client, owner, people, post):
    """Who follows the owner."""
    for person in people:
        client.post(f"/api/v1/accounts/{owner.id}/follow", auth=person, status=200)
    leave = lambda person: client.post(f"/api/v1/accounts/{owner.id}/unfollow", auth=person, status=200)  # noqa: E731
    return f"accounts/{owner.id}/followers", leave


def following(client, owner, people, post):
    """Whom the owner follows."""
    return f"accounts/{owner.id}/following", _acting(client, owner, people, "follow", "unfollow")


def follow_requests(client, owner, people, post):
    """Who asks to follow the owner."""
    client.patch("/api/v1/accounts/update_credentials", {"locked": "true"}, auth=owner, status=200)
    for person in people:
        client.post(f"/api/v1/accounts/{owner.id}/follow", auth=person, status=200)
    return "follow_requests", lambda person: client.post(
        f"/api/v1/follow_requests/{person.id}/reject", auth=owner, status=200
    )


def blocks(client, owner, people, post):
    """Whom the owner blocks."""
    return "blocks", _acting(client, owner, people, "block", "unblock")


def mutes(client, owner, people, post):
    """Whom the owner mutes."""
    return "mutes", _acting(client, owner, people, "mute", "unmute")


def endorsements(client, owner, people, post):
    """Whom the owner endorses."""
    _acting(client, owner, people, "follow", "unfollow")
    return "endorsements", _acting(client, owner, people, "pin", "unpin")


def members(client, owner, people, post):
    """Who is on a list of the owner's."""
    path = f"lists/{client.post('/api/v1/lists', {'title': 'x'}, auth=owner, status=200).json['id']}/accounts"
    for person in people:
        client.post(f"/api/v1/{path}", {"account_ids[]": str(person.id)}, auth=owner, status=200)
    return path, lambda person: client.delete(f"/api/v1/{path}?account_ids[]={person.id}", auth=owner, status=200)


def _marking(client, owner, people, post, mark):
    path = f"/api/v1/statuses/{post(owner, 'x')['id']}"
    for person in people:
        client.post(f"{path}/{mark}", auth=person, status=200)
    return path.removeprefix("/api/v1/"), lambda person: client.post(f"{path}/un{mark}", auth=person, status=200)


def favourited_by(client, owner, people, post):
    """Who favourited a status."""
    path, leave = _marking(client, owner, people, post, "favourite")
    return f"{path}/favourited_by", leave


def reblogged_by(client, owner, people, post):
    """Who reblogged a status."""
    path, leave = _marking(client, owner, people, post, "reblog")
    return f"{path}/reblogged_by", leave


LISTS = (
    followers, following, follow_requests, blocks, mutes, endorsements, members, favourited_by, reblogged_by,
)  # fmt: skip


@pytest.fixture(params=LISTS, ids=lambda kind: kind.__name__)
def made(request, client, alice, person, post):
    """A list of each kind, whose owner is alice, with five members."""
    people = [person(f"member{number}") for number in range(5)]
    path, leave = request.param(client, alice, people, post)
    by_id = {str(person.id): person for person in people}
    return Members(f"/api/v1/{path}", list(by_id)[::-1], lambda account_id: leave(by_id[account_id]))


@pytest.fixture
def page(client, alice, made):
    """The ids of the accounts on a page: page(max_id=…, limit=2)."""
    return lambda **bounds: [a["id"] for a in client.get(made.path, bounds, auth=alice, status=200).json]


def test_a_page_begins_behind_an_account(made, page):
    ids = made.ids
    assert page() == ids
    assert page(max_id=ids[1], limit="2") == ids[2:4]
    assert page(since_id=ids[3], limit="2") == ids[:2]
    assert page(min_id=ids[3], limit="2") == ids[1:3]
    assert page(max_id=ids[1], since_id=ids[4]) == ids[2:4]


def test_the_links_still_name_rows(client, alice, made):
    answer = client.get(made.path, {"limit": "2"}, auth=alice, status=200)
    following, previous = answer.headers["Link"].split(", ")
    for link, expected in ((following, made.ids[2:4]), (previous, [])):
        address = link[1 : link.index(">")].removeprefix("https://pleroma.example")
        assert not any(account_id in address for account_id in made.ids)
        assert [a["id"] for a in client.get(address, auth=alice, status=200).json] == expected


def test_an_account_that_left_is_no_reason_to_begin_again(made, page):
    ids = made.ids
    made.leave(ids[1])
    assert page(max_id=ids[1], limit="2") == ids[2:4]
    assert page(since_id=ids[1]) == ids[:1]
    assert page(min_id=ids[1]) == ids[:1]
    assert page() == [ids[0], *ids[2:]]


def test_a_walk_ends_although_the_last_of_each_page_leaves(made, page):
    seen, bounds = [], {"limit": "2"}
    for _ in range(3):
        found = page(**bounds)
        seen += found
        made.leave(found[-1])
        bounds["max_id"] = found[-1]
    assert seen == made.ids
    assert page(**bounds) == []


def test_an_account_that_is_not_there_keeps_its_place(made, page, sql):
    ids = made.ids
    sql("update accounts set active = false where id = %s", int(ids[1]))
    assert page(max_id=ids[1], limit="2") == ids[2:4]


def test_an_account_that_was_never_there_gives_an_empty_page(page, person):
    stranger = str(person("stranger").id)
    assert [page(**{bound: stranger}) for bound in ("max_id", "since_id", "min_id")] == [[], [], []]


def test_an_account_that_was_deleted_is_no_reason_to_begin_again(made, page, sql):
    sql("delete from accounts where id = %s", int(made.ids[1]))
    assert set(page(max_id=made.ids[1])) <= set(made.ids[2:])


def test_former_places_are_forgotten_after_a_day(client, alice, bob, sql, run_jobs):
    for action in ("mute", "unmute"):
        client.post(f"/api/v1/accounts/{bob.id}/{action}", auth=alice, status=200)
    sql("update former_places set left_at = now() - interval '25 hours'")
    sql("select defer_job('upkeep', 'remove_what_is_over', '{}')")
    assert sql("select count(*) from former_places") == [(1,)]
    run_jobs()
    assert sql("select count(*) from former_places") == [(0,)]


def test_the_deletion_of_an_account_leaves_no_former_place(client, alice, bob, sql):
    for actor, target in ((alice, bob), (bob, alice)):
        for action in ("mute", "unmute"):
            client.post(f"/api/v1/accounts/{target.id}/{action}", auth=actor, status=200)
    with_rows = sql("select count(*) from former_places")
    with db.in_transaction() as connection:
        lifecycle.delete(connection, alice.id)
    assert (with_rows, sql("select count(*) from former_places")) == ([(2,)], [(0,)])
