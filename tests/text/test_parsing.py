"""What people type becomes HTML: mentions, hashtags, links, markup, and what must stay as typed."""

from html import unescape

import pytest

from pleroma.text import Handle, Mentioned, Rules, emoji_codes, length, parse, plain, render_field, strip_tags
from tests.rendered_text import ACCOUNTS, BASE, html, mention, rendered

ALL_TYPES = ("text/plain", "text/markdown", "text/html", "text/bbcode")


# Length


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("", 0),
        ("abc", 3),
        ("a\r\nb", 3),
        ("é", 1),
        ("e\u0301", 1),
        ("👨‍👩‍👧‍👦", 1),
        ("🇩🇪🇫🇷", 2),
        ("日本", 2),
        ("é\r\né", 3),
    ],
)
def test_length_counts_what_a_reader_calls_characters(typed, expected):
    assert length(typed) == expected


def test_combining_characters_without_end_are_not_free():
    assert length("e" + "\u0301" * 160_000) >= 10_000


# Mentions


@pytest.mark.parametrize("typed", ["@nick", "@NICK", "@nick@own.example", "@Nick@OWN.example"])
def test_local_handles_mention_in_any_letter_case_and_with_our_own_host(typed):
    result = rendered(typed)
    assert result.html == mention(1, "Nick")
    assert result.mentions == [1]
    assert result.plain == "@Nick"


def test_own_host_may_have_a_port():
    result = parse("@nick@127.0.0.1:5000: hi", "text/plain", Rules("http://127.0.0.1:5000")).render(ACCOUNTS)
    assert result.html == mention(1, "Nick") + ": hi"


def test_handle_of_another_host_means_that_host_only():
    assert rendered("@nick@far.example").mentions == []
    assert rendered("@nick@far.example").html == "@nick@far.example"
    result = rendered("@zoe@far.example.")
    assert result.mentions == [4]
    assert 'href="https://far.example/@zoe"' in result.html


def test_unknown_names_stay_text():
    assert html("@nobody") == "@nobody"


@pytest.mark.parametrize("ending", list(".,:;!?)]}'\"’»…") + ["'s", "-", "_", "さん", "é", "@", "/", "\n", " "])
def test_any_other_character_ends_a_handle(ending):  # T03
    result = rendered(f"hello @bob{ending}")
    assert result.mentions == [2]
    assert result.html.startswith("hello " + mention(2, "bob"))


@pytest.mark.parametrize("start", ["", " ", "(", '"', "«", ".", "/", "\n", "-", "❤️", "@"])
def test_a_handle_begins_after_anything_but_a_letter_or_digit(start):
    assert rendered(f"{start}@bob").mentions == [2]


@pytest.mark.parametrize("typed", ["me@example", "me@example.org", "é@example", "日@example", "1@example"])
@pytest.mark.parametrize("content_type", ALL_TYPES)
def test_an_email_address_mentions_nobody(typed, content_type):  # T02
    result = rendered(f"write to {typed} please", content_type)
    assert result.mentions == []
    assert "mention" not in result.html
    assert Handle("example") not in parse(typed, content_type, Rules(BASE)).handles


@pytest.mark.parametrize(
    "address",
    [
        "https://far.example/@nick/1",
        "https://far.example/@nick@bob/1",
        "http://far.example/users/@bob?to=@nick#@bob",
        "https://nick:pw@example/x",
        "https://far.example/_a_@nick_b_/*c*d",
        "mailto:me@example",
        "xmpp:room@example?join",
    ],
)
@pytest.mark.parametrize("content_type", ALL_TYPES)
def test_an_address_is_one_link_and_mentions_nobody(address, content_type):  # T01
    result = rendered(f"see {address} now", content_type)
    assert f'<a href="{address}" rel="ugc">{address}</a>' in result.html.replace("&amp;", "&")
    assert result.mentions == [] and result.hashtags == []
    assert parse(address, content_type, Rules(BASE)).handles == []


def test_the_path_of_a_bare_domain_mentions_nobody():
    result = rendered("far.example/@nick and www.far.example/#bob")
    assert result.mentions == [] and result.hashtags == []


def test_each_account_is_mentioned_once_and_in_order():
    assert rendered("@bob @nick @BOB @nick@own.example").mentions == [2, 1]


