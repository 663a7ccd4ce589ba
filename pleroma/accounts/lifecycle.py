"""How an account ends or rests: deletion, as a job and as functions of a transaction, and deactivation.

A deletion runs in small transactions, so that it holds no lock for long; each one leaves counters and
conversations right, and after a crash the job goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable

from psycopg import Connection

from pleroma import db, jobs
from pleroma.db import queries

_BATCH = 100
_NOTIFICATIONS = 1000


@jobs.task("background", name="delete_account")
def delete_account(account_id: int) -> None:
    """Delete an account and everything of it (docs/api/pleroma.md 9.1), in small transactions."""
    for step in _STEPS:
        more = True
        while more:
            with db.in_transaction() as connection:
                more = _quietly(step, connection, account_id)


def begin_deletion(connection: Connection, account_id: int) -> bool:
    """Let nobody in as an account any more, hide it, and store the job that deletes it. False when there is one."""
    deactivate(connection, account_id)
    return bool(queries.account_lifecycle.store_deletion(connection, account_id=account_id))


def delete(connection: Connection, account_id: int) -> None:
    """Delete an account and everything of it in the caller's transaction."""
    for step in _STEPS:
        while _quietly(step, connection, account_id):
            continue


def deactivate(connection: Connection, account_id: int) -> bool:
    """Deactivate an account: nothing authenticates as it, nobody sees or counts it. False when it was so already.

    Tokens, sessions, codes and links end for good; an activation does not bring them back.
    """
    changed = _set_active(connection, account_id, False)
    queries.account_lifecycle.end_ways_in(connection, account_id=account_id)
    return changed


def activate(connection: Connection, account_id: int) -> bool:
    """Take a deactivation back. False when the account was active."""
    return _set_active(connection, account_id, True)


def lock_with_friends(connection: Connection, account_ids: list[int]) -> None:
    """Lock accounts that are about to change their activity, and everybody who counts them.

    Who changes several names all of them first: one after the other they would be locked in no order.
    """
    queries.account_lifecycle.lock_with_friends(connection, account_ids=account_ids)


def _set_active(connection: Connection, account_id: int, active: bool) -> bool:
    lock_with_friends(connection, [account_id])
    return queries.account_lifecycle.set_active(connection, account_id=account_id, active=active) is not None


def _quietly(step: Callable[[Connection, int], bool], connection: Connection, account_id: int) -> bool:
    """Other servers hear of the end of the account, and not of each of its parts."""
    queries.outgoing.be_quiet(connection)
    return step(connection, account_id)


def _end_logins(connection: Connection, account_id: int) -> bool:
    queries.account_lifecycle.announce_deletion(connection, account_id=account_id)
    deactivate(connection, account_id)
    return False


def _delete_statuses(connection: Connection, account_id: int) -> bool:
    batch = queries.account_lifecycle.status_batch(connection, account_id=account_id, limit=_BATCH).ids
    queries.account_lifecycle.lock_statuses(connection, status_ids=batch)
    rows = queries.account_lifecycle.delete_statuses(connection, account_id=account_id, status_ids=batch)
    if rows:
        threads = [row.thread_id for row in rows]
        queries.statuses.settle_conversations(connection, thread_ids=threads)
    return bool(batch)


def _delete_interactions(connection: Connection, account_id: int) -> bool:
    batch = queries.account_lifecycle.interaction_batch(connection, account_id=account_id, limit=_BATCH).ids
    queries.account_lifecycle.lock_statuses(connection, status_ids=batch)
    queries.account_lifecycle.delete_interactions(connection, account_id=account_id, status_ids=batch)
    return bool(batch)


def _delete_notifications(connection: Connection, account_id: int) -> bool:
    return bool(queries.account_lifecycle.delete_notifications(connection, account_id=account_id, limit=_NOTIFICATIONS))


def _delete_the_rest(connection: Connection, account_id: int) -> bool:
    # Somebody may have activated it meanwhile.
    deactivate(connection, account_id)
    queries.account_lifecycle.delete(connection, account_id=account_id)
    return False


# Each says whether it has more to do.
_STEPS = (_end_logins, _delete_statuses, _delete_interactions, _delete_notifications, _delete_the_rest)
