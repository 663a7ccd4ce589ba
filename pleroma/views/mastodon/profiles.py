"""PATCH accounts/update_credentials: the caller's profile (docs/api/mastodon.md 3.2)."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response

from pleroma import auth, db, text
from pleroma.accounts import profiles, relationships
from pleroma.db import queries
from pleroma.errors import Forbidden, Unprocessable
from pleroma.openapi import Anything, Choice, File, Flag, Map, Several, Text, answers, takes
from pleroma.statuses.posting import VISIBILITIES
from pleroma.web import params, uploads
from pleroma.web.request_body import takes_files
from pleroma.web.responses import json_response
from pleroma.web.state import configured, in_force

blueprint = Blueprint("profiles", __name__)
_SWITCHES = (
    "locked", "bot", "discoverable", "hide_followers", "hide_follows", "hide_followers_count", "hide_follows_count",
    "hide_favorites", "show_role", "skip_thread_containment", "no_rich_text",
    "disclose_client",
)  # fmt: skip
_FIELD = (("name", 512), ("value", 2048))
_LARGEST_STORE = 100_000
_PICTURE = File(description="or a data URI; empty takes it away")
_FIELDS = Several(Map(name=Text(most=512), value=Text(most=2048)))
_TAKEN = {
    "display_name": Text(),
    "note": Text(),
    "fields": _FIELDS,
    "fields_attributes": _FIELDS,
    "source": Map(privacy=Choice(*VISIBILITIES), language=Text(), sensitive=Flag()),
    "default_scope": Choice(*VISIBILITIES),
    "pleroma_settings_store": Anything(),
    **{place.parameter: _PICTURE for place in uploads.PROFILE.values()},
}


def _too_long() -> Forbidden:
    return Forbidden("Invalid request")


def _fields() -> list[tuple[str, str]] | None:
    """The profile fields that were sent, None when none were; wholly empty entries are dropped."""
    name = "fields_attributes" if params.present("fields_attributes") else "fields"
    if not params.present(name):
        return None
    sent = params.as_list(params.raw(name))
    if sent is None or len(sent) > params.MOST_ENTRIES:
        raise _too_long()
    found = []
    for entry in sent:
        if entry == "":
            continue
        if not isinstance(entry, dict):
            raise _too_long()
        pair = tuple(params.as_text(key, entry.get(key), most=most, error=_too_long()) or "" for key, most in _FIELD)
        if any(part.strip() for part in pair):
            found.append((pair[0], pair[1]))
    return found


def _texts(limits: dict[str, int]) -> dict[str, Any]:
    display_name = params.sent_text("display_name", most=limits["name_limit"], error=_too_long())
    note = params.sent_text("note", most=limits["bio_limit"], error=_too_long())
    fields = _fields()
    if len(fields or []) > limits["fields_limit"]:
        raise _too_long()
    return {
        "display_name": None if display_name is None else text.strip_tags(display_name).strip(),
        "note_source": note,
        "fields": None if fields is None else profiles.fields_as_stored(fields),
    }


def _of_source() -> dict[str, Any]:
    source = params.mapping("source") or {}
    privacy = source.get("privacy") or params.text("default_scope")
    if privacy is not None and privacy not in VISIBILITIES:
        raise Unprocessable("Unknown visibility")
    language = source.get("language")
    return {
        "privacy": privacy,
        "language": params.clean(language)[:20] if isinstance(language, str) and language else None,
        "sensitive": params.as_boolean(source.get("sensitive")),
    }


def _settings_store() -> str | None:
    store = params.tree("pleroma_settings_store")
    if store is None:
        return None
    kept = json.dumps(params.clean_tree(store))
    if len(kept) > _LARGEST_STORE:
        raise _too_long()
    return kept


@blueprint.patch("/api/v1/accounts/update_credentials")
@takes_files("avatar_limit", "banner_limit", "background_limit", as_text=True)
@auth.required("write:accounts")
@takes(**_TAKEN, **dict.fromkeys(_SWITCHES, Flag()))
@answers("Account", 403, 422, 507)
def update_credentials() -> Response:
    """Change what is sent of the caller's profile, and answer the Account.

    Raises Forbidden for a text that is too long, Unprocessable for a broken picture, TooLarge.
    """
    changes: dict[str, Any] = _texts(in_force("name_limit", "bio_limit", "fields_limit"))
    source, store = _of_source(), _settings_store()
    switches = {name: params.boolean(name) for name in _SWITCHES}
    account_id = auth.account_id()
    with uploads.kept_on_success() as kept, db.in_transaction() as connection:
        # Before anything is locked: a storage may be slow.
        files = {name: kept.picture(place) for name, place in uploads.PROFILE.items()}
        if switches["locked"] is False:
            queries.profiles.lock_with_waiting(connection, account_id=account_id)
        profile = queries.profiles.lock(connection, account_id=account_id)
        note = changes["note_source"]
        changes["note"] = None if note is None else profiles.note_html(connection, note, configured())
        queries.profiles.update(
            connection,
            account_id=account_id,
            **changes,
            **files,
            **switches,
            sensitive=source["sensitive"],
            emoji_codes=profiles.codes_of_profile(connection, profile, changes),
        )
        queries.profiles.update_user(
            connection,
            account_id=account_id,
            privacy=source["privacy"],
            language=source["language"],
            settings_store=store,
        )
        if switches["locked"] is False:
            relationships.accept_all(connection, account_id)
        credentials = queries.accounts.credentials(connection, account_id=account_id)
    return json_response(credentials)
