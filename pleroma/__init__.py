"""Pleroma API: a small server for the Pleroma and Mastodon APIs on Flask and PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from pleroma.config import Config
    from pleroma.telemetry.request_counters import RequestCounters
    from pleroma.telemetry.stream_figures import StreamFigures


def create_app(config: Config, counters: RequestCounters | None = None, streams: StreamFigures | None = None) -> Flask:
    """The WSGI application for a configuration. The pool (pleroma.db) must be open before the first request.

    Processes that are forked from this one share what `counters` and `streams` count.

    Flask is imported here and not with the package, because the supervisor and most commands do without it.
    """
    from pleroma import views
    from pleroma.web.application import build

    return build(config, views.blueprints(config), counters, streams)
