"""The pages that people see without a front end: HTML without script (docs/api/pleroma.md 21)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, g, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from pleroma.auth import logins, sessions
from pleroma.errors import ApiError, Forbidden, error_response
from pleroma.settings import configured, in_force
from pleroma.web import cross_origin, params, rate_limits


def forms_of_ours(blueprint: Blueprint) -> Blueprint:
    """Let the forms of a blueprint be posted from our own pages alone, and by programs that are no browsers.

    Else another site could log a person in as somebody else, or out, or guess passwords from their address.
    """
    blueprint.before_request(_refuse_other_sites)
    return blueprint


def _refuse_other_sites() -> None:
    if cross_origin.from_elsewhere():
        raise Forbidden("This form was sent from another site")


blueprint = forms_of_ours(Blueprint("pages", __name__))
# No form-action: browsers would apply it to the redirect to an app's own scheme (docs/api/mastodon.md 12.3).
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; media-src 'self'; object-src 'none'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


_TITLES = {403: "Not allowed", 404: "Not found", 429: "Too many requests", 503: "Not available"}


def failure(error: ApiError) -> Response:
    """A friendly page for a refusal or a fault; it asks nothing of the database, which may be the fault."""
    config = configured()
    instance = {"instance_name": config.instance_name, "description": config.description}
    title = _TITLES.get(error.status, "Something went wrong" if error.status >= 500 else "That did not work")
    response = _render("message.html", error.status, instance, title=title, text=error.message)
    response.headers.update(error.headers)
    return response


def page(template: str, status: int = 200, **values: Any) -> Response:
    """A page made from a template, with the instance's name and the headers that every page carries."""
    return _render(template, status, instance(), **values)


def instance() -> dict[str, Any]:
    """What every page knows of the instance: one select a request."""
    if "instance" not in g:
        g.instance = in_force("instance_name", "description", "registrations_open", "public")
    return g.instance


def _render(template: str, status: int, instance: dict[str, Any], **values: Any) -> Response:
    language = next(iter(configured().languages), "en")
    base = configured().base_url
    response = Response(
        render_template(template, language=language, instance=instance, base=base, path=request.path, **values), status
    )
    response.headers.update(_HEADERS)
    private = request.path.startswith(("/api", "/oauth"))
    response.headers["Cache-Control"] = "private, no-store" if private else "no-cache"
    return response


def allow_pictures(response: Response, address: str) -> None:
    """Let a page show pictures of the host of an address."""
    parts = urlsplit(address)
    policy = _HEADERS["Content-Security-Policy"]
    response.headers["Content-Security-Policy"] = policy.replace(" data:", f" data: {parts.scheme}://{parts.netloc}", 1)


def message(title: str, text: str = "", status: int = 200) -> Response:
    """A page that only says something."""
    return page("message.html", status, title=title, text=text)


def wants_page() -> bool:
    """Whether a browser asks, which can show a page; programs that take anything get JSON."""
    return request.accept_mimetypes.best_match(("application/json", "text/html")) == "text/html"


def refusal(error: ApiError) -> Response:
    """A refusal as a page; as JSON for who sent JSON or asks for it."""
    best = request.accept_mimetypes.best_match(("text/html", "application/json"))
    if request.is_json or best == "application/json":
        return error_response(error)
    return message("Error", error.message, error.status)


blueprint.register_error_handler(ApiError, refusal)


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
    """Start a session for `name` and `password`, and lead to the front page."""
    name = params.text("name") or ""
    try:
        user = logins.check(name, params.secret("password"))
    except Forbidden as error:
        return page("login.html", error.status, error=error.message, name=name)
    if user is None:
        return page("login.html", 401, error=logins.WRONG, name=name)
    response = redirect("/")
    sessions.start(user.account_id, user.login_version, response)
    return response


@blueprint.post("/logout")
def logout() -> BaseResponse:
    """End the session."""
    response = redirect("/")
    sessions.end(request.cookies.get(sessions.COOKIE, ""), response)
    return response
