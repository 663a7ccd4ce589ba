"""The commands of the groups `host` and `key`: what operators do about other servers, and the keys known to them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click


@click.group()
def host() -> None:
    """Other servers."""


@host.command("list")
def list_hosts() -> None:
    """List the known servers (name, last seen, failing since, deliveries that wait, state), and the policies."""
    from pleroma.db import queries
    from pleroma.ops import database

    with database.transaction() as (_, connection):
        for row in queries.hosts.list(connection):
            click.echo(
                "\t".join(
                    (row.name, _day(row.seen_at), _day(row.failing_since), str(row.waiting), _state(row))
                ).rstrip()
            )
        for row in queries.hosts.policies(connection):
            click.echo(f"{row.policy}\t{row.pattern}\t{row.reason}".rstrip())


@host.command("show")
@click.argument("name")
def show_host(name: str) -> None:
    """Show what is known of a server."""
    from pleroma.db import queries
    from pleroma.federation import policies
    from pleroma.ops import database

    with database.transaction() as (_, connection):
        row = queries.hosts.show(connection, name=policies.named(name))
    if row is None:
        raise click.ClickException(f"{name} is not known here")
    click.echo(f"{row.name}  {_state(row)}".rstrip())
    for label, text in (
        ("known since", _time(row.created_at)),
        ("last seen", _time(row.seen_at)),
        ("failing since", _time(row.failing_since)),
        ("failed in a row", str(row.failures)),
        ("deliveries waiting", f"{row.waiting}, since {_time(row.oldest)}" if row.waiting else "0"),
        ("next delivery", _time(row.due_at)),
        ("received, not yet read", str(row.received)),
        ("accounts known", str(row.accounts)),
        ("follows from here", str(row.followed)),
        ("follows from there", str(row.followers)),
    ):
        click.echo(f"  {label:<24}{text}")


@host.command("block")
@click.argument("name")
@click.option("--reason", default="", help="Why, for other operators.")
def block_host(name: str, reason: str) -> None:
    """Take nothing from a server and those below its name, send nothing, hide its accounts; `*.NAME`: those below."""
    from pleroma.federation import policies
    from pleroma.ops import database

    with database.transaction() as (settings, connection):
        done = policies.refuse(connection, name, reason, settings)
    counts = f"{done.accounts} accounts hidden, {done.follows} follows ended, {done.deliveries} deliveries dropped"
    click.echo(f"Blocked {name}: {counts}.")


@host.command("unblock")
@click.argument("name")
def unblock_host(name: str) -> None:
    """End a block, by the name it was made with: accounts are shown again, follows do not come back."""
    from pleroma.federation import policies
    from pleroma.ops import database

    with database.transaction() as (_, connection):
        shown = policies.accept(connection, name)
    if shown is None:
        raise click.ClickException(f"{name} is not blocked")
    click.echo(f"Unblocked {name}: {shown} accounts shown again.")


@host.command("retry")
@click.argument("name")
def retry_host(name: str) -> None:
    """Take a server for one that answers again: what waits for it is sent now."""
    from pleroma.db import queries
    from pleroma.federation import policies
    from pleroma.ops import database

    with database.transaction() as (_, connection):
        row = queries.hosts.retry(connection, name=policies.named(name))
    if row is None:
        raise click.ClickException(f"{name} is not known here")
    click.echo(f"{row.waiting} deliveries to {name} are sent now.")


@click.group()
def key() -> None:
    """The keys that accounts sign with for other servers."""


@key.command("rotate")
@click.argument("nickname")
def rotate_key(nickname: str) -> None:
    """Give an account another key; others hear of it, signed by the one before."""
    from pleroma.db import queries
    from pleroma.federation import keys
    from pleroma.ops import database

    with database.transaction() as (settings, connection):
        if not settings.federation:
            raise click.ClickException("PLEROMA_FEDERATION is not set: nobody knows any key")
        account = queries.command_line.find(connection, nickname=nickname.removeprefix("@"))
        if account is None:
            raise click.ClickException(f"there is no account {nickname}")
        name = account.nickname
        if not keys.rotate(connection, name):
            raise click.ClickException(
                f"the key of @{name} was changed less than two hours ago; others hear of that first"
            )
    click.echo(f"@{name} has another key.")


def _state(row: Any) -> str:
    words = ["blocked"] * row.is_refused + ["dead"] * row.is_dead
    return " ".join(words or ["failing"] * (row.failures > 0))


def _day(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d}" if moment else "-"


def _time(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else "-"
