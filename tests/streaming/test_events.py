"""The other events: deletions, notifications, changed filters, what makes none (a real server)."""

import time

import pytest

from tests.meanwhile import until


def test_a_deleted_status_and_each_reblog_of_it_are_taken_back_where_they_were_shown(world):
    author, fan, reader = world.person(), world.person(), world.person()
    for friend in (author, fan):
        reader.does("follow", friend)
    home, public, third = reader.socket("user"), world.socket("public"), world.socket("hashtag", tag="other")
    status = author.post("soon gone")
    wrapper = fan.ask("POST", f"/api/v1/statuses/{status['id']}/reblog")
    assert home.events(2) == [("update", status["id"]), ("update", wrapper["id"])]
    assert public.events(1) == [("update", status["id"])]
    author.ask("DELETE", f"/api/v1/statuses/{status['id']}")
    last = author.post("#other")
    assert home.events(2) == [("delete", status["id"]), ("delete", wrapper["id"])]
    assert public.events(1) == [("delete", status["id"])]
    assert third.events(1) == [("update", last["id"])]


def test_a_reblog_taken_back_is_the_deletion_of_the_wrapper(world):
    author, fan = world.person(), world.person()
    status = author.post("words")
    socket = fan.socket("user")
    wrapper = fan.ask("POST", f"/api/v1/statuses/{status['id']}/reblog")
    assert socket.events(1) == [("update", wrapper["id"])]
    fan.ask("POST", f"/api/v1/statuses/{status['id']}/unreblog")
    assert socket.events(1) == [("delete", wrapper["id"])]


def test_who_was_sent_a_status_hears_of_its_deletion_though_it_may_not_be_seen_any_more(world):
    author, reader, stranger = world.person(), world.person(), world.person()
    reader.does("follow", author)
    theirs, strange = reader.socket("user"), stranger.socket("user")
    status = author.post("for friends", visibility="private")
    assert theirs.events(1) == [("update", status["id"])]
    reader.does("unfollow", author)
    author.ask("DELETE", f"/api/v1/statuses/{status['id']}")
    assert theirs.events(1) == [("delete", status["id"])]
    own = stranger.post("nothing before this")
    assert strange.events(1) == [("update", own["id"])]


def test_deletions_of_what_was_shown_to_earlier_connections_come_too(world):
    author, reader, blocked = world.person(), world.person(), world.person()
    status, hidden = author.post("before", visibility="public"), author.post("for friends", visibility="private")
    author.does("block", blocked)
    blocked.does("mute", author)
    socket, other = reader.socket("public"), blocked.socket("public")
    author.ask("DELETE", f"/api/v1/statuses/{hidden['id']}")
    author.ask("DELETE", f"/api/v1/statuses/{status['id']}")
    last = reader.post("last")
    assert socket.events(2) == [("delete", status["id"]), ("update", last["id"])]
    assert other.events(1) == [("update", last["id"])]


def test_a_notification_comes_after_the_status_that_made_it(world):
    author, reader = world.person(), world.person()
    reader.does("follow", author)
    socket = reader.socket("user")
    status = author.post(f"hello @{reader.nickname}")
    (_, first, shown), (_, second, notification) = socket.event(), socket.event()
    assert (first, shown["id"]) == ("update", status["id"])
    assert (second, notification["type"], notification["status"]["id"]) == ("notification", "mention", status["id"])


def test_a_notification_that_the_list_hides_is_not_sent(world):
    reader, muted, other = world.person(), world.person(), world.person()
    reader.does("mute", muted)
    socket = reader.socket("user:notification")
    muted.does("follow", reader)
    other.does("follow", reader)
    _, _, notification = socket.event()
    assert notification["account"]["acct"] == other.nickname


def test_notifications_need_their_own_scope(world):
    reader, other = world.person(scopes=("read:statuses", "write")), world.person()
    socket = reader.socket("user")
    other.does("follow", reader)
    status = reader.post("own")
    assert socket.events(1) == [("update", status["id"])]


