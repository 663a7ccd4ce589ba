"""State of the running application: its settings, its address, its counters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from flask import current_app

from pleroma import settings
from pleroma.config import Config
from pleroma.telemetry.request_counters import RequestCounters
from pleroma.telemetry.stream_figures import StreamFigures

_NAME = "pleroma"


@dataclass(frozen=True)
class ServerState:
    """One application's settings and counters, and the figures of the streams beside it."""

    config: Config
    counters: RequestCounters
    streams: StreamFigures | None = None

    @property
    def base_url(self) -> str:
        """The public address, without a slash at its end."""
        return self.config.base_url

    @property
    def base_address(self) -> bytes:
        """The same as bytes, for responses that PostgreSQL finished."""
        return self.config.base_url.encode()


def keep(extensions: dict[str, Any], state: ServerState) -> None:
    """Make a state that of the application with these extensions."""
    extensions[_NAME] = state


def server_state() -> ServerState:
    """The state of the running application."""
    return cast(ServerState, current_app.extensions[_NAME])


def configured() -> Config:
    """What the environment and the configuration file say."""
    return server_state().config


def in_force(*names: str) -> dict[str, Any]:
    """The values of the named settings that count now, in one select."""
    return settings.in_force(*names, config=configured())


def value(name: str) -> Any:
    """The value of one setting that counts now."""
    return in_force(name)[name]
