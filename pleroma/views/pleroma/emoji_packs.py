"""Emoji packs: listed, changed by administrators, and exchanged with other servers (docs/api/pleroma.md 5 and 6)."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, send_file
from werkzeug.datastructures import FileStorage

from pleroma import auth, db
from pleroma.emoji import exchange, installed, pack_files
from pleroma.emoji.pack import Pack
from pleroma.emoji.packs import Packs
from pleroma.errors import InvalidParameters, TooLarge
from pleroma.openapi import Answer, Anything, Choice, File, Text, answers, takes
from pleroma.remote_places import place
from pleroma.web import idempotency, params
from pleroma.web.request_body import LONGEST_ADDRESS, takes_files
from pleroma.web.responses import json_response
from pleroma.web.state import configured, value

blueprint = Blueprint("emoji_packs", __name__, url_prefix="/api/pleroma/emoji/packs")
_OK = {"const": "ok"}


def _packs() -> Packs:
    return Packs(configured().data_dir)


def _as_json(answer: Any) -> Response:
    # In ASCII: what another server lists may hold half surrogates, which UTF-8 cannot.
    return json_response(json.dumps(answer).encode())


def _reloaded(answer: Any, name: str) -> Response:
    """The answer, once every worker's list of emoji shows the change of a pack."""
    with db.in_transaction() as connection:
        installed.reload_pack(connection, configured().data_dir, name)
    return _as_json(answer)


def _instance() -> exchange.Instance:
    address = params.required_exact("instance_address", most=LONGEST_ADDRESS)
    return exchange.Instance(address, allow_loopback=configured().remote_allow_loopback)


@blueprint.get("")
@blueprint.get("/list")
@answers("{EmojiPack}", 500)
def index() -> Response:
    """Every pack by its name with `pack` and `files`; /list is where older servers look (docs/api/pleroma.md 5.1)."""
    return json_response(_packs().listed())


# The names are paths, so that one with a slash is refused and not just unknown.
@blueprint.put("/<path:name>")
@auth.admin_required
@answers(_OK, 409, 500)
def create(name: str) -> Response:
    """Make an empty pack; answers "ok" (docs/api/pleroma.md 5). Raises InvalidParameters, Conflict."""
    _packs().create(name)
    return _as_json("ok")


@blueprint.delete("/<path:name>")
@auth.admin_required
@answers(_OK, 404, 500)
def delete(name: str) -> Response:
    """Delete a pack with its files; answers "ok" (docs/api/pleroma.md 5).

    Raises InvalidParameters, NotFound, and a 500 when it cannot be deleted.
    """
    _packs().delete(name)
    return _reloaded("ok", name)


@blueprint.post("/<path:name>/update_file")
@takes_files("upload_limit")
@auth.admin_required
@takes(action=Choice("add", "update", "remove", needed=True), shortcode=Text(), filename=Text())
@takes(new_shortcode=Text(), new_filename=Text(), file=File(description="or the address of one"))
@answers("{string}", 404, 409)
def update_file(name: str) -> Response:
    """Add, update or remove an emoji, as `action` says; answers the pack's `files` (docs/api/pleroma.md 5.4).

    Raises InvalidParameters, NotFound, Conflict for a shortcode or a file that is there, TooLarge.
    """
    action = params.required_text("action")
    if action not in _ACTIONS:
        raise InvalidParameters(f"Unknown action: {action}")
    # A pack from elsewhere may have longer ones than may be added here, and then they can be changed.
    shortcode = params.exact("shortcode", most=params.LONGEST_OF_ALL) or ""
    change = _ACTIONS[action](name, shortcode)
    with _packs().open(name) as pack:
        change(pack)
    return _reloaded(pack.files, name)


def _add(name: str, shortcode: str) -> Callable[[Pack], None]:
    # What cannot be added need not be fetched, and nobody waits for the lock while it is.
    _packs().read(name).require_new(shortcode)
    wanted = params.exact("filename")
    sent_name, data = _sent_picture()
    file_name = sent_name if wanted is None else wanted
    pack_files.check_picture(file_name, data)
    return lambda pack: pack.add(shortcode, file_name, data)


