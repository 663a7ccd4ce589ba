"""Accounts: reading them, and the lists below them (Mastodon page 3)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from pleroma import auth, db, paging, params
from pleroma.db import queries
from pleroma.errors import NotFound, found
from pleroma.paging import json_response, page_response
from pleroma.params import as_identifier, clean
from pleroma.settings import configured

blueprint = Blueprint("accounts", __name__, url_prefix="/api/v1/accounts")


def split_address(address: str) -> tuple[str, str]:
    """(nickname, domain) of nick, @nick or nick@host; the domain is "" for this server."""
    nickname, _, domain = clean(address).strip().removeprefix("@").partition("@")
    own = configured().base_url.partition("://")[2]
    return nickname, "" if domain.lower() == own else domain.lower()


def find_id(name: str, message: str | None = None, *, inactive: bool = False) -> int:
    """The id of an account by id or address; digits are tried as an id first. Raises NotFound."""
    there = queries.accounts.known if inactive else queries.accounts.exists
    with db.read() as connection:
        number = as_identifier(name)
        if number and there(connection, account_id=number):
            return number
        nickname, domain = split_address(name)
        return int(found(queries.accounts.id_of(connection, nickname=nickname, domain=domain), message).id)


def show_account(account_id: int, message: str) -> Response:
    """One Account as the caller sees it. Raises NotFound."""
    with db.read() as connection:
        account = queries.accounts.account(
            connection,
            viewer_id=auth.viewer_id(),
            account_id=account_id,
            confirmation_required=str(configured().account_activation_required).lower(),
        )
    return json_response(found(account, message))


@blueprint.get("/verify_credentials")
@auth.required("read:accounts")
def verify_credentials() -> Response:
    """The caller's own account with what only its owner sees."""
    with db.read() as connection:
        return json_response(queries.accounts.credentials(connection, account_id=auth.account_id()))


@blueprint.get("/<name>")
@auth.optional("read:accounts")
def show(name: str) -> Response:
    """One Account by id or nickname. Raises NotFound."""
    return show_account(find_id(name, "Can't find user", inactive=True), "Can't find user")


@blueprint.get("/lookup")
@auth.optional("read:accounts")
def lookup() -> Response:
    """One Account by `acct`. Raises NotFound."""
    nickname, domain = split_address(params.text("acct") or "")
    with db.read() as connection:
        row = found(queries.accounts.id_of(connection, nickname=nickname, domain=domain))
    return show_account(row.id, "Record not found")


@blueprint.get("")
@auth.optional("read:accounts")
def show_several() -> Response:
    """Those of the accounts `id` that are there."""
    with db.read() as connection:
        return json_response(
            queries.accounts.accounts(
                connection, viewer_id=auth.viewer_id(), account_ids=params.identifiers("id")[:100]
            )
        )


@blueprint.get("/<name>/statuses")
@auth.optional("read:statuses")
def statuses(name: str) -> Response:
    """An account's statuses, filtered by `pinned`, `only_media`, `exclude_replies`, `exclude_reblogs`, `tagged`."""
    account_id = find_id(name)
    tagged = params.text("tagged")
    with db.read() as connection:
        page = queries.timelines.account(
            connection,
            viewer_id=auth.viewer_id(),
            account_id=account_id,
            only_pinned=params.boolean("pinned", False),
            only_media=params.boolean("only_media", False),
            exclude_replies=params.boolean("exclude_replies", False),
            exclude_reblogs=params.boolean("exclude_reblogs", False),
            tagged=tagged.removeprefix("#").lower() if tagged else None,
            **paging.window(),
        )
    return page_response(page)


def _relations(statement: Any, account_id: int, hidden_by: str) -> Response:
    with db.read() as connection:
        account = queries.accounts.exists(connection, account_id=account_id)
        if account is None:
            raise NotFound()
        if getattr(account, hidden_by) and account_id != auth.viewer_id():
            return json_response(b"[]")
        return page_response(
            statement(connection, viewer_id=auth.viewer_id(), account_id=account_id, **paging.window())
        )


@blueprint.get("/<id:account_id>/followers")
@auth.optional("read:accounts")
def followers(account_id: int) -> Response:
    """Who follows the account; nobody when it hides them. Raises NotFound."""
    return _relations(queries.accounts.followers, account_id, "hide_followers")


@blueprint.get("/<id:account_id>/following")
@auth.optional("read:accounts")
def following(account_id: int) -> Response:
    """Whom the account follows; nobody when it hides them. Raises NotFound."""
    return _relations(queries.accounts.following, account_id, "hide_follows")
