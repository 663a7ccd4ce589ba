"""HTML of other servers, made fit to be shown: the elements that statuses elsewhere have, and nothing that harms."""

from __future__ import annotations

import html
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from pleroma import text
from pleroma.text.clean import clean
from pleroma.text.tidy_html import is_tidy

if TYPE_CHECKING:
    import nh3

LONGEST = 100_000
_TAGS = set("a b blockquote br code del em i img li ol p pre rp rt ruby s span strong sub sup u ul".split())
_ATTRIBUTES = {
    "a": {"href", "class", "translate"},
    "span": {"class", "lang", "translate"},
    "p": {"class", "lang"},
    "ol": {"start", "reversed"},
    "li": {"value"},
    "img": {"src", "alt"},
}
_CLASSES = re.compile(r"(?:h|p|u|dt|e)-[a-z0-9-]{1,40}|mention|hashtag|ellipsis|invisible|quote-inline")
_SCHEMES = {"http", "https", "mailto", "xmpp", "gemini", "gopher", "magnet", "tel"}
_REL = "nofollow noopener noreferrer ugc"
_HEADING = re.compile(r"<(/?)h[1-6](?=[\s>/])[^<>]*+>", re.IGNORECASE)
_PICTURE = re.compile(r'<img((?: [a-z]+="[^"]*+")*+)>')
_TAG = re.compile(r"<(/?)([a-z]+)")
_SHORT, _MOST_ELEMENTS, _DEEPEST = 2000, 10_000, 64


def cleaned(source: str) -> str:
    """HTML of a status or a bio elsewhere, clean; as text when no parser should see it. "" above LONGEST."""
    if len(source) > LONGEST:
        return ""
    source = _HEADING.sub(lambda found: "</strong></p>" if found[1] else "<p><strong>", source)
    if len(source) > _SHORT and not is_tidy(source):
        return _as_paragraphs(source)
    made = clean(_PICTURE.sub(_as_link, _cleaner(is_field=False).clean(source)))
    return made if _fits(made) else _as_paragraphs(source)


def _as_paragraphs(source: str) -> str:
    """The text of HTML alone, in at most as many lines as there may be elements."""
    lines = html.escape(clean(text.plain(source)), quote=False).split("\n", _MOST_ELEMENTS)
    return "<br>".join(lines).replace("\n", " ")


def _fits(made: str) -> bool:
    """Whether clean HTML has no more elements than clients can bear, nor nested deeper."""
    if made.count("<") <= _DEEPEST:
        return True
    number = depth = 0
    for found in _TAG.finditer(made):
        if found[1]:
            depth -= 1
        else:
            number += 1
            depth += found[2] != "br"
        if number > _MOST_ELEMENTS or depth > _DEEPEST:
            return False
    return True


def cleaned_field(source: str) -> str:
    """The value of a profile field elsewhere: links and text, without classes, which could hide where one leads."""
    if len(source) > _SHORT:
        return html.escape(clean(text.plain(source)), quote=False)
    made = clean(_cleaner(is_field=True).clean(source))
    return made if _fits(made) else html.escape(clean(text.plain(source)), quote=False)


def as_text(source: str, most: int) -> str:
    """A name or a warning elsewhere as text, in one line, cut at `most` characters."""
    written = text.plain(source[: most * 10]) if "<" in source else html.unescape(source[: most * 10])
    return " ".join(clean(written).split())[:most]


def _as_link(found: re.Match[str]) -> str:
    """A picture within a text as a link to it: nobody's browser asks for it by itself."""
    named = dict(re.findall(r' ([a-z]+)="([^"]*)"', found[1]))
    source = named.get("src", "")
    if not source.startswith(("http://", "https://")):
        return named.get("alt", "")
    return f'<a href="{source}" rel="{_REL}">{named.get("alt") or source}</a>'


@lru_cache(maxsize=2)
def _cleaner(*, is_field: bool) -> nh3.Cleaner:
    import nh3

    return nh3.Cleaner(
        tags={"a", "span"} if is_field else _TAGS,
        attributes={"a": {"href"}} if is_field else _ATTRIBUTES,
        attribute_filter=_filter_attribute,
        url_schemes=_SCHEMES,
        url_relative="deny",
        link_rel=_REL,
    )


def _filter_attribute(element: str, attribute: str, value: str) -> str | None:
    """Keep of classes those that mean something to clients."""
    if attribute != "class":
        return value
    return " ".join(name for name in value.split()[:20] if _CLASSES.fullmatch(name)) or None
