"""Streams (docs/api/mastodon.md 10.7): the process that holds them answers these addresses before they come here.

Without it there are none: with PLEROMA_STREAMING_CONNECTIONS=0, and under another server than `serve`.
"""

from __future__ import annotations

from flask import Blueprint, Response

from pleroma.errors import NotFound

blueprint = Blueprint("streaming", __name__, url_prefix="/api/v1/streaming")


@blueprint.get("")
@blueprint.get("/health")
@blueprint.get("/user")
@blueprint.get("/user/notification")
@blueprint.get("/public")
@blueprint.get("/public/local")
@blueprint.get("/public/remote")
@blueprint.get("/hashtag")
@blueprint.get("/hashtag/local")
@blueprint.get("/list")
@blueprint.get("/direct")
def stream() -> Response:
    """Events as they happen, by WebSocket or as server-sent events. Raises NotFound where there are no streams."""
    raise NotFound()
