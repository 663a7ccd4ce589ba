"""Statuses: posting, reading, deleting (docs/api/mastodon.md 4)."""

import concurrent.futures
import re

import pytest

from pleroma import db
from pleroma.db import queries
from pleroma.statuses import posting
from pleroma.statuses.posting import NewStatus

STATUS_KEYS = set(
    "id created_at edited_at visibility uri url in_reply_to_id in_reply_to_account_id sensitive spoiler_text"
    " application card poll replies_count reblogs_count favourites_count favourited reblogged bookmarked muted pinned"
    " emojis media_attachments account reblog content mentions tags language pleroma filtered".split()
)
PLEROMA_KEYS = set(
    "content in_reply_to_account_acct local conversation_id direct_conversation_id spoiler_text expires_at"
    " thread_muted emoji_reactions".split()
)
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def test_a_posted_status_has_every_key_of_the_entity(client, alice, post):
    status = post(alice, "hello")
    assert set(status) == STATUS_KEYS
    assert set(status["pleroma"]) == PLEROMA_KEYS
    assert status["content"] == "hello"
    assert status["account"]["id"] == str(alice.id)
    assert status["url"] == f"https://pleroma.example/notice/{status['id']}"
    assert status["uri"].startswith("https://pleroma.example/objects/")
    assert TIME.fullmatch(status["created_at"])
    assert isinstance(status["pleroma"]["conversation_id"], int)
    assert client.get(f"/api/v1/statuses/{status['id']}", auth=alice, status=200).json == status


@pytest.mark.parametrize("send", ["post", "post_json"])
def test_parameters_may_come_as_form_or_json(client, alice, send):
    status = getattr(client, send)("/api/v1/statuses", {"status": "hi", "sensitive": "1"}, auth=alice, status=200).json
    assert (status["content"], status["sensitive"]) == ("hi", True)


def test_parameters_may_come_in_the_query_string(client, alice):
    assert client.post("/api/v1/statuses?status=from+query", auth=alice, status=200).json["content"] == "from query"


def test_posting_needs_a_login_and_the_write_scope(client, person):
    assert client.post("/api/v1/statuses", {"status": "x"}, status=403).json == {"error": "Invalid credentials."}
    reader = person("reader", scopes=("read",))
    answer = client.post("/api/v1/statuses", {"status": "x"}, auth=reader, status=403)
    assert answer.json == {"error": "Insufficient permissions: write."}
    writer = person("writer", scopes=("write:statuses",))
    client.post("/api/v1/statuses", {"status": "x"}, auth=writer, status=200)


@pytest.mark.parametrize("parameters", [{}, {"status": ""}, {"status": "  \n\t "}, {"spoiler_text": "only a subject"}])
def test_an_empty_status_is_refused(client, alice, parameters):
    answer = client.post_json("/api/v1/statuses", parameters, auth=alice, status=422)
    assert answer.json == {"error": "Cannot post an empty status without attachments"}


def test_length_counts_text_and_subject_in_grapheme_clusters(client, alice, post):
    family = "\N{MAN}\u200d\N{WOMAN}\u200d\N{GIRL}"
    post(alice, family * 4990, spoiler_text="x" * 10)
    answer = client.post_json(
        "/api/v1/statuses", {"status": "a" * 4991, "spoiler_text": "x" * 10}, auth=alice, status=422
    )
    assert answer.json == {"error": "The status is over the character limit"}


@pytest.mark.parametrize("visibility", ["local", "secret", "list:1", "list:x"])
def test_an_unknown_visibility_never_falls_back_to_public(client, alice, visibility):
    client.post("/api/v1/statuses", {"status": "x", "visibility": visibility}, auth=alice, status=422)
    assert client.get(f"/api/v1/accounts/{alice.id}/statuses").json == []


