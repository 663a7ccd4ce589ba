"""What a push says of a notification: the JSON that clients read, and its texts."""

from __future__ import annotations

import json
from typing import Any

from pleroma import text

_LONGEST_NAME = 100
_LONGEST_BODY = 140
_TITLES = {
    "mention": "{name} mentioned you",
    "favourite": "{name} favourited your status",
    "reblog": "{name} repeated your status",
    "follow": "{name} followed you",
    "follow_request": "{name} wants to follow you",
    "poll": "A poll of {name} has ended",
    "update": "{name} edited a status",
    "pleroma:emoji_reaction": "{name} reacted with {emoji}",
}


def payload(row: Any, notification_id: int, access_token: str) -> bytes:
    """The JSON of a row of push.message. Its parts are bounded, and so all of it stays far below 3,900 bytes."""
    return json.dumps(
        {
            "access_token": access_token,
            "preferred_locale": "en",
            "notification_id": notification_id,
            "notification_type": row.type,
            "icon": row.icon,
            "title": _title(row),
            "body": text.shortened(_body(row), _LONGEST_BODY),
            "pleroma": {
                "activity_id": None if row.status_id is None else str(row.status_id),
                "direct_conversation_id": None if row.conversation_id is None else str(row.conversation_id),
            },
        },
        ensure_ascii=False,
        separators=(",", ":"),
    ).encode()


def _title(row: Any) -> str:
    if row.type == "poll" and row.is_own:
        return "Your poll has ended"
    return _TITLES[row.type].format(name=text.shortened(row.name, _LONGEST_NAME), emoji=row.emoji)


def _body(row: Any) -> str:
    if row.status_id is None:
        return text.plain(row.note)
    return row.spoiler_text or row.content or ""
