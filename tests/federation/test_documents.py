"""What others read: actors, collections, statuses (docs/federation.md 2)."""

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from tests.views.mastodon.test_media import png

BASE = "https://pleroma.example"
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


def test_an_actor(federated, alice, document):
    changes = [("display_name", "Alice :x:"), ("note", "I am @alice"), ("locked", "true"),
               ("fields_attributes[0][name]", "Town"), ("fields_attributes[0][value]", "Tokyo")]  # fmt: skip
    federated.patch("/api/v1/accounts/update_credentials", changes, auth=alice, status=200)
    actor, me = document("/users/alice"), f"{BASE}/users/alice"
    account = federated.get(f"/api/v1/accounts/{alice.id}").json
    assert actor["@context"][:2] == ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"]
    assert {key: actor[key] for key in actor if key not in ("@context", "publicKey", "summary", "published")} == {
        "id": me, "type": "Person", "preferredUsername": "alice", "name": "Alice :x:", "url": me,
        "inbox": f"{me}/inbox", "outbox": f"{me}/outbox", "followers": f"{me}/followers",
        "following": f"{me}/following", "featured": f"{me}/collections/featured",
        "endpoints": {"sharedInbox": f"{BASE}/inbox"}, "manuallyApprovesFollowers": True, "discoverable": False,
        "indexable": False, "webfinger": "alice@pleroma.example", "alsoKnownAs": [],
        "attachment": [{"type": "PropertyValue", "name": "Town", "value": "Tokyo"}], "tag": [],
    }  # fmt: skip
    assert (actor["summary"], actor["published"]) == (account["note"], account["created_at"])


def test_a_key_is_made_once_and_kept(alice, document, sql):
    key = document("/users/alice")["publicKey"]
    assert (key["id"], key["owner"]) == (f"{BASE}/users/alice#main-key", f"{BASE}/users/alice")
    assert load_pem_public_key(key["publicKeyPem"].encode()).key_size == 2048
    assert document("/users/ALICE")["publicKey"] == key
    assert document("/actor")["publicKey"]["publicKeyPem"] != key["publicKeyPem"]
    assert sql("select owner, account_id is not null from account_keys order by owner") == [
        ("/actor", False), ("/users/alice", True),
    ]  # fmt: skip


def test_pictures_and_bots(federated, alice, document):
    pictures = [("avatar", "a.png", png()), ("header", "h.png", png())]
    federated.patch("/api/v1/accounts/update_credentials", {"bot": "true"}, upload_files=pictures, auth=alice)
    actor = document("/users/alice")
    assert actor["type"] == "Service"
    assert actor["icon"]["mediaType"] == "image/png" and actor["icon"]["url"].startswith(f"{BASE}/media/")
    assert actor["image"]["type"] == "Image"


def test_the_server_itself(document):
    actor = document("/actor")
    assert (actor["type"], actor["preferredUsername"]) == ("Application", "pleroma.example")
    assert actor["publicKey"]["owner"] == actor["id"] == f"{BASE}/actor"
    assert document(actor["outbox"])["totalItems"] == 0


@pytest.mark.parametrize(
    ("accept", "is_document"),
    [
        ("application/activity+json", True),
        ('application/ld+json; profile="https://www.w3.org/ns/activitystreams"', True),
        ("application/ld+json", True),
        ('application/activity+json, application/ld+json; profile="x", text/html;q=0.1', True),
        ("application/json", True),
        ("application/json, text/html;q=0.9", True),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", False),
        ("*/*", False),
        ("", False),
        ("text/html, application/json;q=0.9", False),
    ],
)
def test_page_or_document_by_what_is_accepted(federated, alice, publish, accept, is_document):
    status = publish(alice, "hello")
    for path in ("/users/alice", f"/notice/{status['id']}"):
        answer = federated.get(path, headers={"Accept": accept}, status=200)
        assert answer.headers["Content-Type"].startswith("application/activity+json") is is_document
        assert answer.headers["Vary"] == "Accept, Signature"
    page = federated.get("/users/alice", headers={"Accept": "text/html"})
    assert f'<link rel="alternate" type="application/activity+json" href="{BASE}/users/alice">' in page.text
    page = federated.get(f"/notice/{status['id']}", headers={"Accept": "text/html"})
    assert f'<link rel="alternate" type="application/activity+json" href="{status["uri"]}">' in page.text


