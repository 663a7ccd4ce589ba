"""What the signature of a request claims, in whichever form it is written."""

from __future__ import annotations

import time

from pleroma.federation import message_signatures, signatures
from pleroma.federation.signatures import Claim, Request


def read(request: Request, body: bytes | None, now: float | None = None) -> Claim:
    """The claim of the newer form where its header is there, else that of the older one; never one for the other.

    `body` is None for a request without one. Raises BadSignature.
    """
    read_claim = message_signatures.claim if "signature-input" in request.headers else signatures.claim
    return read_claim(request, body, time.time() if now is None else now)
