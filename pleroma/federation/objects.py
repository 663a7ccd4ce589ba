"""Statuses elsewhere as their servers describe them: read from an object, within bounds."""

from __future__ import annotations

import html
import math
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pleroma import text
from pleroma.config import Config
from pleroma.federation import remote_html, uris, vocabulary
from pleroma.federation.actors import moment, moment_to_come
from pleroma.federation.vocabulary import Document

# What is read as it is, and what becomes a text with a link.
NOTES = frozenset(("Note", "Question"))
CONVERTED = frozenset(("Article", "Page", "Video", "Audio", "Image", "Event"))
KINDS = NOTES | CONVERTED
_MOST_TAGS, _MOST_MENTIONS, _MOST_HASHTAGS, _MOST_ATTACHMENTS, _MOST_OPTIONS = 500, 50, 50, 16, 20
_LONGEST_OPTION, _LONGEST_WARNING, _LONGEST_DESCRIPTION, _LONGEST_TAG = 500, 1000, 5000, 100
_MOST_VOTES, _LARGEST_SIDE = 2_000_000_000, 100_000
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,2}")
_BLURHASH = re.compile(r"[0-9A-Za-z#$%*+,\-.:;=?@\[\]^_{|}~]{6,100}")
_MEDIA = frozenset(("Document", "Image", "Video", "Audio"))
_QUOTES = ("quote", "quoteUrl", "quoteUri", "_misskey_quote")
_HIGHEST_VIDEO = 720


class BadObject(ValueError):
    """The document is not a status that is accepted; the text says why."""


@dataclass(frozen=True)
class Attachment:
    """A file of a status, which lies elsewhere."""

    kind: str
    mime_type: str
    url: str
    description: str | None
    blurhash: str | None
    meta: dict[str, Any]


@dataclass(frozen=True)
class Poll:
    """A poll with what its server counted."""

    options: list[str]
    counts: list[int]
    voters: int
    multiple: bool
    expires_at: datetime | None
    is_closed: bool


@dataclass(frozen=True)
class Object:
    """A status elsewhere. `to` and `cc` are the addresses as they were written; nothing here says who may speak."""

    uri: str
    author: str
    url: str
    in_reply_to: str | None
    to: list[str]
    cc: list[str]
    html: str
    spoiler_text: str
    sensitive: bool
    language: str | None
    published: datetime | None
    updated: datetime | None
    hashtags: list[str]
    mentions: list[str]
    attachments: list[Attachment]
    poll: Poll | None


def read(document: Document, config: Config, activity: Document | None = None) -> Object:
    """A status of an object; `activity` names the audience of one that has none. Raises BadObject."""
    kind = vocabulary.kind(document)
    if kind not in KINDS:
        raise BadObject("it is no status")
    try:
        uri = uris.accepted(vocabulary.address(document), config)
        author = author_of(document, uri)
    except uris.BadUri as error:
        raise BadObject(f"its id {error}") from error
    tags = [tag for tag in vocabulary.many(document.get("tag"), _MOST_TAGS) if isinstance(tag, dict)]
    hashtags = _hashtags(tags)
    has_audience = any(vocabulary.addresses(document.get(name)) for name in ("to", "cc"))
    addressed = document if has_audience or activity is None else activity
    answered = vocabulary.address(document.get("inReplyTo"))
    return Object(
        uri=uri,
        author=author,
        url=uris.shown(_page(document.get("url")), uri, config),
        in_reply_to=answered if _is_accepted(answered, config) else None,
        to=vocabulary.addresses(addressed.get("to")),
        cc=vocabulary.addresses(addressed.get("cc")),
        html=_html(document, kind, uri, config),
        spoiler_text=_warning(document, kind),
        sensitive=document.get("sensitive") is True or "nsfw" in hashtags,
        language=_language(document),
        published=moment(document.get("published")),
        updated=moment(document.get("updated")),
        hashtags=hashtags,
        mentions=_mentions(tags),
        attachments=_attachments(document, kind, config),
        poll=_poll(document) if kind == "Question" else None,
    )