def test_handles_are_the_names_to_look_up():
    typed = "@Nick, (@bob@own.example) @Zoe@Far.Example a@b.c https://h.example/@x `@code`"
    named = [Handle("bob"), Handle("nick"), Handle("zoe", "far.example")]
    assert parse(typed, "text/plain", Rules(BASE)).handles == sorted([*named, Handle("code")])
    assert parse(typed, "text/markdown", Rules(BASE)).handles == named


def test_extended_nicknames_hold_dashes_and_underscores_inside():
    accounts = (Mentioned(7, "a_b-c"), Mentioned(2, "bob"))
    assert parse("@a_b-c.", "text/plain", Rules(BASE, extended_nicknames=True)).render(accounts).mentions == [7]
    result = parse("_@bob_ @bob-", "text/plain", Rules(BASE, extended_nicknames=True)).render(accounts)
    assert result.html == f"_{mention(2, 'bob')}_ {mention(2, 'bob')}-"
    assert result.plain == "_@bob_ @bob-"
    assert rendered("@bob_x").html == mention(2, "bob") + "_x"


# Hashtags


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("#Tag", "tag"),
        ("#1a", "1a"),
        ("#_", "_"),
        ("#日本語", "日本語"),
        ("#ÄÖ", "äö"),
        ("#ภาษาไทย", "ภาษาไทย"),
        ("#हिन्दी", "हिन्दी"),
        ("#snake_case", "snake_case"),
    ],
)
def test_hashtags_of_every_script(typed, name):
    result = rendered(f"a {typed}, b")
    assert result.hashtags == [name]
    assert f'<a class="hashtag" data-tag="{name}" href="\x01/tag/{name}" rel="tag ugc">{typed}</a>,' in result.html


@pytest.mark.parametrize("typed", ["#1", "#", "# a", "#-a", "x#y", "é#y", "&#x27;", "#️⃣", "1#a", "ดี#ก"])
def test_what_is_no_hashtag(typed):
    assert rendered(typed).hashtags == []


@pytest.mark.parametrize(
    "address", ["https://a.example/#top", "https://a.example/?q=#top", "https://a.example/é#top", "https://a.example#x"]
)
@pytest.mark.parametrize("content_type", ALL_TYPES)
def test_the_fragment_of_an_address_is_no_hashtag(address, content_type):  # T07
    result = rendered(address, content_type)
    assert result.hashtags == []
    assert f'href="{address}"' in result.html


def test_hashtags_are_listed_once_and_lower_cased():
    assert rendered("#B #a #b #A").hashtags == ["b", "a"]


def test_an_emoji_may_stand_before_a_hashtag():
    assert rendered("❤️#love").hashtags == ["love"]


# Links


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("(https://a.example/b)", "https://a.example/b"),
        ("https://a.example/b_(c)", "https://a.example/b_(c)"),
        ("(see https://a.example/b_(c))", "https://a.example/b_(c)"),
        ("https://a.example/b.", "https://a.example/b"),
        ("https://a.example/b...", "https://a.example/b"),
        ("https://a.example/b, c", "https://a.example/b"),
        ("https://a.example/b?!", "https://a.example/b"),
        ("https://a.example/?b=c&d=e;", "https://a.example/?b=c&d=e"),
        ("[https://a.example]", "https://a.example"),
        ("'https://a.example'", "https://a.example"),
        ('"https://a.example/"', "https://a.example/"),
        ("<https://a.example/>", "https://a.example/"),
        ("https://a.example/b)c", "https://a.example/b"),
        ("https://a.example/(b", "https://a.example/"),
        ("https://a.example/b).", "https://a.example/b"),
        ("https://a.example/[b]{c}", "https://a.example/[b]{c}"),
        ("日本https://a.example/日本、", "https://a.example/日本"),
        ("HTTPS://A.example/x", "HTTPS://A.example/x"),
        ("http://[::1]:80/x", "http://[::1]:80/x"),
        ("https://a.example/b/", "https://a.example/b/"),
    ],
)
def test_where_an_address_ends(typed, address):  # T09
    escaped = address.replace("&", "&amp;")
    assert f'<a href="{escaped}" rel="ugc">{escaped}</a>' in html(typed)


