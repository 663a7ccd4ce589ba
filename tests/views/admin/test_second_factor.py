"""Administrators end the second factor of somebody who has lost it (docs/api/admin.md 10)."""

DISABLE = "/api/pleroma/admin/users/disable_mfa"


def _is_on(client, person):
    return client.get("/api/pleroma/accounts/mfa", auth=person, status=200).json["settings"]["enabled"]


def test_an_administrator_ends_it(client, root, log, alice, authenticator):
    assert client.put(DISABLE, {"nickname": "Alice"}, auth=root, status=200).json == "alice"
    assert not _is_on(client, alice)
    client.authorization = ("Basic", (alice.nickname, alice.password))
    client.get("/api/v1/accounts/verify_credentials", status=200)
    client.authorization = None
    assert log() == ["@root ended the second factor of @alice"]


def test_what_changed_nothing_is_not_logged(client, root, log, alice):
    assert client.put(DISABLE, {"nickname": "alice"}, auth=root, status=200).json == "alice"
    assert log() == []


def test_it_takes_the_name_of_an_account(client, root):
    client.put(DISABLE, {"nickname": "nobody"}, auth=root, status=404)
    for sent in ({"nickname": ""}, {}):
        client.put(DISABLE, sent, auth=root, status=400)


def test_nobody_ends_their_own_without_the_password(client, root, log, set_up):
    set_up(root)
    client.put(DISABLE, {"nickname": "root"}, auth=root, status=403)
    assert _is_on(client, root)
    assert log() == []


def test_moderators_may_not(client, person, alice, authenticator):
    client.put(DISABLE, {"nickname": "alice"}, auth=person("mod", moderator=True), status=403)
    assert _is_on(client, alice)
