"""From an event to its readers: one statement an event, one text for all who see the same."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import psycopg
from websockets.frames import CloseCode

from pleroma.db import queries
from pleroma.streaming.frames import Frames
from pleroma.streaming.hub import Hub, Key, Reader
from pleroma.streaming.outbox import EventsLost, Outbox
from pleroma.streaming.streams import Stream

log = logging.getLogger("pleroma.streaming")
Event = dict[str, Any]
# What goes out for an event: all of it is made before any of it is sent, so that nothing is sent twice when the
# database goes away in between.
Sending = list[tuple[Frames, Iterable[Key]]]


class Delivery:
    """Sends events to the connections of a hub."""

    def __init__(self, hub: Hub, outbox: Outbox, base: str) -> None:
        self._hub, self._outbox, self._base = hub, outbox, base
        self._one_at_a_time = asyncio.Lock()
        self._kinds: dict[str, Callable[[Event], Awaitable[Sending]]] = {
            "update": self._update,
            "edit": self._update,
            "delete": self._delete,
            "notification": self._notification,
            "filters": self._filters,
            "announcement": self._announcement,
            "announcement.delete": self._announcement_delete,
            "ended": self._ended,
        }

    async def catch_up(self) -> None:
        """Send all that was committed until now. Raises EventsLost, psycopg.Error.

        Who begins to follow a stream after this gets nothing that is older.
        """
        async with self._one_at_a_time:
            await self._outbox.read()
            pending = self._outbox.pending
            while pending:
                try:
                    await self._deliver(pending[0])
                except psycopg.Error as error:
                    if self._outbox.is_cut:
                        # It is sent when the database is back.
                        raise
                    log.exception("An event could not be sent")
                    raise EventsLost("an event could not be sent") from error
                if pending:
                    pending.popleft()

    async def _deliver(self, event: Event) -> None:
        """Send one event; a kind that this version does not know is for a newer one. Raises psycopg.Error."""
        handle = self._kinds.get(event["kind"])
        if handle is None or not self._hub.connections:
            return
        begun = time.monotonic()
        for frames, keys in await handle(event):
            for key in keys:
                self._hub.send(key, frames)
        self._hub.drop_the_slow()
        self._hub.figures.delivered(float(event["age"]) + time.monotonic() - begun)

    def _text(self, entity: str) -> str:
        return entity.replace("\x01", self._base)

    async def _update(self, event: Event) -> Sending:
        followed = self._hub.followed()
        if not followed.keys:
            return []
        rows = await self._outbox.rows(
            queries.streaming.update,
            status_id=event["status_id"],
            accounts=followed.accounts,
            streams=followed.streams,
            arguments=followed.arguments,
            edited=event["kind"] == "edit",
        )
        name = "status.update" if event["kind"] == "edit" else "update"
        sending: Sending = [
            (Frames(name, self._text(row.entity)), [followed.keys[place - 1] for place in row.places]) for row in rows
        ]
        if event["about"] == "direct":
            sending += await self._conversations(event["status_id"])
        for frames, keys in sending:
            if frames.event == name:
                self._hub.remember(str(event["status_id"]), keys)
        return sending

    async def _conversations(self, status_id: int) -> Sending:
        accounts = self._hub.accounts_following("direct")
        if not accounts:
            return []
        moved = await self._outbox.rows(queries.streaming.conversations, status_id=status_id, accounts=accounts)
        return [(Frames("conversation", self._text(row.entity)), [(row.account_id, Stream("direct"))]) for row in moved]

    async def _delete(self, event: Event) -> Sending:
        followed = self._hub.followed()
        rows = await self._outbox.rows(
            queries.streaming.deleted,
            about=json.dumps(event["about"]),
            accounts=followed.accounts,
            streams=followed.streams,
            arguments=followed.arguments,
        )
        showed = {row.id: {followed.keys[place - 1] for place in row.places} for row in rows}
        ids = [str(gone["id"]) for gone in event["about"]]
        return [(Frames("delete", gone), showed.get(gone, set()) | self._hub.forget(gone)) for gone in ids]

    async def _notification(self, event: Event) -> Sending:
        account_id = event["account_id"]
        keys = [(account_id, Stream("user")), (account_id, Stream("user:notification"))]
        if not self._hub.is_followed(*keys):
            return []
        rows = await self._outbox.rows(
            queries.streaming.notification, account_id=account_id, notification_id=event["about"]
        )
        return [(Frames("notification", self._text(row.entity), "read:notifications"), keys) for row in rows]

    async def _filters(self, event: Event) -> Sending:
        return [(Frames("filters_changed", None), [(event["account_id"], Stream("user"))])]

    async def _announcement(self, event: Event) -> Sending:
        accounts = self._hub.accounts_following("user")
        rows = await self._outbox.rows(
            queries.streaming.announcement, announcement_id=event["about"], accounts=accounts
        )
        return [
            (Frames("announcement", self._text(row.entity)), [(reader, Stream("user")) for reader in row.readers])
            for row in rows
        ]

    async def _announcement_delete(self, event: Event) -> Sending:
        keys = [(account_id, Stream("user")) for account_id in self._hub.accounts_following("user")]
        return [(Frames("announcement.delete", str(event["about"])), keys)]

    async def _ended(self, event: Event) -> Sending:
        self._hub.endings += 1
        await self.end_ended(self._hub.using(event["about"] or (), event["account_id"]))
        return []

    async def end_ended(self, connections: list[Reader]) -> None:
        """Close those connections whose token lets nobody in any more. Raises psycopg.Error."""
        if not connections:
            return
        rows = await self._outbox.rows(
            queries.streaming.good_tokens, token_ids=[connection.token_id for connection in connections]
        )
        good = {row.id for row in rows}
        for connection in connections:
            if connection.token_id not in good:
                connection.close(CloseCode.POLICY_VIOLATION, "the token has ended", "token")
