"""`doctor`: looks at what goes wrong most with an installation, and says what to do about it."""

from __future__ import annotations

import ipaddress
import json
import os
import re
import secrets
import shutil
import socket
import stat
import subprocess
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

from pleroma import mail, media, processes, safe_files
from pleroma.config import Config
from pleroma.db import queries, schema
from pleroma.ops import cluster_findings, federation_findings
from pleroma.ops.disk_use import shown
from pleroma.ops.finding import Finding
from pleroma.server import postgres, postgres_programs

_OLDEST_POSTGRESQL = 150000
_SECONDS = 10
_DRIFT = timedelta(seconds=5)
_LATE = timedelta(minutes=10)


def findings(config: Config, peers: Iterable[str] = ()) -> Iterator[Finding]:
    """Look at everything, one finding after the other; at other nodes, too, of which the addresses are given."""
    yield from _directory(config)
    yield from _disk(config.data_dir.absolute())
    yield from _bucket(config)
    yield from _database(config)
    yield from _address(config)
    if config.federation:
        yield from federation_findings.of_federation(config)
    yield from _mail(config)
    for peer in peers:
        yield from cluster_findings.of_peer(config, peer)


def _directory(config: Config) -> Iterator[Finding]:
    data = config.data_dir.absolute()
    if not data.is_dir():
        yield Finding(f"{data} is not there", "start `serve` once, or set PLEROMA_DATA_DIR to where the data are")
        return
    closed = [path for path in (data, *(data / name for name in ("media", "emoji", "static"))) if _closed(path)]
    for path in closed:
        yield Finding(
            f"{path} cannot be written", "run this as the user of `serve`, or give the directory to that user"
        )
    owner = data.stat().st_uid
    inside = [path for path in data.iterdir() if path.name != "postgres"]
    inside += [path for name in ("media", "emoji", "static") for path in (data / name).glob("*")]
    strangers = [path for path in inside if path.lstat().st_uid != owner]
    if strangers:
        advice = "give everything but `postgres/` to the user of `serve` (chown -R)"
        yield Finding(f"{strangers[0]} belongs to another user than {data}", advice)
    closed_ones = [data / "secret_key", data / "vapid_key"]
    if settings_file := os.environ.get("PLEROMA_CONFIG"):
        closed_ones.append(Path(settings_file))
    for path in closed_ones:
        if path.is_file() and path.stat().st_mode & (stat.S_IROTH | stat.S_IWOTH):
            yield Finding(f"{path} holds secrets and is open to everybody", f"chmod o= {path}")
    if not closed and not strangers:
        yield Finding(f"{data} can be written")


def _closed(path: Path) -> bool:
    return path.exists() and not os.access(path, os.W_OK | os.X_OK)


def _disk(data: Path) -> Iterator[Finding]:
    while not data.exists():
        data = data.parent
    usage, about = shutil.disk_usage(data), os.statvfs(data)
    if safe_files.is_nearly_full(data):
        yield Finding(
            f"only {shown(usage.free)} are free", "`prune` removes what is over its time, `stats` shows the rest"
        )
    elif about.f_files and about.f_favail < safe_files.LITTLE_SHARE * about.f_files:
        yield Finding(
            "the file system has hardly any inodes left", "remove small files, or move to another file system"
        )
    else:
        yield Finding(f"{shown(usage.free)} are free")


def _bucket(config: Config) -> Iterator[Finding]:
    if not config.s3_bucket:
        return
    try:
        is_open = media.bucket_of(config).check()
    except (media.StorageAway, media.StorageFull) as error:
        yield Finding(f"the bucket does not keep media: {error}", "check PLEROMA_S3_…, and what the key may do")
        return
    if is_open:
        advice = "let nobody but the server's own key do that: everybody who has the name of a medium may read it"
        yield Finding("everybody may list the bucket", advice)
    else:
        yield Finding("the bucket keeps media")
    if not config.media_also and any((config.data_dir / "media").glob("??/*")):
        text = "media of before the bucket are in DATA_DIR/media, where nothing reads them"
        yield Finding(text, "set PLEROMA_MEDIA_ALSO=files and run `media move --to s3`; remove them when that is done")


