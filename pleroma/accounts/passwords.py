"""Passwords as they are stored: slow salted hashes (docs/api/pleroma.md 10.1)."""

from __future__ import annotations

import secrets

from werkzeug.security import check_password_hash, generate_password_hash

MAXIMUM_LENGTH = 1000
# A guess at a stolen hash costs 16 MB and some 50 ms of a core.
_METHOD = "scrypt:16384:8:1"
# The hash of no password: what an unknown name is compared with. Made up, because hashing takes long at each start.
OF_NOBODY = f"{_METHOD}${secrets.token_urlsafe(12)}${secrets.token_hex(64)}"


def hash_password(password: str) -> str:
    """The stored form of a password: scrypt with a salt of its own."""
    return generate_password_hash(password, _METHOD)


def matches(password: str, stored: str) -> bool:
    """Whether a password is that of a stored form, compared in constant time."""
    return check_password_hash(stored, password)
