"""Files: media, emoji, the default pictures, the operator's own (docs/api/pleroma.md 21); nginx may serve them."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from flask import Blueprint, Response, send_from_directory
from werkzeug.exceptions import NotFound

from pleroma.emoji import pack_files
from pleroma.media import store_of, type_of
from pleroma.web.files import own_file
from pleroma.web.state import configured
from pleroma.web.stored_files import stored_file

blueprint = Blueprint("files", __name__)
_DAY = 24 * 3600


def _from_users(response: Response) -> Response:
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@blueprint.get("/media/<path:name>")
def media(name: str) -> Response:
    """A stored upload; its name is random, so it never changes. Raises NotFound, StorageAway."""
    store = store_of(configured())
    response = _from_users(stored_file(partial(store.look, name), mimetype=type_of(name), max_age=365 * _DAY))
    response.cache_control.public = True
    response.cache_control.immutable = True
    return response


@blueprint.get("/emoji/<path:name>")
def emoji(name: str) -> Response:
    """A picture of an emoji pack; what a change has not finished is hidden. Raises NotFound."""
    if name.startswith(".") or "/." in name:
        raise NotFound
    response = _from_users(send_from_directory(configured().data_dir.absolute() / "emoji", name, max_age=_DAY))
    response.content_type = pack_files.TYPES.get(Path(name).suffix.lower(), response.content_type)
    return response


@blueprint.get("/<path:name>")
def file(name: str) -> Response:
    """A file of the operator's or ours, at any address that is nothing else's. Raises NotFound."""
    return own_file(name)
