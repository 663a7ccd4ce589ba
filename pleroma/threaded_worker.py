"""gunicorn's threaded worker with one thread kept for the health check.

When the database stands still, every thread of a worker may wait for it. The health check must be answered within
two seconds all the same (spec 16), so a request for it never queues behind the others.
"""

from __future__ import annotations

import selectors
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

_HEALTH = b"GET /api/pleroma/healthcheck"


class ThreadedWorker(ThreadWorker):
    """Hands each request to the threads, and a health check to a thread of its own."""

    def init_process(self) -> None:
        """Make the spare thread, then serve."""
        self.spare = ThreadPoolExecutor(max_workers=1)
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


def _first_bytes(client: socket.socket) -> bytes | None:
    """What has arrived, left in its place; None when nothing has."""
    try:
        return client.recv(len(_HEALTH), socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return None
    except OSError:
        return b""
