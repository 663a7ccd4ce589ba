"""A small load generator: keeps so many connections busy with requests for a while, and counts the responses."""

from __future__ import annotations

import itertools
import multiprocessing
import selectors
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

CONNECTIONS = 8
_PATIENCE = 30.0


@dataclass(frozen=True)
class Asking:
    """A request whose sender reads the body of the response, to know what to ask for next."""

    request: bytes
    answered: Callable[[bytes], None]


@dataclass(frozen=True)
class Result:
    """What a run came to; `latencies` are the seconds that each request took."""

    answers: int
    failures: int
    seconds: float
    finished: float
    latencies: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Good answers a second."""
        return self.answers / self.seconds if self.seconds else 0.0

    def percentile(self, share: float) -> float:
        """The milliseconds within which such a share of the requests was answered."""
        ordered = sorted(self.latencies)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def request(path: str, token: str | None = None, *, method: str = "GET", body: bytes = b"") -> bytes:
    """The bytes of one request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", "Accept: application/json"]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    if body or method == "POST":
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


class _Client:
    """One connection: sends a request, reads the answer, and goes on until there is nothing more to send."""

    def __init__(self, port: int, selector: selectors.BaseSelector, requests: Iterator[bytes | Asking]) -> None:
        self._port = port
        self._selector = selector
        self._requests = requests
        self._socket: socket.socket | None = None
        self._buffer = bytearray()
        self._expected = -1
        self._head = 0
        self._asking: Asking | None = None
        self._sent = 0.0
        self.answers = self.failures = 0
        self.latencies: list[float] = []

    def send(self) -> bool:
        """Send the next request; False when there is none."""
        following = next(self._requests, None)
        if following is None:
            self.close()
            return False
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._port))
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._selector.register(self._socket, selectors.EVENT_READ, self)
        self._buffer.clear()
        self._expected = -1
        self._asking = following if isinstance(following, Asking) else None
        self._sent = time.monotonic()
        self._socket.sendall(following.request if isinstance(following, Asking) else following)
        return True

    def receive(self) -> bool:
        """Take what has come; True when the answer is whole."""
        assert self._socket is not None
        data = self._socket.recv(1 << 18)
        if not data:
            self.close()
            self.failures += 1
            return True
        self._buffer += data
        if self._expected < 0 and (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            self._head = end + 4
            self._expected = self._head + _content_length(bytes(self._buffer[:end]))
        if self._expected < 0 or len(self._buffer) < self._expected:
            return False
        good = self._buffer.startswith(b"HTTP/1.1 20")
        self.answers += good
        self.failures += not good
        self.latencies.append(time.monotonic() - self._sent)
        if good and self._asking is not None:
            self._asking.answered(bytes(self._buffer[self._head :]))
        if b"onnection: close" in self._buffer[:1000]:
            self.close()
        return True

    def close(self) -> None:
        """End the connection."""
        if self._socket is not None:
            self._selector.unregister(self._socket)
            self._socket.close()
            self._socket = None


def _content_length(head: bytes) -> int:
    _, _, rest = head.lower().partition(b"content-length:")
    return int(rest.split(b"\r\n", 1)[0]) if rest else 0


def _run(port: int, requests: Iterable[bytes | Asking], seconds: float, repeat: bool) -> Result:
    selector = selectors.DefaultSelector()
    source = itertools.cycle(requests) if repeat else iter(requests)
    begin = time.monotonic()
    stop = begin + seconds
    clients = [_Client(port, selector, source) for _ in range(CONNECTIONS)]
    busy = sum(client.send() for client in clients)
    while busy and time.monotonic() < stop + _PATIENCE:
        for key, _ in selector.select(1):
            client: _Client = key.data
            if client.receive() and (time.monotonic() >= stop or not client.send()):
                client.close()
                busy -= 1
    end = time.monotonic()
    latencies = [seconds for client in clients for seconds in client.latencies]
    return Result(sum(c.answers for c in clients), sum(c.failures for c in clients), end - begin, end, latencies)


def _child(pipe: object, *arguments: object) -> None:
    pipe.send(_run(*arguments))  # type: ignore[attr-defined, arg-type]


def run(port: int, requests: Iterable[bytes | Asking], seconds: float, *, repeat: bool = True) -> Result:
    """Send the requests over 8 connections for so many seconds, from a process of its own.

    Without `repeat` each is sent once; an endless iterator gives a new one each time.
    """
    here, there = multiprocessing.get_context("fork").Pipe()
    process = multiprocessing.get_context("fork").Process(target=_child, args=(there, port, requests, seconds, repeat))
    process.start()
    result: Result = here.recv()
    process.join()
    return result
