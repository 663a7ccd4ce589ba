"""Messages of clients over a WebSocket, and what answers them (a real server)."""

import json

import pytest


@pytest.fixture
def socket(world):
    """A WebSocket of nobody, without a stream."""
    return world.socket()


def test_streams_are_followed_and_left_by_messages(world, socket):
    author = world.person()
    assert socket.say(type="subscribe", stream="public") == {"type": "subscribe", "result": "success"}
    assert socket.say(type="subscribe", stream="public") == {"type": "subscribe", "result": "ignored"}
    status = author.post("shown")
    assert socket.events(1) == [("update", status["id"])]
    assert socket.say(type="unsubscribe", stream="public") == {"type": "unsubscribe", "result": "success"}
    assert socket.say(type="unsubscribe", stream="public") == {"type": "unsubscribe", "result": "ignored"}
    author.post("not shown")
    assert socket.say(type="subscribe", stream="public:local")["result"] == "success"
    last = author.post("shown again")
    assert socket.events(1) == [("update", last["id"])]


def test_what_the_address_has_subscribed_is_left_by_a_message(world):
    author = world.person()
    socket = world.socket("hashtag", tag="dogs")
    assert socket.say(type="unsubscribe", stream="hashtag", tag="dogs")["result"] == "success"
    socket.say(type="subscribe", stream="hashtag", tag="birds")
    author.post("#dogs")
    status = author.post("#birds")
    assert socket.events(1) == [("update", status["id"])]


def test_lists_are_named_by_numbers_and_strings(world):
    reader = world.person()
    made = reader.ask("POST", "/api/v1/lists", {"title": "friends"})
    socket = reader.socket()
    assert socket.say(type="subscribe", stream="list", list=int(made["id"]))["result"] == "success"
    assert socket.say(type="unsubscribe", stream="list", list=made["id"])["result"] == "success"


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ({"stream": "nonsense"}, "bad_topic"),
        ({"stream": ["public"]}, "bad_topic"),
        ({}, "bad_topic"),
        ({"stream": "hashtag"}, "bad_topic"),
        ({"stream": "hashtag", "tag": "#"}, "bad_topic"),
        ({"stream": "list"}, "bad_topic"),
        ({"stream": "list", "list": "nonsense"}, "bad_topic"),
        ({"stream": "list", "list": 9223372036854775808}, "bad_topic"),
        ({"stream": "user"}, "unauthorized"),
        ({"stream": "list", "list": "1"}, "unauthorized"),
        ({"stream": "direct"}, "unauthorized"),
    ],
)
def test_what_cannot_be_followed_is_an_error(socket, message, error):
    assert socket.say(type="subscribe", **message) == {"type": "subscribe", "result": "error", "error": error}


def test_the_list_of_somebody_else_is_none(world):
    reader, other = world.person(), world.person()
    made = other.ask("POST", "/api/v1/lists", {"title": "friends"})
    assert reader.socket().say(type="subscribe", stream="list", list=made["id"])["error"] == "bad_topic"


def test_a_token_is_given_by_message_and_what_was_followed_goes_on(world, socket):
    reader, other = world.person(), world.person()
    socket.say(type="subscribe", stream="public")
    answer = socket.say(type="pleroma:authenticate", token=reader.token)
    assert answer == {"type": "pleroma:authenticate", "result": "success"}
    assert socket.say(type="subscribe", stream="user")["result"] == "success"
    reader.does("block", other)
    other.post("hidden")
    status = reader.post("shown")
    assert socket.events(2) == [("update", status["id"])] * 2
    again = socket.say(type="pleroma:authenticate", token=reader.token)
    assert again == {"type": "pleroma:authenticate", "result": "error", "error": "already_authenticated"}


@pytest.mark.parametrize("token", ["nonsense", "", None, 1, ["x"]])
def test_a_token_that_is_none_is_unauthorized(socket, token):
    assert socket.say(type="pleroma:authenticate", token=token)["error"] == "unauthorized"


def test_the_token_of_an_app_alone_authenticates_nobody(world, socket):
    assert socket.say(type="pleroma:authenticate", token=world.token(None))["error"] == "unauthorized"


def test_a_scope_that_is_missing_is_unauthorized(world):
    reader = world.person(scopes=("write",))
    assert reader.socket("public").say(type="subscribe", stream="user")["error"] == "unauthorized"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "[]",
        "1",
        "null",
        '"subscribe"',
        '{"type": "nonsense"}',
        '{"type": ["subscribe"]}',
        "{}",
        "[" * 4000,
    ],
)
def test_anything_else_is_ignored(socket, text):
    socket.connection.send(text)
    assert socket.say(type="subscribe", stream="public")["result"] == "success"


def test_a_message_may_come_in_pieces(socket):
    text = json.dumps({"type": "subscribe", "stream": "public"})
    socket.connection.send(iter([text[:9], text[9:20], text[20:]]))
    assert json.loads(socket.frame()["payload"])["result"] == "success"


def test_many_messages_at_once_are_answered_in_order(socket):
    tags = [f"tag{number}" for number in range(40)]
    for tag in tags:
        socket.connection.send(json.dumps({"type": "subscribe", "stream": "hashtag", "tag": tag}))
    for tag in tags[:10]:
        socket.connection.send(json.dumps({"type": "unsubscribe", "stream": "hashtag", "tag": tag}))
    answers = [json.loads(socket.frame()["payload"]) for _ in range(50)]
    assert answers == [{"type": kind, "result": "success"} for kind in ["subscribe"] * 40 + ["unsubscribe"] * 10]
