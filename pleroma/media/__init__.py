"""Uploads: what kind a file is, pictures, and where files are kept."""

from pleroma.media.kinds import AVATAR, BACKGROUND, BANNER, FileTooLarge, Prepared, data_uri, focus, prepare
from pleroma.media.pictures import MAX_PIXELS, NotAPicture
from pleroma.media.store import LocalStore, Saved, StorageFull, store_of

__all__ = [
    "AVATAR", "BACKGROUND", "BANNER", "MAX_PIXELS", "LocalStore", "NotAPicture", "Prepared", "Saved", "StorageFull",
    "FileTooLarge", "data_uri", "focus", "prepare", "store_of",
]  # fmt: skip
