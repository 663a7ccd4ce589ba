"""Lists that name accounts elsewhere."""

import pytest

import pleroma.federation.imports  # noqa: F401 (as the worker of a server that federates)


@pytest.mark.parametrize(
    ("path", "table", "kept"),
    [
        ("follow_import", "follow_requests", "followed_id"),
        ("blocks_import", "blocks", "target_id"),
        ("mutes_import", "mutes", "target_id"),
    ],
)
def test_accounts_elsewhere_are_looked_up_and_unknown_ones_are_skipped(
    federated, find, sql, run_jobs, remote_account, alice, dora, path, table, kept
):
    asked = []

    def make(kind, name):
        asked.append((kind, name))
        nickname, _, host = name.partition("@")
        return None if nickname == "nobody" else remote_account(nickname, host).id, None

    names = ["dora@there.example", "erin@over.example", "fritz@over.example", "nobody@there.example", "a@b@c", "x@y"]
    federated.post_json(f"/api/pleroma/{path}", {"list": "\n".join(names)}, auth=alice, status=200)
    find(make)
    run_jobs(federation=True)
    assert sorted(asked) == [
        ("handle", "erin@over.example"),
        ("handle", "fritz@over.example"),
        ("handle", "nobody@there.example"),
    ]
    met = sql(f"select nickname, domain from {table} join accounts on accounts.id = {kept} order by 1")
    assert met == [("dora", "there.example"), ("erin", "over.example"), ("fritz", "over.example")]
    assert sql("select count(*) from imports") == [(0,)]


def test_nothing_is_looked_up_for_a_list_when_the_server_does_not_federate(client, sql, run_jobs, alice):
    client.post_json("/api/pleroma/follow_import", {"list": "dora@there.example"}, auth=alice, status=200)
    run_jobs()
    assert sql("select count(*) from lookups") == [(0,)]
