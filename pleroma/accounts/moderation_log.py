"""The moderation log: who did what to whom, in the words of the admin API (16), in the deed's own transaction."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from psycopg import Connection

from pleroma.db import queries
from pleroma.text import acct


def record(connection: Connection, actor_id: int, action: str, message: str, **data: Any) -> None:
    """Log an action of the actor; `message` goes on after the actor's name, `data` holds what the entry adds."""
    queries.moderation_log.record(connection, actor_id=actor_id, action=action, message=message, data=json.dumps(data))


def subject(account: Any) -> dict[str, str]:
    """An account (a row with id and nickname) as the log names it."""
    return {"id": str(account.id), "nickname": acct(account.nickname, account.domain), "type": "user"}


def subjects(accounts: Sequence[Any]) -> dict[str, str] | list[dict[str, str]]:
    """The subject of an action on accounts: one alone stands for itself, several are a list."""
    listed = [subject(account) for account in accounts]
    return listed[0] if len(listed) == 1 else listed


def names(accounts: Sequence[Any]) -> str:
    """Accounts as a sentence lists them: @n1, @n2."""
    return ", ".join(f"@{acct(account.nickname, account.domain)}" for account in accounts)


def status_deleted(connection: Connection, actor_id: int, status_id: int) -> None:
    """Log that staff deleted somebody else's status."""
    record(connection, actor_id, "status_delete", f"deleted status #{status_id}", subject_id=str(status_id))
