"""Importing follows, blocks, mutes, bookmarks (docs/api/pleroma.md 7): the list is stored, a job works it off."""

from __future__ import annotations

from flask import Blueprint, Response
from werkzeug.datastructures import FileStorage

from pleroma import auth, db
from pleroma.db import queries
from pleroma.errors import InvalidParameters, TooLarge
from pleroma.openapi import File, answers, takes
from pleroma.web import params
from pleroma.web.request_body import takes_files
from pleroma.web.responses import json_response
from pleroma.web.state import configured, value

blueprint = Blueprint("imports", __name__, url_prefix="/api/pleroma")
_LIST = File(needed=True, description="or the list itself")
_STARTED = {"const": "job started"}


# A list is as large as an upload may be, also when it is pasted.
_takes_list = takes_files("upload_limit", as_text=True)


def _list() -> bytes:
    """The list as it was sent. Raises InvalidParameters without one, TooLarge."""
    sent = params.raw("list")
    if not isinstance(sent, str | FileStorage):
        raise InvalidParameters("list is missing")
    limit = value("upload_limit")
    source = sent.stream.read(limit + 1) if isinstance(sent, FileStorage) else sent.encode("utf-8", "replace")
    if len(source) > limit:
        raise TooLarge()
    return source


def _store(kind: str) -> Response:
    source = _list()
    if source.strip():
        with db.in_transaction() as connection:
            queries.imports.create(
                connection, account_id=auth.account_id(), kind=kind, source=source, base_url=configured().base_url
            )
    return json_response(b'"job started"')


@blueprint.post("/follow_import")
@_takes_list
@auth.required("follow")
@takes(list=_LIST)
@answers(_STARTED)
def follow_import() -> Response:
    """Follow the accounts of `list`, text or file (docs/api/pleroma.md 7.1). Raises InvalidParameters without one."""
    return _store("follow")


@blueprint.post("/blocks_import")
@_takes_list
@auth.required("follow:blocks")
@takes(list=_LIST)
@answers(_STARTED)
def blocks_import() -> Response:
    """Block the accounts of `list`, text or file. Raises InvalidParameters without one."""
    return _store("block")


@blueprint.post("/mutes_import")
@_takes_list
@auth.required("follow:mutes")
@takes(list=_LIST)
@answers(_STARTED)
def mutes_import() -> Response:
    """Mute the accounts of `list`; a second column of false keeps their notifications."""
    return _store("mute")


@blueprint.post("/bookmarks_import")
@_takes_list
@auth.required("write:bookmarks")
@takes(list=_LIST)
@answers(_STARTED)
def bookmarks_import() -> Response:
    """Bookmark the statuses of `list`, an address a line. Raises InvalidParameters without one."""
    return _store("bookmark")
