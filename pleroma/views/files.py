"""Files: media, emoji, the default pictures, the operator's own (DESIGN 4.2). nginx serves them in production."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Response, send_from_directory
from werkzeug.exceptions import NotFound

from pleroma.settings import configured

blueprint = Blueprint("files", __name__)
OURS = Path(__file__).resolve().parent.parent / "static"
_DAY = 24 * 3600


def _from_users(directory: Path, name: str, seconds: int) -> Response:
    response = send_from_directory(directory, name, max_age=seconds, conditional=True)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@blueprint.get("/media/<path:name>")
def media(name: str) -> Response:
    """A stored upload; its name is random, so it never changes."""
    response = _from_users(configured().data_dir.absolute() / "media", name, 365 * _DAY)
    response.cache_control.public = True
    response.cache_control.immutable = True
    return response


@blueprint.get("/emoji/<path:name>")
def emoji(name: str) -> Response:
    """A picture of an emoji pack."""
    return _from_users(configured().data_dir.absolute() / "emoji", name, _DAY)


@blueprint.get("/<any(images, static, instance):folder>/<path:name>")
def picture(folder: str, name: str) -> Response:
    """A file of the operator's or ours."""
    return own_file(f"{folder}/{name}")


@blueprint.get("/favicon.ico")
@blueprint.get("/robots.txt")
def well_known_file() -> Response:
    """The icon, and what robots should leave alone."""
    from flask import request

    return own_file(request.path[1:])


def own_file(name: str) -> Response:
    """A file of `static/` in the data directory, else ours of that name. Raises NotFound."""
    for directory in (configured().data_dir.absolute() / "static", OURS):
        try:
            return send_from_directory(
                directory, name.removeprefix("static/") if directory == OURS else name, max_age=_DAY
            )
        except NotFound:
            continue
    raise NotFound
