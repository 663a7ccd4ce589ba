"""Reports (docs/api/admin.md 14)."""

from __future__ import annotations

from flask import Blueprint, Response
from psycopg import Connection

from pleroma import auth, db
from pleroma.accounts import moderation_log
from pleroma.db import queries
from pleroma.errors import ApiError, InvalidParameters, NotFound, found
from pleroma.openapi import Choice, Id, Map, Several, Text, Whole, answers, takes
from pleroma.statuses import posting
from pleroma.statuses.posting import NewStatus
from pleroma.views.admin import paging
from pleroma.web import params
from pleroma.web.paging import limit
from pleroma.web.responses import json_response, no_content
from pleroma.web.state import configured

blueprint = Blueprint("admin_reports", __name__, url_prefix="/api/pleroma/admin/reports")
_STATES = ("open", "closed", "resolved")


@blueprint.get("")
@auth.admin_required
@takes(state=Choice(*_STATES), max_id=Id(), limit=Whole(1, paging.MAXIMUM_SIZE), **paging.TAKEN)
@answers("ReportsForStaff")
def index() -> Response:
    """Reports, newest first, of one `state`, paged by page or by `limit` and `max_id`, with their number."""
    size = limit(paging.page_size(), paging.MAXIMUM_SIZE)
    with db.connection() as connection:
        page = queries.admin_reports.index(
            connection,
            viewer_id=auth.account_id(),
            state=params.text("state") or "",
            max_id=params.identifier("max_id") or params.MAXIMUM_ID,
            **paging.bounds(size),
        )
    return json_response(b'{"reports":%b,"total":%d}' % (page.reports.encode(), page.total))


@blueprint.get("/<id:report_id>")
@auth.admin_required
@answers("ReportForStaff", 404)
def show(report_id: int) -> Response:
    """One Report. Raises NotFound."""
    with db.connection() as connection:
        report = queries.admin_reports.report(connection, viewer_id=auth.account_id(), report_id=report_id)
    return json_response(found(report, "Not found"))


def _set_state(connection: Connection, report_id: int, state: str | None) -> None:
    found(queries.admin_reports.find(connection, report_id=report_id), "Not found")
    if state is None:
        raise InvalidParameters()
    if state not in _STATES:
        raise ApiError("Unsupported state")
    if queries.admin_reports.set_state(connection, report_id=report_id, state=state):
        moderation_log.record(
            connection,
            auth.account_id(),
            "report_update",
            f"updated report #{report_id} with '{state}' state",
            subject={"type": "report", "id": str(report_id), "state": state},
        )


@blueprint.put("/<id:report_id>")
@auth.admin_required
@takes(state=Choice(*_STATES, needed=True))
@answers("ReportForStaff", 404)
def update(report_id: int) -> Response:
    """Change a report's `state`. Raises NotFound, InvalidParameters."""
    with db.in_transaction() as connection:
        _set_state(connection, report_id, params.text("state"))
        return json_response(queries.admin_reports.report(connection, viewer_id=auth.account_id(), report_id=report_id))


@blueprint.patch("")
@auth.admin_required
@takes(reports=Several(Map(id=Id(needed=True), state=Choice(*_STATES, needed=True)), needed=True))
@answers(204, 404)
def update_many() -> Response:
    """Change the states of `reports`, all or none. Raises InvalidParameters, NotFound."""
    entries = params.values("reports")
    if not entries or not all(isinstance(entry, dict) for entry in entries):
        raise InvalidParameters()
    with db.in_transaction() as connection:
        for entry in entries:
            state = params.as_text("state", entry.get("state"))
            _set_state(connection, params.as_identifier(entry.get("id")) or 0, state or None)
    return no_content()


@blueprint.post("/<id:report_id>/respond")
@auth.admin_required
@takes(status=Text(1, needed=True))
@answers("Status", 404, 422)
def respond(report_id: int) -> Response:
    """Send the reporter a direct status. Raises InvalidParameters, NotFound, Unprocessable."""
    text = params.text("status", most=params.LONGEST_OF_ALL)
    if text is None:
        raise InvalidParameters()
    with db.in_transaction() as connection:
        report = found(queries.admin_reports.find(connection, report_id=report_id), "Not found")
        if report.reporter is None:
            raise NotFound("Not found")
        published = posting.publish(
            connection,
            auth.account_id(),
            NewStatus(source=text.strip(), visibility="direct", also_to=(report.reporter,)),
            configured(),
        )
        moderation_log.record(
            connection,
            auth.account_id(),
            "report_response",
            f"responded with '{text}' to report #{report_id}",
            subject={"type": "report", "id": str(report_id), "state": report.state},
            text=text,
        )
        status = queries.statuses.status(connection, viewer_id=auth.account_id(), status_id=published.id)
    return json_response(status)
