"""Who is connected and what they follow; what goes to whom, and how much may wait for anybody."""

from __future__ import annotations

import time
from collections import OrderedDict, defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple, Protocol

from pleroma.streaming.frames import Frames
from pleroma.streaming.streams import Stream

if TYPE_CHECKING:
    from pleroma.telemetry.stream_figures import StreamFigures

PER_ACCOUNT, PER_ADDRESS, SUBSCRIPTIONS = 50, 100, 50
# Bytes that may wait for one connection, for how long more than a little may, and bytes that may wait for all.
MOST_WAITING, MUCH_WAITING, MOST_WAITING_OF_ALL = 1_000_000, 256_000, 32_000_000
SLOW_SECONDS = 10.0
# How many times "this stream has shown this status" is remembered, for the deletions of these.
_REMEMBERED = 100_000

# A stream as an account follows it; account 0 is nobody.
Key = tuple[int, Stream]


class Admission(NamedTuple):
    """What a token allows: whose it is (0: nobody's), where it stands in the database, its scopes."""

    account_id: int = 0
    token_id: int = 0
    scopes: tuple[str, ...] = ()


class Reader(Protocol):
    """A connection, as the hub and all that decides about connections know it (connection.py)."""

    account_id: int
    token_id: int
    token_hash: bytes | None
    address: str
    subscriptions: set[Stream]
    is_open: bool

    @property
    def waiting_bytes(self) -> int:
        """How much waits to be sent."""

    def is_slow(self, now: float) -> bool:
        """Whether much has waited for too long."""

    def has_scope(self, scope: str) -> bool:
        """Whether its token has a scope."""

    def take(self, admission: Admission, hashed: bytes | None) -> None:
        """Use a token from now on."""

    def send(self, frames: Frames, stream: Stream) -> None:
        """Send an event."""

    def close(self, code: int, reason: str, why: str) -> None:
        """End in good order."""

    def drop_as_slow(self) -> None:
        """End because too much waits."""


class Followed(NamedTuple):
    """All that is followed, as statements take it: accounts, streams, arguments, each as long as another."""

    keys: list[Key]
    accounts: list[int]
    streams: list[str]
    arguments: list[str]


