"""Messages that clients send over a WebSocket: subscribe, unsubscribe, pleroma:authenticate."""

from __future__ import annotations

import json
import time
from typing import Any, NamedTuple

from pleroma.access import token_hash
from pleroma.errors import ApiError, InvalidCredentials, NotFound
from pleroma.streaming import streams
from pleroma.streaming.admission import Gate
from pleroma.streaming.frames import message
from pleroma.streaming.hub import SUBSCRIPTIONS, Hub, Reader
from pleroma.streaming.streams import Stream, UnknownStream

_MINUTE, _MOST_MESSAGES = 60.0, 60
# Pings and pieces of messages included.
_MOST_FRAMES = 600
UNAVAILABLE = 503
_KINDS = ("subscribe", "unsubscribe", "pleroma:authenticate")


class Allowance:
    """What a client may send in a minute."""

    def __init__(self) -> None:
        self._since, self._frames = 0.0, 0
        self._messages: list[float] = []

    def takes_frame(self) -> bool:
        """Count a frame; whether it is not one too many."""
        now = time.monotonic()
        if now - self._since > _MINUTE:
            self._since, self._frames = now, 0
        self._frames += 1
        return self._frames <= _MOST_FRAMES

    def takes_message(self) -> bool:
        """Count a message; whether it is not one too many."""
        now = time.monotonic()
        self._messages = [*(at for at in self._messages if now - at < _MINUTE), now]
        return len(self._messages) <= _MOST_MESSAGES


class Message(NamedTuple):
    """What a client wants: one of _KINDS, with what it sent beside."""

    kind: str
    values: dict[str, Any]


def parse(text: bytes) -> Message | None:
    """The message in a text; None for anything else, which is ignored."""
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(values, dict) or not isinstance(values.get("type"), str) or values["type"] not in _KINDS:
        return None
    return Message(values["type"], values)


def response(kind: str, result: str, error: str | None) -> bytes:
    """The text that answers a message. It names no stream, because clients fail on a frame without `stream`."""
    payload = {"type": kind, "result": result} | ({"error": error} if error else {})
    return message([], "pleroma:respond", json.dumps(payload))


async def handle(wanted: Message, connection: Reader, hub: Hub, gate: Gate) -> tuple[str, str | None]:
    """Do what a message asks for: success, ignored, or error with its name. Raises ApiError without the database."""
    if wanted.kind == "pleroma:authenticate":
        return await _authenticate(wanted, connection, hub, gate)
    try:
        stream = streams.named(wanted.values.get("stream"), wanted.values)
    except UnknownStream:
        return "error", "bad_topic"
    if wanted.kind == "unsubscribe":
        return _unsubscribe(stream, connection, hub)
    return await _subscribe(stream, connection, hub, gate)


def _unsubscribe(stream: Stream, connection: Reader, hub: Hub) -> tuple[str, str | None]:
    if stream not in connection.subscriptions:
        return "ignored", None
    hub.unfollow(connection, stream)
    return "success", None


async def _subscribe(stream: Stream, connection: Reader, hub: Hub, gate: Gate) -> tuple[str, str | None]:
    if stream in connection.subscriptions:
        return "ignored", None
    if len(connection.subscriptions) >= SUBSCRIPTIONS:
        return "error", "too_many_subscriptions"
    try:
        await gate.admit(connection.token_hash, stream)
    except ApiError as error:
        if error.status == UNAVAILABLE:
            raise
        return "error", "bad_topic" if error.status == NotFound.status else "unauthorized"
    if connection.is_open:
        hub.follow(connection, stream)
    return "success", None


async def _authenticate(wanted: Message, connection: Reader, hub: Hub, gate: Gate) -> tuple[str, str | None]:
    if connection.account_id:
        return "error", "already_authenticated"
    token = wanted.values.get("token")
    hashed = token_hash(token if isinstance(token, str) else "")
    try:
        admission = await gate.admit(hashed, None)
    except InvalidCredentials:
        return "error", "unauthorized"
    if not admission.account_id or not hub.has_room_for(admission.account_id, connection.address):
        return "error", "unauthorized"
    if connection.is_open:
        connection.take(admission, hashed)
        hub.identify(connection, admission.account_id)
    return "success", None
