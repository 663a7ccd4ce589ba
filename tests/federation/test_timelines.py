"""Public timelines with statuses of here and of elsewhere."""

import psycopg
import pytest
from psycopg import sql

from pleroma.db import queries, statements


@pytest.fixture
def timeline(federated):
    """The ids on the public timeline: timeline(local="true")."""

    def read(**parameters):
        return [each["id"] for each in federated.get("/api/v1/timelines/public", parameters, status=200).json]

    return read


def test_the_public_timeline_has_everybody_and_can_be_narrowed(timeline, publish, alice, dora, remote_status):
    here = publish(alice, "here")["id"]
    there = str(remote_status(dora))
    assert timeline() == [there, here]
    assert timeline(local="true") == [here]
    assert timeline(remote="true") == [there]
    assert timeline(min_id="1") == [there, here]
    assert timeline(min_id="1", local="true") == [here]
    assert timeline(min_id="1", remote="true") == [there]


def test_what_is_not_public_elsewhere_is_on_no_public_timeline(timeline, dora, remote_status):
    remote_status(dora, to=[dora.followers], cc=[])
    remote_status(dora, number=2, to=[dora.followers], cc=["https://www.w3.org/ns/activitystreams#Public"])
    assert timeline() == []


@pytest.fixture
def plan(database_url):
    """The lines that were run of the plan of a statement that was made for any values: plan(statement, values)."""

    def explain(statement, values):
        text, names, _ = statements.numbered(statement)
        written = sql.SQL(", ").join(sql.Literal(values[name]) for name in names)
        with psycopg.connect(database_url, options="-c plan_cache_mode=force_generic_plan -c jit=off") as connection:
            connection.execute(b"prepare planned as " + text)
            explained = sql.SQL("explain (analyze, costs off, timing off, buffers off) execute planned({})").format(
                written
            )
            return [line for (line,) in connection.execute(explained) if "never executed" not in line]

    return explain


@pytest.mark.parametrize(("name", "bound"), [("local", "since_id"), ("local_after", "min_id")])
def test_the_local_timeline_walks_through_what_is_local_alone(_statements, plan, publish, alice, dora, name, bound):
    publish(alice, "here")
    _statements(
        "insert into statuses (uri, uuid, local, account_id, thread_id, visibility, involved, body)"
        " select 'https://there.example/' || n, uuid_of('https://there.example/' || n), false, %s, n, 'public', '{}',"
        " '' from generate_series(1, 6000) n",
        dora.id,
    )
    _statements("vacuum analyze statuses")
    values = {"viewer_id": alice.id, "with_muted": False, "only_media": False}
    lines = plan(getattr(queries.timelines, name).sql, values | {"max_id": 2**63 - 1, bound: 0, "limit": 20})
    assert any("Index Only Scan" in line and "using statuses_public_local" in line for line in lines)
    assert not any("rows=6" in line for line in lines)
