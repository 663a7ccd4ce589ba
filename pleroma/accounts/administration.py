"""What an operator does to accounts: making, changing, deactivating and deleting them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg

from pleroma.accounts import email_addresses, lifecycle, nicknames
from pleroma.config import Config, boolean
from pleroma.db import queries


class PeopleError(ValueError):
    """What was asked for an account cannot be done; the message says why."""


def find(connection: psycopg.Connection, nickname: str) -> Any:
    """The local account of a nickname, locked. Raises PeopleError when there is none."""
    account = queries.command_line.find(connection, nickname=nickname.removeprefix("@"))
    if account is None:
        raise PeopleError(f"there is no account {nickname}")
    return account


def create(
    connection: psycopg.Connection,
    config: Config,
    nickname: str,
    email: str,
    password: str,
    *,
    admin: bool = False,
    moderator: bool = False,
) -> int:
    """Make a confirmed account and return its id. Raises PeopleError for values that are invalid or taken."""
    if (fault := nicknames.fault(nickname, config.extended_nicknames)) is not None:
        raise PeopleError(f"nickname {fault}")
    try:
        account = queries.users.create(
            connection,
            nickname=nickname,
            email=_checked_email(email),
            password_hash=_hashed(password),
            display_name=nickname,
            note="",
            note_source="",
            confirmed=True,
            confirmation_pending=False,
            hide_favorites=config.hide_favorites,
            is_admin=admin,
            is_moderator=moderator,
        )
    except psycopg.errors.UniqueViolation as error:
        taken = "email" if error.diag.constraint_name == "users_email" else "nickname"
        raise PeopleError(f"{taken} has already been taken") from error
    return int(account.id)


def set_active(connection: psycopg.Connection, account_id: int, active: bool) -> None:
    """Activate or deactivate an account, and count it in or out at those who follow it or whom it follows."""
    (lifecycle.activate if active else lifecycle.deactivate)(connection, account_id)


def delete(connection: psycopg.Connection, account_id: int) -> None:
    """Delete an account and everything of it; what others count no longer counts it."""
    lifecycle.delete(connection, account_id)


def set_password(connection: psycopg.Connection, account_id: int, password: str) -> None:
    """Store a new password; every login of the account and every link for it ends."""
    queries.account_lifecycle.set_password(connection, account_id=account_id, password_hash=_hashed(password))


def change(connection: psycopg.Connection, account_id: int, changes: Mapping[str, str]) -> None:
    """Change email, admin, moderator and locked. Raises PeopleError for another name or a value that does not fit."""
    if unknown := set(changes) - {"email", "admin", "moderator", "locked"}:
        raise PeopleError(f"{', '.join(sorted(unknown))}: only email, admin, moderator and locked can be set")
    try:
        flags = {name: boolean(value) for name, value in changes.items() if name != "email"}
    except ValueError as error:
        raise PeopleError(f"admin, moderator and locked are true or false: the value {error}") from error
    if "email" in changes:
        try:
            queries.account_lifecycle.set_email(
                connection, account_id=account_id, email=_checked_email(changes["email"])
            )
        except psycopg.errors.UniqueViolation as error:
            raise PeopleError("email has already been taken") from error
    queries.command_line.set_flags(
        connection,
        account_id=account_id,
        is_admin=flags.get("admin"),
        is_moderator=flags.get("moderator"),
        locked=flags.get("locked"),
    )


def _checked_email(email: str) -> str:
    if not email_addresses.is_valid(email):
        raise PeopleError("email has invalid format")
    return email


def _hashed(password: str) -> str:
    # Imported here because it brings Flask along.
    from pleroma.accounts import passwords

    if not 1 <= len(password) <= passwords.MAXIMUM_LENGTH:
        raise PeopleError(f"password should have 1 to {passwords.MAXIMUM_LENGTH} characters")
    return passwords.hash_password(password)
