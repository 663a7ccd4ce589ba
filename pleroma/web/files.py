"""Files at any address: the operator's own, those of a front end, ours (docs/api/pleroma.md 21)."""

from __future__ import annotations

from pathlib import Path

from flask import Response, send_from_directory
from werkzeug.exceptions import NotFound

from pleroma.web.state import configured

OURS = Path(__file__).resolve().parents[1] / "static"
_DAY = 24 * 3600


def own_file(name: str, front_end: Path | None = None) -> Response:
    """A file of `static/` in the data directory, else of the front end, else ours. Raises NotFound."""
    operators = configured().data_dir.absolute() / "static"
    places = [(operators, name), (OURS, name.removeprefix("static/"))]
    if front_end is not None:
        places.insert(1, (front_end.absolute(), name))
    for directory, place in places:
        try:
            return send_from_directory(directory, place, max_age=_DAY)
        except NotFound:
            continue
    raise NotFound
