"""gunicorn's threaded worker with one thread kept for the health check, and a loop that waits for no client.

Requests for streams go on to the process that holds these (streaming/handover.py).

A request is handed to a thread when all of it has come (arrivals.py): clients that send slowly, or not at all, hold
none. When the database stands still, every thread of a worker may wait for it. The health check must be answered within
two seconds all the same (docs/api/pleroma.md 16), so a request for it never queues behind the others.
"""

from __future__ import annotations

import json
import selectors
import socket
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any

from gunicorn import http
from gunicorn.workers.gthread import ThreadWorker

from pleroma.server.arrivals import Arrival, Source
from pleroma.streaming import handover

_HEALTH = b"GET /api/pleroma/healthcheck"
# How long a client may take to close its end of a connection whose last answer it has.
_CLOSING_SECONDS = 2.0
_PIECE = 65_536
# How long a connection may wait to be handed over: when all come at once, or the process they go to begins again.
_LEAVING_SECONDS = 20.0
# Files of what arrives, for all clients of a worker together.
_MOST_KEPT = 200_000_000


def _answer(status: str, error: str) -> bytes:
    body = json.dumps({"error": error}).encode()
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
        "Access-Control-Allow-Origin: *\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body


_TOO_SLOW = _answer("408 Request Timeout", "The request took too long to arrive")
_TOO_MUCH = _answer("503 Service Unavailable", "Too many uploads at the moment")


class ThreadedWorker(ThreadWorker):
    """Hands each request that is here to the threads, and a health check to a thread of its own."""

    def init_process(self) -> None:
        """Make the spare thread, then serve."""
        self.spare = ThreadPoolExecutor(max_workers=1)
        self.closing: dict[Any, None] = {}
        self.arriving: dict[Any, Arrival] = {}
        self.leaving: dict[Any, bytes] = {}
        self.kept = 0
        self.looked = 0.0
        super().init_process()

    def enqueue_req(self, conn: Any) -> None:
        """Wait for the next request of a connection, here and not in a thread."""
        if conn.parser is None:
            conn.source, conn.begun = Source(conn.sock), b""
            conn.parser = http.get_parser(self.cfg, conn.source, conn.client)
            conn.data_ready = True
        arrival = self.arriving[conn] = Arrival(self.app.largest_body, conn.begun)
        self.kept += arrival.kept
        conn.sock.setblocking(False)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._receive, conn))
        self._receive(conn, conn.sock)

    def _receive(self, conn: Any, client: socket.socket) -> None:
        arrival = self.arriving[conn]
        before = arrival.kept
        try:
            arrival.receive(client)
            is_full = False
        except OSError:
            # No file, or no room in it.
            is_full = True
        self.kept += arrival.kept - before
        if is_full or self.kept > _MOST_KEPT:
            self._give_up(conn, _TOO_MUCH)
        elif arrival.complete and self.app.handed and handover.asks_for_stream(arrival.beginning):
            self._hand_over(conn)
        elif arrival.complete:
            self._forget(conn)
            conn.source.put(arrival.content())
            threads = self.spare if arrival.beginning.startswith(_HEALTH) else self.tpool
            done = threads.submit(self.handle, conn)
            done.add_done_callback(lambda future: self.method_queue.defer(self.finish_request, conn, future))
        elif arrival.gone:
            self._give_up(conn)

    def _hand_over(self, conn: Any) -> None:
        """Give a connection to the process that holds streams; after the others, while that cannot take any."""
        with self._forget(conn).content() as arrived:
            taken = arrived.read()
        self.leaving[conn] = taken
        self.kept += len(taken)
        conn.timeout = time.monotonic() + _LEAVING_SECONDS
        self._hand_over_waiting()

    def _hand_over_waiting(self) -> None:
        now = time.monotonic()
        for conn, taken in list(self.leaving.items()):
            if handover.hand_over(self.app.handed, conn.sock, taken):
                # Without a shutdown, which would end the connection for the other process too.
                self.nr_conns -= 1
                conn.close()
            elif now > conn.timeout:
                with suppress(OSError):
                    conn.sock.send(handover.NO_ROOM)
                self._close(conn)
            else:
                return
            del self.leaving[conn]
            self.kept -= len(taken)

    def _forget(self, conn: Any) -> Arrival:
        """Stop waiting for a connection's request."""
        arrival = self.arriving.pop(conn)
        self.kept -= arrival.kept
        self.poller.unregister(conn.sock)
        return arrival

    def _give_up(self, conn: Any, answer: bytes = b"") -> None:
        """Close a connection whose request does not come, with an answer when it had begun."""
        arrival = self._forget(conn)
        begun = arrival.kept
        arrival.close()
        if answer and begun:
            with suppress(OSError):
                conn.sock.send(answer)
            self._close(conn)
        else:
            self.nr_conns -= 1
            conn.close()

    def finish_request(self, conn: Any, future: Future[Any]) -> None:
        """Keep the connection of an answered request, or close it without waiting for the client.

        gunicorn waits in its only loop, for up to two seconds in which this worker takes no other request.
        """
        if future.cancelled() or future.exception() is not None or not future.result():
            self._close(conn)
            return
        # A client need not wait for one answer before it asks for the next.
        conn.begun = conn.parser.unreader.take_buffered() + conn.source.take()
        if conn.begun:
            self.enqueue_req(conn)
        else:
            super().finish_request(conn, future)

    def _close(self, conn: Any) -> None:
        conn.source.close()
        try:
            conn.sock.setblocking(False)
            conn.sock.shutdown(socket.SHUT_WR)
            self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._drain, conn))
        except (OSError, ValueError):
            self._drop(conn)
            return
        conn.timeout = time.monotonic() + _CLOSING_SECONDS
        self.closing[conn] = None

    def _drain(self, conn: Any, client: socket.socket) -> None:
        # Closed with bytes unread, the connection would be reset and the client might lose the end of the answer.
        try:
            ended = not client.recv(_PIECE)
        except BlockingIOError:
            return
        except OSError:
            ended = True
        if ended:
            self._drop(conn)

    def _drop(self, conn: Any) -> None:
        if conn in self.closing:
            del self.closing[conn]
            self.poller.unregister(conn.sock)
        self.nr_conns -= 1
        conn.close()

    def murder_pending(self) -> None:
        """Close connections whose client has taken too long to send, or to close its end."""
        self._hand_over_waiting()
        now = time.monotonic()
        for conn in [conn for conn in self.closing if conn.timeout <= now]:
            self._drop(conn)
        if now - self.looked < 1:
            return
        self.looked = now
        for conn, arrival in list(self.arriving.items()):
            if arrival.kept == 0 and now > arrival.begun + self.cfg.keepalive:
                self._give_up(conn)
            elif now > arrival.deadline:
                self._give_up(conn, _TOO_SLOW)
