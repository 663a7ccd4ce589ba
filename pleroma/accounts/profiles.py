"""Changing a profile: texts to HTML, pictures to files, the rest as it is (docs/api/mastodon.md 3.2)."""

from __future__ import annotations

import json
from typing import Any

from psycopg import Connection

from pleroma import text
from pleroma.config import Config
from pleroma.db import queries
from pleroma.text import Mentioned, Rules


def note_html(connection: Connection, source: str, config: Config) -> str:
    """The HTML of a bio (docs/api/pleroma.md 10.1): escaped, with links and mentions of accounts that are there."""
    parsed = text.parse(source, "text/plain", Rules(config.base_url, config.extended_nicknames))
    rows = queries.profiles.mentionable(
        connection,
        nicknames=[handle.nickname for handle in parsed.handles],
        domains=[handle.domain for handle in parsed.handles],
    )
    return parsed.render(Mentioned(row.id, row.nickname, row.domain, row.url) for row in rows).html


def fields_as_stored(fields: list[tuple[str, str]]) -> str:
    """Profile fields as the account's row keeps them: plain name, HTML value, and both as sent."""
    return json.dumps(
        [
            {
                "name": text.strip_tags(name),
                "value": text.render_field(value),
                "source": {"name": name, "value": value},
            }
            for name, value in fields
        ]
    )


def emoji_codes(connection: Connection, *texts: str) -> list[str]:
    """The installed emoji that occur in any of the texts."""
    candidates = text.emoji_codes("\n".join(texts))
    return list(queries.profiles.emoji_codes(connection, shortcodes=candidates).codes) if candidates else []


def codes_of_profile(connection: Connection, profile: Any, changes: dict[str, Any]) -> list[str]:
    """The emoji of a profile (a row of profiles.lock) after its texts were changed."""
    fields = json.loads(changes["fields"]) if changes.get("fields") else profile.fields
    return emoji_codes(
        connection,
        profile.display_name if changes.get("display_name") is None else changes["display_name"],
        profile.note_source if changes.get("note_source") is None else changes["note_source"],
        *(part for field in fields for part in field["source"].values()),
    )
