"""Forgotten passwords: the mail with a link, and the page that it leads to (docs/api/pleroma.md 10.4)."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Blueprint, Response

from pleroma import auth, db
from pleroma.accounts import passwords, registration
from pleroma.db import queries
from pleroma.errors import ApiError, InvalidParameters
from pleroma.openapi import Map, Text, answers, html_page, takes
from pleroma.web import pages, params, rate_limits
from pleroma.web.responses import no_content

blueprint = pages.forms_of_ours(Blueprint("password_reset", __name__))


@blueprint.get("/auth/password")
@answers(html_page())
def ask() -> Response:
    """The form that asks for the mail."""
    return pages.page("password_request.html")


@blueprint.post("/auth/password")
@rate_limits.limited(rate_limits.PASSWORD_RESET)
@takes(email=Text(), nickname=Text())
@answers(204, html_page(), html_page(400), html_page(403), html_page(429))
def send_link() -> Response:
    """Mail a link to the account of `email` or `nickname`. Raises InvalidParameters without either.

    The response does not say whether there is such an account. A browser gets a page.
    """
    email, nickname = params.somebody("email"), params.somebody("nickname")
    if not email and not nickname:
        error = InvalidParameters("email or nickname is missing")
        if pages.wants_page():
            return pages.error_page(error)
        raise error
    token = secrets.token_urlsafe(32)
    with db.in_transaction() as connection:
        queries.account_lifecycle.ask_for_reset(
            connection, email=email, nickname=nickname, token=token, token_hash=auth.token_hash(token)
        )
    if pages.wants_page():
        return pages.message("Look into your mails", "If there is such an account, a link is on its way.")
    return no_content()


@blueprint.get("/api/pleroma/password_reset/<token>")
@answers(html_page())
def show(token: str) -> Response:
    """The form for a new password; of a link that is not good it says so."""
    with db.connection() as connection:
        link = queries.account_lifecycle.reset_link(connection, token_hash=auth.token_hash(token))
    if link is None:
        return pages.message("Invalid Token", "The link was used already, or it is older than a day.")
    return pages.page("password_reset.html", token=token)


@blueprint.post("/api/pleroma/password_reset")
@takes(data=Map(token=Text(), password=Text(), password_confirmation=Text()))
@answers(html_page(), 403)
def reset() -> Response:
    """Set the password `data[password]` by the link `data[token]`, once. Every login and every other link ends."""
    try:
        changed = _reset(params.mapping("data") or {})
    except ApiError:
        changed = False
    return pages.message("Password changed!" if changed else "Password reset failed")


def _reset(data: dict[str, Any]) -> bool:
    password, again, token = (
        params.as_secret(name, data.get(name)) for name in ("password", "password_confirmation", "token")
    )
    if password != again or registration.password_fault(password):
        return False
    with db.in_transaction() as connection:
        link = queries.account_lifecycle.lock_reset_link(connection, token_hash=auth.token_hash(token))
        if link is None:
            return False
        queries.account_lifecycle.set_password(
            connection, account_id=link.account_id, password_hash=passwords.hash_password(password)
        )
    return True
