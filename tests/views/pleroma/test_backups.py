"""Archives of accounts: asked for, made by a job, fetched (docs/api/pleroma.md 22.2 to 22.4)."""

import hashlib
import io
import json
import os
import shutil
import zipfile

import pytest

from pleroma import safe_files
from pleroma.accounts import archive_files, archives
from tests.picture_files import PICTURES
from tests.views.mastodon.test_media import png

BACKUPS = "/api/v1/pleroma/backups"
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
ALICE = "https://pleroma.example/users/alice"
FOLLOWERS = f"{ALICE}/followers"


@pytest.fixture(autouse=True)
def _room(monkeypatch):
    """The disk has room, whatever that of the tests has."""
    monkeypatch.setattr(safe_files, "is_nearly_full", lambda directory, wanted=0: False)


@pytest.fixture
def directory(settings):
    """Where archives are kept; there is none yet."""
    kept = settings.data_dir / "archives"
    shutil.rmtree(kept, ignore_errors=True)
    return kept


@pytest.fixture
def path_of(client):
    """The path of somebody's only archive."""

    def find(who):
        (entry,) = client.get(BACKUPS, auth=who, status=200).json
        return entry["url"].removeprefix("https://pleroma.example")

    return find


@pytest.fixture
def archive(client, run_jobs, path_of):
    """Has an archive made, and gives it opened."""

    def make(who):
        client.post(BACKUPS, auth=who, status=200)
        run_jobs()
        return zipfile.ZipFile(io.BytesIO(client.get(path_of(who), status=200).body))

    return make


def document(archive, name):
    """A document of an archive."""
    return json.loads(archive.read(name))


@pytest.fixture
def objects(archive):
    """What an account published, by the content as it was typed."""

    def read(who):
        items = document(archive(who), "outbox.json")["orderedItems"]
        return {item["object"]["source"]["content"]: item for item in items if item["type"] == "Create"}

    return read


def files(directory):
    """The names of the files in a directory."""
    return sorted(path.name for path in directory.iterdir()) if directory.exists() else []


def test_an_archive_is_asked_for_and_comes(client, alice, run_jobs, path_of):
    assert client.get(BACKUPS, auth=alice, status=200).json == []
    (entry,) = client.post(BACKUPS, auth=alice, status=200).json
    assert entry == {
        "id": entry["id"], "content_type": "application/zip", "file_size": 0, "inserted_at": entry["inserted_at"],
        "processed": False, "state": "pending", "url": entry["url"],
    }  # fmt: skip
    path = path_of(alice)
    client.get(path, status=404)
    run_jobs()
    (finished,) = client.get(BACKUPS, auth=alice, status=200).json
    answer = client.get(path, status=200)
    assert finished == {**entry, "file_size": len(answer.body), "processed": True, "state": "complete"}
    assert isinstance(entry["id"], str)
    assert answer.headers["Content-Type"] == "application/zip"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Cache-Control"] == "private, no-store"
    part = client.get(path, headers={"Range": "bytes=0-3"}, status=206)
    assert (part.body, part.headers["Cache-Control"]) == (b"PK\x03\x04", "private, no-store")


def test_one_a_day_and_account(client, alice, bob, run_jobs, sql):
    client.post(BACKUPS, auth=alice, status=200)
    refusal = {"error": "Last export was less than a day ago"}
    assert client.post(BACKUPS, auth=alice, status=400).json == refusal
    client.post(BACKUPS, auth=bob, status=200)
    run_jobs()
    assert client.post(BACKUPS, auth=alice, status=400).json == refusal
    sql("update archives set created_at = now() - interval '25 hours'")
    assert [entry["state"] for entry in client.post(BACKUPS, auth=alice, status=200).json] == ["pending", "complete"]


def test_a_finished_one_replaces_the_earlier(client, alice, run_jobs, path_of, sql, directory):
    client.post(BACKUPS, auth=alice, status=200)
    run_jobs()
    old = path_of(alice)
    sql("update archives set created_at = now() - interval '25 hours'")
    client.post(BACKUPS, auth=alice, status=200)
    client.get(old, status=200)
    run_jobs()
    assert path_of(alice) != old
    client.get(old, status=404)
    client.get(path_of(alice), status=200)
    assert len(files(directory)) == 1


