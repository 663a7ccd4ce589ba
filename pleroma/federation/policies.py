"""What operators say of other servers: that nothing is taken from one, sent to it or asked of it."""

from __future__ import annotations

from typing import Any, NamedTuple

from psycopg import Connection

from pleroma.config import Config
from pleroma.db import queries
from pleroma.federation import uris


class Refused(NamedTuple):
    """What a policy did: accounts that it hid, follows that it ended, deliveries that it removed."""

    accounts: int
    follows: int
    deliveries: int


def named(written: str) -> str:
    """A host as it is compared: lower case, punycode, with its port unless that is the usual one. Raises BadUri."""
    if set(written) & set("/?#"):
        raise uris.BadUri(f"{written} is no host")
    try:
        return uris.host_of(f"https://{written.strip()}")
    except uris.BadUri as error:
        raise uris.BadUri(f"{written} is no host: it {error}") from error


def pattern(written: str) -> str:
    """A host with all below it, or `*.` and a host for only what is below. Raises BadUri."""
    below = written.strip().removeprefix("*.")
    return f"{'*.' if below != written.strip() else ''}{named(below)}"


def refuse(connection: Connection, written: str, reason: str, config: Config) -> Refused:
    """Take nothing from the hosts of a pattern, send nothing to them and ask nothing of them.

    Their accounts are hidden and kept; follows end on both sides, and they hear nothing of it. Raises BadUri for what
    is no pattern, and for this server.
    """
    refused = pattern(written)
    if config.domain == refused.removeprefix("*."):
        raise uris.BadUri(f"{written} is this server")
    queries.outgoing.be_quiet(connection)
    queries.hosts.refuse(connection, pattern=refused, reason=reason)
    ids = _locked(connection, queries.hosts.to_hide(connection).ids)
    queries.hosts.hide(connection, account_ids=ids)
    follows = queries.hosts.end_follows(connection, account_ids=ids).number
    return Refused(len(ids), follows, queries.hosts.empty(connection).number)


def accept(connection: Connection, written: str) -> int | None:
    """End that: the accounts that are shown again, None when it was not so. Follows do not come back. Raises BadUri."""
    if queries.hosts.accept(connection, pattern=pattern(written)) is None:
        return None
    ids = _locked(connection, queries.hosts.to_show(connection).ids)
    queries.hosts.show_again(connection, account_ids=ids)
    return len(ids)


def _locked(connection: Connection, ids: Any) -> list[int]:
    """Accounts that are about to come or go, locked with everybody who counts them, in the order of their ids."""
    queries.account_lifecycle.lock_with_friends(connection, account_ids=ids)
    return list(ids)
