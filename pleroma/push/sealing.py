"""Access tokens as they are kept beside subscriptions: encrypted by a key that the secret key gives.

The database alone logs nobody in.
"""

from __future__ import annotations

import os
from functools import cache

from pleroma.config import Config, secret_key

_LABEL = b"access tokens of push subscriptions"
_NONCE_SIZE = 12


@cache
def _key(secret: str) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(SHA256(), 32, salt=None, info=_LABEL).derive(secret.encode())


def seal(token: str, token_id: int, config: Config) -> bytes:
    """The token encrypted, good for its row alone."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(_NONCE_SIZE)
    return nonce + AESGCM(_key(secret_key(config))).encrypt(nonce, token.encode(), str(token_id).encode())


def unseal(sealed: bytes, token_id: int, config: Config) -> str | None:
    """The token; None when it was sealed under another secret key or for another row."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce, content = sealed[:_NONCE_SIZE], sealed[_NONCE_SIZE:]
    try:
        return AESGCM(_key(secret_key(config))).decrypt(nonce, content, str(token_id).encode()).decode()
    except InvalidTag:
        return None
