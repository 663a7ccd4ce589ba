"""What each stream carries: just what the timeline of its name would list (a real server)."""

import pytest

from tests.picture_files import encoded, photo


def upload(person):
    """An attachment of somebody's."""
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n' + encoded(photo(8, 8))
    return person.ask("POST", "/api/v1/media", body + b"\r\n--x--\r\n")["id"]


def test_user_carries_own_statuses_and_those_of_followed_accounts(world):
    reader, friend, stranger = world.person(), world.person(), world.person()
    reader.does("follow", friend)
    socket = reader.socket("user")
    stranger.post("not for you")
    first = friend.post("hello")
    second = reader.post("own")
    stream, name, status = socket.event()
    assert (stream, name, status["id"]) == (["user"], "update", first["id"])
    assert status == reader.ask("GET", f"/api/v1/statuses/{first['id']}")
    assert socket.events(1) == [("update", second["id"])]


def test_public_streams_carry_what_their_timelines_list(world):
    author = world.person()
    sockets = {name: world.socket(name) for name in ("public", "public:local", "public:media", "public:remote:media")}
    text, picture = author.post("text"), author.post("picture", media_ids=[upload(author)])
    author.post("unlisted", visibility="unlisted")
    author.post("private", visibility="private")
    author.ask("POST", f"/api/v1/statuses/{text['id']}/reblog")
    last = author.post("last", media_ids=[upload(author)])
    with_media = [("update", status["id"]) for status in (picture, last)]
    assert sockets["public"].events(3) == [("update", text["id"]), *with_media]
    assert sockets["public:local"].events(3) == [("update", text["id"]), *with_media]
    assert sockets["public:media"].events(2) == with_media
    # Everybody is local.
    assert sockets["public:remote:media"].say(type="unsubscribe", stream="public")["result"] == "ignored"


def test_hashtag_is_compared_in_any_letter_case_and_named_as_written(world):
    author = world.person()
    written, local = world.socket("hashtag", tag="#Cats"), world.socket("hashtag:local", tag="cats")
    author.post("no tag")
    author.post("hidden #cats", visibility="unlisted")
    status = author.post("look, #cAtS")
    stream, _, shown = written.event()
    assert (stream, shown["id"]) == (["hashtag", "Cats"], status["id"])
    stream, _, shown = local.event()
    assert (stream, shown["id"]) == (["hashtag:local", "cats"], status["id"])


def test_list_carries_followed_members_without_reblogs(world):
    reader, member, other = world.person(), world.person(), world.person()
    for friend in (member, other):
        reader.does("follow", friend)
    made = reader.ask("POST", "/api/v1/lists", {"title": "friends"})
    reader.ask("POST", f"/api/v1/lists/{made['id']}/accounts", {"account_ids": [str(member.id)]})
    socket = reader.socket("list", list=made["id"])
    theirs = other.post("not in the list")
    member.ask("POST", f"/api/v1/statuses/{theirs['id']}/reblog")
    status = member.post("in the list")
    stream, _, shown = socket.event()
    assert (stream, shown["id"]) == (["list", made["id"]], status["id"])
    reader.does("unfollow", member)
    member.post("not any more")
    reader.does("follow", member)
    last = member.post("again")
    assert socket.events(1) == [("update", last["id"])]


def test_direct_carries_the_status_and_its_conversation(world):
    reader, author, third = world.person(), world.person(), world.person()
    socket, own, not_meant = reader.socket("direct"), author.socket("direct"), third.socket("direct")
    status = author.post(f"@{reader.nickname} psst", visibility="direct")
    for one in (socket, own):
        (_, first, shown), (_, second, conversation) = one.event(), one.event()
        assert (first, second) == ("update", "conversation")
        assert shown["id"] == conversation["last_status"]["id"] == status["id"]
    assert conversation["unread"] is False
    assert reader.ask("GET", "/api/v1/conversations")[0]["unread"] is True
    meant = author.post(f"@{third.nickname} psst", visibility="direct")
    assert not_meant.events(1) == [("update", meant["id"])]


