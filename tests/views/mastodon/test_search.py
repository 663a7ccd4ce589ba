"""Search (docs/api/mastodon.md 8)."""

import json

import pytest


def search(client, query, auth=None, **parameters):
    """The answer of version 2."""
    return client.get("/api/v2/search", {"q": query, **parameters}, auth=auth, status=200).json


def test_all_three_kinds_are_always_there(client):
    assert search(client, "") == {"accounts": [], "statuses": [], "hashtags": []}
    assert client.get("/api/v2/search", status=200).json == {"accounts": [], "statuses": [], "hashtags": []}


@pytest.mark.parametrize("query", ["alice", "@ALI", "alice@pleroma.example", "@alice@pleroma.example", "lic"])
def test_accounts_by_nickname(client, alice, bob, query):
    assert [a["acct"] for a in search(client, query)["accounts"]] == ["alice"]
    assert [a["acct"] for a in client.get("/api/v1/accounts/search", {"q": query}).json] == ["alice"]


def test_exact_nicknames_come_first_and_blocked_ones_not_at_all(client, alice, person):
    ann, anna = person("ann"), person("anna")
    client.post(f"/api/v1/accounts/{anna.id}/follow", auth=alice)
    assert [a["id"] for a in search(client, "ann", alice)["accounts"]] == [str(ann.id), str(anna.id)]
    assert [a["id"] for a in search(client, "ann", alice, following="true")["accounts"]] == [str(anna.id)]
    client.post(f"/api/v1/accounts/{ann.id}/block", auth=alice)
    assert [a["id"] for a in search(client, "ann", alice)["accounts"]] == [str(anna.id)]


@pytest.fixture
def crowd(sql):
    """Many accounts: crowd("cat") makes 1,500 whose nicknames begin so, or with in_names those whose names hold it."""

    def make(word, in_names=False):
        sql(
            "insert into accounts (nickname, display_name, followers_count)"
            " select %s || n, %s, 10 from generate_series(1, 1500) n",
            word[::-1] if in_names else word,
            f"the {word}" if in_names else "",
        )

    return make


@pytest.mark.parametrize("in_names", [False, True])
@pytest.mark.parametrize("path", ["/api/v1/accounts/search", "/api/v1/search", "/api/v2/search"])
def test_the_exact_name_and_the_followed_come_first_among_many(client, alice, person, crowd, in_names, path, sql):
    crowd("cat", in_names)
    _, followed, named = person("cat"), person("zcatz"), person("zoe")
    crowd("catt", in_names)
    sql(
        "update accounts set display_name = case id when %s then 'a cat' else '' end where id = any (%s)",
        named.id,
        [named.id, followed.id],
    )
    for account in (followed, named):
        client.post(f"/api/v1/accounts/{account.id}/follow", auth=alice, status=200)

    def found(**parameters):
        """The nicknames of a page."""
        answer = client.get(path, {"q": "cat", **parameters}, auth=alice, status=200).json
        return [account["acct"] for account in (answer if isinstance(answer, list) else answer["accounts"])]

    first = found(limit="40")
    assert len(first) == 40
    assert first[:3] == ["cat", "zoe", "zcatz"]
    assert found(limit="1", offset="2") == ["zcatz"]
    assert set(found(following="true")) == {"zoe", "zcatz"}
    deep = found(limit="40", offset="1200")
    assert len(set(deep)) == 40 and not set(deep) & {"cat", "zoe", "zcatz"}


def test_pages_of_many_accounts_hold_each_once(client, crowd):
    crowd("cat")
    pages = [
        client.get("/api/v1/accounts/search", {"q": "cat", "limit": "40", "offset": str(offset)}, status=200).json
        for offset in range(0, 1520, 40)
    ]
    names = [account["acct"] for page in pages for account in page]
    assert len(names) == len(set(names)) == 1500


def test_the_best_known_come_first_among_those_that_fit_as_well(client, sql, person):
    for nickname, followers in (("catnip", 1), ("caterpillar", 3), ("cats", 2)):
        sql("update accounts set followers_count = %s where id = %s", followers, person(nickname).id)
    assert [a["acct"] for a in search(client, "cat")["accounts"]] == ["caterpillar", "cats", "catnip"]


@pytest.mark.parametrize("query", ["猫", "a猫", "ab"])
def test_a_short_word_is_found_anywhere(client, person, sql, query):
    sql("update accounts set display_name = 'Xa猫 ab' where id = %s", person("someone").id)
    assert [a["acct"] for a in search(client, query)["accounts"]] == ["someone"]


def test_a_blocked_account_can_be_resolved_by_its_exact_name(client, alice, bob):
    client.post(f"/api/v1/accounts/{bob.id}/block", auth=alice)
    assert search(client, "bob", alice)["accounts"] == []
    assert search(client, "bo", alice, resolve="true")["accounts"] == []
    assert [a["acct"] for a in search(client, "bob", alice, resolve="true")["accounts"]] == ["bob"]


