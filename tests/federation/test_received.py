"""What the activities of others do here: once, whatever comes how often, and only to what is theirs."""

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest

from pleroma.federation import courier, reader
from tests.conftest import BASE
from tests.federation.remote_people import PUBLIC


@pytest.fixture
def send(sender, carry_out):
    """Sends an activity of `sender`, and again, and carries it out: send("Like", uri) gives the activity."""

    def post(kind, what, *, of=None, **more):
        peer = of or sender
        activity = peer.activity(kind, what, **more)
        peer.post(activity)
        carry_out()
        peer.post(activity)
        carry_out()
        return activity

    return post


@pytest.fixture
def note(sender):
    """A note of `sender`: note("hello", to=[…])."""

    def make(content="<p>hello</p>", number=1, **changes):
        return {
            "id": f"https://{sender.host}/notes/{number}", "type": "Note", "attributedTo": sender.uri,
            "content": content, "published": datetime.now(UTC).isoformat(), "to": [PUBLIC],
            "cc": [sender.account.followers],
        } | changes  # fmt: skip

    return make


@pytest.fixture
def follow(sql, sender):
    """Lets somebody here follow `sender`."""

    def make(person):
        sql("insert into follows (follower_id, followed_id) values (%s, %s)", person.id, sender.id)

    return make


def _uri(person):
    return f"{BASE}/users/{person.nickname}"


def _kinds(federated, person):
    found = federated.get("/api/v1/notifications", auth=person).json
    return [(each["type"], each["account"]["acct"]) for each in found]


def _relationship(federated, person, account):
    return federated.get(f"/api/v1/accounts/relationships?id={account.id}", auth=person).json[0]


def test_follow_of_open_account_begins_and_is_accepted(federated, sender, send, alice, outgoing):
    activity = send("Follow", _uri(alice))
    assert _relationship(federated, alice, sender)["followed_by"]
    assert _kinds(federated, alice) == [("follow", sender.account.acct)]
    assert federated.get(f"/api/v1/accounts/{alice.id}").json["followers_count"] == 1
    assert [row["kind"] for row in outgoing()] == ["accept"]
    sender.post(activity | {"id": activity["id"] + "-again"})


def test_follow_that_is_repeated_is_accepted_again(sender, send, alice, outgoing):
    send("Follow", _uri(alice))
    outgoing()
    send("Follow", _uri(alice))
    assert [row["kind"] for row in outgoing()] == ["accept"]


def test_follow_of_locked_account_waits_for_its_owner(federated, sender, send, alice, outgoing):
    federated.patch_json("/api/v1/accounts/update_credentials", {"locked": True}, auth=alice)
    outgoing()
    send("Follow", _uri(alice))
    assert not _relationship(federated, alice, sender)["followed_by"]
    assert _kinds(federated, alice) == [("follow_request", sender.account.acct)]
    assert outgoing() == []
    federated.post(f"/api/v1/follow_requests/{sender.id}/authorize", auth=alice)
    assert [row["kind"] for row in outgoing()] == ["accept"]
    assert _relationship(federated, alice, sender)["followed_by"]


@pytest.mark.parametrize("tag", ["mrf_tag:disable-remote-subscription", "mrf_tag:disable-any-subscription"])
def test_follow_of_account_that_nobody_may_follow_is_rejected(federated, sender, send, alice, sql, outgoing, tag):
    sql("update accounts set tags = array[%s] where id = %s", tag, alice.id)
    send("Follow", _uri(alice))
    assert not _relationship(federated, alice, sender)["followed_by"]
    assert [row["kind"] for row in outgoing()] == ["reject"]


def test_follow_by_somebody_who_is_blocked_is_rejected(federated, sender, send, alice, outgoing):
    federated.post(f"/api/v1/accounts/{sender.id}/block", auth=alice)
    outgoing()
    send("Follow", _uri(alice))
    assert not _relationship(federated, alice, sender)["followed_by"]
    assert [row["kind"] for row in outgoing()] == ["reject"]


@pytest.mark.parametrize("form", ["id", "embedded", "embedded without the id", "unknown id"])
def test_undo_of_follow_ends_it(federated, sender, send, alice, form):
    activity = send("Follow", _uri(alice))
    undone = {
        "id": activity["id"],
        "embedded": activity,
        "embedded without the id": {"type": "Follow", "actor": sender.uri, "object": _uri(alice)},
        "unknown id": activity | {"id": "https://peer.example/activities/lost"},
    }[form]
    send("Undo", undone)
    assert not _relationship(federated, alice, sender)["followed_by"]
    assert federated.get(f"/api/v1/accounts/{alice.id}").json["followers_count"] == 0