def test_archives_are_their_owners(client, alice, bob, make_token_of):
    client.post(BACKUPS, auth=alice, status=200)
    assert client.get(BACKUPS, auth=bob, status=200).json == []
    for scopes in (["write", "follow", "push"], ["read:accounts", "read:statuses"]):
        client.get(BACKUPS, auth=make_token_of(alice, scopes), status=403)
        client.post(BACKUPS, auth=make_token_of(alice, scopes), status=403)
    client.post(BACKUPS, status=403)
    client.get(BACKUPS, auth=make_token_of(alice, ["read"]), status=200)


def test_the_name_is_a_secret_that_nothing_stored_tells(client, alice, run_jobs, path_of, sql, directory, settings):
    client.post(BACKUPS, auth=alice, status=200)
    run_jobs()
    path = path_of(alice)
    name = path.removeprefix("/media/backups/").removesuffix(".zip")
    assert len(name) == 43
    ((row,),) = sql("select to_jsonb(a)::text from archives a")
    assert name not in row
    ((stored,),) = sql("select name_hash from archives")
    assert stored == hashlib.sha256(name.encode()).digest()
    assert files(directory) == [f"{stored.hex()}.zip"]
    assert directory.stat().st_mode & 0o777 == 0o700
    assert (directory / files(directory)[0]).stat().st_mode & 0o777 == 0o600
    for wrong in (stored.hex(), name[:-1], f"{name}.zip", "x"):
        client.get(f"/media/backups/{wrong}.zip", status=404)
    for other in (
        "/media/backups",
        "/media/backups/",
        f"/archives/{stored.hex()}.zip",
        f"/media/../archives/{stored.hex()}.zip",
    ):
        client.get(other, status=404)


def test_every_own_status_is_in_the_outbox(client, alice, bob, carol, post, archive):
    cats = client.post_json("/api/v1/lists", {"title": "cats"}, auth=alice, status=200).json["id"]
    written = {
        kind: post(alice, f"@bob {kind}", visibility=kind)
        for kind in ("public", "unlisted", "private", "direct", f"list:{cats}")
    }
    others = post(bob, "by somebody else")
    reblog = client.post(f"/api/v1/statuses/{others['id']}/reblog", auth=alice, status=200).json
    outbox = document(archive(alice), "outbox.json")
    assert (outbox["type"], outbox["id"], outbox["totalItems"]) == ("OrderedCollection", "outbox.json", 6)
    items = outbox["orderedItems"]
    assert [item["type"] for item in items] == ["Create"] * 5 + ["Announce"]
    assert [item["object"]["id"] for item in items[:5]] == [status["uri"] for status in written.values()]
    assert {item["actor"] for item in items} == {ALICE}
    bobs = "https://pleroma.example/users/bob"
    audiences = [(item["object"]["to"], item["object"]["cc"]) for item in items[:5]]
    assert audiences == [
        ([PUBLIC, bobs], [FOLLOWERS]), ([FOLLOWERS, bobs], [PUBLIC]), ([FOLLOWERS, bobs], []), ([bobs], []),
        ([f"{ALICE}/lists/{cats}", bobs], []),
    ]  # fmt: skip
    assert [(item["to"], item["cc"]) for item in items[:5]] == audiences
    assert items[5] == {
        "id": items[5]["id"], "type": "Announce", "actor": ALICE, "published": reblog["created_at"],
        "to": [FOLLOWERS, bobs], "cc": [PUBLIC], "object": others["uri"],
    }  # fmt: skip


def test_a_status_is_a_note_with_all_that_it_has(client, alice, bob, post, objects, sql):
    sql("insert into emojis (shortcode, path, tags) values ('cat', '/emoji/cats/cat.png', '{}')")
    parent = post(bob, "first")
    text = '**@bob** [here](https://pleroma.example/about) #Cats :cat: \U0001f98a "quoted" \\u0001'
    status = post(alice, text, content_type="text/markdown", spoiler_text="a \"subject\"", sensitive=True,
                  in_reply_to_id=parent["id"])  # fmt: skip
    plain = post(alice, "plain")
    found = objects(alice)
    assert found[text]["object"] == {
        "id": status["uri"], "type": "Note", "url": status["url"], "attributedTo": ALICE,
        "published": status["created_at"], "updated": None, "summary": 'a "subject"', "content": status["content"],
        "source": {"content": text, "mediaType": "text/markdown"}, "inReplyTo": parent["uri"],
        "to": [PUBLIC, "https://pleroma.example/users/bob"], "cc": [FOLLOWERS], "sensitive": True,
        "tag": [
            {"type": "Hashtag", "href": "https://pleroma.example/tag/cats", "name": "#cats"},
            {"type": "Mention", "href": "https://pleroma.example/users/bob", "name": "@bob"},
            {"type": "Emoji", "name": ":cat:",
             "icon": {"type": "Image", "url": "https://pleroma.example/emoji/cats/cat.png"}},
        ],
        "attachment": [],
    }  # fmt: skip
    assert 'href="https://pleroma.example/about"' in status["content"]
    note = found["plain"]["object"]
    assert (note["id"], note["summary"], note["inReplyTo"], note["tag"]) == (plain["uri"], None, None, [])


