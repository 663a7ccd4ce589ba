"""The command line: ``python app.py COMMAND``. Flask is imported only by the commands that need it."""

from __future__ import annotations

import dataclasses
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pleroma import config
from pleroma.config import Config, ConfigError
from pleroma.ops.commands import emoji, frontend, media
from pleroma.ops.federation_commands import host, key
from pleroma.processes import die_with_parent
from pleroma.server import postgres

if TYPE_CHECKING:
    import psycopg

_USAGE = 2


@click.group()
def cli() -> None:
    """Pleroma API: a small server for the Pleroma and Mastodon APIs."""


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=5000, show_default=True, type=click.IntRange(0, 65535), help="Port to listen on.")
@click.option("--no-worker", is_flag=True, help="Leave the background jobs to `worker` elsewhere.")
def serve(host: str, port: int, no_worker: bool) -> None:
    """Run everything: PostgreSQL, migrations, web server and job worker."""
    from pleroma.server import supervisor

    sys.exit(supervisor.serve(host, port, worker=not no_worker))


@cli.command(hidden=True)
@click.option("--socket", type=int, required=True)
@click.option("--report", type=int, required=True)
@click.option("--address", required=True)
@click.option("--no-worker", is_flag=True)
def generation(socket: int, report: int, address: str, no_worker: bool) -> None:
    """What `serve` starts: the application, loaded once, with the processes forked from it."""
    from pleroma.server import generation as generations

    settings = config.load()
    if settings.origins["base_url"] == "default":
        settings = config.load(base_url=address)
    sys.exit(generations.run(settings, socket, report, worker=not no_worker))


@cli.command()
def worker() -> None:
    """Run background jobs only."""
    from pleroma.db import schema
    from pleroma.server import generation

    settings = config.load()
    with postgres.available(settings.data_dir, settings.database_url) as url:
        if missing := schema.missing_migrations(url):
            raise schema.SchemaBehind(f"the schema is behind ({', '.join(missing)}): run `python app.py db migrate`")
        schema.note_environment(url, settings)
        sys.exit(generation.work(settings, url))


@cli.group()
def db() -> None:
    """The database."""


@db.command()
def migrate() -> None:
    """Bring the schema up to this version's."""
    from pleroma.db import schema

    settings = config.load()
    with postgres.available(settings.data_dir, settings.database_url) as url:
        applied = schema.migrate(url)
    click.echo(f"Applied {', '.join(applied)}." if applied else "The schema is up to date.")


@cli.command()
def routes() -> None:
    """List every route: methods, path, scope."""
    from pleroma import create_app

    app = create_app(config.load())
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, sorted(rule.methods or ()))):
        methods = ",".join(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))
        scope = getattr(app.view_functions[rule.endpoint], "scope", "")
        click.echo(f"{methods:<12} {rule.rule}  {scope}".rstrip())


@cli.command("config")
def show_config() -> None:
    """List every setting with its value and origin; secrets are not shown."""
    settings = config.load()
    stored = _stored_settings(settings)
    for field in dataclasses.fields(Config):
        if field.name == "origins":
            continue
        value, origin = getattr(settings, field.name), settings.origins[field.name]
        if field.name in stored:
            value, origin = stored[field.name], "database"
        shown = "***" if field.name in config.SECRETS and value else _written(value)
        click.echo(f"{config.PREFIX}{field.name.upper()}={shown}  ({origin})")