def test_statuses_by_words(client, alice, bob, post):
    public, private = post(alice, "The quick brown fox"), post(alice, "quick secret", visibility="private")
    assert [s["id"] for s in search(client, "QUICK fox", bob)["statuses"]] == [public["id"]]
    assert [s["id"] for s in search(client, "quick", alice)["statuses"]] == [private["id"], public["id"]]
    assert search(client, "quick", bob, account_id=str(bob.id))["statuses"] == []
    assert search(client, "quick", bob, type="accounts")["statuses"] == []


def test_hashtags(client, alice, post):
    post(alice, "#catnip")
    tag = {"name": "catnip", "url": "https://pleroma.example/tag/catnip"}
    assert search(client, "cat")["hashtags"] == [tag]
    assert search(client, "#Catnip")["hashtags"] == [tag]
    assert client.get("/api/v1/search?q=catn", status=200).json["hashtags"] == ["catnip"]


@pytest.fixture
def hidden_tags(client, alice, bob, person, post, sql):
    """Statuses that are not for everybody, each with a tag of its own that starts with "cat"; alice wrote most."""
    gone = person("gone")
    post(alice, "#catprivate", visibility="private")
    post(alice, "@bob #catdirect", visibility="direct")
    cats = client.post("/api/v1/lists", {"title": "cats"}, auth=alice).json["id"]
    post(alice, "#catlist", visibility=f"list:{cats}")
    post(alice, "#catunlisted", visibility="unlisted")
    post(gone, "#catgone")
    sql("update accounts set active = false where id = %s", gone.id)


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_only_tags_of_public_statuses_are_found_whoever_searches(client, alice, bob, hidden_tags, post, version):
    for reader in (None, alice, bob):
        assert client.get(f"/api/{version}/search?q=cat", auth=reader, status=200).json["hashtags"] == []
    post(bob, "#catalogue")
    for reader in (None, alice, bob):
        (tag,) = client.get(f"/api/{version}/search?q=cat", auth=reader, status=200).json["hashtags"]
        assert (tag if version == "v1" else tag["name"]) == "catalogue"


def test_hashtags_come_in_their_order_and_in_pages(client, alice, post):
    for tag in ("cat", "cats", "caterpillar", "dog", "ca"):
        post(alice, f"#{tag} and #{tag} again")
    assert [tag["name"] for tag in search(client, "cat")["hashtags"]] == ["cat", "caterpillar", "cats"]
    assert [tag["name"] for tag in search(client, "cat", limit="1", offset="1")["hashtags"]] == ["caterpillar"]


def test_addresses_of_ours_find_exactly_their_item(client, alice, bob, post):
    public, private = post(alice, "x"), post(alice, "y", visibility="private")
    for address in (public["url"], public["uri"]):
        assert [s["id"] for s in search(client, address)["statuses"]] == [public["id"]]
    assert search(client, private["url"], bob)["statuses"] == []
    found = search(client, "https://pleroma.example/users/alice")
    assert ([a["acct"] for a in found["accounts"]], found["statuses"]) == (["alice"], [])


@pytest.mark.parametrize(
    "query",
    ["%", "_", "\\", "'", "a & b | !", "\0", ":*", "x" * 5000, "@", "@@", "#", "https://pleroma.example/objects/x"],
)
def test_odd_queries_are_answered(client, alice, query):
    assert set(search(client, query, alice)) == {"accounts", "statuses", "hashtags"}


def test_percent_and_underscore_are_plain_characters(client, alice):
    assert search(client, "a%e")["accounts"] == []
    assert search(client, "a_ice")["accounts"] == []


def test_a_word_that_was_in_very_many_statuses_a_while_ago_is_found_in_bounded_time(client, alice, bob, post, sql):
    body = json.dumps({
        "content": "", "mentions": [], "tags": [], "language": None,
        "pleroma": {"content": {"text/plain": ""}, "in_reply_to_account_acct": None},
    })[1:-2]  # fmt: skip
    insert = (
        "insert into statuses (account_id, thread_id, visibility, involved, source, body, content_type)"
        " select %s, n, 'public', array[%s::bigint], %s, %s, 'text/plain' from generate_series(1, %s) n"
    )
    sql(insert, bob.id, bob.id, "everybody said zeitgeist", body, 50_000)
    # As autovacuum does. Without figures of so many rows their removal after the test would read all of them for each.
    sql("select gin_clean_pending_list('statuses_words')")
    sql("analyze statuses")
    rare = post(alice, "a rarity")
    sql(insert, bob.id, bob.id, "nobody said it", body, 4_100)
    found = client.get("/api/v2/search?type=statuses&q=zeitgeist&limit=40", auth=alice, status=200).json["statuses"]
    assert len(found) == 40
    ((number,),) = sql("select count(*) from statuses_with_words('zeitgeist', 9223372036854775807, 0)")
    assert 5_000 < number < 40_000
    (only,) = client.get("/api/v2/search?type=statuses&q=rarity", auth=alice, status=200).json["statuses"]
    assert only["id"] == rare["id"]
    mine = f"/api/v2/search?type=statuses&q=rarity&account_id={alice.id}"
    assert [status["id"] for status in client.get(mine, auth=bob, status=200).json["statuses"]] == [rare["id"]]
