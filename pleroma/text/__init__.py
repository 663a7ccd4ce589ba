"""What people type: measured, cleaned, and turned into HTML."""

from pleroma.text.parse import (
    Mentioned,
    Rendered,
    emoji_codes,
    handles,
    is_longer,
    length,
    plain,
    render,
    render_bio,
    render_field,
    strip_tags,
)

__all__ = [
    "Mentioned", "Rendered", "emoji_codes", "handles", "is_longer", "length", "plain", "render", "render_bio",
    "render_field", "strip_tags",
]  # fmt: skip
