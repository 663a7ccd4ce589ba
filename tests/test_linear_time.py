"""Every function over text from outside takes time in proportion to its length, also on the worst 1 MB."""

import inspect
import json
import time

import pytest

from pleroma import bounded_json
from pleroma.accounts import email_addresses, imports, nicknames
from pleroma.auth import scopes
from pleroma.emoji import folders, pack_files
from pleroma.errors import ApiError
from pleroma.media import kinds
from pleroma.text import Rules, bbcode, clean, handles, markup, parsing, tidy_html, tokens
from pleroma.web import params, rendering, request_body

BASE = "https://own.example"
SIZE = 1_000_000
# A function that takes the square of the length takes 16 times as long for four times the text; the clock that counts
# is the processor's, because other tests run beside this one.
MOST_TIMES, SLACK, MOST_SECONDS = 10, 0.5, 8

TAGS = (
    "<script>",
    "<a b=",
    '<a b="',
    "<",
    "</a>",
    "<!--",
    "<!",
    "<<b>",
    "</script",
    "<x ",
    "></",
    "<b>a</b>",
    "<script ",
)
BRACKETS = ("[", "[b]", "[/b]", "[url=", "[url]http://a", "[code]", "[quote]", "![[]()", "[a](b)", "](")
SIGNS = (
    "@",
    "@a@a",
    "@a",
    "#",
    "#a",
    "#1",
    "#\u0301",
    ":",
    ":a",
    "::",
    "&",
    "&amp;",
    "&#60;",
    "\\",
    "%41",
    "a=1&",
    '"',
    "'",
)
ADDRESSES = (
    "http://",
    "http://a.a/(",
    "https://a.example/[",
    "http://a*",
    "a.",
    "a-",
    "www.a.a/",
    "mailto:a@",
    "xmpp:",
    "x@y.",
)
EMPHASIS = ("*", "_", "*a **a ", "~~a", "`", "`a``", "a_")
LINES = ("\n", "\r", "\r\n", "- a\n", ">> a\n", "1. a\n", "# a\n", "    a\n", "```\n", "a\n===\n", "[a]: b\n", "\t")
LETTERS = ("a", "é", "日", "e\u0301", "\u0301", "👨\u200d👩\u200d👧", "🇩🇪", "\u200d", "क्", "\u1100", " ")
HTML = (
    "<ul><li>",
    "<div>\n",
    "<p>x",
    "<b><p>x",
    "<i c>x<p>",
    "<table><tr><td>",
    "<b>a</b> ",
    "<a href='http://a'>",
    "<svg>",
)
COMMON = (*TAGS, *BRACKETS, *SIGNS, *ADDRESSES, *LINES, *LETTERS)
RENDERED = (*TAGS[:8], *BRACKETS[:6], *SIGNS[:9], *ADDRESSES[:4], *EMPHASIS, *LINES[:9], *LETTERS[:7], *HTML)
QUOTES = ('"', "\\", '\\"', '"a",', "[],", '[{"a":[', "{", '{"a":', "[", "1,", "-", "1e9,", "\\u0000", '"\\', " ", "0")
NAMES = ("a", "a.", "a-", "@", "a@", "a@a.", "\0", "é", "../", "/", "a/", ".", " ", "x,", "\\", "%")


def _named(typed):
    return parsing.parse(typed, "text/plain", Rules(BASE, extended_nicknames=True)).handles


def _render(content_type):
    return lambda typed: parsing.parse(typed, content_type, Rules(BASE)).render()


def _refused(function, *errors):
    """The function, whose refusals are answers too."""

    def run(source):
        try:
            return function(source)
        except (ValueError, ApiError, *errors):
            return None

    return run


def _lines(source, directory=[]):  # noqa: B006 (one file for all)
    path = directory[0]
    path.write_text(source, "utf-8", "replace")
    return folders.lines(path)


def _tokens(source):
    return list(tokens.finder(BASE, True).tokens(source))


