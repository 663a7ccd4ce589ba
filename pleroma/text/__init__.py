"""What people type: measured, cleaned, and turned into HTML."""

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

__all__ = [
    "Handle", "Mentioned", "Parsed", "Rendered", "Rules", "acct", "emoji_codes", "is_longer", "length", "parse",
    "plain", "render_field", "shortened", "strip_tags",
]  # fmt: skip
