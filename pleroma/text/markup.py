"""From Markdown, HTML and BBCode to clean HTML: the allowed elements, balanced, and nothing else.

What comes out has passed the sanitiser, whichever way it came in. Elements of DIVIDERS are still in it: they are not
allowed in a status, but they stand for line breaks that `text` writes in their place. Rules:
docs/api/mastodon.md 4.2.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pleroma.text.bbcode import bbcode_to_html
from pleroma.text.clean import BASE
from pleroma.text.tidy_html import is_tidy
from pleroma.text.tokens import SCHEMES, Finder, Search, without_open_mark

if TYPE_CHECKING:
    import nh3
    from markdown_it import MarkdownIt
    from markdown_it.renderer import RendererHTML
    from markdown_it.rules_inline import StateInline

BLOCKS = frozenset("blockquote br li ol p pre ul".split())
DIVIDERS = frozenset(
    "address article aside center dd details div dl dt figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr main"
    " nav section summary table tbody td tfoot th thead tr".split()
)
_ALLOWED = BLOCKS | frozenset("a abbr b code del em i img span strong sub sup u".split())
_ATTRIBUTES = {
    "a": {"href", "class", "rel", "title", "data-user", "data-tag"},
    "abbr": {"title"},
    "img": {"src", "alt", "title", "width", "height", "class"},
}
# Nothing longer is parsed: no status is, unless its server raised the limit beyond what administrators can set.
_LONGEST = 200_000
# Up to so many characters any HTML is parsed quickly; what is longer must be tidy.
_SHORT = 2000
# A tree that unclosed elements blew up to many times its source is an attack on readers, not a text.
_GROWTH = 10

# At each of these the Markdown parser tries its rules again, and for a new line more of them. A text that has more of
# them than anybody needs is shown as it is typed: parsing it would hold everybody up.
_MARKS = re.compile(r"[\n!#$%&*+:<=>@\[\\\]^_`{}~-]")
_MOST_MARKS = 10_000

_SCHEME_END = re.compile(r"[A-Za-z]{2,6}\Z")


def to_html(text: str, content_type: str, finder: Finder) -> str | None:
    """Return `text` (text/markdown, text/html or text/bbcode) as clean HTML; None when it is plain text after all.

    That is what would take long to parse: so it takes time in proportion to its length, whatever it holds.
    """
    if len(text) > _LONGEST:
        return None
    if content_type == "text/markdown":
        if len(text) > _MOST_MARKS and len(_MARKS.findall(text)) + text.count("\n") > _MOST_MARKS:
            return None
        # The parser knows maxNesting; what it does not nest any more stays text.
        source = _markdown().render(text, {"finder": finder})
    elif content_type == "text/bbcode":
        source = bbcode_to_html(text)
    else:
        source = text
    if len(source) > _SHORT and not is_tidy(source):
        return None
    cleaned = _cleaner().clean(source)
    if len(cleaned) > _GROWTH * len(text) + 1000:
        return None
    # An entity may have named the character that stands for the base URL.
    return cleaned.replace(BASE, "")


@lru_cache(maxsize=1)
def _cleaner() -> nh3.Cleaner:
    import nh3

    return nh3.Cleaner(
        tags=set(_ALLOWED | DIVIDERS),
        attributes=_ATTRIBUTES,
        attribute_filter=_filter_attribute,
        tag_attribute_values={"span": {"class": {"h-card"}}},
        url_schemes=set(SCHEMES),
        url_relative="deny",
        link_rel=None,
    )


def _filter_attribute(element: str, attribute: str, value: str) -> str | None:
    """Keep `value` unless it is a picture's address that no browser should load."""
    if element == "img" and attribute == "src" and not value.lower().startswith(("http://", "https://")):
        return None
    return value


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"breaks": True, "xhtmlOut": False}).enable("strikethrough")
    parser.inline.ruler.before("newline", "whole_tokens", _whole_tokens)
    for name, markup in (
        # Headings are not among the allowed elements: a strong line says the same.
        ("heading_open", "<p><strong>"),
        ("heading_close", "</strong></p>"),
        ("s_open", "<del>"),
        ("s_close", "</del>"),
    ):
        parser.add_render_rule(name, _constant(markup))
    return parser


def _constant(markup: str) -> Callable[..., str]:
    def rule(self: RendererHTML, *_: Any) -> str:
        """The markup, whatever the token."""
        return markup

    return rule


def _whole_tokens(state: StateInline, silent: bool) -> bool:
    """Take addresses, handles and hashtags as they are, so that a `_` or `*` in them is no emphasis."""
    start = state.pos
    sign = state.src[start]
    if sign not in ":@#":
        return False
    if sign == ":":
        scheme = _SCHEME_END.search(state.src, max(0, start - 6), start)
        if scheme is None:
            return False
        start = scheme.start()
    search: Search | None = state.env.get("search")
    if search is None or search.text is not state.src:
        search = state.env["search"] = Search(state.env["finder"], state.src)
    token = search.at(start)
    if token is None:
        return False
    typed = state.src[start : token.end]
    # What ends the token may end an emphasis around it.
    typed = without_open_mark(typed) if token.kind in ("link", "address") else typed.rstrip("_-")
    end = min(start + len(typed), state.posMax)
    if end <= state.pos:
        return False
    if not silent:
        state.append_pending(state.src[state.pos : end])
    state.pos = end
    return True
