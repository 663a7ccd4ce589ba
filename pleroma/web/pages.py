"""Pages: HTML without script, made from templates, with the headers that every page has (docs/api/pleroma.md 21)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, g, render_template, request

from pleroma.errors import ApiError, Forbidden
from pleroma.web import cross_origin
from pleroma.web.responses import error_response
from pleroma.web.state import configured, in_force

# No form-action: browsers would apply it to the redirect to an app's own scheme (docs/api/mastodon.md 12.3).
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; media-src 'self'; object-src 'none'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


_TITLES = {403: "Not allowed", 404: "Not found", 429: "Too many requests", 503: "Not available"}


def failure(error: ApiError) -> Response:
    """A page for an error. It asks nothing of the database, which may be the cause."""
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
        render_template(
            template,
            language=language,
            instance=instance,
            base=base,
            path=request.path,
            federation=configured().federation,
            **values,
        ),
        status,
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
    """Whether the client is a browser, which can show a page; programs that accept anything get JSON."""
    return request.accept_mimetypes.best_match(("application/json", "text/html")) == "text/html"


def error_page(error: ApiError) -> Response:
    """Render an error as HTML, or as JSON if the client sent or accepts JSON."""
    best = request.accept_mimetypes.best_match(("text/html", "application/json"))
    if request.is_json or best == "application/json":
        return error_response(error)
    return message("Error", error.message, error.status)


def forms_of_ours(blueprint: Blueprint) -> Blueprint:
    """Let the forms of a blueprint be posted from our own pages alone, and by programs that are no browsers.

    Else another site could log a person in as somebody else, or out, or guess passwords from their address.
    """
    blueprint.before_request(_refuse_other_sites)
    return blueprint


def _refuse_other_sites() -> None:
    if cross_origin.from_elsewhere():
        raise Forbidden("This form was sent from another site")
