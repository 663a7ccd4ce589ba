"""The health check (docs/api/pleroma.md 16)."""

import time

import psycopg
import pytest

from pleroma import db

PATH = "/api/pleroma/healthcheck"


def test_a_healthy_server(client, alice, post, run_jobs, sql):
    sql("select defer_job('upkeep', 'remove_what_is_over', '{}')")
    run_jobs()
    body = client.get(PATH, status=200).json
    assert set(body) == {"pool_size", "active", "idle", "memory_used", "healthy", "job_queue_stats"}
    assert (body["pool_size"], body["healthy"]) == (8, True)
    assert body["memory_used"] > 10
    assert body["idle"] >= 1
    figures = {"processed_jobs": 1, "success": 1, "failure": 0}
    assert body["job_queue_stats"]["queues"]["upkeep"] == figures
    assert body["job_queue_stats"]["workers"]["remove_what_is_over"] == {"perform": figures}
    assert body["job_queue_stats"]["processed_jobs"] == 1


def test_busy_connections_are_told_and_make_it_unhealthy(make_client, database_url):
    client = make_client(workers=1, threads=1)
    with psycopg.connect(database_url, application_name=db.application_name()) as busy:
        busy.execute("select 1")
        body = client.get(PATH, status=503).json
    assert (body["active"], body["healthy"]) == (1, False)


@pytest.mark.long
def test_a_database_that_is_gone_is_told_at_once(client, database_url):
    db.configure("postgresql:///nowhere?host=/nonexistent", 2)
    try:
        started = time.monotonic()
        body = client.get(PATH, status=503).json
        assert time.monotonic() - started < 2
        assert (body["healthy"], body["job_queue_stats"]) == (False, {})
        assert "error" in client.get("/api/v1/timelines/public", status=503).json
    finally:
        db.configure(database_url, 8)


def test_switched_off(make_client, client, sql):
    assert make_client(healthcheck=False).get(PATH, status=503).json == {}
    sql("insert into settings (name, value) values ('healthcheck', 'false')")
    assert client.get(PATH, status=503).json == {}