def test_user_notification_carries_notifications_alone(world):
    reader, other = world.person(), world.person()
    socket = reader.socket("user:notification")
    status = reader.post("like me")
    other.ask("POST", f"/api/v1/statuses/{status['id']}/favourite")
    stream, name, notification = socket.event()
    assert (stream, name, notification["type"]) == (["user:notification"], "notification", "favourite")
    assert notification == reader.ask("GET", "/api/v1/notifications")[0]


def test_each_subscription_that_shows_a_status_gets_a_frame(world):
    reader = world.person()
    socket = reader.socket("user")
    for stream in ("public", "public:local"):
        assert socket.say(type="subscribe", stream=stream)["result"] == "success"
    reader.post("once each")
    assert sorted(socket.event()[0][0] for _ in range(3)) == ["public", "public:local", "user"]


@pytest.mark.parametrize("action", ["block", "mute"])
def test_the_next_event_knows_blocks_and_mutes(world, action):
    reader, other, third = world.person(), world.person(), world.person()
    socket = reader.socket("public")
    shown = other.post("shown")
    assert socket.events(1) == [("update", shown["id"])]
    reader.does(action, other)
    other.post("hidden")
    status = third.post("shown too")
    assert socket.events(1) == [("update", status["id"])]
    third.ask("POST", f"/api/v1/accounts/{reader.id}/follow")
    reader.does(f"un{action}", other)
    again = other.post("shown again")
    assert socket.events(1) == [("update", again["id"])]


def test_home_hides_reblogs_that_its_reader_does_not_want(world):
    reader, friend, author = world.person(), world.person(), world.person()
    reader.does("follow", friend)
    status, other = author.post("one"), author.post("two")
    socket = reader.socket("user")
    wrapper = friend.ask("POST", f"/api/v1/statuses/{status['id']}/reblog")
    _, _, shown = socket.event()
    assert (shown["id"], shown["reblog"]["id"]) == (wrapper["id"], status["id"])
    reader.ask("POST", f"/api/v1/accounts/{friend.id}/follow", {"reblogs": False})
    friend.ask("POST", f"/api/v1/statuses/{other['id']}/reblog")
    last = friend.post("own words")
    assert socket.events(1) == [("update", last["id"])]


def test_private_statuses_reach_followers_alone(world):
    author, follower, stranger = world.person(), world.person(), world.person()
    follower.does("follow", author)
    theirs, strange = follower.socket("user"), stranger.socket("public")
    private = author.post("for friends", visibility="private")
    public = author.post("for all")
    assert theirs.events(2) == [("update", private["id"]), ("update", public["id"])]
    assert strange.events(1) == [("update", public["id"])]


def test_everybody_sees_the_status_in_their_own_way(world):
    author, reader, voter = world.person(), world.person(), world.person()
    poll = {"options": ["a", "b"], "expires_in": 3600}
    status = author.post("which?", poll=poll, expires_in=7200)
    voter.ask("POST", f"/api/v1/polls/{status['poll']['id']}/votes", {"choices": [0]})
    for person in (author, reader, voter):
        person.does("follow", reader) if person is not reader else None
    sockets = {person.nickname: person.socket("user") for person in (author, reader, voter)}
    wrapper = reader.ask("POST", f"/api/v1/statuses/{status['id']}/reblog")
    for person in (author, reader, voter):
        _, _, shown = sockets[person.nickname].event()
        assert shown == person.ask("GET", f"/api/v1/statuses/{wrapper['id']}")


def test_events_come_in_the_order_in_which_they_happened(world):
    author = world.person()
    socket = author.socket("user")
    posted = [author.post(f"number {number}")["id"] for number in range(20)]
    assert socket.events(20) == [("update", identifier) for identifier in posted]
    author.ask("DELETE", f"/api/v1/statuses/{posted[0]}")
    last = author.post("last")
    assert socket.events(2) == [("delete", posted[0]), ("update", last["id"])]


def test_nothing_older_than_the_connection_comes(world):
    author = world.person()
    author.post("before anybody was there")
    for number in range(3):
        socket = author.socket("user")
        status = author.post(f"meanwhile {number}")
        assert socket.events(1) == [("update", status["id"])]
        socket.close()
        author.post("while nobody was there")
