"""Captchas of a kocaptcha service (docs/api/pleroma.md 8): it draws the picture and gives the MD5 of the answer."""

from __future__ import annotations

import re

from pleroma import bounded_json, remote
from pleroma.config import Config

_MD5 = re.compile(r"[0-9a-f]{32}")


class Unavailable(Exception):
    """The service does not answer, or not with a captcha."""


def challenge(endpoint: str, config: Config) -> tuple[str, str]:
    """A new captcha: the MD5 of its answer in hex, and the address of its picture. Raises Unavailable."""
    try:
        answer = remote.fetch(f"{endpoint}/new", max_bytes=10_000, allow_loopback=config.remote_allow_loopback)
        captcha = bounded_json.parse(answer.body) if answer.status == 200 else None
    except (remote.RemoteError, ValueError) as error:
        raise Unavailable from error
    if not isinstance(captcha, dict):
        raise Unavailable
    path, md5 = captcha.get("url"), str(captcha.get("md5")).lower()
    if not isinstance(path, str) or not path.startswith("/") or not _MD5.fullmatch(md5):
        raise Unavailable
    return md5, endpoint + path
