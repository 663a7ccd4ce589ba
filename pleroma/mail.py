"""Mails: made from templates, sent by SMTP_URL or, without one, kept as files in DATA_DIR/mail.

A mail is stored as a job, `send_mail` in the queue mailer, with the transaction that causes it; its arguments are the
template's name, the address and name of the receiver, and the values that the template needs (see _PATHS).
"""

from __future__ import annotations

import functools
import os
import re
import secrets
import smtplib
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from pleroma import db, jobs, settings
from pleroma.config import Config
from pleroma.db import queries

_SECONDS = 30
# In bytes (RFC 5322 2.1.1).
_LONGEST_LINE = 990
_TEMPLATES = Path(__file__).resolve().parent / "templates" / "mail"
SUBJECTS = {
    "confirmation": "{instance} account confirmation",
    "password_reset": "Password reset",
    "invitation": "Invitation to {instance}",
    "report": "{instance} Report",
}
# Where the link of each mail leads, and so which values its job must bring beside those that the text names:
# nickname (confirmation, password_reset), inviter (invitation), reporter, account, comment, status_ids (report).
_PATHS = {
    "confirmation": "/api/account/confirm_email/{account_id}/{token}",
    "password_reset": "/api/pleroma/password_reset/{token}",
    "invitation": "/registration/{token}",
}


class MailError(RuntimeError):
    """A mail cannot be made or sent; the message says why."""


@jobs.task("mailer", name="send_mail")
def send_mail(template: str, to: str, values: Mapping[str, Any], to_name: str = "") -> None:
    """Make a mail and send it; what else was sent loses its secrets."""
    config = jobs.configuration()
    instance = settings.value("instance_name", config)
    send(config, compose(config, instance, template, to, to_name, values))
    with db.in_transaction() as connection:
        queries.jobs.forget_arguments(connection, task="send_mail")


def compose(
    config: Config, instance: str, template: str, to: str, to_name: str, values: Mapping[str, Any]
) -> EmailMessage:
    """A mail with a text and an HTML part. Raises MailError for an address that is none."""
    subject = SUBJECTS[template].format(instance=instance)
    shown = {**values, **_links(config.base_url, template, values)}
    shown.update(instance=instance, base_url=config.base_url, subject=subject, to_name=to_name)
    message = EmailMessage()
    message["Subject"] = _one_line(subject)
    message["From"] = _address(instance, config.mail_from)
    message["To"] = _address(to_name, to)
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = make_msgid(domain=urlsplit(config.base_url).hostname)
    message["Auto-Submitted"] = "auto-generated"
    text = _environment().get_template(f"{template}.txt").render(shown)
    page = _environment().get_template(f"{template}.html").render(shown)
    message.set_content(text, cte=_encoding(text))
    message.add_alternative(page, subtype="html", cte=_encoding(page))
    return message


def _encoding(text: str) -> str | None:
    """How a part is written: as it is, so that a link stands on one line; None where lines must be folded."""
    if any(len(line.encode()) > _LONGEST_LINE for line in text.splitlines()):
        return None
    return "7bit" if text.isascii() else "8bit"


def send(config: Config, message: EmailMessage) -> None:
    """Hand a mail to the server of SMTP_URL, or keep it as DATA_DIR/mail/TIME-RANDOM.eml. Raises MailError."""
    if config.smtp_url is None:
        _keep(config.data_dir / "mail", message)
        return
    with _session(config, config.smtp_url) as server:
        if server.has_extn("8bitmime"):
            server.send_message(message, mail_options=("BODY=8BITMIME",))
            return
        message.policy = message.policy.clone(cte_type="7bit")
        server.send_message(message)


def check(config: Config, smtp_url: str) -> None:
    """Connect to the server, and log in where there is a login. Raises MailError."""
    with _session(config, smtp_url) as server:
        server.noop()


@contextmanager
def _session(config: Config, smtp_url: str) -> Iterator[smtplib.SMTP]:
    """A session with the server, for one task. Raises MailError for all that goes wrong in it."""
    try:
        with _connection(smtp_url, own_name(config)) as server:
            server.ehlo_or_helo_if_needed()
            yield server
    except (OSError, smtplib.SMTPException) as error:
        raise MailError(f"{urlsplit(smtp_url).hostname}: {error}") from error


def own_name(config: Config) -> str:
    """What this machine calls itself to mail servers, many of which refuse anything but a full domain name."""
    name = socket.getfqdn()
    if "." in name and not name.endswith((".localdomain", ".arpa")) and not _is_address(name):
        return name
    host = urlsplit(config.base_url).hostname or ""
    if ":" in host:
        return f"[IPv6:{host}]"
    return f"[{host}]" if _is_address(host) else host


def _is_address(name: str) -> bool:
    return re.fullmatch(r"[0-9.]+", name) is not None


def _connection(smtp_url: str, name: str) -> smtplib.SMTP:
    """A connection to the server: encrypted where it can be, and always before a password is sent."""
    parts = urlsplit(smtp_url)
    host = parts.hostname or ""
    context = ssl.create_default_context()
    if parts.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, parts.port or 465, name, timeout=_SECONDS, context=context)
    else:
        server = smtplib.SMTP(host, parts.port or (587 if parts.username else 25), name, timeout=_SECONDS)
        server.ehlo()
        if server.has_extn("starttls"):
            server.starttls(context=context)
            server.ehlo()
        elif parts.username:
            raise MailError(f"{host} does not offer STARTTLS, and a password is not sent in the clear")
    if parts.username:
        server.login(unquote(parts.username), unquote(parts.password or ""))
    return server


def _keep(directory: Path, message: EmailMessage) -> None:
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{secrets.token_hex(4)}.eml"
    partial = directory / f".{name}"
    with open(partial, "xb", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
        file.write(bytes(message))
    partial.rename(directory / name)


def _links(base_url: str, template: str, values: Mapping[str, Any]) -> dict[str, Any]:
    if template == "report":
        return {
            "account_link": f"{base_url}/users/{quote(str(values['account']))}",
            "status_links": [f"{base_url}/notice/{int(status_id)}" for status_id in values["status_ids"]],
        }
    if "link" in values:
        return {}
    quoted = {name: quote(str(value), safe="") for name, value in values.items()}
    return {"link": base_url + _PATHS[template].format_map(quoted)}


def _one_line(text: str) -> str:
    """The text without line breaks and other control characters, which could begin another header."""
    return re.sub(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", text).strip()


def _address(name: str, address: str) -> Address:
    try:
        return Address(display_name=_one_line(name), addr_spec=address)
    except Exception as error:
        # The parser of the standard library raises more kinds of errors than it documents.
        raise MailError(f"{address!r} is no mail address") from error


@functools.cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
