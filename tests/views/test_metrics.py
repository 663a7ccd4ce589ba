"""Figures for Prometheus, and who may read them."""

import threading

import pytest
from prometheus_client.parser import text_string_to_metric_families

from pleroma import db
from pleroma.telemetry import request_counters
from pleroma.telemetry.metrics import exposition
from pleroma.telemetry.request_counters import Figures, Key, RequestCounters
from pleroma.telemetry.stream_figures import StreamFigures

TOKEN = "a token for metrics"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
ELSEWHERE = {"REMOTE_ADDR": "192.0.2.1"}


@pytest.fixture
def client(make_client, tmp_path):
    """A client of an application that has counted nothing yet."""
    return make_client(data_dir=tmp_path)


def read(client, **options):
    """The samples by name and the values of their labels, in the order of the names of these."""
    text = client.get("/metrics", status=200, **options).text
    families = text_string_to_metric_families(text)
    return {
        (one.name, *(value for _, value in sorted(one.labels.items()))): one.value
        for family in families
        for one in family.samples
    }


def test_requests_are_counted_by_method_route_and_status(client, alice, post):
    post(alice, "hello")
    for identifier in (alice.id, alice.id, "1"):
        client.get(f"/api/v1/accounts/{identifier}", status="*")
    seen = read(client)
    assert seen["pleroma_requests_total", "POST", "/api/v1/statuses", "200"] == 1
    assert seen["pleroma_requests_total", "GET", "/api/v1/accounts/<name>", "200"] == 2
    assert seen["pleroma_requests_total", "GET", "/api/v1/accounts/<name>", "404"] == 1
    route = ("GET", "/api/v1/accounts/<name>")
    # An id that is nobody's may be a nickname.
    assert seen["pleroma_statements_total", *route] == 4
    assert 0 < seen["pleroma_database_seconds_total", *route] < seen["pleroma_request_seconds_sum", *route]
    buckets = [value for (name, *_), value in seen.items() if name == "pleroma_request_seconds_bucket"]
    assert seen["pleroma_request_seconds_count", *route] == seen["pleroma_request_seconds_bucket", "+Inf", *route] == 3
    assert seen["pleroma_request_seconds_bucket", "5.0", *route] == 3
    assert len(buckets) == 2 * 9


def test_what_is_not_there_is_one_route(client):
    for path in ("/api/v9/one", "/api/v9/two", "/three", "/four.html"):
        client.get(path, status=404)
    client.request("/api/v1/instance", method="BREW", status=404)
    seen = read(client)
    assert seen["pleroma_requests_total", "GET", "unknown", "404"] == 4
    assert seen["pleroma_requests_total", "other", "unknown", "404"] == 1
    assert len([key for key in seen if key[0] == "pleroma_requests_total"]) == 2


def test_what_there_is_now_is_told(client, alice, bob, post, sql):
    status = post(alice, "hello")
    client.post(f"/api/v1/statuses/{status['id']}/reblog", auth=bob, status=200)
    for state, at in (
        ("todo", None),
        ("todo", "2000-01-01"),
        ("todo", "2999-01-01"),
        ("doing", None),
        ("failed", None),
    ):
        job = "insert into procrastinate_jobs (queue_name, task_name, status, scheduled_at) values ('q', 't', %s, %s)"
        sql(job, state, at)
    seen = read(client)
    assert seen["pleroma_database_up",] == 1
    assert (seen["pleroma_accounts",], seen["pleroma_statuses",]) == (2, 2)
    jobs = [seen["pleroma_jobs", state] for state in ("waiting", "scheduled", "running", "failed")]
    assert jobs == [2, 1, 1, 1]
    assert seen["pleroma_database_bytes",] > 1_000_000
    assert seen["pleroma_memory_bytes",] > 10_000_000
    assert [key for key in seen if key[0] == "pleroma_build_info"]


def test_database_that_does_not_answer_is_told(client, monkeypatch):
    client.get("/health", status=200)
    monkeypatch.setitem(db.connections._options, "conninfo", "host=/nonexistent")
    seen = read(client)
    assert seen["pleroma_database_up",] == 0
    assert seen["pleroma_requests_total", "GET", "/health", "200"] == 1


def test_what_waits_between_servers_is_shown_where_there_are_others(make_client, client, alice, sql):
    sql("insert into hosts (name, failures, is_dead) values ('a', 0, false), ('b', 2, false), ('c', 9, true)")
    ((one,),) = sql(
        "insert into outgoing (kind, account_id, body, created_at)"
        " values ('create', %s, 'x', now() - interval '1 hour') returning id",
        alice.id,
    )
    for host in ("a", "b", "b"):
        sql("insert into deliveries (host, outgoing_id, inbox, priority) values (%s, %s, 'https://x', 1)", host, one)
    sql("insert into inbox (key, host, address, body) values ('1', 'a', '::1', '{}'), ('2', 'a', '::1', null)")
    federated = make_client(federation=True)
    seen = read(federated)
    assert (seen["pleroma_deliveries", "waiting"], seen["pleroma_deliveries", "failing"]) == (3, 2)
    assert 3600 <= seen["pleroma_oldest_delivery_seconds",] < 3900
    assert (seen["pleroma_inbox",], seen["pleroma_dead_hosts",]) == (1, 1)
    said = federated.get("/api/pleroma/healthcheck", status=200).json["federation"]
    assert {name: said[name] for name in ("waiting", "failing", "received", "dead_hosts")} == {
        "waiting": 3, "failing": 2, "received": 1, "dead_hosts": 1,
    }  # fmt: skip
    assert 3600 <= said["oldest_seconds"] < 3900
    assert "pleroma_deliveries" not in client.get("/metrics").text
    assert "federation" not in client.get("/api/pleroma/healthcheck", status=200).json


