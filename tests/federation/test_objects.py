"""Statuses elsewhere as their servers describe them."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pleroma import config
from pleroma.federation import objects, vocabulary
from pleroma.federation.objects import BadObject

CONFIG = config.load({}, base_url="https://pleroma.example")
AUTHOR, URI = "https://peer.example/users/dora", "https://peer.example/objects/1"
PUBLIC = vocabulary.PUBLIC
FOLLOWERS = f"{AUTHOR}/followers"
REL = 'rel="nofollow noopener noreferrer ugc"'


def note(activity=None, **changes):
    """The usual note, changed: note(content="<p>hi</p>"); without what is `...`."""
    document = {
        "id": URI,
        "type": "Note",
        "attributedTo": AUTHOR,
        "content": "<p>hi</p>",
        "published": "2019-10-01T12:00:00Z",
        "to": [PUBLIC],
        "cc": [FOLLOWERS],
    }
    whole = {name: value for name, value in (document | changes).items() if value is not ...}
    return objects.read(whole, CONFIG, activity)


def test_a_note_is_read_with_all_it_says():
    read = note(
        url="https://peer.example/@dora/1",
        inReplyTo="https://other.example/objects/2",
        summary="careful",
        sensitive=True,
        contentMap={"en": "<p>hi</p>", "de": "<p>hallo</p>"},
        updated="2019-10-02T12:00:00Z",
        tag=[
            {"type": "Hashtag", "name": "#World"},
            {"type": "Mention", "href": "https://b.example/bob", "name": "@bob"},
        ],
    )
    assert (read.uri, read.author, read.url) == (URI, AUTHOR, "https://peer.example/@dora/1")
    assert (read.in_reply_to, read.to, read.cc) == ("https://other.example/objects/2", [PUBLIC], [FOLLOWERS])
    assert (read.html, read.spoiler_text, read.sensitive, read.language) == ("<p>hi</p>", "careful", True, "en")
    assert read.published == datetime(2019, 10, 1, 12, tzinfo=UTC)
    assert read.updated == datetime(2019, 10, 2, 12, tzinfo=UTC)
    assert (read.hashtags, read.mentions) == (["world"], ["https://b.example/bob"])
    assert (read.attachments, read.poll) == ([], None)


def test_what_may_be_missing_may():
    names = ("content published to cc url inReplyTo summary sensitive contentMap updated tag attachment quoteUrl"
             " mediaType oneOf name").split()  # fmt: skip
    for nothing in (..., None, [], {}, 1):
        read = note(**dict.fromkeys(names, nothing))
        assert (read.url, read.in_reply_to, read.to, read.cc, read.html) == (URI, None, [], [], "")
        assert (read.spoiler_text, read.sensitive, read.language, read.published) == ("", False, None, None)
        assert (read.hashtags, read.mentions, read.attachments) == ([], [], [])


@pytest.mark.parametrize("kind", ["Person", "Tombstone", "Collection", "note", "", None, 1, [], "Follow"])
def test_other_kinds_are_no_statuses(kind):
    with pytest.raises(BadObject):
        note(type=kind)


@pytest.mark.parametrize(
    "uri", ["", None, 1, "http://peer.example/1", "/objects/1", "https://a@peer.example/", "https://[", {}]
)
def test_an_id_is_an_https_address(uri):
    with pytest.raises(BadObject):
        note(id=uri)


@pytest.mark.parametrize(
    "author",
    [
        "https://other.example/users/dora",
        "http://peer.example/users/dora",
        "https://peer.example:444/",
        "",
        None,
        1,
        [],
        {},
    ],
)
def test_the_author_is_of_the_server_of_the_status(author):
    with pytest.raises(BadObject):
        note(attributedTo=author)


def test_of_several_authors_the_first_person_of_the_server_counts():
    group, person = (
        {"type": "Group", "id": "https://peer.example/c"},
        {"type": "Person", "id": "https://peer.example/a"},
    )
    assert note(attributedTo=[group, person]).author == "https://peer.example/a"
    assert (
        note(attributedTo=[group, "https://other.example/b", "https://peer.example/b", person]).author
        == "https://peer.example/b"
    )
    assert note(attributedTo=[group]).author == "https://peer.example/c"
    assert note(attributedTo={"type": "Service", "id": AUTHOR}).author == AUTHOR
    assert note(attributedTo=..., actor=AUTHOR).author == AUTHOR


def test_the_page_of_another_host_is_not_shown():
    for url in ("https://other.example/1", "javascript:alert(1)", 1, None, "http://peer.example/1", {"href": "/1"}):
        assert note(url=url).url == URI
    links = [{"type": "Link", "mediaType": "video/mp4", "href": "https://peer.example/1.mp4"},
             {"type": "Link", "mediaType": "text/html", "href": "https://peer.example/w/1"}]  # fmt: skip
    assert note(url=links).url == "https://peer.example/w/1"


@pytest.mark.parametrize(
    "written", ["https://other.example/2", {"id": "https://other.example/2"}, ["https://other.example/2"]]
)
def test_what_it_answers_may_be_an_id_or_embedded(written):
    assert note(inReplyTo=written).in_reply_to == "https://other.example/2"
    for other in ("javascript:alert(1)", "2", {"url": "https://other.example/2"}):
        assert note(inReplyTo=other).in_reply_to is None


def test_the_audience_is_the_own_one_and_only_without_any_that_of_the_activity():
    activity = {"to": PUBLIC, "cc": [FOLLOWERS]}
    assert note(activity, to="https://b.example/bob", cc=...).to == ["https://b.example/bob"]
    assert note(activity, to=..., cc="https://b.example/bob").to == []
    for nothing in (..., None, [], ""):
        read = note(activity, to=nothing, cc=nothing)
        assert (read.to, read.cc) == ([PUBLIC], [FOLLOWERS])
    assert note(to=..., cc=...).to == []


def test_hidden_addresses_count_for_nothing():
    read = note(to=..., cc=..., bto=[PUBLIC], bcc=[PUBLIC])
    assert (read.to, read.cc) == ([], [])


def test_html_is_clean_and_its_longest_dropped():
    assert note(content="<p onclick='a'>x</p><script>y</script>").html == "<p>x</p>"
    assert note(content="a" * 100_000).html == "a" * 100_000
    assert note(content="a" * 100_001).html == ""


def test_a_text_may_be_in_the_map_alone():
    assert note(content=..., contentMap={"de": "<p>hallo</p>", "en": "<p>hi</p>"}).html == "<p>hallo</p>"
    assert note(content=None, contentMap={"de": 1}).html == ""


@pytest.mark.parametrize(
    ("languages", "language"),
    [
        ({"en": "<p>no</p>", "de": "<p>hi</p>"}, "de"), ({"pt-BR": "<p>hi</p>"}, "pt-BR"),
        ({"zh-Hant-TW": "<p>hi</p>"}, "zh-Hant-TW"),
        ({"und<b>": "<p>hi</p>"}, None), ({"": "<p>hi</p>"}, None), ({"en": "<p>no</p>"}, None), ([], None), ("en",
        None),
        ({"en": ["<p>hi</p>"]}, None),
    ],
)  # fmt: skip
def test_the_language_is_that_of_the_text_in_the_map(languages, language):
    assert note(contentMap=languages).language == language


def test_a_text_that_is_no_html_is_written_as_such():
    assert note(content="<b>a</b> & b\nc", mediaType="text/plain").html == "&lt;b&gt;a&lt;/b&gt; &amp; b<br>c"
    assert note(content="a *b*", mediaType="text/markdown").html == "<p>a <em>b</em></p>"
    assert "<script" not in note(content="<script>x</script> *b*", mediaType="text/markdown; charset=utf-8").html


def test_a_warning_is_text_and_an_invisible_one_none():
    assert note(summary="<b>a</b> &amp; b").spoiler_text == "a & b"
    assert note(summary="\u200b").spoiler_text == ""
    assert note(summary=" \n").spoiler_text == ""


def test_a_time_is_not_to_come():
    assert datetime.now(UTC) - note(published="2999-01-01T00:00:00Z").published < timedelta(minutes=1)
    assert note(published="1066-01-01T00:00:00Z").published == datetime(1970, 1, 1, tzinfo=UTC)
    assert note(published="yesterday").published is None


@pytest.mark.parametrize("kind", ["Article", "Page", "Video", "Audio", "Image", "Event"])
def test_what_is_no_note_becomes_one_with_its_name_in_front_and_a_link_behind(kind):
    read = note(type=kind, name="A <i>cat</i> & dog", url="https://peer.example/1?a&b", summary="<p>about</p>")
    link = f'<p><a href="https://peer.example/1?a&amp;b" {REL}>https://peer.example/1?a&amp;b</a></p>'
    assert read.html == f"<p><strong>A cat &amp; dog</strong></p><p>hi</p>{link}"
    assert read.spoiler_text == ""
    assert note(type=kind).html == f'<p>hi</p><p><a href="{URI}" {REL}>{URI}</a></p>'


@pytest.mark.parametrize("name", ["quote", "quoteUrl", "quoteUri", "_misskey_quote"])
def test_what_is_quoted_is_linked_at_the_end_unless_it_is(name):
    quoted = "https://other.example/2?a&b"
    written = "https://other.example/2?a&amp;b"
    link = f'<p class="quote-inline"><a href="{written}" {REL}>{written}</a></p>'
    assert note(**{name: quoted}).html == f"<p>hi</p>{link}"
    assert note(**{name: {"id": quoted}}).html == f"<p>hi</p>{link}"
    there = f'<p>RE: <a href="{written}" {REL}>x</a></p>'
    assert note(content=there, **{name: quoted}).html == there
    for other in ("javascript:alert(1)", "2", 1, None, '"><script>'):
        assert note(**{name: other}).html == "<p>hi</p>"


def tags(kind, names, key="name"):
    return [{"type": kind, key: name} for name in names]


def test_hashtags_are_lower_case_without_blanks_and_each_once():
    names = ["#World", "world", " #a b ", "#", "", None, 1, "#ÄÖ", "#" + "a" * 100, "#" + "b" * 101]
    assert note(tag=tags("Hashtag", names)).hashtags == ["world", "ab", "äö", "a" * 100]
    assert note(tag={"type": "as:Hashtag", "name": "#one"}).hashtags == ["one"]
    assert len(note(tag=tags("Hashtag", map(str, range(80)))).hashtags) == 50


def test_mentions_are_addresses_each_once():
    hrefs = ["https://b.example/bob", "https://b.example/bob", None, 1, "", {"id": "https://b.example/c"}]
    assert note(tag=tags("Mention", hrefs, "href")).mentions == ["https://b.example/bob", "https://b.example/c"]
    many = [f"https://b.example/{number}" for number in range(80)]
    assert note(tag=tags("Mention", many, "href")).mentions == many[:50]


def test_five_hundred_tags_are_looked_at():
    odd = [None, 1, "a", [], {}]
    read = note(tag=odd + [{"type": "Emoji", "name": ":a:"}] * 494 + tags("Hashtag", ["in", "out"]))
    assert read.hashtags == ["in"]


def test_what_is_not_safe_for_work_is_sensitive():
    assert note(tag=tags("Hashtag", ["#NSFW"])).sensitive
    assert note(sensitive=True).sensitive
    for other in (False, None, "true", 1):
        assert not note(sensitive=other).sensitive


def attached(*files, **changes):
    return note(attachment=list(files), **changes).attachments


FILE = {"type": "Document", "mediaType": "image/png", "url": "https://media.example/a.png"}


def test_a_file_is_read_with_all_it_says():
    more = {
        "name": "a cat",
        "blurhash": "UBL_:rOpGG-oBUNG,qRj2so|=eE1w^n4S5NH",
        "width": 640,
        "height": 480,
        "focalPoint": [0.5, -1],
    }
    (file,) = attached(FILE | more)
    assert (file.kind, file.mime_type, file.url) == ("image", "image/png", "https://media.example/a.png")
    assert (file.description, file.blurhash) == ("a cat", more["blurhash"])
    assert file.meta["original"] == {"width": 640, "height": 480, "size": "640x480", "aspect": 640 / 480}
    assert file.meta["focus"] == {"x": 0.5, "y": -1}


@pytest.mark.parametrize(
    ("change", "kind", "mime_type"),
    [
        ({"mediaType": "video/mp4"}, "video", "video/mp4"), ({"mediaType": "AUDIO/ogg"}, "audio", "audio/ogg"),
        ({"mediaType": "application/pdf"}, "unknown", "application/pdf"), ({"mediaType": None}, "unknown", ""),
        ({"type": "Image", "mediaType": None}, "image", "image/jpeg"), ({"type": "Video", "mediaType": None},
        "video", "video/mp4"),
        ({"type": "Audio", "mediaType": 1}, "audio", "audio/mpeg"),
    ],
)  # fmt: skip
def test_the_kind_of_a_file_is_that_of_its_type(change, kind, mime_type):
    (file,) = attached(FILE | change)
    assert (file.kind, file.mime_type) == (kind, mime_type)


@pytest.mark.parametrize(
    "url",
    ["https://a.example/b", {"type": "Link", "href": "https://a.example/b"}, ["https://a.example/b"],
     [{"type": "Link", "mediaType": "image/png", "href": "https://a.example/b"}]],
)  # fmt: skip
def test_where_a_file_is_may_be_written_in_several_ways(url):
    assert [file.url for file in attached(FILE | {"url": url})] == ["https://a.example/b"]


@pytest.mark.parametrize(
    "url",
    [
        "",
        None,
        1,
        "javascript:alert(1)",
        "http://a.example/",
        "/a.png",
        "data:image/png;base64,A",
        [],
        {},
        [{}],
        "https://[",
    ],
)
def test_a_file_without_an_address_is_dropped(url):
    assert attached(FILE | {"url": url}) == []
    assert attached(None, 1, "a", {}, {"type": "Link", "href": "https://a.example/"}, {"type": "Note"}) == []


def test_a_description_is_text_as_it_was_written():
    assert attached(FILE | {"name": "1 < 2\n3 > 2 & more"})[0].description == "1 < 2\n3 > 2 & more"
    assert attached(FILE | {"name": None, "summary": "alt"})[0].description == "alt"
    assert attached(FILE | {"name": "a" * 9000})[0].description == "a" * 5000
    assert attached(FILE | {"name": " "})[0].description is None


@pytest.mark.parametrize(
    "odd",
    [
        {"blurhash": "<b>"}, {"blurhash": 1}, {"blurhash": "a" * 200}, {"width": 640}, {"width": -1, "height": 1},
        {"width": "640", "height": "480"},
        {"width": 10**9, "height": 1}, {"width": True, "height": True}, {"focalPoint": [2, 0]}, {"focalPoint": ["a",
        0]}, {"focalPoint": [0]},
        {"focalPoint": "0,0"}, {"focalPoint": [True, False]}, {"width": 1.5, "height": 2},
    ],
    ids=str,
)  # fmt: skip
def test_odd_sizes_and_previews_are_dropped_and_the_file_stays(odd):
    (file,) = attached(FILE | odd)
    assert (file.blurhash, file.meta) == (None, {})


def test_sixteen_files_are_kept():
    files = [FILE | {"url": f"https://a.example/{number}"} for number in range(20)]
    assert [file.url for file in attached(*files)] == [file["url"] for file in files[:16]]


def lines(*heights):
    return [
        {"type": "Link", "mediaType": "video/mp4", "href": f"https://t.example/{height}.mp4", "height": height}
        for height in heights
    ]


def test_of_a_video_the_largest_of_up_to_720_lines_is_taken():
    page = {"type": "Link", "mediaType": "text/html", "href": "https://peer.example/w/1"}
    video = {"type": "Video", "name": "Talk", "mediaType": "text/markdown", "content": "a *talk*"}
    read = note(url=[page, *lines(1080, 480, 720)], **video)
    assert [(file.url, file.mime_type) for file in read.attachments] == [("https://t.example/720.mp4", "video/mp4")]
    assert read.html.startswith("<p><strong>Talk</strong></p><p>a <em>talk</em></p>")
    assert [file.url for file in note(url=[page, *lines(1080)], **video).attachments] == ["https://t.example/1080.mp4"]
    assert note(url=[page], **video).attachments == []
    assert note(url="https://peer.example/w/1", **video).attachments == []


def test_the_picture_of_an_article_is_a_file_of_it():
    picture = {"type": "Image", "url": "https://a.example/b.jpg"}
    for kind, name in (("Article", "image"), ("Page", "image"), ("Event", "image"), ("Page", "icon")):
        assert [file.url for file in note(type=kind, **{name: picture}).attachments] == ["https://a.example/b.jpg"]
    assert note(image=picture, icon=picture).attachments == []


def poll(options=("tea", "coffee"), key="oneOf", **changes):
    choices = [
        {"type": "Note", "name": name, "replies": {"type": "Collection", "totalItems": n}}
        for n, name in enumerate(options)
    ]
    return note(type="Question", **({key: choices} | changes)).poll


def test_a_poll_is_read_with_what_its_server_counted():
    read = poll(endTime="2999-01-01T00:00:00Z", votersCount=7)
    assert (read.options, read.counts, read.voters, read.multiple) == (["tea", "coffee"], [0, 1], 7, False)
    assert (read.expires_at, read.is_closed) == (datetime(2999, 1, 1, tzinfo=UTC), False)
    assert poll(key="anyOf").multiple
    assert poll(anyOf=[]).multiple is False
    assert note(type="Note", oneOf=[{"name": "a"}, {"name": "b"}]).poll is None


@pytest.mark.parametrize(
    ("change", "is_closed", "has_end"),
    [
        ({}, False, False), ({"closed": "2020-01-01T00:00:00Z"}, True, True), ({"closed": True}, True, False),
        ({"closed": False}, False, False),
        ({"closed": "2999-01-01T00:00:00Z"}, False, True), ({"endTime": "2020-01-01T00:00:00Z"}, False, True),
        ({"closed": None}, False, False),
        ({"endTime": "soon", "closed": "soon"}, False, False), ({"endTime": "2999-01-01T00:00:00"}, False, True),
    ],
)  # fmt: skip
def test_a_poll_may_end_and_be_closed(change, is_closed, has_end):
    read = poll(**change)
    assert (read.is_closed, read.expires_at is not None) == (is_closed, has_end)


def test_options_are_text_each_once_up_to_twenty():
    assert poll(["<b>tea</b>", "tea", "a" * 600, "", None, 1]).options == ["tea", "a" * 500]
    assert poll(["tea", "<b>tea</b>"]) is None
    assert poll([str(number) for number in range(30)]).options == [str(number) for number in range(20)]
    assert poll([]) is None
    assert note(type="Question").poll is None
    assert note(type="Question", oneOf=[None, 1, "a", {}]).poll is None


def test_odd_numbers_count_for_nothing():
    numbers = (1, -1, "2", None, 10**12, 1.5, True)
    choices = [{"name": f"option {number}", "replies": {"totalItems": number}} for number in numbers]
    read = note(type="Question", oneOf=[*choices, {"name": "x", "replies": "https://peer.example/replies"}]).poll
    assert read.counts == [1, 0, 0, 0, 0, 0, 0, 0]
    assert read.voters == 1
    choices = [{"name": str(number), "replies": {"totalItems": number}} for number in (3, 4)]
    assert note(type="Question", oneOf=choices).poll.voters == 7
    assert note(type="Question", anyOf=choices, votersCount="a").poll.voters == 4


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    | st.sampled_from([URI, AUTHOR, "https://[", "<b>"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from("id type href url name mediaType replies totalItems".split()), inner, max_size=4),
    max_leaves=8,
)  # fmt: skip
NAMES = st.sampled_from(
    "id attributedTo content contentMap mediaType summary name url inReplyTo to cc tag attachment image icon oneOf"
    " anyOf closed endTime published sensitive quoteUrl".split()
)  # fmt: skip


@given(st.dictionaries(NAMES, VALUES), st.sampled_from(sorted(objects.KINDS)))
def test_any_document_is_a_status_or_refused(changes, kind):
    document = {"id": URI, "type": kind, "attributedTo": AUTHOR} | changes
    try:
        read = objects.read(vocabulary.parse(json.dumps(document).encode()), CONFIG)
    except (BadObject, vocabulary.Unreadable):
        return
    assert read.uri
