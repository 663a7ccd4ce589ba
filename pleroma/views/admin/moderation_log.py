"""The moderation log (docs/api/admin.md 16)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time

from flask import Blueprint, Response

from pleroma import auth, db
from pleroma.db import queries
from pleroma.errors import InvalidParameters
from pleroma.openapi import Id, Text, answers, takes
from pleroma.views.admin import paging
from pleroma.web import params
from pleroma.web.responses import json_response

blueprint = Blueprint("admin_moderation_log", __name__, url_prefix="/api/pleroma/admin")


def _moment(name: str, of_a_day: time) -> datetime | None:
    sent = params.text(name, most=100)
    if sent is None:
        return None
    try:
        parsed = datetime.fromisoformat(sent)
    except ValueError as error:
        raise InvalidParameters(f"{name} is not a date") from error
    if re.fullmatch(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}", sent):
        parsed = datetime.combine(parsed.date(), of_a_day)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


@blueprint.get("/moderation_log")
@auth.admin_required
@takes(user_id=Id(), search=Text(), start_date=Text(), end_date=Text(), **paging.TAKEN)
@answers("Log")
def index() -> Response:
    """Entries, newest first, of an actor `user_id`, with a text `search`, between `start_date` and `end_date`."""
    sent_user = params.text("user_id")
    with db.connection() as connection:
        page = queries.moderation_log.index(
            connection,
            user_id=0 if sent_user is None else params.as_identifier(sent_user) or -1,
            search=params.as_pattern((params.text("search") or "").lower()),
            starts_at=_moment("start_date", time.min),
            ends_at=_moment("end_date", time.max),
            **paging.bounds(),
        )
    return json_response(page)
