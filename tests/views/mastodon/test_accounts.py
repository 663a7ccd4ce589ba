"""Reading accounts (docs/api/mastodon.md 3, 11.1)."""

import base64

import pytest

KEYS = set(
    "id username acct display_name note url avatar avatar_static header header_static locked bot discoverable group"
    " created_at last_status_at followers_count following_count statuses_count emojis fields moved source"
    " pleroma".split()
)
PLEROMA_KEYS = set(
    "confirmation_pending tags is_admin is_moderator hide_followers hide_follows hide_followers_count"
    " hide_follows_count hide_favorites relationship skip_thread_containment background_image".split()
)


def test_an_account_has_every_key_of_the_entity(client, alice, bob):
    account = client.get(f"/api/v1/accounts/{alice.id}", auth=bob, status=200).json
    assert set(account) == KEYS
    assert set(account["pleroma"]) == PLEROMA_KEYS
    assert set(account["source"]) == {"note", "fields", "sensitive", "pleroma"}
    assert account["url"] == "https://pleroma.example/users/alice"
    assert account["avatar"] == "https://pleroma.example/images/avi.png"
    assert account["pleroma"]["relationship"]["id"] == str(alice.id)
    assert client.get(f"/api/v1/accounts/{alice.id}").json["pleroma"]["relationship"] == {}


def test_the_owner_sees_more(client, alice):
    account = client.get("/api/v1/accounts/verify_credentials", auth=alice, status=200).json
    assert set(account) == KEYS | {"follow_requests_count"}
    assert set(account["pleroma"]) == PLEROMA_KEYS | {"settings_store", "notification_settings"}
    assert account["source"]["privacy"] == "public"
    assert account["source"]["language"] is None
    assert account["source"]["pleroma"] == {
        "discoverable": False, "actor_type": "Person", "show_role": True, "no_rich_text": False,
    }  # fmt: skip
    assert all(account["pleroma"]["notification_settings"].values())


@pytest.mark.parametrize("name", ["alice", "ALICE", "alice@pleroma.example"])
def test_accounts_are_found_by_nickname(client, alice, name):
    assert client.get(f"/api/v1/accounts/{name}", status=200).json["id"] == str(alice.id)


@pytest.mark.parametrize("acct", ["alice", "@alice", "alice@pleroma.example", "@Alice@PLEROMA.example"])
def test_lookup(client, alice, acct):
    assert client.get("/api/v1/accounts/lookup", {"acct": acct}, status=200).json["id"] == str(alice.id)


def test_what_is_not_there(client, alice, person):
    assert client.get("/api/v1/accounts/nobody", status=404).json == {"error": "Can't find user"}
    assert client.get("/api/v1/accounts/1", status=404).json == {"error": "Can't find user"}
    assert client.get("/api/v1/accounts/lookup?acct=nobody", status=404).json == {"error": "Record not found"}
    client.get("/api/v1/accounts/lookup", status=404)


def test_an_unconfirmed_account_shows_to_staff_alone(make_client, person):
    client = make_client(account_activation_required=True)
    waiting = person("waiting", confirmed=False)
    client.get(f"/api/v1/accounts/{waiting.id}", status=404)
    client.get(f"/api/v1/accounts/{waiting.id}", auth=person("root", admin=True), status=200)
    client.get("/api/v1/accounts/verify_credentials", auth=waiting, status=403)


def test_several_accounts_by_id(client, alice, bob):
    found = client.get(f"/api/v1/accounts?id[]={bob.id}&id[]={alice.id}&id[]=1", status=200).json
    assert [account["acct"] for account in found] == ["bob", "alice"]


def test_staff_roles_hide_when_their_owner_wants_it(client, person, sql):
    root = person("root", admin=True)
    assert client.get(f"/api/v1/accounts/{root.id}").json["pleroma"]["is_admin"] is True
    sql("update accounts set show_role = false where id = %s", root.id)
    assert "is_admin" not in client.get(f"/api/v1/accounts/{root.id}").json["pleroma"]
    assert client.get("/api/v1/accounts/verify_credentials", auth=root).json["pleroma"]["is_admin"] is True


def test_three_ways_of_logging_in_by_header(client, alice):
    def basic(login, password):
        value = base64.b64encode(f"{login}:{password}".encode()).decode()
        return client.get(
            "/api/v1/accounts/verify_credentials", headers={"Authorization": f"Basic {value}"}, expect_errors=True
        )

    assert basic("alice", alice.password).json["id"] == str(alice.id)
    assert basic("ALICE@Mail.example", alice.password).json["id"] == str(alice.id)
    assert basic("alice", "wrong").json == {"error": "Invalid credentials."}
    assert "WWW-Authenticate" not in basic("alice", "wrong").headers
    lower = client.get("/api/v1/accounts/verify_credentials", headers={"Authorization": f"bearer {alice.token}"})
    assert lower.json["id"] == str(alice.id)
    assert client.get(f"/api/v1/accounts/verify_credentials?access_token={alice.token}").json["id"] == str(alice.id)


def test_a_deactivated_account_is_not_logged_in(client, alice, sql):
    sql("update accounts set active = false where id = %s", alice.id)
    assert client.get("/api/v1/accounts/verify_credentials", auth=alice, status=403).json == {
        "error": "Invalid credentials."
    }


def test_wrong_passwords_are_limited_before_the_hash(make_client, alice):
    client = make_client(rate_limits=True)

    def attempt(password):
        value = base64.b64encode(f"alice:{password}".encode()).decode()
        return client.get(
            "/api/v1/accounts/verify_credentials", headers={"Authorization": f"Basic {value}"}, expect_errors=True
        ).status_int

    assert [attempt(f"wrong{number}") for number in range(20)] == [403] * 20
    assert attempt("wrong") == 429
    assert attempt(alice.password) == 429
    client.get("/api/v1/accounts/verify_credentials", auth=alice, status=200)