def test_uploads_that_statuses_name_come_along(client, alice, bob, objects, archive):
    def upload(who, description):
        file = [("file", "x.webp", (PICTURES / "still.webp").read_bytes())]
        return client.post("/api/v1/media", {"description": description}, upload_files=file, auth=who, status=200).json

    used, unused, strangers = upload(alice, "a cat"), upload(alice, "never posted"), upload(bob, "of bob")
    client.post_json("/api/v1/statuses", {"status": "look", "media_ids": [used["id"]]}, auth=alice, status=200)
    client.post_json("/api/v1/statuses", {"status": "mine", "media_ids": [strangers["id"]]}, auth=bob, status=200)
    zipped = archive(alice)
    (item,) = document(zipped, "outbox.json")["orderedItems"]
    (attachment,) = item["object"]["attachment"]
    place = "media_attachments/" + used["url"].removeprefix("https://pleroma.example/media/")
    assert attachment == {
        "type": "Document", "mediaType": "image/webp", "url": place, "name": "a cat", "blurhash": used["blurhash"],
    }  # fmt: skip
    stored = client.get(used["url"].removeprefix("https://pleroma.example"), status=200).body
    assert zipped.read(place) == stored
    assert [name for name in zipped.namelist() if name.startswith("media_attachments/")] == [place]
    assert unused["url"] != used["url"]


def test_the_actor_with_its_pictures(client, alice, archive):
    pictures = {"update_avatar": "img", "update_banner": "banner"}
    urls = [
        client.patch(f"/api/v1/pleroma/accounts/{name}", upload_files=[(field, "x.png", png())], auth=alice).json["url"]
        for name, field in pictures.items()
    ]
    profile = {
        "display_name": "Alice \"A\"", "note": "hello https://pleroma.example/about", "locked": True,
        "fields_attributes": [{"name": "Site", "value": "https://alice.example"}],
    }  # fmt: skip
    account = client.patch_json("/api/v1/accounts/update_credentials", profile, auth=alice, status=200).json
    zipped = archive(alice)
    actor = document(zipped, "actor.json")
    assert (actor["id"], actor["type"], actor["preferredUsername"], actor["name"]) == (
        ALICE,
        "Person",
        "alice",
        'Alice "A"',
    )
    assert (actor["summary"], actor["manuallyApprovesFollowers"]) == (account["note"], True)
    assert actor["attachment"] == [{"type": "PropertyValue", "name": "Site", "value": account["fields"][0]["value"]}]
    assert (actor["outbox"], actor["likes"], actor["bookmarks"]) == ("outbox.json", "likes.json", "bookmarks.json")
    for key, url in zip(("icon", "image"), urls, strict=True):
        stored = client.get(url.removeprefix("https://pleroma.example"), status=200).body
        assert zipped.read(actor[key]["url"]) == stored
    assert {actor["icon"]["url"], actor["image"]["url"]} == {"avatar.png", "header.png"}


def test_of_others_there_are_addresses_alone(client, alice, bob, post, archive):
    liked, kept, hidden = post(bob, "secret one"), post(bob, "secret two"), post(bob, "secret three")
    client.post(f"/api/v1/accounts/{bob.id}/follow", auth=alice, status=200)
    for status, action in ((liked, "favourite"), (kept, "bookmark"), (hidden, "favourite"), (kept, "reblog")):
        client.post(f"/api/v1/statuses/{status['id']}/{action}", auth=alice, status=200)
    client.delete(f"/api/v1/statuses/{hidden['id']}", auth=bob, status=200)
    zipped = archive(alice)
    assert document(zipped, "likes.json")["orderedItems"] == [liked["uri"]]
    assert document(zipped, "bookmarks.json") == {
        "@context": "https://www.w3.org/ns/activitystreams", "id": "bookmarks.json", "type": "OrderedCollection",
        "orderedItems": [kept["uri"]], "totalItems": 1,
    }  # fmt: skip
    assert b"secret" not in b"".join(zipped.read(name) for name in zipped.namelist())
    assert zipped.read("bookmarks.csv").decode() == f"{kept['uri']}\n"
    assert zipped.read("following_accounts.csv").decode().splitlines()[1:] == ["bob@pleroma.example,true,false,"]
    assert {name for name in zipped.namelist() if name.endswith(".csv")} == {
        "following_accounts.csv", "muted_accounts.csv", "blocked_accounts.csv", "blocked_domains.csv", "bookmarks.csv",
        "lists.csv",
    }  # fmt: skip
    assert zipped.testzip() is None


