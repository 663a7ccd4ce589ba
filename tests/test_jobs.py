"""Jobs: enqueued with their transaction, repeated when they fail, taken up when their worker dies, cleared away."""

import asyncio
import contextlib
import dataclasses
import socket
import threading
from datetime import UTC, datetime, timedelta

import pytest

from pleroma import db, jobs
from pleroma.db import queries
from pleroma.server import generation
from tests.meanwhile import until


@pytest.fixture
def done():
    """What the task of these tests has done."""
    return []


@pytest.fixture(autouse=True)
def _example(monkeypatch, done):
    def example(word, fail=False):
        if fail:
            raise RuntimeError("asked to fail")
        done.append((word, jobs.configuration().base_url))

    known = {known.name: known for known in jobs.registered()}
    monkeypatch.setattr(jobs, "_tasks", {**known, "example": jobs.Task("example", "background", example)})


@pytest.fixture
def defer(sql, _pool):
    """Stores a job for the example task."""

    def store(arguments, due="now()"):
        sql(f"select defer_job('background', 'example', '{arguments}'::jsonb, {due})")

    return store


def test_due_job_runs_once(settings, defer, done):
    defer('{"word": "hello"}')
    assert jobs.run_pending(settings) == 1
    assert done == [("hello", settings.base_url)]
    assert jobs.run_pending(settings) == 0


def test_job_of_later_waits(settings, defer, done):
    defer('{"word": "later"}', "now() + interval '1 hour'")
    assert jobs.run_pending(settings) == 0
    assert done == []


def test_rollback_takes_the_job_along(settings, done, _pool):
    with pytest.raises(RuntimeError), db.in_transaction() as connection:
        queries.jobs.forget_arguments(connection, task="begin")
        connection.execute("select defer_job('background', 'example', '{\"word\": \"no\"}'::jsonb)")
        raise RuntimeError
    assert jobs.run_pending(settings) == 0


def test_failed_job_is_tried_again_later(settings, defer, sql, done):
    defer('{"word": "hello", "fail": true}')
    assert jobs.run_pending(settings) == 0
    ((status, attempts, wait),) = sql(
        "select status::text, attempts, extract(epoch from scheduled_at - now())::int from procrastinate_jobs"
    )
    assert (status, attempts) == ("todo", 1)
    assert 0 < wait <= 5
    sql('update procrastinate_jobs set scheduled_at = now(), args = \'{"word": "hello"}\'')
    assert jobs.run_pending(settings) == 1
    assert len(done) == 1


def test_job_that_always_fails_is_given_up(settings, defer, sql):
    defer('{"word": "hello", "fail": true}')
    sql("update procrastinate_jobs set attempts = %s", jobs.ATTEMPTS)
    jobs.run_pending(settings)
    assert sql("select status::text from procrastinate_jobs") == [("failed",)]


def test_unknown_task_fails_alone(settings, defer, sql, done):
    sql("select defer_job('background', 'nobody_knows', '{}'::jsonb)")
    defer('{"word": "hello"}')
    assert jobs.run_pending(settings) == 1
    assert sql("select status::text from procrastinate_jobs order by id") == [("failed",), ("succeeded",)]


@pytest.mark.parametrize(("attempts", "status"), [(0, "todo"), (jobs.ATTEMPTS, "failed")])
def test_job_of_a_dead_worker_is_taken_up(settings, defer, sql, attempts, status):
    defer('{"word": "hello"}')
    sql(
        "with dead as ("
        "  insert into procrastinate_workers (last_heartbeat) values (now() - interval '1 hour') returning id) "
        "update procrastinate_jobs set status = 'doing', attempts = %s, worker_id = (select id from dead)",
        attempts,
    )

    async def look_after():
        app = jobs._application(settings, settings.database_url)
        async with app.open_async():
            await jobs._take_up(app)

    asyncio.run(look_after())
    assert sql("select status::text from procrastinate_jobs") == [(status,)]


@contextlib.contextmanager
def _silent_mail_server():
    """The address of a mail server that takes connections and never says a word."""
    taken, listener = [], socket.create_server(("127.0.0.1", 0))

    def take():
        with contextlib.suppress(OSError):
            while True:
                taken.append(listener.accept()[0])

    thread = threading.Thread(target=take)
    thread.start()
    try:
        yield f"smtp://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
        for connection in [*taken, listener]:
            connection.close()


