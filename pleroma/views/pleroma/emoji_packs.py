"""Emoji packs: listed, changed, and given to other servers (spec 5)."""

from __future__ import annotations

from flask import Blueprint, Response

from pleroma.emoji_packs import Packs
from pleroma.paging import json_response
from pleroma.settings import configured

blueprint = Blueprint("emoji_packs", __name__, url_prefix="/api/pleroma/emoji/packs")


def packs() -> Packs:
    """The packs of this server."""
    return Packs(configured().data_dir)


@blueprint.get("")
@blueprint.get("/list")
def index() -> Response:
    """Every pack by its name with `pack` and `files`; /list is where older servers look (seed: emoji/packs)."""
    return json_response(packs().listed())
