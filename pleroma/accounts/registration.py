"""How an account comes to be: captcha, invite, fields, in this order (docs/api/pleroma.md 10.1).

All of it is one transaction, so that a registration that fails uses up neither captcha nor invite.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import Connection

from pleroma import db, text
from pleroma.accounts import email_addresses, lifecycle, nicknames, passwords, profiles
from pleroma.config import Config, secret_key
from pleroma.db import queries
from pleroma.errors import ApiError, InvalidParameters
from pleroma.settings import in_force
from pleroma.text.clean import clean, is_storable

_BLANK, _TAKEN = "can't be blank", "has already been taken"


@dataclass(frozen=True)
class Registration:
    """What somebody who wants an account sends. `pending` marks the account as waiting in any case."""

    nickname: str
    fullname: str
    email: str
    password: str
    confirm: str
    bio: str = ""
    captcha_token: str = ""
    captcha_solution: str = ""
    invite: str = ""
    pending: bool = False


class FieldErrors(ApiError):
    """400: `error` is JSON itself, the complaints by field, which old front ends parse."""

    def __init__(self, faults: dict[str, list[str]]) -> None:
        super().__init__(json.dumps(faults, ensure_ascii=False, separators=(",", ":")))
        self.faults = faults


def register(connection: Connection, new: Registration, config: Config) -> int:
    """Make an account and return its id. Raises FieldErrors, InvalidParameters for an invite that is not good."""
    settings = in_force(
        "registrations_open", "account_activation_required", "captcha", "captcha_seconds", "name_limit", "bio_limit",
        config=config,
    )  # fmt: skip
    if settings["captcha"] != "none":
        _use_captcha(connection, new, config, settings["captcha_seconds"])
    if not settings["registrations_open"]:
        _use_invite(connection, new.invite)
    faults = _faults(connection, new, settings, config)
    if faults:
        raise FieldErrors(faults)
    account_id = _create(connection, new, config, confirmed=not settings["account_activation_required"])
    if settings["account_activation_required"]:
        mail_confirmation(connection, config, account_id, new.nickname, new.fullname, new.email)
    return account_id


def captcha_digest(config: Config, answer: str) -> bytes:
    """What the database keeps of a captcha's answer: of a text, or of the MD5 that is all kocaptcha gives."""
    return hmac.digest(secret_key(config).encode(), f"captcha\0{answer.strip().lower()}".encode(), "sha256")


def captcha_hash(token: str) -> bytes:
    """What the database keeps of a captcha's token."""
    return hashlib.sha256(token.encode()).digest()


def _use_captcha(connection: Connection, new: Registration, config: Config, seconds: int) -> None:
    token_hash = captcha_hash(new.captcha_token)
    kept = queries.registration.lock_captcha(connection, token_hash=token_hash, seconds=seconds)
    if kept is None:
        raise FieldErrors({"captcha": ["Invalid CAPTCHA"]})
    if kept.used:
        raise FieldErrors({"captcha": ["CAPTCHA already used"]})
    if kept.is_over:
        raise FieldErrors({"captcha": ["CAPTCHA expired"]})
    answer = new.captcha_solution
    if kept.kind == "kocaptcha":
        answer = hashlib.md5(answer.encode(), usedforsecurity=False).hexdigest()
    if not hmac.compare_digest(kept.digest, captcha_digest(config, answer).hex()):
        raise FieldErrors({"captcha": ["Invalid CAPTCHA"]})
    queries.registration.use_captcha(connection, token_hash=token_hash)


def _use_invite(connection: Connection, token: str) -> None:
    invite = queries.registration.lock_invite(connection, token=token) if is_storable(token) else None
    if invite is None:
        raise InvalidParameters("Invalid token")
    if invite.is_over:
        raise InvalidParameters("Expired token")
    queries.registration.use_invite(connection, invite_id=invite.id)


def trimmed(name: str) -> str:
    """A nickname or an address without space around it. What cannot be stored is no space: it is to be refused."""
    return name.strip() if is_storable(name) else name


