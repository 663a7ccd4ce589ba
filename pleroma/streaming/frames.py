"""An event as it goes over the wire: encoded once for all who get the same."""

from __future__ import annotations

import json

from websockets.frames import Frame, Opcode

from pleroma.streaming.streams import Stream


class Frames:
    """An event of which the text is the same for all its readers.

    `payload` None stands for an event without one; `scope` is what a reader's token needs beyond its stream's.
    """

    def __init__(self, event: str, payload: str | None, scope: str | None = None) -> None:
        self.event = event
        self.payload = payload
        self.scope = scope
        self._sse: bytes | None = None
        self._web_socket: dict[Stream, bytes] = {}

    def web_socket(self, stream: Stream) -> bytes:
        """The frame of a WebSocket: text that names the stream."""
        frame = self._web_socket.get(stream)
        if frame is None:
            frame = self._web_socket[stream] = text_frame(message(stream.label, self.event, self.payload))
        return frame

    def sse(self) -> bytes:
        """The same as a server-sent event: one blank after each colon, and one line of data, as clients parse it."""
        if self._sse is None:
            data = "null" if self.payload is None else self.payload
            self._sse = f"event: {self.event}\ndata: {data}\n\n".encode()
        return self._sse


def text_frame(text: bytes) -> bytes:
    """A frame of a WebSocket that holds a text."""
    return Frame(Opcode.TEXT, text).serialize(mask=False)


def message(label: list[str], event: str, payload: str | None) -> bytes:
    """The text of a frame; its payload is a text even where that text is JSON."""
    body: dict[str, object] = {"stream": label, "event": event}
    if payload is not None:
        body["payload"] = payload
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
