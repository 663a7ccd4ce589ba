"""Archives of accounts, which the API calls backups: asked for, listed, fetched (docs/api/pleroma.md 22.3)."""

from __future__ import annotations

from functools import partial

from flask import Blueprint, Response

from pleroma import auth, db
from pleroma.access import token_hash
from pleroma.accounts import archives
from pleroma.db import queries
from pleroma.errors import ApiError, found
from pleroma.openapi import answers
from pleroma.web.responses import json_response
from pleroma.web.state import configured
from pleroma.web.stored_files import stored_file

blueprint = Blueprint("backups", __name__)


def _listed() -> Response:
    with db.connection() as connection:
        return json_response(archives.listed(connection, auth.account_id(), configured()))


@blueprint.get("/api/v1/pleroma/backups")
@auth.required("read")
@answers("[Backup]")
def index() -> Response:
    """The caller's archives, newest first."""
    return _listed()


@blueprint.post("/api/v1/pleroma/backups")
@auth.required("read")
@answers("[Backup]")
def create() -> Response:
    """Have an archive made, and list all. Raises a 400 when the last one is less than a day old."""
    with db.in_transaction() as connection:
        if not archives.ask(connection, auth.account_id(), configured()):
            raise ApiError("Last export was less than a day ago")
    return _listed()


@blueprint.get("/media/backups/<name>.zip")
def archive(name: str) -> Response:
    """A finished archive, for everybody who knows its name: browsers fetch it without a token. Raises NotFound."""
    name_hash = token_hash(name)
    with db.connection() as connection:
        row = found(queries.archives.file(connection, name_hash=name_hash))
    response = stored_file(
        partial(archives.look, configured(), name_hash),
        mimetype="application/zip",
        as_attachment=True,
        download_name=f"{row.nickname}-{row.created_at:%Y-%m-%d}.zip",
    )
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
