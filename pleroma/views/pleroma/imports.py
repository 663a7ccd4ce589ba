"""Importing follows, blocks and mutes (docs/api/pleroma.md 7): the list is stored, a job works it off."""

from __future__ import annotations

from flask import Blueprint, Response

from pleroma import auth, db
from pleroma.accounts import imports
from pleroma.db import queries
from pleroma.errors import InvalidParameters
from pleroma.web import params
from pleroma.web.responses import json_response
from pleroma.web.state import configured

blueprint = Blueprint("imports", __name__, url_prefix="/api/pleroma")


def _list() -> str:
    upload = params.upload("list")
    if upload is not None:
        return upload.stream.read().decode("utf-8-sig", "replace")
    text = params.sent_text("list")
    if text is None:
        raise InvalidParameters("list is missing")
    return text


def _store(kind: str) -> Response:
    entries = imports.parse(_list(), configured())
    if entries:
        with db.transaction() as connection:
            queries.imports.create(
                connection,
                account_id=auth.account_id(),
                kind=kind,
                addresses=[f"{entry.nickname}@{entry.domain}" for entry in entries],
                options=[entry.option for entry in entries],
            )
    return json_response(b'"job started"')


@blueprint.post("/follow_import")
@auth.required("follow")
def follow_import() -> Response:
    """Follow the accounts of `list`, text or file (docs/api/pleroma.md 7.1). Raises InvalidParameters without one."""
    return _store("follow")


@blueprint.post("/blocks_import")
@auth.required("follow:blocks")
def blocks_import() -> Response:
    """Block the accounts of `list`, text or file. Raises InvalidParameters without one."""
    return _store("block")


@blueprint.post("/mutes_import")
@auth.required("follow:mutes")
def mutes_import() -> Response:
    """Mute the accounts of `list`; a second column of false keeps their notifications."""
    return _store("mute")
