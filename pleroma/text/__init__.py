"""What people type: measured, cleaned, and turned into HTML."""

from pleroma.text.emoji_characters import as_emoji
from pleroma.text.handles import Handle, acct
from pleroma.text.parsing import (
    Mentioned,
    Parsed,
    Rendered,
    Rules,
    emoji_codes,
    is_longer,
    length,
    parse,
    plain,
    render_field,
    shortened,
    strip_tags,
)
from pleroma.text.tokens import as_hashtag

__all__ = [
    "Handle", "Mentioned", "Parsed", "Rendered", "Rules", "acct", "as_emoji", "as_hashtag", "emoji_codes", "is_longer",
    "length", "parse", "plain", "render_field", "shortened", "strip_tags",
]  # fmt: skip
