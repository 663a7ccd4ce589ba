"""Invites of the admin API (12)."""

import pytest

USERS = "/api/pleroma/admin/users"


@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        ({}, "one_time"),
        ({"max_use": 5}, "reusable"),
        ({"expires_at": "2999-04-07"}, "date_limited"),
        ({"expires_at": "2999-04-07T00:00:00Z", "max_use": "5"}, "reusable_date_limited"),
        ({"max_use": None, "expires_at": ""}, "one_time"),
    ],
)
def test_kinds(client, root, sent, kind, log):
    invite = client.post_json(f"{USERS}/invite_token", sent, auth=root, status=200).json
    assert invite["invite_type"] == kind
    assert (invite["used"], invite["uses"]) == (False, 0)
    assert len(invite["token"]) >= 43
    assert invite["expires_at"] in (None, "2999-04-07")
    assert client.get(f"{USERS}/invites", auth=root, status=200).json == {"invites": [invite]}
    assert log() == [f"@root created invite #{invite['id']}"]


@pytest.mark.parametrize(
    "sent", [{"max_use": 0}, {"max_use": -1}, {"max_use": "x"}, {"max_use": 10**12}, {"expires_at": "soon"}]
)
def test_what_is_no_limit_is_refused(client, root, sent, log):
    assert "error" in client.post_json(f"{USERS}/invite_token", sent, auth=root, status=400).json
    assert log() == []


def test_revoking(client, root, log):
    invite = client.post(f"{USERS}/invite_token", auth=root).json
    for _ in range(2):
        assert (
            client.post(f"{USERS}/revoke_invite", {"token": invite["token"]}, auth=root, status=200).json["used"]
            is True
        )
    assert log()[0] == f"@root revoked invite #{invite['id']}"
    assert client.post(f"{USERS}/revoke_invite", {"token": "x"}, auth=root, status=404).json == {"error": "Not found"}
    client.post(f"{USERS}/revoke_invite", auth=root, status=400)


def test_mailing(client, root, sql, log):
    client.post(f"{USERS}/email_invite", {"email": "a@b.example"}, auth=root, status=400)
    sql("insert into settings (name, value) values ('registrations_open', 'false'), ('invites_enabled', 'true')")
    for bad in ({"email": "nonsense"}, {}, {"email": "a@b.example", "name": "x\r\nBcc: y"}):
        client.post_json(f"{USERS}/email_invite", bad, auth=root, status=400)
    assert client.get(f"{USERS}/invites", auth=root).json == {"invites": []}
    client.post(f"{USERS}/email_invite", {"email": "a@b.example", "name": "Ann"}, auth=root, status=204)
    (invite,) = client.get(f"{USERS}/invites", auth=root).json["invites"]
    ((arguments,),) = sql("select args from procrastinate_jobs where task_name = 'send_mail'")
    assert (arguments["to"], arguments["to_name"]) == ("a@b.example", "Ann")
    assert arguments["values"]["link"] == f"https://pleroma.example/registration/{invite['token']}"
    assert log() == [f"@root sent invite #{invite['id']} to a@b.example"]
