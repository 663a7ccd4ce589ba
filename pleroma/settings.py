"""The settings in force: what an administrator stored at run time wins over the environment.

Nothing is kept from request to request, so that a change counts at once in every worker (README.md).
"""

from __future__ import annotations

from typing import Any

from pleroma import db
from pleroma.config import Config
from pleroma.db import queries

UPLOAD_LIMITS = ("upload_limit", "avatar_limit", "banner_limit", "background_limit")
_BESIDE_THE_FILE = 2_000_000


def in_force(*names: str, config: Config) -> dict[str, Any]:
    """The values of the named settings (see RUNTIME in pleroma.views.admin.config) that count now, in one select."""
    values = {name: getattr(config, name) for name in names}
    with db.read() as connection:
        values.update((row.name, row.value) for row in queries.authentication.settings(connection, names=list(names)))
    return values


def value(name: str, config: Config) -> Any:
    """The value of one setting that counts now."""
    return in_force(name, config=config)[name]


def largest_body(config: Config) -> int:
    """How many bytes a request may have under the limits that the environment sets."""
    return int(max(getattr(config, name) for name in UPLOAD_LIMITS)) + _BESIDE_THE_FILE


def largest_body_in_force(config: Config) -> int:
    """The same under those that count now."""
    return int(max(in_force(*UPLOAD_LIMITS, config=config).values())) + _BESIDE_THE_FILE
