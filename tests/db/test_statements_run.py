"""Statements prepared once a connection, and what becomes of a connection's share."""

import gc
import threading
import weakref

import psycopg
import pytest

from pleroma import db
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
        # Prepared, and not run.
        statements._session(connection).call(connection, sleeping, {})
        process = connection.pgconn.backend_pid
        cutting = threading.Timer(0.5, lambda: sql("select pg_terminate_backend(%s)", process))
        cutting.start()
        statements.assume(connection, "select 1::text", {}, (b"1",))
        with pytest.raises(psycopg.OperationalError):
            statements.execute(connection, sleeping, {})
        cutting.join()
        assert connection.closed


@pytest.fixture
def connection(database_url, sql):
    sql("delete from rate_limits")
    with psycopg.connect(database_url, autocommit=True, prepare_threshold=None) as own:
        yield own


@pytest.fixture
def rounds(connection, monkeypatch):
    """How many statements went to the server in each round trip that took several."""
    found = []
    pipelined = statements._pipelined
    monkeypatch.setattr(
        statements, "_pipelined", lambda *arguments: found.append(len(arguments[2])) or pipelined(*arguments)
    )
    return found


SET = "insert into rate_limits (key, hits, ends_at) values (%(key)s, 1, now()) on conflict do nothing"
FAILING = "select (1 / (select count(*) from rate_limits where key = 'nothing'))::text"


def stored(sql):
    return [key for (key,) in sql("select key from rate_limits where key like 'round:%' order by key")]


def test_a_transaction_begins_with_its_first_statement_and_ends_with_its_last(connection, sql, rounds):
    statements.begin(connection)
    statements.execute(connection, SET, {"key": "round:1"})
    assert stored(sql) == []
    statements.execute_later(connection, SET, {"key": "round:2"})
    assert statements.execute_last(connection, "select 7::text", {}).get_value(0, 0) == b"7"
    assert stored(sql) == ["round:1", "round:2"]
    assert rounds == [2, 3]


def test_a_transaction_without_a_statement_asks_the_server_nothing(connection, rounds, monkeypatch):
    for end in (statements.commit, statements.roll_back):
        statements.begin(connection)
        end(connection)
        assert connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
        assert statements.execute(connection, "select 7::text", {}).get_value(0, 0) == b"7"
    assert rounds == []


def test_what_was_to_run_later_runs_with_the_commit(connection, sql, rounds):
    statements.begin(connection)
    statements.execute_later(connection, SET, {"key": "round:1"})
    statements.commit(connection)
    assert (stored(sql), rounds) == (["round:1"], [3])


def test_what_was_to_run_later_is_gone_with_the_transaction(connection, sql):
    statements.begin(connection)
    statements.execute(connection, SET, {"key": "round:1"})
    statements.execute_later(connection, SET, {"key": "round:2"})
    statements.roll_back(connection)
    statements.execute(connection, "select 7::text", {})
    assert stored(sql) == []


@pytest.mark.parametrize("place", ["later", "last"])
def test_an_error_before_the_commit_takes_everything_back(connection, sql, place):
    statements.begin(connection)
    statements.execute(connection, SET, {"key": "round:1"})
    if place == "later":
        statements.execute_later(connection, FAILING, {})
    with pytest.raises(psycopg.errors.DivisionByZero):
        statements.execute_last(connection, FAILING if place == "last" else "select 7::text", {})
    statements.roll_back(connection)
    assert stored(sql) == []
    assert statements.execute(connection, "select 7::text", {}).get_value(0, 0) == b"7"


def test_what_is_assumed_stands_inside_of_the_transaction_that_it_may_end(connection, sql, rounds):
    statements.assume(connection, "select 1::text", {}, (b"another",))
    statements.begin(connection)
    with pytest.raises(statements.AssumptionFailed):
        statements.execute(connection, SET, {"key": "round:1"})
    statements.roll_back(connection)
    assert (stored(sql), rounds) == ([], [3])


def test_nothing_is_committed_before_it_is_known_whether_an_assumption_holds(connection, sql):
    statements.begin(connection)
    statements.execute(connection, SET, {"key": "round:1"})
    statements.assume(connection, "select 1::text", {}, (b"another",))
    with pytest.raises(statements.AssumptionFailed):
        statements.execute_last(connection, "select 7::text", {})
    statements.roll_back(connection)
    assert stored(sql) == []


def test_a_savepoint_takes_back_its_own_part_alone(connection, sql):
    statements.begin(connection)
    statements.execute_later(connection, SET, {"key": "round:1"})
    with pytest.raises(psycopg.errors.DivisionByZero), db.savepoint(connection):
        statements.execute(connection, SET, {"key": "round:2"})
        statements.execute_later(connection, FAILING, {})
    statements.execute(connection, SET, {"key": "round:3"})
    statements.commit(connection)
    assert stored(sql) == ["round:1", "round:3"]
