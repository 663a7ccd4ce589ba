"""Tags that accounts follow, and tags that they feature on their profiles (docs/api/mastodon.md 9.6)."""

from __future__ import annotations

from flask import Blueprint, Response
from psycopg import Connection

from pleroma import auth, db, text
from pleroma.db import queries
from pleroma.errors import NotFound, Unprocessable, found
from pleroma.openapi import Text, Whole, answers, pages, takes
from pleroma.web import paging, params
from pleroma.web.paging import page_response
from pleroma.web.responses import json_response

blueprint = Blueprint("tags", __name__, url_prefix="/api/v1")
MOST_FOLLOWED, MOST_FEATURED = 200, 10


def _named(name: str) -> str:
    """The tag of a path. Raises NotFound for what cannot be one."""
    return found(text.as_hashtag(params.clean(name)))


def _tag(connection: Connection, tag: str) -> Response:
    return json_response(queries.tags.tag(connection, viewer_id=auth.viewer_id(), tag=tag))


@blueprint.get("/tags/<name>")
@auth.optional("read:statuses")
@answers("TagOfViewer", 404)
def show(name: str) -> Response:
    """A Tag, used or not. Raises NotFound for what cannot be one."""
    with db.connection() as connection:
        return _tag(connection, _named(name))


@blueprint.post("/tags/<name>/follow")
@auth.required("follow")
@answers("TagOfViewer", 404, 422)
def follow(name: str) -> Response:
    """Bring public statuses with a tag to the caller's home; again is no error. Raises NotFound, Unprocessable."""
    tag = _named(name)
    with db.in_transaction() as connection:
        queries.interactions.lock_account(connection, account_id=auth.account_id())
        if queries.tags.followed(connection, account_id=auth.account_id(), tag=tag).others >= MOST_FOLLOWED:
            raise Unprocessable(f"You cannot follow more than {MOST_FOLLOWED} tags")
        queries.tags.follow(connection, account_id=auth.account_id(), tag=tag)
        return _tag(connection, tag)


@blueprint.post("/tags/<name>/unfollow")
@auth.required("follow")
@answers("TagOfViewer", 404)
def unfollow(name: str) -> Response:
    """Follow a tag no longer; one that was not followed is no error. Raises NotFound."""
    tag = _named(name)
    with db.in_transaction() as connection:
        queries.tags.unfollow(connection, account_id=auth.account_id(), tag=tag)
        return _tag(connection, tag)


@blueprint.get("/followed_tags")
@auth.required("read:follows")
@takes(limit=Whole(1, 200, default=100))
@pages("TagOfViewer")
def followed() -> Response:
    """The tags that the caller follows, newest first."""
    with db.connection() as connection:
        return page_response(
            queries.tags.followed_page(
                connection, account_id=auth.account_id(), **paging.window(default=100, maximum=200)
            )
        )


@blueprint.get("/featured_tags")
@auth.required("read:accounts")
@answers("[FeaturedTag]")
def featured() -> Response:
    """The caller's featured tags, oldest first."""
    with db.connection() as connection:
        return json_response(queries.tags.featured(connection, account_id=auth.account_id()))


@blueprint.get("/accounts/<id:account_id>/featured_tags")
@auth.optional("read:accounts")
@answers("[FeaturedTag]")
def featured_by(account_id: int) -> Response:
    """The featured tags of an account."""
    with db.connection() as connection:
        return json_response(queries.tags.featured(connection, account_id=account_id))


@blueprint.get("/featured_tags/suggestions")
@auth.required("read:accounts")
@answers("[TagOfViewer]")
def suggestions() -> Response:
    """The ten tags that the caller used most and does not feature."""
    with db.connection() as connection:
        return json_response(queries.tags.suggestions(connection, account_id=auth.account_id(), limit=10))


@blueprint.post("/featured_tags")
@auth.required("write:accounts")
@takes(name=Text(1, needed=True))
@answers("FeaturedTag", 404, 422)
def feature() -> Response:
    """Feature the tag `name`; again gives the same. Raises Unprocessable for a name that is no tag, and beyond ten."""
    tag = text.as_hashtag(params.text("name") or "")
    if tag is None:
        raise Unprocessable("name is not a tag")
    with db.in_transaction() as connection:
        queries.interactions.lock_account(connection, account_id=auth.account_id())
        if queries.tags.features(connection, account_id=auth.account_id(), tag=tag).others >= MOST_FEATURED:
            raise Unprocessable(f"You cannot feature more than {MOST_FEATURED} tags")
        queries.tags.feature(connection, account_id=auth.account_id(), tag=tag)
        return json_response(queries.tags.featured_tag(connection, account_id=auth.account_id(), tag=tag))


@blueprint.delete("/featured_tags/<id:featured_tag_id>")
@auth.required("write:accounts")
@answers("Empty", 404)
def unfeature(featured_tag_id: int) -> Response:
    """Feature a tag no longer. Raises NotFound."""
    with db.in_transaction() as connection:
        if not queries.tags.unfeature(connection, account_id=auth.account_id(), featured_tag_id=featured_tag_id):
            raise NotFound()
    return json_response(b"{}")
