"""How a push is encrypted for its client and signed for its push service."""

from __future__ import annotations

import base64
import os
import time
from functools import cache, lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pleroma import vapid
from pleroma.config import Config, vapid_key, vapid_public_key

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

_HOUR = 3600
_LIFETIME = 12 * _HOUR
# A push service that takes nothing but the standard.
_APPLE = "push.apple.com"


def encrypt(content: bytes, endpoint: str, p256dh: bytes, auth: bytes, standard: bool) -> tuple[bytes, dict[str, str]]:
    """The content encrypted by the standard (RFC 8291), or as clients read it before there was one, and its headers."""
    import http_ece
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    key, salt = ec.generate_private_key(ec.SECP256R1()), os.urandom(16)
    encoding = "aes128gcm" if standard or _is_apple(endpoint) else "aesgcm"
    body = http_ece.encrypt(content, salt=salt, private_key=key, dh=p256dh, auth_secret=auth, version=encoding)
    headers = {"Content-Encoding": encoding}
    if encoding == "aesgcm":
        point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        headers |= {"Encryption": f"salt={_digits(salt)}", "Crypto-Key": f"dh={_digits(point)}"}
    return body, headers


def sign(headers: dict[str, str], endpoint: str, config: Config) -> dict[str, str]:
    """The headers of `encrypt` with those by which the push service knows this server (RFC 8292, or its draft)."""
    key = vapid_public_key(config)
    token = _token(_origin(endpoint), config.contact_email, vapid_key(config), int(time.time()) // _HOUR)
    if "Crypto-Key" not in headers:
        return {**headers, "Authorization": f"vapid t={token}, k={key}"}
    known_by = f"{headers['Crypto-Key']};p256ecdsa={key}"
    return {**headers, "Crypto-Key": known_by, "Authorization": f"WebPush {token}"}


@lru_cache(1000)
def _token(origin: str, contact: str, pem: str, hour: int) -> str:
    """Who sends, signed: for an origin, and as often as the hour changes."""
    from py_vapid import jwt

    claims = {"aud": origin, "exp": int(time.time()) + _LIFETIME, "sub": f"mailto:{contact}"}
    return str(jwt.sign(claims, _private_key(pem)))


@cache
def _private_key(pem: str) -> EllipticCurvePrivateKey:
    from cryptography.hazmat.primitives.serialization import load_der_private_key

    key: EllipticCurvePrivateKey = load_der_private_key(vapid.der(pem), None)  # type: ignore[assignment]
    return key


def _digits(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _origin(endpoint: str) -> str:
    parts = urlsplit(endpoint)
    usual = {"https": 443, "http": 80}[parts.scheme]
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port not in (None, usual) else "")


def _is_apple(endpoint: str) -> bool:
    host = (urlsplit(endpoint).hostname or "").rstrip(".")
    return host == _APPLE or host.endswith(f".{_APPLE}")
