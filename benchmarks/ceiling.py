"""The ceiling: a Flask view that only runs `select 1`, through the same pool and under the same gunicorn settings.

python benchmarks/ceiling.py PORT DATABASE_URL THREADS
"""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from flask import Flask, Response
from gunicorn.arbiter import Arbiter

from pleroma import config, db
from pleroma.db import statements
from pleroma.server.web_server import WebServer
from pleroma.telemetry.request_counters import RequestCounters
from pleroma.web import state
from pleroma.web.state import ServerState


def main() -> None:
    """Serve until a signal ends it."""
    port, url, threads = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    settings = config.load({}, threads=threads, database_url=url, secret_key="x" * 32)
    db.configure(url, threads)
    app = Flask("ceiling", static_folder=None)
    counters = RequestCounters()
    state.keep(app.extensions, ServerState(settings, counters))

    @app.get("/")
    def view() -> Response:
        with db.connection() as connection:
            value = statements.execute(connection, "select 1::text", {}).get_value(0, 0)
            return Response(value, content_type="application/json")

    listener = socket.create_server(("127.0.0.1", port), backlog=128)
    sink = os.open(os.devnull, os.O_WRONLY)
    Arbiter(WebServer(app, counters, settings, listener.fileno(), sink)).run()


if __name__ == "__main__":
    main()