def author_of(document: Document, uri: str) -> str:
    """Who made an object: of several the first Person or Service of its own origin. Raises BadObject."""
    written = vocabulary.many(document.get("attributedTo") or document.get("actor"), 20)
    people = [each for each in written if vocabulary.kind(each) in ("", "Person", "Service")]
    for name in vocabulary.addresses(people or written, 20):
        if uris.same_origin(name, uri):
            return name
    raise BadObject("nobody of its server made it")


def _is_accepted(uri: str, config: Config) -> bool:
    try:
        return bool(uris.accepted(uri, config))
    except uris.BadUri:
        return False


def _html(document: Document, kind: str, uri: str, config: Config) -> str:
    written = vocabulary.text(document.get("content"))
    if not written and isinstance(document.get("contentMap"), dict):
        written = vocabulary.text(next(iter(document["contentMap"].values()), ""))
    media_type = vocabulary.text(document.get("mediaType")).partition(";")[0].strip().lower()
    if len(written) > remote_html.LONGEST:
        written = ""
    if media_type in ("text/plain", "text/markdown", "text/x.misskeymarkdown"):
        typed = "text/markdown" if media_type == "text/markdown" else "text/plain"
        written = text.parse(written, typed, text.Rules(config.base_url, False)).render().html
    content = remote_html.cleaned(written)
    if kind in CONVERTED:
        content = _converted(document, content, uris.shown(_page(document.get("url")), uri, config))
    return content + _quote(document, content, config)


def _converted(document: Document, content: str, url: str) -> str:
    """The text of a note for an article, a video, …: its name, its text, and where it is."""
    name = html.escape(remote_html.as_text(vocabulary.text(document.get("name")), _LONGEST_WARNING), quote=False)
    title = f"<p><strong>{name}</strong></p>" if name else ""
    return f"{title}{content}<p>{_link(url)}</p>"


def _link(url: str) -> str:
    return f'<a href="{html.escape(url)}" rel="nofollow noopener noreferrer ugc">{html.escape(url, quote=False)}</a>'


def _quote(document: Document, content: str, config: Config) -> str:
    """A link to what is quoted, unless the text has one."""
    for name in _QUOTES:
        quoted = vocabulary.address(document.get(name))
        if quoted and _is_accepted(quoted, config):
            return "" if html.escape(quoted) in content else f'<p class="quote-inline">{_link(quoted)}</p>'
    return ""


def _warning(document: Document, kind: str) -> str:
    if kind in CONVERTED:
        return ""
    return remote_html.as_text(vocabulary.text(document.get("summary")).replace("\u200b", ""), _LONGEST_WARNING)


def _language(document: Document) -> str | None:
    """The language whose entry of the map is the content."""
    content, languages = document.get("content"), document.get("contentMap")
    if not isinstance(languages, dict):
        return None
    for name, value in list(languages.items())[:100]:
        if value == content and _LANGUAGE.fullmatch(name):
            return str(name)
    return None


def _hashtags(tags: list[Document]) -> list[str]:
    found: dict[str, None] = {}
    for tag in tags:
        if vocabulary.kind(tag) == "Hashtag" and len(found) < _MOST_HASHTAGS:
            name = "".join(vocabulary.text(tag.get("name")).split()).removeprefix("#").lower()
            if 0 < len(name) <= _LONGEST_TAG:
                found.setdefault(name)
    return list(found)


def _mentions(tags: list[Document]) -> list[str]:
    found = [vocabulary.address(tag.get("href")) for tag in tags if vocabulary.kind(tag) == "Mention"]
    return list(dict.fromkeys(name for name in found if name))[:_MOST_MENTIONS]


def _page(value: Any) -> str:
    written = vocabulary.many(value, 20)
    pages = [each for each in written if isinstance(each, dict) and each.get("mediaType") == "text/html"]
    return vocabulary.address(pages or written)


def _attachments(document: Document, kind: str, config: Config) -> list[Attachment]:
    written = vocabulary.many(document.get("attachment"), _MOST_TAGS)
    if kind in CONVERTED:
        own = [document] if kind in ("Video", "Audio") and _playable(document) else []
        written = [*written, *own, *vocabulary.many(document.get("image"), 1)]
    found = _read_each(written, config)
    if kind in CONVERTED and not found:
        found = _read_each(vocabulary.many(document.get("icon"), 1), config)
    return found[:_MOST_ATTACHMENTS]