def test_what_only_changes_counts_sends_its_notification_alone(world):
    author, other = world.person(), world.person()
    status = author.post("which?", poll={"options": ["a", "b"], "expires_in": 3600})
    public, own = world.socket("public"), author.socket("user")
    other.ask("POST", f"/api/v1/polls/{status['poll']['id']}/votes", {"choices": [0]})
    other.ask("POST", f"/api/v1/statuses/{status['id']}/favourite")
    other.ask("POST", f"/api/v1/statuses/{status['id']}/reblog")
    last = author.post("last")
    assert public.events(1) == [("update", last["id"])]
    assert [own.event()[1] for _ in range(3)] == ["notification", "notification", "update"]


def test_changed_filters_are_said_without_a_payload(world):
    reader = world.person()
    socket = reader.socket("user")
    made = reader.ask("POST", "/api/v1/filters", {"phrase": "spoiler", "context": ["home"]})
    reader.ask("PUT", f"/api/v1/filters/{made['id']}", {"phrase": "spoilers", "context": ["home"]})
    reader.ask("DELETE", f"/api/v1/filters/{made['id']}")
    assert [socket.frame() for _ in range(3)] == [{"stream": ["user"], "event": "filters_changed"}] * 3


@pytest.mark.long
def test_a_preview_and_a_scheduled_status_announce_nothing_before_their_time(world):
    author = world.person()
    socket = author.socket("user")
    author.post("a preview", preview=True)
    later = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() + 3600))
    scheduled = author.post("later", scheduled_at=later)
    now = author.post("now")
    assert socket.events(1) == [("update", now["id"])]
    world.sql("update scheduled_statuses set scheduled_at = now() where id = %s", int(scheduled["id"]))
    world.sql("update procrastinate_jobs set scheduled_at = now() where task_name = 'post_scheduled_status'")
    _, name, status = socket.event()
    assert (name, "later" in status["content"]) == ("update", True)


@pytest.mark.long
def test_an_expired_status_is_deleted_where_it_was_shown(world):
    author = world.person()
    socket = author.socket("public")
    status = author.post("for a while", expires_in=3600)
    assert socket.events(1) == [("update", status["id"])]
    world.sql("update statuses set expires_at = now() where id = %s", int(status["id"]))
    world.sql("update procrastinate_jobs set scheduled_at = now() where task_name = 'expire_status'")
    assert socket.events(1) == [("delete", status["id"])]


def test_the_receiver_of_a_status_may_read_it(world):
    author = world.person()
    socket = author.socket("user")
    for number in range(10):
        author.post(f"number {number}")
        _, _, status = socket.event()
        assert author.ask("GET", f"/api/v1/statuses/{status['id']}") == status


def test_events_of_what_is_gone_and_of_unknown_kinds_are_left_out(world):
    author = world.person()
    socket = author.socket("user")
    world.sql(
        "insert into stream_events (kind, status_id, account_id) values ('update', 1, %s), ('unheard-of', null, null)",
        author.id,
    )
    last = author.post("last")
    assert socket.events(1) == [("update", last["id"])]


def test_old_events_are_removed(world):
    author = world.person()
    author.post("now")
    world.sql("update stream_events set created_at = now() - interval '11 minutes'")
    hourly = "row('upkeep', 'remove_what_is_over', 0, null, null, '{}', null)::procrastinate_job_to_defer_v1"
    world.sql(f"select procrastinate_defer_jobs_v1(array[{hourly}])")
    old = "select count(*) from stream_events where created_at < now() - interval '10 minutes'"
    until(lambda: world.sql(old) == [(0,)])
    assert author.socket("user").say(type="subscribe", stream="public")["result"] == "success"


def test_an_edit_reaches_the_streams_that_show_the_status(world):
    author, reader = world.person(), world.person()
    reader.does("follow", author)
    status = author.post("before #edited")
    home, public, other = reader.socket("user"), world.socket("public"), world.socket("hashtag", tag="other")
    author.ask("PUT", f"/api/v1/statuses/{status['id']}", {"status": "after #edited"})
    last = author.post("#other")
    for socket in (home, public):
        _, name, shown = socket.event()
        assert (name, shown["id"], "after" in shown["content"]) == ("status.update", status["id"], True)
        assert shown["edited_at"]
    assert other.events(1) == [("update", last["id"])]


