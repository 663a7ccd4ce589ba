"""What people do with their own account: change its address or password, disable and delete it (docs/api/pleroma.md 9).

Failures are answered with status 200 and an `error`, because clients look at the key.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

import psycopg
from flask import Blueprint, Response

from pleroma import auth, db
from pleroma.accounts import lifecycle, registration
from pleroma.accounts.passwords import hash_password
from pleroma.auth import passwords
from pleroma.db import queries
from pleroma.openapi import Text, answers, takes
from pleroma.web import idempotency, params
from pleroma.web.responses import as_json

blueprint = Blueprint("account_lifecycle", __name__, url_prefix="/api/pleroma")


def _with_password(view: Callable[[], str | None]) -> Callable[[], Response]:
    """A view that runs only when `password` is the caller's; it returns what went wrong, None for success."""

    @wraps(view)
    def checked() -> Response:
        """The view, once the password is found right."""
        user = passwords.check_account(auth.account_id(), params.secret("password"))
        error = view() if user is not None else "Invalid password."
        if error:
            idempotency.forget_key()
        return as_json({"error": error} if error else {"status": "success"})

    return checked


@blueprint.post("/delete_account")
@auth.required("write:accounts")
@_with_password
@takes(password=Text(1, needed=True))
@answers("Success")
def delete_account() -> None:
    """Delete the caller's account (docs/api/pleroma.md 9.1): no login works from now on, a job does the rest."""
    with db.in_transaction() as connection:
        lifecycle.begin_deletion(connection, auth.account_id())


@blueprint.post("/disable_account")
@auth.required("write:accounts")
@_with_password
@takes(password=Text(1, needed=True))
@answers("Success")
def disable_account() -> None:
    """Deactivate the caller's account, at once (docs/api/pleroma.md 9.2)."""
    with db.in_transaction() as connection:
        lifecycle.deactivate(connection, auth.account_id())


@blueprint.post("/change_email")
@auth.required("write:accounts")
@_with_password
@takes(password=Text(1, needed=True), email=Text(1, needed=True))
@answers("Success")
def change_email() -> str | None:
    """Change the caller's address to `email`, at once; every link and code ends (docs/api/pleroma.md 9.3)."""
    email = registration.trimmed(params.secret("email"))
    fault = registration.email_fault(email)
    if fault:
        return f"Email {fault}."
    try:
        with db.in_transaction() as connection, db.savepoint(connection):
            queries.account_lifecycle.set_email(connection, account_id=auth.account_id(), email=email)
    except psycopg.errors.UniqueViolation:
        return "Email has already been taken."
    return None


@blueprint.post("/change_password")
@auth.required("write:accounts")
@_with_password
@takes(password=Text(1, needed=True), new_password=Text(1, needed=True), new_password_confirmation=Text(1, needed=True))
@answers("Success")
def change_password() -> str | None:
    """Change the caller's password to `new_password`; every login and link ends (docs/api/pleroma.md 9.4)."""
    new = params.secret("new_password")
    fault = registration.password_fault(new)
    if fault:
        return f"New password {fault}."
    if params.secret("new_password_confirmation") != new:
        return "New password does not match confirmation."
    with db.in_transaction() as connection:
        queries.account_lifecycle.set_password(
            connection, account_id=auth.account_id(), password_hash=hash_password(new)
        )
    return None