def _sent_picture() -> tuple[str, bytes]:
    """The name and the bytes of `file`: an upload, or an address to fetch it from."""
    sent = params.raw("file")
    if isinstance(sent, FileStorage):
        limit = value("upload_limit")
        data = sent.stream.read(limit + 1)
        if len(data) > limit:
            raise TooLarge()
        return re.split(r"[/\\]", sent.filename or "")[-1], data
    address = (params.as_exact("file", sent, most=LONGEST_ADDRESS) or "").strip()
    if not address:
        raise InvalidParameters("file is missing")
    with place(configured()):
        return exchange.picture(address, allow_loopback=configured().remote_allow_loopback)


def _update(_name: str, shortcode: str) -> Callable[[Pack], None]:
    new_shortcode, new_name = params.exact("new_shortcode"), params.exact("new_filename")
    return lambda pack: pack.update(shortcode, new_shortcode, new_name)


def _remove(_name: str, shortcode: str) -> Callable[[Pack], None]:
    return lambda pack: pack.remove(shortcode)


_ACTIONS = {"add": _add, "update": _update, "remove": _remove}


@blueprint.post("/<path:name>/update_metadata")
@auth.admin_required
@takes(new_data=Anything(needed=True))
@answers(Anything(), 404)
def update_metadata(name: str) -> Response:
    """Replace the `pack` section by `new_data`, and answer it (docs/api/pleroma.md 5.5).

    A new `fallback-src` is fetched and checked first. Raises InvalidParameters, NotFound.
    """
    metadata = params.tree("new_data")
    if metadata is None:
        raise InvalidParameters("new_data is missing")
    with place(configured()):
        stored = exchange.update_metadata(
            _packs(), name, params.clean_tree(metadata), allow_loopback=configured().remote_allow_loopback
        )
    return _as_json(stored)


@blueprint.post("/import_from_fs")
@auth.admin_required
@answers("[string]", 500)
def import_from_fs() -> Response:
    """Make packs of the folders without pack.json; answers their names (docs/api/pleroma.md 5.6). Raises a 500."""
    imported = _packs().import_folders()
    with db.in_transaction() as connection:
        installed.reload(connection, configured().data_dir)
    return _as_json(imported)


@blueprint.post("/list_from")
@auth.admin_required
@idempotency.unless(lambda: True)
@takes(instance_address=Text(1, needed=True))
@answers(Anything(), 500)
def list_from() -> Response:
    """The packs of the server at `instance_address`, as it lists them (docs/api/pleroma.md 6.2). Raises a 500."""
    with place(configured()):
        return _as_json(_instance().packs())


@blueprint.post("/download_from")
@auth.admin_required
@takes(instance_address=Text(1, needed=True), pack_name=Text(1, needed=True), **{"as": Text()})
@answers(_OK, 404, 409, 500)
def download_from() -> Response:
    """Take the pack `pack_name` of the server at `instance_address`, under the name `as`; answers "ok".

    (docs/api/pleroma.md 6.3) Raises InvalidParameters for unsafe names, Conflict for one that is taken, a 500.
    """
    instance, pack_name = _instance(), params.required_exact("pack_name")
    name = params.exact("as") or pack_name
    with place(configured()):
        exchange.download(_packs(), instance, pack_name, name)
    return _reloaded("ok", name)


@blueprint.get("/<path:name>/download_shared")
@blueprint.get("/download_shared/<path:name>")
@answers(Answer(200, None, "application/zip"), 400, 403, 404)
def download_shared(name: str) -> Response:
    """The archive of a shared pack; the second path is the older servers' (docs/api/pleroma.md 5.7).

    Raises NotFound, Forbidden.
    """
    archive = _packs().archive(name)
    response = send_file(archive, mimetype="application/zip", etag=False)
    response.content_length = os.fstat(archive.fileno()).st_size
    plain = re.sub(r'[^ -~]|["\\]', "_", f"{name}.zip")
    response.headers["Content-Disposition"] = (
        f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}.zip"
        if plain != f"{name}.zip"
        else f'attachment; filename="{plain}"'
    )
    return response
