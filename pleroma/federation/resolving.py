"""How an account elsewhere becomes known here: its server describes it, and the host of its handle confirms it.

Each function asks the network, and so is called outside of any transaction.
"""

from __future__ import annotations

import contextlib
import json
from typing import Any, NamedTuple

from pleroma import db, text
from pleroma.config import Config
from pleroma.db import queries
from pleroma.federation import actors, fetching, uris, vocabulary, webfinger
from pleroma.federation.actors import Actor, BadActor
from pleroma.federation.fetching import Unavailable
from pleroma.federation.webfinger import Found

# The kind of actor that a server asks as.
_SERVER = "Application"
_MOST_COUNTED = 2_000_000_000


class _Counts(NamedTuple):
    followers: int | None
    following: int | None
    outbox: int | None


def by_handle(nickname: str, host: str, config: Config) -> int:
    """The id of the account of a handle elsewhere, asked for now. Raises Unavailable."""
    found = webfinger.look_up(nickname, host, config)
    return _stored(found.uri, config, found if found.host == host else None)


def by_uri(uri: str, config: Config) -> int:
    """The id of the account of an actor's id elsewhere, asked for now. Raises Unavailable."""
    return _stored(uri, config, None)


def from_document(document: vocabulary.Document, config: Config) -> int:
    """The id of the account that a document describes, which was had from its address. Raises Unavailable."""
    return _keep(_read(document, config), config, None)


def key(key_id: str, config: Config) -> None:
    """Ask for a key, and keep all keys of its actor. Raises Unavailable.

    The key, its owner and the address that it was fetched from have one origin, and the actor names the key.
    """
    document = fetching.document(uris.without_fragment(key_id), config)
    owner = vocabulary.address(document.get("owner")) or vocabulary.address(document.get("controller"))
    if vocabulary.kind(document) not in actors.KINDS and owner:
        document = fetching.document(owner, config)
    uri, found = vocabulary.address(document), actors.keys(document, config)
    if not uris.same_origin(uri, key_id) or key_id not in [each.id for each in found]:
        raise Unavailable("no actor names the key as its own")
    with db.in_transaction() as connection:
        _keep_keys(connection, uri, found, vocabulary.kind(document) == _SERVER)


def _stored(uri: str, config: Config, confirmed: Found | None) -> int:
    return _keep(_read(fetching.document(uri, config), config), config, confirmed)


def _read(document: vocabulary.Document, config: Config) -> Actor:
    try:
        return actors.read(document, config)
    except (BadActor, uris.BadUri) as error:
        raise Unavailable(f"the actor is not accepted: {error}") from error


def _keep(actor: Actor, config: Config, confirmed: Found | None) -> int:
    """Store an actor under the handle that its host confirms."""
    handle = _confirmed(actor, config, confirmed)
    counts = _counts(actor, config)
    _release(actor, handle, config)
    with db.in_transaction() as connection:
        queries.remote_accounts.lock(connection, name=actor.uri)
        row = queries.remote_accounts.store(
            connection,
            uri=actor.uri,
            nickname=actor.nickname,
            domain=handle.host,
            url=actor.url,
            display_name=actor.display_name,
            note=actor.note,
            note_source=text.plain(actor.note),
            fields=json.dumps(actor.fields),
            locked=actor.locked,
            bot=actor.is_bot,
            is_group=actor.is_group,
            discoverable=actor.discoverable,
            created_at=actor.created_at,
            host=actor.host,
            inbox=actor.inbox,
            shared_inbox=actor.shared_inbox,
            outbox=actor.outbox,
            followers=actor.followers,
            featured=actor.featured,
            avatar_url=actor.avatar_url,
            header_url=actor.header_url,
            also_known_as=actor.also_known_as,
            followers_count=counts.followers,
            following_count=counts.following,
            statuses_count=counts.outbox,
        )
        _keep_keys(connection, actor.uri, actor.keys, actor.kind == _SERVER)
        queries.remote_accounts.note_host(connection, host=actor.host)
    return int(row.id)


def _keep_keys(connection: Any, owner: str, found: list[actors.Key], is_application: bool) -> None:
    queries.remote_accounts.keep_keys(
        connection,
        owner=owner,
        ids=[each.id for each in found],
        public_keys=[each.public_key for each in found],
        is_application=is_application,
    )


def _confirmed(actor: Actor, config: Config, confirmed: Found | None) -> Found:
    """The handle of an actor, as its host confirms it. Raises Unavailable."""
    if confirmed is None or confirmed.host != actor.host or confirmed.nickname.lower() != actor.nickname.lower():
        # Anybody can name somebody else's actor: its own server says under which handle it is known.
        confirmed = webfinger.look_up(actor.nickname, actor.host, config)
        if confirmed.host != actor.host:
            confirmed = webfinger.look_up(actor.nickname, confirmed.host, config)
    if confirmed.uri != actor.uri or confirmed.nickname.lower() != actor.nickname.lower():
        raise Unavailable("the host of the handle names another actor")
    if confirmed.host == config.domain:
        raise Unavailable("the handle is one of this server")
    return confirmed


def _release(actor: Actor, handle: Found, config: Config) -> None:
    """Let a handle go from an actor that is gone to a new one. Raises Unavailable while the old one is there."""
    with db.connection() as connection:
        holder = queries.remote_accounts.by_handle(connection, nickname=actor.nickname, domain=handle.host)
    if holder is None or holder.uri == actor.uri:
        return
    try:
        fetching.document(holder.uri, config)
    except Unavailable as error:
        if error.is_gone:
            with db.in_transaction() as connection:
                queries.remote_accounts.retire(connection, account_id=holder.id)
            return
        raise
    raise Unavailable("the handle belongs to another actor, which is still there")


def _counts(actor: Actor, config: Config) -> _Counts:
    """How many an account says there are in its collections; None for what it does not say."""
    found: dict[str, int | None] = {}
    for name in _Counts._fields:
        address = getattr(actor, name)
        found[name] = None
        if address is not None:
            with contextlib.suppress(Unavailable):
                number = fetching.document(address, config).get("totalItems")
                if isinstance(number, int) and 0 <= number <= _MOST_COUNTED:
                    found[name] = number
    return _Counts(**found)
