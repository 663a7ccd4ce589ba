"""Making, deleting and (de)activating users (docs/api/admin.md 5 and 6)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response
from psycopg import Connection

from pleroma import auth, db
from pleroma.accounts import lifecycle, moderation_log, nicknames, passwords, registration
from pleroma.db import queries
from pleroma.errors import Forbidden, InvalidParameters
from pleroma.openapi import Answer, Flag, Map, Several, Text, answers, takes
from pleroma.text import acct
from pleroma.views.admin.users import find, find_all, lock_administrators
from pleroma.web import params
from pleroma.web.responses import as_json, json_response, no_content
from pleroma.web.state import configured

blueprint = Blueprint("admin_accounts", __name__, url_prefix="/api/pleroma/admin/users")
_MOST_AT_ONCE = 1000
_NEW = Map(nickname=Text(needed=True), email=Text(needed=True), password=Text(needed=True))
_NAMED = {"nickname": Text(), "nicknames": Several(Text())}


def _text(entry: dict[str, Any], name: str) -> str:
    return params.as_secret(name, entry.get(name))


def _fault(connection: Connection, entry: dict[str, Any], taken: tuple[set[str], set[str]]) -> str:
    """What is wrong with an entry, "" when nothing is: FIELD SPACE MESSAGE of the first field that is wrong."""
    nickname, email = _text(entry, "nickname"), _text(entry, "email")
    known = queries.registration.taken(connection, nickname=params.clean(nickname), email=params.clean(email))
    if fault := nicknames.fault(nickname, configured().extended_nicknames):
        return f"nickname {fault}"
    if known.nickname or nickname.lower() in taken[0]:
        return "nickname has already been taken"
    if fault := registration.email_fault(email):
        return f"email {fault}"
    if known.email or email.lower() in taken[1]:
        return "email has already been taken"
    fault = registration.password_fault(_text(entry, "password"))
    return f"password {fault}" if fault else ""


def _faults(connection: Connection, entries: list[dict[str, Any]]) -> list[str]:
    names: tuple[set[str], set[str]] = (set(), set())
    found = []
    for entry in entries:
        found.append(_fault(connection, entry, names))
        names[0].add(_text(entry, "nickname").lower())
        names[1].add(_text(entry, "email").lower())
    return found


def _make(connection: Connection, entry: dict[str, Any]) -> Any:
    return queries.users.create(
        connection,
        nickname=entry["nickname"],
        email=entry["email"],
        password_hash=passwords.hash_password(entry["password"]),
        display_name=entry["nickname"],
        note=".",
        note_source=".",
        confirmed=True,
        confirmation_pending=False,
        hide_favorites=configured().hide_favorites,
        is_admin=False,
        is_moderator=False,
    ).id


def _answer(entries: list[dict[str, Any]], faults: list[str] | None) -> Response:
    status = 409 if faults else 200
    body = []
    for entry, fault in zip(entries, faults or [""] * len(entries), strict=True):
        data = {"nickname": _text(entry, "nickname"), "email": _text(entry, "email")}
        result = {"type": "error" if faults else "success", "code": status, "data": data}
        body.append({**result, "error": fault} if faults else result)
    return as_json(body, status)


@blueprint.post("")
@auth.admin_required
@takes(users=Several(_NEW, _MOST_AT_ONCE, needed=True))
@answers("[CreatedUser]", Answer(409, "[CreatedUser]"))
def create() -> Response:
    """Make the accounts `users`, all or none; they work at once. A 409 lists what is wrong with each."""
    entries = params.raw("users")
    if not isinstance(entries, list) or not entries or not all(isinstance(entry, dict) for entry in entries):
        raise InvalidParameters("users must be a list of objects")
    if len(entries) > _MOST_AT_ONCE:
        raise InvalidParameters(f"At most {_MOST_AT_ONCE} users at once")
    with db.in_transaction() as connection:
        faults = _faults(connection, entries)
        if any(faults):
            return _answer(entries, faults)
        ids = [_make(connection, entry) for entry in entries]
        names = [entry["nickname"] for entry in entries]
        moderation_log.record(
            connection,
            auth.account_id(),
            "create",
            f"created users: {', '.join(f'@{name}' for name in names)}",
            subjects=[
                {"id": str(account_id), "nickname": name, "type": "user"}
                for account_id, name in zip(ids, names, strict=True)
            ],
        )
    return _answer(entries, None)


def _named(connection: Connection) -> tuple[list[Any], bool]:
    """(the accounts that the request names, whether by a list)."""
    if params.present("nicknames"):
        return find_all(connection, params.exacts("nicknames")), True
    return [find(connection, params.required_exact("nickname"))], False


def _protect_administrators(accounts: list[Any], administrators: int) -> None:
    """Refuse what would lock oneself or, of so many active administrators, everybody out. Raises Forbidden."""
    if any(account.id == auth.account_id() for account in accounts):
        raise Forbidden("You cannot do that to yourself")
    leaving = sum(account.is_admin and account.present for account in accounts)
    if leaving and administrators <= leaving:
        raise Forbidden("The last administrator must stay")


@blueprint.delete("")
@auth.admin_required
@takes(**_NAMED)
@answers("string|[string]", 404)
def delete() -> Response:
    """Delete the user `nickname`, or `nicknames`: no login works from now on, a job does the rest."""
    with db.in_transaction() as connection:
        administrators = lock_administrators(connection)
        accounts, is_list = _named(connection)
        _protect_administrators(accounts, administrators)
        lifecycle.lock_with_friends(connection, [account.id for account in accounts])
        ordered = sorted(accounts, key=lambda account: account.id)
        begun = {account.id for account in ordered if lifecycle.begin_deletion(connection, account.id)}
        _log(connection, "delete", "deleted", [account for account in accounts if account.id in begun])
    names = [acct(account.nickname, account.domain) for account in accounts]
    return as_json(names if is_list else names[0])


def _set_active(connection: Connection, accounts: list[Any], active: bool, administrators: int) -> None:
    if not active:
        _protect_administrators([account for account in accounts if account.active], administrators)
    lifecycle.lock_with_friends(connection, [account.id for account in accounts])
    change = lifecycle.activate if active else lifecycle.deactivate
    ordered = sorted(accounts, key=lambda account: account.id)
    changed = {account.id for account in ordered if change(connection, account.id)}
    words = ("activate", "activated") if active else ("deactivate", "deactivated")
    _log(connection, *words, [account for account in accounts if account.id in changed])


def _log(connection: Connection, action: str, verb: str, accounts: list[Any]) -> None:
    if accounts:
        message = f"{verb} {'users:' if len(accounts) > 1 else 'user'} {moderation_log.names(accounts)}"
        subject = moderation_log.subjects(accounts)
        moderation_log.record(connection, auth.account_id(), action, message, subject=subject)


@blueprint.patch("/<name>/toggle_activation")
@auth.admin_required
@answers("User", 404)
def toggle_activation(name: str) -> Response:
    """Deactivate an active user, activate another. Raises NotFound, Forbidden on oneself."""
    with db.in_transaction() as connection:
        administrators = lock_administrators(connection)
        account = find(connection, name)
        _set_active(connection, [account], not account.active, administrators)
        return json_response(queries.admin_users.user(connection, account_id=account.id))


@blueprint.put("/<name>/activation_status")
@auth.admin_required
@takes(status=Flag(needed=True))
@answers(204, 404)
def activation_status(name: str) -> Response:
    """Activate or deactivate a user as `status` says. Raises NotFound, InvalidParameters, Forbidden on oneself."""
    with db.in_transaction() as connection:
        administrators = lock_administrators(connection)
        account = find(connection, name)
        wanted = params.strict_boolean("status")
        if wanted is None:
            raise InvalidParameters("status is missing")
        _set_active(connection, [account], wanted, administrators)
    return no_content()


def _many(active: bool) -> Response:
    with db.in_transaction() as connection:
        administrators = lock_administrators(connection)
        accounts = find_all(connection, params.exacts("nicknames"))
        _set_active(connection, accounts, active, administrators)
        users = queries.admin_users.users(connection, account_ids=[account.id for account in accounts])
    return json_response(b'{"users":%b}' % users)


@blueprint.patch("/activate")
@auth.admin_required
@takes(nicknames=Several(Text(), needed=True))
@answers("ChangedUsers", 404)
def activate() -> Response:
    """Activate the users `nicknames`. Raises NotFound."""
    return _many(True)


@blueprint.patch("/deactivate")
@auth.admin_required
@takes(nicknames=Several(Text(), needed=True))
@answers("ChangedUsers", 404)
def deactivate() -> Response:
    """Deactivate the users `nicknames`. Raises NotFound, Forbidden when oneself is among them."""
    return _many(False)
