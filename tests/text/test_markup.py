"""Markdown, HTML and BBCode become clean, balanced HTML, however hostile."""

import time

import pytest

from tests.rendered_text import html, mention, rendered

MARKUP_TYPES = ("text/markdown", "text/html", "text/bbcode")
ALL_TYPES = ("text/plain", *MARKUP_TYPES)


# Markdown


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("**a** _b_ `c`", "<p><strong>a</strong> <em>b</em> <code>c</code></p>"),
        ("a\nb", "<p>a<br>b</p>"),
        ("a\n\nb", "<p>a</p><p>b</p>"),
        ("* a\n* b", "<ul><li>a</li><li>b</li></ul>"),
        ("> a", "<blockquote><p>a</p></blockquote>"),
        ("```\na\nb\n```", "<pre><code>a\nb\n</code></pre>"),
        ("# T\ntext", "<p><strong>T</strong></p><p>text</p>"),
        ("[a](https://b.example)", '<p><a href="https://b.example" rel="ugc">a</a></p>'),
        ("a\n\n---\n\nb", "<p>a</p><p>b</p>"),
        ("a & b &amp; c", "<p>a &amp; b &amp; c</p>"),
        ("![a\nb](http://c/d.png)", '<p><img src="http://c/d.png" alt="a b"></p>'),
        ("~~a~~", "<p><del>a</del></p>"),
        (
            "**https://a.example/**",
            '<p><strong><a href="https://a.example/" rel="ugc">https://a.example/</a></strong></p>',
        ),
        (
            "[https://a.example](https://b.example)",
            '<p><a href="https://b.example" rel="ugc">https://a.example</a></p>',
        ),
        ("<script>a</script>b", "b"),
        ("[a](javascript:alert(1))", "<p>[a](javascript:alert(1))</p>"),
    ],
)
def test_markdown(typed, expected):
    assert html(typed, "text/markdown") == expected


def test_emphasis_around_a_handle_mentions():
    assert html("**@nick** _@bob_", "text/markdown") == (
        f"<p><strong>{mention(1, 'Nick')}</strong> <em>{mention(2, 'bob')}</em></p>"
    )
    assert html("_@bob_", "text/markdown", extended=True) == f"<p><em>{mention(2, 'bob')}</em></p>"


@pytest.mark.parametrize(
    "typed",
    ["`@nick #tag https://a.example`", "    @nick #tag", "```\n@nick #tag\n```", "[@nick #tag](https://a.example)"],
)
def test_nothing_is_looked_for_in_code_and_links(typed):
    result = rendered(typed, "text/markdown")
    assert result.mentions == [] and result.hashtags == []
    assert result.html.count("<a") == typed.count("](")


# HTML


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("<b>a</b><i>b</i><u>c</u>", "<b>a</b><i>b</i><u>c</u>"),
        ("<font color=red>a</font>", "a"),
        ("a<script>b</script><style>c</style>", "a"),
        ("<b onclick=x()>a", "<b>a</b>"),
        ('<a href="javascript:x">a</a>', '<a rel="ugc">a</a>'),
        ('<a href="/x">a</a>', '<a rel="ugc">a</a>'),
        ('<a href="https://a.example" rel="me" target="_blank">a</a>', '<a href="https://a.example" rel="me">a</a>'),
        ('<img src="data:image/png;base64,xx">', ""),
        ('<img src="https://a.example/b.png" onerror="x" alt="c">', '<img src="https://a.example/b.png" alt="c">'),
        (
            '<span class="h-card">a</span><span class="x" style="y">b</span>',
            '<span class="h-card">a</span><span>b</span>',
        ),
        ("<div>a</div><div>b</div>", "a<br>b"),
        ("<p>a\nb</p>\n<p>c</p>", "<p>a b</p><p>c</p>"),
        ("a < b & c &lt; d", "a &lt; b &amp; c &lt; d"),
        ("&#1;/x", "/x"),
        (
            '<a href="http://a"><table><td><a href="http://b">c</a></table></a>',
            '<a href="http://a" rel="ugc">c</a>',
        ),
    ],
)
def test_html_is_sanitised(typed, expected):
    assert html(typed, "text/html") == expected


def test_a_handle_in_its_own_element_mentions():
    assert rendered("<div>hello</div><div>@nick</div>", "text/html").mentions == [1]
    assert rendered("me<b>@example</b>", "text/html").mentions == []
    assert rendered('<a href="https://a.example">@nick #a</a>', "text/html").mentions == []


# BBCode


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("[b]a[/b] [I]b[/I] [u]c[/u] [s]d[/s]", "<b>a</b> <i>b</i> <u>c</u> <del>d</del>"),
        (
            "[url]https://a.example/?b&c[/url]",
            '<a href="https://a.example/?b&amp;c" rel="ugc">https://a.example/?b&amp;c</a>',
        ),
        ("[url=https://a.example]b[/url]", '<a href="https://a.example" rel="ugc">b</a>'),
        ("[url=javascript:x]b[/url]", "[url=javascript:x]b[/url]"),
        ("[quote]a\nb[/quote]", "<blockquote>a<br>b</blockquote>"),
        ("[code][b]@nick[/b][/code]", "<code>[b]@nick[/b]</code>"),
        ("[code]a\nb[/code]", "<pre><code>a\nb</code></pre>"),
        ("[size=9]a[/size] [x]", "[size=9]a[/size] [x]"),
        ("[b]a", "[b]a"),
        ("a[/b]", "a[/b]"),
        ("[b]a[i]b[/b]", "<b>a[i]b</b>"),
        ("<b>a</b> & b", "&lt;b&gt;a&lt;/b&gt; &amp; b"),
        ("a\nb", "a<br>b"),
    ],
)
def test_bbcode(typed, expected):
    assert html(typed, "text/bbcode") == expected


# Hostile texts


@pytest.mark.parametrize(
    "unit",
    ["[", "@", "#", "<", "*", "`", "![", "<a ", "<b>", "[b]", "[quote]", "> ", "- ", "http://a(", "https://[", "@a@",
     "a.", "<b><p>x", "[a](", "*a_ ", "*a**a ", "<i c>x<p>", "[url=http://a]", "&lt;", "<div>", "mailto:", "a\n", ":a"],
)  # fmt: skip
@pytest.mark.parametrize("content_type", ALL_TYPES)
def test_five_thousand_characters_of_anything_are_quick_and_balanced(unit, content_type):
    typed = (unit * 5000)[:5000]
    started = time.process_time()
    result = rendered(typed, content_type)
    assert time.process_time() - started < 1
    for element in ("a", "b", "span", "p", "blockquote", "i"):
        opened = result.html.count(f"<{element}>") + result.html.count(f"<{element} ")
        assert opened == result.html.count(f"</{element}>")


@pytest.mark.parametrize("content_type", MARKUP_TYPES)
def test_no_newline_is_left_outside_of_pre(content_type):
    typed = "a\nb\n\n- c\n- d\n\n> e\n\n<p>f\n</p>\n\n[quote]\ng\n[/quote]\n"
    assert "\n" not in html(typed, content_type)


def test_unclosed_elements_cannot_multiply_a_text():
    typed = "".join(f"<i c{number}>x<p>" for number in range(400))
    assert len(html(typed, "text/html")) < 20 * len(typed)
