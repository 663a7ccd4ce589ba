"""Who sent a request: its signature, as servers of this kind make it (draft-cavage-http-signatures-12), and keys.

What is claimed is read without a key (`claim`), so that a request whose key is not here yet can wait for it;
`is_made_by` looks whether a key made the signature. Nothing here decides whom a key belongs to.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import formatdate, parsedate_to_datetime
from functools import lru_cache
from hmac import compare_digest
from typing import TYPE_CHECKING

from pleroma.federation import uris

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

# Seconds that a clock may be wrong, and a request on its way.
WINDOW = 65 * 60
_LONGEST, _MOST_HEADERS, _LONGEST_KEY = 8192, 40, 8192
_PARAMETER = re.compile(r'[ \t]*([A-Za-z]{1,20})=(?:"([^"]*)"|([0-9]{1,12}))[ \t]*(?:,|$)')
_HEADERS = re.compile(r"[a-z0-9()\-_]+(?: [a-z0-9()\-_]+)*")
_ALGORITHMS = ("rsa-sha256", "hs2019")
_TARGET, _CREATED, _EXPIRES = "(request-target)", "(created)", "(expires)"
_SIZES, _EXPONENTS = range(2048, 4097), range(3, 2**32 + 1)


class BadSignature(Exception):
    """A signature that is not there, not well formed, or covers too little; the text says why."""


@dataclass(frozen=True, slots=True)
class Request:
    """What of a request can be signed. `target` is the path with its query; headers in lower case.

    `host` and `scheme` are those of our own address, whatever the request says.
    """

    method: str
    target: str
    host: str
    headers: Mapping[str, str]
    scheme: str = "https"


@dataclass(frozen=True, slots=True)
class Claim:
    """That a key made a signature over one of some texts: some servers leave the query out."""

    key_id: str
    algorithm: str
    signature: bytes
    texts: tuple[bytes, ...]


def claim(request: Request, body: bytes | None, now: float) -> Claim:
    """What the signature of a request claims; `body` is None for a request without one. Raises BadSignature.

    Everything is looked at that needs no key: what is covered, the time, the digest of the very bytes, and that the
    request was made for this server.
    """
    parameters = _parameters(request.headers.get("signature", ""))
    covered = _covered(parameters, body is not None)
    _require_now(parameters, request.headers, covered, now)
    if "digest" in covered:
        _require_digest(request.headers.get("digest", ""), body or b"")
    targets = dict.fromkeys((request.target, request.target.partition("?")[0]))
    texts = tuple(_text(request, covered, parameters, target) for target in targets)
    try:
        signature = base64.b64decode(parameters["signature"], validate=True)
    except ValueError as error:
        raise BadSignature("the signature is not Base64") from error
    return Claim(parameters["keyId"], parameters.get("algorithm", "").lower(), signature, texts)


def _parameters(written: str) -> dict[str, str]:
    if not written or len(written) > _LONGEST:
        raise BadSignature("there is no signature" if not written else "the signature is too long")
    found: dict[str, str] = {}
    place = 0
    while place < len(written):
        match = _PARAMETER.match(written, place)
        if match is None or match[1] in found:
            raise BadSignature("the signature is not well formed")
        found[match[1]] = match[3] if match[2] is None else match[2]
        place = match.end()
    if not all(found.get(name) for name in ("keyId", "headers", "signature")):
        raise BadSignature("the signature lacks keyId, headers or signature")
    if found.get("algorithm", "hs2019").lower() not in _ALGORITHMS:
        raise BadSignature("the algorithm is not accepted")
    return found


def _covered(parameters: dict[str, str], has_body: bool) -> list[str]:
    written = parameters["headers"].lower()
    covered = written.split(" ")
    if not _HEADERS.fullmatch(written) or len(covered) > _MOST_HEADERS or len(set(covered)) < len(covered):
        raise BadSignature("headers is not a list of different names")
    if any(name.startswith("(") and name not in (_TARGET, _CREATED, _EXPIRES) for name in covered):
        raise BadSignature("headers has a name that is not known")
    is_old = parameters.get("algorithm", "").lower() == "rsa-sha256"
    if is_old and (_CREATED in covered or _EXPIRES in covered):
        raise BadSignature("(created) and (expires) are not for rsa-sha256")
    needed = {_TARGET, "host", *(("digest",) if has_body else ())}
    if not needed <= set(covered) or not {"date", _CREATED} & set(covered):
        raise BadSignature("too little is signed")
    return covered


def _require_now(parameters: dict[str, str], headers: Mapping[str, str], covered: list[str], now: float) -> None:
    times = []
    if "date" in covered:
        times.append(_date(headers.get("date", "")))
    if _CREATED in covered or "created" in parameters:
        times.append(_seconds(parameters, "created"))
    require_near(times, now)
    if ("expires" in parameters or _EXPIRES in covered) and _seconds(parameters, "expires") < now:
        raise BadSignature("the signature has expired")


def require_near(times: Iterable[float], now: float) -> None:
    """Raises BadSignature for a time of making that is too far from now: it may be an old request, sent again."""
    if any(abs(now - moment) > WINDOW for moment in times):
        raise BadSignature("the time is too far from now")


def _date(written: str) -> float:
    try:
        read = parsedate_to_datetime(written)
        # Without a zone it is not that of this machine.
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError) as error:
        raise BadSignature("the date cannot be read") from error


def _seconds(parameters: dict[str, str], name: str) -> int:
    written = parameters.get(name, "")
    if not (written.isascii() and written.isdigit() and len(written) <= 12):
        raise BadSignature(f"{name} is not a time")
    return int(written)


def _require_digest(written: str, body: bytes) -> None:
    parts = [part.strip() for part in written.split(",")]
    found = [part.partition("=")[2] for part in parts if part.lower().startswith("sha-256=")]
    if len(found) != 1 or not compare_digest(found[0].encode("utf-8", "replace"), _digest(body)):
        raise BadSignature("the digest is not that of the body")


def _digest(body: bytes) -> bytes:
    return base64.b64encode(hashlib.sha256(body).digest())


def _text(request: Request, covered: list[str], parameters: dict[str, str], target: str) -> bytes:
    lines = []
    for name in covered:
        if name == _TARGET:
            value = f"{request.method.lower()} {target}"
        elif name in (_CREATED, _EXPIRES):
            value = parameters[name.strip("()")]
        elif name == "host":
            # Whatever it was sent to: nobody else's request is good here.
            value = request.host
        elif name in request.headers:
            value = request.headers[name].strip()
        else:
            raise BadSignature(f"{name} is signed and not there")
        lines.append(f"{name}: {value}")
    # A server gives each byte of a header as the character of its number.
    return "\n".join(lines).encode("latin-1", "replace")


def is_made_by(public_key: str, claimed: Claim) -> bool:
    """Whether a key, in PEM, made the signature that is claimed. One that is not accepted has made none."""
    try:
        key = _loaded(public_key)
    except ValueError:
        return False
    # hs2019 says nothing of the digest.
    names = ("SHA256", "SHA512") if claimed.algorithm == "hs2019" else ("SHA256",)
    return any(_verifies(key, claimed, text, name) for text in claimed.texts for name in names)


def _verifies(key: RSAPublicKey | Ed25519PublicKey, claimed: Claim, text: bytes, digest: str) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ed25519, padding

    if claimed.algorithm == ("rsa-v1_5-sha256" if isinstance(key, ed25519.Ed25519PublicKey) else "ed25519"):
        return False
    try:
        if isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(claimed.signature, text)
        else:
            key.verify(claimed.signature, text, padding.PKCS1v15(), getattr(hashes, digest)())
    except InvalidSignature:
        return False
    return True


def require_good(public_key: str) -> None:
    """Raises ValueError for a key that is not accepted: neither Ed25519 nor RSA of 2048 to 4096 bits."""
    _loaded(public_key)


@lru_cache(maxsize=512)
def _loaded(public_key: str) -> RSAPublicKey | Ed25519PublicKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    if len(public_key) > _LONGEST_KEY:
        raise ValueError("the key is too long")
    try:
        key = load_pem_public_key(public_key.encode())
    except UnsupportedAlgorithm as error:
        raise ValueError("the key is of no known kind") from error
    if isinstance(key, Ed25519PublicKey):
        return key
    if not isinstance(key, RSAPublicKey) or key.key_size not in _SIZES:
        raise ValueError("the key is neither Ed25519 nor RSA of 2048 to 4096 bits")
    exponent = key.public_numbers().e
    if exponent not in _EXPONENTS or exponent % 2 == 0:
        raise ValueError("the key has a strange exponent")
    return key


def signed(
    method: str, url: str, key_id: str, private_key: str, body: bytes | None = None, *, with_query: bool = True
) -> dict[str, str]:
    """The headers that sign a request of an actor of ours; with a body its Content-Type and Digest, too."""
    from cryptography.hazmat.primitives.asymmetric import padding
    from cryptography.hazmat.primitives.hashes import SHA256

    target = _sent_target(url)
    if not with_query:
        target = target.partition("?")[0]
    headers = {"Host": uris.host_of(url), "Date": formatdate(usegmt=True)}
    if body is not None:
        headers |= {"Digest": f"SHA-256={_digest(body).decode()}", "Content-Type": "application/activity+json"}
    covered = [_TARGET, *(name.lower() for name in headers)]
    values = {_TARGET: f"{method.lower()} {target}", **{name.lower(): value for name, value in headers.items()}}
    text = "\n".join(f"{name}: {values[name]}" for name in covered).encode()
    made = base64.b64encode(_own(private_key).sign(text, padding.PKCS1v15(), SHA256())).decode()
    headers["Signature"] = f'keyId="{key_id}",algorithm="rsa-sha256",headers="{" ".join(covered)}",signature="{made}"'
    return headers


def _sent_target(url: str) -> str:
    """Path and query as `remote` sends them: in ASCII, and otherwise written than some addresses are."""
    from requests.models import PreparedRequest

    prepared = PreparedRequest()
    prepared.prepare_url(url, None)
    return str(prepared.path_url)


@lru_cache(maxsize=256)
def _own(private_key: str) -> RSAPrivateKey:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    # We made it; to check it again takes longer than all else.
    key = load_pem_private_key(private_key.encode(), None, unsafe_skip_rsa_key_validation=True)
    assert isinstance(key, RSAPrivateKey)  # noqa: S101 (no other is made here)
    return key
