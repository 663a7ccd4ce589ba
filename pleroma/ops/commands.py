"""The commands of the groups `emoji`, `frontend` and `media`."""

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


@click.group()
def emoji() -> None:
    """Custom emoji."""


@emoji.command("import")
@click.argument("source")
@click.argument("pack", required=False)
def import_emoji(source: str, pack: str | None) -> None:
    """Import a pack from a folder, a zip, or the address of another server with the pack's name there."""
    from pleroma.emoji import importing, installed
    from pleroma.ops import database

    imported = importing.run(config.load(), source, pack)
    with database.transaction() as (settings, connection):
        installed.reload(connection, settings.data_dir)
    click.echo(f"Imported {imported.emoji} emoji as the pack {imported.name}.")
    if imported.left_out:
        click.echo(f"Left out, because there is no picture or the name is too long: {', '.join(imported.left_out)}.")


@click.group()
def media() -> None:
    """Where media are kept."""


@media.command("move")
@click.option("--to", "target", required=True, type=click.Choice(["s3", "files"]), help="Where they shall be.")
def move_media(target: str) -> None:
    """Copy the media that are missing there to the bucket or to files; the server may run, and nothing is deleted."""
    from pleroma.ops import database, media_moves
    from pleroma.ops.disk_use import shown

    with database.pool() as settings:
        moved = media_moves.copy_missing(settings, target)
    click.echo(f"Copied {moved.copied} files ({shown(moved.size)}); {moved.there} were there already.")
