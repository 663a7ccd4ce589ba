"""Figures for Prometheus, for programs on this machine or with the token."""

from __future__ import annotations

import hmac

from flask import Blueprint, Response, request
from werkzeug.exceptions import NotFound

from pleroma import addresses
from pleroma.web.state import configured, server_state

blueprint = Blueprint("metrics", __name__)
_PROXIES = ("X-Forwarded-For", "Forwarded", "X-Real-IP")


@blueprint.get("/metrics")
def metrics() -> Response:
    """The figures of all web workers, as text. Raises NotFound, as if there were nothing, for everybody else."""
    if not (_has_token() or _is_this_machine()):
        raise NotFound
    # prometheus-client takes time and memory that only servers which are watched shall spend.
    from prometheus_client import CONTENT_TYPE_LATEST

    from pleroma.telemetry.metrics import exposition

    figures = exposition(server_state().counters, server_state().streams, federation=configured().federation)
    return Response(figures, content_type=CONTENT_TYPE_LATEST)


def _has_token() -> bool:
    token = configured().metrics_token
    given = request.headers.get("Authorization", "")
    return bool(token) and hmac.compare_digest(given.encode(), f"Bearer {token}".encode())


def _is_this_machine() -> bool:
    """Whether the client is a program on this machine, and not a proxy."""
    if any(name in request.headers for name in _PROXIES):
        return False
    return addresses.is_loopback(request.remote_addr)