def test_a_note(federated, alice, bob, publish, document):
    status = publish(alice, "hi @bob #World", spoiler_text="cw", language="en", sensitive=True)
    note = document(status["uri"])
    thread = f"{BASE}/contexts/{status['pleroma']['conversation_id']}"
    assert {key: note[key] for key in note if key != "@context"} == {
        "id": status["uri"], "type": "Note", "attributedTo": f"{BASE}/users/alice", "actor": f"{BASE}/users/alice",
        "url": status["url"], "published": status["created_at"], "to": [PUBLIC],
        "cc": [f"{BASE}/users/alice/followers", f"{BASE}/users/bob"], "inReplyTo": None, "context": thread,
        "conversation": thread, "content": status["content"], "contentMap": {"en": status["content"]},
        "source": {"content": "hi @bob #World", "mediaType": "text/plain"}, "summary": "cw", "sensitive": True,
        "attachment": [], "tag": [
            {"type": "Mention", "href": f"{BASE}/users/bob", "name": "@bob@pleroma.example"},
            {"type": "Hashtag", "href": f"{BASE}/tag/world", "name": "#world"},
        ],
        "replies": {"id": f"{status['uri']}/replies", "type": "Collection", "first": {
            "type": "CollectionPage", "partOf": f"{status['uri']}/replies", "items": []}},
    }  # fmt: skip
    assert document(f"/notice/{status['id']}") == note


def test_an_answer_and_an_edit(federated, alice, bob, publish, document):
    parent = publish(alice, "one")
    own = publish(alice, "two", in_reply_to_id=parent["id"])
    other = publish(bob, "three", in_reply_to_id=parent["id"])
    hidden = publish(bob, "four", in_reply_to_id=parent["id"], visibility="private")
    assert document(own["uri"])["inReplyTo"] == parent["uri"]
    assert document(parent["uri"])["replies"]["first"]["items"] == [own["uri"]]
    replies = document(f"{parent['uri']}/replies")
    assert document(replies["first"])["items"] == [own["uri"], other["uri"]]
    assert hidden["uri"] not in document(replies["first"])["items"]
    edited = federated.put(f"/api/v1/statuses/{parent['id']}", {"status": "edited"}, auth=alice).json
    assert document(parent["uri"])["updated"] == edited["edited_at"]
    assert "edited" in document(parent["uri"])["content"]


def test_media_and_polls(federated, alice, publish, document):
    sent = {"description": "a cat", "focus": "0.5,-0.5"}
    media = federated.post("/api/v1/media", sent, upload_files=[("file", "x.png", png())], auth=alice).json
    (attachment,) = document(publish(alice, "x", media_ids=[media["id"]])["uri"])["attachment"]
    assert attachment == {
        "type": "Document", "mediaType": "image/png", "url": media["url"], "name": "a cat",
        "blurhash": media["blurhash"], "width": media["meta"]["original"]["width"],
        "height": media["meta"]["original"]["height"], "focalPoint": [0.5, -0.5],
    }  # fmt: skip
    status = publish(alice, "which?", poll={"options": ["a", "b"], "expires_in": 3600})
    question = document(status["uri"])
    assert (question["type"], question["votersCount"]) == ("Question", 0)
    assert question["oneOf"] == [
        {"type": "Note", "name": name, "replies": {"type": "Collection", "totalItems": 0}} for name in "ab"
    ]
    assert "closed" not in question and question["endTime"] == status["poll"]["expires_at"]


def test_emoji_have_the_address_of_their_picture_as_id(federated, alice, publish, document, sql):
    sql("insert into emojis (shortcode, path, tags) values ('red', '/emoji/pack/red.png', '{}')")
    picture = f"{BASE}/emoji/pack/red.png"
    emoji = {"type": "Emoji", "id": picture, "name": ":red:",
             "icon": {"type": "Image", "mediaType": "image/png", "url": picture}}  # fmt: skip
    assert document(publish(alice, "a :red: one")["uri"])["tag"] == [emoji]
    federated.patch_json("/api/v1/accounts/update_credentials", {"display_name": "Alice :red:"}, auth=alice)
    assert emoji in document("/users/alice")["tag"]