def test_accept_makes_a_follow_of_a_request(federated, sender, send, alice, outgoing):
    federated.post(f"/api/v1/accounts/{sender.id}/follow", auth=alice)
    name = outgoing()[0]["about"]["uri"].replace("\x01", BASE)
    assert _relationship(federated, alice, sender)["requested"]
    send("Accept", name)
    assert _relationship(federated, alice, sender)["following"]
    assert outgoing() == []


@pytest.mark.parametrize("name", ["https://lost.example/1", None])
def test_accept_is_found_by_the_two_whom_it_names(federated, sender, send, alice, name):
    federated.post(f"/api/v1/accounts/{sender.id}/follow", auth=alice)
    send("Accept", {"id": name, "type": "Follow", "actor": _uri(alice), "object": sender.uri})
    assert _relationship(federated, alice, sender)["following"]


def test_nobody_but_the_followed_accepts(federated, sender, send, make_peer, alice, outgoing):
    other = make_peer("other")
    federated.post(f"/api/v1/accounts/{other.id}/follow", auth=alice)
    name = outgoing()[0]["about"]["uri"].replace("\x01", BASE)
    send("Accept", {"id": name, "type": "Follow", "actor": _uri(alice), "object": other.uri})
    assert _relationship(federated, alice, other)["requested"]
    assert not _relationship(federated, alice, sender)["following"]


@pytest.mark.parametrize("accepted", [False, True])
def test_reject_ends_request_and_follow(federated, sender, send, alice, outgoing, accepted):
    federated.post(f"/api/v1/accounts/{sender.id}/follow", auth=alice)
    name = outgoing()[0]["about"]["uri"].replace("\x01", BASE)
    if accepted:
        send("Accept", name)
    send("Reject", name)
    state = _relationship(federated, alice, sender)
    assert (state["following"], state["requested"]) == (False, False)


def test_block_ends_follows_both_ways_and_notifies_nobody(federated, sender, send, alice, follow):
    follow(alice)
    send("Follow", _uri(alice))
    send("Block", _uri(alice))
    state = _relationship(federated, alice, sender)
    assert (state["following"], state["followed_by"], state["blocked_by"]) == (False, False, True)
    assert "block" not in dict(_kinds(federated, alice))


def test_block_is_taken_back(federated, sender, send, alice):
    activity = send("Block", _uri(alice))
    send("Undo", activity["id"])
    assert not _relationship(federated, alice, sender)["blocked_by"]


def test_status_of_somebody_who_is_followed_comes_home(federated, send, note, alice, follow):
    follow(alice)
    send("Create", note("<p>hello <script>x</script></p>"))
    home = federated.get("/api/v1/timelines/home", auth=alice).json
    assert [each["content"] for each in home] == ["<p>hello </p>"]
    assert federated.get("/api/v1/timelines/public", auth=alice).json == home
    assert federated.get("/api/v1/timelines/public?local=true", auth=alice).json == []


def test_status_that_concerns_nobody_is_not_stored(send, note, sql):
    send("Create", note())
    assert sql("select count(*) from statuses") == [(0,)]


def test_mention_concerns_whom_it_names(federated, sender, send, note, alice):
    mention = {"type": "Mention", "href": _uri(alice), "name": "@alice"}
    send("Create", note(tag=[mention], cc=[_uri(alice)]))
    assert _kinds(federated, alice) == [("mention", sender.account.acct)]


def test_direct_status_comes_into_the_conversations(federated, send, note, alice, bob):
    send("Create", note(to=[_uri(alice)], cc=[]))
    assert len(federated.get("/api/v1/conversations", auth=alice).json) == 1
    assert federated.get("/api/v1/conversations", auth=bob).json == []


def test_private_status_is_for_followers(federated, sender, send, note, alice, bob, follow):
    follow(alice)
    send("Create", note(to=[sender.account.followers], cc=[]))
    status = federated.get("/api/v1/timelines/home", auth=alice).json[0]
    assert status["visibility"] == "private"
    federated.get(f"/api/v1/statuses/{status['id']}", auth=bob, status=404)


