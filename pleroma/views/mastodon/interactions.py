"""What accounts do to statuses: favourite, reblog, bookmark, pin, mute (docs/api/mastodon.md 4.11 to 4.14)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response

from pleroma import auth, db
from pleroma.db import queries
from pleroma.errors import ApiError, NotFound, Unprocessable, found
from pleroma.openapi import Choice, answers, pages, takes
from pleroma.views.mastodon.statuses import changed
from pleroma.web import paging, params, rate_limits
from pleroma.web.paging import page_response

blueprint = Blueprint("interactions", __name__, url_prefix="/api/v1/statuses/<id:status_id>")


def _mark(statement: Callable[..., Any], status_id: int, error: ApiError) -> Response:
    """Run a statement that marks a status for the caller, and answer the status."""
    with db.in_transaction() as connection:
        row = statement(connection, account_id=auth.account_id(), status_id=status_id)
        if row is None:
            raise error
        return changed(row.id)


@blueprint.post("/favourite")
@auth.required("write:favourites", limits=rate_limits.FAVOURITING)
@answers("Status", 404)
def favourite(status_id: int) -> Response:
    """Favourite a status; again is no error."""
    return _mark(queries.interactions.favourite, status_id, ApiError("Could not favorite"))


@blueprint.post("/unfavourite")
@auth.required("write:favourites", limits=rate_limits.FAVOURITING)
@answers("Status", 404)
def unfavourite(status_id: int) -> Response:
    """Take a favourite back; again is no error."""
    return _mark(queries.interactions.unfavourite, status_id, ApiError("Could not unfavorite"))


@blueprint.post("/reblog")
@auth.required("write:statuses", limits=rate_limits.REBLOGGING)
@takes(visibility=Choice("public", "unlisted", "private"))
@answers("Status", 404, 422)
def reblog(status_id: int) -> Response:
    """Reblog a status; answers the reblog, the old one when there is one already."""
    visibility = params.text("visibility")
    if visibility not in (None, "public", "unlisted", "private"):
        raise Unprocessable("Unknown visibility")
    with db.in_transaction() as connection:
        row = queries.interactions.reblog(
            connection, account_id=auth.account_id(), status_id=status_id, visibility=visibility
        )
        if row is None:
            raise ApiError("Could not repeat")
        if row.id is None:
            row = queries.interactions.reblog_of(connection, account_id=auth.account_id(), status_id=row.original_id)
        return changed(found(row).id)


@blueprint.post("/unreblog")
@auth.required("write:statuses", limits=rate_limits.REBLOGGING)
@answers("Status", 404)
def unreblog(status_id: int) -> Response:
    """Take a reblog back; answers the original, never reblogged or not."""
    return _mark(queries.interactions.unreblog, status_id, ApiError("Could not unrepeat"))


@blueprint.post("/bookmark")
@auth.required("write:bookmarks")
@answers("Status", 404)
def bookmark(status_id: int) -> Response:
    """Bookmark a status, for the caller alone."""
    return _mark(queries.interactions.bookmark, status_id, NotFound())


@blueprint.post("/unbookmark")
@auth.required("write:bookmarks")
@answers("Status", 404)
def unbookmark(status_id: int) -> Response:
    """Remove a bookmark."""
    return _mark(queries.interactions.unbookmark, status_id, NotFound())


@blueprint.post("/pin")
@auth.required("write:accounts")
@answers("Status", 404)
def pin(status_id: int) -> Response:
    """Pin an own public or unlisted status, within the limit."""
    with db.in_transaction() as connection:
        queries.interactions.lock_account(connection, account_id=auth.account_id())
        row = queries.interactions.pin(
            connection,
            account_id=auth.account_id(),
            status_id=status_id,
        )
        if row is None:
            raise ApiError("Could not pin")
        if row.is_full:
            raise ApiError("You have already pinned the maximum number of statuses")
        return changed(row.id)


@blueprint.post("/unpin")
@auth.required("write:accounts")
@answers("Status", 404)
def unpin(status_id: int) -> Response:
    """Unpin an own status, pinned or not."""
    return _mark(queries.interactions.unpin, status_id, ApiError("Could not unpin"))


@blueprint.post("/mute")
@auth.required("write:mutes")
@answers("Status", 404)
def mute(status_id: int) -> Response:
    """Mute the whole thread for the caller."""
    with db.in_transaction() as connection:
        row = queries.interactions.mute_thread(connection, account_id=auth.account_id(), status_id=status_id)
        if not found(row).muted:
            raise ApiError("conversation is already muted")
        return changed(row.id)


@blueprint.post("/unmute")
@auth.required("write:mutes")
@answers("Status", 404)
def unmute(status_id: int) -> Response:
    """End the mute of the thread."""
    return _mark(queries.interactions.unmute_thread, status_id, NotFound())


@blueprint.get("/favourited_by")
@auth.optional("read:accounts")
@pages("Account", 404)
def favourited_by(status_id: int) -> Response:
    """Accounts that favourited the status, newest first. Raises NotFound."""
    with db.connection() as connection:
        page = queries.interactions.favourited_by(
            connection, viewer_id=auth.viewer_id(), status_id=status_id, **paging.window()
        )
    return page_response(found(page))


@blueprint.get("/reblogged_by")
@auth.optional("read:accounts")
@pages("Account", 404)
def reblogged_by(status_id: int) -> Response:
    """Accounts that reblogged the status, newest first. Raises NotFound."""
    with db.connection() as connection:
        page = queries.interactions.reblogged_by(
            connection, viewer_id=auth.viewer_id(), status_id=status_id, **paging.window()
        )
    return page_response(found(page))