def _read_each(written: list[Any], config: Config) -> list[Attachment]:
    found = [_attachment(each, config) for each in written if vocabulary.kind(each) in _MEDIA]
    return list({each.url: each for each in found if each is not None}.values())


def _attachment(written: Document, config: Config) -> Attachment | None:
    url, mime_type = _file(written)
    if not _is_accepted(url, config):
        return None
    description = vocabulary.text(written.get("name")) or vocabulary.text(written.get("summary"))
    blurhash = vocabulary.text(written.get("blurhash"))
    kind = mime_type.partition("/")[0]
    return Attachment(
        kind=kind if kind in ("image", "video", "audio") else "unknown",
        mime_type=mime_type,
        url=url,
        description=description.strip()[:_LONGEST_DESCRIPTION] or None,
        blurhash=blurhash if _BLURHASH.fullmatch(blurhash) else None,
        meta=_meta(written),
    )


def _file(written: Document) -> tuple[str, str]:
    """Address and type of a file: of several that a browser plays the largest of up to 720 lines."""
    usual = {"Image": "image/jpeg", "Video": "video/mp4", "Audio": "audio/mpeg"}.get(vocabulary.kind(written), "")
    own = vocabulary.text(written.get("mediaType")) or usual
    media = _playable(written)
    if not media:
        return vocabulary.address(written.get("url")) or vocabulary.address(written.get("href")), own[:100].lower()
    fitting = [each for each in media if _number(each.get("height"), _LARGEST_SIDE) <= _HIGHEST_VIDEO]
    chosen = max(fitting or media, key=lambda each: _number(each.get("height"), _LARGEST_SIDE))
    return vocabulary.address(chosen.get("href") or chosen), vocabulary.text(chosen.get("mediaType"))[:100].lower()


def _playable(written: Document) -> list[Document]:
    """The links of a file that say that they lead to what a browser shows or plays."""
    links = [each for each in vocabulary.many(written.get("url"), 50) if isinstance(each, dict)]
    return [
        each
        for each in links
        if vocabulary.text(each.get("mediaType")).partition("/")[0].lower() in ("image", "video", "audio")
    ]


def _number(value: Any, most: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most else 0


def _meta(written: Document) -> dict[str, Any]:
    meta: dict[str, Any] = {}
    width, height = (_number(written.get(name), _LARGEST_SIDE) for name in ("width", "height"))
    if width and height:
        meta["original"] = {
            "width": width, "height": height, "size": f"{width}x{height}", "aspect": width / height,
        }  # fmt: skip
    focus = written.get("focalPoint")
    if isinstance(focus, list) and len(focus) == 2 and all(_is_focus(each) for each in focus):
        meta["focus"] = {"x": focus[0], "y": focus[1]}
    return meta


def _is_focus(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and -1 <= value <= 1


def _poll(document: Document) -> Poll | None:
    multiple = bool(vocabulary.many(document.get("anyOf")))
    counts: dict[str, int] = {}
    for option in vocabulary.many(document.get("anyOf" if multiple else "oneOf"), _MOST_OPTIONS):
        if isinstance(option, dict):
            name = remote_html.as_text(vocabulary.text(option.get("name")), _LONGEST_OPTION)
            replies = option.get("replies")
            number = replies.get("totalItems") if isinstance(replies, dict) else 0
            if name:
                counts.setdefault(name, _number(number, _MOST_VOTES))
    if len(counts) < 2:
        return None
    closed = document.get("closed")
    ends = moment_to_come(document.get("endTime")) or moment_to_come(closed)
    voters = _number(document.get("votersCount"), _MOST_VOTES)
    return Poll(
        options=list(counts),
        counts=list(counts.values()),
        voters=voters or (max(counts.values()) if multiple else sum(counts.values())),
        multiple=multiple,
        expires_at=ends,
        is_closed=closed is True or closed is not None and moment(closed) is not None and not _is_to_come(closed),
    )


def _is_to_come(value: Any) -> bool:
    ends = moment_to_come(value)
    return ends is not None and ends > datetime.now(ends.tzinfo)
