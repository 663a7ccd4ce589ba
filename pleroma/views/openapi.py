"""The description of this API, for programs (OpenAPI 3.1)."""

from __future__ import annotations

import hashlib
import json

from flask import Blueprint, Response, current_app, request
from werkzeug.wrappers import Response as BaseResponse

from pleroma import instance
from pleroma.auth import scopes
from pleroma.openapi import Anything, answers
from pleroma.web.responses import JSON_TYPE
from pleroma.web.state import configured

blueprint = Blueprint("openapi", __name__, url_prefix="/api")
_HOUR = 3600
_KEPT = "openapi"


def _rendered() -> tuple[bytes, str]:
    """The document and its ETag, made when somebody asks for the first time."""
    kept = current_app.extensions.get(_KEPT)
    if kept is None:
        from pleroma.openapi import document

        gathered = document.gather(
            current_app.url_map.iter_rules(),
            current_app.view_functions,
            scopes.KNOWN,
            version=instance.SOFTWARE_VERSION,
            base_url=configured().base_url,
        )
        body = json.dumps(gathered, ensure_ascii=False, separators=(",", ":")).encode()
        kept = current_app.extensions[_KEPT] = (body, hashlib.sha256(body).hexdigest())
    return kept


@blueprint.get("/openapi.json")
@answers(Anything(), 304)
def show() -> BaseResponse:
    """This document: every route with its parameters, its answers and who may ask."""
    body, tag = _rendered()
    response = Response(body, content_type=JSON_TYPE)
    response.set_etag(tag)
    response.cache_control.public = True
    response.cache_control.max_age = _HOUR
    return response.make_conditional(request)
