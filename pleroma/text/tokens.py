"""Addresses, handles and hashtags in plain text: where they begin, and above all where they end.

One pattern finds all three, addresses first, so that an @name or a # inside an address is never taken for a handle
or a hashtag, and the accounts that are notified are those that are linked. Rules: docs/api/mastodon.md 4.2.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

import regex  # type: ignore[import-untyped]

SCHEMES = frozenset("http https dat dweb gopher ipfs ipns irc ircs magnet mailto mumble ssb xmpp".split())

# An address goes on until a space or a character that ends one in any language: quotes, angle brackets, the comma
# and full stop of Chinese and Japanese. Direction marks would let an address show as another one.
_IN_ADDRESS = r'[^\s<>"`\\\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069“”„«»‹›、。〃〈-】〔-〟！，：；？（）［］｛｝]'
_ADDRESS = regex.compile(rf"{_IN_ADDRESS}++")
_SCHEME = r"""(?i:(?:https?|dat|dweb|gopher|ipfs|ipns|ircs?|mumble|ssb|xmpp)://(?=[\p{L}\p{N}]|\[[0-9a-f:.]{2,45}\])
    |dweb:/(?=\w)|magnet:\?(?=\w)|ssb:(?=[%&@\w])|(?:mailto|xmpp):(?=[^\s@]{1,64}+@[\p{L}\p{N}]))"""
# A domain without a scheme is not linked, but what follows it is part of an address and no handle.
_BARE = rf"(?<![\p{{L}}\p{{N}}_.@:/-])(?:[A-Za-z0-9-]++\.)++[A-Za-z]{{2,}}+(?::\d+)?+[/?\#]{_IN_ADDRESS}*+"
# Variation selectors and the keycap are marks too, but they end an emoji and not a word.
_MARK = r"[^\P{M}\ufe0e\ufe0f\u20e3]"
# A longer word is no subject, and would not fit an index: a hashtag ends after as many characters.
_LONGEST_TAG = 100
_TAG = (
    rf"(?<![\p{{L}}\p{{N}}_&]|{_MARK})\#(?P<tag>(?=\p{{N}}{{0,{_LONGEST_TAG - 1}}}+[\p{{L}}_])"
    rf"(?:[\p{{L}}\p{{N}}_]|{_MARK}){{1,{_LONGEST_TAG}}}+)"
)
_REMOTE_NICK = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}+"
_NUMBERED = r"\d{1,3}(?:\.\d{1,3}){3}:\d{2,5}(?![\p{L}\p{N}])"
_LABELS = r"[\p{L}\p{N}]++(?:[-_.]++[\p{L}\p{N}]++)*+"

_BRACKET = regex.compile(r"[()\[\]{}]")
_OPENING = {")": "(", "]": "[", "}": "{"}
# No address nests deeper; without the bound a text of brackets would be read once for each of them.
_MAX_BRACKETS = 20
# Nobody's address is longer.
_LONGEST_ADDRESS = 4096
# No name of a host is longer (RFC 1035).
_LONGEST_HOST = 253
_SENTENCE_MARKS = ".,:;!?'*~…‥‘’—،؛؟।·"
# What opens and closes emphasis in Markdown, and stands in some addresses.
_EMPHASIS = regex.compile(r"\*+|_+|~+")
_STARTS = frozenset("@#:")


_ALONE = regex.compile(_TAG)


def as_hashtag(name: str) -> str | None:
    """The lower-cased name of a hashtag that is written with # or without; None for what cannot be one."""
    match = _ALONE.fullmatch(f"#{name.removeprefix('#')}")
    return match["tag"].lower() if match else None


class Token(NamedTuple):
    """A find: text[start:end]; `kind` is link, handle, hashtag or address (one that is not linked)."""

    kind: str
    start: int
    end: int
    # Of a handle: the case-folded names it can mean, the likeliest first. Of a hashtag: its lower-cased name.
    names: tuple[str, ...] = ()


