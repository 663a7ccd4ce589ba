"""The second factor of an account: a key that it shares with an authenticator app (TOTP, RFC 6238), and recovery codes.

Rules: docs/api/pleroma.md 9.5. Guesses are counted before they are compared (auth/second_factor.py).
"""

from __future__ import annotations

import base64
import hmac
import re
import secrets
import time

from psycopg import Connection

from pleroma import sealing
from pleroma.access import token_hash
from pleroma.config import Config
from pleroma.db import queries

_STEP_SECONDS = 30
# How many steps the clock of a phone may be off.
_DRIFT = 1
_RECOVERY_CODES = 10
_RECOVERY_BYTES = 10
_APP_CODE = re.compile(r"[0-9]{6}", re.ASCII)
_BETWEEN = re.compile(r"[\s-]+")


def current_step() -> int:
    """The step of the clock that it is now."""
    return int(time.time()) // _STEP_SECONDS


def begin(connection: Connection, config: Config, account_id: int, issuer: str) -> tuple[str, str]:
    """A new key for the account's app, in base32, and as an otpauth: address, which front ends show as a picture.

    `issuer` is what apps call this server. The key counts once a code of it was confirmed; until then the old one does.
    """
    import pyotp

    key = pyotp.random_base32()
    sealed = sealing.seal(sealing.SECOND_FACTORS, key, account_id, config)
    owner = queries.second_factor.begin(connection, account_id=account_id, key=sealed)
    name = f"{owner.nickname}@{config.domain}"
    return key, pyotp.TOTP(key).provisioning_uri(name=name, issuer_name=issuer)


def confirm(connection: Connection, config: Config, account_id: int, code: str) -> bool:
    """Let the key of `begin` count when the code is of it: from now on the password alone logs nobody in.

    Authorization codes, reset links and logins that are under way end.
    """
    pending = queries.second_factor.pending(connection, account_id=account_id)
    step = _step(config, account_id, pending.key, _plain(code)) if pending else None
    if step is None:
        return False
    confirmed = queries.second_factor.confirm(connection, account_id=account_id, key=pending.key, step=step)
    return confirmed is not None


def new_recovery_codes(connection: Connection, account_id: int) -> list[str]:
    """Recovery codes, each good for one login; they replace those that there were."""
    made = [secrets.token_bytes(_RECOVERY_BYTES) for _ in range(_RECOVERY_CODES)]
    codes = [base64.b32encode(code).decode().lower() for code in made]
    queries.second_factor.set_recovery_codes(
        connection, account_id=account_id, code_hashes=[token_hash(code) for code in codes]
    )
    return ["-".join(re.findall("....", code)) for code in codes]


def spend(connection: Connection, config: Config, account_id: int, key: bytes, code: str, kind: str | None) -> bool:
    """Whether a code is right; it counts once.

    `key` is the sealed key of the account. `kind` is `totp` or `recovery`; None for whichever the code looks like.
    """
    plain = _plain(code)
    kind = kind or ("totp" if _APP_CODE.fullmatch(plain) else "recovery")
    spent = None
    if kind == "recovery":
        spent = queries.second_factor.spend_recovery_code(
            connection, account_id=account_id, code_hash=token_hash(plain)
        )
    elif kind == "totp" and (step := _step(config, account_id, key, plain)) is not None:
        spent = queries.second_factor.spend_step(connection, account_id=account_id, key=key, step=step)
    return spent is not None


def end(connection: Connection, account_id: int) -> bool:
    """End the second factor of an account and its recovery codes. False when there was none."""
    return bool(queries.second_factor.end(connection, account_id=account_id).was_on)


def _plain(code: str) -> str:
    """A code without what people type between its parts."""
    return _BETWEEN.sub("", code).lower()


def _step(config: Config, account_id: int, sealed: bytes, code: str) -> int | None:
    """The step of the clock whose code this is, None for a wrong one, and for all under another secret key."""
    key = sealing.unseal(sealing.SECOND_FACTORS, sealed, account_id, config)
    if key is None or not _APP_CODE.fullmatch(code):
        return None
    import pyotp

    app, now = pyotp.TOTP(key), current_step()
    found = [
        step for step in range(now - _DRIFT, now + _DRIFT + 1) if hmac.compare_digest(app.generate_otp(step), code)
    ]
    return max(found, default=None)
