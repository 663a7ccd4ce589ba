"""Whatever strangers ask of the routes of federation: a 4xx, in bounded time."""

import time
from urllib.parse import quote

import pytest

ODD = ("x" * 4000, "\x00", "\ud7ff\uffff", "..", "%", "9" * 30, "00000000-0000-0000-0000-00000000000g", "a/b", "'\"<>")


def paths(app):
    """Every route of federation, and the pages that are documents too, by what stands for their argument."""
    rules = [
        rule.rule for rule in app.url_map.iter_rules() if rule.endpoint.split(".")[0] in ("documents", "discovery")
    ]
    assert len(rules) > 10
    return [*rules, "/users/<nickname>", "/objects/<uuid>", "/notice/<uuid>"]


@pytest.mark.parametrize("odd", ODD, ids=range(len(ODD)))
def test_odd_and_long_values_are_refused(federated, odd):
    value, begun = quote(odd, safe=""), time.monotonic()
    queries = ("", f"?max_id={value}", f"?resource={value}&rel={value}", f"?resource=acct:{value}@pleroma.example")
    for rule in paths(federated.app):
        path = rule.replace("<nickname>", value).replace("<uuid>", value)
        for query in queries:
            answer = federated.get(path + query, headers={"Accept": "application/activity+json"}, expect_errors=True)
            assert answer.status_int < 500, (path, query)
    assert time.monotonic() - begun < 60


@pytest.mark.parametrize("odd", ODD, ids=range(len(ODD)))
def test_there_is_no_inbox_of_an_odd_name(sender, odd):
    path = f"/users/{quote(odd, safe='')}/inbox"
    assert sender.post(sender.activity("Follow", odd), path, status="*").status_int in (404, 405)
