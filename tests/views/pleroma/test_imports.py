"""Importing follows, blocks and mutes (docs/api/pleroma.md 7)."""

from pathlib import Path

import pytest

LISTS = Path(__file__).parents[2] / "lists"


def following(client, person):
    """The nicknames that a person follows."""
    return sorted(a["acct"] for a in client.get(f"/api/v1/accounts/{person.id}/following").json)


@pytest.mark.parametrize("as_file", [True, False], ids=["uploaded", "pasted"])
@pytest.mark.parametrize("name", sorted(path.name for path in LISTS.iterdir()))
def test_lists_of_other_servers_are_understood(client, alice, bob, carol, person, name, as_file, run_jobs):
    dave = person("dave")
    text = (LISTS / name).read_bytes()
    for placeholder, real in (("ALICE", "alice"), ("BOB", "bob"), ("CAROL", "carol"), ("HOST", "pleroma.example")):
        text = text.replace(placeholder.encode(), real.encode())
    if as_file:
        answer = client.post(
            "/api/pleroma/follow_import", upload_files=[("list", "follows.csv", text)], auth=dave, status=200
        )
    else:
        answer = client.post("/api/pleroma/follow_import", {"list": text.decode()}, auth=dave, status=200)
    assert answer.json == "job started"
    run_jobs()
    assert following(client, dave) == ["alice", "bob", "carol"]


def test_a_profile_address_names_its_account(client, alice, bob, run_jobs):
    client.post("/api/pleroma/follow_import", {"list": "https://pleroma.example/users/bob"}, auth=alice, status=200)
    run_jobs()
    assert following(client, alice) == ["bob"]


def test_whom_one_cannot_follow_is_skipped(client, alice, bob, carol, person, sql, run_jobs):
    sql("update accounts set locked = true where id = %s", bob.id)
    client.post(f"/api/v1/accounts/{alice.id}/block", auth=carol)
    person("dave")
    client.post("/api/pleroma/follow_import", {"list": "alice carol bob nobody dave"}, auth=alice, status=200)
    run_jobs()
    assert following(client, alice) == ["dave"]
    assert client.get(f"/api/v1/accounts/relationships?id={bob.id}", auth=alice).json[0]["requested"] is True
    assert [n["type"] for n in client.get("/api/v1/notifications", auth=bob).json] == ["follow_request"]


def test_boosts_can_be_switched_off(client, alice, bob, run_jobs):
    client.post("/api/pleroma/follow_import", {"list": "Account address,Show boosts\nbob,false"}, auth=alice)
    run_jobs()
    assert client.get(f"/api/v1/accounts/relationships?id={bob.id}", auth=alice).json[0]["showing_reblogs"] is False


def test_blocks(client, alice, bob, run_jobs):
    client.post(f"/api/v1/accounts/{alice.id}/follow", auth=bob)
    client.post("/api/pleroma/blocks_import", {"list": "bob@pleroma.example"}, auth=alice, status=200)
    run_jobs()
    (relationship,) = client.get(f"/api/v1/accounts/relationships?id={bob.id}", auth=alice).json
    assert (relationship["blocking"], relationship["followed_by"]) == (True, False)


def test_mutes_keep_notifications_when_told(client, alice, bob, carol, run_jobs):
    text = "Account address,Hide notifications\nbob,false\ncarol,true\n"
    client.post("/api/pleroma/mutes_import", {"list": text}, auth=alice, status=200)
    run_jobs()
    found = client.get(f"/api/v1/accounts/relationships?id[]={bob.id}&id[]={carol.id}", auth=alice).json
    assert [(r["muting"], r["muting_notifications"]) for r in found] == [(True, False), (True, True)]


@pytest.mark.parametrize("path", ["follow_import", "blocks_import", "mutes_import", "bookmarks_import"])
def test_a_list_is_needed_but_may_be_empty(client, alice, path):
    assert "error" in client.post(f"/api/pleroma/{path}", auth=alice, status=400).json
    assert client.post(f"/api/pleroma/{path}", {"list": ""}, auth=alice, status=200).json == "job started"
    client.post(f"/api/pleroma/{path}", {"list": ""}, status=403)


def test_a_long_list_is_answered_at_once_and_done_in_batches(client, alice, bob, sql, run_jobs):
    lines = "\n".join(f"nobody{number}" for number in range(20_000))
    client.post("/api/pleroma/follow_import", {"list": f"{lines}\nbob"}, auth=alice, status=200)
    assert following(client, alice) == []
    run_jobs()
    assert following(client, alice) == ["bob"]
    assert sql("select count(*) from imports") == [(0,)]


def test_an_import_goes_on_where_it_was_killed(client, alice, bob, carol, sql, monkeypatch):
    from pleroma.accounts import imports

    monkeypatch.setattr(imports, "BATCH", 1)
    client.post("/api/pleroma/follow_import", {"list": "bob carol"}, auth=alice)
    ((import_id,),) = sql("select id from imports")
    sql("update imports set position = 1")
    imports.follow_import(import_id)
    assert following(client, alice) == ["carol"]
    imports.follow_import(import_id)
    assert following(client, alice) == ["carol"]
