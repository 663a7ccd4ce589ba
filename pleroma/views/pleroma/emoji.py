"""The installed emoji (docs/api/pleroma.md 4 and 19.3)."""

from __future__ import annotations

from flask import Blueprint, Response

from pleroma import db
from pleroma.db import queries
from pleroma.openapi import answers
from pleroma.web.responses import json_response

blueprint = Blueprint("emoji", __name__)


@blueprint.get("/api/pleroma/emoji")
@answers("{EmojiPicture}")
def index() -> Response:
    """An object of shortcodes: `{"fox": {"image_url": "/emoji/PACK/FILE", "tags": ["pack:PACK"]}}`."""
    with db.connection() as connection:
        return json_response(queries.emojis.by_shortcode(connection))


@blueprint.get("/api/v1/custom_emojis")
@answers("[Emoji]")
def custom_emojis() -> Response:
    """The same emoji as an array of `{shortcode, url, static_url, visible_in_picker, tags, category}`."""
    with db.connection() as connection:
        return json_response(queries.emojis.custom_emojis(connection))
