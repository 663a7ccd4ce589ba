"""Uploads: what kind a file is, pictures, and where files are kept."""

from pleroma.media.kinds import AVATAR, BACKGROUND, BANNER, FileTooLarge, Prepared, data_uri, focus, prepare, type_of
from pleroma.media.pictures import MAX_PIXELS, NotAPicture
from pleroma.media.places import bucket_of, files_of, store_of
from pleroma.media.store import FOLDERS, Found, LocalStore, Saved, StorageAway, StorageFull, Store, found, is_name

__all__ = [
    "AVATAR", "BACKGROUND", "BANNER", "FOLDERS", "MAX_PIXELS", "FileTooLarge", "Found", "LocalStore", "NotAPicture",
    "Prepared", "Saved", "StorageAway", "StorageFull", "Store", "bucket_of", "data_uri", "files_of", "focus", "found",
    "is_name", "prepare", "store_of", "type_of",
]  # fmt: skip
