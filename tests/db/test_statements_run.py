"""Statements prepared once a connection, and what becomes of a connection's share."""

import gc
import weakref

import psycopg

from pleroma.db import queries, statements


def test_a_connection_that_was_replaced_leaves_nothing(database_url):
    gc.collect()
    before = len(statements._sessions)
    gc.disable()
    try:
        gone = []
        for _ in range(5):
            with psycopg.connect(database_url, autocommit=True, prepare_threshold=None) as connection:
                queries.authentication.by_account(connection, account_id=1)
                (session,) = [statements._sessions[connection]]
            gone += [weakref.ref(connection), weakref.ref(session)]
            del connection, session
        assert [reference() for reference in gone] == [None] * 10
        assert len(statements._sessions) == before
    finally:
        gc.enable()


def test_values_of_every_kind_come_and_go_as_they_are(sql, database_url):
    with psycopg.connect(database_url, autocommit=True, prepare_threshold=None) as connection:
        kinds = {"a": "text", "b": "bigint[]", "c": "timestamptz", "d": "bytea", "e": "jsonb"}
        statement = "select " + ", ".join(f"%({name})s::{kind} as {name}" for name, kind in kinds.items())
        (when,) = connection.execute("select now()").fetchone()
        values = {"a": "ü'\\ \U0001f98a", "b": [1, 2**60], "c": when, "d": b"\0x", "e": '{"x": [1, null]}'}
        (row,) = statements.rows(connection, statements.execute(connection, statement, values))
    assert row == ("ü'\\ \U0001f98a", [1, 2**60], when, b"\0x", {"x": [1, None]})
    assert row.c.utcoffset().total_seconds() == 0
