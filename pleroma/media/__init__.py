"""Uploads: what kind a file is, pictures, and where files are kept."""

from pleroma.media.store import (
    AVATAR,
    BACKGROUND,
    BANNER,
    LocalStore,
    NotAPicture,
    Prepared,
    Saved,
    StorageFull,
    TooLarge,
    data_uri,
    focus,
    prepare,
)

__all__ = [
    "AVATAR", "BACKGROUND", "BANNER", "LocalStore", "NotAPicture", "Prepared", "Saved", "StorageFull", "TooLarge",
    "data_uri", "focus", "prepare",
]  # fmt: skip
