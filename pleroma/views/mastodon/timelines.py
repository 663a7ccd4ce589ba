"""Timelines (docs/api/mastodon.md 5): one statement each, paged by status id."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from pleroma import auth, db
from pleroma.db import queries
from pleroma.errors import found
from pleroma.openapi import Flag, Several, Text, pages, takes
from pleroma.web import paging, params
from pleroma.web.paging import page_response
from pleroma.web.params import clean

blueprint = Blueprint("timelines", __name__, url_prefix="/api/v1")
_SWITCHES = {"with_muted": Flag(default=False), "only_media": Flag(default=False)}


def _filters() -> dict[str, Any]:
    """What every timeline understands."""
    return {
        "viewer_id": auth.viewer_id(),
        "with_muted": params.boolean("with_muted", False),
        "only_media": params.boolean("only_media", False),
    }


def _tags(name: str) -> list[str]:
    return [tag.removeprefix("#").lower() for tag in params.texts(name)]


@blueprint.get("/timelines/home")
@auth.required("read:statuses")
@takes(**_SWITCHES)
@pages("Status")
def home() -> Response:
    """Own statuses and those of followed accounts; the first request of a day leaves the account a feed."""
    with db.connection() as connection:
        *page, has_feed = paging.page(
            queries.timelines.home, queries.timelines.home_after, connection, paging.window(), **_filters()
        )
    if has_feed == b"f":
        with db.in_transaction() as connection:
            queries.timelines.build_feed(connection, account_id=auth.account_id())
    return page_response(page)


@blueprint.get("/timelines/public")
@auth.optional("read:statuses")
@takes(local=Flag(), remote=Flag(), **_SWITCHES)
@pages("Status", 403)
def public() -> Response:
    """Public statuses of everybody, `local` only or `remote` only. Raises Forbidden on a closed instance."""
    auth.require_public()
    where = {"local": params.boolean("local", False), "remote": params.boolean("remote", False)}
    downwards, upwards = queries.timelines.public, queries.timelines.public_after
    if where == {"local": True, "remote": False}:
        downwards, upwards, where = queries.timelines.local, queries.timelines.local_after, {}
    with db.connection() as connection:
        return page_response(paging.page(downwards, upwards, connection, paging.window(), **where, **_filters()))


@blueprint.get("/timelines/tag/<tag>")
@auth.optional("read:statuses")
@takes(any=Several(Text()), all=Several(Text()), none=Several(Text()), local=Flag(), **_SWITCHES)
@pages("Status", 403)
def tag(tag: str) -> Response:
    """Public statuses with a hashtag, or with `any`; `all` and `none` narrow. Raises Forbidden on a closed instance."""
    auth.require_public()
    with db.connection() as connection:
        page = queries.timelines.tag(
            connection,
            tags=list(dict.fromkeys([clean(tag).removeprefix("#").lower(), *_tags("any")])),
            all_tags=_tags("all"),
            none_tags=_tags("none"),
            local=params.boolean("local", False),
            **_filters(),
            **paging.window(),
        )
    return page_response(page)


@blueprint.get("/timelines/direct")
@auth.required("read:statuses")
@takes(**_SWITCHES)
@pages("Status")
def direct() -> Response:
    """Direct statuses that the caller wrote or received."""
    with db.connection() as connection:
        return page_response(queries.timelines.direct(connection, **_filters(), **paging.window()))


@blueprint.get("/timelines/list/<id:list_id>")
@auth.required("read:lists")
@takes(**_SWITCHES)
@pages("Status", 404)
def list_timeline(list_id: int) -> Response:
    """Statuses of a list's members. Raises NotFound when the list is not the caller's."""
    with db.connection() as connection:
        return page_response(
            found(
                queries.timelines.list(connection, list_id=list_id, **_filters(), **paging.window()), "List not found"
            )
        )


@blueprint.get("/favourites")
@auth.required("read:favourites")
@pages("Status")
def favourites() -> Response:
    """Statuses that the caller favourited, by status id."""
    with db.connection() as connection:
        page = queries.timelines.favourites(
            connection, viewer_id=auth.account_id(), of_account_id=auth.account_id(), **paging.window()
        )
    return page_response(page)


@blueprint.get("/bookmarks")
@auth.required("read:bookmarks")
@pages("Status")
def bookmarks() -> Response:
    """Statuses that the caller bookmarked, by the time of the bookmark."""
    with db.connection() as connection:
        return page_response(queries.timelines.bookmarks(connection, viewer_id=auth.account_id(), **paging.window()))