def _database(config: Config) -> Iterator[Finding]:
    if config.database_url is None and not (config.data_dir / "postgres").exists():
        yield Finding("there is no database yet", "start `serve` once, or `restore` a backup")
        return
    try:
        with (
            postgres.available(config.data_dir, config.database_url) as url,
            psycopg.connect(url, autocommit=True, connect_timeout=_SECONDS) as connection,
        ):
            yield from _server(connection, config.data_dir)
            yield from cluster_findings.of_servers(config, connection)
            if missing := schema.missing_migrations(url):
                yield Finding(f"the schema is behind ({', '.join(missing)})", "run `db migrate`, or restart `serve`")
            else:
                yield Finding("the schema is that of this version")
                yield from _contents(queries.stats.state(connection))
    except postgres.OtherVersion as error:
        yield Finding(str(error), "docs/operation.md says how: from one PostgreSQL to the next")
    except (psycopg.Error, RuntimeError) as error:
        advice = "see DATA_DIR/postgres.log" if config.database_url is None else "check PLEROMA_DATABASE_URL"
        yield Finding(f"the database does not answer: {str(error).strip()}", advice)


def _server(connection: psycopg.Connection, data: Path) -> Iterator[Finding]:
    version = queries.backup.version(connection)
    said = subprocess.run([postgres_programs.client("pg_dump", data), "--version"], capture_output=True, text=True)
    ours = re.search(r"(\d+)\.", said.stdout)
    if version.number < _OLDEST_POSTGRESQL:
        yield Finding(f"PostgreSQL {version.text} is too old", "15 or newer is needed: back up, upgrade, restore")
    elif ours and version.number // 10000 > int(ours[1]):
        advice = "use a newer version of this program, or an older PostgreSQL"
        yield Finding(f"`backup` does not work: its pg_dump is of version {ours[1]}, PostgreSQL {version.text}", advice)
    else:
        yield Finding(f"PostgreSQL {version.text}")


def _contents(state: Any) -> Iterator[Finding]:
    now = datetime.now(UTC)
    if state.encoding != "UTF8":
        yield Finding(
            f"the database is encoded in {state.encoding}", "make one with `encoding UTF8`, and restore into it"
        )
    elif not state.knows_letters:
        yield Finding(
            "the database's locale knows English letters alone: filters on others mind letter case",
            "make one with `locale 'C.UTF-8'`, and restore into it",
        )
    if state.is_superuser:
        yield Finding("the database's role is a superuser", "use a role that only owns the database")
    if abs(state.clock - now) > _DRIFT:
        yield Finding(
            f"the database's clock differs by {state.clock - now}", "keep both in time, e.g. by systemd-timesyncd"
        )
    elif state.newest_status and state.newest_status > now + _DRIFT:
        yield Finding(
            f"the newest status is of {state.newest_status:%Y-%m-%d %H:%M} UTC, now is {now:%H:%M}",
            "the clock is slow, or was fast: set it, e.g. by systemd-timesyncd",
        )
    else:
        kept = "; nothing keeps it in time (timedatectl)" if processes.clock_is_unattended() else ""
        yield Finding(f"the clock says {now:%Y-%m-%d %H:%M:%S} UTC{kept}")
    if state.oldest_waiting and state.oldest_waiting < now - _LATE:
        yield Finding(f"a job waits since {state.oldest_waiting:%Y-%m-%d %H:%M}", "is `worker` (or `serve`) running?")
    if state.failed_jobs:
        yield Finding(f"{state.failed_jobs} jobs failed and are kept for 30 days; the log of the worker says why")


def _address(config: Config) -> Iterator[Finding]:
    if config.origins.get("base_url") == "default":
        yield Finding("PLEROMA_BASE_URL is not set", "set it to the public address, such as https://social.example")
        return
    if not config.base_url.startswith("https://"):
        yield Finding(
            f"{config.base_url} is not encrypted", "put nginx with a certificate in front (deploy/nginx.conf)"
        )
    request = urllib.request.Request(f"{config.base_url}/api/v1/instance", headers={"User-Agent": "pleroma doctor"})  # noqa: S310 (the setting is http or https)
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
            reached, body = answer.geturl(), answer.read(1_000_000)
    except OSError as error:
        advice = "is `serve` running, does the name lead here, is the certificate valid, does nginx pass requests on?"
        yield Finding(f"{config.base_url} does not answer: {error}", advice)
        return
    said = ""
    with suppress(ValueError, AttributeError):
        said = json.loads(body).get("uri", "")
    if not reached.startswith(f"{config.base_url}/"):
        yield Finding(f"{config.base_url} leads to {reached}", "set PLEROMA_BASE_URL to the address where it ends")
    elif said.rstrip("/").rpartition("://")[2] != config.domain:
        yield Finding(
            f"what answers at {config.base_url} calls itself {said or 'nothing'}",
            "give `serve` the same PLEROMA_BASE_URL and restart it; look where nginx passes requests to",
        )
    else:
        yield Finding(f"{config.base_url} answers")
        yield from _streams(config)
        if config.base_url.startswith("https://"):
            yield from _clients(config)


