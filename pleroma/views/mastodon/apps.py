"""Apps: what a client registers before anybody logs in with it.

Rules: docs/api/pleroma.md 19.1, docs/api/mastodon.md 12.1.
"""

from __future__ import annotations

import re
import secrets

from flask import Blueprint, Response

from pleroma import auth, db, text
from pleroma.auth import scopes
from pleroma.config import vapid_public_key
from pleroma.db import queries
from pleroma.errors import InvalidCredentials, Unprocessable, found
from pleroma.openapi import Text, answers, takes
from pleroma.web import params, rate_limits
from pleroma.web.responses import as_json
from pleroma.web.state import configured

blueprint = Blueprint("apps", __name__, url_prefix="/api/v1/apps")
_ADDRESS = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*):[^\s#]+")
# Addresses that a browser would run or show as a page of ours.
_DANGEROUS = {"javascript", "data", "vbscript", "file", "blob", "about"}
_LONGEST = 2000
_ADDRESSES = Text(1, needed=True, description="separated by white space; or a list")


def _required(name: str, value: str) -> str:
    if not value.strip():
        raise Unprocessable("can't be blank", field=name)
    if text.is_longer(value, _LONGEST):
        raise _too_long(name)
    return value


def _too_long(name: str) -> Unprocessable:
    return Unprocessable(f"should be at most {_LONGEST} character(s)", field=name)


def _addresses(sent: str) -> list[str]:
    """The redirect addresses in a text, white space between them. Raises Unprocessable for what must not be one."""
    addresses = sent.split()
    for address in addresses:
        match = _ADDRESS.fullmatch(address)
        if match is None or match[1].lower() in _DANGEROUS:
            raise Unprocessable("must be an absolute URI without a fragment", field="redirect_uris")
    return list(dict.fromkeys(addresses))


@blueprint.post("")
@rate_limits.limited(rate_limits.APP_REGISTRATION)
@takes(
    client_name=Text(1, _LONGEST, needed=True), redirect_uris=_ADDRESSES, website=Text(), scopes=Text(), scope=Text()
)
@answers("App", 422)
def create() -> Response:
    """Register an app: `client_name`, `redirect_uris` (a text or a list), `scopes`, `website`.

    Answers its id and secret, which is shown this once. Raises Unprocessable, Throttled.
    """
    typed = params.text("client_name", most=_LONGEST, error=_too_long("client_name")) or ""
    name = _required("client_name", typed).strip()
    redirect_uri = _required("redirect_uris", "\n".join(params.exacts("redirect_uris", most=100, longest=_LONGEST)))
    addresses = _addresses(redirect_uri)
    website = params.exact("website", most=_LONGEST)
    asked = scopes.parse(params.raw("scopes") or params.raw("scope")) or ["read"]
    client_id, client_secret = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    with db.in_transaction() as connection:
        app = queries.oauth.create_app(
            connection,
            client_id=client_id,
            client_secret_hash=auth.token_hash(client_secret),
            name=name,
            website=website or None,
            redirect_uri=redirect_uri,
            redirect_uris=addresses,
            scopes=asked,
        )
    return as_json(
        {
            "id": str(app.id),
            "name": name,
            "website": website or None,
            "client_id": client_id,
            "client_secret": client_secret,
            "client_secret_expires_at": 0,
            "redirect_uri": redirect_uri,
            "redirect_uris": addresses,
            "scopes": asked,
            "vapid_key": vapid_public_key(configured()),
        }
    )


@blueprint.get("/verify_credentials")
@auth.app_required
@answers("AppOfToken", 404)
def verify_credentials() -> Response:
    """The app that the token belongs to. Raises InvalidCredentials without a token."""
    caller = auth.caller()
    if caller is None or caller.app_id is None:
        raise InvalidCredentials()
    with db.connection() as connection:
        app = found(queries.oauth.app(connection, app_id=caller.app_id))
    return as_json({"name": app.name, "website": app.website, "vapid_key": vapid_public_key(configured())})
