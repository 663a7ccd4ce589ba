"""Filters with keywords and statuses (docs/api/mastodon.md 10.3)."""

import pytest

FILTERS = "/api/v2/filters"


@pytest.fixture
def cats(client, alice):
    """A filter of alice's with two keywords."""
    return client.post_json(
        FILTERS,
        {
            "title": "Pets", "context": ["home", "public"], "filter_action": "hide",
            "keywords_attributes": [{"keyword": "cats"}, {"keyword": "dog", "whole_word": False}],
        },
        auth=alice, status=200,
    ).json  # fmt: skip


def test_the_entity(client, alice, cats):
    first, second = cats["keywords"]
    assert cats == {
        "id": cats["id"], "title": "Pets", "context": ["home", "public"], "expires_at": None, "filter_action": "hide",
        "keywords": [
            {"id": first["id"], "keyword": "cats", "whole_word": True},
            {"id": second["id"], "keyword": "dog", "whole_word": False},
        ],
        "statuses": [],
    }  # fmt: skip
    assert client.get(FILTERS, auth=alice, status=200).json == [cats]
    assert client.get(f"{FILTERS}/{cats['id']}", auth=alice, status=200).json == cats


@pytest.mark.parametrize(
    "form",
    [
        [("keywords_attributes[][keyword]", "cats"), ("keywords_attributes[][whole_word]", "false"),
         ("keywords_attributes[][keyword]", "dogs"), ("keywords_attributes[][whole_word]", "true")],
        [("keywords_attributes[0][keyword]", "cats"), ("keywords_attributes[0][whole_word]", "false"),
         ("keywords_attributes[1][keyword]", "dogs"), ("keywords_attributes[1][whole_word]", "true")],
    ],
)  # fmt: skip
def test_keywords_in_forms(client, alice, form):
    sent = [("title", "Pets"), ("context[]", "home"), ("expires_in", ""), *form]
    made = client.post(FILTERS, sent, auth=alice, status=200).json
    assert [(each["keyword"], each["whole_word"]) for each in made["keywords"]] == [("cats", False), ("dogs", True)]
    assert (made["filter_action"], made["expires_at"]) == ("warn", None)


@pytest.mark.parametrize(
    "sent",
    [
        {"context": ["home"]},
        {"title": "", "context": ["home"]},
        {"title": "x" * 257, "context": ["home"]},
        {"title": "x"},
        {"title": "x", "context": []},
        {"title": "x", "context": ["moon"]},
        {"title": "x", "context": ["home"], "filter_action": "burn"},
        {"title": "x", "context": ["home"], "expires_in": -5},
        {"title": "x", "context": ["home"], "expires_in": "soon"},
        {"title": "x", "context": ["home"], "keywords_attributes": [{"keyword": ""}]},
        {"title": "x", "context": ["home"], "keywords_attributes": [{"keyword": "x" * 513}]},
        {"title": "x", "context": ["home"], "keywords_attributes": [{}]},
        {"title": "x", "context": ["home"], "keywords_attributes": ["cats"]},
    ],
)
def test_what_cannot_be_a_filter_is_refused_and_nothing_is_kept(client, alice, sent):
    assert "error" in client.post_json(FILTERS, sent, auth=alice, status=422).json
    assert client.get(FILTERS, auth=alice).json == []


def test_changing_what_is_sent(client, alice, cats):
    path, (first, second) = f"{FILTERS}/{cats['id']}", cats["keywords"]
    changes = [
        {"id": first["id"], "keyword": "kittens"}, {"id": second["id"], "_destroy": True}, {"keyword": "bird"},
    ]  # fmt: skip
    changed = client.put_json(
        path, {"title": "Animals", "filter_action": "blur", "keywords_attributes": changes}, auth=alice, status=200
    ).json
    assert (changed["title"], changed["filter_action"], changed["context"]) == ("Animals", "blur", ["home", "public"])
    assert [each["keyword"] for each in changed["keywords"]] == ["kittens", "bird"]
    assert changed["keywords"][0]["id"] == first["id"]
    assert client.put_json(path, {"context": ["thread"]}, auth=alice).json["context"] == ["thread"]


@pytest.mark.parametrize(("sent", "expires"), [({"expires_in": 60}, True), ({}, True), ({"expires_in": ""}, False),
                                               ({"expires_in": None}, False), ({"expires_in": 0}, False)])  # fmt: skip
def test_an_expiry_stays_until_it_is_sent(client, alice, sent, expires):
    made = client.post_json(FILTERS, {"title": "x", "context": ["home"], "expires_in": 3600}, auth=alice).json
    assert made["expires_at"].endswith("Z")
    changed = client.put_json(f"{FILTERS}/{made['id']}", {"title": "y", **sent}, auth=alice, status=200).json
    assert (changed["expires_at"] is not None) is expires


def test_a_keyword_of_another_filter_changes_nothing(client, alice, bob, cats):
    other = client.post_json(FILTERS, {"title": "x", "context": ["home"]}, auth=alice).json
    (first, _) = cats["keywords"]
    for change in ({"id": first["id"], "keyword": "mine"}, {"id": first["id"], "_destroy": True}, {"id": "moon"}):
        sent = {"title": "changed", "keywords_attributes": [change]}
        client.put_json(f"{FILTERS}/{other['id']}", sent, auth=alice, status=404)
    assert client.get(FILTERS, auth=alice).json == [cats, other]


