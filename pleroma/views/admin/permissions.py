"""Permission groups, follows for others, passwords (docs/api/admin.md 8 to 10)."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Blueprint, Response
from psycopg import Connection

from pleroma import auth, db
from pleroma.accounts import moderation_log, relationships, second_factor
from pleroma.db import queries
from pleroma.errors import ApiError, Forbidden, InvalidParameters, NotFound
from pleroma.openapi import Several, Text, answers, takes
from pleroma.text import acct
from pleroma.views.admin.users import find, find_all, lock_administrators
from pleroma.web import params
from pleroma.web.responses import as_json, no_content
from pleroma.web.state import configured

blueprint = Blueprint("admin_permissions", __name__, url_prefix="/api/pleroma/admin/users")
_GROUPS = ("admin", "moderator")


def _require_group(group: str) -> None:
    if group not in _GROUPS:
        raise NotFound("No such permission_group")


@blueprint.get("/<name>/permission_group")
@auth.admin_required
@answers("Roles", 404)
def show(name: str) -> Response:
    """Which roles a user has. Raises NotFound."""
    with db.connection() as connection:
        account = find(connection, name)
    return as_json({"is_admin": account.is_admin, "is_moderator": account.is_moderator})


@blueprint.get("/<name>/permission_group/<group>")
@auth.admin_required
@answers("Roles", 404)
def show_group(name: str, group: str) -> Response:
    """The same. Raises NotFound for another group."""
    _require_group(group)
    return show(name)


def _change(group: str, value: bool, name: str | None = None) -> Response:
    """Give or take a role of the user `name`, without one of the users `nicknames`."""
    _require_group(group)
    with db.in_transaction() as connection:
        lock_administrators(connection)
        accounts = find_all(connection, params.exacts("nicknames")) if name is None else [find(connection, name)]
        if not value and any(account.id == auth.account_id() for account in accounts):
            raise Forbidden("You can't revoke your own admin status.")
        if any(account.domain for account in accounts):
            raise ApiError("Roles belong to local accounts")
        statement = getattr(queries.admin_users, f"set_{group}")
        changed = {row.id for row in statement(connection, account_ids=[a.id for a in accounts], value=value)}
        _log_change(connection, [account for account in accounts if account.id in changed], group, value)
    return as_json({f"is_{group}": value})


def _log_change(connection: Connection, changed: list[Any], group: str, value: bool) -> None:
    if not changed:
        return
    names = moderation_log.names(changed)
    moderation_log.record(
        connection,
        auth.account_id(),
        "grant" if value else "revoke",
        f"made {names} {group}" if value else f"revoked {group} role from {names}",
        subject=moderation_log.subjects(changed),
        permission=group,
    )


@blueprint.post("/<name>/permission_group/<group>")
@auth.admin_required
@answers("Role", 404)
def grant(name: str, group: str) -> Response:
    """Give a role. Raises NotFound."""
    return _change(group, True, name)


@blueprint.delete("/<name>/permission_group/<group>")
@auth.admin_required
@answers("Role", 404)
def revoke(name: str, group: str) -> Response:
    """Take a role. Raises NotFound, Forbidden on oneself."""
    return _change(group, False, name)


@blueprint.post("/permission_group/<group>")
@auth.admin_required
@takes(nicknames=Several(Text(), needed=True))
@answers("Role", 404)
def grant_many(group: str) -> Response:
    """Give the users `nicknames` a role. Raises NotFound."""
    return _change(group, True)


@blueprint.delete("/permission_group/<group>")
@auth.admin_required
@takes(nicknames=Several(Text(), needed=True))
@answers("Role", 404)
def revoke_many(group: str) -> Response:
    """Take a role from the users `nicknames`. Raises NotFound, Forbidden when oneself is among them."""
    return _change(group, False)


def _pair(connection: Connection) -> tuple[Any, Any]:
    names = [params.exact(name) or None for name in ("follower", "followed")]
    if None in names:
        raise InvalidParameters()
    follower, followed = (find(connection, str(name)) for name in names)
    return follower, followed


@blueprint.post("/follow")
@auth.admin_required
@takes(follower=Text(1, needed=True), followed=Text(1, needed=True))
@answers({"const": "ok"}, 404)
def follow() -> Response:
    """Make `follower` follow `followed` at once, locked or not. Raises NotFound, InvalidParameters."""
    with db.in_transaction() as connection:
        follower, followed = _pair(connection)
        if relationships.make_follow(connection, follower.id, followed.id):
            _log_follow(connection, "follow", follower, followed)
    return as_json("ok")


@blueprint.post("/unfollow")
@auth.admin_required
@takes(follower=Text(1, needed=True), followed=Text(1, needed=True))
@answers({"const": "ok"}, 404)
def unfollow() -> Response:
    """End the follow of `followed` by `follower`. Raises NotFound, InvalidParameters."""
    with db.in_transaction() as connection:
        follower, followed = _pair(connection)
        if follower.id != followed.id and relationships.unfollow(connection, follower.id, followed.id):
            _log_follow(connection, "unfollow", follower, followed)
    return as_json("ok")


def _log_follow(connection: Connection, action: str, follower: Any, followed: Any) -> None:
    names = [acct(account.nickname, account.domain) for account in (follower, followed)]
    moderation_log.record(
        connection,
        auth.account_id(),
        action,
        f"made @{names[0]} {action} @{names[1]}",
        follower=moderation_log.subject(follower),
        followed=moderation_log.subject(followed),
    )


def _local(connection: Connection, name: str) -> Any:
    account = find(connection, name)
    if account.domain:
        raise NotFound("Not found")
    return account


@blueprint.get("/<name>/password_reset")
@auth.admin_required
@answers("PasswordResetLink", 404)
def password_reset(name: str) -> Response:
    """A fresh link by which a user sets a new password, once, within 24 hours. Raises NotFound."""
    token = secrets.token_urlsafe(32)
    with db.in_transaction() as connection:
        lock_administrators(connection)
        account = _local(connection, name)
        queries.admin_users.make_password_reset(connection, account_id=account.id, token_hash=auth.token_hash(token))
        moderation_log.record(
            connection,
            auth.account_id(),
            "password_reset",
            f"made a password reset link for @{account.nickname}",
            subject=moderation_log.subject(account),
        )
    return as_json({"token": token, "link": f"{configured().base_url}/api/pleroma/password_reset/{token}"})


def _force(accounts: list[Any], connection: Connection) -> Response:
    marked = queries.admin_users.require_password_reset(connection, account_ids=[account.id for account in accounts])
    accounts = [account for account in accounts if account.id in marked.ids]
    if not accounts:
        return no_content()
    moderation_log.record(
        connection,
        auth.account_id(),
        "force_password_reset",
        f"forced password reset for users: {moderation_log.names(accounts)}",
        subjects=[moderation_log.subject(account) for account in accounts],
    )
    return no_content()


@blueprint.patch("/<name>/force_password_reset")
@auth.admin_required
@answers(204, 404)
def force_password_reset(name: str) -> Response:
    """Let nobody in as this user before a new password is set. Raises NotFound."""
    with db.in_transaction() as connection:
        lock_administrators(connection)
        return _force([_local(connection, name)], connection)


@blueprint.patch("/force_password_reset")
@auth.admin_required
@takes(nicknames=Several(Text(), needed=True))
@answers(204, 404)
def force_password_reset_of_many() -> Response:
    """The same for the users `nicknames`. Raises NotFound."""
    with db.in_transaction() as connection:
        lock_administrators(connection)
        return _force(find_all(connection, params.exacts("nicknames")), connection)


@blueprint.put("/disable_mfa")
@auth.admin_required
@takes(nickname=Text(1, needed=True))
@answers("string", 404)
def disable_mfa() -> Response:
    """End the second factor of the user `nickname`. Raises NotFound, Forbidden on oneself."""
    with db.in_transaction() as connection:
        lock_administrators(connection)
        account = _local(connection, params.required_exact("nickname"))
        if account.id == auth.account_id():
            raise Forbidden("You cannot do that to yourself")
        if second_factor.end(connection, account.id):
            moderation_log.record(
                connection,
                auth.account_id(),
                "disable_mfa",
                f"ended the second factor of @{account.nickname}",
                subject=moderation_log.subject(account),
            )
    return as_json(account.nickname)
