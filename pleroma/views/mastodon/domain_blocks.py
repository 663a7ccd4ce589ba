"""Domains that an account blocks (docs/api/mastodon.md 10.8)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from pleroma import auth, db
from pleroma.db import queries
from pleroma.errors import Unprocessable
from pleroma.openapi import Text, answers, takes
from pleroma.web import params
from pleroma.web.responses import json_response
from pleroma.web.state import configured

blueprint = Blueprint("domain_blocks", __name__)


@blueprint.get("/api/v1/domain_blocks")
@auth.required("read:blocks")
@answers("[string]")
def index() -> Response:
    """The blocked domains as texts."""
    with db.connection() as connection:
        return json_response(queries.domain_blocks.index(connection, viewer_id=auth.account_id()))


def _change(statement: Any) -> Response:
    domain = (params.exact("domain") or "").strip().lower()
    if not domain or len(domain) > 255 or domain == configured().domain:
        raise Unprocessable("domain cannot be blocked")
    with db.in_transaction() as connection:
        statement(connection, viewer_id=auth.account_id(), domain=domain)
    return json_response(b"{}")


@blueprint.post("/api/v1/domain_blocks")
@auth.required("follow:blocks")
@takes(domain=Text(1, 255, needed=True))
@answers("Empty", 422)
def block() -> Response:
    """Block a `domain`. Raises Unprocessable for an empty one and our own."""
    return _change(queries.domain_blocks.block)


@blueprint.delete("/api/v1/domain_blocks")
@auth.required("follow:blocks")
@takes(domain=Text(1, 255, needed=True))
@answers("Empty", 422)
def unblock() -> Response:
    """End the block of a `domain`."""
    return _change(queries.domain_blocks.unblock)