def test_keywords_one_by_one(client, alice, cats):
    path = f"{FILTERS}/{cats['id']}/keywords"
    made = client.post(path, {"keyword": "fish"}, auth=alice, status=200).json
    assert made == {"id": made["id"], "keyword": "fish", "whole_word": True}
    one = f"{FILTERS}/keywords/{made['id']}"
    assert client.get(one, auth=alice, status=200).json == made
    changed = client.put(one, {"whole_word": "false"}, auth=alice, status=200).json
    assert changed == {"id": made["id"], "keyword": "fish", "whole_word": False}
    assert client.get(path, auth=alice).json == [*cats["keywords"], changed]
    for wrong in ({}, {"keyword": ""}, {"keyword": "x" * 513}):
        client.post_json(path, wrong, auth=alice, status=422)
    assert client.delete(one, auth=alice, status=200).json == {}
    client.delete(one, auth=alice, status=404)


def test_statuses_one_by_one(client, alice, bob, cats, post):
    status, path = post(bob, "hello"), f"{FILTERS}/{cats['id']}/statuses"
    made = client.post(path, {"status_id": status["id"]}, auth=alice, status=200).json
    assert made == {"id": made["id"], "status_id": status["id"]}
    assert client.post(path, {"status_id": status["id"]}, auth=alice, status=200).json == made
    assert client.get(path, auth=alice).json == [made]
    assert client.get(f"{FILTERS}/{cats['id']}", auth=alice).json["statuses"] == [made]
    wrapper = client.post(f"/api/v1/statuses/{status['id']}/reblog", auth=alice).json
    assert client.post(path, {"status_id": wrapper["id"]}, auth=alice, status=200).json == made
    assert client.get(f"{FILTERS}/statuses/{made['id']}", auth=alice, status=200).json == made
    assert client.delete(f"{FILTERS}/statuses/{made['id']}", auth=alice, status=200).json == {}
    assert client.get(path, auth=alice).json == []


def test_a_status_that_is_hidden_cannot_be_named(client, alice, bob, cats, post):
    hidden = post(bob, "hidden", visibility="private")
    for status_id in (hidden["id"], "1", "moon", ""):
        client.post(f"{FILTERS}/{cats['id']}/statuses", {"status_id": status_id}, auth=alice, status=404)


def test_filters_are_their_owners(client, bob, cats):
    path, keyword = f"{FILTERS}/{cats['id']}", f"{FILTERS}/keywords/{cats['keywords'][0]['id']}"
    for answer in (
        client.get(path, auth=bob, status=404),
        client.put(path, {"title": "x"}, auth=bob, status=404),
        client.delete(path, auth=bob, status=404),
        client.get(f"{path}/keywords", auth=bob, status=404),
        client.post(f"{path}/keywords", {"keyword": "x"}, auth=bob, status=404),
        client.get(f"{path}/statuses", auth=bob, status=404),
        client.get(keyword, auth=bob, status=404),
        client.put(keyword, {"keyword": "x"}, auth=bob, status=404),
        client.delete(keyword, auth=bob, status=404),
    ):
        assert answer.json == {"error": "Record not found"}


def test_scopes(client, alice, make_token_of, cats):
    reading = make_token_of(alice, ("read:filters",))
    client.get(FILTERS, auth=reading, status=200)
    client.post_json(FILTERS, {"title": "x", "context": ["home"]}, auth=reading, status=403)
    client.get(FILTERS, auth=make_token_of(alice, ("read:lists",)), status=403)
    client.get(FILTERS, status=403)


def test_deleting_takes_keywords_and_statuses_along(client, alice, bob, cats, post, sql):
    client.post(f"{FILTERS}/{cats['id']}/statuses", {"status_id": post(bob, "x")["id"]}, auth=alice)
    assert client.delete(f"{FILTERS}/{cats['id']}", auth=alice, status=200).json == {}
    assert client.get(FILTERS, auth=alice).json == []
    for table in ("filter_keywords", "filter_statuses", "filter_sieves"):
        assert sql(f"select count(*) from {table}") == [(0,)]


def test_there_is_an_end_to_filters_and_keywords(client, alice, sql):
    words = [{"keyword": f"word{number}"} for number in range(1000)]
    made = client.post_json(
        FILTERS, {"title": "many", "context": ["home"], "keywords_attributes": words}, auth=alice, status=200
    ).json
    client.post(f"{FILTERS}/{made['id']}/keywords", {"keyword": "more"}, auth=alice, status=422)
    sql(
        "insert into filters (account_id, title, context) select %s, 'x', '{home}' from generate_series(1, 199)",
        alice.id,
    )
    client.post_json(FILTERS, {"title": "more", "context": ["home"]}, auth=alice, status=422)
    client.post_json("/api/v1/filters", {"phrase": "more", "context": ["home"]}, auth=alice, status=422)
