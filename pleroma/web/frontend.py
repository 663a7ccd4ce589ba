"""A built front end at the root of the site: its files, and its page for all its addresses (docs/api/pleroma.md 21)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from flask import Flask, Response, redirect, request, send_from_directory
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as BaseResponse

from pleroma.config import ADMIN_FRONTEND, FRONTEND, FRONTENDS, Config
from pleroma.web.files import own_file

# What is the server's own and never the front end's.
_OURS = (
    "/activities", "/actor", "/api", "/auth", "/emoji", "/health", "/images", "/inbox", "/media", "/metrics",
    "/nodeinfo", "/oauth", "/objects", "/pleroma/admin", "/proxy", "/relay", "/.well-known",
)  # fmt: skip
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src * data: blob:; media-src * blob:; font-src 'self' data:; connect-src 'self' https: ws: wss:; "
    "object-src 'none'; base-uri 'self'; frame-ancestors 'none'; manifest-src 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-cache",
}
_HOUR = 3600


def page(directory: Path) -> Response:
    """The front end's index.html."""
    response = send_from_directory(directory.absolute(), "index.html")
    response.headers.update(_HEADERS)
    return response


def _is_ours(path: str) -> bool:
    return any(path == prefix or path.startswith(f"{prefix}/") for prefix in _OURS)


def _asks_for_a_page(path: str) -> bool:
    """A browser that goes to an address, and not a script that asks for a file which is not there."""
    accepted = request.headers.get("Accept", "*/*")
    return "text/html" in accepted or ("*/*" in accepted and "." not in path.rpartition("/")[2])


def _serve(directory: Path) -> Callable[[], Response | None]:
    def serve() -> Response | None:
        """Answer with a file of the directory or its page; None leaves the request to our own routes."""
        path = request.path
        if request.method not in ("GET", "HEAD") or _is_ours(path):
            return None
        try:
            return own_file(path[1:], directory)
        except NotFound:
            pass
        return page(directory) if _asks_for_a_page(path) else None

    return serve


def install(app: Flask, config: Config) -> None:
    """Let the front ends that are configured, or installed and in use, answer before our pages do."""
    if directory := config.frontend_dir or _installed(config, FRONTEND):
        app.before_request(_serve(directory))
    if directory := config.admin_frontend_dir or _installed(config, ADMIN_FRONTEND):
        _install_admin(app, directory)


def _installed(config: Config, link: str) -> Path | None:
    directory = config.data_dir.absolute() / FRONTENDS / link
    return directory if directory.is_dir() else None


def _install_admin(app: Flask, directory: Path) -> None:
    def admin_page() -> BaseResponse:
        """The admin front end's page, at the address with a slash at its end alone."""
        # Its files are named relative to the directory.
        return page(directory) if request.path.endswith("/") else redirect("/pleroma/admin/")

    def admin_file(name: str) -> Response:
        """A file of the admin front end."""
        return send_from_directory(directory.absolute(), name, max_age=_HOUR)

    app.add_url_rule("/pleroma/admin/", "admin_page", admin_page, methods=["GET"])
    app.add_url_rule("/pleroma/admin/<path:name>", "admin_file", admin_file, methods=["GET"])