class Hub:
    """The connections of this process."""

    def __init__(self, most: int, figures: StreamFigures) -> None:
        self.most = most
        self.figures = figures
        self.connections: set[Reader] = set()
        # Connections that are being let in: they have a place, and events are read for them.
        self.coming = 0
        # How many events said that somebody may not come in any more.
        self.endings = 0
        # Connections for which something waits.
        self.behind: set[Reader] = set()
        self._by_account: defaultdict[int, set[Reader]] = defaultdict(set)
        self._by_address: defaultdict[str, int] = defaultdict(int)
        self._followers: defaultdict[Key, set[Reader]] = defaultdict(set)
        self._followed: Followed | None = None
        self._shown: OrderedDict[str, set[Key]] = OrderedDict()
        self._remembered = 0

    @property
    def is_wanted(self) -> bool:
        """Whether anybody is there to read events for."""
        return bool(self.connections) or self.coming > 0

    def has_room(self) -> bool:
        """Whether one more connection may come."""
        return len(self.connections) + self.coming < self.most

    def has_room_for(self, account_id: int, address: str) -> bool:
        """Whether one more connection of an account may come; account 0 is counted by address."""
        if account_id:
            return len(self._by_account.get(account_id, ())) < PER_ACCOUNT
        return self._by_address.get(address, 0) < PER_ADDRESS

    def enter(self, connection: Reader) -> None:
        """Count a connection whose account and address are known."""
        self.connections.add(connection)
        self.figures.connections = len(self.connections)
        self._count(connection)

    def _count(self, connection: Reader) -> None:
        if connection.account_id:
            self._by_account[connection.account_id].add(connection)
        else:
            self._by_address[connection.address] += 1

    def _uncount(self, connection: Reader) -> None:
        if connection.account_id:
            mine = self._by_account[connection.account_id]
            mine.discard(connection)
            if not mine:
                del self._by_account[connection.account_id]
            return
        self._by_address[connection.address] -= 1
        if not self._by_address[connection.address]:
            del self._by_address[connection.address]

    def identify(self, connection: Reader, account_id: int) -> None:
        """Make a connection of nobody one of an account; what it follows is followed by that account."""
        subscriptions = list(connection.subscriptions)
        for stream in subscriptions:
            self.unfollow(connection, stream)
        self._uncount(connection)
        connection.account_id = account_id
        self._count(connection)
        for stream in subscriptions:
            self.follow(connection, stream)

    def leave(self, connection: Reader) -> None:
        """Forget a connection that has ended."""
        self.behind.discard(connection)
        if connection not in self.connections:
            return
        for stream in list(connection.subscriptions):
            self.unfollow(connection, stream)
        self.connections.discard(connection)
        self.figures.connections = len(self.connections)
        self._uncount(connection)

    def follow(self, connection: Reader, stream: Stream) -> None:
        """Let a connection follow a stream."""
        connection.subscriptions.add(stream)
        self._followers[connection.account_id, stream].add(connection)
        self._followed = None

    def unfollow(self, connection: Reader, stream: Stream) -> None:
        """Let a connection no longer follow a stream."""
        connection.subscriptions.discard(stream)
        key = (connection.account_id, stream)
        self._followers[key].discard(connection)
        if not self._followers[key]:
            del self._followers[key]
        self._followed = None

    def followed(self) -> Followed:
        """What may show a status."""
        if self._followed is None:
            keys = [key for key in self._followers if key[1].name != "user:notification"]
            self._followed = Followed(
                keys,
                [account_id for account_id, _ in keys],
                [stream.name for _, stream in keys],
                [stream.argument for _, stream in keys],
            )
        return self._followed

    def is_followed(self, *keys: Key) -> bool:
        """Whether anybody follows one of these."""
        return any(key in self._followers for key in keys)

    def accounts_following(self, name: str) -> list[int]:
        """The accounts that follow a stream of a name."""
        return [account_id for account_id, stream in self._followers if stream.name == name and account_id]

    def using(self, token_ids: Iterable[int], account_id: int | None) -> list[Reader]:
        """The connections that use one of some tokens, or are those of an account."""
        wanted = set(token_ids)
        return [
            connection
            for connection in self.connections
            if connection.token_id in wanted or (account_id and connection.account_id == account_id)
        ]

    def send(self, key: Key, frames: Frames) -> None:
        """Send an event to all that follow a stream as an account and may have such an event."""
        for connection in list(self._followers.get(key, ())):
            if frames.scope is None or connection.has_scope(frames.scope):
                connection.send(frames, key[1])

    def remember(self, status_id: str, keys: Iterable[Key]) -> None:
        """Note which streams have shown a status, so that they hear of its deletion."""
        shown = self._shown.setdefault(status_id, set())
        self._remembered -= len(shown)
        shown.update(keys)
        self._remembered += len(shown)
        while self._remembered > _REMEMBERED:
            _, forgotten = self._shown.popitem(last=False)
            self._remembered -= len(forgotten)

    def forget(self, status_id: str) -> set[Key]:
        """The streams that have shown a status, as far as remembered; it is not asked for again."""
        shown = self._shown.pop(status_id, set())
        self._remembered -= len(shown)
        return shown

    def drop_the_slow(self) -> None:
        """End connections for which much has waited too long, and the fullest while too much waits in all."""
        if not self.behind:
            return
        now = time.monotonic()
        waiting = sorted(self.behind, key=lambda connection: connection.waiting_bytes, reverse=True)
        in_all = sum(connection.waiting_bytes for connection in waiting)
        for connection in waiting:
            if connection.is_slow(now) or in_all > MOST_WAITING_OF_ALL:
                in_all -= connection.waiting_bytes
                connection.drop_as_slow()
