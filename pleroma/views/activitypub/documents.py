"""What others read: actors, their collections, statuses, and what made them (docs/federation.md 2).

At the addresses of pages it depends on what is accepted whether the page or the document is the answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, request
from psycopg import Connection

from pleroma import db
from pleroma.db import queries
from pleroma.errors import ApiError, NotFound, found
from pleroma.federation import keys
from pleroma.text.clean import is_storable
from pleroma.views.activitypub import signers
from pleroma.web import params
from pleroma.web.params import MAXIMUM_ID, UUID
from pleroma.web.responses import error_response, json_response
from pleroma.web.state import configured, value

blueprint = Blueprint("documents", __name__)
_CONTEXT = "https://www.w3.org/ns/activitystreams"
_TYPE = "application/activity+json; charset=utf-8"
_NAMED = ("application/activity+json", "application/ld+json")
_PAGES = re.compile(r"/(users|objects|notice)/([^/]+)")
_OWN_CONTEXT = f'"@context":"{_CONTEXT}"'.encode()
_ACTIVITIES, _ADDRESSES = 20, 40
_OPEN = (keys.INSTANCE, f"{keys.INSTANCE}/outbox")
# The part of an actor that other servers need to check its signatures and to send to it.
_NEEDED = ("@context", "id", "type", "preferredUsername", "inbox", "endpoints", "publicKey")


def _document(body: bytes | None, status: int = 200) -> Response:
    response = json_response(body, status)
    response.headers["Content-Type"] = _TYPE
    response.headers["Vary"] = "Accept, Signature"
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def _built(value: dict[str, Any], status: int = 200) -> Response:
    return _document(json.dumps({"@context": _CONTEXT, **value}, ensure_ascii=False).encode(), status)


def _wants_document() -> bool:
    """Whether a document is named, or JSON wanted rather than HTML."""
    accepted = request.headers.get("Accept", "").lower()
    if any(name in accepted for name in _NAMED):
        return True
    accept = request.accept_mimetypes
    return accept["application/json"] > accept["text/html"]


@blueprint.before_app_request
def answer_with_document() -> Response | None:
    """Answer a request for the document at the address of a page."""
    place = _PAGES.fullmatch(request.path)
    if place is None or request.method not in ("GET", "HEAD") or not _wants_document():
        return None
    try:
        return {"users": actor, "objects": note, "notice": _note_of_page}[place[1]](place[2])
    except ApiError as error:
        # The page's own error would be one for people.
        return error_response(error)


@blueprint.before_request
def require_admission() -> None:
    """Let nobody read documents who is refused, or has to sign and does not. Raises Forbidden, a 401."""
    # To check a signature of ours, another server needs the key of this server first.
    if request.path not in _OPEN:
        signers.admit(bool(value("public")))


@blueprint.after_app_request
def say_what_it_depends_on(response: Response) -> Response:
    """Let caches keep page and document apart."""
    if _PAGES.fullmatch(request.path):
        response.headers["Vary"] = "Accept, Signature"
    return response


def _gone(path: str) -> Response:
    return _built({"id": f"{configured().base_url}{path}", "type": "Tombstone"}, 410)


def actor(nickname: str) -> Response:
    """An account as an actor. Raises NotFound, Forbidden for a refused host; a tombstone for one that was deleted.

    Where documents are for those who sign, others see what is needed to speak with it.
    """
    signers.refuse_host()
    if not is_storable(nickname):
        raise NotFound()
    document, written, is_gone, is_public = _read_actor(nickname)
    reader = signers.signer(waits=signers.must_sign(is_public))
    if reader is not None:
        _require_unblocked(nickname, reader.uri)
    if is_gone == b"t" and written is None:
        return _gone(keys.path_of(nickname))
    if document is not None and signers.must_sign(is_public) and reader is None:
        whole = json.loads(document.replace(b"\x01", configured().base_url.encode()))
        return _built({name: whole[name] for name in _NEEDED})
    return _document(document)


def _read_actor(nickname: str) -> tuple[bytes | None, bytes | None, bytes, bool]:
    """The row of activitypub.actor; the account has a key from now on."""
    named = {"nickname": nickname, "host": configured().domain}
    with db.connection() as connection:
        document, written, is_gone, is_public = queries.activitypub.actor(connection, **named)
    if document is None and written is not None:
        with db.in_transaction() as connection:
            keys.public_key(connection, keys.path_of(written.decode()), written.decode())
            document, written, is_gone, is_public = queries.activitypub.actor(connection, **named)
    return document, written, is_gone, is_public == b"t"


def _require_unblocked(nickname: str, uri: str) -> None:
    """Raises NotFound when an account blocks the actor that asks for it."""
    with db.connection() as connection:
        if queries.activitypub.is_blocked(connection, nickname=nickname, uri=uri).yes:
            raise NotFound()


def note(uuid: str) -> Response:
    """A status that everybody, or who signed, may see. Raises NotFound, and as `signers.admit`.

    A tombstone for one that was deleted.
    """
    signers.refuse_host()
    if not UUID.fullmatch(uuid):
        raise NotFound()
    path = f"/objects/{uuid.lower()}"
    with db.connection() as connection:
        body, is_public = queries.activitypub.note(connection, uuid=uuid, host=configured().domain)
        absence = None if body is not None else queries.activitypub.absence(connection, path=path, uuid=uuid)
    signers.admit(is_public == b"t")
    if absence is not None and absence.is_gone:
        return _gone(path)
    return _document(_closed_note(uuid) if absence is not None and absence.is_closed else body)


def _closed_note(uuid: str) -> bytes | None:
    """A status that not everybody may see, when who signed may, or is the server of somebody who may. Else None."""
    reader = signers.signer()
    if reader is None:
        return None
    uri = None if reader.is_server else reader.uri
    with db.connection() as connection:
        body: bytes | None = queries.activitypub.closed_note(
            connection, uuid=uuid, host=configured().domain, reader=uri, reader_host=reader.host
        )
    return body


def _note_of_page(status_id: str) -> Response:
    # Before it is looked for: that it is not there is for those alone who may read it.
    signers.admit(bool(value("public")))
    with db.connection() as connection:
        row = queries.activitypub.uuid(connection, status_id=params.as_identifier(status_id) or 0)
    return note(str(found(row).uuid))


@blueprint.get("/actor")
def instance_actor() -> Response:
    """The server itself as an actor."""
    config = configured()
    base, me = config.base_url, f"{config.base_url}{keys.INSTANCE}"
    with db.in_transaction() as connection:
        key = keys.public_key(connection, keys.INSTANCE)
    return _built(
        {
            "@context": [_CONTEXT, "https://w3id.org/security/v1"],
            "id": me,
            "type": "Application",
            "preferredUsername": config.domain,
            "name": config.instance_name,
            "url": base,
            "inbox": f"{me}/inbox",
            "outbox": f"{me}/outbox",
            "endpoints": {"sharedInbox": f"{base}/inbox"},
            "manuallyApprovesFollowers": True,
            "publicKey": {"id": f"{me}#main-key", "owner": me, "publicKeyPem": key},
        }
    )


@blueprint.get("/actor/outbox")
def instance_outbox() -> Response:
    """The server itself says nothing."""
    address = f"{configured().base_url}{keys.INSTANCE}/outbox"
    return _built({"id": address, "type": "OrderedCollection", "totalItems": 0, "orderedItems": []})


@blueprint.get("/objects/<uuid>/activity")
def creation(uuid: str) -> Response:
    """The Create of a status that everybody may see. Raises NotFound."""
    return _activity(uuid, of_reblog=False)


@blueprint.get("/activities/<uuid>")
def announcement(uuid: str) -> Response:
    """The Announce of a reblog that everybody may see. Raises NotFound."""
    return _activity(uuid, of_reblog=True)


def _activity(uuid: str, *, of_reblog: bool) -> Response:
    if not UUID.fullmatch(uuid):
        raise NotFound()
    with db.connection() as connection:
        return _document(
            queries.activitypub.activity(connection, uuid=uuid, of_reblog=of_reblog, host=configured().domain)
        )


def _owner(connection: Connection, nickname: str) -> tuple[str, Any]:
    """The path of an account, and what its collections say. Raises NotFound, a 410 for one that was deleted."""
    if not is_storable(nickname):
        raise NotFound()
    row = queries.activitypub.collections(connection, nickname=nickname)
    if row.id is None:
        raise ApiError("Gone", 410) if row.is_gone else NotFound()
    return keys.path_of(row.nickname), row


def _collection(path: str, total: int, *, first: bool = True) -> Response:
    address = f"{configured().base_url}{path}"
    pages = {"first": f"{address}?max_id={MAXIMUM_ID}"} if first else {}
    return _built({"id": address, "type": "OrderedCollection", "totalItems": total, **pages})


def _page(
    path: str,
    asked: int,
    items: bytes,
    last: bytes | None,
    context: bytes = _OWN_CONTEXT,
    kind: str = "OrderedCollection",
) -> Response:
    """A page of a collection, whose items PostgreSQL has made."""
    address = f"{configured().base_url}{path}"
    head = {"id": f"{address}?max_id={asked}", "type": f"{kind}Page", "partOf": address}
    if last is not None:
        head["next"] = f"{address}?max_id={int(last)}"
    return _with_items(context, head, "orderedItems" if kind == "OrderedCollection" else "items", items)


def _with_items(context: bytes, head: dict[str, Any], name: str, items: bytes) -> Response:
    return _document(b'{%s,%s,"%s":%s}' % (context, json.dumps(head)[1:-1].encode(), name.encode(), items))


@blueprint.get("/users/<nickname>/outbox")
def outbox(nickname: str) -> Response:
    """What an account posted and reblogged for everybody, newest first. Raises NotFound, a 410."""
    max_id = params.identifier("max_id")
    with db.connection() as connection:
        path, owner = _owner(connection, nickname)
        if max_id is None:
            return _collection(f"{path}/outbox", owner.statuses_count)
        page = queries.activitypub.outbox(
            connection, account_id=owner.id, max_id=max_id, limit=_ACTIVITIES, host=configured().domain
        )
    return _page(f"{path}/outbox", max_id, *page)


@blueprint.get("/users/<nickname>/followers")
def followers(nickname: str) -> Response:
    """The addresses of an account's followers, unless it hides them. Raises NotFound, a 410."""
    return _addresses(
        nickname,
        "followers",
        queries.activitypub.followers,
        lambda of: (of.followers_count, of.hide_followers),
    )


