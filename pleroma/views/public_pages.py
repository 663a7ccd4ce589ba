"""What a browser sees of accounts, statuses and tags (docs/api/pleroma.md 21): only what everybody may see."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, redirect, render_template
from werkzeug.wrappers import Response as BaseResponse

from pleroma import auth, db
from pleroma.db import queries
from pleroma.errors import NotFound, found
from pleroma.text.clean import is_storable
from pleroma.web import pages, params, rendering
from pleroma.web.params import MAXIMUM_ID, UUID
from pleroma.web.state import configured

blueprint = Blueprint("public_pages", __name__)
blueprint.register_error_handler(NotFound, pages.error_page)
_PAGE = 20
_THREAD = 200
blueprint.add_app_template_filter(rendering.ago, "ago")
blueprint.add_app_template_filter(rendering.name_with_emoji, "name")
blueprint.add_app_template_filter(rendering.with_emoji, "emoji")
blueprint.add_app_template_filter(rendering.excerpt, "excerpt")


def _max_id() -> int:
    return params.identifier("max_id") or MAXIMUM_ID


def _older(statuses: list[dict[str, Any]]) -> str | None:
    """The bound of the next page, None when this one is the last."""
    return statuses[-1]["id"] if len(statuses) == _PAGE else None


def _public_statuses() -> list[dict[str, Any]]:
    """A page of the public timeline."""
    with db.connection() as connection:
        body, _, _ = queries.timelines.local(
            connection, viewer_id=0, with_muted=False, only_media=False, max_id=_max_id(), since_id=0, limit=_PAGE
        )
    return rendering.entities(body, configured().base_url)


@blueprint.get("/")
@auth.optional("read")
def front() -> Response:
    """What this server is, the ways in, and its public timeline; for administrators, how to install a front end."""
    caller = auth.caller()
    statuses = _public_statuses() if pages.instance()["public"] else []
    response = pages.page(
        "front.html", statuses=statuses, older=_older(statuses), is_admin=caller is not None and caller.is_admin
    )
    if caller:
        response.headers["Cache-Control"] = "private, no-store"
    return response


def _profile(nickname: str) -> dict[str, Any]:
    if not is_storable(nickname):
        raise NotFound("There is no such account")
    with db.connection() as connection:
        profile = queries.pages.profile(connection, nickname=nickname, max_id=_max_id(), limit=_PAGE)
    return rendering.entities(found(profile, "There is no such account"), configured().base_url)


@blueprint.get("/users/<nickname>")
def profile(nickname: str) -> Response:
    """An account with its pinned and its newest statuses. Raises NotFound."""
    values = _profile(nickname)
    shown = [*values["pinned"], *values["statuses"]]
    return pages.page(
        "profile.html",
        **values,
        older=_older(values["statuses"]),
        first=_max_id() == MAXIMUM_ID,
        noindex=not values["account"]["discoverable"] or not rendering.is_for_search_engines(shown),
    )


@blueprint.get("/users/<nickname>/feed.atom")
def feed(nickname: str) -> Response:
    """An Atom feed of an account's statuses that everybody may see (RFC 4287). Raises NotFound."""
    values = _profile(nickname)
    body = rendering.as_xml(render_template("feed.xml", **values, base=configured().base_url))
    response = Response(body, content_type="application/atom+xml; charset=utf-8")
    response.headers["Cache-Control"] = "no-cache"
    if not values["account"]["discoverable"]:
        response.headers["X-Robots-Tag"] = "noindex"
    return response


@blueprint.get("/notice/<id:status_id>")
def status(status_id: int) -> Response:
    """A status with its thread. Raises NotFound."""
    with db.connection() as connection:
        body = found(queries.pages.thread(connection, status_id=status_id, limit=_THREAD), "There is no such status")
    thread = rendering.entities(body, configured().base_url)
    focused = next(status for status in thread["statuses"] if status["id"] == thread["id"])
    hidden = focused["visibility"] != "public" or not rendering.is_for_search_engines(thread["statuses"])
    return pages.page("status.html", statuses=thread["statuses"], focused=focused, noindex=hidden)


@blueprint.get("/objects/<uuid>")
def status_object(uuid: str) -> BaseResponse:
    """Leads to the status that an object's address names. Raises NotFound."""
    if not UUID.fullmatch(uuid):
        raise NotFound("There is no such status")
    with db.connection() as connection:
        row = found(queries.pages.object(connection, uuid=uuid), "There is no such status")
    return redirect(f"/notice/{row.id}")


@blueprint.get("/tag/<name>")
def tag(name: str) -> Response:
    """Public statuses with a hashtag."""
    name = params.clean(name).lower()
    statuses: list[dict[str, Any]] = []
    if pages.instance()["public"]:
        with db.connection() as connection:
            body, _, _ = queries.timelines.tag(
                connection,
                viewer_id=0,
                with_muted=False,
                only_media=False,
                local=False,
                tags=[name],
                all_tags=[],
                none_tags=[],
                max_id=_max_id(),
                since_id=0,
                min_id=0,
                limit=_PAGE,
            )
        statuses = rendering.entities(body, configured().base_url)
    hidden = not rendering.is_for_search_engines(statuses)
    return pages.page("tag.html", tag=name, statuses=statuses, older=_older(statuses), noindex=hidden)
