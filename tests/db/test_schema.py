"""A database of an earlier version becomes what a new one is, and what it holds is still served.

Nothing has been released yet, so the earlier version is this one, and the later one has a migration more. From the
first release on, tests/schemas/ holds a dump of each released schema and is tried in the same way.
"""

import concurrent.futures
import itertools
import threading

import click.testing
import psycopg
import pytest

import app
from pleroma import db
from pleroma.db import queries, schema
from pleroma.server import postgres
from tests.meanwhile import requests_all_the_time, until

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
def earlier(make_database, database_url, settings, _pool):
    """The address of a database of this version; the application uses it."""
    url = make_database()
    assert schema.migrate(url) == ["procrastinate", "0001_first", "0002_federation"]
    schema.note_environment(url, settings)
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


@pytest.mark.long
def test_requests_go_on_while_a_migration_adds_columns(earlier, later, make_client, client):
    people = []
    for nickname in ("alice", "bob"):
        new = {"nickname": nickname, "fullname": nickname, "email": f"{nickname}@mail.example"}
        client.post("/api/account/register", {**new, "password": "secret", "confirm": "secret"}, status=200)
        people.append(client.get(f"/api/v1/accounts/{nickname}").json["id"])
    alice = ("Basic", ("alice", "secret"))
    client.authorization = alice
    client.post(f"/api/v1/accounts/{people[1]}/follow", status=200)
    status = client.post("/api/v1/statuses", {"status": "hello @bob #world"}, status=200).json
    tables = ("statuses", "accounts", "users", "interactions", "notifications", "follows", "scrobbles", "emojis")
    added = "add column later text not null default 'x', add column latest bigint"
    later("; select pg_sleep(0.05); ".join(f"alter table {table} {added}" for table in tables))
    asked = itertools.cycle(
        [
            ("get", "/api/v1/timelines/home"),
            ("get", "/api/v1/timelines/public"),
            ("get", f"/api/v1/statuses/{status['id']}"),
            ("get", f"/api/v1/statuses/{status['id']}/context"),
            ("get", "/api/v1/notifications"),
            ("get", f"/api/v1/accounts/{people[0]}"),
            ("get", f"/api/v1/accounts/{people[0]}/statuses"),
            ("get", f"/api/v1/pleroma/accounts/{people[0]}/scrobbles"),
            ("get", "/api/v1/accounts/verify_credentials"),
            ("post", "/api/v1/statuses?status=more"),
            ("post", f"/api/v1/statuses/{status['id']}/favourite"),
            ("post", f"/api/v1/statuses/{status['id']}/unfavourite"),
        ]
    )
    lock, local = threading.Lock(), threading.local()

    def ask():
        if not hasattr(local, "client"):
            local.client = make_client()
            local.client.authorization = alice
        with lock:
            method, path = next(asked)
        answer = getattr(local.client, method)(path, expect_errors=True)
        return answer.status_code if answer.status_code == 200 else f"{method} {path}: {answer.text}"

    with requests_all_the_time(ask, clients=6) as outcomes:
        until(lambda: outcomes[200] > 100)
        assert schema.migrate(earlier) == [LATER]
        answered = outcomes[200]
        until(lambda: outcomes[200] > answered + 200)
    assert set(outcomes) == {200}


LATER_BEARER = """
alter function bearer rename to earlier_bearer;
create function bearer(of_token_hash bytea)
returns table (
  token_id bigint, app_id bigint, scopes text[], account_id bigint, is_admin boolean, is_moderator boolean,
  stale boolean, later text
) language sql stable begin atomic
select b.*, 'x'::text from earlier_bearer(of_token_hash) b;
end
"""


def test_an_older_node_goes_on_beside_a_newer_schema(client, alice, sql):
    used = [db.pool().getconn() for _ in range(db.pool().max_size)]
    for connection in used:
        queries.authentication.by_token(connection, token_hash=b"x")
        db.pool().putconn(connection)
    sql(LATER_BEARER)
    try:
        client.post("/api/v1/statuses", {"status": "hello"}, auth=alice, status=200)
        for _ in used:
            client.get("/api/v1/timelines/home", auth=alice, status=200)
        assert len(client.get(f"/api/v1/accounts/{alice.id}/statuses", status=200).json) == 1
    finally:
        sql("drop function bearer; alter function earlier_bearer rename to bearer")


def test_an_older_node_leaves_the_functions_of_a_newer_one(earlier, monkeypatch):
    newer = "create or replace function setting(setting_name text) returns text language sql return 'x'"
    with psycopg.connect(earlier, autocommit=True) as connection:
        connection.execute("insert into migrations (name) values ('9999_newer')")
        connection.execute(newer)
    assert schema.migrate(earlier) == []
    assert _rows(earlier, "select setting('limit')") == [("x",)]


def test_functions_are_replaced_when_they_have_changed_and_then_alone(earlier, tmp_path, monkeypatch):
    written = "select xmin from pg_proc where proname = 'setting'"
    before = _rows(earlier, written)
    schema.migrate(earlier)
    assert _rows(earlier, written) == before
    (tmp_path / "functions.sql").write_bytes((schema.SQL_DIRECTORY / "functions.sql").read_bytes() + b"\n-- later\n")
    monkeypatch.setattr(schema, "SQL_DIRECTORY", tmp_path)
    monkeypatch.setattr(schema, "migration_files", list)
    with psycopg.connect(earlier, autocommit=True) as connection:
        connection.execute("delete from migrations where name <> 'procrastinate'")
    schema.migrate(earlier)
    assert _rows(earlier, written) != before


def test_a_migration_waits_for_a_table_without_letting_others_wait(earlier, later):
    later("alter table statuses add column later text")
    with concurrent.futures.ThreadPoolExecutor(1) as pool, psycopg.connect(earlier) as reader:
        reader.execute("select from statuses")
        migrated = pool.submit(schema.migrate, earlier)
        waiting = "select count(*) from pg_locks where not granted and mode = 'AccessExclusiveLock'"
        until(lambda: _rows(earlier, waiting) == [(1,)])
        with psycopg.connect(earlier, options="-c lock_timeout=5s") as other:
            other.execute("select from statuses")
        assert not migrated.done()
        reader.rollback()
        assert migrated.result(20) == [LATER]


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
