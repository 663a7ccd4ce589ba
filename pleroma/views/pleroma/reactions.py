"""Reactions to statuses with an emoji (docs/api/pleroma.md 23)."""

from __future__ import annotations

import re

from flask import Blueprint, Response

from pleroma import auth, db, text
from pleroma.db import queries
from pleroma.errors import ApiError, found
from pleroma.openapi import answers
from pleroma.views.mastodon.statuses import changed
from pleroma.web import rate_limits
from pleroma.web.responses import json_response

blueprint = Blueprint("reactions", __name__, url_prefix="/api/v1/pleroma/statuses/<id:status_id>/reactions")
MOST_REACTIONS = 20
_SHORTCODE = re.compile(r":?([A-Za-z0-9_+-]{1,100}):?", re.ASCII)


def _named(emoji: str) -> str | None:
    """The emoji that a path names, as it is stored; None for what cannot be one."""
    shortcode = _SHORTCODE.fullmatch(emoji)
    return shortcode[1] if shortcode else text.as_emoji(emoji)


@blueprint.put("/<emoji>")
@auth.required("write:statuses", limits=rate_limits.FAVOURITING)
@answers("Status", 404)
def add(status_id: int, emoji: str) -> Response:
    """React to a status; again is no error. Raises NotFound; a 400 for an unknown emoji, and beyond twenty."""
    name, viewer_id = _named(emoji), auth.account_id()
    with db.in_transaction() as connection:
        status = found(queries.reactions.lock(connection, viewer_id=viewer_id, status_id=status_id))
        is_known = name is not None and (
            not name.isascii() or queries.reactions.is_installed(connection, shortcode=name).yes
        )
        counts = queries.reactions.count(connection, viewer_id=viewer_id, status_id=status.id, emoji=name)
        if not is_known or counts.reactions >= MOST_REACTIONS and not counts.same:
            raise ApiError("Could not add reaction emoji")
        queries.reactions.add(connection, viewer_id=viewer_id, status_id=status.id, emoji=name)
        return changed(status.id)


@blueprint.delete("/<emoji>")
@auth.required("write:statuses", limits=rate_limits.FAVOURITING)
@answers("Status", 404)
def remove(status_id: int, emoji: str) -> Response:
    """Take a reaction back; one that is not there is no error. Raises NotFound."""
    with db.in_transaction() as connection:
        status = found(queries.reactions.lock(connection, viewer_id=auth.account_id(), status_id=status_id))
        queries.reactions.remove(
            connection, viewer_id=auth.account_id(), status_id=status.id, emoji=_named(emoji) or ""
        )
        return changed(status.id)


def _index(status_id: int, emoji: str | None) -> Response:
    with db.connection() as connection:
        reactions = queries.reactions.index(connection, viewer_id=auth.viewer_id(), status_id=status_id, emoji=emoji)
    return json_response(found(reactions))


@blueprint.get("")
@auth.optional("read:statuses")
@answers("[Reaction]", 404)
def index(status_id: int) -> Response:
    """Who reacted to a status, by emoji. Raises NotFound."""
    return _index(status_id, None)


@blueprint.get("/<emoji>")
@auth.optional("read:statuses")
@answers("[Reaction]", 404)
def show(status_id: int, emoji: str) -> Response:
    """Who reacted with one emoji; an empty list when nobody did. Raises NotFound."""
    return _index(status_id, _named(emoji) or "")
