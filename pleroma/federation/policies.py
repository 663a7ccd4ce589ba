"""What operators say of other hosts. So far: that they are refused, both ways."""

from __future__ import annotations

from psycopg import Connection

from pleroma.db import queries


def covering(host: str) -> list[str]:
    """The patterns of policies that cover a host: itself first, then what it is below."""
    name = host if host.endswith("]") else host.partition(":")[0]
    labels = name.split(".")
    parents = [".".join(labels[number:]) for number in range(1, len(labels))]
    return list(dict.fromkeys((host, name, *parents, *(f"*.{parent}" for parent in parents))))


def is_refused(connection: Connection, host: str) -> bool:
    """Whether nothing is taken from a host, sent to it or asked of it."""
    return bool(queries.hosts.is_refused(connection, patterns=covering(host)).yes)
