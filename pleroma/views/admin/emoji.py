"""Reading the emoji on disk again (docs/api/admin.md 18)."""

from __future__ import annotations

from flask import Blueprint, Response

from pleroma import auth, db
from pleroma.accounts import moderation_log
from pleroma.emoji import installed
from pleroma.openapi import answers
from pleroma.web.responses import json_response
from pleroma.web.state import configured

blueprint = Blueprint("admin_emoji", __name__, url_prefix="/api/pleroma/admin")


@blueprint.post("/reload_emoji")
@auth.admin_required
@answers({"const": "ok"})
def reload() -> Response:
    """Fill the list of emoji from disk; answers "ok"."""
    with db.in_transaction() as connection:
        installed.reload(connection, configured().data_dir)
        moderation_log.record(connection, auth.account_id(), "reload_emoji", "reloaded emoji")
    return json_response(b'"ok"')
