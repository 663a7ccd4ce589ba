"""One connection: its request, a WebSocket or server-sent events, and its end. Rules: docs/api/mastodon.md 10.7."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import time
from collections.abc import Callable
from typing import Any

from websockets.frames import CloseCode, Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol

from pleroma.access import meets, token_hash
from pleroma.errors import ApiError, Throttled
from pleroma.streaming import asking, messages
from pleroma.streaming import hub as limits
from pleroma.streaming.admission import Gate
from pleroma.streaming.frames import Frames, text_frame
from pleroma.streaming.hub import Admission, Hub
from pleroma.streaming.streams import Stream, UnknownStream

LONGEST_MESSAGE = 4096
REQUEST_SECONDS, PING_SECONDS, SILENT_SECONDS, COMMENT_SECONDS = 20.0, 25.0, 75.0, 12.0
# How long the other side may take to close its end, once ours is closed.
CLOSING_SECONDS = 2.0
_LARGEST_HEAD = 65_536
_HANDED_AT_ONCE = 65_536
_FED_AT_ONCE = 4096
_RETRY_SECONDS = "30"
log = logging.getLogger("pleroma.streaming")
# The library writes a line for each connection; ours says more.
_quiet = logging.getLogger("pleroma.streaming.protocol")
_quiet.setLevel(logging.ERROR)


class Protocol(ServerProtocol):
    """The core of a WebSocket, which echoes the subprotocol that is the token: browsers drop the socket without it."""

    echoed: str | None = None

    def select_subprotocol(self, subprotocols: object) -> Any:
        """The token, if it came as one of those."""
        return self.echoed


class Connection(asyncio.Protocol):
    """A connection from its first byte to its last."""

    def __init__(self, hub: Hub, gate: Gate, ended: Callable[[Connection, int], None], taken: bytes) -> None:
        self._hub, self._gate, self._ended = hub, gate, ended
        self._protocol: Protocol | None = None
        self._transport: asyncio.Transport | None = None
        self._task: asyncio.Task[None] | None = None
        self._head: bytearray | None = bytearray(taken)
        self._early = b""
        self._message = bytearray()
        self._allowance = messages.Allowance()
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0
        self._is_paused = False
        self._slow_since: float | None = None
        self._closed_at: float | None = None
        self._status = 0
        self._scopes: tuple[str, ...] = ()
        self.identity = os.urandom(8).hex()
        self.route = asking.ROOT
        self.address = ""
        self.account_id = self.token_id = 0
        self.token_hash: bytes | None = None
        self.subscriptions: set[Stream] = set()
        self.started = self._heard_at = self._beaten_at = time.monotonic()
        self.frames = 0
        self.is_open = self.is_lost = self._is_web_socket = False

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, with what a web worker has taken of it."""
        if not isinstance(transport, asyncio.Transport):
            raise TypeError("a connection is a socket")
        self._transport = transport
        transport.set_write_buffer_limits(high=_HANDED_AT_ONCE)
        peer = transport.get_extra_info("peername")
        self.address = peer[0] if isinstance(peer, tuple) else ""
        if self._head:
            self._read_head()

    def data_received(self, data: bytes) -> None:
        """Read the request, and then messages. What a reader of server-sent events sends is nothing."""
        self._heard_at = time.monotonic()
        if self._closed_at is not None:
            return
        if self._head is not None:
            self._head += data
            self._read_head()
        elif self._is_web_socket:
            self._feed(data)
        elif self._task is not None:
            self._early += data

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it, and write its line."""
        if self._task is not None:
            self._task.cancel()
        self._hub.leave(self)
        self.is_open, self.is_lost = False, True
        self._waiting.clear()
        self._ended(self, self._status)

    def pause_writing(self) -> None:
        """Keep what comes next here, because the other side reads slowly."""
        self._is_paused = True
        self._hub.behind.add(self)

    def resume_writing(self) -> None:
        """Go on with what waits."""
        self._is_paused = False
        while self._waiting and not self._is_paused and self._transport is not None:
            data = self._waiting.pop(0)
            self._waiting_bytes -= len(data)
            self._transport.write(data)
        if not self._is_paused and not self._waiting:
            self._hub.behind.discard(self)
            self._slow_since = None
            if self._closed_at is not None:
                self._end_writing()

    # What the hub and the process call.

    @property
    def waiting_bytes(self) -> int:
        """How much waits to be sent."""
        return self._waiting_bytes + (self._transport.get_write_buffer_size() if self._transport else 0)

    def is_slow(self, now: float) -> bool:
        """Whether much has waited for too long."""
        if self.waiting_bytes <= limits.MUCH_WAITING:
            self._slow_since = None
        elif self._slow_since is None:
            self._slow_since = now
        return self._slow_since is not None and now - self._slow_since > limits.SLOW_SECONDS

    def has_scope(self, scope: str) -> bool:
        """Whether its token has a scope."""
        return meets(scope, self._scopes)

    def take(self, admission: Admission, hashed: bytes | None) -> None:
        """Use a token from now on."""
        self.token_id, self.token_hash, self._scopes = admission.token_id, hashed, admission.scopes

    def send(self, frames: Frames, stream: Stream) -> None:
        """Send an event; a reader for whom too much waits is dropped, because nothing may be left out."""
        if not self.is_open:
            return
        self._say(frames.web_socket(stream) if self._is_web_socket else frames.sse())
        self.frames += 1
        self._hub.figures.frames += 1
        if self._is_paused and self.waiting_bytes > limits.MOST_WAITING:
            self.drop_as_slow()

    def keep_alive(self, now: float) -> None:
        """Say that this side is there; end a connection that is silent for too long, or never asked."""
        if self._closed_at is not None:
            if now - self._closed_at > CLOSING_SECONDS and self._transport is not None:
                self._transport.abort()
        elif not self.is_open:
            if now - self.started > REQUEST_SECONDS:
                self._hub.figures.drop("request")
                self._end()
        elif self._is_web_socket and now - self._heard_at > SILENT_SECONDS:
            self.close(CloseCode.GOING_AWAY, "no answer", "silent")
        elif now - self._beaten_at > (PING_SECONDS if self._is_web_socket else COMMENT_SECONDS):
            self._beaten_at = now
            if self._is_web_socket:
                self._protocol_of().send_ping(b"")
                self._write_protocol()
            else:
                self._say(b":thump\n")

    def close(self, code: int, reason: str, why: str) -> None:
        """End in good order: a WebSocket with a code, server-sent events by their end. `why` is counted."""
        if self._closed_at is not None:
            return
        self._hub.figures.drop(why)
        if self._is_web_socket and self._protocol_of().state is State.OPEN:
            self._protocol_of().send_close(code, reason)
            self._write_protocol()
        self._end()

    def drop_as_slow(self) -> None:
        """End a reader for whom too much waits; what waits is thrown away."""
        self._waiting.clear()
        self._waiting_bytes = 0
        self.close(CloseCode.TRY_AGAIN_LATER, "too slow", "slow")

    def _say(self, data: bytes) -> None:
        if self._transport is None:
            return
        if self._is_paused:
            self._waiting.append(data)
            self._waiting_bytes += len(data)
        else:
            self._transport.write(data)

    def _end(self) -> None:
        """Send no more than what waits, and give the other side a moment to close its end."""
        if self._closed_at is not None:
            return
        self._hub.leave(self)
        self.is_open = False
        self._closed_at = time.monotonic()
        if not self._is_paused:
            self._end_writing()

    def _end_writing(self) -> None:
        # Closed with bytes unread, the connection would be reset, and the last frame or answer might be lost.
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write_eof()
            self._transport.resume_reading()

    # Reading the request.

    def _read_head(self) -> None:
        head = self._head or bytearray()
        end = head.find(b"\r\n\r\n")
        if end < 0:
            if len(head) > _LARGEST_HEAD:
                self._refuse(400, "The request is too long")
            return
        self._early, self._head = bytes(head[end + 4 :]), None
        protocol = self._protocol = Protocol(max_size=LONGEST_MESSAGE, logger=_quiet)
        protocol.receive_data(bytes(head[: end + 4]))
        for event in protocol.events_received():
            if isinstance(event, Request) and self._transport is not None:
                self._transport.pause_reading()
                self._task = asyncio.get_running_loop().create_task(self._open(event))
                return
        self._refuse(400, "This is not a request")

    async def _open(self, request: Request) -> None:
        try:
            await self._answer(request)
        except UnknownStream as error:
            self._refuse(404, str(error))
        except ApiError as error:
            self._refuse(error.status, error.message, error.headers)
        except Exception:
            log.exception("a connection could not be opened")
            self._refuse(503, "The stream cannot be opened")
        self._task = None
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()
        if self._early and self._is_web_socket:
            self._feed(self._early)
        self._early = b""

    async def _answer(self, request: Request) -> None:
        asked = asking.read(request)
        self.route = asking.shown_route(asked.route)
        self.address = self._gate.address_of(self.address, asked.forwarded)
        if asked.is_health:
            self._health()
            return
        stream = asked.stream()
        await self._let_in(asked.token, stream)
        if asked.is_web_socket:
            self._open_web_socket(request, asked.echoed)
        else:
            self._open_events()
        if stream is not None and self.is_open:
            self._hub.follow(self, stream)

    async def _let_in(self, token: str | None, stream: Stream | None) -> None:
        if not self._hub.has_room():
            raise _later(ApiError("Too many connections", 503))
        hashed = token_hash(token) if token else None
        self._hub.coming += 1
        try:
            # Before the token is looked at, so that its end is not missed.
            await self._gate.open()
            admission = await self._gate.admit(hashed, stream)
            if self._closed_at is not None:
                raise ApiError("The connection has ended", 503)
            if not self._hub.has_room_for(admission.account_id, self.address):
                raise _later(Throttled("Too many connections"))
            self.take(admission, hashed)
            self.account_id = admission.account_id
            self._hub.enter(self)
        finally:
            self._hub.coming -= 1

    def _health(self) -> None:
        if self._hub.figures.reads_events:
            self._plain(200, b"OK", "text/plain; charset=utf-8", {})
        else:
            self._refuse(503, "The database is not available")

    def _refuse(self, status: int, message: str, headers: dict[str, str] | None = None) -> None:
        body = json.dumps({"error": message}, ensure_ascii=False).encode("utf-8", "replace")
        self._plain(status, body, "application/json; charset=utf-8", headers or {})

    def _plain(self, status: int, body: bytes, kind: str, headers: dict[str, str]) -> None:
        if self.is_open or self._closed_at is not None:
            return
        self._status = status
        self._head = None
        self._say(asking.plain(status, body, kind, {**headers, "X-Request-Id": self.identity}))
        self._end()

    def _open_web_socket(self, request: Request, echoed: str | None) -> None:
        protocol = self._protocol_of()
        protocol.echoed = echoed
        response = protocol.accept(request)
        if response.status_code != 101:
            self._refuse(
                response.status_code,
                response.body.decode("utf-8", "replace").strip().partition("\n")[0] or "Bad request",
                {"Sec-WebSocket-Version": "13"},
            )
            return
        response.headers["X-Request-Id"] = self.identity
        self._status, self._is_web_socket, self.is_open = 101, True, True
        protocol.send_response(response)
        self._write_protocol()

    def _open_events(self) -> None:
        self._protocol = None
        self._status, self.is_open = 200, True
        self._say(asking.EVENTS_HEAD.format(identity=self.identity).encode())

    # Messages of a WebSocket.

    def _protocol_of(self) -> Protocol:
        if self._protocol is None:
            raise RuntimeError("this is no WebSocket")
        return self._protocol

    def _feed(self, data: bytes) -> None:
        protocol = self._protocol_of()
        # A little at once, because each ping in it is answered before anybody counts them.
        for start in range(0, len(data), _FED_AT_ONCE):
            if self._closed_at is not None:
                return
            protocol.receive_data(data[start : start + _FED_AT_ONCE])
            for event in protocol.events_received():
                if self.is_open and isinstance(event, Frame):
                    self._take_frame(event)
            self._write_protocol()
        if protocol.state is not State.OPEN and self._closed_at is None:
            if protocol.parser_exc is not None:
                self._hub.figures.drop("misuse")
            self._end()

    def _take_frame(self, frame: Frame) -> None:
        if not self._allowance.takes_frame():
            self.close(CloseCode.POLICY_VIOLATION, "too many frames", "misuse")
        elif frame.opcode is Opcode.BINARY:
            self.close(CloseCode.UNSUPPORTED_DATA, "text only", "misuse")
        elif frame.opcode in (Opcode.TEXT, Opcode.CONT):
            self._message += frame.data
            if frame.fin:
                text, self._message = bytes(self._message), bytearray()
                self._take_message(text)

    def _take_message(self, text: bytes) -> None:
        if not self._allowance.takes_message():
            self.close(CloseCode.POLICY_VIOLATION, "too many messages", "misuse")
            return
        wanted = messages.parse(text)
        if wanted is not None:
            # One after the other, in the order in which they came.
            self._task = asyncio.get_running_loop().create_task(self._handle(wanted, self._task))

    async def _handle(self, wanted: messages.Message, previous: asyncio.Task[None] | None) -> None:
        if previous is not None:
            await asyncio.wait((previous,))
        try:
            result, error = await messages.handle(wanted, self, self._hub, self._gate)
        except ApiError as unavailable:
            self.close(CloseCode.TRY_AGAIN_LATER, unavailable.message, "database")
            return
        if self.is_open:
            self._say(text_frame(messages.response(wanted.kind, result, error)))

    def _write_protocol(self) -> None:
        for data in self._protocol_of().data_to_send():
            if data:
                self._say(data)


def _later(error: ApiError) -> ApiError:
    error.headers["Retry-After"] = _RETRY_SECONDS
    return error