def _each_token(source):
    search = tokens.Search(tokens.finder(BASE), source)
    return [search.at(position) for position in range(0, len(source), 7)]


def _read(*readers):
    """Readers of parameters, each of which is given the text as its parameter."""

    def run(source):
        for reader in readers:
            _refused(reader)(source)

    return run


def _asked(content_type):
    """The parameters of a request with this body."""

    def run(source):
        from flask import Flask

        app = Flask("x")
        app.request_class = request_body.ApiRequest
        with app.test_request_context(
            "/", method="POST", data=source.encode("utf-8", "replace")[: request_body.SMALL_BODY],
            content_type=content_type,
        ):  # fmt: skip
            from werkzeug.exceptions import HTTPException

            return _refused(lambda _: params.everything(), HTTPException)(source)

    return run


MODULES = {
    "parsing": {
        "length": (parsing.length, LETTERS),
        "is_longer": (lambda typed: parsing.is_longer(typed, SIZE - 1), LETTERS),
        "parse": (_render("text/plain"), COMMON),
        "render_field": (parsing.render_field, (*SIGNS, *ADDRESSES)),
        "strip_tags": (parsing.strip_tags, (*TAGS, *HTML, *LETTERS)),
        "plain": (parsing.plain, (*TAGS, *HTML, *SIGNS)),
        "emoji_codes": (parsing.emoji_codes, (*SIGNS, *LETTERS, ":" + "a" * 99)),
    },
    "parsing ": {"parse": (_named, (*SIGNS, *ADDRESSES, *EMPHASIS))},
    "handles": {
        "Handle": (handles.Handle.parse, NAMES),
        "acct": (lambda typed: handles.acct(typed, typed), NAMES),
    },
    "markup": {"to_html": (_render("text/markdown"), RENDERED)},
    "markup ": {"to_html": (_render("text/html"), RENDERED)},
    "tidy_html": {"is_tidy": (tidy_html.is_tidy, (*TAGS, *HTML, "<b></b>", "<p><b>", '<a b="c" ', "</p>"))},
    "bbcode": {"bbcode_to_html": (bbcode.bbcode_to_html, (*BRACKETS, *SIGNS, *LINES))},
    "bbcode ": {"bbcode_to_html": (_render("text/bbcode"), RENDERED)},
    "tokens": {
        "Finder": (_tokens, (*SIGNS, *ADDRESSES, *EMPHASIS, *LETTERS)),
        "Search": (_each_token, ADDRESSES),
        "fold_host": (tokens.fold_host, LETTERS),
        "address_length": (
            lambda typed: tokens.address_length(typed, 0, len(typed)), (*BRACKETS, "(", ")", "()", "*a", "~~", "."),
        ),
        "without_open_mark": (tokens.without_open_mark, ("_", "_a", "__a_", "*")),
    },
    "bounded_json": {
        "parse": (_refused(bounded_json.parse), (*QUOTES, *LETTERS)),
        "is_flat": (lambda typed: bounded_json.is_flat([typed] * 10), LETTERS[:1]),
    },
    "request_body": {
        "named": (
            _refused(lambda typed: request_body.named([(typed, "x"), (typed, "y")])),
            ("[", "]", "[a]", "[]", "a[", "[[]"),
        ),
        "takes_files": (_asked("application/json"), (*QUOTES, *LETTERS)),
        "largest": (
            _asked("application/x-www-form-urlencoded"),
            ("a=1&", "a&", "&", "=", "%", "%41", "%4", "+", "a[]=1&", "[", "é"),
        ),
        "ApiRequest": (_asked("multipart/form-data; boundary=x"), (
            "--x\r\n", "\r\n--x", "--x\r\nContent-Disposition: form-data; name=a\r\n\r\n", "\r", "\n", "-",
            "--x\r\nContent-Disposition: form-data", ";a=b", '"', "--x \r\n",
        )),
        "Repeated": (lambda typed: request_body.named(("a", letter) for letter in typed), LETTERS[:1]),
    },
    "clean": {
        "clean": (clean.clean, ("\0", "a\0", *LETTERS)),
        "is_storable": (clean.is_storable, LETTERS),
        "clean_tree": (lambda typed: clean.clean_tree({typed: [typed]}), ("\0", *LETTERS)),
    },
    "params": {
        "as_text": (_read(lambda typed: params.as_text("a", typed, most=SIZE)), ("\0", *LETTERS)),
        "as_exact": (_read(lambda typed: params.as_exact("a", typed, most=SIZE)), LETTERS),
        "as_secret": (_read(lambda typed: params.as_secret("a", typed)), LETTERS),
        "as_boolean": (params.as_boolean, LETTERS),
        "as_integer": (params.as_integer, ("1", " ", "-", "+1")),
        "as_pattern": (params.as_pattern, ("%", "_", "\\", "a")),
        "as_identifier": (params.as_identifier, ("1", "0", " ")),
        "as_list": (lambda typed: params.as_list(dict.fromkeys(typed.split(), 1)), ("1 ", "a ")),
        "too_long": (lambda typed: params.too_long(typed, 1), LETTERS[:1]),
    },
    "imports": {
        "parse": (
            lambda typed: imports.parse(typed.encode("utf-8", "replace"), BASE),
            (
                "a\n", "a ", "a,", '"', '"a",', '""', "@", "a@b.c,true\n", f"{BASE}/users/", "%41", "\r", "a@", "\0",
                "é\n",
            ),
        ),
    },
    "scopes": {"parse": (_refused(scopes.parse), ("a ", "a,", " ", ",", "a", "\0", "read "))},
    "nicknames": {"fault": (lambda typed: nicknames.fault(typed, True), NAMES)},
    "email_addresses": {"is_valid": (email_addresses.is_valid, NAMES)},
    "pack_files": {
        "parse_pack": (_refused(lambda typed: pack_files.parse_pack(typed.encode("utf-8", "replace"))), QUOTES),
        "is_pack_name": (pack_files.is_pack_name, NAMES),
        "check_pack_name": (_refused(pack_files.check_pack_name), NAMES),
        "is_file_name": (pack_files.is_file_name, NAMES),
        "check_file_name": (_refused(pack_files.check_file_name), NAMES),
        "is_shortcode": (pack_files.is_shortcode, NAMES),
        "check_shortcode": (_refused(pack_files.check_shortcode), NAMES),
        "is_picture": (lambda typed: pack_files.is_picture(typed.encode()), ("\x89PNG", "GIF89a", "a")),
    },
    "folders": {"lines": (_lines, ("a,b\n", ",", "a,", "#", "\n", "\r", "a, b, c, ", "é"))},
    "kinds": {
        "data_uri": (_refused(kinds.data_uri), ("data:", "data:image/png;base64,", "A", "A ", "=", " ", ",")),
        "focus": (_refused(lambda typed: kinds.focus(typed[:100])), ("1", ",", "0.1")),
    },
    "rendering": {
        "with_emoji": (
            lambda typed: rendering.with_emoji(typed, [{"shortcode": f"a{n}", "url": "b"} for n in range(20)]),
            ("<", "<a>", ">", ":a1:", ":a", ":"),
        ),
        "excerpt": (rendering.excerpt, LETTERS),
    },
}  # fmt: skip