def password_fault(password: str) -> str | None:
    """What is wrong with a new password, None when nothing is (docs/api/pleroma.md 10.1)."""
    if not password:
        return _BLANK
    if "\0" in password:
        return "has invalid format"
    if len(password) > passwords.MAXIMUM_LENGTH:
        return f"should be at most {passwords.MAXIMUM_LENGTH} character(s)"
    return None


def email_fault(email: str) -> str | None:
    """What is wrong with the form of an address, None when nothing is."""
    if not email:
        return _BLANK
    return None if email_addresses.is_valid(email) else "has invalid format"


def _text_fault(value: str, limit: int) -> str | None:
    return f"should be at most {limit} character(s)" if text.is_longer(value, limit) else None


def _faults(
    connection: Connection, new: Registration, settings: dict[str, Any], config: Config
) -> dict[str, list[str]]:
    taken = queries.registration.taken(connection, nickname=clean(new.nickname), email=clean(new.email))
    nickname = nicknames.fault(new.nickname, config.extended_nicknames) or (_TAKEN if taken.nickname else None)
    email = email_fault(new.email) or (_TAKEN if taken.email else None)
    found = {
        "nickname": nickname,
        "name": _text_fault(new.fullname, settings["name_limit"]) if new.fullname else _BLANK,
        "bio": _text_fault(new.bio, settings["bio_limit"]),
        "email": email,
        "password": password_fault(new.password),
        "password_confirmation": _confirmation_fault(new),
    }
    return {field: [fault] for field, fault in found.items() if fault}


def _confirmation_fault(new: Registration) -> str | None:
    if not new.confirm:
        return _BLANK
    return None if new.confirm == new.password else "does not match confirmation"


def _create(connection: Connection, new: Registration, config: Config, *, confirmed: bool) -> int:
    try:
        with db.savepoint(connection):
            account = queries.users.create(
                connection,
                nickname=new.nickname,
                email=new.email,
                password_hash=passwords.hash_password(new.password),
                display_name=new.fullname,
                note=profiles.note_html(connection, new.bio, config),
                note_source=new.bio,
                confirmed=confirmed,
                confirmation_pending=new.pending or not confirmed,
                hide_favorites=config.hide_favorites,
                is_admin=False,
                is_moderator=False,
            )
    except psycopg.errors.UniqueViolation as error:
        # Somebody else was quicker since _faults looked.
        field = "email" if error.diag.constraint_name == "users_email" else "nickname"
        raise FieldErrors({field: [_TAKEN]}) from error
    queries.registration.mark_emoji(
        connection, account_id=account.id, shortcodes=text.emoji_codes(f"{new.fullname}\n{new.bio}")
    )
    return int(account.id)


def confirmation_token(config: Config, account_id: int, email: str) -> str:
    """The secret part of a confirmation link. It is derived, so that each mail carries the same link."""
    message = f"confirmation\0{account_id}\0{email}".encode()
    return hmac.digest(secret_key(config).encode(), message, "sha256").hex()


def mail_confirmation(
    connection: Connection, config: Config, account_id: int, nickname: str, display_name: str, email: str
) -> None:
    """Store the job that mails the confirmation link."""
    queries.registration.mail_confirmation(
        connection,
        account_id=account_id,
        nickname=nickname,
        display_name=display_name,
        email=email,
        token=confirmation_token(config, account_id, email),
    )


def confirm(connection: Connection, config: Config, account_id: int, token: str) -> bool:
    """Confirm an account by its link's token; False when it is wrong or was used."""
    row = queries.registration.unconfirmed(connection, account_id=account_id)
    if row is None:
        return False
    expected = confirmation_token(config, account_id, row.email)
    if not hmac.compare_digest(expected.encode(), token.encode("utf-8", "replace")):
        return False
    lifecycle.lock_with_friends(connection, [account_id])
    return bool(queries.registration.confirm(connection, account_id=account_id, email=row.email))
