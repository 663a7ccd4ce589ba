"""Accounts: reading them, and the lists below them (docs/api/mastodon.md 3)."""

from __future__ import annotations

import contextlib
from typing import Any

from flask import Blueprint, Response

from pleroma import auth, db
from pleroma.db import queries
from pleroma.errors import NotFound, found
from pleroma.openapi import Flag, Id, Several, Text, answers, pages, takes
from pleroma.text import Handle
from pleroma.text.clean import is_storable
from pleroma.web import paging, params
from pleroma.web.paging import page_response
from pleroma.web.params import as_identifier
from pleroma.web.responses import json_response
from pleroma.web.state import configured

blueprint = Blueprint("accounts", __name__, url_prefix="/api/v1/accounts")


def read_handle(written: str) -> Handle:
    """The handle in nick, @nick or nick@host; one without a nickname for what names nobody."""
    return Handle.parse(written, configured().domain) if is_storable(written) else Handle("")


def find_id(name: str) -> int:
    """The id of an account by id or address; digits are tried as an id first. Raises NotFound."""
    with db.connection() as connection:
        number = as_identifier(name)
        if number and queries.accounts.exists(connection, account_id=number):
            return number
        handle = read_handle(name)
        return int(found(queries.accounts.id_of(connection, nickname=handle.nickname, domain=handle.domain)).id)


def show_account(statement: Any, message: str, **which: Any) -> Response:
    """One Account as the caller sees it. Raises NotFound."""
    with db.connection() as connection:
        account = statement(connection, viewer_id=auth.viewer_id(), **which)
    return json_response(found(account, message))


def _show_at(written: str, message: str) -> Response:
    handle = read_handle(written)
    return show_account(queries.accounts.account_at, message, nickname=handle.nickname, domain=handle.domain)


@blueprint.get("/verify_credentials")
@auth.required("read:accounts")
@answers("Account")
def verify_credentials() -> Response:
    """The caller's own account with what only its owner sees."""
    with db.connection() as connection:
        return json_response(queries.accounts.credentials(connection, account_id=auth.account_id()))


@blueprint.get("/<name>")
@auth.optional("read:accounts")
@answers("Account", 404)
def show(name: str) -> Response:
    """One Account by id or nickname. Raises NotFound."""
    if number := as_identifier(name):
        with contextlib.suppress(NotFound):
            return show_account(queries.accounts.account, "Can't find user", account_id=number)
    return _show_at(name, "Can't find user")


@blueprint.get("/lookup")
@auth.optional("read:accounts")
@takes(acct=Text(1, needed=True))
@answers("Account", 404)
def lookup() -> Response:
    """One Account by `acct`. Raises NotFound."""
    return _show_at(params.somebody("acct"), "Record not found")


@blueprint.get("")
@auth.optional("read:accounts")
@takes(id=Several(Id()))
@answers("[Account]")
def show_several() -> Response:
    """Those of the accounts `id` that are there."""
    with db.connection() as connection:
        return json_response(
            queries.accounts.accounts(
                connection, viewer_id=auth.viewer_id(), account_ids=params.identifiers("id")[:100]
            )
        )


@blueprint.get("/<name>/statuses")
@auth.optional("read:statuses")
@takes(pinned=Flag(), only_media=Flag(), exclude_replies=Flag(), exclude_reblogs=Flag(), tagged=Text())
@pages("Status", 404)
def statuses(name: str) -> Response:
    """An account's statuses, filtered by `pinned`, `only_media`, `exclude_replies`, `exclude_reblogs`, `tagged`."""
    # Whether an account is there is asked only when it has nothing to show.
    account_id = as_identifier(name)
    page = _statuses(account_id) if account_id else None
    if page is None or page[1] is None:
        actual_id = find_id(name)
        if page is None or actual_id != account_id:
            page = _statuses(actual_id)
    return page_response(page)


def _statuses(account_id: int) -> Any:
    tagged = params.text("tagged")
    asked = {
        "viewer_id": auth.viewer_id(),
        "account_id": account_id,
        "exclude_replies": params.boolean("exclude_replies", False),
        "exclude_reblogs": params.boolean("exclude_reblogs", False),
    }
    window = paging.window()
    narrowed = {
        "only_media": params.boolean("only_media", False),
        "tagged": tagged.removeprefix("#").lower() if tagged else None,
    }
    with db.connection() as connection:
        if params.boolean("pinned", False):
            return queries.timelines.account_pinned(connection, **asked, **narrowed, **window)
        if tagged:
            return queries.timelines.account_tagged(connection, **asked, **narrowed, **window)
        if narrowed["only_media"]:
            return queries.timelines.account_media(connection, **asked, **window)
        return paging.page(queries.timelines.account, queries.timelines.account_after, connection, window, **asked)


def _relations(statement: Any, account_id: int) -> Response:
    with db.connection() as connection:
        page = statement(connection, viewer_id=auth.viewer_id(), account_id=account_id, **paging.window())
    return page_response(found(page))


@blueprint.get("/<id:account_id>/followers")
@auth.optional("read:accounts")
@pages("Account", 404)
def followers(account_id: int) -> Response:
    """Followers of the account; nobody when it hides them. Raises NotFound."""
    return _relations(queries.accounts.followers, account_id)


@blueprint.get("/<id:account_id>/following")
@auth.optional("read:accounts")
@pages("Account", 404)
def following(account_id: int) -> Response:
    """Accounts that the account follows; nobody when it hides them. Raises NotFound."""
    return _relations(queries.accounts.following, account_id)
