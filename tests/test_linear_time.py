"""Every function over text from outside takes time in proportion to its length, also on 1 MB of its worst."""

import importlib
import inspect
import tempfile
import time
from email.utils import formatdate
from pathlib import Path

import flask
import pytest
from werkzeug.exceptions import HTTPException

from pleroma import bounded_json, config
from pleroma.accounts import email_addresses, imports, nicknames
from pleroma.auth import scopes
from pleroma.emoji import folders, pack_files
from pleroma.errors import ApiError
from pleroma.federation import actors, claims, objects, remote_html, signatures, uris, vocabulary, webfinger
from pleroma.media import kinds
from pleroma.text import Rules, bbcode, clean, emoji_characters, handles, parsing, tidy_html, tokens
from pleroma.web import params, rendering, request_body

BASE = "https://own.example"
SIZE = 400_000
# What takes the square of the length takes 16 times as long for four times the text. The clock is the processor's,
# because other tests run beside this one.
MOST_TIMES, SLACK, MOST_SECONDS = 10, 2, 8

TAGS = ("<script>", "<a b=", '<a b="', "<", "</a>", "<!--", "<!", "<<b>", "</script", "<x ", "></", "<b>a</b>")
SIGNS = ("@", "@a@a", "#", "#a", "#1", ":", ":a", "&", "&amp;", "&#60;", "\\", '"')
ADDRESSES = ("http://", "http://a.a/(", "https://a.example/[", "http://a*", "a.", "a-", "mailto:a@", "x@y.")
LETTERS = ("a", "é", "e\u0301", "\u0301", "👨\u200d👩\u200d👧", "🇩🇪", "\u200d", "\u1100", " ")
BBCODE = ("[", "[b]", "[/b]", "[url=", "[url]http://a", "[code]", "[quote]", "\n", "[b")
HTML = ("<ul><li>", "<div>\n", "<p>x", "<b><p>x", "<i c>x<p>", "<table><tr><td>", "<b>a</b> ", "<a href='http://a'>")
MARKDOWN = (
    "![", "![[]()", "[a](b)", "](", "*", "_", "*a **a ", "~~a", "`", "`a``", "- a\n", "> ", ">> a\n", "1. a\n", "# a\n",
    "```\n", "a\n===\n", "[a]: b\n", "\r\n",
)  # fmt: skip
RENDERED = (*TAGS[:6], *BBCODE[:7], *SIGNS[:10], *ADDRESSES[:4], *LETTERS[:6], *HTML, *MARKDOWN)
JSON = ('"', "\\", '\\"', '"\\', '"a",', "[],", '[{"a":[', '{"a":', "[", "1,", "-", "1e9,", "\\u0000", "0", " ")
NAMES = ("a", "a.", "a-", "a@", "a@a.", "\0", "é", "../", "a/", ".", " ")


def render(content_type):
    """A function that renders as a status of this type."""
    return lambda typed: parsing.parse(typed, content_type, Rules(BASE)).render()


def refused(function, *errors):
    """The function, whose refusals are answers too."""

    def run(source):
        try:
            return function(source)
        except (ValueError, ApiError, HTTPException):
            return None

    return run


def parameters(content_type):
    """A function that reads the parameters of a request with this body."""
    app = flask.Flask("bodies")
    app.request_class = request_body.ApiRequest

    def run(source):
        body = source.encode("utf-8", "replace")[: request_body.SMALL_BODY]
        with app.test_request_context("/", method="POST", data=body, content_type=content_type):
            return params.everything()

    return refused(run)


def named(typed):
    """The handles in a text."""
    return parsing.parse(typed, "text/plain", Rules(BASE, extended_nicknames=True)).handles


def lines(source):
    """The lines of an emoji.txt."""
    with tempfile.NamedTemporaryFile("wb") as file:
        file.write(source.encode("utf-8", "replace"))
        file.flush()
        return folders.lines(Path(file.name))


def each_place(source):
    """What a parser of Markdown asks: whether a token begins here."""
    search = tokens.Search(tokens.finder(BASE), source)
    return [search.at(position) for position in range(0, len(source), 100)]


NEWER = f'a=("@method" "@target-uri" "content-digest");created={int(time.time())};keyid="a"'


