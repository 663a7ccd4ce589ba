"""The pages that people see without a front end: about, log-in and log-out (docs/api/pleroma.md 21)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from pleroma.auth import logins, second_factor, sessions
from pleroma.errors import ApiError, Forbidden
from pleroma.web import params, rate_limits
from pleroma.web.pages import error_page, forms_of_ours, page
from pleroma.web.state import configured

blueprint = forms_of_ours(Blueprint("pages", __name__))
blueprint.register_error_handler(ApiError, error_page)


@blueprint.get("/about")
def about() -> Response:
    """What this server is, who runs it, and the ways in."""
    return page("about.html", contact=configured().contact_email, source=configured().source_url)


@blueprint.get("/login")
def login_form() -> Response:
    """The form to log in without an app."""
    return page("login.html")


@blueprint.post("/login")
@rate_limits.limited(rate_limits.LOGIN)
def login() -> BaseResponse:
    """Start a session for `name` and `password`, and lead to the front page.

    With a second factor, a page asks for its code before.
    """
    if params.present("mfa_token"):
        return _second_step(params.secret("mfa_token"))
    typed = params.secret("name")
    name = params.clean(typed)
    try:
        user = logins.check(typed, params.secret("password"))
    except second_factor.CodeRequired as required:
        return _code_form(second_factor.wait(required.user))
    except Forbidden as error:
        return page("login.html", error.status, error=error.message, name=name)
    if user is None:
        return page("login.html", 401, error=logins.WRONG, name=name)
    return _logged_in(user)


def _logged_in(user: Any) -> BaseResponse:
    response = redirect("/")
    sessions.start(user.account_id, user.login_version, response)
    return response


def _code_form(token: str, status: int = 200, error: str = "") -> Response:
    hidden = [("mfa_token", token)]
    return page("second_factor.html", status, action="/login", hidden=hidden, code_field="code", error=error)


def _second_step(token: str) -> BaseResponse:
    try:
        user = second_factor.finish(token, params.secret("code"))
    except second_factor.Ended:
        return page("login.html", 401, error=second_factor.TOO_LATE)
    return _logged_in(user) if user is not None else _code_form(token, 401, second_factor.WRONG)


@blueprint.post("/logout")
def logout() -> BaseResponse:
    """End the session."""
    response = redirect("/")
    sessions.end(request.cookies.get(sessions.COOKIE, ""), response)
    return response
