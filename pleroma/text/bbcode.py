"""BBCode to HTML: `b i u s url quote code`, in any letter case. Unknown and unpaired code words stay text."""

from __future__ import annotations

import re
from html import escape
from typing import NamedTuple

from pleroma.text.tokens import SCHEMES

_WORD = re.compile(r"\[(/?)(b|i|u|s|url|quote|code)(?:=([^\[\]\n]*))?\]", re.IGNORECASE)
_ELEMENTS = {"b": "b", "i": "i", "u": "u", "s": "del", "quote": "blockquote", "url": "a"}
_LINE_END = re.compile(r"\r\n?|\n")
# Deeper nesting says nothing to a reader and costs the sanitiser much.
_MAX_DEPTH = 50


def bbcode_to_html(text: str) -> str:
    """Return BBCode as balanced HTML that is yet to be sanitised."""
    return _Translation(_LINE_END.sub("\n", text)).html()


class _Opened(NamedTuple):
    """A code word that waits for its closing one: until that comes, it stands in `pieces` as text."""

    name: str
    start_tag: str
    place: int


class _Translation:
    def __init__(self, text: str) -> None:
        self.text = text
        self.folded = text.lower() if text.isascii() else "".join(map(_fold_ascii, text))
        self.pieces: list[str] = []
        self.opened: list[_Opened] = []
        self.unclosed: set[str] = set()

    def html(self) -> str:
        """Return the whole text as HTML."""
        position = 0
        while match := _WORD.search(self.text, position):
            self._write(self.text[position : match.start()])
            position = self._word(match)
        self._write(self.text[position:])
        return "".join(self.pieces)

    def _write(self, text: str) -> None:
        self.pieces.append(escape(text).replace("\n", "<br>"))

    def _word(self, match: re.Match[str]) -> int:
        """Write one code word, or all up to its closing one; return where the text goes on."""
        closing, name, value = match[1], match[2].lower(), match[3]
        end = match.end()
        if closing:
            written = self._close(name)
        elif name == "code" or (name == "url" and value is None):
            inside = self._inside(name, end)
            if inside is not None and self._raw(name, inside):
                return end + len(inside) + len(f"[/{name}]")
            written = False
        else:
            written = self._open(name, value, match.group())
        if not written:
            self._write(match.group())
        elif name == "quote" and self.text.startswith("\n", end):
            end += 1
        return end

    def _inside(self, name: str, start: int) -> str | None:
        """Return what stands before the next closing word; None, remembered, when there is none."""
        end = -1 if name in self.unclosed else self.folded.find(f"[/{name}]", start)
        if end < 0:
            self.unclosed.add(name)
            return None
        return self.text[start:end]

    def _raw(self, name: str, inside: str) -> bool:
        """Write `[code]…[/code]` or `[url]…[/url]`, in which nothing is BBCode."""
        if name == "url":
            start_tag = self._link(inside)
            if start_tag:
                self.pieces.append(f"{start_tag}{escape(inside.strip())}</a>")
            return bool(start_tag)
        code = f"<code>{escape(inside.strip(chr(10)))}</code>"
        self.pieces.append(f"<pre>{code}</pre>" if "\n" in inside else code)
        return True

    def _open(self, name: str, value: str | None, word: str) -> bool:
        start_tag = self._link(value or "") if name == "url" else f"<{_ELEMENTS[name]}>"
        if not start_tag or len(self.opened) >= _MAX_DEPTH:
            return False
        self.opened.append(_Opened(name, start_tag, len(self.pieces)))
        self.pieces.append(escape(word))
        return True

    def _close(self, name: str) -> bool:
        for depth in range(len(self.opened) - 1, -1, -1):
            if self.opened[depth].name == name:
                self.pieces[self.opened[depth].place] = self.opened[depth].start_tag
                self.pieces.append(f"</{_ELEMENTS[name]}>")
                # What was opened inside and not closed there stays text.
                del self.opened[depth:]
                return True
        return False

    def _link(self, address: str) -> str | None:
        """Return the start tag of a link to `address`; None inside another link and if `address` is not an address."""
        address = address.strip().strip("\"'")
        scheme, _, rest = address.partition(":")
        if not rest or scheme.lower() not in SCHEMES or any(map(str.isspace, rest)):
            return None
        if any(opened.name == "url" for opened in self.opened):
            return None
        return f'<a href="{escape(address)}" rel="ugc">'


def _fold_ascii(character: str) -> str:
    # str.lower() may change the length of other letters, and positions must stay.
    return character.lower() if character.isascii() else character