def test_mentions_are_linked_and_the_mentioned_are_told(client, alice, bob, post):
    status = post(alice, "hi @BOB and @nobody")
    assert [mention["acct"] for mention in status["mentions"]] == ["bob"]
    assert f'data-user="{bob.id}"' in status["content"]
    assert 'href="https://pleroma.example/users/bob"' in status["content"]
    (notification,) = client.get("/api/v1/notifications", auth=bob).json
    assert notification["type"] == "mention"
    assert notification["status"]["id"] == status["id"]
    assert notification["account"]["id"] == str(alice.id)


def test_own_host_handles_are_local(client, alice, bob, post):
    assert [m["id"] for m in post(alice, "hi @bob@pleroma.example")["mentions"]] == [str(bob.id)]


@pytest.mark.parametrize("text", ["mail bob@bob", "see https://a.example/@bob/1", "alice@bob.example"])
def test_addresses_mention_nobody(client, alice, bob, post, text):
    assert post(alice, text)["mentions"] == []
    assert client.get("/api/v1/notifications", auth=bob).json == []


@pytest.mark.parametrize("text", ["@bob.", "(@bob)", "@bob's", "@bob:", '"@bob"', "@bob…"])
def test_what_follows_a_nickname_ends_it(alice, bob, post, text):
    assert [m["id"] for m in post(alice, text)["mentions"]] == [str(bob.id)]


def test_hashtags_are_listed_and_linked(client, alice, post):
    status = post(alice, "#Cats and #犬 but not #123 nor https://a.example/#frag")
    assert status["tags"] == [{"name": "cats", "url": "/tag/cats"}, {"name": "犬", "url": "/tag/犬"}]
    assert status["content"].count('class="hashtag"') == 2


def test_nsfw_makes_a_status_sensitive(alice, post):
    assert post(alice, "look #nsfw")["sensitive"] is True


def test_text_is_escaped_exactly_once_and_subjects_come_back_as_typed(client, alice, post):
    status = post(alice, "a < b & c &amp; d", spoiler_text='1 < 2 & "3" <3')
    assert status["content"].replace("&#34;", '"') == "a &lt; b &amp; c &amp;amp; d"
    assert status["pleroma"]["content"]["text/plain"] == "a < b & c &amp; d"
    assert status["spoiler_text"] == '1 < 2 & "3" <3'


def test_the_escape_of_the_base_address_stays_text(alice, post):
    status = post(alice, r"a \u0001 b \\u0001", spoiler_text=r"\u0001")
    assert status["pleroma"]["content"]["text/plain"] == r"a \u0001 b \\u0001"
    assert status["spoiler_text"] == r"\u0001"


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b", "a\x01b"])
def test_characters_that_cannot_be_stored_are_dropped(alice, post, text):
    assert post(alice, text)["content"] == "ab"


def test_replies_join_the_thread_and_are_counted(client, alice, bob, post):
    parent = post(alice, "parent")
    reply = post(bob, "reply", in_reply_to_id=parent["id"])
    assert reply["in_reply_to_id"] == parent["id"]
    assert reply["in_reply_to_account_id"] == str(alice.id)
    assert reply["pleroma"]["in_reply_to_account_acct"] == "alice"
    assert reply["pleroma"]["conversation_id"] == parent["pleroma"]["conversation_id"]
    assert [m["id"] for m in reply["mentions"]] == [str(alice.id)]
    assert client.get(f"/api/v1/statuses/{parent['id']}").json["replies_count"] == 1
    assert len(client.get("/api/v1/notifications", auth=alice).json) == 1


@pytest.mark.parametrize("parent", ["1", "99999999999999999999", "abc", "-1"])
def test_an_answer_to_what_is_not_there_is_refused(client, alice, parent):
    client.post("/api/v1/statuses", {"status": "x", "in_reply_to_id": parent}, auth=alice, status=404)


def test_an_empty_parent_counts_as_none(alice, post):
    assert post(alice, "x", in_reply_to_id="", in_reply_to_conversation_id=None)["in_reply_to_id"] is None


def test_an_answer_takes_the_visibility_of_its_parent(alice, bob, post):
    parent = post(alice, "x @bob", visibility="unlisted")
    assert post(bob, "y", in_reply_to_id=parent["id"])["visibility"] == "unlisted"