def _streams(config: Config) -> Iterator[Finding]:
    """Whether a WebSocket opens through the public address, and texts pass both ways."""
    if not config.streaming_connections:
        yield Finding("streams are switched off (PLEROMA_STREAMING_CONNECTIONS)")
        return
    from websockets.exceptions import WebSocketException
    from websockets.sync.client import connect

    address = f"{config.base_url.replace('http', 'ws', 1)}/api/v1/streaming"
    try:
        with connect(address, open_timeout=_SECONDS, close_timeout=1) as socket:
            socket.send('{"type": "subscribe", "stream": "public"}')
            said = socket.recv(_SECONDS)
    except (OSError, WebSocketException) as error:
        yield Finding(
            f"no WebSocket opens at {address}: {error}",
            "let nginx pass on what asks for one (the location of /api/v1/streaming in deploy/nginx.conf)",
        )
        return
    if "pleroma:respond" in str(said):
        yield Finding("streams answer")
    else:
        yield Finding(f"what answers at {address} is no stream", "look where nginx passes requests to")


def _clients(config: Config) -> Iterator[Finding]:
    """Whether limits count the client behind a proxy, and not an address that a client invents."""
    parts = urlsplit(config.base_url)
    # Of the block for documentation: nobody else asks from there.
    forged = ipaddress.IPv6Network((0x20010DB8 << 96 | secrets.randbits(32) << 64, 64))
    headers = {"X-Forwarded-For": str(forged.network_address), "User-Agent": "pleroma doctor"}
    request = urllib.request.Request(f"{config.base_url}/api/v1/search?q=doctor&limit=1", headers=headers)  # noqa: S310
    try:
        with socket.create_connection((parts.hostname, parts.port or 443), timeout=_SECONDS) as connection:
            here = connection.getsockname()[0]
        before = _searchers(config)
        with urllib.request.urlopen(request, timeout=_SECONDS):  # noqa: S310
            counted = {who for who, hits in _searchers(config) - before}
    except (OSError, psycopg.Error, RuntimeError):
        # Searching is closed to strangers, or somebody else's searches fill the limit: then nothing is known.
        return
    yield from client_findings(counted, str(forged), here)


def client_findings(counted: set[str], forged: str, here: str) -> Iterator[Finding]:
    """What it means that a request from `here` with a `forged` X-Forwarded-For was counted for these."""
    if forged in counted:
        advice = "let nginx set the header: `proxy_set_header X-Forwarded-For $remote_addr;`"
        yield Finding("the server believes an X-Forwarded-For that a client sends", advice)
    elif len(counted) == 1:
        (who,) = counted
        if _is_loopback(who) and not _is_loopback(here):
            advice = "let nginx send X-Forwarded-For, and name its address in PLEROMA_TRUSTED_PROXIES"
            yield Finding(f"requests from {here} count as those of {who}: limits take all clients for one", advice)
        elif who == here:
            yield Finding(f"limits count this machine as {who}")
        else:
            yield Finding(f"limits count this machine as {who} (is it nginx's? PLEROMA_TRUSTED_PROXIES must name that)")


def _is_loopback(address: str) -> bool:
    # IPv6 is counted by its /64.
    return address.startswith(("127.", "::1", "::/64"))


def _searchers(config: Config) -> set[tuple[str, int]]:
    with (
        postgres.available(config.data_dir, config.database_url) as url,
        psycopg.connect(url, autocommit=True, connect_timeout=_SECONDS) as connection,
    ):
        return {(row.who, row.hits) for row in queries.stats.searchers(connection)}


def _mail(config: Config) -> Iterator[Finding]:
    if config.smtp_url is None:
        yield Finding("PLEROMA_SMTP_URL is not set: mails are only written to DATA_DIR/mail")
        return
    try:
        mail.check(config, config.smtp_url)
    except mail.MailError as error:
        yield Finding(f"the mail server refuses: {error}", "check PLEROMA_SMTP_URL, and that its port is not blocked")
    else:
        yield Finding("the mail server answers")
