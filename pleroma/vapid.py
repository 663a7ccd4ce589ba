"""The key by which push services know this server (VAPID, RFC 8292): a private key of P-256, in PEM.

Its public half stands at the end of the same text, so that reading it takes no library.
"""

from __future__ import annotations

import base64
import re
from functools import cache

_PRIVATE = re.compile(
    r"-----BEGIN (?P<kind>(?:EC )?PRIVATE KEY)-----(?P<body>[A-Za-z0-9+/=\s]+)-----END (?P=kind)-----"
)
_P256 = bytes.fromhex("06082a8648ce3d030107")
# A string of 65 whole bytes, the first of which says that both coordinates follow.
_POINT = bytes.fromhex("034200") + b"\x04"
_POINT_SIZE = 65


def make() -> str:
    """A new private key in PEM."""
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode().strip()


def der(pem: str) -> bytes:
    """The bytes of the key. Raises ValueError when the text is no private key of P-256 with its public half."""
    match = _PRIVATE.search(pem)
    if match is None:
        raise ValueError("is not a private key in PEM, without a password")
    try:
        content = base64.b64decode("".join(match["body"].split()), validate=True)
    except ValueError:
        raise ValueError("is not valid PEM") from None
    start = -_POINT_SIZE - 3
    if _P256 not in content or content[start : start + len(_POINT)] != _POINT:
        raise ValueError("is not a key of the curve P-256 that holds its public half")
    return content


@cache
def public_key(pem: str) -> str:
    """The public half as clients get it: base64url without padding. Raises ValueError as `der` does."""
    return base64.urlsafe_b64encode(der(pem)[-_POINT_SIZE:]).decode().rstrip("=")
