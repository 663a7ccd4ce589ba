"""What a browser sees of accounts, statuses and tags (docs/api/pleroma.md 21)."""

import xml.etree.ElementTree

import pytest
from bs4 import BeautifulSoup

HTML = {"Accept": "text/html"}


def soup(client, path, status=200):
    """A page, parsed."""
    answer = client.get(path, headers=HTML, status=status)
    assert answer.content_type == "text/html"
    return BeautifulSoup(answer.text, "html.parser")


def test_a_profile(client, alice, bob, post, sql):
    client.patch_json(
        "/api/v1/accounts/update_credentials",
        {
            "display_name": "A <b>x</b> & :fox:",
            "note": "hi @bob",
            "fields": [{"name": "Home", "value": "https://a.example"}],
        },
        auth=alice,
    )
    public = post(alice, "hello #world")
    unlisted = post(alice, "quiet", visibility="unlisted")
    for hidden in ("private", "direct"):
        post(alice, f"secret {hidden}", visibility=hidden)
    client.post(f"/api/v1/statuses/{unlisted['id']}/pin", auth=alice)
    page = soup(client, "/users/ALICE")
    assert "A x & :fox:" in page.h1.text
    assert page.find("link", rel="canonical")["href"] == "https://pleroma.example/users/alice"
    assert "me" in page.select_one(".fields a")["rel"]
    assert [article.select_one(".content").text for article in page.select("article")] == [
        "quiet",
        "quiet",
        "hello #world",
    ]
    assert "secret" not in page.text
    assert page.select_one(f'a[href="{public["url"]}"]')
    assert page.find("meta", property="og:title")["content"].endswith("(@alice)")


def test_hidden_counts_stay_hidden(client, alice, sql):
    sql("update accounts set hide_followers_count = true, hide_follows_count = true")
    counts = soup(client, "/users/alice").select_one(".profile .counts").text
    assert "follower" not in counts and "following" not in counts


@pytest.mark.parametrize("change", ["active = false", "confirmed = false"])
def test_who_is_not_there_has_no_page(make_client, alice, post, sql, change):
    status = post(alice, "x")
    client = make_client(account_activation_required=True)
    soup(client, f"/notice/{status['id']}")
    sql(f"update accounts set {change}")
    for path in ("/users/alice", "/users/nobody", "/users/alice/feed.atom", f"/notice/{status['id']}"):
        assert soup(client, path, 404).h1


def test_a_status_with_its_thread(client, alice, bob, post):
    first = post(alice, "first", spoiler_text="a & <3")
    second = post(bob, "second", in_reply_to_id=first["id"])
    post(alice, "@bob psst", visibility="direct", in_reply_to_id=second["id"])
    page = soup(client, f"/notice/{second['id']}")
    assert [article.select_one(".author .nick").text for article in page.select("article")] == ["@alice", "@bob"]
    assert page.select_one("article.focused .content").text.endswith("second")
    assert page.select_one("details summary").text == "a & <3"
    assert page.select_one("article time")["datetime"] == first["created_at"]
    assert page.select_one("article time").text.strip() == "just now"
    assert "psst" not in page.text


@pytest.mark.parametrize("visibility", ["private", "direct"])
def test_nothing_private_ever_shows(client, alice, post, visibility):
    status = post(alice, "secret", visibility=visibility)
    soup(client, f"/notice/{status['id']}", 404)
    uuid = status["uri"].rpartition("/")[2]
    client.get(f"/objects/{uuid}", headers=HTML, status=404)
    client.get(f"/notice/{status['id']}", headers={**HTML, "Authorization": f"Bearer {alice.token}"}, status=404)


def test_an_objects_address_leads_to_its_status(client, alice, post):
    status = post(alice, "x")
    uuid = status["uri"].rpartition("/")[2]
    assert client.get(f"/objects/{uuid}", status=302).headers["Location"].endswith(f"/notice/{status['id']}")
    client.get("/objects/nonsense", status=404)


def test_sensitive_media_are_behind_a_summary(client, alice, post):
    file = client.post(
        "/api/v1/media",
        {"description": 'a "cat"'},
        upload_files=[("file", "x.png", PNG)],
        auth=alice,
    ).json
    client.post_json("/api/v1/statuses", {"media_ids": [file["id"]], "sensitive": True}, auth=alice)
    picture = soup(client, "/users/alice").select_one("details .attachments img")
    assert picture["alt"] == 'a "cat"'
    assert (picture["width"], picture["height"]) == ("1", "1")


PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc0000003010100c9fe92ef"
    "0000000049454e44ae426082"
)


def test_emoji_are_pictures(client, alice, post, sql):
    sql("insert into emojis (shortcode, pack, path, tags) values ('fox', 'p', '/emoji/p/fox.png', '{pack:p}')")
    post(alice, "a :fox: <b>")
    picture = soup(client, "/users/alice").select_one(".content img.emoji")
    assert (picture["alt"], picture["src"]) == (":fox:", "https://pleroma.example/emoji/p/fox.png")


