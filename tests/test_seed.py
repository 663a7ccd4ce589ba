"""Every path and method of the API's document is routed, and the README's table names it."""

from pathlib import Path

import pytest
from werkzeug.exceptions import MethodNotAllowed, NotFound

README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
SEED = """
GET /api/pleroma/emoji
POST /api/pleroma/follow_import
GET /api/pleroma/captcha
POST /api/pleroma/delete_account
POST /api/pleroma/disable_account
POST /api/account/register
POST /api/v1/pleroma/notifications/read
POST /api/v1/pleroma/accounts/:id/subscribe
POST /api/v1/pleroma/accounts/:id/unsubscribe
GET /api/v1/pleroma/accounts/:id/favourites
PATCH /api/v1/pleroma/accounts/update_avatar
PATCH /api/v1/pleroma/accounts/update_banner
PATCH /api/v1/pleroma/accounts/update_background
POST /api/v1/pleroma/accounts/confirmation_resend
GET /api/v1/pleroma/mascot
PUT /api/v1/pleroma/mascot
PUT /api/pleroma/notification_settings
GET /api/pleroma/healthcheck
POST /api/pleroma/change_email
GET /api/v1/pleroma/conversations/:id/statuses
GET /api/v1/pleroma/conversations/:id
PATCH /api/v1/pleroma/conversations/:id
GET /api/pleroma/emoji/packs
PUT /api/pleroma/emoji/packs/:name
DELETE /api/pleroma/emoji/packs/:name
POST /api/pleroma/emoji/packs/:name/update_file
POST /api/pleroma/emoji/packs/:name/update_metadata
POST /api/pleroma/emoji/packs/download_from
POST /api/pleroma/emoji/packs/list_from
GET /api/pleroma/emoji/packs/:name/download_shared
GET /api/v1/pleroma/accounts/:id/scrobbles
POST /api/v1/pleroma/scrobble
""".strip().splitlines()


@pytest.mark.parametrize("line", SEED)
def test_the_documents_endpoint_is_routed_and_described(client, line):
    method, path = line.split()
    adapter = client.app.url_map.bind("pleroma.example")
    try:
        endpoint, _ = adapter.match(path.replace(":id", "1").replace(":name", "pack"), method=method)
    except (NotFound, MethodNotAllowed):
        endpoint = None
    assert endpoint not in (None, "files.file")
    assert f"| `{line}` |" in README
