"""How a connection that asks for a stream comes from a web worker to the process that holds the streams.

A worker that finds such a request sends the descriptor, with the bytes that it has taken, over a pair of sockets that
was made before the fork. So there is no second port or address, and no thread of a worker is held for hours.
"""

from __future__ import annotations

import re
import select
import socket
import time
from collections.abc import Iterator

# As much of a request as is needed to know where it goes.
LOOKED_AT = 100
_ASKS = re.compile(rb"GET /+api/+v1/+streaming(?=[/? ])")
_UNENDED = re.compile(rb"GET /[^? ]*")
# A request with its head, as large as a worker takes one.
_LARGEST = 140_000
_AT_ONCE = 32
# The answer when so many connections wait that no more can be given away.
NO_ROOM = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: 32\r\n"
    b'Access-Control-Allow-Origin: *\r\nRetry-After: 30\r\nConnection: close\r\n\r\n{"error":"Too many connections"}'
)
# How long a client may take to say where its request goes to a worker that can do nothing else meanwhile.
_PATIENCE = 5.0


def pair() -> tuple[socket.socket, socket.socket]:
    """The end for the web workers and the end for the streams, both of which never wait."""
    workers, streams = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    workers.setblocking(False)
    streams.setblocking(False)
    return workers, streams


def asks_for_stream(start: bytes) -> bool:
    """Whether a request that begins so asks for a stream."""
    return _ASKS.match(start) is not None


def peek(client: socket.socket) -> bytes:
    """The beginning of a request, left in its place: as much as says whether it asks for a stream."""
    give_up = time.monotonic() + _PATIENCE
    while True:
        start = client.recv(LOOKED_AT, socket.MSG_PEEK)
        if not start or not _is_unclear(start) or time.monotonic() > give_up:
            return start
        time.sleep(0.02)


def _is_unclear(start: bytes) -> bool:
    """Whether the path goes on in bytes that are still to come."""
    return len(start) < LOOKED_AT and (b"GET /".startswith(start) or _UNENDED.fullmatch(start) is not None)


def hand_over(workers: socket.socket, client: socket.socket, taken: bytes = b"") -> bool:
    """Give a connection away, with what was taken of its bytes; False when no more can wait.

    The caller closes its own copy, without a shutdown, which would end the connection for the other process too.
    """
    try:
        socket.send_fds(workers, [b":" + taken], [client.fileno()])
    except OSError:
        return False
    return True


def wait_for_one(streams: socket.socket) -> None:
    """Wait until a connection is handed over, and leave it there."""
    select.select([streams], [], [])


def received(streams: socket.socket) -> Iterator[tuple[int, bytes]]:
    """The descriptors that wait to be taken, each with the bytes that were taken already."""
    for _ in range(_AT_ONCE):
        try:
            message, descriptors, _, _ = socket.recv_fds(streams, _LARGEST, 1)
        except OSError:
            return
        if not message:
            return
        for descriptor in descriptors:
            yield descriptor, message[1:]
