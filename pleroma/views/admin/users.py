"""Users: list, show, create, tags, statuses (docs/api/admin.md 4, 5, 7, 11)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response
from psycopg import Connection

from pleroma import auth, db
from pleroma.accounts import moderation_log
from pleroma.db import queries
from pleroma.errors import Forbidden, InvalidParameters, NotFound, found
from pleroma.openapi import Flag, Several, Text, answers, takes
from pleroma.text import acct
from pleroma.text.clean import is_storable
from pleroma.views.admin import paging
from pleroma.web import params
from pleroma.web.responses import json_response, no_content

blueprint = Blueprint("admin_users", __name__, url_prefix="/api/pleroma/admin/users")
_FILTERS = ("local", "external", "active", "deactivated", "is_admin", "is_moderator")
_LONGEST_TAG = 100


def find(connection: Connection, name: str) -> Any:
    """The row of an account by id or nickname. Raises NotFound."""
    if not is_storable(name):
        raise NotFound("Not found")
    return found(
        queries.admin_users.find(connection, name=name, account_id=params.as_identifier(name) or 0),
        "Not found",
    )


def find_all(connection: Connection, names: list[str]) -> list[Any]:
    """The rows of accounts by nickname. Raises InvalidParameters for none, NotFound when one is not there."""
    if not names:
        raise InvalidParameters()
    rows = queries.admin_users.find_all(connection, names=names)
    if any(row.id is None for row in rows):
        raise NotFound("Not found")
    return rows


def lock_administrators(connection: Connection) -> int:
    """How many administrators are active, once nobody else changes that until this transaction ends.

    Everything that changes permissions, or logs somebody in, calls this first. Raises Forbidden when the caller, who
    was let through a moment ago, is none of them any more.
    """
    locked = queries.admin_users.lock_administrators(connection, actor_id=auth.account_id())
    if not locked.has_actor:
        raise Forbidden("User is not admin.")
    return int(locked.number)


def _like(name: str) -> str:
    return params.as_pattern((params.text(name) or "").lower())


@blueprint.get("")
@auth.admin_required
@takes(query=Text(), name=Text(), email=Text(), filters=Text(), tags=Several(Text()), **paging.TAKEN)
@answers("Users")
def index() -> Response:
    """Users by nickname, narrowed by `query`, `name`, `email`, `filters` and `tags`, with their exact number."""
    filters = set((params.text("filters") or "").split(","))
    size = paging.page_size()
    with db.connection() as connection:
        page = queries.admin_users.index(
            connection,
            query=_like("query").removeprefix("@"),
            name=_like("name"),
            email=(params.text("email") or "").strip().lower(),
            tags=[tag.lower() for tag in params.texts("tags")],
            **{name: name in filters for name in _FILTERS},
            **paging.bounds(size),
        )
    return json_response(b'{"users":%b,"count":%d,"page_size":%d}' % (page.users.encode(), page.count, size))


@blueprint.get("/<name>")
@auth.admin_required
@answers("User", 404)
def show(name: str) -> Response:
    """One User by id or nickname. Raises NotFound."""
    with db.connection() as connection:
        return json_response(queries.admin_users.user(connection, account_id=find(connection, name).id))


@blueprint.get("/<name>/statuses")
@auth.admin_required
@takes(godmode=Flag(), **paging.TAKEN)
@answers("[Status]", 404)
def statuses(name: str) -> Response:
    """An account's statuses, newest first; with `godmode` the private and direct ones too. Raises NotFound."""
    with db.connection() as connection:
        account = find(connection, name)
        return json_response(
            queries.admin_users.statuses(
                connection,
                account_id=account.id,
                godmode=params.raw("godmode") in (True, "true"),
                **paging.bounds(),
            )
        )


def _change_tags(statement: Any, action: str, sentence: str) -> Response:
    tags = list(dict.fromkeys(tag.strip().lower() for tag in params.texts("tags")))
    if not tags or any(not tag or len(tag) > _LONGEST_TAG for tag in tags):
        raise InvalidParameters()
    with db.in_transaction() as connection:
        accounts = find_all(connection, params.exacts("nicknames"))
        if not statement(connection, account_ids=[account.id for account in accounts], tags=tags):
            return no_content()
        moderation_log.record(
            connection,
            auth.account_id(),
            action,
            sentence.format(tags=", ".join(tags), names=moderation_log.names(accounts)),
            nicknames=[acct(account.nickname, account.domain) for account in accounts],
            tags=tags,
        )
    return no_content()


@blueprint.put("/tag")
@auth.admin_required
@takes(nicknames=Several(Text(), needed=True), tags=Several(Text(1, _LONGEST_TAG), needed=True))
@answers(204, 404)
def tag() -> Response:
    """Add `tags` to the users `nicknames`. Raises NotFound, InvalidParameters."""
    return _change_tags(queries.admin_users.add_tags, "tag", "added tags: {tags} to users: {names}")


@blueprint.delete("/tag")
@auth.admin_required
@takes(nicknames=Several(Text(), needed=True), tags=Several(Text(1, _LONGEST_TAG), needed=True))
@answers(204, 404)
def untag() -> Response:
    """Remove `tags` from the users `nicknames`. Raises NotFound, InvalidParameters."""
    return _change_tags(queries.admin_users.remove_tags, "untag", "removed tags: {tags} from users: {names}")
