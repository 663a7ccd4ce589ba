"""The database hangs, is cut off, or takes no writes: what a request gets then, and that the next ones are well."""

import asyncio
import concurrent.futures
import contextlib
import os
import signal
import threading
import time

import psycopg
import pytest
from psycopg_pool import ConnectionPool

from pleroma import db
from pleroma.db import deadlines, statements


@pytest.fixture
def short(client, database_url):
    """The application with a time-out of one second, and one connection."""
    db.configure(database_url, 1, statement_seconds=1)
    yield client
    db.configure(database_url, 8)


@pytest.fixture
def backend():
    """The process of PostgreSQL that serves the pool's connection; stopped ones are woken at the end."""
    stopped = []

    def of_pool():
        with db.connection() as connection:
            stopped.append(connection.info.backend_pid)
            return stopped[-1]

    yield of_pool
    for process in stopped:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGCONT)


@pytest.mark.parametrize("path", ["/api/v1/timelines/public", "/api/v1/timelines/home"])
def test_a_server_that_hangs_frees_its_threads(short, alice, backend, path):
    short.get(path, auth=alice, status=200)
    os.kill(backend(), signal.SIGSTOP)
    begun = time.monotonic()
    # It was a read, so it is asked again on another connection.
    short.get(path, auth=alice, status=200)
    assert 3 < time.monotonic() - begun < 30


def test_a_write_to_a_server_that_hangs_is_stored_once_or_not_at_all(short, alice, backend, sql):
    headers = {"Idempotency-Key": "k"}
    short.get("/api/v1/timelines/home", auth=alice, status=200)
    os.kill(backend(), signal.SIGSTOP)
    answer = short.post("/api/v1/statuses", {"status": "x"}, auth=alice, headers=headers, expect_errors=True)
    assert answer.status_int in (200, 503)
    short.post("/api/v1/statuses", {"status": "x"}, auth=alice, headers=headers, status=200)
    assert sql("select count(*) from statuses") == [(1,)]


def test_a_server_that_hangs_for_one_connection_is_given_up_by_all(database_url, backend, monkeypatch):
    monkeypatch.setattr(deadlines, "_LONGEST", 1.0)
    db.configure(database_url, 1, statement_seconds=600)
    stopped, ended = [backend()], threading.Event()

    def wait():
        with contextlib.suppress(psycopg.OperationalError), db.connection() as connection:
            statements.execute(connection, "select 1", {})
        ended.set()

    async def ask():
        async with await db.AsyncConnection.connect(database_url, autocommit=True) as connection:
            stopped.append(connection.info.backend_pid)
            os.kill(stopped[-1], signal.SIGSTOP)
            with pytest.raises(psycopg.OperationalError):
                await connection.execute("select 1")

    try:
        os.kill(stopped[0], signal.SIGSTOP)
        threading.Thread(target=wait, daemon=True).start()
        asyncio.run(ask())
        assert ended.wait(10)
        with db.connection() as connection:
            assert connection.execute("select 1").fetchone()
    finally:
        for process in stopped:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGCONT)
        db.configure(database_url, 8)


def test_a_statement_that_is_refused_waits_no_more(_pool):
    with db.connection() as connection:
        with pytest.raises(psycopg.errors.UndefinedTable):
            statements.execute(connection, "select * from nowhere", {})
        assert statements.waiting() == []


def test_deadlines_outlive_a_connection_that_was_closed_meanwhile(database_url, monkeypatch):
    closed = psycopg.connect(database_url)
    closed.close()
    monkeypatch.setattr(statements, "waiting", lambda: [(closed, 0.0)])
    pool = ConnectionPool(database_url, min_size=0, max_size=1, open=True)
    with pool:
        thread = threading.Thread(target=deadlines._watch, args=(pool, 1.0), daemon=True)
        thread.start()
        time.sleep(2.5)
        assert thread.is_alive()


def test_what_takes_its_time_and_not_longer_is_left_alone(database_url):
    db.configure(database_url, 1, statement_seconds=5)
    try:
        with db.connection() as connection:
            assert connection.execute("select pg_sleep(2)").fetchall()
    finally:
        db.configure(database_url, 8)


def test_connections_that_were_cut_are_found_before_they_are_used(client, alice, sql):
    def ask(_):
        return client.get("/api/v1/timelines/home", auth=alice, expect_errors=True).status_int

    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        assert set(threads.map(ask, range(40))) == {200}
        ended = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = %s"
        assert sql(ended, db.application_name())
        time.sleep(0.2)
        assert set(threads.map(ask, range(40))) == {200}


def test_a_cut_connection_is_replaced_without_a_statement(_pool, sql):
    with db.connection() as connection:
        before = connection.info.backend_pid
    sql("select pg_terminate_backend(%s)", before)
    time.sleep(0.2)
    with db.connection() as connection:
        assert connection.info.backend_pid != before
        assert not connection.closed


@pytest.fixture
def read_only(sql, database_url):
    """The server takes no writes from new connections, as a standby."""
    sql("alter role current_user set default_transaction_read_only = on")
    yield db.close_pool()
    sql("alter role current_user reset default_transaction_read_only")
    db.configure(database_url, 8)


def test_a_server_that_takes_no_writes_is_a_503_with_a_time_to_come_again(client, alice, read_only, database_url, sql):
    db.configure(database_url, 2)
    client.get("/api/v1/timelines/public", status=200)
    answer = client.post("/api/v1/statuses", {"status": "x"}, auth=alice, status=503)
    assert answer.json == {"error": "The database is not available"}
    assert answer.headers["Retry-After"] == "3"
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction), db.in_transaction() as connection:
        db.queries.tags.follow(connection, account_id=alice.id, tag="x")
    # As soon as there is one that does, it goes on.
    sql("alter role current_user reset default_transaction_read_only")
    client.post("/api/v1/statuses", {"status": "x"}, auth=alice, status=200)
