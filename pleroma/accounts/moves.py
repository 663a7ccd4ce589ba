"""Followers go along with somebody who has moved to another account."""

from __future__ import annotations

import time

from pleroma import db, jobs
from pleroma.accounts import relationships
from pleroma.db import queries
from pleroma.errors import ApiError

# So that the other server does not take it for an attack.
_PAUSE = 0.2


@jobs.task("background", name="follow_moved")
def follow_moved(account_id: int) -> None:
    """Let everybody here who follows an account that has moved follow the one that it has moved to, one by one.

    Whom they followed they leave when the new account has accepted them (federation/received/follows.py).
    """
    with db.connection() as connection:
        rows = queries.relationships.to_take_along(connection, account_id=account_id)
    for row in rows:
        try:
            with db.in_transaction() as connection:
                relationships.follow(connection, row.follower_id, row.target_id)
                queries.relationships.take_along_lists(
                    connection, account_id=row.follower_id, old_id=account_id, new_id=row.target_id
                )
        except ApiError:
            # It blocks this one, or is gone.
            continue
        time.sleep(_PAUSE)
