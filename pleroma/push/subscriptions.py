"""What a client sends to subscribe, checked: an endpoint, two keys, alerts and a policy."""

from __future__ import annotations

import base64
import re
import socket
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from pleroma import remote
from pleroma.errors import Unprocessable

ALERTS = (
    "mention", "status", "reblog", "follow", "follow_request", "favourite", "poll", "update", "admin.sign_up",
    "admin.report", "pleroma:emoji_reaction", "pleroma:chat_mention",
)  # fmt: skip
POLICIES = ("all", "followed", "follower", "none")
_LONGEST = 2048
_POINT_SIZE, _SECRET_SIZE = 65, 16
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{1,200}={0,2}", re.ASCII)
_PRINTABLE = re.compile(r"[!-~]+", re.ASCII)
_LOCAL_NAMES = ("localhost", "local", "internal", "lan", "home.arpa")


def endpoint(sent: Any, allow_loopback: bool) -> str:
    """The address of a push service; `allow_loopback` opens this machine, by http too.

    Which address a name has is looked at when something is pushed. Raises Unprocessable.
    """
    if not isinstance(sent, str) or not sent:
        raise Unprocessable("subscription[endpoint] is missing")
    if len(sent) > _LONGEST:
        raise Unprocessable(f"subscription[endpoint] should be at most {_LONGEST} character(s)")
    try:
        parts = urlsplit(sent)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not _PRINTABLE.fullmatch(sent) or not host or port == 0 or "%" in host or "\\" in sent:
        raise Unprocessable("subscription[endpoint] is not an absolute URL")
    if "@" in parts.netloc:
        raise Unprocessable("subscription[endpoint] must not hold credentials")
    _require_open(parts.scheme, host, allow_loopback)
    return sent


def _require_open(scheme: str, host: str, allow_loopback: bool) -> None:
    here = allow_loopback and _is_open(host, True) and not _is_open(host, False)
    if scheme != "https" and not (here and scheme == "http"):
        raise Unprocessable("subscription[endpoint] is not an https URL")
    if not here and not _is_open(host, False):
        raise Unprocessable("subscription[endpoint] is not on the open internet")


def _is_open(host: str, allow_loopback: bool) -> bool:
    """Whether a host may be reached, as far as its name says."""
    name = host.rstrip(".")
    try:
        # No name is looked up: only the many spellings of a number are understood.
        address = str(socket.getaddrinfo(name, None, flags=socket.AI_NUMERICHOST)[0][4][0])
    except (OSError, UnicodeError):
        if name == "localhost":
            return allow_loopback
        return "." in name and not any(name.endswith(f".{local}") for local in _LOCAL_NAMES)
    try:
        remote.refuse_closed(address, allow_loopback)
    except remote.RemoteError:
        return False
    return True


def p256dh(sent: Any) -> bytes:
    """The client's public key: a point of P-256, uncompressed. Raises Unprocessable."""
    from cryptography.hazmat.primitives.asymmetric import ec

    point = _decoded(sent)
    try:
        if len(point) != _POINT_SIZE:
            raise ValueError
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError:
        raise Unprocessable("subscription[keys][p256dh] is not an uncompressed point of P-256") from None
    return point


def auth(sent: Any) -> bytes:
    """The client's secret of 16 bytes. Raises Unprocessable."""
    secret = _decoded(sent)
    if len(secret) != _SECRET_SIZE:
        raise Unprocessable("subscription[keys][auth] is not a secret of 16 bytes")
    return secret


def _decoded(sent: Any) -> bytes:
    """The bytes of base64 or base64url, padded or not; none for what is neither."""
    if not isinstance(sent, str) or not _BASE64.fullmatch(sent):
        return b""
    digits = sent.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(digits + "=" * (-len(digits) % 4), validate=True)
    except ValueError:
        return b""


def alerts(sent: Mapping[str, bool | None]) -> list[str]:
    """The names of the alerts that are on; unknown ones are left out."""
    return [name for name in ALERTS if sent.get(name)]


def policy(sent: Any) -> str:
    """From whom notifications are pushed; "all" when nothing was sent. Raises Unprocessable."""
    if sent is None or sent == "":
        return "all"
    if sent not in POLICIES:
        raise Unprocessable(f"policy is none of {', '.join(POLICIES)}")
    return str(sent)