def test_where_nothing_waits_nothing_is_old(make_client):
    seen = read(make_client(federation=True))
    assert (seen["pleroma_deliveries", "waiting"], seen["pleroma_oldest_delivery_seconds",]) == (0, 0)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
def test_programs_on_this_machine_are_answered(client, address):
    answer = client.get("/metrics", extra_environ={"REMOTE_ADDR": address}, status=200)
    assert answer.content_type.startswith("text/plain")


@pytest.mark.parametrize(
    ("headers", "environ"),
    [
        ({}, ELSEWHERE),
        ({}, {"REMOTE_ADDR": ""}),
        ({"X-Forwarded-For": "127.0.0.1"}, {}),
        ({"X-Forwarded-For": ""}, {}),
        ({"X-Real-IP": "127.0.0.1"}, {}),
        ({"Forwarded": "for=127.0.0.1"}, {}),
        ({"X-Forwarded-For": "127.0.0.1"}, ELSEWHERE),
        ({"Authorization": "Bearer "}, ELSEWHERE),
        ({"Authorization": "Bearer wrong"}, ELSEWHERE),
    ],
)
def test_everybody_else_finds_nothing(client, headers, environ):
    answer = client.get("/metrics", headers=headers, extra_environ=environ, status=404)
    assert answer.json == client.get("/no-such-page", status=404).json


def test_token_is_answered_anywhere(make_client):
    client = make_client(metrics_token=TOKEN)
    assert read(client, headers=BEARER, extra_environ=ELSEWHERE)
    assert read(client, headers={**BEARER, "X-Forwarded-For": "192.0.2.1"})
    for given in (f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", TOKEN, f"bearer\u00e9 {TOKEN}", "Bearer "):
        client.get("/metrics", headers={"Authorization": given}, extra_environ=ELSEWHERE, status=404)


@pytest.fixture
def counters():
    """Counters that two processes share."""
    shared = RequestCounters()
    shared.share(2)
    return shared


def test_worker_goes_on_where_a_dead_one_stopped(counters):
    for region in (0, 1, 0):
        counters.take(region)
        counters.add("GET", "/a", 200, 0.007, 2, 0.25)
    counters.add("GET", "/a", 404, 7.0, 0, 0)
    assert counters.totals() == {
        Key("GET", "/a", 200): Figures([0, 3, 0, 0, 0, 0, 0, 0, 0], pytest.approx(0.021), 6, 0.75),
        Key("GET", "/a", 404): Figures([0, 0, 0, 0, 0, 0, 0, 0, 1], 7.0, 0, 0),
    }


def test_threads_lose_no_count(counters):
    def count():
        for number in range(2000):
            counters.add("GET", f"/{number % 7}", 200, 0.001, 1, 0)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    totals = counters.totals()
    assert len(totals) == 7
    assert sum(figures.statements for figures in totals.values()) == 8000


def test_full_memory_counts_what_is_new_in_one_place(counters, monkeypatch):
    monkeypatch.setattr(request_counters, "_RECORDS", 3)
    for number in range(5):
        counters.add("GET", f"/{number}", 200, 0.001, 1, 0)
    totals = counters.totals()
    assert [figures.statements for figures in totals.values()] == [1, 1, 3]


def test_every_rule_fits_its_record(client):
    longest = max(len(rule.rule) for rule in client.app.url_map.iter_rules())
    assert len("OPTIONS 404 ") + longest < request_counters._KEY_BYTES


def test_figures_of_streams_are_there_where_streams_are(client):
    figures = StreamFigures()
    figures.restart()
    figures.connections, figures.frames = 3, 20
    figures.drop("slow")
    for seconds in (0.005, 0.02, 5.0):
        figures.delivered(seconds)
    seen = {
        (one.name, *one.labels.values()): one.value
        for family in text_string_to_metric_families(exposition(RequestCounters(), figures).decode())
        for one in family.samples
    }
    assert seen["pleroma_streaming_connections",] == 3
    assert seen["pleroma_streaming_frames_total",] == 20
    assert (seen["pleroma_streaming_drops_total", "slow"], seen["pleroma_streaming_drops_total", "token"]) == (1, 0)
    assert (seen["pleroma_streaming_seconds_bucket", "0.03"], seen["pleroma_streaming_seconds_count",]) == (2, 3)
    assert "pleroma_streaming_connections" not in client.get("/metrics").text
