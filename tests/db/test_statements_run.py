"""Statements prepared once a connection, and what becomes of a connection's share."""

import gc
import threading
import weakref

import psycopg
import pytest

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


def prepared(connection, *texts):
    """Runs statements once, so that each is known to the connection."""
    for text in texts:
        statements.execute(connection, text, {})


def test_what_is_assumed_goes_with_the_next_statement(database_url):
    with psycopg.connect(database_url, autocommit=True, prepare_threshold=None) as connection:
        prepared(connection, "select 1::text", "select 2::text")
        statements.assume(connection, "select 1::text", {}, (b"1",))
        assert statements.execute(connection, "select 2::text", {}).get_value(0, 0) == b"2"
        statements.assume(connection, "select 1::text", {}, (b"another",))
        with pytest.raises(statements.AssumptionFailed):
            statements.execute(connection, "select 2::text", {})
        assert statements.execute(connection, "select 2::text", {}).get_value(0, 0) == b"2"


def test_an_error_of_either_leaves_the_connection_in_order(database_url):
    failing = "select (1 / (select count(*) from rate_limits where key = 'nothing'))::text"
    with psycopg.connect(database_url, autocommit=True, prepare_threshold=None) as connection:
        prepared(connection, "select 1::text")
        for text in (failing, failing):
            with pytest.raises(psycopg.errors.DivisionByZero):
                statements.execute(connection, text, {})
        for assumed, asked in ((failing, "select 1::text"), ("select 1::text", failing)):
            statements.assume(connection, assumed, {}, (b"1",))
            with pytest.raises(psycopg.errors.DivisionByZero):
                statements.execute(connection, asked, {})
            assert statements.execute(connection, "select 1::text", {}).get_value(0, 0) == b"1"


def test_a_connection_that_is_cut_while_both_run_is_an_error_and_no_wait(database_url, sql):
    sleeping = "select pg_sleep(20)::text"
    with psycopg.connect(database_url, autocommit=True, prepare_threshold=None) as connection:
        prepared(connection, "select 1::text", "select pg_sleep(0)::text")
        call = statements._session(connection).call(sleeping, {})
        connection.pgconn.prepare(b"sleeping", sleeping.encode())
        statements._session(connection).names[call.key] = b"sleeping"
        process = connection.pgconn.backend_pid
        cutting = threading.Timer(0.5, lambda: sql("select pg_terminate_backend(%s)", process))
        cutting.start()
        statements.assume(connection, "select 1::text", {}, (b"1",))
        with pytest.raises(psycopg.OperationalError):
            statements.execute(connection, sleeping, {})
        cutting.join()
        assert connection.closed
