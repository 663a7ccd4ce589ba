"""The settings in force: what an administrator stored at run time wins over the environment.

Nothing is kept from request to request, so that a change counts at once in every worker (README.md).
"""

from __future__ import annotations

from typing import Any

from pleroma import db
from pleroma.config import Config
from pleroma.db import queries


def in_force(*names: str, config: Config) -> dict[str, Any]:
    """The values of the named settings (see RUNTIME in pleroma.views.admin.config) that count now, in one select."""
    values = {name: getattr(config, name) for name in names}
    with db.connection() as connection:
        values.update((row.name, row.value) for row in queries.authentication.settings(connection, names=list(names)))
    return values


def value(name: str, config: Config) -> Any:
    """The value of one setting that counts now."""
    return in_force(name, config=config)[name]
