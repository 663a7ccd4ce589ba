"""NodeInfo (docs/api/pleroma.md 6.1, docs/api/mastodon.md 11.13)."""

from __future__ import annotations

import json

from flask import Blueprint, Response

from pleroma import instance
from pleroma.accounts.nicknames import RESERVED
from pleroma.errors import NotFound
from pleroma.openapi import answers
from pleroma.web.responses import as_json
from pleroma.web.state import configured

blueprint = Blueprint("nodeinfo", __name__)
_ACTIVITYSTREAMS = "https://www.w3.org/ns/activitystreams"
_SCHEMA = "http://nodeinfo.diaspora.software/ns/schema"


@blueprint.get("/.well-known/nodeinfo")
@answers("NodeInfoLinks")
def links() -> Response:
    """Where the documents are; callers take the last, so the newest version comes last (FEP-2677 for the first one)."""
    base = configured().base_url
    found = [{"rel": f"{_ACTIVITYSTREAMS}#Application", "href": f"{base}/actor"}] if configured().federation else []
    found += [{"rel": f"{_SCHEMA}/{v}", "href": f"{base}/nodeinfo/{v}.json"} for v in ("2.0", "2.1")]
    return as_json({"links": found})


@blueprint.get("/nodeinfo/<version>")
@answers("NodeInfo", 404)
def document(version: str) -> Response:
    """The document of version 2.0 or 2.1. Raises NotFound for any other."""
    if version not in ("2.0", "2.1"):
        raise NotFound("Nodeinfo schema version not handled")
    body = json.dumps(instance.nodeinfo(configured(), version, sorted(RESERVED)), ensure_ascii=False)
    return Response(body, content_type=f'application/json; profile="{_SCHEMA}/{version}#"; charset=utf-8')
