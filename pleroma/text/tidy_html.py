"""Whether HTML is tidy: written so that any parser reads it in time in proportion to its length.

Parsers mend the rest, and that can take the square of its length, in time as in what comes out: elements that are
nested without end, that are closed in another order than they were opened, or that have attributes without end.
"""

from __future__ import annotations

import re

# Deeper nesting says nothing to a reader.
_DEEPEST = 50
# What may begin a tag, a comment or a declaration; any other sign is text.
_START = re.compile(r"<(?=[a-zA-Z/!?])")
_TAG = re.compile(
    r"""<(?P<closing>/?)(?P<name>[a-zA-Z][a-zA-Z0-9]*+)
    (?:\s++[a-zA-Z][a-zA-Z0-9_:-]*+(?:=(?:"[^"<>]*+"|'[^'<>]*+'|[^\s"'<>=`]++))?+){0,20}+\s*+/?>""",
    re.VERBOSE,
)
_COMMENT = re.compile(r"<!--[^<>]*+-->")
_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
# Inside of these other rules hold.
_STRANGE = frozenset(
    "frameset iframe math noembed noframes noscript plaintext script select style svg template textarea title"
    " xmp".split()
)
# They may stay open: what cannot stand inside of them closes them.
_OPEN_ENDED = frozenset(("li", "p"))
_PHRASES = frozenset(
    "a abbr b big cite code del em font i img ins kbd mark nobr q s samp small span strike strong sub sup tt u"
    " var".split()
)


def is_tidy(html: str) -> bool:
    """Return whether HTML is well formed, not nested too deep, and closes all but paragraphs and list items."""
    opened: list[str] = []
    position = 0
    while (start := _START.search(html, position)) is not None:
        found = _TAG.match(html, start.start())
        if found is not None:
            if not _step(opened, bool(found["closing"]), found["name"].lower()):
                return False
        elif (found := _COMMENT.match(html, start.start())) is None:
            return False
        position = found.end()
    return True


def _step(opened: list[str], closing: bool, name: str) -> bool:
    """Note a tag among the names of the elements that are open; False when it does not fit there."""
    if name in _STRANGE:
        return False
    if closing:
        return _close(opened, name)
    if name in _VOID:
        return True
    if name not in _PHRASES:
        if opened and opened[-1] == "p":
            opened.pop()
        elif "p" in opened:
            return False
    if name == "li" and opened and opened[-1] == "li":
        opened.pop()
    opened.append(name)
    return len(opened) <= _DEEPEST


def _close(opened: list[str], name: str) -> bool:
    if name not in opened:
        return True
    if name not in _PHRASES:
        while opened[-1] != name and opened[-1] in _OPEN_ENDED:
            opened.pop()
    return opened.pop() == name
