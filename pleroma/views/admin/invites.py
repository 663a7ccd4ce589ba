"""Invites (docs/api/admin.md 12)."""

from __future__ import annotations

import re
import secrets
from datetime import date
from typing import Any

from flask import Blueprint, Response
from psycopg import Connection

from pleroma import auth, db
from pleroma.accounts import email_addresses, moderation_log
from pleroma.db import queries
from pleroma.errors import ApiError, InvalidParameters, found
from pleroma.openapi import Text, Whole, answers, takes
from pleroma.web import params
from pleroma.web.responses import json_response, no_content
from pleroma.web.state import configured, in_force

blueprint = Blueprint("admin_invites", __name__, url_prefix="/api/pleroma/admin/users")
_MOST_USES = 2**31 - 1


def _max_use() -> int | None:
    sent = params.raw("max_use")
    if sent in (None, ""):
        return None
    number = sent if isinstance(sent, int) and not isinstance(sent, bool) else None
    if isinstance(sent, str) and re.fullmatch(r"[0-9]{1,10}", sent):
        number = int(sent)
    if number is None or not 0 < number <= _MOST_USES:
        raise InvalidParameters("max_use is not a whole number above 0")
    return number


def _expires_at() -> date | None:
    sent = params.text("expires_at", most=100)
    if sent is None:
        return None
    try:
        return date.fromisoformat(sent[:10])
    except ValueError as error:
        raise InvalidParameters("expires_at is not a date") from error


def _create(connection: Connection, max_use: int | None = None, expires_at: date | None = None) -> tuple[Any, str]:
    token = secrets.token_urlsafe(32)
    return queries.admin_invites.create(connection, token=token, max_use=max_use, expires_at=expires_at), token


def _log(connection: Connection, action: str, sentence: str, invite_id: int, **data: Any) -> None:
    subject = {"type": "invite", "id": str(invite_id)}
    moderation_log.record(connection, auth.account_id(), action, sentence, subject=subject, **data)


@blueprint.post("/invite_token")
@auth.admin_required
@takes(max_use=Whole(1, _MOST_USES), expires_at=Text())
@answers("Invite")
def create() -> Response:
    """Make an invite, with `max_use` and `expires_at`. Raises InvalidParameters."""
    max_use, expires_at = _max_use(), _expires_at()
    with db.in_transaction() as connection:
        invite, _ = _create(connection, max_use, expires_at)
        _log(connection, "invite_create", f"created invite #{invite.id}", invite.id)
    return json_response(invite.entity.encode())


@blueprint.get("/invites")
@auth.admin_required
@answers("Invites")
def index() -> Response:
    """All invites, oldest first."""
    with db.connection() as connection:
        return json_response(queries.admin_invites.index(connection))


@blueprint.post("/revoke_invite")
@auth.admin_required
@takes(token=Text(1, needed=True))
@answers("Invite", 404)
def revoke() -> Response:
    """Use up the invite `token`. Raises NotFound."""
    with db.in_transaction() as connection:
        invite = found(queries.admin_invites.revoke(connection, token=params.required_exact("token")), "Not found")
        if invite.was_good:
            _log(connection, "invite_revoke", f"revoked invite #{invite.id}", invite.id)
    return json_response(invite.entity.encode())


@blueprint.post("/email_invite")
@auth.admin_required
@takes(email=Text(1, needed=True), name=Text())
@answers(204)
def mail() -> Response:
    """Mail a one-time invite to `email`; only while registrations are closed and invites are on."""
    email, name = params.required_exact("email").strip(), params.text("name") or ""
    if not email_addresses.is_valid(email) or re.search(r"[\r\n]", name):
        raise InvalidParameters("email or name is not valid")
    values = in_force("registrations_open", "invites_enabled")
    if values["registrations_open"] or not values["invites_enabled"]:
        raise ApiError("Invites are mailed while registrations are closed and invites are enabled")
    with db.in_transaction() as connection:
        invite, token = _create(connection)
        actor = queries.admin_users.find(connection, name="", account_id=auth.account_id())
        queries.admin_invites.mail(
            connection,
            recipient=email,
            recipient_name=name,
            inviter=actor.nickname,
            link=f"{configured().base_url}/registration/{token}",
        )
        _log(connection, "invite_email", f"sent invite #{invite.id} to {email}", invite.id, target=email)
    return no_content()
