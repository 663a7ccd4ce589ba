"""gunicorn's threaded worker with one thread kept for the health check, and a loop that waits for no client.

When the database stands still, every thread of a worker may wait for it. The health check must be answered within
two seconds all the same (docs/api/pleroma.md 16), so a request for it never queues behind the others.
"""

from __future__ import annotations

import selectors
import socket
import time
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

_HEALTH = b"GET /api/pleroma/healthcheck"
# How long a client may take to close its end of a connection whose last answer it has.
_CLOSING_SECONDS = 2.0
_PIECE = 65_536


class ThreadedWorker(ThreadWorker):
    """Hands each request to the threads, and a health check to a thread of its own."""

    def init_process(self) -> None:
        """Make the spare thread, then serve."""
        self.spare = ThreadPoolExecutor(max_workers=1)
        self.closing: dict[Any, None] = {}
        super().init_process()

    def enqueue_req(self, conn: Any) -> None:
        """Hand a connection to a thread; a new one waits here, not in a thread, for its first bytes."""
        start = _first_bytes(conn.sock)
        if start is None and not conn.data_ready and not conn.initialized:
            conn.timeout = time.monotonic() + self.cfg.keepalive
            self.pending_conns.append(conn)
            self.poller.register(conn.sock, selectors.EVENT_READ, partial(self.on_pending_socket_readable, conn))
            return
        threads = self.spare if (start or b"").startswith(_HEALTH) else self.tpool
        done = threads.submit(self.handle, conn)
        done.add_done_callback(lambda future: self.method_queue.defer(self.finish_request, conn, future))

    def finish_request(self, conn: Any, future: Future[Any]) -> None:
        """Keep the connection of an answered request, or close it without waiting for the client.

        gunicorn waits in its only loop, for up to two seconds in which this worker takes no other request.
        """
        if not future.cancelled() and future.exception() is None and future.result():
            super().finish_request(conn, future)
            return
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
        super().murder_pending()
        now = time.monotonic()
        for conn in [conn for conn in self.closing if conn.timeout <= now]:
            self._drop(conn)


def _first_bytes(client: socket.socket) -> bytes | None:
    """What has arrived, left in its place; None when nothing has."""
    try:
        return client.recv(len(_HEALTH), socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return None
    except OSError:
        return b""
