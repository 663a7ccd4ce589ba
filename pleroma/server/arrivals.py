"""Requests on their way here: kept until all of their bytes have come, so that no thread waits for a slow client."""

from __future__ import annotations

import contextlib
import re
import socket
import time
from tempfile import SpooledTemporaryFile

# What a request takes in memory before it goes to a file.
_IN_MEMORY = 16_384
_PIECE = 65_536
# At one go, so that a fast client does not keep the others waiting.
_PIECES = 16
_LARGEST_HEAD = 65_536
_LONGEST_CHUNK_LINE = 8190
# What is remembered of a head.
_BEGINNING = 100
# A small request may take so many seconds; a larger one has at least a minute, and more in proportion to its bytes.
_SMALL, _SECONDS = 65_536, 20.0
_LARGE_SECONDS, _SLOWEST_RATE = 60.0, 20_000
_EXPECT = re.compile(rb"\r\nexpect:[^\r\n]*", re.IGNORECASE)


class Arrival:
    """What has come of one request. `complete` says that a thread can answer it, `gone` that its client has gone."""

    def __init__(self, largest: int, start: bytes = b"") -> None:
        """`largest` bounds the body that is kept here: whether a larger one is taken, the application says."""
        self.complete = self.gone = False
        self.awaits_continue = False
        self.kept = 0
        self._largest = largest
        self.begun = time.monotonic()
        self._file = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 (who gets it closes it)
        self._head = bytearray()
        self._missing: int | None = None
        self._chunks: _Chunks | None = None
        if start:
            self._take(start)

    @property
    def deadline(self) -> float:
        """When the rest must have come, in seconds of the monotonic clock."""
        expected = self.kept + (self._missing or 0)
        if expected <= _SMALL and self._chunks is None:
            return self.begun + _SECONDS
        return self.begun + _LARGE_SECONDS + expected / _SLOWEST_RATE

    @property
    def beginning(self) -> bytes:
        """The first bytes of the request, which say where it goes."""
        return bytes(self._head[:_BEGINNING])

    def receive(self, client: socket.socket) -> None:
        """Take what has come, without waiting for more."""
        for _ in range(_PIECES):
            if self.complete:
                return
            try:
                # Never more than is missing: what follows belongs to the next request.
                data = client.recv(min(_PIECE, self._missing or _PIECE))
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if not data:
                self.gone = True
                return
            self._take(data)
            if self.awaits_continue:
                self.awaits_continue = False
                with contextlib.suppress(OSError):
                    client.send(b"HTTP/1.1 100 Continue\r\n\r\n")

    def content(self) -> SpooledTemporaryFile[bytes]:
        """All that has come, from its beginning."""
        self._file.seek(0)
        return self._file

    def close(self) -> None:
        """Forget what has come."""
        self._file.close()

    def _take(self, data: bytes) -> None:
        if self._missing is not None:
            self._missing -= len(data)
            self.complete = self._missing <= 0
        elif self._chunks is not None:
            self.complete = self._chunks.end_in(data) or self.kept + len(data) > self._largest
        else:
            data = self._take_head(data)
        self._file.write(data)
        self.kept += len(data)

    def _take_head(self, data: bytes) -> bytes:
        """Look for the end of the head, and then for the length of the body. Returns the bytes to keep."""
        # Empty lines before a request say nothing.
        data = data if self._head else data.lstrip(b"\r\n")
        searched = max(0, len(self._head) - 3)
        self._head += data
        end = self._head.find(b"\r\n\r\n", searched)
        if end < 0:
            # The server refuses a head that long.
            self.complete = len(self._head) > _LARGEST_HEAD
            return data
        head, rest = bytes(self._head[:end]), bytes(self._head[end + 4 :])
        fields = dict(_field(line) for line in head.split(b"\r\n")[1:])
        self._expect_body(fields, rest)
        del self._head[_BEGINNING:]
        if not self.complete and fields.get(b"expect", b"").lower() == b"100-continue":
            # Said here, it must not be said by the server again.
            self.awaits_continue = True
            self._file.seek(0)
            self._file.truncate()
            self.kept = 0
            return _EXPECT.sub(b"", head) + b"\r\n\r\n" + rest
        return data

    def _expect_body(self, fields: dict[bytes, bytes], rest: bytes) -> None:
        length = fields.get(b"content-length", b"0")
        if b"transfer-encoding" in fields:
            self._chunks = _Chunks()
            self.complete = self._chunks.end_in(rest)
        elif length.isdigit() and len(length) < 16 and len(rest) < int(length) <= self._largest:
            self._missing = int(length) - len(rest)
        else:
            self.complete = True


def _field(line: bytes) -> tuple[bytes, bytes]:
    name, _, value = line.partition(b":")
    return name.lower(), value.strip()


class _Chunks:
    """The way through a body in chunks to its end."""

    def __init__(self) -> None:
        self._line = bytearray()
        self._skipped = 0
        self._is_over = False

    def end_in(self, data: bytes) -> bool:
        """Whether the body ends in these next bytes, or goes on as no body does: that is the server's to refuse."""
        position = 0
        while position < len(data):
            step = min(self._skipped, len(data) - position)
            self._skipped -= step
            position += step
            end = data.find(b"\n", position)
            self._line += data[position : end + 1 if end >= 0 else len(data)]
            if end < 0:
                return len(self._line) > _LONGEST_CHUNK_LINE
            position = end + 1
            if self._ends_with(bytes(self._line).strip()):
                return True
            self._line.clear()
        return False

    def _ends_with(self, line: bytes) -> bool:
        if self._is_over:
            # Trailers go on until an empty line.
            return not line
        try:
            size = int(line.partition(b";")[0], 16)
        except ValueError:
            return True
        self._is_over = size == 0
        self._skipped = size + len(b"\r\n") if size else 0
        return size < 0


class Source:
    """A client's socket for the server: what has arrived already comes first."""

    def __init__(self, client: socket.socket) -> None:
        self._client = client
        self._arrived: SpooledTemporaryFile[bytes] | None = None

    def put(self, arrived: SpooledTemporaryFile[bytes]) -> None:
        """Read from what has arrived, before the socket is asked for more."""
        self._arrived = arrived

    def recv(self, size: int) -> bytes:
        """The next bytes, at most so many; waits for the client only when nothing is left of what has arrived."""
        data = self._arrived.read(size) if self._arrived else b""
        return data or self._client.recv(size)

    def take(self) -> bytes:
        """The bytes that arrived and that the server has not read. The next request comes after them."""
        if self._arrived is None:
            return b""
        with self._arrived as arrived:
            self._arrived = None
            return arrived.read()

    def close(self) -> None:
        """Forget what has arrived."""
        if self._arrived is not None:
            self._arrived.close()
            self._arrived = None

    def gettimeout(self) -> float | None:
        """As a socket's."""
        return self._client.gettimeout()

    def settimeout(self, seconds: float | None) -> None:
        """As a socket's."""
        self._client.settimeout(seconds)