# Public names that are given nothing from outside, or are given it in bounded pieces.
ELSEWHERE = {
    "parsing": {"Mentioned", "Parsed", "Rendered", "Rules"},
    "tokens": {"Token", "finder"},
    "bounded_json": {"TooMuch"},
    "imports": {"Entry", "follow_import", "block_import", "mute_import"},
    "params": {
        # Each reads one parameter by a function above.
        "everything", "raw", "present", "text", "sent_text", "required_text", "exact", "required_exact", "secret",
        "somebody", "boolean", "strict_boolean", "integer", "identifier", "values", "texts", "exacts", "identifiers",
        "tree", "mapping", "upload", "moment",
    },
    "pack_files": {"BrokenPack", "inside", "read", "pictures_below", "check_pack", "read_pack", "dump_pack", "remove"},
    "folders": {"Line", "folders", "found_in"},
    "kinds": {"TooLarge", "Prepared", "prepare"},
    "rendering": {"entities", "name_with_emoji", "ago"},
}  # fmt: skip

CASES = [
    pytest.param(function, unit, id=f"{module}.{name}-{unit[:20].encode('unicode_escape').decode()!r}")
    for module, functions in MODULES.items()
    for name, (function, units) in functions.items()
    for unit in units
]


@pytest.fixture(scope="module", autouse=True)
def _list_file(tmp_path_factory):
    directory = _lines.__defaults__[0]
    directory[:] = [tmp_path_factory.mktemp("lists") / "emoji.txt"]


