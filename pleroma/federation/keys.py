"""The keys by which others know that something is from an actor of ours: RSA of 2048 bits, one pair for each."""

from __future__ import annotations

from typing import Any

from psycopg import Connection

from pleroma.db import queries

INSTANCE = "/actor"
_BITS, _EXPONENT = 2048, 65537


def path_of(nickname: str) -> str:
    """The path of the actor of a local account, which its key belongs to."""
    return f"/users/{nickname}"


def public_key(connection: Connection, owner: str, nickname: str | None = None) -> str:
    """The public key of an actor in PEM; made, with the private one, when it is asked for first."""
    return str(_pair(connection, owner, nickname).public_key)


def private_key(connection: Connection, owner: str, nickname: str | None = None) -> str:
    """The private key of an actor in PEM; made when it is asked for first."""
    return str(_pair(connection, owner, nickname).private_key)


def rotate(connection: Connection, nickname: str) -> bool:
    """Give a local account another key, which the one before announces; False while the last such change goes on.

    What is stored by now, the announcement included, is signed by the one before for two hours, everything after it by
    the new one; the actor shows the new one at once.
    """
    owner = path_of(nickname)
    # An account without a key gets its first one here, so that there is one to sign the announcement.
    _pair(connection, owner, nickname)
    private, public = _made()
    row = queries.activitypub.change_key(connection, owner=owner, private_key=private, public_key=public)
    if row is not None:
        queries.activitypub.announce_key(connection, owner=owner, account_id=row.account_id)
    return row is not None


def _pair(connection: Connection, owner: str, nickname: str | None) -> Any:
    row = queries.activitypub.key(connection, owner=owner)
    if row is None:
        private, public = _made()
        queries.activitypub.keep_key(connection, owner=owner, nickname=nickname, private_key=private, public_key=public)
        # Somebody else may have been faster.
        row = queries.activitypub.key(connection, owner=owner)
    return row


def _made() -> tuple[str, str]:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(_EXPONENT, _BITS)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()