def test_the_choices_of_a_poll_come_along(client, alice, bob, objects):
    poll = {"options": ["yes", "no"], "expires_in": "600"}
    status = client.post_json("/api/v1/statuses", {"status": "well?", "poll": poll}, auth=alice, status=200).json
    client.post_json(f"/api/v1/polls/{status['poll']['id']}/votes", {"choices": [1]}, auth=bob, status=200)
    question = objects(alice)["well?"]["object"]
    assert question["type"] == "Question"
    assert [(one["name"], one["replies"]["totalItems"]) for one in question["oneOf"]] == [("yes", 0), ("no", 1)]


def test_many_pages_are_one_collection(client, alice, archive, sql, monkeypatch):
    count = 250
    sql(
        "insert into statuses (account_id, thread_id, visibility, involved, source, body)"
        " select %s, nextval('thread_sequence'), 'public', array[%s::bigint], n::text, concat("
        """'"content":"', n, '","mentions":[],"tags":[],"language":null,"pleroma":{"content":{"text/plain":"x"}')"""
        " from generate_series(1, %s) n",
        alice.id, alice.id, count,
    )  # fmt: skip
    outbox = document(archive(alice), "outbox.json")
    assert outbox["totalItems"] == count
    assert [item["object"]["content"] for item in outbox["orderedItems"]] == [str(n) for n in range(1, count + 1)]


def test_a_disk_that_would_be_nearly_full_fails_it_and_leaves_nothing(
    client, alice, bob, run_jobs, directory, monkeypatch, post
):
    post(alice, "hello")
    asked = []

    def nearly_full(place, wanted=0):
        asked.append(wanted)
        return len(asked) > 1

    monkeypatch.setattr(safe_files, "is_nearly_full", nearly_full)
    client.post(BACKUPS, auth=alice, status=200)
    run_jobs()
    (entry,) = client.get(BACKUPS, auth=alice, status=200).json
    assert (entry["state"], entry["processed"], entry["file_size"]) == ("failed", False, 0)
    client.get(entry["url"].removeprefix("https://pleroma.example"), status=404)
    assert files(directory) == []
    assert len(asked) == 2


def test_one_that_was_killed_half_way_is_made_again(client, alice, run_jobs, directory, sql, path_of, post):
    post(alice, "hello")
    client.post(BACKUPS, auth=alice, status=200)
    ((stored,),) = sql("update archives set state = 'running', file_size = 5 returning name_hash")
    directory.mkdir(exist_ok=True)
    (directory / f"{stored.hex()}.zip.part").write_bytes(b"half of something")
    run_jobs()
    zipped = zipfile.ZipFile(io.BytesIO(client.get(path_of(alice), status=200).body))
    assert zipped.testzip() is None
    assert files(directory) == [f"{stored.hex()}.zip"]


def test_who_asks_meanwhile_sees_how_far_it_is(client, alice, run_jobs, post, monkeypatch):
    post(alice, "hello")
    client.post(BACKUPS, auth=alice, status=200)
    seen = []

    def looking(place, wanted=0):
        (entry,) = client.get(BACKUPS, auth=alice, status=200).json
        seen.append((entry["state"], entry["processed"], entry["file_size"]))
        return False

    monkeypatch.setattr(safe_files, "is_nearly_full", looking)
    monkeypatch.setattr(archive_files, "_LOOK_EACH", 0)
    run_jobs()
    assert {(state, processed) for state, processed, _ in seen} == {("running", False)}
    sizes = [size for _, _, size in seen]
    assert sizes == sorted(sizes)
    assert sizes[0] == 0 < sizes[-1] < client.get(BACKUPS, auth=alice).json[0]["file_size"]


def test_one_is_made_at_a_time(client, alice, bob, run_jobs, sql):
    for who in (alice, bob):
        client.post(BACKUPS, auth=who, status=200)
    # A worker is at the first one.
    sql("update procrastinate_jobs set status = 'doing' where id = (select min(id) from procrastinate_jobs)")
    run_jobs()
    assert client.get(BACKUPS, auth=bob, status=200).json[0]["state"] == "pending"
    sql("update procrastinate_jobs set status = 'succeeded' where status = 'doing'")
    run_jobs()
    assert client.get(BACKUPS, auth=bob, status=200).json[0]["state"] == "complete"


