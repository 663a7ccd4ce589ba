"""Jobs that clean up: expired statuses, removed files, what was kept long enough (docs/api/pleroma.md 20.1)."""

from __future__ import annotations

import json

from pleroma import db, jobs, media
from pleroma.config import Config
from pleroma.db import FILES_LOCK, queries
from pleroma.statuses import posting

_FILES_AT_ONCE = 500
# So old is a file at least that no request is about to write the row of.
_FORGOTTEN_AFTER = 24 * 3600


@jobs.task("upkeep", name="expire_status")
def expire_status(status_id: int) -> None:
    """Delete a status whose time is over, as its author would."""
    with db.in_transaction() as connection:
        status = queries.upkeep.expired_status(connection, status_id=status_id)
        if status is not None:
            posting.remove(connection, status)


@jobs.task("upkeep", name="remove_files", hourly=True)
def remove_files() -> None:
    """Take files from storage whose rows are gone; a file that is gone already is no fault.

    The database stores this job with what takes a row away (remove_files in the schema). While a backup runs nothing is
    taken: its database may still know the files. The next run takes them.
    """
    store = media.store_of(jobs.configuration())
    store.sweep()
    while True:
        with db.in_transaction() as connection:
            if not queries.backup.try_lock_files(connection, key=FILES_LOCK).locked:
                return
            names = [row.name for row in queries.upkeep.removed_files(connection, limit=_FILES_AT_ONCE)]
            if not names:
                return
            store.remove(names)
            queries.upkeep.forget_removed_files(connection, names=names)


@jobs.task("upkeep", name="remove_what_is_over", hourly=True)
def remove_what_is_over() -> None:
    """Remove what is over its time, uploads that nothing uses included."""
    with db.in_transaction() as connection:
        queries.upkeep.remove_what_is_over(connection)
        queries.upkeep.remove_unused_media(connection)


@jobs.task("upkeep", name="shorten_feeds", hourly=True)
def shorten_feeds() -> None:
    """Leave each home timeline's feed as long as people page, and those none that do not read."""
    with db.in_transaction() as connection:
        queries.upkeep.remove_unread_feeds(connection)
        queries.upkeep.shorten_feeds(connection)
        queries.upkeep.remove_statuses_without_feed(connection)


def remove_forgotten_files(config: Config) -> tuple[int, int]:
    """Take files from storage that never had a row, or lost it unnoticed; returns how many, and their bytes."""
    store = media.store_of(config)
    count = size = 0
    for folder in media.FOLDERS:
        files = store.files(folder, older_than=_FORGOTTEN_AFTER)
        if not files:
            continue
        with db.in_transaction() as connection:
            if not queries.backup.try_lock_files(connection, key=FILES_LOCK).locked:
                break
            known = {row.name for row in queries.upkeep.known_files(connection, folder=f"{folder}/%")}
        forgotten = {name: length for name, length in files.items() if name not in known}
        store.remove(forgotten)
        count += len(forgotten)
        size += sum(forgotten.values())
    return count, size


@jobs.task("mailer", name="report_mails")
def report_mails(report_id: int) -> None:
    """Mail a report to every active administrator and moderator: one job a mail, stored together."""
    with db.in_transaction() as connection:
        report = queries.upkeep.report(connection, report_id=report_id)
        if report is None or report.target is None:
            return
        values = json.dumps(
            {
                "reporter": report.reporter or "Somebody",
                "account": report.target,
                "comment": report.comment,
                "status_ids": report.status_ids,
            }
        )
        for recipient in report.recipients:
            queries.upkeep.send_mail(
                connection, template="report", recipient=recipient, recipient_name="", values=values
            )
