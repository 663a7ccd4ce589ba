"""A database of an earlier version becomes what a new one is, and what it holds is still served.

Nothing has been released yet, so the earlier version is this one, and the later one has a migration more. From the
first release on, tests/schemas/ holds a dump of each released schema and is tried in the same way.
"""

import click.testing
import psycopg
import pytest

import app
from pleroma import db
from pleroma.db import schema
from pleroma.server import postgres

LATER = "0002_later"


@pytest.fixture(scope="module")
def make_database(server_url):
    """Makes an empty database beside the others, and gives its address."""
    made = []
    superuser = psycopg.conninfo.make_conninfo(server_url, user="postgres")

    def make():
        name = f"schema_{len(made)}"
        with psycopg.connect(superuser, autocommit=True) as connection:
            connection.execute(f"create database {name} owner {postgres.ROLE}")
        made.append(name)
        return psycopg.conninfo.make_conninfo(server_url, dbname=name)

    yield make
    with psycopg.connect(superuser, autocommit=True) as connection:
        for name in made:
            connection.execute(f"drop database {name} with (force)")


@pytest.fixture
def earlier(make_database, database_url, _pool):
    """The address of a database of this version; the application uses it."""
    url = make_database()
    assert schema.migrate(url) == ["procrastinate", "0001_first"]
    db.configure(url, 8)
    yield url
    db.configure(database_url, 8)


@pytest.fixture
def later(monkeypatch, tmp_path):
    """Makes a migration of a later version: later("alter table …")."""

    def make(text):
        path = tmp_path / f"{LATER}.sql"
        path.write_text(text)
        files = [*schema.migration_files(), path]
        monkeypatch.setattr(schema, "migration_files", lambda: files)

    return make


def _rows(url, statement):
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(statement).fetchall()


def _migrate(conninfo):
    parts = psycopg.conninfo.conninfo_to_dict(conninfo)
    url = f"postgresql://{parts['user']}@/{parts['dbname']}?host={parts['host']}&port={parts['port']}"
    return click.testing.CliRunner().invoke(app.cli, ["db", "migrate"], env={"PLEROMA_DATABASE_URL": url})


def test_upgraded_database_serves_what_it_held(earlier, later, client):
    new = {"nickname": "alice", "fullname": "Alice", "email": "alice@mail.example", "bio": ""}
    client.post("/api/account/register", {**new, "password": "secret", "confirm": "secret"}, status=200)
    client.authorization = ("Basic", ("alice", "secret"))
    status = client.post_json("/api/v1/statuses", {"status": "hello #world"}, status=200).json
    later(
        "alter table statuses add column later text not null default 'x';"
        "alter table accounts add column later text; create table of_later (id bigint)"
    )
    assert schema.missing_migrations(earlier) == [LATER]
    done = _migrate(earlier)
    assert (done.exit_code, done.output) == (0, f"Applied {LATER}.\n")
    assert schema.missing_migrations(earlier) == []
    assert _rows(earlier, "select count(*) from of_later") == [(0,)]
    (shown,) = client.get("/api/v1/timelines/home", status=200).json
    assert shown == status
    client.post_json("/api/v1/statuses", {"status": "good day"}, status=200)
    assert client.get("/api/v1/accounts/verify_credentials", status=200).json["statuses_count"] == 2


def test_migrating_again_changes_nothing(earlier, later):
    later("create table of_later (id bigint)")
    _migrate(earlier)
    done = _migrate(earlier)
    assert (done.exit_code, done.output) == (0, "The schema is up to date.\n")


def test_migration_that_fails_leaves_nothing(earlier, later):
    later("create table of_later (id bigint); select 1 / 0")
    with pytest.raises(psycopg.errors.DivisionByZero):
        schema.migrate(earlier)
    assert schema.missing_migrations(earlier) == [LATER]
    assert _rows(earlier, "select to_regclass('of_later')") == [(None,)]
