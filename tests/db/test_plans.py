"""No hot statement may read a big table from end to end, whatever the parameters (docs/performance.md)."""

import contextlib
import json
from pathlib import Path

import aiosql
import psycopg
import pytest

from pleroma import db
from pleroma.db import queries, schema, statements, timing
from pleroma.server import postgres

BIG = {
    "accounts", "follows", "interactions", "media", "notifications", "status_media", "status_tags", "statuses",
    "direct_statuses", "participations", "stream_events", "tokens", "feed_statuses",
}  # fmt: skip
HOT = {
    "timelines": (
        "home", "home_after", "public", "public_after", "tag", "direct", "list", "favourites", "bookmarks", "account",
        "account_after", "account_media", "account_pinned", "account_tagged",
    ),
    "statuses": ("status", "statuses", "context", "posting_context", "create", "notify", "deliver_direct", "deletable",
                 "delete"),
    "notifications": ("page", "page_after", "notification", "unread_count", "read_up_to"),
    "accounts": ("account", "account_at", "accounts", "id_of", "credentials", "followers", "following"),
    "interactions": ("favourite", "unfavourite", "reblog", "unreblog", "bookmark", "favourited_by", "reblogged_by"),
    "authentication": ("by_token", "by_session"),
    "search": ("statuses",),
    "streaming": ("admit", "good_tokens", "events", "update", "conversations", "deleted", "notification"),
    "push": ("message",),
    "exports": ("follows", "mutes", "blocks", "lists", "bookmarks"),
    "archives": ("outbox", "likes", "bookmarks", "media", "file"),
}  # fmt: skip


# What home_page, whose statements no plan shows, chooses from.
HOME = aiosql.from_path(Path(__file__).parents[2] / "benchmarks" / "plans.sql", db.Adapter)


def _hot():
    named = {
        f"{area}.{name}": getattr(getattr(queries, area), name).sql for area, names in HOT.items() for name in names
    }
    home = {name: getattr(HOME, name).sql for name in ("home_fed", "home_walked", "home_newest", "home_merged")}
    return [pytest.param(sql, id=name) for name, sql in {**named, **home}.items()]


@contextlib.contextmanager
def planning(directory):
    """A connection that plans as the application does, to new tables; the plans are kept when these grow."""
    # What autovacuum learns of the tables of other tests would change the plans.
    url = postgres.start(directory, settings={"fsync": "off", "autovacuum": "off"})
    try:
        schema.migrate(url)
        with psycopg.connect(url, autocommit=True, options=db.session_options()) as connection:
            yield connection
    finally:
        postgres.stop(directory)


@pytest.fixture(scope="module")
def planner(tmp_path_factory):
    """Plans for tables of unknown size."""
    with planning(tmp_path_factory.mktemp("planner")) as connection:
        yield connection


def _generic_plan(connection, sql):
    statement, _, _ = statements.numbered(sql)
    result = connection.pgconn.exec_(b"explain (generic_plan, format json) " + statement)
    assert result.status == psycopg.pq.ExecStatus.TUPLES_OK, result.error_message.decode()
    return json.loads(result.get_value(0, 0))[0]["Plan"]


def _nodes(plan):
    yield plan
    for child in plan.get("Plans", []):
        yield from _nodes(child)


def _read_whole(connection, sql):
    """The big tables that a statement reads from end to end."""
    return {
        node["Relation Name"]
        for node in _nodes(_generic_plan(connection, sql))
        if node["Node Type"] == "Seq Scan" and node["Relation Name"] in BIG
    }


@pytest.mark.parametrize("sql", _hot())
def test_big_tables_are_read_by_index(planner, sql):
    assert _read_whole(planner, sql) == set()


def test_what_is_known_to_be_empty_is_not_read_from_end_to_end_either(tmp_path):
    """Autovacuum may have looked at a table before anything was in it."""
    with planning(tmp_path) as connection:
        connection.execute("analyze")
        whole = {case.id: tables for case in _hot() if (tables := _read_whole(connection, *case.values))}
    assert whole == {}


@pytest.mark.parametrize("sql", _hot())
def test_an_index_is_not_read_whole_either(planner, sql):
    """An index without a condition is a sequential scan in disguise, but for walks that stop by themselves."""
    whole = [
        node["Index Name"]
        for node in _nodes(_generic_plan(planner, sql))
        if node["Node Type"] in ("Index Scan", "Index Only Scan", "Bitmap Index Scan")
        and node.get("Relation Name", "statuses") in BIG
        and "Index Cond" not in node
    ]
    assert whole == []


def test_a_sequential_scan_would_be_noticed(planner):
    result = planner.pgconn.exec_(b"explain (generic_plan, format json) select * from statuses where source = $1")
    (node,) = _nodes(json.loads(result.get_value(0, 0))[0]["Plan"])
    assert node["Node Type"] == "Seq Scan"


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/timelines/home", "/api/v1/timelines/public", "/api/v1/timelines/tag/x", "/api/v1/notifications",
        "/api/v1/statuses/{status}", "/api/v1/statuses/{status}/context", "/api/v1/accounts/{account}",
        "/api/v1/accounts/{account}/statuses", "/api/v1/accounts/{account}/followers", "/api/v1/favourites",
        "/api/v1/bookmarks", "/api/v1/conversations", "/api/v1/statuses/{status}/favourited_by",
    ],
)  # fmt: skip
def test_lists_and_entities_take_two_statements(client, alice, bob, post, path):
    status = post(bob, "hello")
    # The first request of a day to the home timeline leaves a feed.
    client.get("/api/v1/timelines/home", auth=alice, status=200)
    client.get(path.format(status=status["id"], account=bob.id), auth=alice, status=200)
    assert 1 <= timing.figures.statements <= 2
