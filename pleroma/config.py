"""Settings: from the environment (prefix PLEROMA_), or from the file that PLEROMA_CONFIG names.

The environment wins over the file. An unknown name or a malformed value stops the start (README.md).
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from pleroma import database_address, settings_file, vapid
from pleroma.addresses import canonical, host_and_port
from pleroma.settings_file import PREFIX, ConfigError

__all__ = ["PREFIX", "Config", "ConfigError"]
# Below DATA_DIR: the installed front ends, and the links among them to what is served at / and at /pleroma/admin/.
FRONTENDS, FRONTEND, ADMIN_FRONTEND = "frontends", ".in-use", ".in-use-for-admin"
SECRETS = ("secret_key", "smtp_url", "database_url", "metrics_token", "vapid_key", "s3_secret_key")


@dataclass(frozen=True)
class Config:
    """Every setting by its lower-case name; `origins` says where each came from."""

    data_dir: Path = Path("instance")
    database_url: str | None = None
    base_url: str = "http://127.0.0.1:5000"
    secret_key: str = ""
    instance_name: str = "Pleroma"
    description: str = ""
    contact_email: str = ""
    languages: tuple[str, ...] = ("en",)
    source_url: str = ""
    public: bool = True
    registrations_open: bool = True
    invites_enabled: bool = False
    account_activation_required: bool = False
    extended_nicknames: bool = False
    hide_favorites: bool = False
    captcha: str = "none"
    captcha_seconds: int = 60
    kocaptcha_url: str = "https://captcha.kotobank.ch"
    smtp_url: str | None = None
    mail_from: str = ""
    rate_limits: bool = True
    trusted_proxies: tuple[str, ...] = ("127.0.0.1", "::1")
    frontend_dir: Path | None = None
    admin_frontend_dir: Path | None = None
    healthcheck: bool = True
    status_limit: int = 5000
    bio_limit: int = 5000
    name_limit: int = 100
    fields_limit: int = 10
    pinned_limit: int = 1
    attachments_limit: int = 16
    report_limit: int = 1000
    upload_limit: int = 16_000_000
    avatar_limit: int = 2_000_000
    banner_limit: int = 4_000_000
    background_limit: int = 4_000_000
    workers: int = 2
    threads: int = 4
    streaming_connections: int = 2000
    federation: bool = False
    authorized_fetch: bool = False
    delivery_threads: int = 8
    log_level: str = "info"
    log_format: str = "text"
    metrics_token: str = ""
    vapid_key: str = ""
    remote_allow_loopback: bool = False
    remote_ca_file: Path | None = None
    s3_bucket: str = ""
    s3_endpoint: str = ""
    s3_region: str = "us-east-1"
    s3_access_key: str = ""
    s3_secret_key: str = ""
    s3_prefix: str = ""
    media_also: str = ""
    origins: Mapping[str, str] = field(default_factory=dict)

    @property
    def domain(self) -> str:
        """What stands behind the @ of this server's accounts: its host, with the port where there is one."""
        return self.base_url.partition("://")[2]


def boolean(value: str) -> bool:
    """True or false as people write it. Raises ValueError."""
    lowered = value.lower()
    if lowered in ("true", "1", "yes", "on"):
        return True
    if lowered in ("false", "0", "no", "off"):
        return False
    raise ValueError("is neither true nor false")


def _positive(value: str) -> int:
    if not re.fullmatch(r"[0-9]{1,12}", value) or int(value) < 1:
        raise ValueError("is not a whole number above 0")
    return int(value)


def _number(value: str) -> int:
    if not re.fullmatch(r"[0-9]{1,12}", value):
        raise ValueError("is not a whole number")
    return int(value)


def _address(value: str) -> str:
    """The public address in the one form in which it is compared and sent: punycode, without the usual port."""
    fault = "is not an address like https://example.org, without a path"
    if any(letter.isspace() or letter in '"<>\\^`{|}' for letter in value):
        raise ValueError(fault)
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise ValueError(fault)
    if parts.path.strip("/") or parts.query or parts.fragment or not _has_port_or_none(parts):
        raise ValueError(fault)
    return f"{parts.scheme}://{host_and_port(parts.scheme, parts.hostname, parts.port)}"


def _has_port_or_none(parts: SplitResult) -> bool:
    try:
        return parts.port is None or parts.port > 0
    except ValueError:
        return False


def _web_address(value: str) -> str:
    if urlsplit(value).scheme not in ("http", "https") or not urlsplit(value).hostname:
        raise ValueError("is not an http or https address")
    return value.rstrip("/")


def _mail_server(value: str) -> str:
    if urlsplit(value).scheme not in ("smtp", "smtps") or not urlsplit(value).hostname:
        raise ValueError("is not an address like smtp://user:password@host:587")
    return value


def _database(value: str) -> str:
    if urlsplit(value).scheme not in ("postgresql", "postgres"):
        raise ValueError("is not an address like postgresql://user:password@host/database")
    return database_address.complete(value)


def _proxies(value: str) -> tuple[str, ...]:
    try:
        return tuple(canonical(part) for part in _list(value))
    except ValueError:
        raise ValueError("is not a list of IP addresses, like 127.0.0.1,::1") from None


def _directory(value: str) -> Path:
    if not Path(value).is_dir():
        raise ValueError("is not a directory")
    return Path(value)


def _certificates(value: str) -> Path:
    if not Path(value).is_file():
        raise ValueError("is not a file")
    return Path(value)


def _mail_address(value: str) -> str:
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", value):
        raise ValueError("is not a mail address")
    return value


