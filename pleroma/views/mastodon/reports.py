"""Reports to the server's staff (docs/api/mastodon.md 9.3, docs/api/admin.md 14.1)."""

from __future__ import annotations

from flask import Blueprint, Response

from pleroma import auth, db, text
from pleroma.db import queries
from pleroma.errors import ApiError, found
from pleroma.openapi import Choice, Flag, Id, Several, Text, answers, takes
from pleroma.text import Rules
from pleroma.web import params
from pleroma.web.responses import json_response
from pleroma.web.state import configured, value

blueprint = Blueprint("reports", __name__)
_CATEGORIES = ("spam", "legal", "violation", "other")


def _as_html(comment: str) -> str | None:
    return text.parse(comment, "text/plain", Rules(configured().base_url)).render().html if comment else None


@blueprint.post("/api/v1/reports")
@auth.required("write:reports")
@takes(account_id=Id(needed=True), status_ids=Several(Id()), comment=Text(), forward=Flag(default=False))
@takes(category=Choice(*_CATEGORIES, default="other"), rule_ids=Several(Text()))
@answers("Report", 404)
def create() -> Response:
    """Report `account_id`, with `status_ids` and a `comment`. Answers the Report; errors are 400."""
    account_id = params.identifier("account_id")
    if account_id is None:
        raise ApiError("Valid `account_id` required")
    limit = value("report_limit")
    invalid = ApiError(f"Comment must be up to {limit} characters")
    comment = params.text("comment", most=limit, error=invalid) or ""
    category = params.text("category")
    with db.in_transaction() as connection:
        if queries.reports.target(connection, account_id=account_id) is None:
            raise ApiError("Account not found")
        report, _ = found(
            queries.reports.create(
                connection,
                account_id=auth.account_id(),
                target_id=account_id,
                comment=comment,
                content=_as_html(comment),
                forward=params.boolean("forward", False),
                category=category if category in _CATEGORIES else "other",
                rule_ids=params.texts("rule_ids"),
                status_ids=params.identifiers("status_ids"),
            )
        )
    return json_response(report)
