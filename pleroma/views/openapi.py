"""The description of this API: an OpenAPI document for programs, and a page of the same for people."""

from __future__ import annotations

import hashlib
import json
from typing import Any, NamedTuple

from flask import Blueprint, Response, current_app, render_template, request
from markupsafe import Markup
from werkzeug.wrappers import Response as BaseResponse

from pleroma import instance
from pleroma.auth import scopes
from pleroma.openapi import Anything, answers, html_page
from pleroma.web import pages
from pleroma.web.responses import JSON_TYPE
from pleroma.web.state import configured

blueprint = Blueprint("openapi", __name__, url_prefix="/api")
_CACHED = "public, max-age=3600"
_KEPT = "openapi"


class _Made(NamedTuple):
    """The document, its ETag, and what the page shows of it."""

    body: bytes
    tag: str
    sections: Markup


def _made() -> _Made:
    """All of it, made when somebody asks for the first time."""
    kept = current_app.extensions.get(_KEPT)
    if kept is None:
        kept = current_app.extensions[_KEPT] = _make()
    return kept


def _make() -> _Made:
    # It takes memory that only servers which are asked shall spend.
    from pleroma.openapi import document, reading

    gathered: dict[str, Any] = document.gather(
        current_app.url_map.iter_rules(),
        current_app.view_functions,
        scopes.KNOWN,
        version=instance.SOFTWARE_VERSION,
        base_url=configured().base_url,
    )
    body = json.dumps(gathered, ensure_ascii=False, separators=(",", ":")).encode()
    sections = render_template(
        "openapi_sections.html",
        info=gathered["info"]["description"],
        areas=reading.areas(gathered),
        entities=gathered["components"]["schemas"],
    )
    return _Made(body, hashlib.sha256(body).hexdigest(), Markup(sections))  # noqa: S704 (a template made it)


@blueprint.get("/openapi.json")
@answers(Anything(), 304)
def show() -> BaseResponse:
    """This document: every route with its parameters, its answers and who may ask."""
    made = _made()
    response = Response(made.body, content_type=JSON_TYPE)
    response.set_etag(made.tag)
    response.headers["Cache-Control"] = _CACHED
    return response.make_conditional(request)


@blueprint.get("/openapi")
@answers(html_page())
def page() -> Response:
    """The same as a page for people."""
    response = pages.page("openapi.html", sections=_made().sections)
    response.headers["Cache-Control"] = _CACHED
    return response
