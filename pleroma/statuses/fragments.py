"""JSON that is made when a row is written, because it never depends on who reads it (docs/model.md).

The raw character U+0001 stands for the base address; the answer puts it in.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from pleroma.text import acct
from pleroma.text.clean import BASE


def json_text(value: Any) -> str:
    """`value` as JSON in which U+0001 stays raw; U+FFFF, which no stored text holds, takes its place on the way."""
    return json.dumps(_guarded(value), ensure_ascii=False, separators=(",", ":")).replace("\uffff", BASE)


def _guarded(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace(BASE, "\uffff")
    if isinstance(value, dict):
        return {key: _guarded(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_guarded(part) for part in value]
    return value


def mention(account: dict[str, Any]) -> dict[str, str]:
    """The Mention entity of an account row (id, nickname, domain, and url where it is elsewhere)."""
    return {
        "id": str(account["id"]),
        "username": account["nickname"],
        "acct": acct(account["nickname"], account["domain"]),
        "url": account.get("url") or f"{BASE}/users/{account['nickname']}",
    }


def status_body(
    html: str,
    plain: str,
    mentions: Iterable[dict[str, Any]],
    hashtags: Iterable[str],
    language: str | None,
    in_reply_to: dict[str, Any] | None,
) -> str:
    """The end of a Status that SQL's status_json continues: it stops inside the pleroma object."""
    entity = {
        "content": html,
        "mentions": [mention(account) for account in mentions],
        "tags": [{"name": name, "url": f"/tag/{name}"} for name in hashtags],
        "language": language,
        "pleroma": {
            "content": {"text/plain": plain},
            "in_reply_to_account_acct": acct(in_reply_to["nickname"], in_reply_to["domain"]) if in_reply_to else None,
        },
    }
    return json_text(entity)[1:-2]