def test_below_a_direct_status_all_is_direct(client, alice, bob, post):
    parent = post(alice, "psst @bob", visibility="direct")
    answer = client.post(
        "/api/v1/statuses",
        {"status": "x", "in_reply_to_id": parent["id"], "visibility": "public"},
        auth=bob,
        status=422,
    )
    assert answer.json == {"error": "The message visibility must be direct"}
    assert post(bob, "y", in_reply_to_id=parent["id"])["visibility"] == "direct"


def test_a_direct_status_shows_to_those_it_addresses_alone(client, alice, bob, carol, post):
    status = post(alice, "psst @bob", visibility="direct")
    client.get(f"/api/v1/statuses/{status['id']}", auth=bob, status=200)
    answer = client.get(f"/api/v1/statuses/{status['id']}", auth=carol, status=404)
    assert answer.json == {"error": "Record not found"}
    client.get(f"/api/v1/statuses/{status['id']}", status=404)
    client.get(f"/api/v1/statuses/{status['id']}/context", auth=carol, status=404)


def test_a_private_status_shows_to_followers(client, alice, bob, carol, post):
    client.post(f"/api/v1/accounts/{alice.id}/follow", auth=bob, status=200)
    status = post(alice, "for followers", visibility="private")
    client.get(f"/api/v1/statuses/{status['id']}", auth=bob, status=200)
    client.get(f"/api/v1/statuses/{status['id']}", auth=carol, status=404)


def test_to_replaces_the_mentions_of_the_text(client, alice, bob, carol, post):
    status = post(alice, "hi @bob", to=["carol", "nobody"])
    assert [m["acct"] for m in status["mentions"]] == ["carol"]
    assert f'data-user="{bob.id}"' in status["content"]
    assert client.get("/api/v1/notifications", auth=bob).json == []
    assert len(client.get("/api/v1/notifications", auth=carol).json) == 1


def test_a_preview_looks_like_the_real_thing_and_leaves_nothing(client, alice, bob, post):
    preview = post(alice, "hi @bob #tag", preview=True, visibility="direct")
    assert set(preview) == STATUS_KEYS
    client.get(f"/api/v1/statuses/{preview['id']}", auth=alice, status=404)
    assert client.get("/api/v1/notifications", auth=bob).json == []
    assert client.get("/api/v1/conversations", auth=bob).json == []
    assert client.get(f"/api/v1/accounts/{alice.id}").json["statuses_count"] == 0


@pytest.mark.parametrize(("expires_in", "error"), [("10", "Expiry date is too soon"), ("soon", None), ([1], None)])
def test_an_expiry_that_is_too_soon_or_no_number_is_refused(client, alice, expires_in, error):
    answer = client.post_json(
        "/api/v1/statuses", {"status": "x", "expires_in": expires_in}, auth=alice, expect_errors=True
    )
    assert answer.status_int in (400, 422)
    assert error is None or answer.json == {"error": error}


def test_the_expiry_shows_to_the_author_alone(client, alice, post):
    status = post(alice, "soon gone", expires_in=3600)
    assert TIME.fullmatch(status["pleroma"]["expires_at"])
    assert client.get(f"/api/v1/statuses/{status['id']}").json["pleroma"]["expires_at"] is None


def test_an_idempotency_key_posts_once(client, alice):
    first = client.post("/api/v1/statuses", {"status": "once"}, auth=alice, headers={"Idempotency-Key": "k"})
    second = client.post("/api/v1/statuses", {"status": "once"}, auth=alice, headers={"Idempotency-Key": "k"})
    assert first.json == second.json
    assert second.headers["Idempotent-Replayed"] == "true"
    assert len(client.get(f"/api/v1/accounts/{alice.id}/statuses").json) == 1


