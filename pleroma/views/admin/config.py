"""Settings that change while the server runs, in the notation of the admin front end (docs/api/admin.md 17)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from flask import Blueprint, Response
from psycopg import Connection

from pleroma import auth, db
from pleroma.accounts import moderation_log
from pleroma.db import queries
from pleroma.errors import InvalidParameters
from pleroma.openapi import Anything, Several, answers, takes
from pleroma.text import is_longer
from pleroma.web import params
from pleroma.web.responses import json_response
from pleroma.web.state import in_force

blueprint = Blueprint("admin_config", __name__, url_prefix="/api/pleroma/admin/config")
GROUP = "pleroma"
_METHODS = {"native": "Pleroma.Captcha.Native", "kocaptcha": "Pleroma.Captcha.Kocaptcha"}


class Option(NamedTuple):
    """A setting as the front end names it, and how its value is read: raises ValueError for an invalid value."""

    key: str
    option: str
    setting: str
    read: Callable[[Any], Any]


def _text(longest: int, shortest: int = 0) -> Callable[[Any], str]:
    def _reader(value: Any) -> str:
        if not isinstance(value, str) or is_longer(value, longest):
            raise ValueError
        text = params.clean(value).strip()
        if len(text) < shortest:
            raise ValueError
        return text

    return _reader


def _boolean(value: Any) -> bool:
    if value is True or value == "true":
        return True
    if value is False or value == "false":
        return False
    raise ValueError


def _whole(most: int, least: int = 1) -> Callable[[Any], int]:
    def _reader(value: Any) -> int:
        if isinstance(value, bool) or not re.fullmatch(r"[0-9]{1,12}", str(value).strip()):
            raise ValueError
        number = int(str(value).strip())
        if not least <= number <= most:
            raise ValueError
        return number

    return _reader


def _address(value: Any) -> str:
    text = _text(2000, 1)(value)
    if urlsplit(text).scheme not in ("http", "https") or not urlsplit(text).hostname:
        raise ValueError
    return text.rstrip("/")


def _method(value: Any) -> str:
    for name, module in _METHODS.items():
        if value == module:
            return name
    raise ValueError


_BYTES = _whole(2**31 - 1)
_COUNT = _whole(10**6)
_INSTANCE = ":instance"
OPTIONS = (
    Option(_INSTANCE, ":name", "instance_name", _text(100, 1)),
    Option(_INSTANCE, ":description", "description", _text(5000)),
    *(
        Option(_INSTANCE, f":{name}", name, _boolean)
        for name in (
            "registrations_open", "invites_enabled", "account_activation_required", "healthcheck", "public",
        )
    ),
    Option(_INSTANCE, ":limit", "status_limit", _whole(100_000)),
    Option(_INSTANCE, ":upload_limit", "upload_limit", _BYTES),
    Option(_INSTANCE, ":avatar_upload_limit", "avatar_limit", _BYTES),
    Option(_INSTANCE, ":banner_upload_limit", "banner_limit", _BYTES),
    Option(_INSTANCE, ":background_upload_limit", "background_limit", _BYTES),
    Option(_INSTANCE, ":max_report_comment_size", "report_limit", _COUNT),
    Option(_INSTANCE, ":user_bio_length", "bio_limit", _COUNT),
    Option(_INSTANCE, ":user_name_length", "name_limit", _COUNT),
    Option(_INSTANCE, ":max_pinned_statuses", "pinned_limit", _COUNT),
    Option(_INSTANCE, ":max_account_fields", "fields_limit", _COUNT),
    Option("Pleroma.Captcha", ":enabled", "captcha_enabled", _boolean),
    Option("Pleroma.Captcha", ":method", "captcha_method", _method),
    Option("Pleroma.Captcha", ":seconds_valid", "captcha_seconds", _whole(3600)),
    Option("Pleroma.Captcha.Kocaptcha", ":endpoint", "kocaptcha_url", _address),
    Option(":rate_limit", ":enabled", "rate_limits", _boolean),
)  # fmt: skip
_BY_NAME = {(option.key, option.option): option for option in OPTIONS}
_CAPTCHA = ("captcha_enabled", "captcha_method")


def _values() -> dict[str, Any]:
    """The values in force by setting. The captcha is one setting of ours and two options of the front end's."""
    names = [option.setting for option in OPTIONS if option.setting not in _CAPTCHA]
    values = in_force(*names, "captcha")
    with db.connection() as connection:
        stored = {row.name: row.value for row in queries.settings.stored(connection)}
    kind = values.pop("captcha")
    method = kind if kind != "none" else stored.get("captcha_method", "native")
    return {**values, "captcha_enabled": kind != "none", "captcha_method": method}