class Finder:
    """Finds tokens for one server: `base` is its base URL, `extended` whether `_` and `-` belong to nicknames."""

    def __init__(self, base: str, extended: bool = False) -> None:
        parts = urlsplit(base)
        self._own = {fold_host(name) for name in (parts.netloc, parts.hostname) if name}
        # A port is part of a host when it is ours, or follows numbers: after any other a colon is punctuation.
        own = "|".join(regex.escape(name) for name in sorted({parts.netloc, *self._own}, key=len, reverse=True) if name)
        nick = "[A-Za-z0-9_-]++" if extended else "[A-Za-z0-9]++"
        named = rf"(?i:{own})(?![A-Za-z0-9]|[.-][A-Za-z0-9])|{_LABELS}" if own else _LABELS
        host = rf"(?:{_NUMBERED}|{named})"
        # Elsewhere more is allowed in a name than here; without a host that follows it would be the text's.
        remote = rf"(?P<nick>{_REMOTE_NICK})(?<!\.)@(?P<host>{host})"
        handle = rf"(?<![\p{{L}}\p{{N}}])@(?:{remote}|(?P<nick>{nick})(?:@(?P<host>{host}))?)"
        link = rf"(?<![A-Za-z0-9])(?P<scheme>{_SCHEME})(?={_IN_ADDRESS})"
        self.pattern = regex.compile(rf"{link}|{handle}|{_TAG}|(?P<bare>{_BARE})", regex.VERBOSE)

    def tokens(self, text: str, start: int = 0) -> Iterator[Token]:
        """Yield what is found in `text` from `start` on, in order and without overlaps."""
        if not _STARTS.isdisjoint(text):
            yield from Search(self, text).tokens(start)

    def names(self, nick: str, host: str | None) -> tuple[str, ...]:
        """Return what a handle can mean, the likeliest first."""
        nick = nick.casefold()
        if host is not None and (domain := fold_host(host)) not in self._own:
            return (f"{nick}@{domain}",)
        # With extended nicknames "@nick_" may be the end of an emphasis as well as a name.
        shorter = nick.rstrip("_-")
        return (nick, shorter) if host is None and shorter and shorter != nick else (nick,)


class Search:
    """The way of a finder through one text. It looks for the end of each row of address characters once."""

    def __init__(self, of: Finder, text: str) -> None:
        self.text = text
        self._finder = of
        self._row = range(0)

    def tokens(self, start: int = 0) -> Iterator[Token]:
        """Yield what is found from `start` on, in order and without overlaps."""
        position = start
        while match := self._finder.pattern.search(self.text, position):
            token = self._token(match)
            position = token.end
            yield token

    def at(self, start: int) -> Token | None:
        """Return the token that begins exactly at `start`, if one does."""
        match = self._finder.pattern.match(self.text, start)
        return self._token(match) if match else None

    def _token(self, match: regex.Match[str]) -> Token:
        start, end = match.span()
        if match["nick"] is not None:
            return Token("handle", start, end, self._finder.names(match["nick"], match["host"]))
        if match["tag"] is not None:
            return Token("hashtag", start, end, (match["tag"].lower(),))
        if match["scheme"] is None:
            return Token("address", start, end)
        address_end = self._address_end(start, end)
        # Nothing but a scheme is left of "http://[": plain text.
        return Token("link" if address_end > end else "address", start, address_end)

    def _address_end(self, start: int, scheme_end: int) -> int:
        if scheme_end not in self._row:
            row = _ADDRESS.match(self.text, scheme_end)
            self._row = range(scheme_end, row.end() if row else scheme_end)
        return start + address_length(self.text, start, min(self._row.stop, scheme_end + _LONGEST_ADDRESS))


@lru_cache(maxsize=16)
def finder(base: str, extended: bool = False) -> Finder:
    """Return the finder for a base URL: compiling its pattern takes milliseconds."""
    return Finder(base, extended)


def fold_host(host: str) -> str:
    """Return a host name in the one form in which two spellings compare equal (lower case, IDNA)."""
    folded = host.casefold()
    if folded.isascii() or len(folded) > _LONGEST_HOST:
        return folded
    try:
        return folded.encode("idna").decode("ascii")
    except UnicodeError:
        return folded


def address_length(text: str, start: int, end: int) -> int:
    """Return how much of a row of address characters, text[start:end], is the address.

    Balanced brackets belong to it. It ends before the first bracket without its partner. Sentence marks at its end are
    the sentence's, except for marks of emphasis that begin inside of it.
    """
    open_brackets: list[int] = []
    for match in _BRACKET.finditer(text, start, end):
        position, bracket = match.start(), match.group()
        if bracket in "([{":
            open_brackets.append(position)
            if len(open_brackets) > _MAX_BRACKETS:
                break
        elif open_brackets and text[open_brackets[-1]] == _OPENING[bracket]:
            open_brackets.pop()
        else:
            end = position
            break
    if open_brackets:
        end = min(end, open_brackets[0])
    length = len(text[start:end].rstrip(_SENTENCE_MARKS))
    return length + _paired_marks(text[start:end], length)


def without_open_mark(address: str) -> str:
    """Return an address without the underscores at its end, unless as many stand alone inside of it."""
    length = len(address.rstrip("_"))
    return address[: length + _paired_marks(address, length)]


def _paired_marks(address: str, start: int) -> int:
    """Return how many equal marks of emphasis at `start` have their partner before it: all of them, or 0."""
    match = _EMPHASIS.match(address, start)
    if match is None:
        return 0
    before = sum(mark.group() == match.group() for mark in _EMPHASIS.finditer(address, 0, start))
    return len(match.group()) if before % 2 else 0