@contextlib.contextmanager
def _worker(settings):
    """A worker meanwhile."""
    ended = threading.Event()

    async def work():
        worker = asyncio.create_task(jobs._worker(settings, settings.database_url))
        await asyncio.to_thread(ended.wait)
        worker.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await worker

    thread = threading.Thread(target=lambda: asyncio.run(work()))
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@pytest.mark.long
def test_nothing_waits_behind_mails_to_a_silent_server(settings, sql, defer, done):
    for _ in range(4):
        sql("select defer_mail('invitation', 'x@mail.example', '', '{\"inviter\": \"alice\", \"token\": \"t\"}')")
    running = "select id from procrastinate_jobs where queue_name = 'mailer' and status = 'doing'"
    waiting = "select id from procrastinate_jobs where queue_name <> 'mailer' and status <> 'succeeded'"
    with contextlib.ExitStack() as server:
        address = server.enter_context(_silent_mail_server())
        with _worker(dataclasses.replace(settings, smtp_url=address)):
            until(lambda: len(sql(running)) == 2)
            defer('{"word": "hello"}')
            sql("select defer_job('upkeep', 'remove_files', '{}'::jsonb)")
            # A mail gives up after 30 seconds.
            until(lambda: sql(waiting) == [], seconds=15)
            assert len(sql(running)) == 2
            sql("delete from procrastinate_jobs where status = 'todo'")
            server.close()
    assert done == [("hello", settings.base_url)]


@pytest.mark.long
def test_nothing_waits_behind_four_pushes_to_a_silent_service(settings, sql, defer, done, monkeypatch):
    held = threading.Event()
    tasks = {**jobs._tasks, "push": jobs.Task("push", "push", lambda **_: held.wait(30))}
    monkeypatch.setattr(jobs, "_tasks", tasks)
    for number in range(6):
        sql(f"select defer_job('push', 'push', '{{\"subscription_id\": {number}}}'::jsonb)")
    running = "select id from procrastinate_jobs where queue_name = 'push' and status = 'doing'"
    waiting = "select id from procrastinate_jobs where queue_name <> 'push' and status <> 'succeeded'"
    with _worker(settings):
        try:
            until(lambda: len(sql(running)) == 4)
            defer('{"word": "hello"}')
            until(lambda: sql(waiting) == [], seconds=15)
            assert len(sql(running)) == 4
        finally:
            held.set()
        # What was pushed is forgotten.
        until(lambda: sql("select id from procrastinate_jobs where queue_name = 'push'") == [])
    assert done == [("hello", settings.base_url)]


def test_a_task_may_say_when_it_runs_again(settings, sql, done, monkeypatch, _pool):
    def busy(seconds, hours):
        raise jobs.Later("busy", seconds, datetime.now(UTC) + timedelta(hours=hours))

    monkeypatch.setattr(jobs, "_tasks", {"busy": jobs.Task("busy", "background", busy)})
    for seconds, hours in ((0, 1), (600, 1), (4000, 1)):
        sql("select defer_job('background', 'busy', jsonb_build_object('seconds', %s, 'hours', %s))", seconds, hours)
    assert jobs.run_pending(settings) == 0
    rows = sql("select status::text, extract(epoch from scheduled_at - now())::int from procrastinate_jobs order by id")
    (first, soon), (second, later), (third, _) = rows
    assert (first, second, third) == ("todo", "todo", "failed")
    assert 0 < soon <= 4 and 590 < later <= 600


def test_old_finished_jobs_are_removed(settings, sql, _pool):
    for status, age in [("succeeded", 6), ("succeeded", 8), ("failed", 29), ("failed", 31), ("todo", 99)]:
        sql(
            "with job as (insert into procrastinate_jobs (queue_name, task_name, status)"
            " values ('background', 'x', %s::procrastinate_job_status) returning id), events as ("
            " delete from procrastinate_events where job_id = (select id from job))"
            " insert into procrastinate_events (job_id, type, at)"
            " select id, 'deferred', now() - make_interval(days => %s) from job",
            status,
            age,
        )
    sql("update procrastinate_events e set at = (select min(at) from procrastinate_events o where o.job_id = e.job_id)")
    with db.in_transaction() as connection:
        queries.jobs.remove_finished(connection)
    assert sql("select status::text from procrastinate_jobs order by id") == [("succeeded",), ("failed",), ("todo",)]


def test_every_task_has_a_known_queue():
    assert {known.queue for known in jobs.registered()} <= {queue for queues in jobs.PLACES for queue in queues}


def test_worker_by_itself_federates_where_that_is_on(settings, monkeypatch):
    begun = []
    monkeypatch.setattr(jobs, "work", lambda config, url, beside=(), connections=0: begun.append(len(beside)))
    generation.work(settings, "")
    generation.work(dataclasses.replace(settings, federation=True), "")
    assert begun == [0, 3]