def claim(**headers):
    """What a signature with these headers claims."""
    signature = 'keyId="a",signature="AAAA",headers="(request-target) host date digest"'
    usual = {"signature": signature, "date": formatdate(usegmt=True), "digest": "SHA-256="}
    headers = usual | {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        return claims.read(signatures.Request("POST", "/", "own.example", headers), b"")
    except signatures.BadSignature:
        return None


def described(typed, kind="Person"):
    """An account or a status of another server, in which all is this text."""
    uri, part = "https://far.example/1", {"type": "PropertyValue", "name": typed, "value": typed}
    return {
        "id": uri, "type": kind, "preferredUsername": "a", "inbox": uri, "attributedTo": uri,
        "name": typed, "summary": typed, "content": typed, "contentMap": {typed: typed}, "published": typed,
        "url": typed,
        "attachment": [part, {"type": "Image", "url": uri, "name": typed}],
        "publicKey": {"id": uri, "owner": uri, "publicKeyPem": typed}, "oneOf": [{"name": typed}] * 20,
        "tag": [{"type": "Hashtag", "name": typed}, {"type": "Mention", "href": typed}] * 100,
    }  # fmt: skip


CONFIG = config.load({}, base_url=BASE)
PEM = ("-----BEGIN PUBLIC KEY-----\n", "A", "A\n", "-", "=")
URIS = ("a", "a.", "https://a", ":", "@", "[", "]", "/", "%41", "é", "xn--", ".")
FUNCTIONS = {
    "text.parsing.length": (parsing.length, LETTERS),
    "text.parsing.is_longer": (lambda typed: parsing.is_longer(typed, SIZE - 1), LETTERS),
    "text.parsing.shortened": (lambda typed: parsing.shortened(typed, SIZE // 2), LETTERS),
    "text.parsing.parse for handles": (named, SIGNS[:3]),
    "text.parsing.parse": (render("text/plain"), (*TAGS[:4], *SIGNS, *ADDRESSES, *LETTERS, "\r")),
    "text.parsing.render_field": (parsing.render_field, ADDRESSES[:4]),
    "text.parsing.strip_tags": (parsing.strip_tags, (*TAGS, *HTML, *LETTERS[:2], "<script ", "</ ", "<\n")),
    "text.parsing.plain": (parsing.plain, (*TAGS, *SIGNS[-5:])),
    "text.parsing.emoji_codes": (parsing.emoji_codes, (":", ":a", ": ", "::a", ":" + "a" * 99)),
    "text.markup.to_html": (render("text/markdown"), RENDERED[::6]),
    "text.markup.to_html of HTML": (render("text/html"), RENDERED[::6]),
    "text.markup.to_html of BBCode": (render("text/bbcode"), RENDERED[::6]),
    "text.tidy_html.is_tidy": (tidy_html.is_tidy, (*TAGS, *HTML, "<b></b>", "<p><b>", '<a b="c" ', "</p>")),
    "text.bbcode.bbcode_to_html": (bbcode.bbcode_to_html, BBCODE),
    "text.tokens.Finder": (lambda typed: list(tokens.finder(BASE, True).tokens(typed)), (*SIGNS[:6], *ADDRESSES)),
    "text.tokens.Search": (each_place, ADDRESSES[:4]),
    "text.tokens.as_hashtag": (tokens.as_hashtag, ("a", "1", "_", "#", "#a", "\u0301", "\ufe0f")),
    "text.emoji_characters.as_emoji": (
        emoji_characters.as_emoji, (*LETTERS, "\ufe0f", "❤", "1\ufe0f\u20e3", "👍🏽", "\U000e0067"),
    ),
    "text.tokens.fold_host": (tokens.fold_host, LETTERS),
    "text.tokens.address_length": (
        lambda typed: tokens.address_length(typed, 0, SIZE), ("(", ")", "()", "*a", "~~", "."),
    ),
    "text.tokens.without_open_mark": (tokens.without_open_mark, ("_", "_a", "__a_")),
    "text.handles.Handle": (handles.Handle.parse, NAMES),
    "text.handles.acct": (lambda typed: handles.acct(typed, typed), LETTERS[:1]),
    "bounded_json.parse": (refused(bounded_json.parse), (*JSON, "é")),
    "bounded_json.is_flat": (lambda typed: bounded_json.is_flat(list(typed)), LETTERS[:1]),
    "web.request_body.named": (lambda typed: request_body.named([(typed, 1), (typed, 2)]), ("a",)),
    "web.request_body.named of brackets": (
        refused(lambda typed: request_body.named([(typed, 1)])), ("[", "]", "[a]", "[]", "a["),
    ),
    "web.request_body.ApiRequest of JSON": (parameters("application/json"), JSON[:6]),
    "web.request_body.ApiRequest": (
        parameters("application/x-www-form-urlencoded"),
        ("a=1&", "a&", "&", "=", "%", "%41", "%4", "+", "a[]=1&", "[", "é"),
    ),
    "web.request_body.ApiRequest of parts": (
        parameters("multipart/form-data; boundary=x"),
        ("--x\r\n", "\r\n--x", "--x\r\nContent-Disposition: form-data; name=a\r\n\r\n", "\r", "\n", "-", ";a=b", '"'),
    ),
    "text.clean.clean": (clean.clean, ("\0", "a\0", "a")),
    "text.clean.is_storable": (clean.is_storable, LETTERS[:3]),
    "text.clean.clean_tree": (lambda typed: clean.clean_tree({typed: [typed]}), ("\0", "a")),
    "web.params.as_text": (lambda typed: params.as_text("a", typed, most=SIZE), ("\0", *LETTERS)),
    "web.params.as_exact": (refused(lambda typed: params.as_exact("a", typed, most=SIZE)), ("\0", "é")),
    "web.params.as_secret": (lambda typed: params.as_secret("a", typed), LETTERS[:2]),
    "web.params.as_boolean": (params.as_boolean, LETTERS[:1]),
    "web.params.as_integer": (params.as_integer, ("1", " ", "-", "+1")),
    "web.params.as_pattern": (params.as_pattern, ("%", "_", "\\")),
    "web.params.as_identifier": (params.as_identifier, ("1", "0", " ")),
    "web.params.as_list": (lambda typed: params.as_list(dict.fromkeys(typed.split(), 1)), ("1 ", "a ")),
    "accounts.imports.parse": (
        lambda typed: imports.parse(typed.encode("utf-8", "replace"), BASE),
        ("a\n", "a ", "a,", '"', '"a",', '""', "@", "a@b.c,true\n", f"{BASE}/users/", "%41", "\r", "\0", "é\n"),
    ),
    "accounts.imports.parse_bookmarks": (
        lambda typed: imports.parse_bookmarks(typed.encode("utf-8", "replace"), BASE),
        ("a\n", '"', '"a",', f"{BASE}/notice/1\n", f"{BASE}/objects/", "1", "-", "\r", "\0", "é\n"),
    ),
    "auth.scopes.parse": (refused(scopes.parse), ("a ", ",", "a", "\0", "read ")),
    "accounts.nicknames.fault": (lambda typed: nicknames.fault(typed, True), NAMES),
    "accounts.email_addresses.is_valid": (email_addresses.is_valid, NAMES),
    "emoji.pack_files.parse_pack": (refused(lambda typed: pack_files.parse_pack(typed.encode())), JSON[:6]),
    "emoji.pack_files.is_pack_name": (pack_files.is_pack_name, NAMES),
    "emoji.pack_files.check_pack_name": (refused(pack_files.check_pack_name), NAMES[:2]),
    "emoji.pack_files.is_file_name": (pack_files.is_file_name, NAMES),
    "emoji.pack_files.check_file_name": (refused(pack_files.check_file_name), NAMES[:2]),
    "emoji.pack_files.is_shortcode": (pack_files.is_shortcode, NAMES),
    "emoji.pack_files.check_shortcode": (refused(pack_files.check_shortcode), NAMES[:2]),
    "emoji.folders.lines": (lines, ("a,b\n", ",", "a,", "#", "\n", "\r", "a, b, c, ", "é")),
    "media.kinds.type_of": (kinds.type_of, ("a", ".", "/")),
    "media.kinds.data_uri": (refused(kinds.data_uri), ("data:", "data:image/png;base64,", "A", "A ", "=", " ", ",")),
    "web.rendering.with_emoji": (
        lambda typed: rendering.with_emoji(typed, [{"shortcode": f"a{n}", "url": "b"} for n in range(20)]),
        ("<", "<a>", ">", ":a1:", ":a", ":", '<"', "<a "),
    ),
    "web.rendering.excerpt": (rendering.excerpt, LETTERS[:2]),
    # Longer HTML is dropped.
    "federation.remote_html.cleaned": (
        lambda typed: remote_html.cleaned(typed[: len(typed) * remote_html.LONGEST // SIZE]),
        (*TAGS, *HTML, *SIGNS[-5:], "<h1>", "<h1 ", "</h1>", "<img ", '<img src="https://a/"> ', "<br>", "<b></b>"),
    ),
    "federation.remote_html.cleaned_field": (remote_html.cleaned_field, (*TAGS, *HTML[:4])),
    "federation.remote_html.as_text": (lambda typed: remote_html.as_text(typed, SIZE), (*TAGS, *SIGNS[-5:], " ", "\n")),
    "federation.vocabulary.parse": (
        refused(lambda typed: vocabulary.parse(typed.encode("utf-8", "replace"))), (*JSON, '{"a":1,"a":[', "é"),
    ),
    "federation.signatures.claim": (lambda typed: claim(signature=typed), ("a", 'a="",', 'a="', "a=1,", " ", ",")),
    "federation.signatures.claim of names": (
        lambda typed: claim(signature=f'keyId="a",signature="AAAA",headers="{typed}"'), ("a ", "a", " ", "("),
    ),
    "federation.signatures.claim of a date": (
        lambda typed: claim(date=typed), ("Thu, 01 ", "1", " ", ":", "1:", "-", "+", "(", ")", "\\", '"', ","),
    ),
    "federation.signatures.claim of a digest": (lambda typed: claim(digest=typed), ("SHA-256=", ",", "sha-256=,")),
    "federation.message_signatures.claim": (
        lambda typed: claim(signature_input=typed),
        ("a", "a,", "a=(", "(", '"a" ', ";a", ";a=1", "a=:AAAA:,", '"', " ", "@1"),
    ),
    "federation.message_signatures.claim of names": (
        lambda typed: claim(signature_input=f"a=({typed})", signature="a=:AAAA:"),
        ('"a" ', '"a";b ', "a", " ", '"', ";a"),
    ),
    "federation.message_signatures.claim of a digest": (
        lambda typed: claim(signature_input=NEWER, signature="a=:AAAA:", content_digest=typed),
        ("sha-256=:AAAA:,", "a,", "a=1,", "a=(", ":", '"', ","),
    ),
    "federation.signatures.is_made_by": (
        lambda typed: signatures.is_made_by(typed, signatures.Claim("a", "", b"", (b"",))), PEM,
    ),
    "federation.signatures.require_good": (refused(signatures.require_good), PEM),
    "federation.uris.accepted": (refused(lambda typed: uris.accepted(typed, CONFIG)), URIS),
    "federation.uris.host_of": (refused(lambda typed: uris.host_of(f"https://{typed}")), URIS),
    "federation.uris.origin_of": (refused(uris.origin_of), URIS),
    "federation.uris.same_origin": (lambda typed: uris.same_origin(typed, typed), URIS),
    "federation.uris.is_ours": (lambda typed: uris.is_ours(typed, CONFIG), URIS),
    "federation.uris.local_nickname": (lambda typed: uris.local_nickname(f"{BASE}/users/{typed}", CONFIG), URIS),
    "federation.uris.local_uuid": (lambda typed: uris.local_uuid(f"{BASE}/objects/{typed}", CONFIG), ("a", "0-", "-")),
    "federation.uris.local_id": (lambda typed: uris.local_id(f"{BASE}/notice/{typed}", CONFIG), ("1", "٣")),
    "federation.uris.without_fragment": (uris.without_fragment, ("#", "a")),
    "federation.uris.shown": (lambda typed: uris.shown(typed, BASE, CONFIG), URIS),
    "federation.webfinger.template": (
        lambda typed: webfinger.template(typed.encode()),
        ("<Link ", "<Link rel='lrdd' ", "<Link template='{uri}'>", "<Link rel='lrdd'>", " template=", "<", "'"),
    ),
    "federation.actors.moment": (actors.moment, ("2", "-", " ")),
    "federation.actors.moment_to_come": (actors.moment_to_come, ("2", "-", " ")),
    "federation.actors.read": (
        refused(lambda typed: actors.read(described(typed), CONFIG)), (*TAGS[:4], "a", "&amp;", "\n"),
    ),
    "federation.actors.keys": (lambda typed: actors.keys(described(typed), CONFIG), PEM),
    "federation.objects.read": (
        refused(lambda typed: objects.read(described(typed, "Question"), CONFIG)), (*TAGS[:4], "#", " ", "&amp;", "\n"),
    ),
    "federation.objects.author_of": (refused(lambda typed: objects.author_of({"attributedTo": typed}, BASE)), URIS),
}  # fmt: skip

# Public names that are given nothing from outside, or only what one of the functions above has bounded.
ELSEWHERE = {
    "text.parsing": "Mentioned Parsed Rendered Rules",
    "text.tokens": "Token finder",
    "bounded_json": "TooMuch",
    "web.request_body": "Repeated largest takes_files",
    "web.params": "everything raw bare_body present text sent_text required_text exact required_exact secret somebody"
    " boolean strict_boolean integer identifier values texts exacts identifiers tree mapping upload datetime too_long",
    "accounts.imports": "Entry before_each_batch follow_import block_import mute_import bookmark_import",
    "emoji.pack_files": "BrokenPack inside read pictures_below check_pack read_pack dump_pack remove is_picture"
    " check_picture",
    "emoji.folders": "Line folders found_in",
    "media.kinds": "FileTooLarge Prepared prepare focus",
    "web.rendering": "entities is_for_search_engines as_xml name_with_emoji ago",
    "federation.vocabulary": "Unreadable many one kind address addresses is_public text",
    "federation.signatures": "BadSignature Claim Request require_near signed",
    "federation.uris": "BadUri",
    "federation.webfinger": "Found look_up",
    "federation.actors": "Actor BadActor Key",
    "federation.objects": "Attachment BadObject Object Poll",
}


def module_of(name):
    """The module of a key of FUNCTIONS."""
    return name.partition(" ")[0].rpartition(".")[0]


MODULES = sorted({module_of(name) for name in FUNCTIONS})


def seconds(function, source):
    """The processor's time for a function."""
    started = time.process_time()
    function(source)
    return time.process_time() - started


def shown(value):
    """A unit as part of a test's name."""
    return ascii(value[:20]) if isinstance(value, str) else ""


@pytest.mark.parametrize(
    ("function", "unit"),
    [
        pytest.param(function, unit, id=f"{name} {shown(unit)}")
        for name, (function, units) in FUNCTIONS.items()
        for unit in units
    ],
)
def test_long_texts_take_time_in_proportion(function, unit):
    long = unit * (SIZE // len(unit))
    quarter, whole = seconds(function, long[: SIZE // 4]), seconds(function, long)
    assert whole < MOST_TIMES * quarter + SLACK, (quarter, whole)
    assert whole < MOST_SECONDS


@pytest.mark.parametrize("module", MODULES)
def test_no_public_function_over_text_is_left_out_here(module):
    found = {
        name
        for name, value in inspect.getmembers(importlib.import_module(f"pleroma.{module}"))
        if callable(value) and not name.startswith("_") and getattr(value, "__module__", "") == f"pleroma.{module}"
    }
    tested = {name.partition(" ")[0].rpartition(".")[2] for name in FUNCTIONS if module_of(name) == module}
    assert found == tested | set(ELSEWHERE.get(module, "").split())


@pytest.mark.parametrize("content_type", ["text/plain", "text/markdown", "text/html", "text/bbcode"])
@pytest.mark.parametrize("unit", RENDERED, ids=shown)
def test_the_longest_status_that_an_administrator_can_allow_is_rendered_in_a_moment(unit, content_type):
    assert seconds(render(content_type), (unit * 100_000)[:100_000]) < 1.5


@pytest.mark.parametrize(
    "nested",
    [
        ">" * 20 + "a\n" + "b\n" * 2400,
        "![" * 2500,
        "[" * 2500 + "]" * 2500,
        "".join(f"<b a{number}>" for number in range(400)) + "<p>x" * 400,
        "<p>" + "".join(f"<font a{number}>" for number in range(300)) + "<p>x" * 400,
        "<a " + " ".join(f"a{number}" for number in range(800)) + ">",
        "<b><table></b></table>" * 220,
    ],
    ids=["lazy quote", "pictures", "brackets", "formats", "paragraphs", "attributes", "tables"],
)
@pytest.mark.parametrize("content_type", ["text/markdown", "text/html"])
def test_five_thousand_characters_of_nested_markup_are_rendered_in_a_moment(nested, content_type):
    assert seconds(render(content_type), nested) < 1


@pytest.mark.parametrize(
    "header", ["COOKIE", "AUTHORIZATION", "ACCEPT", "ACCEPT_LANGUAGE", "ORIGIN", "RANGE", "REFERER"]
)
@pytest.mark.parametrize("unit", ["a=b;", ";", ",", '"', "a;q=1,", "Basic ", "Bearer a", "=", "1-,"])
def test_headers_of_a_million_characters_are_read_in_a_moment(client, header, unit):
    environ = {f"HTTP_{header}": (unit * SIZE)[:SIZE]}
    started = time.process_time()
    answer = client.get("/api/v1/timelines/home", extra_environ=environ, expect_errors=True)
    assert answer.status_int < 500 and time.process_time() - started < 5
