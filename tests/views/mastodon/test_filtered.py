"""What the filters of an account match: `filtered` in each Status (docs/api/mastodon.md 10.3)."""

import pytest

from tests.views.mastodon.test_media import png

FILTERS = "/api/v2/filters"


@pytest.fixture
def filtering(client):
    """Makes a filter: filtering(alice, "cats", whole_word=False)."""

    def make(owner, *keywords, whole_word=True, **parameters):
        words = [{"keyword": keyword, "whole_word": whole_word} for keyword in keywords]
        sent = {"title": "x", "context": ["home"], "keywords_attributes": words, **parameters}
        return client.post_json(FILTERS, sent, auth=owner, status=200).json

    return make


@pytest.fixture
def matches(client):
    """The keywords that match a status, as the reader sees it."""

    def of(reader, status):
        found = client.get(f"/api/v1/statuses/{status['id']}", auth=reader, status=200).json["filtered"]
        return [keyword for result in found for keyword in result["keyword_matches"] or []]

    return of


def test_the_result_names_the_filter_and_what_matched(client, alice, bob, post, filtering):
    made = filtering(alice, "cats", "dogs", filter_action="hide", expires_in=3600)
    status = post(bob, "Dogs and CATS")
    other = post(bob, "birds")
    del made["keywords"], made["statuses"]
    result = {"filter": made, "keyword_matches": ["cats", "dogs"], "status_matches": None}
    assert client.get(f"/api/v1/statuses/{status['id']}", auth=alice).json["filtered"] == [result]
    assert client.get(f"/api/v1/statuses/{other['id']}", auth=alice).json["filtered"] == []


def test_a_status_that_a_filter_names(client, alice, bob, post, filtering):
    made, status = filtering(alice), post(bob, "hello")
    client.post(f"{FILTERS}/{made['id']}/statuses", {"status_id": status["id"]}, auth=alice)
    (result,) = client.get(f"/api/v1/statuses/{status['id']}", auth=alice).json["filtered"]
    assert (result["keyword_matches"], result["status_matches"]) == (None, [status["id"]])
    wrapper = client.post(f"/api/v1/statuses/{status['id']}/reblog", auth=alice).json
    assert wrapper["filtered"] == wrapper["reblog"]["filtered"] == [result]


def test_every_list_has_it_for_who_is_logged_in_and_none_for_strangers(client, alice, bob, post, filtering):
    filtering(alice, "cats")
    client.post(f"/api/v1/accounts/{bob.id}/follow", auth=alice)
    root = post(bob, "@alice cats #cats", visibility="public")
    post(bob, "@alice cats", visibility="direct")
    reply = post(bob, "cats again", in_reply_to_id=root["id"])
    client.post(f"/api/v1/statuses/{root['id']}/favourite", auth=alice)
    client.post(f"/api/v1/statuses/{root['id']}/bookmark", auth=alice)
    for path in (
        "timelines/home", "timelines/public", "timelines/tag/cats", "timelines/direct", "favourites", "bookmarks",
        f"accounts/{bob.id}/statuses", f"statuses?ids[]={root['id']}",
    ):  # fmt: skip
        found = client.get(f"/api/v1/{path}", auth=alice, status=200).json
        assert found and all(len(status["filtered"]) == 1 for status in found), path
    thread = client.get(f"/api/v1/statuses/{reply['id']}/context", auth=alice).json
    assert [len(status["filtered"]) for status in thread["ancestors"]] == [1]
    notified = client.get("/api/v1/notifications?types[]=mention", auth=alice).json
    assert [len(each["status"]["filtered"]) for each in notified] == [1, 1]
    assert len(client.get("/api/v1/conversations", auth=alice).json[0]["last_status"]["filtered"]) == 1
    assert len(client.get("/api/v2/search?q=cats", auth=alice).json["statuses"][0]["filtered"]) == 1
    assert "filtered" not in client.get(f"/api/v1/statuses/{root['id']}").json
    assert all("filtered" not in status for status in client.get("/api/v1/timelines/public").json)
    assert client.get(f"/api/v1/statuses/{root['id']}", auth=bob).json["filtered"] == []


def test_own_statuses_never_match(client, alice, post, filtering):
    filtering(alice, "cats")
    assert post(alice, "cats")["filtered"] == []