def test_an_idempotency_key_counts_per_account_and_only_for_good_answers(client, alice, bob):
    key = {"Idempotency-Key": "k"}
    client.post("/api/v1/statuses", {"status": ""}, auth=alice, headers=key, status=422)
    mine = client.post("/api/v1/statuses", {"status": "a"}, auth=alice, headers=key, status=200).json
    theirs = client.post("/api/v1/statuses", {"status": "b"}, auth=bob, headers=key, status=200).json
    assert mine["id"] != theirs["id"]


def test_two_requests_at_once_with_one_key_make_one_status(make_client, alice):
    def send(_):
        client = make_client()
        return client.post("/api/v1/statuses", {"status": "once"}, auth=alice, headers={"Idempotency-Key": "k"}).json[
            "id"
        ]

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(send, range(4)))) == 1


def test_deleting_gives_the_source_back_and_uncounts(client, alice, bob, post):
    parent = post(alice, "parent")
    status = post(bob, "my *text*", content_type="text/markdown", in_reply_to_id=parent["id"])
    client.post(f"/api/v1/statuses/{status['id']}/favourite", auth=alice, status=200)
    deleted = client.delete(f"/api/v1/statuses/{status['id']}", auth=bob, status=200).json
    assert deleted["text"] == "my *text*"
    assert deleted["id"] == status["id"]
    client.get(f"/api/v1/statuses/{status['id']}", auth=bob, status=404)
    assert client.get(f"/api/v1/statuses/{parent['id']}").json["replies_count"] == 0
    assert client.get(f"/api/v1/accounts/{bob.id}").json["statuses_count"] == 0
    assert client.get("/api/v1/favourites", auth=alice).json == []
    assert client.get("/api/v1/notifications", auth=alice).json == []
    client.delete(f"/api/v1/statuses/{status['id']}", auth=bob, status=404)


def test_only_the_author_and_staff_may_delete(client, alice, bob, person, post):
    status = post(alice, "mine")
    answer = client.delete(f"/api/v1/statuses/{status['id']}", auth=bob, status=403)
    assert answer.json == {"error": "Can't delete this post"}
    client.delete(f"/api/v1/statuses/{status['id']}", auth=person("mod", moderator=True), status=200)


def test_answers_outlive_their_parent(client, alice, bob, post):
    parent = post(alice, "parent")
    reply = post(bob, "reply", in_reply_to_id=parent["id"])
    client.delete(f"/api/v1/statuses/{parent['id']}", auth=alice, status=200)
    left = client.get(f"/api/v1/statuses/{reply['id']}", status=200).json
    assert (left["in_reply_to_id"], left["in_reply_to_account_id"]) == (None, None)


def test_the_context_is_the_whole_visible_thread(client, alice, bob, carol, post):
    first = post(alice, "1")
    second = post(bob, "2", in_reply_to_id=first["id"])
    third = post(alice, "3", in_reply_to_id=second["id"])
    post(alice, "@bob psst", in_reply_to_id=third["id"], visibility="direct")
    context = client.get(f"/api/v1/statuses/{second['id']}/context", auth=carol, status=200).json
    assert [status["id"] for status in context["ancestors"]] == [first["id"]]
    assert [status["id"] for status in context["descendants"]] == [third["id"]]
    alone = post(alice, "alone")
    assert client.get(f"/api/v1/statuses/{alone['id']}/context").json == {"ancestors": [], "descendants": []}


def test_the_context_of_a_long_thread_holds_what_is_nearest(client, alice, post, sql):
    post(alice, "first")
    sql(
        "insert into statuses (account_id, thread_id, visibility, involved, body)"
        " select account_id, thread_id, visibility, involved, body from statuses, generate_series(1, 2200)"
    )
    ids = [str(status_id) for (status_id,) in sql("select id from statuses order by id")]
    for reader, before, after in ((alice, 1000, 1000), (None, 40, 60)):
        context = client.get(f"/api/v1/statuses/{ids[1100]}/context", auth=reader, status=200).json
        assert [status["id"] for status in context["ancestors"]] == ids[1100 - before : 1100]
        assert [status["id"] for status in context["descendants"]] == ids[1101 : 1101 + after]