def _written(value: Any) -> str:
    """A value as it would be written in the environment."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(value) if isinstance(value, tuple | list) else str(value)


def _stored_settings(settings: Config) -> dict[str, Any]:
    """What an administrator changed at run time; nothing where there is no database yet."""
    from pleroma.db import queries, schema

    if settings.database_url is None and not (settings.data_dir / "postgres").exists():
        return {}
    with postgres.available(settings.data_dir, settings.database_url) as url:
        if schema.missing_migrations(url):
            return {}
        with _connected(url) as connection:
            return {row.name: row.value for row in queries.settings.stored(connection)}


@contextmanager
def _connected(url: str) -> Iterator[psycopg.Connection]:
    import psycopg

    with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection:
        yield connection


@contextmanager
def _database() -> Iterator[tuple[Config, psycopg.Connection]]:
    """The settings and one transaction on the migrated database, for a command that changes something."""
    from pleroma.ops import database

    with database.transaction() as (settings, connection):
        yield settings, connection


@cli.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--with-media", is_flag=True, help="Also what lies in a bucket, and not only its list.")
def backup(file: Path, with_media: bool) -> None:
    """Write database, media, emoji, static files and keys to one file; the server may run."""
    from pleroma.ops import backup as backups
    from pleroma.ops.disk_use import shown

    settings = config.load()
    with postgres.available(settings.data_dir, settings.database_url) as url:
        size = backups.create(settings, url, file, with_media=with_media)
    click.echo(f"Wrote {file}, {shown(size)}. It holds secrets: keep it to yourself.")


@cli.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
def restore(file: Path) -> None:
    """Bring a backup up in an empty data directory or database."""
    from pleroma.ops import restore as restores

    settings = config.load()
    applied, missing = restores.restore(settings, file)
    click.echo(f"Restored {file}." + (f" Applied {', '.join(applied)}." if applied else ""))
    if missing:
        names = settings.data_dir / "missing-media"
        names.write_text("\n".join(missing) + "\n")
        click.echo(f"{len(missing)} files of media are missing: {', '.join(missing[:3])} … ({names} names all)")


@cli.command()
def prune() -> None:
    """Remove what is over its time, as each hour does, and files that belong to nothing."""
    from pleroma import jobs, upkeep
    from pleroma.ops import database
    from pleroma.ops.disk_use import shown

    with database.pool() as settings:
        jobs.run_hourly(settings)
        count, size = upkeep.remove_forgotten_files(settings)
    click.echo(f"Removed what was over its time, and {count} forgotten files ({shown(size)}).")


@cli.command()
def stats() -> None:
    """Show what the disk is used for, and how many rows there are."""
    from pleroma.ops import disk_use

    with _database() as (settings, connection):
        for line in disk_use.lines(settings, connection):
            click.echo(line)


@cli.command()
@click.option("--peer", "peers", multiple=True, metavar="URL", help="Another node, as this machine reaches it.")
def doctor(peers: tuple[str, ...]) -> None:
    """Check for common problems and suggest fixes; exit status 1 if there are any."""
    from pleroma.ops import doctor as doctors

    wrong = 0
    for finding in doctors.findings(config.load(), peers):
        click.echo(f"{'WRONG' if finding.advice else 'ok   '}  {finding.text}")
        if finding.advice:
            wrong += 1
            click.echo(f"       → {finding.advice}")
    sys.exit(1 if wrong else 0)


@cli.group()
def user() -> None:
    """Accounts of this server."""


@user.command("create")
@click.argument("nickname")
@click.option("--email", required=True, help="Its mail address.")
@click.option("--password", required=True, help="Its password.")
@click.option("--admin", is_flag=True, help="Make it an administrator.")
@click.option("--moderator", is_flag=True, help="Make it a moderator.")
def create_user(nickname: str, email: str, password: str, admin: bool, moderator: bool) -> None:
    """Make an account, confirmed."""
    from pleroma.accounts import administration

    with _database() as (settings, connection):
        administration.create(connection, settings, nickname, email, password, admin=admin, moderator=moderator)
    click.echo(f"Made @{nickname}.")


@user.command("list")
def list_users() -> None:
    """List the accounts: nickname, address, roles, state."""
    from pleroma.db import queries

    with _database() as (_, connection):
        for row in queries.command_line.users(connection):
            words = ["admin"] * row.is_admin + ["moderator"] * row.is_moderator
            words += ["deactivated"] * (not row.active) + ["unconfirmed"] * (not row.confirmed)
            click.echo(f"{row.nickname}\t{row.email}\t{' '.join(words)}")


@user.command("delete")
@click.argument("nickname")
@click.option("--yes", is_flag=True, help="Do not ask.")
def delete_user(nickname: str, yes: bool) -> None:
    """Delete an account and everything of it."""
    from pleroma.accounts import administration

    if not yes:
        click.confirm(f"Delete @{nickname} with all statuses?", abort=True)
    with _database() as (_, connection):
        administration.delete(connection, administration.find(connection, nickname).id)
    click.echo(f"Deleted @{nickname}.")


@user.command("activate")
@click.argument("nickname")
def activate_user(nickname: str) -> None:
    """Let a deactivated account in again."""
    _set_active(nickname, True)


@user.command("deactivate")
@click.argument("nickname")
def deactivate_user(nickname: str) -> None:
    """Keep an account out and hide it; nothing is deleted."""
    _set_active(nickname, False)


def _set_active(nickname: str, active: bool) -> None:
    from pleroma.accounts import administration

    with _database() as (_, connection):
        administration.set_active(connection, administration.find(connection, nickname).id, active)
    click.echo(f"{'Activated' if active else 'Deactivated'} @{nickname}.")


@user.command("reset-password")
@click.argument("nickname")
@click.option("--password", help="The new password; without it one is made up and shown.")
def reset_password(nickname: str, password: str | None) -> None:
    """Set a new password; every login of the account ends."""
    from pleroma.accounts import administration

    chosen = password or secrets.token_urlsafe(12)
    with _database() as (_, connection):
        administration.set_password(connection, administration.find(connection, nickname).id, chosen)
    click.echo(f"Changed the password of @{nickname}." if password else f"The new password of @{nickname}: {chosen}")


@user.command("reset-mfa")
@click.argument("nickname")
def reset_second_factor(nickname: str) -> None:
    """End the second factor of an account, for somebody who has lost it: the password alone logs in again."""
    from pleroma.accounts import administration, second_factor

    with _database() as (_, connection):
        had = second_factor.end(connection, administration.find(connection, nickname).id)
    name = nickname.removeprefix("@")
    click.echo(f"Ended the second factor of @{name}." if had else f"@{name} has no second factor.")


@user.command("set")
@click.argument("nickname")
@click.argument("changes", nargs=-1, required=True, metavar="NAME=VALUE...")
def change_user(nickname: str, changes: tuple[str, ...]) -> None:
    """Change email, admin, moderator or locked, e.g. `user set alice admin=true`."""
    from pleroma.accounts import administration

    with _database() as (_, connection):
        administration.change(
            connection, administration.find(connection, nickname).id, dict(_change(text) for text in changes)
        )
    click.echo(f"Changed @{nickname}.")


def _change(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise click.BadParameter(f"{text!r} is not NAME=VALUE")
    return name, value


@user.command("export")
@click.argument("nickname")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def export_user(nickname: str, file: Path) -> None:
    """Write all that an account has made to a zip, as it can have it made itself; the server may run."""
    from pleroma.accounts import archives
    from pleroma.ops import database
    from pleroma.ops.disk_use import shown

    with database.pool() as settings:
        size = archives.export(settings, nickname, file)
    click.echo(f"Wrote {file}, {shown(size)}. It holds private statuses: give it to nobody but @{nickname}.")


@cli.group()
def invite() -> None:
    """Invitations to register while registrations are closed."""


@invite.command("create")
@click.option("--max-use", type=click.IntRange(1, 2**31 - 1), help="How many may register with it.")
@click.option("--expires-at", type=click.DateTime(["%Y-%m-%d"]), help="The last day on which it is good (UTC).")
def create_invite(max_use: int | None, expires_at: Any) -> None:
    """Make an invite, good once unless an option says otherwise, and show its link."""
    from pleroma.db import queries

    token = secrets.token_urlsafe(24)
    day = expires_at.date().isoformat() if expires_at else None
    with _database() as (settings, connection):
        queries.admin_invites.create(connection, token=token, max_use=max_use, expires_at=day)
    click.echo(f"{settings.base_url}/registration/{token}")


cli.add_command(emoji)
cli.add_command(frontend)
cli.add_command(host)
cli.add_command(key)
cli.add_command(media)


def main() -> None:
    """Run the command line; what goes wrong is one line on standard error."""
    if getattr(sys, "frozen", False):
        # The process that unpacked the binary waits for this one, and must not leave it behind.
        die_with_parent()
    try:
        cli()
    except ConfigError as error:
        _fail(error, _USAGE)
    except (RuntimeError, ValueError, OSError) as error:
        _fail(error, 1)


def _fail(error: Exception, status: int) -> None:
    click.echo(f"Error: {error}", err=True)
    sys.exit(status)


if __name__ == "__main__":
    main()
