"""An activity that is carried out, and what of others it needs for that."""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from psycopg import Connection

from pleroma import db
from pleroma.config import Config
from pleroma.db import queries
from pleroma.federation import lookups, storing, uris, vocabulary
from pleroma.federation.vocabulary import Document

MOST_LOOKUPS = 10


class Ignored(Exception):
    """An activity that does nothing here; the text says why."""


class Missing(Exception):
    """Something that has to be looked up before an activity can be carried out."""

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(f"{kind} {name}")
        self.kind = kind
        self.name = name


@dataclass
class Received:
    """An activity whose sender is known. `tries` counts what was looked up for it; `recipient_id` owns the inbox."""

    connection: Connection
    document: Document
    actor: str
    recipient_id: int | None
    tries: int
    config: Config

    @cached_property
    def known_account(self) -> Any:
        """The row of who did it, or None for somebody who was never seen here."""
        return queries.remote_accounts.by_uri(self.connection, uri=self.actor)

    @property
    def account(self) -> Any:
        """The row of who did it. Raises Missing, and Ignored for somebody who is not accepted, or hidden."""
        if self.known_account is None:
            self.need(lookups.URI, self.actor)
            raise Ignored("its actor is not to be had")
        if not self.known_account.active:
            raise Ignored("its actor is hidden")
        return self.known_account

    @property
    def object(self) -> str:
        """What the activity is about, by its id."""
        return vocabulary.address(self.document.get("object"))

    @property
    def embedded(self) -> Document:
        """What the activity is about, as far as it stands in it."""
        written = vocabulary.one(self.document.get("object"))
        return written if isinstance(written, dict) else {}

    @property
    def hash(self) -> bytes | None:
        """What the activity is known by; None when it has no id."""
        name = vocabulary.address(self.document)
        return hash_of(name) if name else None

    def need(self, kind: str, name: str) -> None:
        """Raises Missing unless something was looked up just now, with or without success; Ignored for no address."""
        row = queries.lookups.result(self.connection, kind=kind, name=name)
        if row is not None and row.is_fresh or self.tries >= MOST_LOOKUPS:
            return
        try:
            lookups.host_of(kind, uris.accepted(name, self.config) if kind != lookups.HANDLE else name)
        except uris.BadUri as error:
            raise Ignored(f"an id {error}") from error
        if not uris.is_ours(name, self.config):
            raise Missing(kind, name)

    def try_to_need(self, name: str) -> None:
        """Like `need` for the address of a thing without which it goes on; an invalid address is ignored."""
        with contextlib.suppress(Ignored):
            self.need(lookups.URI, name)

    def local_account(self, uri: str) -> Any:
        """The row of an account here by its address. Raises Ignored for any other address."""
        nickname = uris.local_nickname(uri, self.config)
        row = nickname and queries.receiving.local_account(self.connection, nickname=nickname)
        if not row:
            raise Ignored("it is about nobody here")
        return row

    def status(self, uri: str) -> Any:
        """The row of a status by its address, of here or elsewhere; None when it is not here."""
        return storing.find_status(self.connection, uri, self.config)

    def local_status(self, uri: str) -> Any:
        """The row of a status of this server. Raises Ignored for any other."""
        row = self.status(uri) if uris.is_ours(uri, self.config) else None
        if row is None:
            raise Ignored("it is about no status here")
        return row

    def note(self, kind: str, *, status_id: int | None = None, target_id: int | None = None, emoji: str = "") -> None:
        """Note what the activity did, so that it can be taken back by its id alone."""
        if self.hash is not None:
            db.later(
                self.connection,
                queries.receiving.note,
                id_hash=self.hash,
                kind=kind,
                account_id=self.account.id,
                status_id=status_id,
                target_id=target_id,
                emoji=emoji or None,
            )


def hash_of(name: str) -> bytes:
    """What an activity is known by, of its id."""
    return hashlib.sha256(name.encode()).digest()
