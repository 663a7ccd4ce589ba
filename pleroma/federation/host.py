"""The name of this server among others, which is for ever: they keep it in every address."""

from __future__ import annotations

import psycopg

from pleroma.config import Config
from pleroma.db import queries


class OtherHost(RuntimeError):
    """Others know this server by another name than its base address has."""


def claim(url: str, config: Config) -> None:
    """Note the host of the base address at the first start with federation. Raises OtherHost when it is another."""
    if not config.federation:
        return
    with psycopg.connect(url, autocommit=True) as connection:
        known = queries.activitypub.claim_host(connection, host=config.domain).host
    if known != config.domain:
        raise OtherHost(
            f"other servers know this one as {known}, and PLEROMA_BASE_URL says {config.domain}: "
            "what was posted would be somebody else's. Start with the old address, or without PLEROMA_FEDERATION"
        )