@pytest.mark.parametrize("spelling", ["ids[]", "id[]", "ids"])
def test_several_statuses_by_id_newest_first(client, alice, post, spelling):
    ids = [post(alice, text)["id"] for text in "ab"]
    query = "&".join(f"{spelling}={value}" for value in [*ids, "1", "x"])
    assert [s["id"] for s in client.get(f"/api/v1/statuses?{query}", status=200).json] == ids[::-1]


def test_the_source_is_for_its_author(client, alice, bob, post):
    status = post(alice, "**b**", content_type="text/markdown", spoiler_text="s")
    source = client.get(f"/api/v1/statuses/{status['id']}/source", auth=alice, status=200).json
    assert source == {"id": status["id"], "text": "**b**", "spoiler_text": "s", "content_type": "text/markdown"}
    client.get(f"/api/v1/statuses/{status['id']}/source", auth=bob, status=404)


def test_the_default_visibility_is_the_accounts(alice, post, sql):
    sql("update users set privacy = 'unlisted' where account_id = %s", alice.id)
    assert post(alice, "x")["visibility"] == "unlisted"


@pytest.mark.parametrize("number", ["0", "abc", "99999999999999999999999", "%00", "-5", "1e3"])
def test_an_id_that_names_nothing_is_not_found(client, number):
    assert "error" in client.get(f"/api/v1/statuses/{number}", status=404).json


def test_a_status_past_its_time_is_nowhere_although_its_job_has_not_run(client, alice, bob, person, post, sql):
    client.post(f"/api/v1/accounts/{alice.id}/follow", auth=bob, status=200)
    status = post(alice, "@bob fleeting #ember", expires_in=3600)
    answer = post(bob, "an answer", in_reply_to_id=status["id"])
    for action in ("favourite", "bookmark", "reblog"):
        client.post(f"/api/v1/statuses/{status['id']}/{action}", auth=bob, status=200)
    sql("update statuses set expires_at = now() - interval '1 second' where expires_at is not null")

    path, root = f"/api/v1/statuses/{status['id']}", person("root", admin=True)
    for reader in (None, alice, bob, root):
        client.get(path, auth=reader, status=404)
        client.get(f"{path}/context", auth=reader, status=404)
        for shown in (
            f"/api/v1/statuses?id[]={status['id']}", "/api/v1/timelines/public", "/api/v1/timelines/tag/ember",
            f"/api/v1/accounts/{alice.id}/statuses", f"/api/v1/accounts/{bob.id}/statuses",
            f"/api/v1/statuses/{answer['id']}/context", "/api/v2/search?q=fleeting", "/api/v2/search?q=ember",
            f"/api/v1/pleroma/accounts/{bob.id}/favourites", "/users/alice", "/users/alice/feed.atom",
            f"/notice/{answer['id']}",
        ):  # fmt: skip
            assert not re.search("fleeting|ember", client.get(shown, auth=reader, status=200).text), shown
        if reader is not None:
            for shown in ("timelines/home", "notifications", "favourites", "bookmarks"):
                assert "fleeting" not in client.get(f"/api/v1/{shown}", auth=reader, status=200).text, shown
            for action in ("favourite", "reblog", "bookmark", "pin", "mute"):
                assert client.post(f"{path}/{action}", auth=reader, expect_errors=True).status_int in (400, 404), action
    for gone in (f"/notice/{status['id']}", f"{path}/source"):
        client.get(gone, auth=alice, status=404)
    for shown in ("", "?godmode=true"):
        assert client.get(f"/api/pleroma/admin/users/alice/statuses{shown}", auth=root, status=200).json == []
    client.delete(path, auth=alice, status=404)


def test_the_time_of_the_last_status_never_goes_back(client, alice, post, sql, settings):
    with db.in_transaction() as connection:
        queries.accounts.exists(connection, account_id=alice.id)
        post(alice, "late")
        last = sql("select last_status_at from accounts")
        posting.publish(connection, alice.id, NewStatus("early"), settings)
    assert sql("select last_status_at from accounts") == last
