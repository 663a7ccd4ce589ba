"""Who may use the admin API: every route of it, as the specification says (docs/api/admin.md 1.1)."""

import base64

import pytest

EMOJI_WRITES = ("/api/pleroma/emoji/packs",)


def admin_routes(app):
    """(method, path) of every route that only administrators may use."""
    for rule in app.url_map.iter_rules():
        is_admin = rule.rule.startswith("/api/pleroma/admin")
        methods = rule.methods - {"HEAD", "OPTIONS"}
        if rule.rule.startswith(EMOJI_WRITES):
            methods, is_admin = methods - {"GET"}, True
        if is_admin:
            path = rule.rule
            for argument in rule.arguments:
                path = path.replace(f"<id:{argument}>", "1").replace(f"<{argument}>", "nobody")
            for method in methods:
                yield method, path


@pytest.fixture
def ask(client):
    """Asks every route and gives the (status, error) pairs that came."""

    def run(headers):
        answers = set()
        for method, path in admin_routes(client.app):
            answer = client.request(path, method=method, headers=headers, expect_errors=True)
            error = answer.json.get("error") if answer.status_int >= 400 else None
            answers.add((answer.status_int, error))
        return answers

    return run


def basic(person):
    """The header of HTTP Basic."""
    value = base64.b64encode(f"{person.nickname}:{person.password}".encode()).decode()
    return {"Authorization": f"Basic {value}"}


def bearer(person):
    """The header of a token."""
    return {"Authorization": f"Bearer {person.token}"}


def test_nobody_gets_in_without_credentials(ask, person, sql):
    refused = {(403, "Invalid credentials.")}
    assert ask({}) == refused
    assert ask({"Authorization": "Bearer wrong"}) == refused
    gone = person("gone", admin=True)
    sql("update accounts set active = false where id = %s", gone.id)
    assert ask(bearer(gone)) == ask(basic(gone)) == refused
    app_only = person("app", admin=True)
    sql("update tokens set account_id = null where account_id = %s", app_only.id)
    assert ask(bearer(app_only)) == refused


def test_only_administrators_get_in(ask, alice, person):
    refused = {(403, "User is not admin.")}
    assert ask(bearer(alice)) == ask(basic(alice)) == refused
    assert ask(bearer(person("mod", moderator=True))) == refused


def test_a_token_needs_write(ask, person):
    assert ask(bearer(person("root", admin=True, scopes=("read", "follow")))) == {
        (403, "Insufficient permissions: write.")
    }


def test_administrators_go_on(ask, person):
    root = person("root", admin=True)
    for headers in (bearer(root), basic(root)):
        assert not any(
            status == 403 and error != "You can't revoke your own admin status." for status, error in ask(headers)
        )


def test_a_shared_secret_opens_nothing(client, alice):
    client.get("/api/pleroma/admin/users?admin_token=x", status=403)


def test_a_role_counts_at_once(client, alice, sql):
    client.get("/api/pleroma/admin/users", auth=alice, status=403)
    sql("update accounts set is_admin = true where id = %s", alice.id)
    client.get("/api/pleroma/admin/users", auth=alice, status=200)


def test_nothing_else_is_there(client, person):
    answer = client.get("/api/pleroma/admin/nonsense", auth=person("root", admin=True), status=404)
    assert answer.json == {"error": "Not implemented"}
