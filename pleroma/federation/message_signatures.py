"""Who sent a request, by the newer form of signatures (RFC 9421), read as far as that needs no key.

Senders that knock with it first fall back on the older form after a 401.
"""

from __future__ import annotations

import hashlib
from hmac import compare_digest
from typing import Any, NoReturn

from pleroma.federation.signatures import BadSignature, Claim, Request, require_near

_LONGEST, _MOST_COMPONENTS = 8192, 40
_ALGORITHMS = ("", "rsa-v1_5-sha256", "ed25519")
_DIGESTS = {"sha-256": hashlib.sha256, "sha-512": hashlib.sha512}


def claim(request: Request, body: bytes | None, now: float) -> Claim:
    """What the signature of a request claims; `body` is None for a request without one. Raises BadSignature.

    What must be covered is docs/federation.md's; the text that is signed is RFC 9421 2.5.
    """
    from http_sf import ser

    label, (components, parameters) = _only(_dictionary(request, "signature-input"), list)
    signature_label, (signature, _) = _only(_dictionary(request, "signature"), bytes)
    if signature_label != label:
        raise BadSignature("Signature and Signature-Input name different signatures")
    covered = _covered(components, body is not None)
    key_id, algorithm = parameters.get("keyid"), parameters.get("alg", "")
    if type(key_id) is not str or not key_id:
        raise BadSignature("the signature lacks keyid")
    if type(algorithm) is not str or algorithm not in _ALGORITHMS:
        raise BadSignature("the algorithm is not accepted")
    _require_now(parameters, now)
    if "content-digest" in covered:
        _require_digest(request, body or b"")
    text = _text(request, covered, ser([(components, parameters)]))
    return Claim(key_id, algorithm, signature, (text,))


def _dictionary(request: Request, name: str) -> dict[str, Any]:
    from http_sf import StructuredFieldError, parse

    written = request.headers.get(name, "")
    if len(written) > _LONGEST:
        raise BadSignature(f"{name} is too long")
    try:
        found = parse(written.encode("latin-1", "replace"), tltype="dictionary", on_duplicate_key=_refuse_double)
    except StructuredFieldError as error:
        raise BadSignature(f"{name} is not well formed") from error
    assert isinstance(found, dict)  # noqa: S101 (it was asked for)
    return found


def _refuse_double(key: str, _: str) -> NoReturn:
    raise BadSignature(f"{key} is there twice")


def _only(members: dict[str, Any], kind: type) -> tuple[str, tuple[Any, dict[str, Any]]]:
    """The one member of a dictionary: its label, and its value with the parameters of that."""
    if len(members) != 1:
        raise BadSignature("one signature is read, neither none nor several")
    ((label, value),) = members.items()
    if not isinstance(value[0], kind):
        raise BadSignature("the signature is not well formed")
    return label, value


def _covered(components: list[tuple[Any, dict[str, Any]]], has_body: bool) -> list[str]:
    if len(components) > _MOST_COMPONENTS:
        raise BadSignature("too much is signed")
    # Parameters of a component choose a part of it, and no server of this kind does that.
    if any(type(name) is not str or name != name.lower() or of_name for name, of_name in components):
        raise BadSignature("a component is not known")
    covered = [name for name, _ in components]
    if len(set(covered)) < len(covered):
        raise BadSignature("a component is there twice")
    needed = {"@method", *(("content-digest",) if has_body else ())}
    if not needed <= set(covered) or not ("@target-uri" in covered or {"@authority", "@path"} <= set(covered)):
        raise BadSignature("too little is signed")
    return covered


def _require_now(parameters: dict[str, Any], now: float) -> None:
    created, expires = parameters.get("created"), parameters.get("expires")
    if type(created) is not int:
        raise BadSignature("created is not a time")
    require_near([created], now)
    if expires is not None and (type(expires) is not int or expires < now):
        raise BadSignature("the signature has expired")


def _require_digest(request: Request, body: bytes) -> None:
    found = {name: member[0] for name, member in _dictionary(request, "content-digest").items() if name in _DIGESTS}
    if not found:
        raise BadSignature("the digest is of no known kind")
    for name, digest in found.items():
        if not isinstance(digest, bytes) or not compare_digest(digest, _DIGESTS[name](body).digest()):
            raise BadSignature("the digest is not that of the body")


def _text(request: Request, covered: list[str], described: str) -> bytes:
    values = _values(request)
    for name in covered:
        if name not in values:
            raise BadSignature(f"{name[:100]} is signed and not there")
    lines = [f'"{name}": {values[name]}' for name in covered]
    # A server gives each byte of a header as the character of its number.
    return "\n".join([*lines, f'"@signature-params": {described}']).encode("latin-1", "replace")


def _values(request: Request) -> dict[str, str]:
    """The values of components: those of headers, and what RFC 9421 2.2 derives from the request line."""
    path, _, query = request.target.partition("?")
    return {name: text.strip() for name, text in request.headers.items() if not name.startswith("@")} | {
        "@method": request.method,
        # Whatever it was sent to: nobody else's request is good here.
        "@authority": request.host,
        "@target-uri": f"{request.scheme}://{request.host}{request.target}",
        "@request-target": request.target,
        "@scheme": request.scheme,
        "@path": path,
        "@query": f"?{query}",
    }
