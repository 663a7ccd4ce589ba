"""The job that pushes one notification to one subscription.

It reads everything when it runs, so that what ended meanwhile is not pushed. Neither endpoint nor keys are ever logged:
who knows an endpoint can send to it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from pleroma import db, jobs, remote, sealing
from pleroma.config import Config
from pleroma.db import queries
from pleroma.push import encryption, messages

_SECONDS = 10
_KEPT_SECONDS = 48 * 3600
_MOST_REFUSALS = 10
_GONE = (404, 410)


@jobs.task("push", name="push")
def push(subscription_id: int, notification_id: int) -> None:
    """Push a notification, unless it is not to be pushed any more. Raises Later when the push service has no time."""
    config = jobs.configuration()
    with db.connection() as connection:
        row = queries.push.message(
            connection, subscription_id=subscription_id, notification_id=notification_id, base_url=config.base_url
        )
    if row is None:
        return
    token = sealing.unseal(sealing.PUSH_TOKENS, row.sealed_token, row.token_id, config)
    if token is None:
        # The secret key was changed. A client that finds no subscription makes one again.
        _note(queries.push.remove, subscription_id, row)
        return
    status, seconds = _post(row, messages.payload(row, notification_id, token), config)
    if status in _GONE:
        _note(queries.push.remove, subscription_id, row)
    elif status is None or status == 429 or status >= 500:
        raise jobs.Later(f"The push service answered {status or 'nothing'}", seconds, row.until)
    elif 200 <= status < 300:
        if row.refusals:
            _note(queries.push.note_success, subscription_id, row)
    else:
        _refused(subscription_id, row)


def _note(statement: Any, subscription_id: int, row: Any) -> None:
    with db.in_transaction() as connection:
        statement(connection, subscription_id=subscription_id, endpoint=row.endpoint)


def _refused(subscription_id: int, row: Any) -> None:
    with db.in_transaction() as connection:
        queries.push.note_refusal(connection, subscription_id=subscription_id, endpoint=row.endpoint)
        queries.push.remove_refused(connection, subscription_id=subscription_id, most=_MOST_REFUSALS)


def _post(row: Any, content: bytes, config: Config) -> tuple[int | None, float]:
    """The status that the push service answered and the seconds that it wants to be left alone.

    None when it did not answer; a closed address counts as one that refuses.
    """
    body, headers = encryption.encrypt(content, row.endpoint, row.p256dh, row.auth, row.standard)
    headers = {
        **encryption.sign(headers, row.endpoint, config),
        "Content-Type": "application/octet-stream",
        "TTL": str(_KEPT_SECONDS),
        "Urgency": "high" if row.type == "mention" else "normal",
    }
    try:
        response = remote.fetch(
            row.endpoint,
            method="POST",
            headers=headers,
            data=body,
            allow_loopback=config.remote_allow_loopback,
            total=_SECONDS,
            head_only=True,
        )
    except remote.ClosedAddress:
        return 403, 0
    except remote.RemoteError:
        return None, 0
    return response.status, _seconds(response.headers.get("retry-after", ""))


def _seconds(retry_after: str) -> float:
    """The seconds that a Retry-After means, 0 for nonsense."""
    if retry_after.isascii() and retry_after.isdigit():
        return float(retry_after[:9])
    try:
        when = parsedate_to_datetime(retry_after)
    except (ValueError, OverflowError):
        return 0
    return ((when if when.tzinfo else when.replace(tzinfo=UTC)) - datetime.now(UTC)).total_seconds()
