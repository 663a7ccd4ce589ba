"""The WSGI application, for any WSGI server: ``gunicorn wsgi:application``.

It needs PLEROMA_DATABASE_URL or a running embedded PostgreSQL (``python app.py serve``). It migrates nothing
and refuses a database whose schema is behind.
"""

from __future__ import annotations

import dataclasses

from flask import Flask

from pleroma import config, create_app, db
from pleroma.db import schema
from pleroma.emoji import installed
from pleroma.federation import host
from pleroma.server import generation, postgres


def _load() -> Flask:
    settings = config.load()
    url = settings.database_url or postgres.running_url(settings.data_dir)
    if url is None:
        raise SystemExit(f"Error: set PLEROMA_DATABASE_URL, or start the PostgreSQL of {settings.data_dir} first")
    if missing := schema.missing_migrations(url):
        raise SystemExit(f"Error: the schema is behind ({', '.join(missing)}): run `python app.py db migrate`")
    generation.make_keys(settings)
    host.claim(url, settings)
    schema.note_environment(url, settings)
    installed.reload_at_start(url, settings.data_dir)
    db.configure(url, settings.threads)
    # The process that holds streams is a part of `serve`.
    return create_app(dataclasses.replace(settings, streaming_connections=0))


application = _load()
