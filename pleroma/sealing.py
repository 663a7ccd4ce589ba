"""Secrets as they are kept in the database: encrypted by a key that the secret key gives, another one for each purpose.

The database alone logs nobody in.
"""

from __future__ import annotations

import os
from functools import cache

from pleroma.config import Config, secret_key

PUSH_TOKENS = "access tokens of push subscriptions"
SECOND_FACTORS = "keys of second factors"
_NONCE_SIZE = 12


@cache
def _key(secret: str, purpose: str) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(SHA256(), 32, salt=None, info=purpose.encode()).derive(secret.encode())


def seal(purpose: str, text: str, row_id: int, config: Config) -> bytes:
    """A text encrypted, good for its purpose and its row alone."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(_NONCE_SIZE)
    return nonce + AESGCM(_key(secret_key(config), purpose)).encrypt(nonce, text.encode(), str(row_id).encode())


def unseal(purpose: str, sealed: bytes, row_id: int, config: Config) -> str | None:
    """The text; None when it was sealed under another secret key, for another purpose or for another row."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce, content = sealed[:_NONCE_SIZE], sealed[_NONCE_SIZE:]
    try:
        return AESGCM(_key(secret_key(config), purpose)).decrypt(nonce, content, str(row_id).encode()).decode()
    except InvalidTag:
        return None