def _key(value: str) -> str:
    if len(value) < 32:
        raise ValueError("has fewer than 32 characters")
    return value


def _vapid_key(value: str) -> str:
    vapid.der(value)
    return value


def _bucket(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{1,62}", value):
        raise ValueError("is not the name of a bucket")
    return value


def _prefix(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)*", value.strip("/")):
        raise ValueError("is not made of letters, digits, dots, dashes, underscores, and slashes between them")
    return value.strip("/")


def _list(value: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in value.split(",") if part.strip())


def _one_of(*choices: str) -> Callable[[str], str]:
    def _choose(value: str) -> str:
        if value.lower() not in choices:
            raise ValueError(f"is none of {', '.join(choices)}")
        return value.lower()

    return _choose


_READERS: dict[str, Callable[[str], Any]] = {
    "data_dir": Path,
    "frontend_dir": _directory,
    "admin_frontend_dir": _directory,
    "database_url": _database,
    "base_url": _address,
    "remote_ca_file": _certificates,
    "kocaptcha_url": _web_address,
    "smtp_url": _mail_server,
    "languages": _list,
    "trusted_proxies": _proxies,
    "contact_email": _mail_address,
    "mail_from": _mail_address,
    "secret_key": _key,
    "vapid_key": _vapid_key,
    "captcha": _one_of("none", "native", "kocaptcha"),
    "streaming_connections": _number,
    "s3_bucket": _bucket,
    "s3_endpoint": _web_address,
    "s3_prefix": _prefix,
    "media_also": _one_of("files", "s3"),
    "log_level": _one_of("debug", "info", "warning", "error"),
    "log_format": _one_of("text", "json"),
}


def _reader(name: str, default: Any) -> Callable[[str], Any]:
    if name in _READERS:
        return _READERS[name]
    if isinstance(default, bool):
        return boolean
    return _positive if isinstance(default, int) else str


def load(environ: Mapping[str, str] | None = None, **overrides: Any) -> Config:
    """The configuration of an environment (that of the process by default); `overrides` win over all.

    Raises ConfigError for an unknown name or a value that does not fit.
    """
    environ = os.environ if environ is None else environ
    given = {name: (value, "environment") for name, value in environ.items() if name.startswith(PREFIX)}
    path, _ = given.pop(f"{PREFIX}CONFIG", (None, None))
    if path:
        for name, value in settings_file.read(Path(path)).items():
            given.setdefault(name, (value, path))
    defaults = {item.name: item.default for item in fields(Config) if item.name != "origins"}
    values: dict[str, Any] = {}
    origins = dict.fromkeys(defaults, "default")
    for variable, (text, origin) in given.items():
        name = variable.removeprefix(PREFIX).lower()
        if name not in defaults or variable != variable.upper():
            raise ConfigError(f"{variable}: there is no such setting")
        if text == "":
            continue
        try:
            values[name] = _reader(name, defaults[name])(text)
        except ValueError as error:
            raise ConfigError(f"{variable} {error}") from error
        origins[name] = origin
    values.update(overrides)
    origins.update(dict.fromkeys(overrides, "given"))
    return _complete(values, origins)


def _complete(values: dict[str, Any], origins: dict[str, str]) -> Config:
    if "base_url" in values:
        try:
            values["base_url"] = _address(values["base_url"])
        except ValueError as error:
            raise ConfigError(f"{PREFIX}BASE_URL {error}") from error
    host = urlsplit(values.get("base_url", Config.base_url)).hostname
    values.setdefault("contact_email", f"admin@{host}")
    values.setdefault("mail_from", values["contact_email"])
    _check_bucket(values)
    return Config(**values, origins=origins)


def _check_bucket(values: dict[str, Any]) -> None:
    if not values.get("s3_bucket"):
        if values.get("media_also"):
            raise ConfigError(f"{PREFIX}MEDIA_ALSO needs a bucket: set {PREFIX}S3_BUCKET")
        return
    if bool(values.get("s3_access_key")) != bool(values.get("s3_secret_key")):
        raise ConfigError(f"{PREFIX}S3_ACCESS_KEY and {PREFIX}S3_SECRET_KEY go together")
    if find_spec("obstore") is None:
        raise ConfigError(f"{PREFIX}S3_BUCKET needs the package obstore: install this program with its extra `s3`")


def secret_key(config: Config) -> str:
    """The key that signs cookies and links: SECRET_KEY, else the one kept in DATA_DIR/secret_key, made once."""
    return config.secret_key or _kept(config.data_dir.absolute() / "secret_key", _made_secret)


def _made_secret() -> str:
    return secrets.token_urlsafe(48)


def vapid_key(config: Config) -> str:
    """The private key of web push, in PEM: VAPID_KEY, else the one kept in DATA_DIR/vapid_key, made once."""
    return config.vapid_key or _kept(config.data_dir.absolute() / "vapid_key", vapid.make)


def vapid_public_key(config: Config) -> str:
    """Its public half, as clients get it everywhere. Raises ConfigError when the file holds no such key."""
    try:
        return vapid.public_key(vapid_key(config))
    except ValueError as error:
        raise ConfigError(f"{config.data_dir / 'vapid_key'} {error}") from error


@cache
def _kept(path: Path, make: Callable[[], str]) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        made = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
        descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(make())
            file.flush()
            os.fsync(file.fileno())
        try:
            # A link fails when another process was first: its key counts.
            os.link(made, path)
        except FileExistsError:
            pass
        finally:
            made.unlink()
    return path.read_text("utf-8").strip()