def test_a_second_run_changes_nothing(client, alice, run_jobs, sql, path_of):
    client.post(BACKUPS, auth=alice, status=200)
    run_jobs()
    before = client.get(path_of(alice), status=200).body
    ((archive_id,),) = sql("select id from archives")
    archives.make_archive(archive_id)
    archives.make_archive(archive_id + 1)
    assert client.get(path_of(alice), status=200).body == before


def test_of_two_runs_at_once_one_writes(client, alice, run_jobs, sql, directory, path_of):
    client.post(BACKUPS, auth=alice, status=200)
    ((stored,),) = sql("select name_hash from archives")
    directory.mkdir(exist_ok=True)
    with safe_files.growing(directory / f"{stored.hex()}.zip") as other:
        other.write(b"x")
        run_jobs()
        assert client.get(BACKUPS, auth=alice).json[0]["state"] == "running"
    sql("update procrastinate_jobs set scheduled_at = now()")
    run_jobs()
    assert zipfile.ZipFile(io.BytesIO(client.get(path_of(alice), status=200).body)).testzip() is None


def test_it_goes_after_a_week(client, alice, run_jobs, path_of, sql, directory):
    client.post(BACKUPS, auth=alice, status=200)
    run_jobs()
    path = path_of(alice)
    sql("update archives set created_at = now() - interval '169 hours'")
    client.get(path, status=404)
    assert client.get(BACKUPS, auth=alice, status=200).json == []
    sql("select defer_job('upkeep', 'remove_archives', '{}')")
    run_jobs()
    assert files(directory) == []
    assert sql("select * from archives") == []


def test_it_goes_with_the_account(client, alice, run_jobs, path_of, directory):
    client.post(BACKUPS, auth=alice, status=200)
    run_jobs()
    path = path_of(alice)
    client.post("/api/pleroma/delete_account", {"password": alice.password}, auth=alice, status=200)
    client.get(path, status=404)
    run_jobs()
    assert files(directory) == []


def test_a_deactivated_account_hands_out_nothing(client, alice, run_jobs, path_of, sql):
    client.post(BACKUPS, auth=alice, status=200)
    run_jobs()
    path = path_of(alice)
    sql("update accounts set active = false where id = %s", alice.id)
    client.get(path, status=404)


def test_an_account_that_goes_meanwhile_leaves_no_file(client, alice, run_jobs, sql, directory, monkeypatch):
    client.post(BACKUPS, auth=alice, status=200)

    def going(place, wanted=0):
        sql("delete from accounts where id = %s", alice.id)
        return False

    monkeypatch.setattr(safe_files, "is_nearly_full", going)
    run_jobs()
    run_jobs()
    assert files(directory) == []
    assert {status for (status,) in sql("select status::text from procrastinate_jobs")} == {"succeeded"}


def test_upkeep_takes_what_belongs_to_nothing_and_leaves_what_is_written(
    client, alice, bob, run_jobs, path_of, sql, directory
):
    client.post(BACKUPS, auth=alice, status=200)
    run_jobs()
    client.post(BACKUPS, auth=bob, status=200)
    ((written,),) = sql("update archives set state = 'running' where account_id = %s returning name_hash", bob.id)
    (directory / f"{written.hex()}.zip.part").write_bytes(b"half")
    (directory / f"{os.urandom(32).hex()}.zip").write_bytes(b"whose?")
    sql("update procrastinate_jobs set status = 'doing' where task_name = 'make_archive' and status = 'todo'")
    sql("select defer_job('upkeep', 'remove_archives', '{}')")
    run_jobs()
    client.get(path_of(alice), status=200)
    assert len(files(directory)) == 2
    assert f"{written.hex()}.zip.part" in files(directory)
    # The job of one that is being written has been given up.
    sql("update procrastinate_jobs set status = 'failed' where status = 'doing'")
    sql("select defer_job('upkeep', 'remove_archives', '{}')")
    run_jobs()
    assert [entry["state"] for entry in client.get(BACKUPS, auth=bob).json] == ["failed"]
    assert len(files(directory)) == 1


def test_an_edited_status_says_when(client, alice, post, objects):
    status = post(alice, "before")
    edited = client.put(f"/api/v1/statuses/{status['id']}", {"status": "after"}, auth=alice, status=200).json
    assert objects(alice)["after"]["object"]["updated"] == edited["edited_at"]
