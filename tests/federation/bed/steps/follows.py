"""Follows begin, are asked for, are refused and end."""

import time


def follow(way):
    """Of an open account, and of a locked one that accepts one request and rejects another."""
    way.reader.act_on(way.actor, "follow")
    way.expect("following", True, lambda: way.reader.relation(way.actor)["following"])
    way.expect("followed by", True, lambda: way.actor.relation(way.reader)["followed_by"])
    way.expect("notification of the follow", True, lambda: bool(way.actor.notified("follow", way.reader)))
    locked, second = way.actors["lou"], way.readers["ben"]
    for person in (way.reader, second):
        person.act_on(locked, "follow")
    way.expect("request waits", True, lambda: way.reader.relation(locked)["requested"])
    way.expect("requests are listed", {way.reader.handle, second.handle}, lambda: set(_requests(locked)))
    way.expect("not following before it is accepted", False, lambda: locked.relation(way.reader)["followed_by"])
    _decide(locked, way.reader, "authorize")
    way.expect("request accepted", True, lambda: way.reader.relation(locked)["following"])
    way.expect("follower after it is accepted", True, lambda: locked.relation(way.reader)["followed_by"])
    _decide(locked, second, "reject")
    way.expect("request rejected", [False, False], lambda: [
        second.relation(locked)[state] for state in ("requested", "following")
    ])  # fmt: skip


def _requests(person):
    """Accounts that ask, by handle."""
    return {each["acct"]: each["id"] for each in person.get("/api/v1/follow_requests")}


def _decide(person, other, answer):
    person.post(f"/api/v1/follow_requests/{_requests(person)[other.handle]}/{answer}")


def block(way):
    """It ends follows both ways, and what the one who blocks posts is not seen any more."""
    blocker = way.actors["may"]
    way.reader.act_on(blocker, "follow")
    way.expect("following", True, lambda: way.reader.relation(blocker)["following"])
    blocker.act_on(way.reader, "follow")
    way.expect("followed by", True, lambda: way.reader.relation(blocker)["followed_by"])
    if not way.can("block"):
        return
    blocker.act_on(way.reader, "block")
    way.expect("follow of the one who blocks ended", False, lambda: blocker.relation(way.reader)["following"])
    way.expect("follow of the other ended here", False, lambda: blocker.relation(way.reader)["followed_by"])
    way.expect("follow ended by the block", False, lambda: way.reader.relation(blocker)["following"])
    blocker.write("may after the block")
    time.sleep(5)
    way.compare("deliveries stop", 0, _deliveries(way, "may after the block"))
    blocker.act_on(way.reader, "unblock")
    way.expect("unblocked", False, lambda: blocker.relation(way.reader)["blocking"])
    # The other server must have read that before.
    time.sleep(5)
    way.expect_some("may be followed again", lambda: way.reader.act_on(blocker, "follow"))
    way.expect("followed again", True, lambda: blocker.relation(way.reader)["followed_by"])


def leave(way):
    """After an unfollow nothing more is delivered; a deleted account is gone."""
    person = way.actors["ben"]
    way.reader.act_on(person, "follow")
    way.expect("following", True, lambda: way.reader.relation(person)["following"])
    way.expect("followed by", True, lambda: person.relation(way.reader)["followed_by"])
    way.reader.act_on(person, "unfollow")
    way.expect("not following any more", False, lambda: way.reader.relation(person)["following"])
    way.expect("not followed any more", False, lambda: person.relation(way.reader)["followed_by"])
    person.write("ben after the unfollow")
    time.sleep(5)
    way.compare("deliveries stop", 0, _deliveries(way, "ben after the unfollow"))
    _delete_account(way)


def _deliveries(way, text):
    """How many statuses with a text were sent to the other server; what it fetches itself does not count."""
    sent = way.bed.exchanges_with(way.reader.server.host, "POST", text)
    return sum(way.actor.server.host in each["from"] for each in sent)


def _delete_account(way):
    person = way.actors["dee"]
    way.reader.act_on(person, "follow")
    way.expect("following", True, lambda: way.reader.relation(person)["following"])
    followed = way.reader.profile()["following_count"]
    account = way.reader.find(person.handle)
    person.write("dee says good-bye")
    status = way.expect_some("the last words are at home", lambda: way.reader.seen("dee says good-bye", person))
    uri = person.uri
    person.server.remove_account(person)
    way.expect("statuses are gone", 404, lambda: way.reader.code(f"/api/v1/statuses/{status['id']}"), 60)
    way.expect("the account is gone", True, lambda: _is_gone(way.reader, account["id"]), 60)
    way.expect("one follow fewer", followed - 1, lambda: way.reader.profile()["following_count"])
    way.expect("the actor is gone", 410, lambda: way.reader.document(uri))


def _is_gone(reader, account_id):
    """Whether an account is not there, or kept as one that is suspended."""
    return reader.code(f"/api/v1/accounts/{account_id}") in (404, 410) or reader.get(
        f"/api/v1/accounts/{account_id}"
    ).get("suspended", False)
