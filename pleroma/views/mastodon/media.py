"""Media for statuses (docs/api/mastodon.md 7, docs/api/pleroma.md 19.5)."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response

from pleroma import auth, db, media, text
from pleroma.db import queries
from pleroma.errors import ApiError, InvalidParameters, Unprocessable, found
from pleroma.openapi import File, Text, answers, takes
from pleroma.web import params, uploads
from pleroma.web.request_body import takes_files
from pleroma.web.responses import json_response
from pleroma.web.state import value

blueprint = Blueprint("media", __name__)
_LONGEST_DESCRIPTION = 5000


def _description() -> str | None:
    if not isinstance(params.raw("description"), str | None):
        raise ApiError("bad_request")
    return as_description(params.raw("description"))


def as_description(value: Any) -> str | None:
    """The description of an upload as sent, "" to take it away, None when it was not sent. Raises Unprocessable."""
    invalid = Unprocessable(f"description should be at most {_LONGEST_DESCRIPTION} character(s)")
    sent = params.as_text("description", value, most=_LONGEST_DESCRIPTION, error=invalid)
    return None if sent is None else text.strip_tags(sent)


def as_focus(value: Any) -> dict[str, float] | None:
    """The point of a picture to keep in sight, None when it was not sent. Raises Unprocessable."""
    invalid = Unprocessable("focus must be two numbers from -1 to 1")
    sent = params.as_text("focus", value, most=100, error=invalid)
    if not sent:
        return None
    try:
        x, y = media.focus(sent)
    except ValueError as error:
        raise invalid from error
    return {"x": x, "y": y}


@blueprint.post("/api/v1/media")
@blueprint.post("/api/v1/upload")
@blueprint.post("/api/v2/media")
@takes_files("upload_limit")
@auth.required("write:media")
@takes(file=File(needed=True), description=Text(most=_LONGEST_DESCRIPTION), focus=Text())
@answers("Attachment", 422, 507)
def upload() -> Response:
    """Store the `file`, with a `description` and a `focus`, and answer its Attachment.

    Raises InvalidParameters without a file, Unprocessable for a broken picture, TooLarge.
    """
    file = params.upload("file")
    if file is None:
        raise InvalidParameters("file is missing")
    description, focus = _description(), as_focus(params.raw("focus"))
    prepared = uploads.prepared_file(file, value("upload_limit"))
    meta = {**prepared.meta, **({"focus": focus} if focus and prepared.kind == "image" else {})}
    with uploads.kept_on_success() as kept, db.in_transaction() as connection:
        saved = kept.keep(prepared)
        return json_response(
            queries.media.create(
                connection,
                account_id=auth.account_id(),
                kind=prepared.kind,
                mime_type=prepared.mime_type,
                file=saved.name,
                preview=saved.preview_name,
                description=description or None,
                blurhash=prepared.blurhash,
                meta=json.dumps(meta),
                purpose="attachment",
            )
        )


@blueprint.get("/api/v1/media/<id:media_id>")
@auth.required("write:media")
@answers("Attachment", 404)
def show(media_id: int) -> Response:
    """One of the caller's uploads. Raises NotFound."""
    with db.connection() as connection:
        return json_response(
            found(queries.media.attachment(connection, account_id=auth.account_id(), media_id=media_id))
        )


@blueprint.put("/api/v1/media/<id:media_id>")
@auth.required("write:media")
@takes(description=Text(most=_LONGEST_DESCRIPTION), focus=Text())
@answers("Attachment", 404, 422)
def update(media_id: int) -> Response:
    """Change the `description` or `focus` of an upload. Raises a 400 when neither is sent, NotFound."""
    description, focus = _description(), as_focus(params.raw("focus"))
    if description is None and focus is None:
        raise ApiError("bad_request")
    with db.in_transaction() as connection:
        attachment = queries.media.update(
            connection,
            account_id=auth.account_id(),
            media_id=media_id,
            description=description,
            focus=json.dumps(focus) if focus else None,
        )
    return json_response(found(attachment))