def test_what_not_everybody_may_see_is_not_there(federated, alice, bob, publish, document):
    for visibility in ("private", "direct"):
        status = publish(alice, "@bob secret", visibility=visibility)
        for path in (status["uri"], f"{status['uri']}/activity", f"{status['uri']}/replies", f"/notice/{status['id']}"):
            document(path, 404)
    unlisted = document(publish(alice, "quiet", visibility="unlisted")["uri"])
    assert (unlisted["to"], unlisted["cc"]) == ([f"{BASE}/users/alice/followers"], [PUBLIC])


@pytest.mark.parametrize(
    "path",
    [
        "/users/nobody", "/users/nobody/outbox", "/notice/1", "/notice/x",
        "/objects/x", "/objects/6f9d4d9e-0c3b-4f7e-9b0a-2f6f0f7c1d55",
        "/activities/x", "/activities/6f9d4d9e-0c3b-4f7e-9b0a-2f6f0f7c1d55",
    ],
)  # fmt: skip
def test_what_is_unknown_is_not_there(document, path):
    assert "error" in document(path, 404)


def test_what_was_deleted_is_gone_for_good(federated, alice, bob, publish, document, sql):
    status = publish(alice, "soon gone")
    federated.delete(f"/api/v1/statuses/{status['id']}", auth=alice, status=200)
    assert document(status["uri"], 410) | {"@context": ""} == {"@context": "", "id": status["uri"], "type": "Tombstone"}
    left = publish(bob, "by who is gone")
    sql("delete from accounts where id = %s", bob.id)
    assert document("/users/bob", 410)["type"] == "Tombstone"
    assert document(left["uri"], 410)["type"] == "Tombstone"
    document("/users/bob/outbox", 410)


def test_a_deactivated_account_and_its_statuses_are_not_there(alice, publish, document, sql):
    status = publish(alice, "hello")
    sql("update accounts set active = false where id = %s", alice.id)
    for path in ("/users/alice", status["uri"], "/users/alice/outbox"):
        assert "error" in document(path, 404)


def test_the_outbox_page_by_page(federated, alice, bob, publish, document, sql):
    original = publish(bob, "by bob")
    publish(alice, "hidden", visibility="private")
    statuses = [publish(alice, str(number)) for number in range(22)]
    wrapper = federated.post(f"/api/v1/statuses/{original['id']}/reblog", auth=alice).json
    outbox = document("/users/alice/outbox")
    assert (outbox["type"], outbox["totalItems"]) == ("OrderedCollection", 22)
    first = document(outbox["first"])
    announce, *created = first["orderedItems"]
    assert announce == {
        "id": announce["id"], "type": "Announce", "actor": f"{BASE}/users/alice",
        "published": wrapper["created_at"], "to": [PUBLIC],
        "cc": [f"{BASE}/users/alice/followers", f"{BASE}/users/bob"], "object": original["uri"],
    }  # fmt: skip
    second = document(first["next"])
    seen = [item["object"]["id"] for item in (*created, *second["orderedItems"])]
    assert seen == [status["uri"] for status in reversed(statuses)] and "next" not in second
    assert {item["type"] for item in created} == {"Create"}
    assert announce["id"].startswith(f"{BASE}/activities/")
    activity = document(created[0]["id"])
    assert {key: activity[key] for key in created[0]} == created[0]
    announced = document(announce["id"])
    assert {key: announced[key] for key in announce} == announce


def test_followers_and_following(federated, alice, bob, carol, document):
    for who in (bob, carol):
        federated.post(f"/api/v1/accounts/{alice.id}/follow", auth=who)
    followers = document("/users/alice/followers")
    assert followers["totalItems"] == 2
    assert document(followers["first"])["orderedItems"] == [f"{BASE}/users/carol", f"{BASE}/users/bob"]
    assert document(document("/users/bob/following")["first"])["orderedItems"] == [f"{BASE}/users/alice"]
    changes = {"hide_followers": "true", "hide_followers_count": "true"}
    federated.patch("/api/v1/accounts/update_credentials", changes, auth=alice)
    hidden = document("/users/alice/followers")
    assert hidden["totalItems"] == 0 and "first" not in hidden
    assert "orderedItems" not in document("/users/alice/followers?max_id=999999")


def test_pinned_statuses(federated, alice, publish, document):
    status = publish(alice, "look")
    federated.post(f"/api/v1/statuses/{status['id']}/pin", auth=alice, status=200)
    featured = document("/users/alice/collections/featured")
    assert (featured["totalItems"], [item["id"] for item in featured["orderedItems"]]) == (1, [status["uri"]])
