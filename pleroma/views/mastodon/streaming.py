"""Streams (docs/api/mastodon.md 10.7): the process that holds them answers these addresses before they come here.

Without it there are none: with PLEROMA_STREAMING_CONNECTIONS=0, and under another server than `serve`.
"""

from __future__ import annotations

from flask import Blueprint, Response

from pleroma.errors import NotFound
from pleroma.openapi import Answer, Choice, Flag, Id, Text, answers, guarded, takes

blueprint = Blueprint("streaming", __name__, url_prefix="/api/v1/streaming")


_PUBLIC = ("public", "public:local", "public:remote")
_NAMES = (
    "user", "user:notification", *_PUBLIC, *(f"{name}:media" for name in _PUBLIC), "hashtag", "hashtag:local", "list",
    "direct",
)  # fmt: skip
_ANSWERS = (Answer(200, "StreamEvent", "text/event-stream"), 400, 403, 404, 429)


@blueprint.get("")
@guarded("read:statuses|read:notifications|read:lists?", "bearer")
@takes(stream=Choice(*_NAMES), tag=Text(), list=Id())
@answers(Answer(101, "StreamFrame|StreamAnswer"), *_ANSWERS)
def stream() -> Response:
    """Events as they happen, by WebSocket, or with `stream` as server-sent events.

    A WebSocket may send its token as the one protocol it speaks. Raises NotFound where there are no streams.
    """
    raise NotFound()


@blueprint.get("/user")
@blueprint.get("/direct")
@guarded("read:statuses", "bearer")
@answers(*_ANSWERS)
def of_the_caller() -> Response:
    """The caller's home and notifications, or conversations, as server-sent events."""
    return stream()


@blueprint.get("/user/notification")
@guarded("read:notifications", "bearer")
@answers(*_ANSWERS)
def notifications() -> Response:
    """The caller's notifications as server-sent events."""
    return stream()


@blueprint.get("/public")
@blueprint.get("/public/local")
@blueprint.get("/public/remote")
@guarded("read:statuses?", "bearer")
@takes(only_media=Flag(default=False))
@answers(*_ANSWERS)
def public() -> Response:
    """Public statuses as server-sent events."""
    return stream()


@blueprint.get("/hashtag")
@blueprint.get("/hashtag/local")
@guarded("read:statuses?", "bearer")
@takes(tag=Text(1, needed=True))
@answers(*_ANSWERS)
def hashtag() -> Response:
    """Public statuses with a hashtag as server-sent events."""
    return stream()


@blueprint.get("/list")
@guarded("read:lists", "bearer")
@takes(list=Id(needed=True))
@answers(*_ANSWERS)
def of_list() -> Response:
    """Statuses of a list's members as server-sent events."""
    return stream()


@blueprint.get("/health")
@answers(Answer(200, None, "text/plain"), 404)
def health() -> Response:
    """Whether events are read."""
    return stream()
