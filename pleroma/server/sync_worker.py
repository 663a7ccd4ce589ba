"""gunicorn's synchronous worker, which gives connections that ask for a stream to the process that holds streams."""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from typing import Any

from gunicorn.workers.sync import SyncWorker

from pleroma.streaming import handover

# How long a connection may wait to be handed over, and with it everybody for whom this worker is.
_PATIENCE = 1.0


class SynchronousWorker(SyncWorker):
    """Answers one request after the other."""

    def handle(self, listener: socket.socket, client: socket.socket, addr: Any) -> None:
        """Answer a request, unless it is for a stream."""
        if self.app.handed is None or not _asks_for_stream(client):
            super().handle(listener, client, addr)
            return
        give_up = time.monotonic() + _PATIENCE
        while not handover.hand_over(self.app.handed, client):
            if time.monotonic() > give_up:
                with suppress(OSError):
                    client.sendall(handover.NO_ROOM)
                break
            time.sleep(0.02)
        client.close()


def _asks_for_stream(client: socket.socket) -> bool:
    try:
        return handover.asks_for_stream(handover.peek(client))
    except OSError:
        return False
