"""From entities to what a page shows: times, pictures of emoji, links to pages of ours."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup, escape

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TAG = re.compile(r'(<(?:[^<>"]++|"[^"]*+")*+>)')
_UNITS = ((31_536_000, "year"), (2_592_000, "month"), (86_400, "day"), (3600, "hour"), (60, "minute"))


def entities(body: bytes, base_url: str) -> Any:
    """JSON that PostgreSQL finished, as Python values with the base address in place."""
    return json.loads(body.replace(b"\x01", base_url.encode()))


def is_for_search_engines(statuses: list[dict[str, Any]]) -> bool:
    """Whether everybody whose statuses a page shows wants to be found by search engines."""
    shown = [status for wrapper in statuses for status in (wrapper, wrapper["reblog"]) if status]
    return all(status["account"]["discoverable"] for status in shown)


def as_xml(document: str) -> str:
    """An XML document without the characters that XML 1.0 does not know, not even escaped."""
    return _NOT_IN_XML.sub("", document)


def with_emoji(html: str, emojis: list[dict[str, Any]]) -> Markup:
    """Sanitised HTML with the emoji in its text shown as pictures."""
    if not emojis:
        return Markup(html)  # noqa: S704 (the HTML of statuses and bios was sanitised when it was written)
    pictures = {f":{emoji['shortcode']}:": _picture(emoji) for emoji in emojis}
    codes = re.compile("|".join(re.escape(code) for code in pictures))
    parts = _TAG.split(html)
    parts[::2] = [codes.sub(lambda match: pictures[match[0]], part) for part in parts[::2]]
    return Markup("".join(parts))  # noqa: S704 (as above)


def _picture(emoji: dict[str, Any]) -> str:
    code = escape(f":{emoji['shortcode']}:")
    return f'<img class="emoji" src="{escape(emoji["url"])}" alt="{code}" title="{code}" width="20" height="20">'


def name_with_emoji(account: dict[str, Any]) -> Markup:
    """An account's display name, escaped, with its emoji shown as pictures."""
    return with_emoji(str(escape(account["display_name"])), account["emojis"])


def ago(written: str) -> str:
    """How long ago a time was, in words: "3 hours ago"."""
    seconds = int((datetime.now(UTC) - datetime.fromisoformat(written)).total_seconds())
    for length, unit in _UNITS:
        if seconds >= length:
            number = seconds // length
            return f"{number} {unit}{'s' if number > 1 else ''} ago"
    return "just now"


def excerpt(text: str, length: int = 200) -> str:
    """The beginning of a text on one line."""
    line = " ".join(text.split())
    return line if len(line) <= length else f"{line[: length - 1]}…"
