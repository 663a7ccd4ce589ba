"""Boosts, favourites, reactions, votes and pins; what changes of a profile."""

import time
from datetime import datetime


def boost(way):
    """Of the actor's status by the reader, and of one of a third server's by the actor."""
    _marked(way, "boost", "reblog")
    text = f"theo writes for {way.actor.nickname} of {way.actor.server.host}"
    original = way.bed.theo.write(text)
    found = way.expect_some("the third server's status is found", lambda: way.actor.search_status(original["uri"]))
    way.actor.mark(found["id"], "reblog")
    brought = way.expect_some("the boost brings the original", lambda: way.reader.seen(text, way.actor))
    way.compare("who boosted", way.actor.handle, brought["account"]["acct"])
    way.compare("who wrote it", way.bed.theo.handle, brought["reblog"]["account"]["acct"])


def like(way):
    """Favourites and reactions come and are taken back."""
    own, seen = _marked(way, "favourite", "favourite")
    if way.can("react"):
        way.reader.react(seen["id"], "🐈")
        way.expect("reaction", ["🐈"], lambda: way.actor.reactions(own["id"]))


def _marked(way, called, action):
    """A status of the actor's that the reader marks and unmarks, on both sides."""
    own, seen = way.posted(f"worth a {called}")
    way.reader.mark(seen["id"], action)
    way.expect(f"{called} is counted", 1, lambda: way.actor.status(own["id"])[f"{action}s_count"])
    way.expect(f"notification of the {called}", True,
               lambda: bool(way.actor.notified(action, way.reader, f"worth a {called}")))  # fmt: skip
    way.reader.mark(seen["id"], f"un{action}")
    way.expect(f"{called} taken back", 0, lambda: way.actor.status(own["id"])[f"{action}s_count"])
    return own, seen


def poll(way):
    """One choice and several; the counts are equal, and the voter hears of its end."""
    for text, several, choices, counts in (
        ("tea or milk, once", False, [1], [0, 1]),
        ("tea and milk, twice", True, [0, 1], [1, 1]),
    ):
        own, seen = way.posted(text, poll={"options": ["tea", "milk"], "expires_in": 3600, "multiple": several})
        way.compare(f"{text}: kind", several, seen["poll"]["multiple"])
        way.compare(f"{text}: end", True, _seconds_between(own, seen) <= 1)
        way.reader.post(f"/api/v1/polls/{seen['poll']['id']}/votes", choices=choices)
        way.expect(f"{text}: counts", counts, lambda own=own: _counts(way.actor, own))
        way.expect(f"{text}: counts for the voter", counts, lambda seen=seen: _counts(way.reader, seen), 30)
        way.expect(f"{text}: voted", True, lambda seen=seen: way.reader.status(seen["id"])["poll"]["voted"])
    text = "tea, quickly"
    own, seen = way.posted(text, poll={"options": ["tea", "milk"], "expires_in": 15})
    way.reader.post(f"/api/v1/polls/{seen['poll']['id']}/votes", choices=[0])
    way.expect("poll ends", True, lambda: way.actor.status(own["id"])["poll"]["expired"], 40)
    way.expect("poll ends for the voter", True, lambda: way.reader.status(seen["id"])["poll"]["expired"], 40)
    way.expect("counts at the end", [1, 0], lambda: _counts(way.reader, seen), 40)
    way.expect("notification of the end", True, lambda: bool(way.reader.notified("poll", way.actor, text)), 90)


def _counts(person, status):
    return [option["votes_count"] for option in person.status(status["id"])["poll"]["options"]]


def _seconds_between(own, seen):
    """How far apart two servers' ends of a poll are."""
    ends = [datetime.fromisoformat(each["poll"]["expires_at"]) for each in (own, seen)]
    return abs((ends[0] - ends[1]).total_seconds())


def pin(way):
    """Pins, the profile, and what is signed with a new key."""
    own, _ = way.posted("read this first")
    way.actor.mark(own["id"], "pin")
    way.expect("pinned", [True], lambda: ["read this first" in text for text in way.reader.pinned(way.actor)])
    way.actor.mark(own["id"], "unpin")
    way.expect("not pinned any more", [], lambda: way.reader.pinned(way.actor))
    way.actor.change_profile(display_name="Ann the Second")
    way.expect("changed name", "Ann the Second", lambda: way.reader.account(way.actor)["display_name"], 60)
    if way.can("key rotation"):
        way.actor.server.run("key", "rotate", way.actor.nickname)
        # Some read what comes at once out of its order: the change must be read before what the new key signs.
        time.sleep(10)
        way.posted("signed with a new key")
