"""The second factor of a log-in: there is none yet (docs/api/mastodon.md 9.5)."""

from __future__ import annotations

from flask import Blueprint, Response

from pleroma import auth
from pleroma.openapi import answers
from pleroma.web.responses import as_json

blueprint = Blueprint("second_factor", __name__)


@blueprint.get("/api/pleroma/profile/mfa")
@auth.required("read:security")
@answers("SecondFactor")
def settings() -> Response:
    """What the caller has set up, as the settings page of the original front end asks for it."""
    return as_json({"settings": {"enabled": False, "totp": False}})