def test_an_expired_filter_matches_nothing(client, alice, bob, post, filtering, matches, sql):
    filtering(alice, "cats")
    status = post(bob, "cats")
    assert matches(alice, status) == ["cats"]
    sql("update filters set expires_at = now() - interval '1 second'")
    assert matches(alice, status) == []
    assert len(client.get(FILTERS, auth=alice).json) == 1


def test_a_change_counts_for_the_next_request(client, alice, bob, post, filtering, matches):
    made, status = filtering(alice, "cats"), post(bob, "cats and dogs")
    client.put(f"{FILTERS}/keywords/{made['keywords'][0]['id']}", {"keyword": "dogs"}, auth=alice)
    assert matches(alice, status) == ["dogs"]
    client.delete(f"{FILTERS}/keywords/{made['keywords'][0]['id']}", auth=alice)
    assert matches(alice, status) == []
    filtering(alice, "cats")
    assert matches(alice, status) == ["cats"]


@pytest.mark.parametrize(
    ("keyword", "text", "whole", "part"),
    [
        ("cats", "cats", True, True),
        ("cats", "I like cats.", True, True),
        ("cats", "CaTs!", True, True),
        ("cats", "catsuit", False, True),
        ("cats", "bobcats", False, True),
        ("cats", "cats_", False, True),
        ("cats", "wildcats and cats", True, True),
        ("cats", "c a t s", False, False),
        ("#cats", "x#cats now", True, True),
        ("#cats", "#catsuit", False, True),
        ("ねこ", "しろねこ", False, True),
        ("ねこ", "しろい ねこ です", True, True),
        ("КОТ", "мой кот", True, True),
        ("кот", "котик", False, True),
        ("c++", "I write C++ daily", True, True),
        ("a.c", "abc", False, False),
        ("(.*)", "anything", False, False),
        ("[x]", "x", False, False),
        ("***", "a *** b", True, True),
        ("(?i)x", "x", False, False),
        ("\\d", "5", False, False),
        ("two words", "not two words here", True, True),
        ("100%", "100% sure", True, True),
        ("€5", "only €5 each", True, True),
    ],
)  # fmt: skip
def test_keywords_are_texts_with_boundaries_where_they_are_words(
    alice, bob, post, filtering, matches, keyword, text, whole, part
):
    filtering(alice, keyword)
    filtering(alice, keyword, whole_word=False)
    assert matches(alice, post(bob, text)) == [keyword] * (whole + part)


def test_subject_options_and_descriptions_are_searched(client, alice, bob, post, filtering, matches):
    filtering(alice, "cats")
    assert matches(alice, post(bob, "x", spoiler_text="about cats")) == ["cats"]
    assert matches(alice, post(bob, "x", poll={"options": ["cats", "dogs"], "expires_in": 3600})) == ["cats"]
    media = client.post(
        "/api/v1/media", {"description": "two cats"}, upload_files=[("file", "x.png", png())], auth=bob
    ).json
    assert matches(alice, post(bob, "x", media_ids=[media["id"]])) == ["cats"]


@pytest.mark.parametrize(
    ("content_type", "text"), [("text/markdown", "the **ca**ts"), ("text/html", "the <b>ca</b>ts")]
)
def test_the_plain_text_is_searched_and_not_its_marks(alice, bob, post, filtering, matches, content_type, text):
    filtering(alice, "cats")
    filtering(alice, "b", "**")
    assert matches(alice, post(bob, text, content_type=content_type)) == ["cats"]


def test_long_keywords_match_whole(alice, bob, post, filtering, matches):
    filtering(alice, "a" * 512, "a" * 70 + "b")
    assert matches(alice, post(bob, "a" * 511)) == []
    assert matches(alice, post(bob, "a" * 512)) == ["a" * 512]
    assert matches(alice, post(bob, "a" * 70 + "b")) == ["a" * 70 + "b"]
    assert matches(alice, post(bob, "a" * 70 + "bc")) == []


def test_keywords_that_are_chosen_to_be_slow(client, alice, bob, post, filtering):
    filtering(alice, *["a" * (512 - number) for number in range(20)], whole_word=False)
    filtering(alice, *["b" + "a" * (500 - number) for number in range(20)])
    for _ in range(20):
        post(bob, "a" * 4900)
    page = client.get("/api/v1/timelines/public", auth=alice, status=200).json
    assert [len(status["filtered"]) for status in page] == [1] * 20
