"""Accounts elsewhere as their servers describe them: read from an actor, within bounds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pleroma.config import Config
from pleroma.federation import remote_html, signatures, uris, vocabulary
from pleroma.federation.vocabulary import Document

KINDS = frozenset(("Person", "Service", "Application", "Group", "Organization"))
_BOTS = frozenset(("Service", "Application"))
NICKNAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,62}[A-Za-z0-9_-])?")
_LONGEST_NAME, _LONGEST_BIO, _MOST_FIELDS, _MOST_NAMES = 200, 20_000, 20, 20
_MOST_KEYS, _LONGEST_VALUE = 5, 2000
_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 12, 31, tzinfo=UTC)


class BadActor(ValueError):
    """The document is not an actor that is accepted; the text says why."""


@dataclass(frozen=True)
class Key:
    """A public key in PEM, and its id."""

    id: str
    public_key: str


@dataclass(frozen=True)
class Actor:
    """An account elsewhere. Its nickname and host are what it says of itself, until its host has confirmed them."""

    uri: str
    kind: str
    nickname: str
    host: str
    display_name: str
    note: str
    fields: list[dict[str, Any]]
    url: str
    inbox: str
    shared_inbox: str | None
    outbox: str | None
    followers: str | None
    following: str | None
    featured: str | None
    locked: bool
    discoverable: bool
    avatar_url: str | None
    header_url: str | None
    also_known_as: list[str]
    moved_to: str | None
    created_at: datetime
    keys: list[Key]

    @property
    def is_bot(self) -> bool:
        """Whether no person is behind it."""
        return self.kind in _BOTS

    @property
    def is_group(self) -> bool:
        """Whether it speaks for many."""
        return self.kind == "Group"


def read(document: Document, config: Config) -> Actor:
    """An actor of a document whose id was confirmed. Raises BadActor."""
    uri, kind = vocabulary.address(document), vocabulary.kind(document)
    nickname = vocabulary.text(document.get("preferredUsername"))
    if kind not in KINDS:
        raise BadActor("it is no actor")
    # The actor of a server itself is named as its host.
    if not NICKNAME.fullmatch(nickname) and nickname != uris.host_of(uri):
        raise BadActor("its name is none that is accepted")
    inbox = _own(document.get("inbox"), uri, config)
    if inbox is None:
        raise BadActor("it has no inbox of its own")
    endpoints = document.get("endpoints")
    shared = endpoints.get("sharedInbox") if isinstance(endpoints, dict) else None
    return Actor(
        uri=uri,
        kind=kind,
        nickname=nickname,
        host=uris.host_of(uri),
        display_name=remote_html.as_text(vocabulary.text(document.get("name")), _LONGEST_NAME),
        note=remote_html.cleaned(vocabulary.text(document.get("summary"))[:_LONGEST_BIO]),
        fields=_fields(document),
        url=uris.shown(_page(document.get("url")), uri, config),
        inbox=inbox,
        shared_inbox=_own(shared, uri, config),
        **{name: _own(document.get(name), uri, config) for name in ("outbox", "followers", "following", "featured")},
        locked=document.get("manuallyApprovesFollowers") is True,
        discoverable=document.get("discoverable") is True,
        avatar_url=_picture(document.get("icon"), config),
        header_url=_picture(document.get("image"), config),
        also_known_as=_accepted(vocabulary.addresses(document.get("alsoKnownAs"), _MOST_NAMES), config),
        moved_to=next(iter(_accepted(vocabulary.addresses(document.get("movedTo"), 1), config)), None),
        created_at=moment(document.get("published")) or datetime.now(UTC),
        keys=keys(document, config),
    )


def keys(document: Document, config: Config) -> list[Key]:
    """The keys that an actor says are its own; one that is not accepted is left out."""
    uri = vocabulary.address(document)
    found = []
    for each in vocabulary.many(document.get("publicKey"), _MOST_KEYS):
        if not isinstance(each, dict) or vocabulary.address(each.get("owner")) not in ("", uri):
            continue
        name, written = vocabulary.address(each), vocabulary.text(each.get("publicKeyPem"))
        try:
            signatures.require_good(written)
            if uris.same_origin(uris.accepted(name, config), uri):
                found.append(Key(name, written))
        except ValueError:
            continue
    return found


def moment(value: Any) -> datetime | None:
    """A time as it was written, no earlier than 1970 and no later than now; None for what is none."""
    read = moment_to_come(value)
    return None if read is None else min(read, datetime.now(UTC))


def moment_to_come(value: Any) -> datetime | None:
    """A time as it was written, from 1970 to the end of the year 9000; None for what is none."""
    written = vocabulary.text(value)
    if not 10 <= len(written) <= 40:
        return None
    try:
        read = datetime.fromisoformat(written)
    except ValueError:
        return None
    return max(_FIRST, min(read if read.tzinfo else read.replace(tzinfo=UTC), _LAST))


def _fields(document: Document) -> list[dict[str, Any]]:
    found = []
    for each in vocabulary.many(document.get("attachment"), _MOST_FIELDS):
        if vocabulary.kind(each).removeprefix("schema:") == "PropertyValue":
            name = remote_html.as_text(vocabulary.text(each.get("name")), _LONGEST_NAME)
            value = remote_html.cleaned_field(vocabulary.text(each.get("value"))[:_LONGEST_VALUE])
            as_typed = remote_html.as_text(value, _LONGEST_VALUE)
            found.append({"name": name, "value": value, "source": {"name": name, "value": as_typed}})
    return found


def _own(value: Any, uri: str, config: Config) -> str | None:
    """The address of something that is of the same server as the actor."""
    try:
        address = uris.accepted(vocabulary.address(value), config)
    except uris.BadUri:
        return None
    return address if uris.same_origin(address, uri) else None


def _accepted(addresses: list[str], config: Config) -> list[str]:
    found = []
    for address in addresses:
        try:
            found.append(uris.accepted(address, config))
        except uris.BadUri:
            continue
    return found


def _page(value: Any) -> str:
    """Of several addresses the one of a page."""
    pages = [
        each for each in vocabulary.many(value, 20) if isinstance(each, dict) and each.get("mediaType") == "text/html"
    ]
    return vocabulary.address(pages or value)


def _picture(value: Any, config: Config) -> str | None:
    picture = vocabulary.one(value)
    named = picture.get("url") if isinstance(picture, dict) else picture
    return next(iter(_accepted(vocabulary.addresses(named, 1), config)), None)
