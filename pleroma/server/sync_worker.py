"""gunicorn's synchronous worker, which gives connections that ask for a stream to the process that holds streams."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import Any

from gunicorn.workers.sync import SyncWorker

from pleroma.streaming import handover


class SynchronousWorker(SyncWorker):
    """Answers one request after the other."""

    def handle(self, listener: socket.socket, client: socket.socket, addr: Any) -> None:
        """Answer a request, unless it is for a stream."""
        if self.app.handed is None or not _asks_for_stream(client):
            super().handle(listener, client, addr)
            return
        if not handover.hand_over(self.app.handed, client):
            with suppress(OSError):
                client.sendall(handover.NO_ROOM)
        client.close()


def _asks_for_stream(client: socket.socket) -> bool:
    try:
        return handover.asks_for_stream(handover.peek(client))
    except OSError:
        return False
