"""Jobs that keep the house in order: expiring statuses, removed files, what is over its time (DESIGN 4.1)."""

from __future__ import annotations

import json

from pleroma import db, jobs, posting
from pleroma.db import queries

_FILES_AT_ONCE = 500


@jobs.task("upkeep", name="expire_status")
def expire_status(status_id: int) -> None:
    """Delete a status whose time is over, as its author would."""
    with db.transaction() as connection:
        status = queries.upkeep.expired_status(connection, status_id=status_id)
        if status is not None:
            posting.remove(connection, status)


@jobs.task("upkeep", name="remove_files", hourly=True)
def remove_files() -> None:
    """Take files from storage whose rows are gone; a file that is gone already is no fault."""
    from pleroma import uploads

    store = uploads.store(jobs.configuration())
    store.sweep()
    while True:
        with db.transaction() as connection:
            names = [row.name for row in queries.upkeep.removed_files(connection, limit=_FILES_AT_ONCE)]
            if not names:
                return
            store.remove(names)
            queries.upkeep.forget_removed_files(connection, names=names)


@jobs.task("upkeep", name="remove_what_is_over", hourly=True)
def remove_what_is_over() -> None:
    """Remove what is over its time, uploads that nothing uses included."""
    with db.transaction() as connection:
        queries.upkeep.remove_what_is_over(connection)
        queries.upkeep.remove_unused_media(connection)


@jobs.task("mailer", name="report_mails")
def report_mails(report_id: int) -> None:
    """Mail a report to every active administrator and moderator: one job a mail, stored together."""
    with db.transaction() as connection:
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
