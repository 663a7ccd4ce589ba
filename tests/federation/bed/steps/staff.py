"""What the staff of a server hears and does."""


def report(way):
    """A report that is forwarded comes to the staff of the server whose account it is about."""
    if not way.can("report"):
        return
    own, seen = way.posted("something bad")
    comment = f"look at this, {way.name}"
    way.reader.post("/api/v1/reports", account_id=seen["account"]["id"], status_ids=[seen["id"]],
                    comment=comment, forward=True)  # fmt: skip
    staff = way.bed.staff_of(way.actor.server)
    got = way.expect_some("the report", lambda: [each for each in staff.reports() if each["comment"] == comment])
    way.compare("statuses", [own["id"]], [each["id"] for each in got[0]["statuses"]])


def refuse(way):
    """A host that is refused gets a 403 and ends all follows; after that it may begin again."""
    ours, peer = way.actor.server, way.reader.server
    account = way.actor.find(way.reader.handle)["id"]
    ours.run("host", "block", peer.host)
    way.expect("their account is hidden", 404, lambda: way.actor.code(f"/api/v1/accounts/{account}"))
    text = "to a server that refuses"
    way.reader.write(f"@{way.actor.handle} {text}")
    way.expect("what they send is refused", {403}, lambda: _codes(way, "POST", text), 30)
    way.reader.get("/api/v2/search", q=f"@{way.bed.admin.handle}", resolve=True, type="accounts")
    way.expect("what they ask for is refused", {403}, lambda: _codes(way, "GET", "/users/admin"))
    ours.run("host", "unblock", peer.host)
    way.expect("follows have ended", [False, False], lambda: [
        way.actor.relationship(account)[state] for state in ("following", "followed_by")
    ])  # fmt: skip
    for person, other in ((way.actor, way.reader), (way.reader, way.actor)):
        who = person.server.host
        person.act_on(other, "unfollow")
        way.expect(f"{who} does not follow", False, lambda p=person, o=other: o.relation(p)["followed_by"])
        person.act_on(other, "follow")
        way.expect(f"{who} follows again", True, lambda p=person, o=other: p.relation(o)["following"])
        way.expect(f"{who} is a follower again", True, lambda p=person, o=other: o.relation(p)["followed_by"])
    way.posted("after the block of the host")


def _codes(way, method, text):
    """How our server answered requests that have a text in path or body."""
    return {each["status"] for each in way.bed.exchanges_with(way.actor.server.host, method, text)}