@blueprint.get("/users/<nickname>/following")
def following(nickname: str) -> Response:
    """The addresses of those whom an account follows, unless it hides them. Raises NotFound, a 410."""
    return _addresses(
        nickname, "following", queries.activitypub.following, lambda of: (of.following_count, of.hide_follows)
    )


def _addresses(
    nickname: str, name: str, statement: Callable[..., Any], shown: Callable[[Any], tuple[int, bool]]
) -> Response:
    """A list of accounts, of which `shown` says how many there are, and whether they are hidden."""
    max_id = params.identifier("max_id")
    with db.connection() as connection:
        path, owner = _owner(connection, nickname)
        total, is_hidden = shown(owner)
        if max_id is None or is_hidden:
            return _collection(f"{path}/{name}", total, first=not is_hidden)
        page = statement(connection, account_id=owner.id, max_id=max_id, limit=_ADDRESSES)
    return _page(f"{path}/{name}", max_id, *page)


@blueprint.get("/users/<nickname>/collections/featured")
def featured(nickname: str) -> Response:
    """The statuses that an account pinned, whole. Raises NotFound, a 410."""
    with db.connection() as connection:
        path, owner = _owner(connection, nickname)
        items, number, context = queries.activitypub.featured(connection, account_id=owner.id, host=configured().domain)
    address = f"{configured().base_url}{path}/collections/featured"
    head = {"id": address, "type": "OrderedCollection", "totalItems": int(number)}
    return _with_items(context, head, "orderedItems", items)


@blueprint.get("/objects/<uuid>/replies")
def replies(uuid: str) -> Response:
    """The addresses of the answers to a status that everybody may see, oldest first. Raises NotFound."""
    if not UUID.fullmatch(uuid):
        raise NotFound()
    last = params.identifier("max_id") or 0
    with db.connection() as connection:
        page = found(queries.activitypub.replies(connection, uuid=uuid, max_id=last, limit=_ACTIVITIES))
    path = f"/objects/{uuid.lower()}/replies"
    if "max_id" in request.args:
        items, following_page = page
        return _page(path, last, items, following_page, kind="Collection")
    address = f"{configured().base_url}{path}"
    return _built({"id": address, "type": "Collection", "first": f"{address}?max_id=0"})