def test_an_edit_reaches_those_who_have_the_status_from_elsewhere(world):
    author, fan, voter, addressed, stranger = (world.person() for _ in range(5))
    poll = {"options": ["a", "b"], "expires_in": 3600}
    status = author.post(f"@{addressed.nickname} which?", poll=poll)
    fan.ask("POST", f"/api/v1/statuses/{status['id']}/reblog")
    voter.ask("POST", f"/api/v1/polls/{status['poll']['id']}/votes", {"choices": [0]})
    sockets = [who.socket("user") for who in (fan, voter, addressed)]
    strange = stranger.socket("user")
    author.ask("PUT", f"/api/v1/statuses/{status['id']}", {"status": f"@{addressed.nickname} what?"})
    for socket in sockets:
        assert "status.update" in [socket.event()[1] for _ in range(2 if socket is not sockets[2] else 1)]
    last = stranger.post("last")
    assert strange.events(1) == [("update", last["id"])]


def test_an_edit_that_changes_nothing_sends_nothing(world):
    author = world.person()
    status = author.post("same")
    socket = author.socket("user")
    author.ask("PUT", f"/api/v1/statuses/{status['id']}", {"status": "same"})
    last = author.post("last")
    assert socket.events(1) == [("update", last["id"])]


def test_each_reader_gets_what_their_own_filters_match(world):
    author, filtering, other = world.person(), world.person(), world.person()
    word = {"title": "x", "context": ["home"], "keywords_attributes": [{"keyword": "spoiler"}]}
    made = filtering.ask("POST", "/api/v2/filters", word)
    sockets = [who.socket("public") for who in (filtering, other)]
    strange = world.socket("public")
    author.post("a spoiler")
    first, second, third = (socket.event()[2] for socket in (*sockets, strange))
    assert [result["filter"]["id"] for result in first["filtered"]] == [made["id"]]
    assert second["filtered"] == [] and "filtered" not in third


def test_one_request_that_changes_filters_is_one_event(world):
    reader = world.person()
    socket = reader.socket("user")
    words = [{"keyword": f"word {number}"} for number in range(3)]
    made = reader.ask("POST", "/api/v2/filters", {"title": "x", "context": ["home"], "keywords_attributes": words})
    changes = [{"id": made["keywords"][0]["id"], "_destroy": True}, {"keyword": "another"}]
    reader.ask("PUT", f"/api/v2/filters/{made['id']}", {"title": "y", "keywords_attributes": changes})
    named = reader.ask("POST", f"/api/v2/filters/{made['id']}/statuses", {"status_id": reader.post("own")["id"]})
    reader.ask("DELETE", f"/api/v2/filters/statuses/{named['id']}")
    reader.ask("DELETE", f"/api/v2/filters/{made['id']}")
    events = [socket.frame()["event"] for _ in range(6)]
    assert events == ["filters_changed"] * 2 + ["update"] + ["filters_changed"] * 3


def test_a_followed_tag_comes_to_home(world):
    author, reader = world.person(), world.person()
    reader.ask("POST", "/api/v1/tags/streamed/follow")
    socket = reader.socket("user")
    author.post("no tag")
    author.post("#streamed", visibility="unlisted")
    status = author.post("#streamed")
    assert socket.events(1) == [("update", status["id"])]


def test_announcements_come_to_who_has_not_dismissed_them(world):
    root, reader, other = world.person(), world.person(), world.person()
    world.sql("update accounts set is_admin = true where id = %s", root.id)
    path = "/api/v1/pleroma/admin/announcements"
    sockets = [reader.socket("user"), other.socket("user")]
    made = root.ask("POST", path, {"content": "hello"})
    for socket in sockets:
        _, name, announcement = socket.event()
        assert (name, announcement["id"], "pleroma" in announcement) == ("announcement", made["id"], False)
    reader.ask("POST", f"/api/v1/announcements/{made['id']}/dismiss")
    root.ask("PATCH", f"{path}/{made['id']}", {"content": "changed"})
    root.ask("POST", path, {"content": "later", "starts_at": "2999-01-01T00:00:00Z"})
    root.ask("DELETE", f"{path}/{made['id']}")
    assert sockets[0].frame()["event"] == "announcement.delete"
    assert sockets[1].event()[1] == "announcement"
    assert sockets[1].frame() == {"stream": ["user"], "event": "announcement.delete", "payload": made["id"]}
