"""Avatar, banner and background (docs/api/pleroma.md 14), and the mascot (docs/api/pleroma.md 15)."""

from __future__ import annotations

import json

from flask import Blueprint, Response

from pleroma import auth, db
from pleroma.db import queries
from pleroma.errors import ApiError, InvalidParameters, Unprocessable, found
from pleroma.openapi import File, answers, takes
from pleroma.web import params, uploads
from pleroma.web.request_body import takes_files
from pleroma.web.responses import json_response
from pleroma.web.state import configured, value

blueprint = Blueprint("profile_pictures", __name__, url_prefix="/api/v1/pleroma")
_PICTURE = File(needed=True, description="or a data URI; empty takes it away")


def _set_picture(name: str, parameter: str) -> Response:
    with uploads.kept_on_success() as kept, db.in_transaction() as connection:
        file = kept.picture(uploads.PROFILE[name], parameter)
        if file is None:
            raise InvalidParameters(f"{parameter} is missing")
        url = found(queries.media.set_picture(connection, account_id=auth.account_id(), place=name, file=file or None))
    return json_response(url)


@blueprint.patch("/accounts/update_avatar")
@takes_files("avatar_limit", as_text=True)
@auth.required("write:accounts")
@takes(img=_PICTURE)
@answers("Picture", 404, 422, 507)
def update_avatar() -> Response:
    """Set the caller's avatar to `img`, a file or a data URI; empty clears it (docs/api/pleroma.md 14)."""
    return _set_picture("avatar", "img")


@blueprint.patch("/accounts/update_banner")
@takes_files("banner_limit", as_text=True)
@auth.required("write:accounts")
@takes(banner=_PICTURE)
@answers("Picture", 404, 422, 507)
def update_banner() -> Response:
    """Set the caller's header to `banner`; empty clears it (docs/api/pleroma.md 14)."""
    return _set_picture("header", "banner")


@blueprint.patch("/accounts/update_background")
@takes_files("background_limit", as_text=True)
@auth.required("write:accounts")
@takes(img=_PICTURE)
@answers("Picture", 404, 422, 507)
def update_background() -> Response:
    """Set the caller's background to `img`; empty clears it (docs/api/pleroma.md 14)."""
    return _set_picture("background", "img")


@blueprint.get("/mascot")
@auth.required("read|write")
@answers("Attachment|Mascot")
def mascot() -> Response:
    """The caller's mascot, the default one when none is set (docs/api/pleroma.md 15)."""
    with db.connection() as connection:
        attachment = queries.media.mascot(connection, account_id=auth.account_id())
    if attachment is None:
        url = f"{configured().base_url}/images/pleroma-fox-tan-smol.png"
        default = {
            "id": "default-mascot",
            "type": "image",
            "url": url,
            "preview_url": url,
            "pleroma": {"mime_type": "image/png"},
        }
        attachment = json.dumps(default).encode()
    return json_response(attachment)


@blueprint.put("/mascot")
@takes_files("upload_limit")
@auth.required("write:accounts")
@takes(image=File(), file=File())
@answers("Attachment", 415, 507)
def update_mascot() -> Response:
    """Make the picture `image` the caller's mascot. Raises InvalidParameters without one, a 415 for no picture."""
    file = next((file for file in map(params.upload, ("image", "file")) if file is not None), None)
    if file is None:
        raise InvalidParameters("image is missing")
    try:
        prepared = uploads.prepared_file(file, value("upload_limit"), pictures_only=True)
    except Unprocessable as error:
        raise ApiError("mascots can only be images", 415) from error
    account_id = auth.account_id()
    with uploads.kept_on_success() as kept, db.in_transaction() as connection:
        saved = kept.keep(prepared)
        queries.media.lock_mascot(connection, account_id=account_id)
        attachment = queries.media.create(
            connection,
            account_id=account_id,
            kind="image",
            mime_type=prepared.mime_type,
            file=saved.name,
            preview=saved.preview_name,
            description=None,
            blurhash=prepared.blurhash,
            meta=json.dumps(prepared.meta),
            purpose="mascot",
        )
        queries.media.replace_mascot(connection, account_id=account_id, file=saved.name)
    return json_response(attachment)
