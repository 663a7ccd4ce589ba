"""Databases of earlier versions become what a new one is, and what they hold is still served.

tests/schemas/ holds a database of each released schema, named by its last migration, with something in every table.
It is made with `pg_dump --no-owner --no-privileges --no-comments --rows-per-insert=100`, without the lines of psql and
the comments. In it alice follows bob, and alice's token is TOKEN.
"""

from pathlib import Path

import click.testing
import psycopg
import pytest

import app
from pleroma import db, postgres, schema
from pleroma.schema import migration_files

SCHEMAS = Path(__file__).parent / "schemas"
RELEASED = sorted(path.stem for path in SCHEMAS.glob("*.sql"))
TOKEN = "a token of alice"
# What the schema consists of, as lines of text that do not depend on the order in which it was made.
PARTS = {
    "columns": """
        select concat_ws(' ', c.relname, c.relkind, c.relpersistence, a.attname, format_type(a.atttypid, a.atttypmod),
          'not null: ' || a.attnotnull, 'generated: ' || a.attgenerated::text, 'identity: ' || a.attidentity::text,
          l.collname, pg_get_expr(d.adbin, d.adrelid))
        from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
        left join pg_collation l on l.oid = a.attcollation
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v', 'm', 'c', 'S')""",
    "indexes": "select indexdef from pg_indexes where schemaname = 'public'",
    "constraints": """
        select concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid), convalidated)
        from pg_constraint where connamespace = 'public'::regnamespace""",
    "functions": """
        select pg_get_functiondef(p.oid) from pg_proc p
        where p.pronamespace = 'public'::regnamespace and p.prokind in ('f', 'p')
        and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')""",
    "triggers": "select pg_get_triggerdef(oid) from pg_trigger where not tgisinternal",
    "types": "select concat_ws(' ', enumtypid::regtype, enumlabel) from pg_enum",
    "sequences": "select concat_ws(' ', seqrelid::regclass, seqtypid::regtype, seqincrement) from pg_sequence",
    "extensions": "select extname::text from pg_extension",
    "migrations": "select name from migrations",
}


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


@pytest.fixture(scope="module")
def new_schema(make_database):
    """The schema of a database that this version made."""
    url = make_database()
    schema.migrate(url)
    return _schema(url)


@pytest.fixture(scope="module", params=RELEASED)
def upgraded(request, make_database):
    """The address of a database of an earlier version after `db migrate`."""
    url = make_database()
    with psycopg.connect(url, autocommit=True, prepare_threshold=None) as connection:
        connection.execute((SCHEMAS / f"{request.param}.sql").read_bytes())
        # Tokens end a year after their last use.
        connection.execute("update public.tokens set last_used_at = now()")
    missing = [path.stem for path in migration_files() if path.stem > request.param]
    assert schema.missing_migrations(url) == missing
    done = click.testing.CliRunner().invoke(app.cli, ["db", "migrate"], env={"PLEROMA_DATABASE_URL": _as_url(url)})
    assert done.exit_code == 0, done.output
    assert done.output == (f"Applied {', '.join(missing)}.\n" if missing else "The schema is up to date.\n")
    return url


def _as_url(conninfo):
    """The address in the form of the setting."""
    parts = psycopg.conninfo.conninfo_to_dict(conninfo)
    return f"postgresql://{parts['user']}@/{parts['dbname']}?host={parts['host']}&port={parts['port']}"


def _schema(url):
    with psycopg.connect(url, autocommit=True, options="-c search_path=public") as connection:
        return {
            name: sorted(text for (text,) in connection.execute(statement).fetchall())
            for name, statement in PARTS.items()
        }


@pytest.fixture
def reader(upgraded, client, database_url):
    """Reads as alice from the upgraded database: reader("/api/v1/timelines/home")."""
    db.configure(upgraded, 2)
    yield lambda path: client.get(path, auth=TOKEN, status=200).json
    db.configure(database_url, 8)


def test_every_release_is_tried():
    """The newest migration may belong to none yet."""
    names = [path.stem for path in migration_files()]
    assert set(names[:-1]) <= set(RELEASED) <= set(names)


@pytest.mark.parametrize("part", PARTS)
def test_upgraded_schema_is_that_of_a_new_database(upgraded, new_schema, part):
    assert new_schema[part]
    assert _schema(upgraded)[part] == new_schema[part]


def test_there_is_something_in_every_table(upgraded):
    # Rows of running workers and of periodic jobs; and polls, which the first schema had not.
    without = {"procrastinate_workers", "procrastinate_periodic_defers", "polls", "poll_votes", "scheduled_statuses"}
    with psycopg.connect(upgraded, autocommit=True) as connection:
        tables = [name for (name,) in connection.execute("select tablename from pg_tables where schemaname = 'public'")]
        empty = {name for name in tables if not connection.execute(f"select exists (table {name})").fetchone()[0]}
    assert empty <= without


def test_accounts_are_served(reader):
    alice = reader("/api/v1/accounts/verify_credentials")
    assert (alice["acct"], alice["display_name"], alice["statuses_count"]) == ("alice", "Alice é", 2)
    bob = reader("/api/v1/accounts/bob")
    assert (bob["followers_count"], bob["following_count"]) == (1, 1)
    (relationship,) = reader(f"/api/v1/accounts/relationships?id={bob['id']}")
    assert relationship["following"] and relationship["note"] == "a friend"
    assert reader("/api/v1/instance")["title"] == "Old server"


def test_statuses_are_served(reader):
    statuses = reader("/api/v1/timelines/home")
    (hello,) = [status for status in statuses if status["reblog"] is None and "hello" in status["content"]]
    assert hello == {**hello, "favourited": True, "reblogged": True, "bookmarked": True, "replies_count": 1}
    assert [tag["name"] for tag in hello["tags"]] == ["world"]
    assert [media["description"] for media in hello["media_attachments"]] == ["a picture"]
    assert reader(f"/api/v1/statuses/{hello['id']}")["uri"] == hello["uri"]
    context = reader(f"/api/v1/statuses/{hello['id']}/context")
    assert [status["pleroma"]["content"]["text/plain"] for status in context["descendants"]] == ["@bob good day"]


def test_what_else_alice_had_is_served(reader):
    assert {one["type"] for one in reader("/api/v1/notifications")} >= {"follow", "mention"}
    (conversation,) = reader("/api/v1/conversations")
    assert "a secret" in conversation["last_status"]["content"]
    (one,) = reader("/api/v1/lists")
    assert [account["acct"] for account in reader(f"/api/v1/lists/{one['id']}/accounts")] == ["bob"]
    assert [filter["phrase"] for filter in reader("/api/v1/filters")] == ["spam"]
    assert [one["acct"] for one in reader("/api/v1/mutes")] == ["dora"]
    assert "a picture" in str(reader("/api/v1/bookmarks"))