def _seconds(function, source):
    started = time.process_time()
    function(source)
    return time.process_time() - started


@pytest.mark.parametrize(("function", "unit"), CASES)
def test_a_million_characters_take_time_in_proportion(function, unit):
    long = unit * (SIZE // len(unit))
    quarter = _seconds(function, long[: SIZE // 4])
    whole = _seconds(function, long)
    assert whole < MOST_TIMES * quarter + SLACK, (quarter, whole)
    assert whole < MOST_SECONDS


@pytest.mark.parametrize("module", [name for name in MODULES if not name.endswith(" ")])
def test_no_public_function_is_missing_here(module):
    looked_at = {
        "parsing": parsing, "handles": handles, "markup": markup, "tidy_html": tidy_html, "bbcode": bbcode,
        "tokens": tokens, "clean": clean,
        "bounded_json": bounded_json, "request_body": request_body, "params": params, "imports": imports,
        "scopes": scopes, "nicknames": nicknames, "email_addresses": email_addresses,
        "pack_files": pack_files, "folders": folders, "kinds": kinds, "rendering": rendering,
    }[module]  # fmt: skip
    found = {
        name
        for name, value in inspect.getmembers(looked_at)
        if callable(value) and not name.startswith("_") and getattr(value, "__module__", "") == looked_at.__name__
    }
    assert found == set(MODULES[module]) | ELSEWHERE.get(module, set())


@pytest.mark.parametrize("content_type", ["text/plain", "text/markdown", "text/html", "text/bbcode"])
@pytest.mark.parametrize("unit", RENDERED)
def test_the_longest_status_that_a_server_may_allow_is_rendered_well_below_a_second(unit, content_type):
    typed = (unit * 100_000)[:100_000]
    assert _seconds(_render(content_type), typed) < 1.5


@pytest.mark.parametrize(
    "header", ["Cookie", "Authorization", "Accept", "Accept-Language", "Content-Type", "Origin", "Range"]
)
@pytest.mark.parametrize("unit", ["a=b;", ";", ",", "a,", '"', "a;q=1,", "Basic ", "Bearer a", "=", "bytes=1-,", "é"])
def test_headers_as_long_as_a_body(client, header, unit):
    value = (unit * SIZE)[:SIZE].encode("latin-1").decode("latin-1")
    environ = {f"HTTP_{header.upper().replace('-', '_')}" if header != "Content-Type" else "CONTENT_TYPE": value}
    started = time.process_time()
    answer = client.get("/api/v1/timelines/home", extra_environ=environ, expect_errors=True)
    assert answer.status_int < 500 and time.process_time() - started < 5


def test_names_with_brackets_are_read_in_proportion(client):
    body = json.dumps({"q": "a" * 900_000})
    started = time.process_time()
    client.request("/api/v2/search", method="GET", body=body.encode(), headers={"Content-Type": "application/json"})
    assert time.process_time() - started < 5
