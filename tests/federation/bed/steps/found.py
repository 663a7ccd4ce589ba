"""Accounts and statuses are found by what people type or paste."""

from tests.federation.bed.people import text_of

_NOTE = "walks every morning"
PROFILE = {
    "display_name": "Ann Walker",
    "note": _NOTE,
    "fields_attributes": [{"name": "town", "value": "Ulm"}],
}


def accounts(way):
    """By handle and by the address of the profile, with all that a profile says."""
    way.expect("found by handle", way.actor.handle, lambda: way.reader.find(way.actor.handle)["acct"])
    way.expect("found by the address of the profile", way.actor.handle,
               lambda: way.reader.find(way.actor.page)["acct"])  # fmt: skip
    way.expect("name", "Ann Walker", lambda: way.reader.account(way.actor)["display_name"])
    way.expect("bio", True, lambda: _NOTE in way.reader.account(way.actor)["note"])
    way.expect("fields", [("town", True)], lambda: [
        (field["name"], "Ulm" in field["value"]) for field in way.reader.account(way.actor)["fields"]
    ])  # fmt: skip
    for trait in ("bot", "locked"):
        way.expect(trait, [False, True], lambda trait=trait: [
            way.reader.account(each)[trait] for each in (way.actor, way.actors["lou"])
        ])  # fmt: skip
    for count in ("followers_count", "following_count", "statuses_count"):
        way.expect(count, way.actor.profile()[count], lambda count=count: way.reader.account(way.actor)[count])


def statuses(way):
    """By the address of one that nobody here follows, with what it answers to."""
    author = way.actors["ben"]
    first = author.write("ben begins a thread")
    second = author.write("ben goes on", in_reply_to_id=first["id"])
    for address in ("uri", "url"):
        way.expect(f"found by its {address}", "ben goes on",
                   lambda address=address: text_of(way.reader.search_status(second[address])))  # fmt: skip
    seen = way.reader.search_status(second["uri"])
    way.compare("its author", author.handle, seen["account"]["acct"])
    path = f"/api/v1/statuses/{seen['id']}/context"
    way.expect("what it answers to", ["ben begins a thread"],
               lambda: [text_of(each) for each in way.reader.get(path)["ancestors"]])  # fmt: skip
