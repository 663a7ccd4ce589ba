"""HEAD is GET without a body, and changes nothing, whatever the route."""


def _gets(app):
    return sorted(rule.rule for rule in app.url_map.iter_rules() if "GET" in rule.methods)


def test_head_of_no_route_stores_anything(client, alice, post, sql):
    status = post(alice, "hello #world")
    values = {
        "account_id": alice.id, "status_id": status["id"], "nickname": "alice", "name": "alice", "tag": "world",
    }  # fmt: skip
    before = _state(sql)
    for rule in _gets(client.app):
        path = _path(rule, values)
        response = client.head(path, auth=alice, expect_errors=True)
        assert response.status_int < 500 or path.endswith("healthcheck"), path
        assert response.body == b"", path
    assert _state(sql) == before


def _path(rule, values):
    parts = []
    for part in rule.split("/"):
        name = part.strip("<>").rpartition(":")[2]
        parts.append(str(values.get(name, "1")) if part.startswith("<") else part)
    return "/".join(parts)


def _state(sql):
    """The rows of every table, as one number each."""
    tables = [
        name
        for (name,) in sql("select tablename from pg_tables where schemaname = 'public' order by 1")
        if name not in ("tokens", "sessions", "rate_limits")
    ]
    return {name: sql(f"select count(*), sum(hashtextextended(t::text, 0)) from {name} t") for name in tables}
