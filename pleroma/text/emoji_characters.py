"""Which texts are one emoji."""

from __future__ import annotations

import regex  # type: ignore[import-untyped]

_LONGEST = 100
# The joiner, the two variation selectors, the keycap, and the tags that spell the flags of regions.
_JOINING = r"\u200D\uFE0E\uFE0F\u20E3\U000E0020-\U000E007F"
_PICTURES = regex.compile(
    rf"(?:\p{{Extended_Pictographic}}|\p{{Regional_Indicator}})"
    rf"[\p{{Extended_Pictographic}}\p{{Regional_Indicator}}\p{{Emoji_Modifier}}{_JOINING}]*"
)
_KEYCAP = regex.compile(r"[0-9#*]\uFE0F?\u20E3")
_ONE_CHARACTER = regex.compile(r"\X")
_TEXT_BY_DEFAULT = regex.compile(r"(?=\p{Extended_Pictographic})\P{Emoji_Presentation}")
_FLAG = regex.compile(r"\p{Regional_Indicator}{2}")


def as_emoji(text: str) -> str | None:
    """A text as the emoji that it is, None for any other.

    It is one character as people see them. Of those that are text unless a selector follows, it is the form with it, so
    that both are the same; a keycap likewise.
    """
    if not text or len(text.encode("utf-8", "replace")) > _LONGEST or not _ONE_CHARACTER.fullmatch(text):
        return None
    if _KEYCAP.fullmatch(text):
        return f"{text[0]}\ufe0f\u20e3"
    if not _PICTURES.fullmatch(text) or regex.match(r"\p{Regional_Indicator}", text) and not _FLAG.fullmatch(text):
        return None
    bare = text.removesuffix("\ufe0e")
    return f"{bare}\ufe0f" if _TEXT_BY_DEFAULT.fullmatch(bare) else bare