def test_embedded_object_of_somebody_else_is_not_believed(send, note, make_peer, alice, follow, sql):
    follow(alice)
    other = make_peer("other")
    send("Create", note(attributedTo=other.uri))
    assert sql("select count(*) from statuses") == [(0,)]
    # It is asked of its server, which has the last word.
    assert ("uri", "https://peer.example/notes/1") in sql("select kind, name from lookups")


def test_create_changes_nothing_that_is_here(federated, send, note, alice, follow):
    follow(alice)
    send("Create", note(to=["https://peer.example/users/sender/followers"], cc=[]))
    send("Create", note("<p>changed</p>"))
    home = federated.get("/api/v1/timelines/home", auth=alice).json
    assert [(each["content"], each["visibility"]) for each in home] == [("<p>hello</p>", "private")]


def _later(minutes=1):
    return (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat()


def test_update_changes_a_status_and_keeps_what_it_was(federated, send, note, alice, follow):
    follow(alice)
    send("Create", note())
    status = federated.get("/api/v1/timelines/home", auth=alice).json[0]
    federated.post(f"/api/v1/statuses/{status['id']}/reblog", auth=alice)
    send("Update", note("<p>changed</p>", updated=datetime.now(UTC).isoformat()))
    now = federated.get(f"/api/v1/statuses/{status['id']}", auth=alice).json
    assert now["content"] == "<p>changed</p>"
    assert now["edited_at"] is not None
    history = federated.get(f"/api/v1/statuses/{status['id']}/history", auth=alice).json
    assert [each["content"] for each in history] == ["<p>hello</p>", "<p>changed</p>"]
    assert ("update", status["account"]["acct"]) in _kinds(federated, alice)


def test_update_that_is_older_changes_nothing(federated, send, note, alice, follow):
    follow(alice)
    send("Create", note())
    now = datetime.now(UTC)
    send("Update", note("<p>second</p>", updated=now.isoformat()))
    send("Update", note("<p>first</p>", updated=(now - timedelta(minutes=1)).isoformat()))
    assert federated.get("/api/v1/timelines/home", auth=alice).json[0]["content"] == "<p>second</p>"


def test_updates_of_one_second_all_count(federated, send, note, alice, follow):
    follow(alice)
    send("Create", note())
    updated = datetime.now(UTC).replace(microsecond=0).isoformat()
    for text in ("first", "second", "second"):
        send("Update", note(f"<p>{text}</p>", updated=updated))
    status = federated.get("/api/v1/timelines/home", auth=alice).json[0]
    history = federated.get(f"/api/v1/statuses/{status['id']}/history", auth=alice).json
    assert [each["content"] for each in history] == ["<p>hello</p>", "<p>first</p>", "<p>second</p>"]
    assert status["content"] == "<p>second</p>"


@pytest.mark.parametrize("kind", ["Update", "Delete"])
def test_nobody_changes_the_status_of_somebody_else(federated, send, note, make_peer, alice, follow, kind):
    follow(alice)
    send("Create", note())
    other = make_peer("other")
    changed = note("<p>mine</p>", attributedTo=other.uri, updated=_later(0))
    send(kind, changed if kind == "Update" else changed["id"], of=other)
    send(kind, note("<p>mine</p>", updated=_later(0)) if kind == "Update" else {"id": changed["id"]}, of=other)
    assert [each["content"] for each in federated.get("/api/v1/timelines/home", auth=alice).json] == ["<p>hello</p>"]


def test_update_of_the_actor_has_the_profile_read_again(sender, send, sql):
    send("Update", {"id": sender.uri, "type": "Person", "name": "Not believed"})
    assert sql("select kind, name from lookups") == [("uri", sender.uri)]
    assert sql("select display_name from accounts where id = %s", sender.id) == [("Sender",)]


def test_delete_removes_a_status_and_lets_it_not_come_again(federated, send, note, alice, follow):
    follow(alice)
    send("Create", note())
    send("Delete", {"id": note()["id"], "type": "Tombstone"})
    assert federated.get("/api/v1/timelines/home", auth=alice).json == []
    send("Create", note())
    assert federated.get("/api/v1/timelines/home", auth=alice).json == []


def test_delete_that_overtakes_its_status_counts(federated, send, note, alice, follow):
    follow(alice)
    send("Delete", note()["id"])
    send("Create", note())
    assert federated.get("/api/v1/timelines/home", auth=alice).json == []


def test_account_that_deletes_itself_is_gone(federated, sender, send, note, alice, follow, run_jobs, sql):
    follow(alice)
    send("Create", note())
    send("Delete", sender.uri)
    assert federated.get("/api/v1/timelines/home", auth=alice).json == []
    run_jobs()
    assert sql("select count(*) from accounts where id = %s", sender.id) == [(0,)]
    assert federated.get(f"/api/v1/accounts/{alice.id}").json["following_count"] == 0


def test_reblog_of_a_status_here_is_counted_and_notified(federated, publish, sender, send, alice):
    status = publish(alice, "hello")
    activity = send("Announce", status["uri"], to=[PUBLIC])
    assert _kinds(federated, alice) == [("reblog", sender.account.acct)]
    assert federated.get(f"/api/v1/statuses/{status['id']}").json["reblogs_count"] == 1
    send("Undo", activity["id"])
    assert federated.get(f"/api/v1/statuses/{status['id']}").json["reblogs_count"] == 0
    assert _kinds(federated, alice) == []


@pytest.mark.parametrize("visibility", ["private", "direct"])
def test_reblog_of_what_is_not_for_everybody_is_ignored(publish, send, alice, sql, visibility):
    status = publish(alice, "hello", visibility=visibility)
    send("Announce", status["uri"], to=[PUBLIC])
    assert sql("select count(*) from statuses where reblog_of_id is not null") == [(0,)]


def test_body_of_a_reblog_is_not_believed(send, note, make_peer, alice, follow, sql):
    follow(alice)
    other = make_peer("other", "other.example")
    original = note("<p>never said</p>", attributedTo=other.uri, id="https://other.example/notes/1")
    send("Announce", original, to=[PUBLIC])
    assert sql("select count(*) from statuses") == [(0,)]
    assert sql("select name from lookups where kind = 'uri'") == [("https://other.example/notes/1",)]


def test_reblog_of_a_stranger_s_status_needs_a_follower(send, sql):
    send("Announce", "https://other.example/notes/1", to=[PUBLIC])
    assert sql("select count(*) from lookups") == [(0,)]


@pytest.mark.parametrize("form", ["id", "embedded"])
def test_favourite_is_counted_notified_and_taken_back(federated, publish, sender, send, alice, form):
    status = publish(alice, "hello")
    activity = send("Like", status["uri"])
    assert _kinds(federated, alice) == [("favourite", sender.account.acct)]
    assert federated.get(f"/api/v1/statuses/{status['id']}").json["favourites_count"] == 1
    send("Undo", activity["id"] if form == "id" else {"type": "Like", "actor": sender.uri, "object": status["uri"]})
    assert federated.get(f"/api/v1/statuses/{status['id']}").json["favourites_count"] == 0
    assert _kinds(federated, alice) == []


def test_status_that_is_not_to_be_seen_is_not_to_be_liked(publish, send, alice, sql):
    status = publish(alice, "hello", visibility="private")
    send("Like", status["uri"])
    assert sql("select count(*) from interactions") == [(0,)]


@pytest.mark.parametrize(("kind", "content"), [("EmojiReact", "🐈"), ("Like", "🐈")])
def test_reaction_is_stored_notified_and_taken_back(federated, publish, sender, send, alice, kind, content):
    status = publish(alice, "hello")
    activity = send(kind, status["uri"], content=content)
    assert _kinds(federated, alice) == [("pleroma:emoji_reaction", sender.account.acct)]
    send("Undo", activity)
    assert federated.get(f"/api/v1/statuses/{status['id']}").json["pleroma"]["emoji_reactions"] == []


@pytest.mark.parametrize("content", ["❤", "❤️", "⭐", "👍", ":neko:"])
def test_like_with_a_heart_or_an_emoji_of_theirs_is_a_favourite(federated, publish, send, alice, content):
    status = publish(alice, "hello")
    send("Like", status["uri"], content=content, _misskey_reaction=content)
    now = federated.get(f"/api/v1/statuses/{status['id']}").json
    assert (now["favourites_count"], now["pleroma"]["emoji_reactions"]) == (1, [])


def test_twenty_reactions_of_one_account_are_enough(federated, publish, send, alice):
    status = publish(alice, "hello")
    for number in range(22):
        send("EmojiReact", status["uri"], content=chr(0x1F400 + number))
    now = federated.get(f"/api/v1/statuses/{status['id']}").json
    assert len(now["pleroma"]["emoji_reactions"]) == 20


def _vote(sender, name, uri, number=1, **more):
    return {
        "id": f"{sender.uri}#votes/{number}", "type": "Note", "name": name, "attributedTo": sender.uri,
        "inReplyTo": uri,
    } | more  # fmt: skip


@pytest.mark.parametrize("content", [None, "", '<p><a href="https://x.example/@alice">@alice</a></p><br>'])
def test_vote_is_counted_once(federated, publish, sender, send, alice, content):
    status = publish(alice, "tea?", poll={"options": ["tea", "coffee"], "expires_in": 3600})
    send("Create", _vote(sender, "tea", status["uri"], content=content))
    send("Create", _vote(sender, "coffee", status["uri"], 2))
    poll = federated.get(f"/api/v1/polls/{status['poll']['id']}").json
    assert ([each["votes_count"] for each in poll["options"]], poll["voters_count"]) == ([1, 0], 1)


def test_votes_in_one_activity_are_all_counted(federated, publish, sender, send, alice):
    poll = {"options": ["tea", "coffee", "milk"], "expires_in": 3600, "multiple": True}
    status = publish(alice, "what?", poll=poll)
    send("Create", [_vote(sender, "tea", status["uri"]), _vote(sender, "milk", status["uri"], 2)])
    poll = federated.get(f"/api/v1/polls/{status['poll']['id']}").json
    assert [each["votes_count"] for each in poll["options"]] == [1, 0, 1]


@pytest.mark.parametrize("what", ["no option", "ended", "not to be seen"])
def test_vote_that_cannot_count_is_ignored(publish, sender, send, alice, sql, what):
    visibility = "private" if what == "not to be seen" else "public"
    poll = {"options": ["tea", "coffee"], "expires_in": 3600}
    status = publish(alice, "tea?", poll=poll, visibility=visibility)
    if what == "ended":
        sql("update polls set expires_at = now()")
    send("Create", _vote(sender, "water" if what == "no option" else "tea", status["uri"]))
    assert sql("select count(*) from poll_votes") == [(0,)]


def test_poll_elsewhere_takes_the_numbers_of_its_server(federated, send, note, alice, follow):
    follow(alice)

    def question(first, second):
        options = [
            {"type": "Note", "name": name, "replies": {"type": "Collection", "totalItems": number}}
            for name, number in (("tea", first), ("coffee", second))
        ]
        return note(type="Question", oneOf=options, endTime=_later(60), votersCount=first + second)

    send("Create", question(1, 2))
    status = federated.get("/api/v1/timelines/home", auth=alice).json[0]
    assert [each["votes_count"] for each in status["poll"]["options"]] == [1, 2]
    send("Update", question(3, 2))
    poll = federated.get(f"/api/v1/polls/{status['poll']['id']}", auth=alice).json
    assert ([each["votes_count"] for each in poll["options"]], poll["voters_count"]) == ([3, 2], 5)


def test_status_is_pinned_and_unpinned(federated, make_peer, carry_out, note, alice, follow, sql, sender):
    follow(alice)
    featured = f"{sender.uri}/collections/featured"
    sql("update remote_accounts set featured = %s where account_id = %s", featured, sender.id)
    sender.post(sender.activity("Create", note()))
    sender.post(sender.activity("Add", note()["id"], target=featured))
    carry_out()
    path = f"/api/v1/accounts/{sender.id}/statuses?pinned=true"
    assert len(federated.get(path, auth=alice).json) == 1
    other = make_peer("other")
    other.post(other.activity("Remove", note()["id"], target=featured))
    carry_out()
    assert len(federated.get(path, auth=alice).json) == 1
    sender.post(sender.activity("Remove", note()["id"], target=featured))
    carry_out()
    assert federated.get(path, auth=alice).json == []


@pytest.mark.parametrize("turned", [False, True])
def test_report_names_account_and_statuses_in_any_order(federated, publish, sender, send, alice, person, turned):
    admin = person("admin", admin=True)
    status = publish(alice, "bad")
    named = [_uri(alice), status["uri"], "https://far.example/3"]
    send("Flag", named[::-1] if turned else named, content="<b>look</b>")
    report = federated.get("/api/pleroma/admin/reports", auth=admin).json["reports"][0]
    assert report["account"]["id"] == str(alice.id)
    assert report["content"] == "look"
    assert [each["id"] for each in report["statuses"]] == [status["id"]]


def test_host_reports_twenty_times_a_day_at_most(sender, send, alice, sql):
    for _ in range(22):
        send("Flag", [_uri(alice)])
    assert sql("select count(*) from reports") == [(20,)]


def _move(sender, target):
    return {"object": sender.uri, "target": target.uri}


@pytest.fixture
def looked_up(sql):
    """Says that something was looked up just now."""

    def note_it(uri):
        sql(
            "insert into lookups (kind, name, host, due_at, done_at, is_found)"
            " values ('uri', %s, 'x', null, now(), true)",
            uri,
        )

    return note_it


def test_followers_go_along_with_somebody_who_moves(
    federated, sender, send, make_peer, alice, follow, looked_up, run_jobs, outgoing
):
    follow(alice)
    new = make_peer("new", "new.example", also_known_as=[sender.uri])
    looked_up(new.uri)
    send("Move", sender.uri, target=new.uri)
    assert federated.get(f"/api/v1/accounts/{sender.id}", auth=alice).json["moved"]["acct"] == new.account.acct
    assert _kinds(federated, alice) == [("move", sender.account.acct)]
    outgoing()
    run_jobs()
    assert _relationship(federated, alice, new)["requested"]
    assert [row["kind"] for row in outgoing()] == ["follow"]
    send("Accept", {"type": "Follow", "actor": _uri(alice), "object": new.uri}, of=new)
    assert _relationship(federated, alice, new)["following"]
    assert not _relationship(federated, alice, sender)["following"]


def test_move_to_an_account_that_does_not_name_the_old_one_is_ignored(
    federated, sender, send, make_peer, alice, looked_up
):
    new = make_peer("new", "new.example")
    looked_up(new.uri)
    send("Move", sender.uri, target=new.uri)
    assert federated.get(f"/api/v1/accounts/{sender.id}", auth=alice).json["moved"] is None


@pytest.mark.parametrize("kind", ["Dislike", "View", "Listen", "ChatMessage", "QuoteRequest", "Anything"])
def test_other_activities_do_nothing(send, alice, sql, kind):
    send(kind, _uri(alice))
    assert sql("select count(*) from inbox where body is not null") == [(0,)]


def test_what_one_host_sends_leads_to_sixty_others_an_hour_at_most(sender, carry_out, alice, follow, sql):
    follow(alice)
    for number in range(65):
        sender.post(sender.activity("Announce", f"https://h{number}.example/1", to=[PUBLIC]))
    carry_out()
    assert sql("select count(distinct host) from lookups") == [(60,)]
    # What is of the sender itself, or of a host that is known, is looked up still.
    sender.post(sender.activity("Announce", f"https://{sender.host}/1", to=[PUBLIC]))
    carry_out()
    assert sql("select count(*) from lookups where host = %s", sender.host) == [(1,)]


def test_host_that_sends_too_much_lets_others_go_first(sender, make_peer, settings, publish, alice, sql, monkeypatch):
    monkeypatch.setattr(reader, "MOST_OF_A_MINUTE", 2)
    monkeypatch.setattr(reader, "_BATCH", 1)
    status = publish(alice, "hello")
    other = make_peer("other", "other.example")
    for peer in (sender, sender, sender, sender, other):
        peer.post(peer.activity("Like", status["uri"]))
    config, pace, order = dataclasses.replace(settings, federation=True), reader.Pace(), []
    for _ in range(5):
        before = dict(sql("select id, host from inbox where body is not null"))
        reader.read(config, pace)
        order += before.keys() - dict(sql("select id, host from inbox where body is not null")).keys()
    hosts = dict(sql("select id, host from inbox"))
    assert [hosts[each] for each in order] == [sender.host, sender.host, other.host, sender.host, sender.host]


def test_what_is_done_with_is_forgotten(sender, send, note, alice, follow, sql):
    follow(alice)
    send("Create", note())
    send("Delete", note()["id"])
    sql("update inbox set received_at = now() - interval '4 hours'")
    sql("update tombstones set created_at = now() - interval '8 days'")
    sql("insert into tombstones (path, created_at) values ('/objects/1', now() - interval '1 year')")
    sql("insert into hosts (name, created_at) values ('lost.example', now() - interval '31 days')")
    courier.tidy()
    assert sql("select count(*) from inbox") == [(0,)]
    assert sql("select path from tombstones") == [("/objects/1",)]
    assert "lost.example" not in [name for (name,) in sql("select name from hosts")]
