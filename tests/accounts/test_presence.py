"""Who is there: an account that is active and, where that is required, confirmed."""

import threading

import psycopg
import pytest

CONFIG = "/api/pleroma/admin/config"


@pytest.fixture
def waiting(person):
    """Somebody who never confirmed the address of the account."""
    return person("waiting", confirmed=False)


@pytest.fixture
def require(client, person):
    """Sets at run time whether accounts must be confirmed; None forgets what was set."""
    root = person("root", admin=True)

    def change(required):
        entry = {"group": "pleroma", "key": ":instance"}
        if required is None:
            entry |= {"delete": True, "subkeys": [":account_activation_required"]}
        else:
            entry["value"] = [{"tuple": [":account_activation_required", required]}]
        client.post_json(CONFIG, {"configs": [entry]}, auth=root, status=200)

    return change


def shown(client, waiting, status, reader):
    """Where somebody and the status and the follow of that person are shown to a reader."""
    places = {
        "account": f"/api/v1/accounts/{waiting.id}",
        "nickname": "/api/v1/accounts/waiting",
        "lookup": "/api/v1/accounts/lookup?acct=waiting",
        "several": f"/api/v1/accounts?id[]={waiting.id}",
        "search": "/api/v2/search?q=waiting",
        "status": f"/api/v1/statuses/{status['id']}",
        "statuses": f"/api/v1/statuses?id[]={status['id']}",
        "public": "/api/v1/timelines/public",
        "profile": "/api/v1/accounts/waiting/statuses",
        "home": "/api/v1/timelines/home",
        "notifications": "/api/v1/notifications",
        "followers": f"/api/v1/accounts/{reader.id}/followers",
        "following": f"/api/v1/accounts/{reader.id}/following",
        "relationships": f"/api/v1/accounts/relationships?id[]={waiting.id}",
        "page": "/users/waiting",
        "feed": "/users/waiting/feed.atom",
        "thread": f"/notice/{status['id']}",
    }
    return {
        place
        for place, path in places.items()
        for answer in [client.get(path, auth=reader, expect_errors=True)]
        if answer.status_int == 200 and (str(waiting.id) in answer.text or "waiting" in answer.text)
    }


def counters(client, person):
    """What an account shows of its followers and of whom it follows, which must be as many as are listed."""
    account = client.get(f"/api/v1/accounts/{person.id}", status=200).json
    lists = [
        client.get(f"/api/v1/accounts/{person.id}/{which}", status=200).json for which in ("followers", "following")
    ]
    assert [account["followers_count"], account["following_count"]] == [len(found) for found in lists]
    return len(lists[0]), len(lists[1])


def test_who_waits_for_confirmation_is_nowhere_while_it_is_required(client, alice, waiting, post, require):
    client.post(f"/api/v1/accounts/{alice.id}/follow", auth=waiting, status=200)
    client.post(f"/api/v1/accounts/{waiting.id}/follow", auth=alice, status=200)
    status = post(waiting, "@alice hello")
    everywhere = shown(client, waiting, status, alice)
    assert len(everywhere) == 17
    assert counters(client, alice) == (1, 1)

    require(True)
    assert shown(client, waiting, status, alice) == set()
    assert counters(client, alice) == (0, 0)
    client.get("/api/v1/accounts/verify_credentials", auth=waiting, status=403)

    require(False)
    assert shown(client, waiting, status, alice) == everywhere
    assert counters(client, alice) == (1, 1)
    client.get("/api/v1/accounts/verify_credentials", auth=waiting, status=200)


def test_nothing_can_be_done_to_who_is_not_there(client, alice, waiting, require):
    require(True)
    for action in ("follow", "block", "mute", "note", "pin"):
        client.post(f"/api/v1/accounts/{waiting.id}/{action}", auth=alice, status=404)
    client.post(f"/api/v1/pleroma/accounts/{waiting.id}/subscribe", auth=alice, status=404)
    client.post("/api/v1/reports", {"account_id": str(waiting.id)}, auth=alice, status=400)
    client.post("/api/v1/follows", {"uri": "waiting"}, auth=alice, status=404)


def test_staff_sees_who_is_not_there(client, person, waiting, require):
    require(True)
    moderator = person("moderator", moderator=True)
    client.get(f"/api/v1/accounts/{waiting.id}", auth=moderator, status=200)
    client.get("/api/v1/accounts/waiting", auth=moderator, status=200)


def test_what_an_administrator_set_wins_over_the_environment(client, make_client, alice, waiting, require):
    path = f"/api/v1/accounts/{waiting.id}"
    client.get(path, status=200)
    strict = make_client(account_activation_required=True)
    strict.get(path, status=404)
    require(False)
    strict.get(path, status=200)
    require(None)
    strict.get(path, status=404)


def test_who_confirms_meanwhile_is_there_and_counted(client, alice, waiting, require, sql):
    client.post(f"/api/v1/accounts/{alice.id}/follow", auth=waiting, status=200)
    require(True)
    assert counters(client, alice) == (0, 0)
    sql("update accounts set confirmed = true where id = %s", waiting.id)
    assert counters(client, alice) == (1, 0)
    require(False)
    assert counters(client, alice) == (1, 0)


def test_who_is_deactivated_while_waiting_is_uncounted_once(client, alice, person, waiting, require, sql):
    second = person("second", confirmed=False)
    for follower in (waiting, second):
        client.post(f"/api/v1/accounts/{alice.id}/follow", auth=follower, status=200)
    client.post(f"/api/v1/accounts/{second.id}/follow", auth=waiting, status=200)
    require(True)
    sql("update accounts set active = false where id = %s", waiting.id)
    assert counters(client, alice) == (0, 0)
    require(False)
    assert counters(client, alice) == (1, 0)
    sql("update accounts set active = true where id = %s", waiting.id)
    assert counters(client, alice) == (2, 0)
    assert counters(client, second) == (1, 1)


@pytest.mark.parametrize("first", ["account", "setting"])
def test_an_account_that_is_made_while_the_setting_changes_obeys_it(database_url, sql, _pool, first):
    statements = {
        "account": "insert into accounts (nickname, confirmed) values ('lain', false)",
        "setting": "insert into settings (name, value) values ('account_activation_required', 'true')",
    }
    second = next(name for name in statements if name != first)
    with psycopg.connect(database_url) as early, psycopg.connect(database_url) as late:
        early.execute(statements[first])
        waits = threading.Thread(target=lambda: late.execute(statements[second]))
        waits.start()
        waits.join(1)
        assert waits.is_alive()
        early.commit()
        waits.join(10)
        late.commit()
    assert sql("select present from accounts where nickname = 'lain'") == [(False,)]
