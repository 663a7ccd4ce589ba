"""The commands `frontend install`, `list` and `use`."""

from __future__ import annotations

import click

from pleroma import config


@click.group()
def frontend() -> None:
    """Built web front ends."""


@frontend.command("install")
@click.argument("source")
@click.option("--name", help="What it is called here; by default after the source.")
def install_frontend(source: str, name: str | None) -> None:
    """Unpack a front end: a zip or tar, its address, or a known NAME (pleroma-fe, admin-fe)."""
    from pleroma.ops import frontends

    name = frontends.install(config.load().data_dir, source, name)
    click.echo(f"Installed {name}. `frontend use {name}` serves it.")


@frontend.command("list")
def list_frontends() -> None:
    """List the front ends that are installed, and where they are served."""
    from pleroma.ops import frontends

    for name, addresses in frontends.installed(config.load().data_dir):
        click.echo(f"{name}  {' '.join(addresses)}".rstrip())


@frontend.command("use")
@click.argument("name")
@click.option("--admin", is_flag=True, help="Serve it at /pleroma/admin/, and not at /.")
def use_frontend(name: str, admin: bool) -> None:
    """Serve a front end that is installed."""
    from pleroma.ops import frontends

    was_there = frontends.use(config.load().data_dir, name, admin=admin)
    click.echo(f"{name} is served at {'/pleroma/admin/' if admin else '/'}.")
    if not was_there:
        click.echo("A server that runs takes it up when it is reloaded (SIGHUP).")