def test_pages_lead_on(client, alice, post):
    for number in range(25):
        post(alice, f"n{number} #many")
    for path in ("/users/alice", "/tag/many", "/tag/MANY", "/"):
        page = soup(client, path)
        assert len(page.select("article")) == 20
        rest = soup(client, page.select_one(".pages a")["href"])
        assert len(rest.select("article")) == 5
        assert not rest.select_one(".pages a")


def test_a_closed_instance_shows_no_timeline(make_client, alice, post):
    post(alice, "x #y")
    closed = make_client(public=False)
    for path in ("/", "/tag/y"):
        assert not soup(closed, path).select("article")


def test_the_feed(client, alice, post):
    post(alice, "hello & <world> #tag", spoiler_text="subject")
    post(alice, "secret", visibility="private")
    answer = client.get("/users/alice/feed.atom", status=200)
    assert answer.content_type == "application/atom+xml"
    atom = "{http://www.w3.org/2005/Atom}"
    (entry,) = xml.etree.ElementTree.fromstring(answer.text).findall(f"{atom}entry")
    assert entry.find(f"{atom}title").text == "subject"
    assert "hello &amp; &lt;world&gt;" in entry.find(f"{atom}content").text


@pytest.fixture
def discoverable(client):
    """Lets somebody be found by search engines."""
    path = "/api/v1/accounts/update_credentials"
    return lambda person: client.patch(path, {"discoverable": "true"}, auth=person, status=200)


def is_indexed(client, path):
    """Whether search engines may take up a page."""
    return soup(client, path).find("meta", attrs={"name": "robots"}, content="noindex") is None


def test_search_engines_leave_all_pages_with_statuses_of_who_does_not_want_to_be_found(
    client, alice, bob, post, discoverable
):
    status = post(alice, "hello #world")
    paths = ("/users/alice", f"/notice/{status['id']}", "/tag/world")
    assert [is_indexed(client, path) for path in paths] == [False, False, False]
    assert client.get("/users/alice/feed.atom", status=200).headers["X-Robots-Tag"] == "noindex"
    discoverable(alice)
    assert [is_indexed(client, path) for path in paths] == [True, True, True]
    assert "X-Robots-Tag" not in client.get("/users/alice/feed.atom", status=200).headers

    post(bob, "an answer #world", in_reply_to_id=status["id"])
    assert [is_indexed(client, path) for path in paths] == [True, False, False]
    client.post(f"/api/v1/statuses/{post(bob, 'mine')['id']}/reblog", auth=alice, status=200)
    assert not is_indexed(client, "/users/alice")
    discoverable(bob)
    assert [is_indexed(client, path) for path in paths] == [True, True, True]


def test_the_front_page_is_indexed_without_the_words_of_who_does_not_want_to_be_found(
    client, alice, bob, post, discoverable
):
    discoverable(bob)
    post(alice, "quiet", spoiler_text="warning")
    post(bob, "loud")
    assert is_indexed(client, "/")
    left_out = [part.text for part in soup(client, "/").select("[data-nosnippet]")]
    assert left_out == ["warning", "quiet"]


def test_an_unlisted_status_is_not_indexed(client, alice, post, discoverable):
    discoverable(alice)
    assert not is_indexed(client, f"/notice/{post(alice, 'x', visibility='unlisted')['id']}")


ATOM = "{http://www.w3.org/2005/Atom}"


def test_the_feed_tells_the_warning_before_the_text(client, alice, post):
    post(alice, "the end", spoiler_text="spoilers & <3")
    feed = xml.etree.ElementTree.fromstring(client.get("/users/alice/feed.atom", status=200).text)
    entry = feed.find(f"{ATOM}entry")
    content = BeautifulSoup(entry.find(f"{ATOM}content").text, "html.parser")
    assert entry.find(f"{ATOM}title").text == "spoilers & <3"
    assert content.text == "spoilers & <3the end"
    assert content.p.text == "spoilers & <3"


def test_the_feed_leaves_out_what_xml_does_not_know(client, alice, post):
    odd = "a\ufffe\u0008\u000b\u001f\ufdd0\U0001f98a\ud7ff\ue000b"
    client.patch_json("/api/v1/accounts/update_credentials", {"display_name": odd}, auth=alice, status=200)
    post(alice, odd, spoiler_text=odd)
    post(alice, f"{odd} #tag")
    feed = xml.etree.ElementTree.fromstring(client.get("/users/alice/feed.atom", status=200).text)
    plain = "a\ufdd0\U0001f98a\ud7ff\ue000b"
    assert feed.find(f"{ATOM}author/{ATOM}name").text == plain
    assert [entry.find(f"{ATOM}title").text for entry in feed.findall(f"{ATOM}entry")] == [f"{plain} #tag", plain]


@pytest.mark.parametrize("path", ["/nonsense", "/users/x/y/z", "/notice/x", "/tag"])
def test_browsers_get_a_page_for_what_is_not_there_and_programs_json(client, path):
    assert soup(client, path, 404).h1
    assert isinstance(client.get(path, headers={"Accept": "application/json"}, status=404).json["error"], str)
