"""The health check (docs/api/pleroma.md 16)."""

from __future__ import annotations

import psycopg
from flask import Blueprint, Response
from psycopg_pool import PoolTimeout

from pleroma.openapi import Answer, answers
from pleroma.telemetry import health
from pleroma.web.responses import as_json, json_response
from pleroma.web.state import configured, value

blueprint = Blueprint("healthcheck", __name__)


def _switched_on() -> bool:
    try:
        return bool(value("healthcheck"))
    except (psycopg.Error, PoolTimeout):
        return configured().healthcheck


@blueprint.get("/api/pleroma/healthcheck")
@answers("Health", Answer(503, "Health|Empty"))
def healthcheck() -> Response:
    """How the server is: 200 when healthy, 503 when not (docs/api/pleroma.md 16); 503 and {} when switched off."""
    body = health.check(configured())
    if body["healthy"] and not _switched_on():
        return json_response(b"{}", 503)
    return as_json(body, 200 if body["healthy"] else 503)