@pytest.mark.parametrize(
    "address",
    [
        "dat://abc/",
        "dweb:/ipfs/Qm",
        "gopher://a.example",
        "ipfs://Qm",
        "ipns://a.example",
        "irc://a.example/chan",
        "ircs://a.example",
        "magnet:?xt=urn:btih:abc",
        "mailto:me@a.example",
        "mumble://a.example",
        "ssb://message/sha256/abc",
        "xmpp:me@a.example",
    ],
)
def test_other_schemes_are_linked(address):
    assert html(address) == f'<a href="{address}" rel="ugc">{address}</a>'


@pytest.mark.parametrize(
    "typed", ["http://", "https://.", "javascript:alert(1)", "xhttp://a", "data:text/html,x", "http://["]
)
def test_what_is_no_address(typed):
    assert "<a" not in html(typed)


# Plain text


def test_plain_text_is_escaped_exactly_once():  # T10
    typed = "a & b &amp; <b>c</b> &lt; 'x' \"y\" <3"
    result = rendered(typed)
    assert unescape(result.html) == typed
    assert "<b>" not in result.html and "&amp;amp;" in result.html
    assert result.plain == typed


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_each_line_end_of_plain_text_is_one_br(line_end):
    result = rendered(f"a{line_end}{line_end}b")
    assert result.html == "a<br><br>b"
    assert result.plain == "a\n\nb"


def test_an_unknown_content_type_counts_as_plain_text():
    assert html("**a**", "text/x-org") == "**a**"


# Emoji


@pytest.mark.parametrize(
    ("typed", "codes"),
    [
        (":a:", ["a"]),
        (":a::b:", ["a", "b"]),
        (":blob-cat: :Blob_Cat: :+1:", ["blob-cat", "Blob_Cat", "+1"]),
        ("x:a:y", ["a"]),
        (":a: :a:", ["a"]),
        ("12:30", []),
        (": a :", []),
    ],
)
def test_shortcodes_between_colons_count_exactly_as_spelled(typed, codes):  # T20
    assert [code for code in emoji_codes(typed) if code.strip()] == codes
    assert html(typed) == typed


# Plain forms, bios, fields


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("a<br>b", "a\nb"),
        ("<p>a</p><p>b</p>", "a\nb"),
        ("a<p>b</p>c", "a\nb\nc"),
        ("<ul><li>a</li><li>b</li></ul>", "a\nb"),
        ("<blockquote><p>a</p></blockquote>b", "a\nb"),
        ("&lt;b&gt; &amp;amp; &quot;", '<b> &amp; "'),
        ('<a href="x>y" title="<z>">t</a>', "t"),
    ],
)
def test_plain_form_of_html(markup, expected):
    assert plain(markup) == expected


@pytest.mark.parametrize("content_type", ALL_TYPES)
def test_the_plain_form_of_a_status_is_that_of_its_html(content_type):
    result = rendered("a & <b>b</b> @nick #Tag\n\n* [b]https://a.example/?b&c[/b] &lt;", content_type)
    assert result.plain == plain(result.html)


def test_a_bio_is_escaped_with_links_mentions_and_line_ends():
    result = parse("<i>\r\n@nick #x https://a.example", "text/plain", Rules(BASE)).render(ACCOUNTS)
    assert result.html.startswith(f"&lt;i&gt;<br>{mention(1, 'Nick')} ")
    assert '<a href="https://a.example" rel="ugc">' in result.html


def test_a_profile_field_holds_links_only():
    value = render_field("https://me.example/@nick & @nick #tag <b>")
    assert value == (
        '<a href="https://me.example/@nick" rel="me ugc">https://me.example/@nick</a> &amp; @nick #tag &lt;b&gt;'
    )


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("<b>Nick</b>", "Nick"),
        ("<script>alert(1)</script>Nick", "Nick"),
        ("<<b>script>alert(1)", "alert(1)"),
        ("Nick<img src=x onerror=alert(1)", "Nick"),
        ("<!-- a -->b", "b"),
        ("I <3 you & 'me' \"x\" a < b > c &amp; &lt;b&gt;", "I <3 you & 'me' \"x\" a < b > c &amp; &lt;b&gt;"),
        ("a </3 b", "a </3 b"),
        ("a<b", "a<b"),
    ],
)
def test_plain_text_fields_lose_elements_and_nothing_else(typed, expected):
    assert strip_tags(typed) == expected
