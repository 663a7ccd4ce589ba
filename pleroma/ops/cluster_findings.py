"""What `doctor` looks at where there are several machines: the servers of the database, and another node."""

from __future__ import annotations

import contextlib
import email.utils
import json
import secrets
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import psycopg

from pleroma import config as configuration
from pleroma import database_address
from pleroma.config import Config
from pleroma.db import queries
from pleroma.ops.finding import Finding

_SECONDS = 10
_DRIFT = timedelta(seconds=5)
# Where a node serves what lies in a folder of DATA_DIR.
_FOLDERS = {"media": "/media", "emoji": "/emoji", "static": ""}


class _Answer(NamedTuple):
    status: int
    body: bytes
    date: str | None


def of_servers(config: Config, connection: psycopg.Connection) -> Iterator[Finding]:
    """Whether what was reached takes writes, and whether what is stored there is on another machine, too."""
    state = queries.stats.replication(connection)
    if state.is_standby:
        yield Finding(
            "the database that is reached is a standby, and takes no writes",
            "name all servers in PLEROMA_DATABASE_URL; `patronictl list` says whether there is a primary",
        )
    if config.database_url is None or not database_address.names_several(config.database_url):
        return
    if not state.is_standby:
        yield Finding("the database that is reached is the primary")
        yield _copies(state.sees_standbys, state.synchronous, state.standbys)
    if not config.secret_key:
        advice = "set PLEROMA_SECRET_KEY, the same for all: else cookies and links of one are void on the other"
        yield Finding("several nodes may use this database, and each makes a secret key of its own", advice)
    if config.smtp_url is None:
        advice = "set PLEROMA_SMTP_URL: else a mail is a file on whichever node ran the job"
        yield Finding("several nodes may use this database, and each keeps mails for itself", advice)


def _copies(is_known: bool, synchronous: int, standbys: int) -> Finding:
    if not is_known:
        return Finding("whether there is a synchronous standby is unknown (`grant pg_monitor to` the role says it)")
    if not synchronous:
        advice = "`patronictl list` says what the others do; `patronictl reinit` makes one again"
        return Finding(f"no standby is synchronous (of {standbys}): what is posted now is on one disk alone", advice)
    return Finding(f"{synchronous} of {standbys} standbys are synchronous")


def of_peer(config: Config, peer: str) -> Iterator[Finding]:
    """Whether another node shows the files that are written here, has the same keys, and the same time."""
    peer = peer.rstrip("/")
    try:
        answer = _ask(f"{peer}/api/v2/instance")
    except (OSError, ValueError) as error:
        yield Finding(f"{peer} does not answer: {error}", "is `serve` running there, and may this machine ask it?")
        return
    if answer.status != 200:
        yield Finding(f"{peer} answers with {answer.status}", "`doctor` there says more")
        return
    yield _clock(peer, answer.date)
    yield _keys(config, peer, answer.body)
    yield from _files(config, peer)


def _clock(peer: str, date: str | None) -> Finding:
    drift = datetime.now(UTC) - email.utils.parsedate_to_datetime(date) if date else timedelta(0)
    if abs(drift) > _DRIFT:
        return Finding(f"the clock of {peer} differs by {drift}", "keep both in time, e.g. by systemd-timesyncd")
    return Finding(f"{peer} answers, and its clock says the same")


def _keys(config: Config, peer: str, body: bytes) -> Finding:
    theirs = None
    with contextlib.suppress(ValueError, TypeError, KeyError):
        theirs = json.loads(body)["configuration"]["vapid"]["public_key"]
    if theirs == configuration.vapid_public_key(config):
        return Finding(f"{peer} has the same key of web push")
    advice = "copy DATA_DIR/vapid_key of one node to the others, and reload them"
    return Finding(f"{peer} has another key of web push: what one node pushes is refused", advice)


def _files(config: Config, peer: str) -> Iterator[Finding]:
    data = config.data_dir.absolute()
    # A bucket is the same for all.
    folders = [folder for folder in _FOLDERS if folder != "media" or not config.s3_bucket]
    missing = [folder for folder in folders if (data / folder).is_dir() and not _is_there(data, folder, peer)]
    for folder in missing:
        advice = f"mount the same {folder}/ in both data directories"
        yield Finding(f"{peer} does not show what is written to {data / folder}", advice)
    if not missing:
        yield Finding(f"{peer} shows the files that are written here")


def _is_there(data: Path, folder: str, peer: str) -> bool:
    """Write a file here, and look for it there."""
    name, content = f"doctor-{secrets.token_hex(8)}.png", secrets.token_bytes(16)
    if folder == "media":
        # No other names are served there.
        name = f"{secrets.token_hex(1)}/{secrets.token_hex(15)}.png"
    path = data / folder / name
    try:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        return _ask(f"{peer}{_FOLDERS[folder]}/{name}").body == content
    except OSError:
        return False
    finally:
        path.unlink(missing_ok=True)


def _ask(address: str) -> _Answer:
    """What a node answers. Raises OSError, ValueError."""
    if not address.startswith(("http://", "https://")):
        raise ValueError("it is no address like http://10.0.0.2:5000")
    request = urllib.request.Request(address, headers={"User-Agent": "pleroma doctor"})  # noqa: S310 (looked at above)
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
            return _Answer(answer.status, answer.read(1_000_000), answer.headers["Date"])
    except urllib.error.HTTPError as error:
        with error:
            return _Answer(error.code, b"", error.headers["Date"])
