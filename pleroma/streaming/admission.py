"""Who may follow what: tokens, scopes, lists, and the address that limits count."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import psycopg

from pleroma.access import meets, missing_scope
from pleroma.addresses import canonical, limited
from pleroma.config import Config
from pleroma.db import queries
from pleroma.errors import ApiError, Forbidden, InvalidCredentials, NotFound
from pleroma.streaming.hub import Admission, Hub
from pleroma.streaming.outbox import EventsLost, Outbox
from pleroma.streaming.streams import Stream


class Gate:
    """Lets connections in; `catch_up` sends others what happened before."""

    def __init__(
        self, config: Config, outbox: Outbox, hub: Hub, catch_up: Callable[[], Coroutine[Any, Any, None]]
    ) -> None:
        self._outbox, self._hub, self._catch_up = outbox, hub, catch_up
        self._trusted = frozenset(config.trusted_proxies)

    def address_of(self, peer: str, forwarded: str | None) -> str:
        """The address that limits count: the forwarded one where the peer is a trusted proxy."""
        if peer.startswith("::ffff:"):
            peer = canonical(peer)
        # A Unix socket has no peer address.
        return limited(forwarded if forwarded and (not peer or peer in self._trusted) else peer)

    async def open(self) -> None:
        """See to it that events are read from now on. Raises ApiError (503)."""
        try:
            await self._outbox.follow()
        except (psycopg.Error, OSError) as error:
            raise _unavailable() from error

    async def admit(self, hashed: bytes | None, stream: Stream | None) -> Admission:
        """Look a token up by its hash (None: no token was sent), and whether it may follow a stream (None: any).

        Raises ApiError: InvalidCredentials, Forbidden, NotFound, and 503 without the database.
        """
        while True:
            endings = self._hub.endings
            row = await self._row(hashed, stream)
            # A token that ended meanwhile may have looked good.
            if endings == self._hub.endings:
                break
        if hashed is not None and row.token_id is None:
            raise InvalidCredentials()
        admission = Admission(row.account_id or 0, row.token_id or 0, tuple(row.scopes or ()))
        if stream is not None:
            _check(stream, admission, is_public=row.is_public, has_list=row.has_list)
        return admission

    async def _row(self, hashed: bytes | None, stream: Stream | None) -> Any:
        try:
            (row,) = await self._outbox.rows(
                queries.streaming.admit, token_hash=hashed or b"", list_id=stream.list_id if stream else 0
            )
            if row.stale:
                await self._outbox.rows(queries.authentication.touch_token, token_id=row.token_id)
            await self._catch_up()
        except (psycopg.Error, EventsLost, OSError) as error:
            raise _unavailable() from error
        return row


def _check(stream: Stream, admission: Admission, *, is_public: bool, has_list: bool) -> None:
    if stream.scope is None:
        if not admission.account_id and not is_public:
            raise Forbidden("This resource requires authentication.")
        return
    if not admission.account_id:
        raise InvalidCredentials()
    if not meets(stream.scope, admission.scopes):
        raise Forbidden(missing_scope(stream.scope))
    if stream.name == "list" and not has_list:
        raise NotFound("List not found")


def _unavailable() -> ApiError:
    return ApiError("The database is not available", 503)
