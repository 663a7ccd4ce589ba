"""The second factor of a log-in: setting it up and ending it (docs/api/pleroma.md 9.5).

Older front ends ask below `profile`, newer ones below `accounts`. Faults are returned and not raised: the transaction
that an Idempotency-Key begins would take the count of wrong guesses back.
"""

from __future__ import annotations

from flask import Blueprint, Response

from pleroma import auth, db
from pleroma.accounts import second_factor
from pleroma.auth import passwords
from pleroma.auth.second_factor import count_guess, take_back
from pleroma.db import queries
from pleroma.openapi import Text, answers, takes
from pleroma.web import params
from pleroma.web.responses import as_json
from pleroma.web.state import configured, value

blueprint = Blueprint("second_factor", __name__, url_prefix="/api/pleroma")
_REFUSED = "Invalid password."
_WRONG_CODE = "invalid_token"


@blueprint.get("/profile/mfa")
@blueprint.get("/accounts/mfa")
@auth.required("read:security")
@answers("SecondFactor")
def settings() -> Response:
    """Whether the caller has a second factor."""
    with db.connection() as connection:
        is_on = queries.second_factor.is_on(connection, account_id=auth.account_id()).found
    return as_json({"settings": {"enabled": is_on, "totp": is_on}})


@blueprint.get("/profile/mfa/backup_codes")
@blueprint.get("/accounts/mfa/backup_codes")
@auth.required("write:security")
@answers("RecoveryCodes")
def backup_codes() -> Response:
    """New recovery codes for the caller; the old ones end. Raises InvalidCredentials for a caller without a token."""
    _require_token()
    with db.in_transaction() as connection:
        return as_json({"codes": second_factor.new_recovery_codes(connection, auth.account_id())})


@blueprint.get("/profile/mfa/setup/<method>")
@blueprint.get("/accounts/mfa/setup/<method>")
@auth.required("write:security")
@answers("SecondFactorKey", 400)
def setup(method: str) -> Response:
    """A key for the caller's app; it counts once it was confirmed. Raises InvalidCredentials without a token."""
    _require_token()
    if method != "totp":
        return _fault("undefined method", 400)
    issuer = value("instance_name")
    with db.in_transaction() as connection:
        key, address = second_factor.begin(connection, configured(), auth.account_id(), issuer)
    return as_json({"provisioning_uri": address, "key": key})


@blueprint.post("/profile/mfa/confirm/<method>")
@blueprint.post("/accounts/mfa/confirm/<method>")
@auth.required("write:security")
@takes(password=Text(1, needed=True), code=Text(1, needed=True))
@answers("Empty", 422)
def confirm(method: str) -> Response:
    """Turn the second factor on, by `password` and a `code` of the new key. Raises Throttled."""
    if method != "totp":
        return _fault("undefined mfa method", 400)
    account_id = auth.account_id()
    if passwords.check_account(account_id, params.secret("password")) is None:
        return _fault(_REFUSED)
    buckets = count_guess(account_id)
    with db.in_transaction() as connection:
        if not second_factor.confirm(connection, configured(), account_id, params.secret("code")):
            return _fault(_WRONG_CODE)
        take_back(connection, buckets)
    return as_json({})


@blueprint.delete("/profile/mfa/<method>")
@blueprint.delete("/accounts/mfa/<method>")
@auth.required("write:security")
@takes(password=Text(1, needed=True))
@answers("Empty", 422)
def end(method: str) -> Response:
    """Turn it off, by `password`. Raises Throttled."""
    if method not in ("totp", "mfa"):
        return _fault("undefined mfa method", 400)
    account_id = auth.account_id()
    if passwords.check_account(account_id, params.secret("password")) is None:
        return _fault(_REFUSED)
    with db.in_transaction() as connection:
        second_factor.end(connection, account_id)
    return as_json({})


def _require_token() -> None:
    """Refuse a cookie, which a link on another site would bring along: these change something by a GET."""
    auth.bearer()


def _fault(message: str, status: int = 422) -> Response:
    return as_json({"error": message}, status)
