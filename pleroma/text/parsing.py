"""What people type, measured and turned into HTML: statuses, bios, profile fields, plain-text fields.

In the HTML the character U+0001 stands for the base URL (incoming text never holds one). Nothing here knows the
database: the `handles` of a parsed text say which accounts to look up, its `render` takes those that were found. Rules:
docs/api/mastodon.md 3.2 and 4.2.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import unescape
from typing import NamedTuple

import regex  # type: ignore[import-untyped]

from pleroma.text.clean import BASE
from pleroma.text.handles import Handle, acct
from pleroma.text.markup import BLOCKS, DIVIDERS, to_html
from pleroma.text.tokens import Finder, Token, finder

_MARKUP_TYPES = frozenset(("text/markdown", "text/html", "text/bbcode"))
# A cluster of more code points than this is no writing; so the work for hostile texts has a bound.
_CLUSTER = 16

# Flags are taken in pairs here: left to \X, each one would be counted from the first flag of its row on.
_CLUSTERS = regex.compile(r"\p{RI}\p{RI}?+[\p{GCB=Extend}\p{GCB=SpacingMark}\p{GCB=ZWJ}]*+|\X")
_LINE_END = re.compile(r"\r\n?|\n")
_SPACED_LINE_END = re.compile(r"[ \t\r\n]*[\r\n][ \t\r\n]*")
_ELEMENT = re.compile(r'<(/?)([a-zA-Z][a-zA-Z0-9]*)([^<>"]*+(?:"[^"]*"[^<>"]*+)*+)>')
_LINE_BREAKING = re.compile(r"<br>|(?:</?(?:blockquote|li|ol|p|pre|ul)>)+")
_CODES = re.compile(r"(?<=:)[^\s:]{1,100}(?=:)")
# What makes an element of the sign before it; script and style go with all they hold, a comment with its own end.
_ELEMENT_NAME = re.compile(r"(?P<raw>script|style)\b|(?P<comment>!--)|(?P<open>[a-z])|/[a-z]|[!?]", re.IGNORECASE)
_CLOSING_NAME = re.compile("[a-z]", re.IGNORECASE)
_RAW_ENDS = {name: re.compile(rf"</{name}\s*+>", re.IGNORECASE) for name in ("script", "style")}
_COMMENT_END, _TAG_END, _VALUE = re.compile("-->"), re.compile(">"), re.compile("=")


class Rules(NamedTuple):
    """What texts are read by: the base URL of the server, and whether nicknames may hold `_` and `-`."""

    base_url: str
    extended_nicknames: bool = False


class Mentioned(NamedTuple):
    """An account that a text may mention. `domain` is None for a local one; `url` is where a remote one lives."""

    id: int
    nickname: str
    domain: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Rendered:
    """A text made ready to be stored.

    `mentions` are account ids, `hashtags` lower-cased names without #, both in order and each once.
    """

    html: str
    plain: str
    mentions: list[int]
    hashtags: list[str]


class _Piece(NamedTuple):
    """A stretch of the result; `names` are what a handle in it can mean, and then html and plain are as typed."""

    html: str
    plain: str
    names: tuple[str, ...] = ()


def length(text: str) -> int:
    """Return the length in grapheme clusters, a CRLF counting as one (docs/api/mastodon.md 4.1).

    Endless runs of combining characters count too: no fewer than a sixteenth of the code points.
    """
    if text.isascii():
        return len(text) - text.count("\r\n")
    least = len(text) // _CLUSTER
    if least > 100_000:
        return least
    return max(sum(1 for _ in _CLUSTERS.finditer(text)), least)


def is_longer(text: str, most: int) -> bool:
    """Return whether a text has more than `most` characters, without counting those of one that is far too long."""
    return len(text) > most and (len(text) // _CLUSTER > most or length(text) > most)


def shortened(text: str, most: int) -> str:
    """Return a text of at most `most` code points, whole characters and an ellipsis for what does not fit."""
    if len(text) <= most:
        return text
    end = 0
    for cluster in _CLUSTERS.finditer(text[:most]):
        if cluster.end() >= most:
            break
        end = cluster.end()
    return f"{text[:end].rstrip()}\N{HORIZONTAL ELLIPSIS}"


def parse(source: str, content_type: str, rules: Rules) -> Parsed:
    """Take the text of a status, a bio or a report apart. An unknown `content_type` counts as text/plain."""
    writer = _Writer(finder(rules.base_url, rules.extended_nicknames))
    html = to_html(source, content_type, writer.finder) if content_type in _MARKUP_TYPES else None
    if html is None:
        writer.write(source)
    else:
        _walk(html, writer)
        writer.has_markup = True
    return Parsed(writer)


class Parsed:
    """A text that was taken apart, before it is known which of the accounts that it names are there."""

    def __init__(self, writer: _Writer) -> None:
        self._writer = writer

    @property
    def handles(self) -> list[Handle]:
        """The handles that the text can mean, in lower case, sorted; one of our own host has no domain."""
        return sorted({Handle.parse(name) for piece in self._writer.pieces for name in piece.names})

    def render(self, accounts: Iterable[Mentioned] = ()) -> Rendered:
        """Return it as HTML that mentions those of the accounts which it names; other handles stay text."""
        return self._writer.rendered({acct(each.nickname, each.domain).lower(): each for each in accounts})


def render_field(value: str) -> str:
    """Turn the value of a profile field into HTML with links only; `rel="me"`, so that other sites can verify it."""
    writer = _Writer(finder(""), rel="me ugc", only_links=True)
    writer.write(value)
    return "".join(piece.html for piece in writer.pieces)


def strip_tags(text: str) -> str:
    """Return text that is served as plain without the elements in it; everything else stays as typed."""
    return _Stripper(text).stripped() if "<" in text else text


def plain(html: str) -> str:
    """Return HTML of ours as text: elements away, entities decoded, `<br>` and paragraph ends as newlines."""
    return unescape(_ELEMENT.sub("", _LINE_BREAKING.sub("\n", html))).strip("\n")


def emoji_codes(text: str) -> list[str]:
    """Return what stands between two colons, in order and each once; a colon may end one and begin the next."""
    return list(dict.fromkeys(_CODES.findall(text))) if text.count(":") > 1 else []


class _Writer:
    """Collects the pieces of one text."""

    def __init__(self, token_finder: Finder, rel: str = "ugc", only_links: bool = False) -> None:
        self.finder = token_finder
        self.rel = rel
        self.only_links = only_links
        self.has_markup = False
        self.pieces: list[_Piece] = []
        self.hashtags: dict[str, None] = {}

    def write(self, text: str, before: str = "") -> None:
        """Write typed text with its tokens; `before` is the character that stands before it, or nothing."""
        whole = before + text
        position = len(before)
        for token in self.finder.tokens(whole, position):
            self.write_plain(whole[position : token.start])
            self._token(token, whole[token.start : token.end])
            position = token.end
        self.write_plain(whole[position:])

    def write_plain(self, text: str) -> None:
        """Write text in which nothing is looked for."""
        if text:
            lines = _LINE_END.sub("\n", text) if "\r" in text else text
            self.pieces.append(_Piece(_escape(lines).replace("\n", "<br>"), lines))

    def _token(self, token: Token, typed: str) -> None:
        escaped = _escape(typed)
        if token.kind == "link":
            self.pieces.append(_Piece(f'<a href="{escaped}" rel="{self.rel}">{escaped}</a>', typed))
        elif token.kind == "address" or self.only_links:
            self.write_plain(typed)
        elif token.kind == "handle":
            self.pieces.append(_Piece(escaped, typed, token.names))
        else:
            (name,) = token.names
            self.hashtags[name] = None
            link = f'<a class="hashtag" data-tag="{name}" href="{BASE}/tag/{name}" rel="tag ugc">{escaped}</a>'
            self.pieces.append(_Piece(link, typed))

    def rendered(self, mentioned: Mapping[str, Mentioned]) -> Rendered:
        """Put the accounts that exist into the pieces."""
        ids: dict[int, None] = {}
        html: list[str] = []
        text: list[str] = []
        for piece in self.pieces:
            used = next((name for name in piece.names if name in mentioned), None)
            if used is None:
                html.append(piece.html)
                text.append(piece.plain)
            else:
                account = mentioned[used]
                ids[account.id] = None
                # A shorter name than typed leaves the rest of the handle as text.
                rest = piece.plain[1 + len(used) :] if used != piece.names[0] else ""
                html.append(_mention(account) + _escape(rest))
                text.append(f"@{account.nickname}{rest}")
        content = "".join(html)
        text_content = plain(content) if self.has_markup else "".join(text).strip("\n")
        return Rendered(content, text_content, list(ids), list(self.hashtags))


def _mention(account: Mentioned) -> str:
    address = account.url if account.domain and account.url else f"{BASE}/users/{account.nickname}"
    nickname = _escape(account.nickname)
    return (
        f'<span class="h-card"><a data-user="{account.id}" class="u-url mention" href="{_escape(address)}" rel="ugc">'
        f"@<span>{nickname}</span></a></span>"
    )


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


class _Walk:
    """The way through clean HTML: finds tokens outside of code and links, leaves no newline outside of `pre`."""

    def __init__(self, writer: _Writer) -> None:
        self.writer = writer
        self.depths = {"a": 0, "code": 0, "pre": 0}
        self.before = ""
        self.at_line_start = True
        self.divided = False

    def element(self, match: re.Match[str]) -> None:
        """Write one tag; those of DIVIDERS become a line break where one is needed."""
        closing, name, attributes = match[1], match[2], match[3]
        if name in DIVIDERS:
            self.divided = True
            self.before = ""
            return
        if name == "img" and " src=" not in attributes:
            return
        if name in BLOCKS:
            self.at_line_start, self.divided, self.before = True, False, ""
        elif not closing:
            self.divide()
        outermost = self._count(name, bool(closing))
        if name == "a" and not outermost:
            return  # a link inside another one, which a table had kept apart
        markup = _LINE_END.sub(" ", match.group())
        if name == "a" and not closing and " rel=" not in attributes:
            markup = f'{markup[:-1]} rel="ugc">'
        self.writer.pieces.append(_Piece(markup, ""))
        if name == "img":
            self.at_line_start = False

    def _count(self, name: str, closing: bool) -> bool:
        """Count an element that changes what is looked for; return whether it is not inside another one of its name."""
        if name not in self.depths:
            return True
        self.depths[name] += -1 if closing else 1
        return self.depths[name] == (0 if closing else 1)

    def divide(self) -> None:
        """Write the line break that an element which is not allowed stood for."""
        if self.divided and not self.at_line_start:
            self.writer.pieces.append(_Piece("<br>", "\n"))
            self.at_line_start = True
        self.divided = False

    def text(self, source: str, at_line_end: bool) -> None:
        """Write the text between two tags; `at_line_end` when the second one ends a line."""
        text = unescape(source) if "&" in source else source
        if self.depths["pre"]:
            self.writer.pieces.append(_Piece(_escape(text), text))
            return
        if "\n" in text or "\r" in text:
            text = _SPACED_LINE_END.sub(" ", text)
            if self.at_line_start or self.divided:
                text = text.lstrip(" ")
            if at_line_end:
                text = text.rstrip(" ")
        if not text:
            return
        self.divide()
        self.at_line_start = False
        if self.depths["a"] or self.depths["code"]:
            self.writer.write_plain(text)
        else:
            self.writer.write(text, self.before)
        self.before = text[-1]


def _walk(html: str, writer: _Writer) -> None:
    walk = _Walk(writer)
    position = 0
    for match in _ELEMENT.finditer(html):
        if position < match.start():
            walk.text(html[position : match.start()], match[2] in BLOCKS or match[2] in DIVIDERS)
        walk.element(match)
        position = match.end()
    if position < len(html):
        walk.text(html[position:], True)


class _Stripper:
    """Takes elements out of a text in one pass: an end that is missing is looked for once."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.missing: set[re.Pattern[str]] = set()

    def stripped(self) -> str:
        """Return the text without its elements."""
        text, kept, position = self.text, [], 0
        # "<" and "</" that wait for a name: what stood between may just have been taken out.
        waiting: list[str] = []
        while position < len(text):
            if text[position] == "<":
                waiting.append("<")
                position += 1
            elif waiting and (end := self._end(waiting[-1], position)) is not None:
                waiting.pop()
                position = end
            elif waiting and waiting[-1] == "<" and text.startswith("/<", position):
                waiting[-1] = "</"
                position += 1
            else:
                end = text.find("<", position)
                end = len(text) if end < 0 else end
                kept += [*waiting, text[position:end]]
                waiting, position = [], end
        return "".join([*kept, *waiting])

    def _end(self, opening: str, start: int) -> int | None:
        """Return where the element ends whose name stands at `start` behind `opening`; None when it is none."""
        if opening == "</":
            return self._behind(_TAG_END, start) if _CLOSING_NAME.match(self.text, start) else None
        name = _ELEMENT_NAME.match(self.text, start)
        if name is None:
            return None
        end = None
        if name["raw"]:
            end = self._behind(_RAW_ENDS[name["raw"].lower()], name.end())
        elif name["comment"]:
            end = self._behind(_COMMENT_END, name.end())
        if end is None:
            end = self._behind(_TAG_END, start)
        if end is None and (name["open"] or name["raw"]) and self._behind(_VALUE, start):
            # A browser closes an element at the end of its input.
            end = len(self.text)
        return end

    def _behind(self, pattern: re.Pattern[str], start: int) -> int | None:
        """Return the end of the next match; None, remembered, when there is none from here on."""
        match = pattern.search(self.text, start) if pattern not in self.missing else None
        if match is None:
            self.missing.add(pattern)
            return None
        return match.end()
