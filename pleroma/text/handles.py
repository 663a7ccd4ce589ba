"""Handles: what people write to name an account, `nick`, `@nick` or `@nick@host`."""

from __future__ import annotations

from typing import NamedTuple


class Handle(NamedTuple):
    """A nickname and a domain; the domain is "" for an account of this server."""

    nickname: str
    domain: str = ""

    @classmethod
    def parse(cls, written: str, own_domain: str = "") -> Handle:
        """Read what was written, in lower case. `own_domain` counts as this server's."""
        nickname, _, domain = written.strip().removeprefix("@").lower().partition("@")
        return cls(nickname, "" if domain == own_domain.lower() else domain)

    def __str__(self) -> str:
        """`nick` of an account here, `nick@host` of another."""
        return f"{self.nickname}@{self.domain}" if self.domain else self.nickname


def acct(nickname: str, domain: str | None) -> str:
    """Return how the API writes an account's handle: `nick`, or `nick@host` of a remote account."""
    return str(Handle(nickname, domain or ""))
