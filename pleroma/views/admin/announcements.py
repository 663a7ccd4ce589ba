"""Announcements: made, changed and deleted (docs/api/admin.md 19)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response
from psycopg import Connection

from pleroma import auth, db, text
from pleroma.accounts import moderation_log
from pleroma.db import queries
from pleroma.errors import InvalidParameters, found
from pleroma.openapi import Flag, Text, Time, Whole, answers, takes
from pleroma.text import Rules
from pleroma.views.admin import paging
from pleroma.web import params
from pleroma.web.responses import json_response
from pleroma.web.state import configured

blueprint = Blueprint("admin_announcements", __name__, url_prefix="/api/v1/pleroma/admin/announcements")
_LONGEST = 5000
_TAKEN = {"content": Text(1, _LONGEST), "starts_at": Time(), "ends_at": Time(), "all_day": Flag(default=False)}


def _times() -> dict[str, Any]:
    """The times that were sent, null for one that is taken away. Raises a 422."""
    return {name: params.datetime(name) for name in ("starts_at", "ends_at") if name in params.everything()}


def _content(typed: str) -> dict[str, str]:
    config = configured()
    parsed = text.parse(typed, "text/markdown", Rules(config.base_url, config.extended_nicknames))
    return {"text": typed, "content": parsed.render(()).html}


def _require_order(asked: dict[str, Any]) -> None:
    if asked["starts_at"] and asked["ends_at"] and asked["starts_at"] >= asked["ends_at"]:
        raise InvalidParameters("ends_at is before starts_at")


def _log(connection: Connection, action: str, done: str, announcement_id: int) -> None:
    subject = {"type": "announcement", "id": str(announcement_id)}
    sentence = f"{done} announcement #{announcement_id}"
    moderation_log.record(connection, auth.account_id(), f"announcement_{action}", sentence, subject=subject)


def _entity(connection: Connection, announcement_id: int) -> Response:
    return json_response(found(queries.announcements.show(connection, announcement_id=announcement_id)))


@blueprint.get("")
@auth.admin_required
@takes(limit=Whole(1, paging.MAXIMUM_SIZE), offset=Whole(0, default=0), page_size=paging.TAKEN["page_size"])
@answers("[AnnouncementForStaff]")
def index() -> Response:
    """All announcements, newest first, by `limit` and `offset`."""
    bounds = {"limit": paging.page_size(), "offset": max(params.integer("offset", 0), 0)}
    if params.integer("limit", 0) > 0:
        bounds["limit"] = min(params.integer("limit"), paging.MAXIMUM_SIZE)
    with db.connection() as connection:
        return json_response(queries.announcements.page(connection, **bounds))


@blueprint.post("")
@auth.admin_required
@takes(**_TAKEN)
@answers("AnnouncementForStaff", 422)
def create() -> Response:
    """Announce `content`, from `starts_at` to `ends_at`. Raises InvalidParameters."""
    typed = params.required_text("content", most=_LONGEST)
    asked = {"starts_at": None, "ends_at": None, **_times(), "all_day": params.boolean("all_day", False)}
    _require_order(asked)
    with db.in_transaction() as connection:
        made = queries.announcements.create(connection, **_content(typed), **asked)
        _log(connection, "create", "created", made.id)
        if made.is_current:
            queries.announcements.stream(connection, kind="announcement", announcement_id=made.id)
        return _entity(connection, made.id)


@blueprint.get("/<id:announcement_id>")
@auth.admin_required
@answers("AnnouncementForStaff", 404)
def show(announcement_id: int) -> Response:
    """One announcement. Raises NotFound."""
    with db.connection() as connection:
        return _entity(connection, announcement_id)


@blueprint.patch("/<id:announcement_id>")
@auth.admin_required
@takes(**_TAKEN)
@answers("AnnouncementForStaff", 404, 422)
def update(announcement_id: int) -> Response:
    """Change what is sent of an announcement. Raises NotFound, InvalidParameters."""
    typed, times, all_day = params.text("content", most=_LONGEST), _times(), params.boolean("all_day")
    with db.in_transaction() as connection:
        before = found(queries.announcements.lock(connection, announcement_id=announcement_id))
        asked = {"starts_at": before.starts_at, "ends_at": before.ends_at, **times}
        asked["all_day"] = before.all_day if all_day is None else all_day
        _require_order(asked)
        changed = queries.announcements.update(
            connection, announcement_id=announcement_id, **_content(typed or before.text), **asked
        )
        _log(connection, "update", "changed", announcement_id)
        if changed.is_current or before.is_current:
            kind = "announcement" if changed.is_current else "announcement.delete"
            queries.announcements.stream(connection, kind=kind, announcement_id=announcement_id)
        return _entity(connection, announcement_id)


@blueprint.delete("/<id:announcement_id>")
@auth.admin_required
@answers("Empty", 404)
def delete(announcement_id: int) -> Response:
    """Delete an announcement. Raises NotFound."""
    with db.in_transaction() as connection:
        found(queries.announcements.lock(connection, announcement_id=announcement_id))
        queries.announcements.delete(connection, announcement_id=announcement_id)
        _log(connection, "delete", "deleted", announcement_id)
        queries.announcements.stream(connection, kind="announcement.delete", announcement_id=announcement_id)
    return json_response(b"{}")
