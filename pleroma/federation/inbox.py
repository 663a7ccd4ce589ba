"""What others send, as it comes in: looked at as far as that needs no network, and put where the worker takes it from.

Nothing is done here that an activity asks for. Who sent it is known by its signature; when the key is not here yet, it
waits with what was signed (docs/federation.md).
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import Any

from psycopg import Connection

from pleroma.config import Config
from pleroma.db import queries
from pleroma.errors import ApiError, Forbidden, InvalidParameters, NotFound, Throttled
from pleroma.federation import claims, signatures, uris, vocabulary
from pleroma.federation.signatures import BadSignature, Claim, Request
from pleroma.federation.vocabulary import Document

# Some servers give these no id.
_WITHOUT_ID = frozenset(("Accept", "Add", "Delete", "Reject", "Remove", "Undo"))
# Some give one id to what they do again: follow after an unfollow, change a profile or a status, count a poll. After
# so many seconds it is no repeated delivery. Without a number it is done once.
_AGAIN_AFTER = dict.fromkeys(("Add", "Remove", "Undo", "Update"), 0) | dict.fromkeys(
    ("Accept", "Announce", "Block", "EmojiReact", "Follow", "Like", "Reject"), 10
)
_MOST_OF_HOST, _MOST = 2000, 20_000
_MOST_UNVERIFIED_OF_HOST, _MOST_UNVERIFIED_OF_ADDRESS = 20, 50
_RETRY_UNVERIFIED, _RETRY_FULL = "300", "60"


@dataclass(frozen=True)
class Activity:
    """An activity as it was sent, with who is said to have done it, and the host of that."""

    document: Document
    actor: str
    host: str
    key: bytes


def read(body: bytes, config: Config) -> Activity:
    """Read an activity. Raises InvalidParameters for what is none, and for one that speaks of another server's."""
    try:
        document = vocabulary.parse(body)
        actor = uris.accepted(vocabulary.address(document.get("actor")), config)
        name = document.get("id")
        kind = vocabulary.kind(document)
        if not kind:
            raise InvalidParameters("The activity has no type")
        if name is not None or kind not in _WITHOUT_ID:
            name = uris.accepted(name, config)
        if name and kind == "Undo" and uris.is_ours(name, config):
            # Some make it of the id of whom or what they take back, which is not theirs to name.
            name = None
    except vocabulary.Unreadable as error:
        raise InvalidParameters(str(error)) from error
    except uris.BadUri as error:
        raise InvalidParameters(f"An id {error}") from error
    if uris.is_ours(actor, config) or name and not uris.same_origin(name, actor):
        raise InvalidParameters("The activity is of another server than its actor")
    key = hashlib.sha256(name.encode() if name else body).digest()
    return Activity(document, actor, uris.host_of(actor), key)


def accept(
    connection: Connection, request: Request, body: bytes, nickname: str | None, address: str, config: Config
) -> None:
    """Put in what somebody sent to the inbox of an account, or that of all, once.

    `address` is where it came from, as limits count it. Raises InvalidParameters, NotFound and a 410 for an account
    that is not there, Forbidden for a host that is refused, a 401 for a signature that does not hold, Throttled when
    too much waits for its key, and a 503 when too much waits at all.
    """
    activity = read(body, config)
    claim, problem = _claim(request, body, config)
    key_id = claim.key_id if claim else activity.actor
    came = {"key": activity.key, "again_after": _AGAIN_AFTER.get(vocabulary.kind(activity.document))}
    sender = queries.inbox.sender(
        connection, key_id=key_id, host=activity.host, key_host=uris.host_of(key_id), nickname=nickname, **came
    )
    if sender.is_for_nobody:
        raise ApiError("Gone", 410) if sender.is_gone else NotFound()
    if sender.is_refused:
        raise Forbidden("Your server is refused here")
    if claim is None:
        raise _unauthorized(problem)
    is_verified = _is_verified(sender, claim, activity)
    if sender.is_repeated or _is_of_a_stranger(connection, activity):
        return
    _require_room(connection, sender, activity, address, is_verified)
    queries.inbox.put(
        connection,
        **came,
        host=activity.host,
        address=address,
        recipient_id=sender.recipient_id,
        body=body,
        signed=None if is_verified else _kept(claim),
    )


def _claim(request: Request, body: bytes, config: Config) -> tuple[Claim | None, str]:
    """What the signature claims, or why it claims nothing."""
    try:
        claim = claims.read(request, body)
        uris.accepted(claim.key_id, config)
    except BadSignature as error:
        return None, str(error)
    except uris.BadUri as error:
        return None, f"keyId {error}"
    return claim, ""


def _is_verified(sender: Any, claim: Claim, activity: Activity) -> bool:
    """Whether the key that is here made the signature. Raises a 401 when it did not, and cannot have changed."""
    # No key of another server is ever the actor's: not even asked for.
    if sender.owner not in (None, activity.actor) or not uris.same_origin(claim.key_id, activity.actor):
        raise _unauthorized("the key belongs to somebody else")
    if sender.owner is None:
        return False
    if signatures.is_made_by(sender.public_key, claim):
        return True
    if not sender.is_old:
        raise _unauthorized("the key did not make it")
    return False


def _is_of_a_stranger(connection: Connection, activity: Activity) -> bool:
    """Whether somebody whom nobody here knows says of themselves that they are gone: there is nothing to do."""
    document = activity.document
    is_end = vocabulary.kind(document) == "Delete" and vocabulary.address(document.get("object")) == activity.actor
    return is_end and not queries.inbox.is_known(connection, actor=activity.actor).yes


def _require_room(connection: Connection, sender: Any, activity: Activity, address: str, is_verified: bool) -> None:
    if not is_verified:
        waiting = queries.inbox.unverified(connection, host=activity.host, address=address)
        if waiting.of_host >= _MOST_UNVERIFIED_OF_HOST or waiting.of_address >= _MOST_UNVERIFIED_OF_ADDRESS:
            raise _later(Throttled("Too much waits for its key"), _RETRY_UNVERIFIED)
    if sender.of_host >= _MOST_OF_HOST or sender.of_all >= _MOST:
        raise _later(ApiError("Too much waits at the moment", 503), _RETRY_FULL)


def _later(error: ApiError, seconds: str) -> ApiError:
    error.headers["Retry-After"] = seconds
    return error


def _unauthorized(why: str) -> ApiError:
    return ApiError(f"The signature is not accepted: {why}", 401)


def _kept(claim: Claim) -> str:
    """A claim as it waits for its key."""
    return json.dumps(
        {
            "key_id": claim.key_id,
            "algorithm": claim.algorithm,
            "signature": base64.b64encode(claim.signature).decode(),
            "texts": [base64.b64encode(text).decode() for text in claim.texts],
        }
    )


def claimed(kept: dict[str, Any]) -> Claim:
    """A claim that waited."""
    texts = tuple(base64.b64decode(text) for text in kept["texts"])
    return Claim(kept["key_id"], kept["algorithm"], base64.b64decode(kept["signature"]), texts)