def _as_configs(keys: set[str] | None = None) -> bytes:
    values = _values()
    configs: dict[str, list[dict[str, Any]]] = {}
    for option in OPTIONS:
        if keys is None or option.key in keys:
            value = values[option.setting]
            shown = _METHODS[value] if option.setting == "captcha_method" else value
            configs.setdefault(option.key, []).append({"tuple": [option.option, shown]})
    found = [{"group": GROUP, "key": key, "value": value} for key, value in configs.items()]
    return json.dumps({"configs": found}, ensure_ascii=False).encode()


@blueprint.get("")
@auth.admin_required
@answers("Configs")
def show() -> Response:
    """The settings that may change at run time, with the values in force."""
    return json_response(_as_configs())


def _pairs(value: Any) -> list[tuple[str, Any]]:
    """The options of a key: a list of tuples or an object; the colon may be missing."""
    if isinstance(value, dict) and "tuple" not in value:
        found = list(value.items())
    else:
        entries = value if isinstance(value, list) else [value]
        tuples = [entry.get("tuple") for entry in entries if isinstance(entry, dict)]
        found = [(pair[0], pair[1]) for pair in tuples if isinstance(pair, list) and len(pair) == 2]
    return [(name if name.startswith(":") else f":{name}", item) for name, item in found if isinstance(name, str)]


def _read(entry: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """(settings to store, settings to forget) of one entry. Raises InvalidParameters for a value that does not fit."""
    key = entry["key"]
    if entry.get("delete") in (True, "true"):
        subkeys = entry.get("subkeys")
        named = {name if str(name).startswith(":") else f":{name}" for name in subkeys or []}
        return {}, [o.setting for o in OPTIONS if o.key == key and (not subkeys or o.option in named)]
    changes = {}
    for name, value in _pairs(entry.get("value")):
        option = _BY_NAME.get((key, name))
        if option is None:
            continue
        try:
            changes[option.setting] = option.read(value)
        except (ValueError, TypeError) as error:
            raise InvalidParameters(f"{key} {name} does not fit") from error
    return changes, []


def _store(connection: Connection, changes: dict[str, Any], forgotten: set[str]) -> None:
    queries.settings.lock(connection)
    before = _values()
    if set(_CAPTCHA) & set(changes):
        enabled = changes.pop("captcha_enabled", before["captcha_enabled"])
        changes["captcha_method"] = changes.get("captcha_method", before["captcha_method"])
        changes["captcha"] = changes["captcha_method"] if enabled else "none"
    if set(_CAPTCHA) & forgotten:
        forgotten |= {"captcha", "captcha_method"}
    for setting, value in changes.items():
        queries.settings.store(connection, name=setting, value=json.dumps(value))
    queries.settings.forget(connection, names=sorted(forgotten - set(changes)))
    after = _values()
    changed = [option.setting.upper() for option in OPTIONS if before[option.setting] != after[option.setting]]
    if changed:
        names = list(dict.fromkeys("CAPTCHA" if name.lower() in _CAPTCHA else name for name in changed))
        moderation_log.record(
            connection, auth.account_id(), "config_update", f"changed settings: {', '.join(names)}", settings=names
        )


@blueprint.post("")
@auth.admin_required
@takes(configs=Several(Anything(), needed=True))
@answers("Configs")
def update() -> Response:
    """Change settings; unknown ones are ignored. Raises InvalidParameters, and then changes nothing."""
    entries = params.raw("configs")
    if not isinstance(entries, list):
        raise InvalidParameters("configs must be a list")
    keys = {option.key for option in OPTIONS}
    changes: dict[str, Any] = {}
    forgotten: set[str] = set()
    touched = set()
    for entry in entries:
        if isinstance(entry, dict) and entry.get("group") in (GROUP, f":{GROUP}") and entry.get("key") in keys:
            stored, removed = _read(entry)
            changes.update(stored)
            forgotten.update(removed)
            if stored or removed:
                touched.add(entry["key"])
    with db.in_transaction() as connection:
        _store(connection, changes, forgotten)
        return json_response(_as_configs(touched))


@blueprint.get("/migrate_to_db")
@blueprint.get("/migrate_from_db")
@auth.admin_required
@answers("Empty")
def migrate() -> Response:
    """Nothing: there is one place for settings."""
    return json_response(b"{}")
