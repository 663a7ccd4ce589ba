"""Who asks for a document: other servers sign requests, and some documents depend on that (docs/federation.md)."""

from __future__ import annotations

import threading
from typing import Any, NamedTuple

from flask import g, request

from pleroma import db
from pleroma.db import queries
from pleroma.errors import ApiError, Forbidden
from pleroma.federation import claims, lookups, signatures, uris
from pleroma.federation.signatures import BadSignature, Claim, Request
from pleroma.web.state import configured

_PATIENCE = 3.0
# A request that waits for a key holds a thread.
_waiting = threading.Lock()


class Signer(NamedTuple):
    """The actor that signed a request: its id and host, and whether it is a server itself."""

    uri: str
    host: str
    is_server: bool


def target() -> str:
    """The path and query as they were sent: they were signed so."""
    sent = request.environ.get("RAW_URI") or request.environ.get("REQUEST_URI")
    if isinstance(sent, str) and sent.startswith("/"):
        return sent
    query = request.query_string.decode("latin-1")
    return request.path + (f"?{query}" if query else "")


def sent() -> Request:
    """What of the request can be signed."""
    config = configured()
    headers = {name.lower(): text for name, text in request.headers}
    return Request(request.method, target(), config.domain, headers, config.base_url.partition(":")[0])


def must_sign(is_public: bool) -> bool:
    """Whether documents are for those alone who sign; `is_public` is the setting in force."""
    return configured().authorized_fetch or not is_public


def admit(is_public: bool) -> None:
    """Let a request for a document pass. Raises Forbidden for a refused host, a 401 where it has to be signed."""
    refuse_host()
    if must_sign(is_public) and signer() is None:
        raise ApiError("Request not signed", 401)


def refuse_host() -> None:
    """Raises Forbidden when the request says that it is of a host that is refused: nobody claims that in vain."""
    asking = _asking()
    if asking is not None and asking.known.is_refused:
        raise Forbidden("Your server is refused here")


def signer(*, waits: bool = True) -> Signer | None:
    """The actor that signed the request; None when it is not signed, or by a key that is not to be had soon.

    Unless `waits` is false, the worker is asked for a key that is not here, by one request in each process at a time.
    Called outside of transactions.
    """
    asking = _asking()
    if asking is None:
        return None
    claim, host, known = asking
    is_verified = known.owner is not None and signatures.is_made_by(known.public_key, claim)
    may_be_new = known.owner is None or known.is_old
    if not is_verified and waits and may_be_new and _was_asked_for(claim.key_id):
        known = _known(claim, host)
        is_verified = known.owner is not None and signatures.is_made_by(known.public_key, claim)
    return Signer(known.owner, host, known.is_application) if is_verified and not known.is_refused else None


class _Asking(NamedTuple):
    """What the signature claims, the host of its key, and what is known of both."""

    claim: Claim
    host: str
    known: Any


def _asking() -> _Asking | None:
    """Who asks, looked up once for each request; None without a signature that counts."""
    if "asking" not in g:
        try:
            claim = claims.read(sent(), None)
            host = uris.host_of(uris.accepted(claim.key_id, configured()))
            g.asking = _Asking(claim, host, _known(claim, host))
        except (BadSignature, uris.BadUri):
            g.asking = None
    asking: _Asking | None = g.asking
    return asking


def _known(claim: Claim, host: str) -> Any:
    with db.connection() as connection:
        return queries.activitypub.signer(connection, key_id=claim.key_id, host=host)


def _was_asked_for(key_id: str) -> bool:
    """Have the worker ask for a key, and wait for it; False when another request waits already."""
    if not _waiting.acquire(blocking=False):
        return False
    try:
        lookups.wait_for(lookups.KEY, key_id, configured(), _PATIENCE)
    finally:
        _waiting.release()
    return True
