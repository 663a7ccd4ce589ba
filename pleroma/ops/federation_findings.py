"""What `doctor` looks at where other servers find this one: its address as they reach it, its key, and its clock."""

from __future__ import annotations

import email.utils
import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from statistics import median
from typing import Any
from urllib.parse import quote

import psycopg

from pleroma import remote
from pleroma.config import Config
from pleroma.db import queries, schema
from pleroma.federation import keys
from pleroma.ops.finding import Finding
from pleroma.server import postgres

_SECONDS = 10
# Some servers accept a signature for no longer than a minute.
_DRIFT = 30.0


def of_federation(config: Config) -> Iterator[Finding]:
    """Whether others reach this server by its name, believe its keys, and have the same time."""
    if not config.base_url.startswith("https://") and not config.remote_allow_loopback:
        yield Finding(
            "other servers speak https only, and PLEROMA_BASE_URL is none",
            "put nginx with a certificate in front, and set the address before anybody knows another",
        )
        return
    yield _webfinger(config)
    known: Any = None
    with suppress(psycopg.Error, RuntimeError, OSError):
        known = _known(config)
    if known is None:
        # What is wrong with the database is found elsewhere.
        return
    host, public_key, others = known
    yield _name(config, host)
    yield _key(config, public_key)
    yield _clock(config, others)


def _known(config: Config) -> tuple[str | None, str | None, list[str]] | None:
    """What the database says: the host that others know, the public key of the server, hosts to ask for the time."""
    if config.database_url is None and not (config.data_dir / "postgres").exists():
        return None
    with (
        postgres.available(config.data_dir, config.database_url) as url,
        psycopg.connect(url, autocommit=True, connect_timeout=_SECONDS) as connection,
    ):
        if schema.missing_migrations(url):
            return None
        host = queries.activitypub.known_host(connection)
        key = queries.activitypub.key(connection, owner=keys.INSTANCE)
        others = [row.name for row in queries.hosts.to_compare(connection)]
        return host and host.host, key and key.public_key, others


def _webfinger(config: Config) -> Finding:
    handle = f"acct:{config.domain}@{config.domain}"
    address = f"{config.base_url}/.well-known/webfinger?resource={quote(handle, safe='')}"
    try:
        answer = _asked(address, config)
    except remote.ClosedAddress:
        advice = "let the name lead to the machine's public address, here too (/etc/hosts): others reach nothing else"
        return Finding(f"{config.domain} leads to an address that is not on the open internet", advice)
    except remote.RemoteError as error:
        advice = "is the certificate valid and whole, with the intermediate ones, and does nginx pass /.well-known/ on?"
        return Finding(f"others cannot ask {config.base_url} for accounts: {error}", advice)
    said = _json(answer.body).get("subject")
    if answer.status != 200 or said != handle:
        advice = "restart `serve` with PLEROMA_FEDERATION, and let nginx pass /.well-known/webfinger on to it"
        return Finding(f"{config.base_url}/.well-known/webfinger does not name this server ({answer.status})", advice)
    return Finding("others find accounts by their handle")


def _name(config: Config, host: str | None) -> Finding:
    if host is None:
        return Finding(f"nobody knows this server yet; the first start with federation makes {config.domain} its name")
    if host != config.domain:
        advice = f"set PLEROMA_BASE_URL to the address of {host}: what was posted would be somebody else's"
        return Finding(f"others know this server as {host}, and PLEROMA_BASE_URL says {config.domain}", advice)
    return Finding(f"others know this server as {host}")


def _key(config: Config, public_key: str | None) -> Finding:
    address = f"{config.base_url}{keys.INSTANCE}"
    advice = "restart `serve` with PLEROMA_FEDERATION; a key that is lost comes back with the backup of the database"
    try:
        answer = _asked(address, config)
    except remote.RemoteError as error:
        return Finding(f"{address} does not answer: {error}", advice)
    document = _json(answer.body)
    shown = document.get("publicKey")
    shown = shown.get("publicKeyPem") if isinstance(shown, dict) else None
    if answer.status != 200 or document.get("id") != address or not shown:
        return Finding(f"{address} does not show the key of this server ({answer.status})", advice)
    # It is made when it is asked for first: then nothing is there to compare.
    if public_key is not None and shown != public_key:
        return Finding(f"{address} shows another key than the one in the database", "do both use the same database?")
    return Finding("others can check what this server signs")


def _clock(config: Config, others: list[str]) -> Finding:
    drifts = [drift for host in others if (drift := _drift(host, config)) is not None]
    if not drifts:
        return Finding("there is no other server yet to compare the clock with")
    drift = median(drifts)
    if abs(drift) > _DRIFT:
        return Finding(
            f"the clock differs by {round(drift)} seconds from those of other servers",
            "keep it in time, e.g. by systemd-timesyncd: others refuse what is signed at a wrong time",
        )
    return Finding("the clock agrees with those of other servers")


def _drift(host: str, config: Config) -> float | None:
    """How many seconds later it is here than at another server; None when it does not say."""
    scheme = "http" if config.remote_allow_loopback else "https"
    with suppress(remote.RemoteError, ValueError, TypeError):
        answer = _asked(f"{scheme}://{host}/.well-known/nodeinfo", config)
        said = email.utils.parsedate_to_datetime(answer.headers.get("date", ""))
        return (datetime.now(UTC) - (said if said.tzinfo else said.replace(tzinfo=UTC))).total_seconds()
    return None


def _asked(address: str, config: Config) -> remote.Response:
    """What an address answers to others. Raises RemoteError."""
    return remote.fetch(
        address,
        headers={"Accept": "application/activity+json, application/json"},
        allow_loopback=config.remote_allow_loopback,
        authorities=config.remote_ca_file,
        redirects=0,
        total=_SECONDS,
    )


def _json(body: bytes) -> dict[str, Any]:
    with suppress(ValueError):
        found = json.loads(body)
        if isinstance(found, dict):
            return found
    return {}
