"""How others find an account by its handle: WebFinger (RFC 7033) and host-meta (RFC 6415)."""

from __future__ import annotations

import json
from urllib.parse import urlsplit
from xml.sax.saxutils import quoteattr

from flask import Blueprint, Response

from pleroma import db
from pleroma.db import queries
from pleroma.errors import ApiError, NotFound
from pleroma.federation.keys import INSTANCE, path_of
from pleroma.openapi import Answer, Several, Text, answers, takes
from pleroma.text.clean import is_storable
from pleroma.web import params
from pleroma.web.state import configured

blueprint = Blueprint("discovery", __name__, url_prefix="/.well-known")
_PROFILE_PAGE = "http://webfinger.net/rel/profile-page"
_ACTIVITY = "application/activity+json"
_LD = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
_LONGEST = 2048


def _asked_for() -> str:
    """The local account that `resource` names, "" for the server itself. Raises a 400, NotFound."""
    resource = params.exact("resource", most=_LONGEST) or ""
    base, host = configured().base_url, configured().domain
    if resource.lower().startswith("acct:"):
        nickname, _, of_host = resource[len("acct:") :].removeprefix("@").rpartition("@")
        if not nickname or of_host.lower() != host:
            raise NotFound()
        return "" if nickname.lower() == host else nickname
    if not urlsplit(resource).scheme:
        raise ApiError("resource must be a URI")
    if resource == f"{base}{INSTANCE}":
        return ""
    if not resource.startswith(f"{base}/users/"):
        raise NotFound()
    return resource[len(f"{base}/users/") :]


def _known(nickname: str) -> str:
    """The nickname as it is written. Raises NotFound; a 410 for an account that was deleted."""
    if not is_storable(nickname):
        raise NotFound()
    with db.connection() as connection:
        row = queries.activitypub.found(connection, nickname=nickname)
    if row.nickname is None:
        raise ApiError("Gone", 410) if row.is_gone else NotFound()
    return str(row.nickname)


@blueprint.get("/webfinger")
@takes(resource=Text(1, _LONGEST, needed=True), rel=Several(Text()))
@answers(Answer(200, "WebFinger", "application/jrd+json"), 404, 410)
def webfinger() -> Response:
    """Where the actor of `resource` is; `rel` narrows the links. Raises a 400, NotFound, a 410."""
    base, host = configured().base_url, configured().domain
    asked = _asked_for()
    nickname = _known(asked) if asked else host
    actor = base + (path_of(nickname) if asked else INSTANCE)
    links = [
        {"rel": _PROFILE_PAGE, "type": "text/html", "href": actor if asked else base},
        {"rel": "self", "type": _ACTIVITY, "href": actor},
        {"rel": "self", "type": _LD, "href": actor},
    ]
    wanted = params.exacts("rel")
    found = {
        "subject": f"acct:{nickname}@{host}",
        "aliases": [actor],
        "links": [link for link in links if not wanted or link["rel"] in wanted],
    }
    return Response(json.dumps(found), content_type="application/jrd+json; charset=utf-8")


@blueprint.get("/host-meta")
@answers(Answer(200, None, "application/xrd+xml"), 404)
def host_meta() -> Response:
    """Where WebFinger is, for servers that ask so."""
    template = quoteattr(f"{configured().base_url}/.well-known/webfinger?resource={{uri}}")
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">\n'
        f'  <Link rel="lrdd" template={template}/>\n</XRD>\n'
    )
    return Response(body, content_type="application/xrd+xml; charset=utf-8")
