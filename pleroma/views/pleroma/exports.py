"""Lists to take along as CSV, streamed page by page (docs/api/pleroma.md 22.1)."""

from __future__ import annotations

import itertools

from flask import Blueprint, Response

from pleroma import auth
from pleroma.accounts import exports
from pleroma.openapi import Answer, answers
from pleroma.web.state import configured

blueprint = Blueprint("exports", __name__, url_prefix="/api/pleroma")
_FILE = Answer(200, None, "text/csv")


def _csv(kind: str) -> Response:
    export = exports.EXPORTS[kind]
    pieces = exports.lines(export, auth.account_id(), configured())
    # What fails at once is an error, and no file that breaks off.
    first = next(pieces, b"")
    response = Response(itertools.chain((first,), pieces), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{export.file_name}"'
    return response


@blueprint.get("/follow_export")
@auth.required("read:follows")
@answers(_FILE)
def follow_export() -> Response:
    """Whom the caller follows, with `Show boosts` and `Notify on new posts`."""
    return _csv("follow")


@blueprint.get("/blocks_export")
@auth.required("read:blocks")
@answers(_FILE)
def blocks_export() -> Response:
    """Whom the caller blocks."""
    return _csv("blocks")


@blueprint.get("/mutes_export")
@auth.required("read:mutes")
@answers(_FILE)
def mutes_export() -> Response:
    """Whom the caller mutes, with `Hide notifications`."""
    return _csv("mutes")


@blueprint.get("/bookmarks_export")
@auth.required("read:bookmarks")
@answers(_FILE)
def bookmarks_export() -> Response:
    """Addresses of the statuses that the caller bookmarked and may still see."""
    return _csv("bookmarks")


@blueprint.get("/lists_export")
@auth.required("read:lists")
@answers(_FILE)
def lists_export() -> Response:
    """Who is on which list of the caller."""
    return _csv("lists")


@blueprint.get("/domain_blocks_export")
@auth.required("read:blocks")
@answers(_FILE)
def domain_blocks_export() -> Response:
    """Which domains the caller blocks."""
    return _csv("domain_blocks")
